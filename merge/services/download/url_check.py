"""Check whether anyone can open web addresses, and what is there, without downloading it."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpx

from merge.errors import Rejected
from merge.project.media_urls import Address, is_private, is_public
from merge.services.download.addresses import Lookup, look_up, remembered
from merge.services.download.client import NETWORK_ERRORS, AnonymousClient, ForbiddenAddressError

__all__ = ["Answer", "ask_all"]

_MAX_CONNECTIONS = 8
_MAX_TIMEOUTS = 3
"""Timeouts per host; a thousand links to a host that is down would take an hour."""
_SECONDS = 10.0
_TIMEOUT = httpx.Timeout(_SECONDS, pool=None)
_ONE_BYTE = {"Range": "bytes=0-0"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The response of a URL.

    Attributes:
        status: HTTP status, or 0 without a response
        kind: content type such as `image/png`, or ""
        trouble: why there was no response, for messages, or ""
        silent: whether the host didn't respond at all
    """

    status: int = 0
    kind: str = ""
    trouble: str = ""
    silent: bool = False


async def ask_all(
    urls: Iterable[str],
    *,
    allowed: Callable[[Address], bool] = is_public,
    lookup: Lookup | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    trust_env: bool = True,
) -> dict[str, Answer]:
    """Request each URL once, without downloading the file; no credential, cookie or referrer is ever sent.

    Args:
        urls: http(s) URLs
        allowed: whether an address may be connected to
        lookup: returns the addresses of a host, in tests
        transport: replaces the network, in tests
        trust_env: whether to use proxies and certificates from the environment
    """
    limits = httpx.Limits(max_connections=_MAX_CONNECTIONS)
    client = AnonymousClient(
        timeout=_TIMEOUT,
        limits=limits,
        transport=transport,
        trust_env=trust_env,
        lookup=remembered(lookup or look_up) if lookup or not transport else None,
    )
    checker = _Checker(client, allowed)
    unique = list(dict.fromkeys(urls))
    try:
        return dict(zip(unique, await asyncio.gather(*map(checker.ask, unique)), strict=True))
    finally:
        await client.aclose()


class _Checker:
    """Requests several URLs at a time, and stops asking a host that has timed out several times."""

    def __init__(self, client: AnonymousClient, allowed: Callable[[Address], bool]) -> None:
        self._client = client
        self._allowed = allowed
        self._slots = asyncio.Semaphore(_MAX_CONNECTIONS)
        self._timeouts: Counter[str] = Counter()

    async def ask(self, url: str) -> Answer:
        async with self._slots:
            try:
                at = httpx.URL(url)
                if self._timeouts[at.host] >= _MAX_TIMEOUTS:
                    return Answer(trouble=f"{at.host} doesn't answer")
                answer = await self._ask(at)
            except httpx.InvalidURL:
                return Answer(trouble="it isn't a web address")
            self._timeouts[at.host] += answer.silent
            return answer

    async def _ask(self, url: httpx.URL) -> Answer:
        """Send a HEAD and, because some servers refuse that, a GET for the first byte."""
        answer = Answer()
        for method in ("HEAD", "GET"):
            try:
                async with asyncio.timeout(_SECONDS):
                    answer = await self._request(method, url)
            except (TimeoutError, httpx.TimeoutException):
                return Answer(trouble=f"no answer within {_SECONDS:.0f} seconds", silent=True)
            except NETWORK_ERRORS as error:
                answer = Answer(trouble=_reason(error), silent=True)
            if httpx.codes.is_success(answer.status) or (answer.trouble and not answer.silent):
                return answer
        return answer

    async def _request(self, method: str, url: httpx.URL) -> Answer:
        headers = _ONE_BYTE if method == "GET" else {}
        try:
            async with self._client.follow(
                method, url, headers, check=self._check, allowed=self._allowed
            ) as response:
                if response is None:
                    return Answer(trouble="it redirects too often")
                kind = response.headers.get("content-type", "").partition(";")[0].strip().casefold()
                return Answer(response.status_code, kind)
        except _NotAskedError as error:
            return Answer(trouble=str(error))
        except ForbiddenAddressError as error:
            return Answer(trouble=error.message)

    def _check(self, url: httpx.URL) -> None:
        if url.scheme not in {"http", "https"} or not url.host:
            raise _NotAskedError("it leads to something that isn't a web address")
        if url.userinfo:
            raise _NotAskedError("it has a user name and a password")
        if self._allowed is is_public and is_private(url.host):
            raise _NotAskedError(f"it leads to {url.host}, which isn't public")


class _NotAskedError(Rejected):
    """A URL that isn't requested."""


def _reason(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "there's no such host"
        cause = cause.__cause__ or cause.__context__
    return {"ConnectError": "no connection"}.get(type(error).__name__, type(error).__name__)
