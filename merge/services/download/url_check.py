"""Whether addresses answer to somebody who has nobody's passwords, and with what: asked, never loaded."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from merge.project.media_urls import out_of_reach
from merge.services.download.addresses import LOOPBACK_MOUNTS
from merge.services.download.responses import FOREIGN_ERRORS

__all__ = ["Answer", "ask_all"]

_AT_ONCE = 8
_MOST_REDIRECTS = 5
_MOST_SILENCES = 3
"""So often a host is waited for in vain; a thousand links to one that is away would take an hour."""
_SECONDS = 10.0
_TIMES = httpx.Timeout(_SECONDS, pool=None)
_HEADERS = {"Accept": "*/*", "User-Agent": "castmerge"}
_ONE_BYTE = {"Range": "bytes=0-0"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answers.

    Attributes:
        status: of the answer (RFC 9110), or 0 where there was none
        kind: what it is, such as `image/png`, or ""
        trouble: why there was no answer, in words, or ""
        silent: whether the host did not answer at all
    """

    status: int = 0
    kind: str = ""
    trouble: str = ""
    silent: bool = False


def _anywhere_outside(url: str) -> bool:
    return out_of_reach(url) is None


async def ask_all(
    urls: Iterable[str],
    *,
    may_ask: Callable[[str], bool] = _anywhere_outside,
    transport: httpx.AsyncBaseTransport | None = None,
    trust_env: bool = True,
) -> dict[str, Answer]:
    """Ask each address once; no credential, cookie or referrer is ever sent, and no file is loaded.

    Args:
        urls: http(s) addresses
        may_ask: whether an address, or one that it leads to, may be asked at all
        transport: takes the network's place, or None for the network
        trust_env: whether the environment's proxies and certificates hold
    """
    async with httpx.AsyncClient(
        transport=transport,
        trust_env=trust_env,
        mounts=LOOPBACK_MOUNTS,
        timeout=_TIMES,
        headers=_HEADERS,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
    ) as client:
        asker = _Asker(client, may_ask)
        wanted = list(dict.fromkeys(urls))
        return dict(zip(wanted, await asyncio.gather(*map(asker.ask, wanted)), strict=True))


class _Asker:
    """Asks one address after the other, some at once, and no host that does not answer again and again."""

    def __init__(self, client: httpx.AsyncClient, may_ask: Callable[[str], bool]) -> None:
        self._client = client
        self._may_ask = may_ask
        self._seats = asyncio.Semaphore(_AT_ONCE)
        self._silent: Counter[str] = Counter()

    async def ask(self, url: str) -> Answer:
        async with self._seats:
            try:
                at = httpx.URL(url)
                if self._silent[at.host] >= _MOST_SILENCES:
                    return Answer(trouble=f"{at.host} does not answer")
                answer = await self._asked(at)
            except httpx.InvalidURL:
                return Answer(trouble="it is no web address")
            self._silent[at.host] += answer.silent
            return answer

    async def _asked(self, url: httpx.URL) -> Answer:
        """By its head or, as some servers know none and others refuse it to programs, by its first byte."""
        answer = Answer()
        for method in ("HEAD", "GET"):
            try:
                async with asyncio.timeout(_SECONDS):
                    answer = await self._answer(method, url)
            except (TimeoutError, httpx.TimeoutException):
                return Answer(trouble=f"no answer within {_SECONDS:.0f} seconds", silent=True)
            except FOREIGN_ERRORS as error:
                answer = Answer(trouble=_reason(error), silent=True)
            if httpx.codes.is_success(answer.status) or (answer.trouble and not answer.silent):
                return answer
        return answer

    async def _answer(self, method: str, url: httpx.URL) -> Answer:
        at = url
        for _ in range(_MOST_REDIRECTS + 1):
            if at.userinfo:
                return Answer(trouble="it holds a name and a password")
            if not self._may_ask(str(at)):
                return Answer(trouble=f"it leads to {at.host}, which is not public")
            headers = _ONE_BYTE if method == "GET" else None
            async with self._client.stream(method, at, headers=headers) as response:
                if response.next_request is None:
                    kind = response.headers.get("content-type", "").partition(";")[0].strip().casefold()
                    return Answer(response.status_code, kind)
                at = response.next_request.url
        return Answer(trouble="it leads on and on")


def _reason(error: Exception) -> str:
    """Why nobody answered, as far as that can be told."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "there is no such host"
        cause = cause.__cause__ or cause.__context__
    return {"ConnectError": "no connection"}.get(type(error).__name__, type(error).__name__)
