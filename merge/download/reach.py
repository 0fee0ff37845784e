"""Whether addresses answer to somebody who has nobody's passwords, and with what: asked, never loaded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from merge.download.addresses import LOOPBACK_MOUNTS
from merge.download.answers import FOREIGN_ERRORS
from merge.links import out_of_reach

__all__ = ["Answer", "ask_all"]

_AT_ONCE = 8
_MOST_REDIRECTS = 5
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
    """

    status: int = 0
    kind: str = ""
    trouble: str = ""


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
    seats = asyncio.Semaphore(_AT_ONCE)
    async with httpx.AsyncClient(
        transport=transport,
        trust_env=trust_env,
        mounts=LOOPBACK_MOUNTS,
        timeout=_TIMES,
        headers=_HEADERS,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
    ) as client:

        async def ask(url: str) -> tuple[str, Answer]:
            async with seats:
                return url, await _asked(client, url, may_ask)

        return dict(await asyncio.gather(*(ask(url) for url in dict.fromkeys(urls))))


async def _asked(client: httpx.AsyncClient, url: str, may_ask: Callable[[str], bool]) -> Answer:
    try:
        async with asyncio.timeout(2 * _SECONDS):
            answer = await _answer(client, "HEAD", url, may_ask)
            # Some servers know no HEAD, or refuse it to programs.
            return (
                answer
                if httpx.codes.is_success(answer.status) or answer.trouble
                else (await _answer(client, "GET", url, may_ask))
            )
    except (TimeoutError, httpx.TimeoutException):
        return Answer(trouble=f"no answer within {_SECONDS:.0f} seconds")
    except httpx.InvalidURL:
        return Answer(trouble="it is no web address")
    except FOREIGN_ERRORS as error:
        return Answer(trouble=_reason(error))


async def _answer(client: httpx.AsyncClient, method: str, url: str, may_ask: Callable[[str], bool]) -> Answer:
    at = httpx.URL(url)
    for _ in range(_MOST_REDIRECTS + 1):
        if at.userinfo:
            return Answer(trouble="it holds a name and a password")
        if not may_ask(str(at)):
            return Answer(trouble=f"it leads to {at.host}, which is not public")
        async with client.stream(method, at, headers=_ONE_BYTE if method == "GET" else None) as response:
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
