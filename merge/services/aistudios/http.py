"""One exchange over HTTP: bounded in time, size and redirects, and never with another origin."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar
from itertools import count

import httpx

from merge.services.aistudios.credentials import Secrets
from merge.services.aistudios.errors import FOREIGN_ERRORS, Reply, translated
from merge.services.aistudios.settings import AiStudiosSettings

__all__ = ["HttpTransport", "Request"]

_LOG = logging.getLogger("merge.requests")
_MOST_REDIRECTS = 3
_MOST_BYTES = 64 * 1024 * 1024
# Many servers close what was idle for five seconds; an order that leaves in that moment would be in doubt.
_ONE_CONNECTION = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=4.0)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes:
        method: GET or POST
        url: the whole address
        body: JSON text in UTF-8, or None
        submitting: whether a second one would cost a second time
    """

    method: str
    url: str
    body: bytes | None = None
    submitting: bool = False


class HttpTransport:
    """Connections to one service, a fixed number at once.

    Each connection has a client of its own: a pool of httpx looks through all its connections at every
    request, slows down with each request that waits in it, and gives those that come together the same one.
    """

    def __init__(
        self,
        settings: AiStudiosSettings,
        secrets: Secrets,
        *,
        transport: httpx.AsyncBaseTransport | None,
        trust_env: bool,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._numbers = count(1)
        self._seats = asyncio.Semaphore(settings.at_once)
        # A proxy of the environment would get what is meant for this computer alone.
        trusted = trust_env and not settings.on_loopback
        certificates, cookies = httpx.create_ssl_context(trust_env=trusted), CookieJar()
        self._clients = tuple(
            httpx.AsyncClient(
                transport=transport,
                verify=certificates,
                trust_env=trusted,
                timeout=httpx.Timeout(settings.answer_timeout, connect=settings.connect_timeout, pool=None),
                limits=_ONE_CONNECTION,
                headers={"Accept": "application/json", "User-Agent": "castmerge"},
                cookies=cookies,
                follow_redirects=False,
            )
            for _ in range(settings.at_once)
        )
        self._idle = list(self._clients)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.aclose()

    async def request(self, request: Request, *, key: str = "") -> Reply:
        """Send a request, with the key where there is one, and return the answer whatever it says.

        Raises:
            ServiceError: there was no answer
        """
        async with self._seats:
            number, began = next(self._numbers), asyncio.get_running_loop().time()
            client = self._idle.pop()
            try:
                async with asyncio.timeout(self._settings.total_timeout):
                    reply = await _followed(client, request, key)
            except tuple(FOREIGN_ERRORS) as error:
                self._log(number, request, type(error).__name__, began)
                raise translated(
                    error, submitting=request.submitting, host=self._settings.host, hide=self._secrets.hide
                ) from error
            finally:
                self._idle.append(client)
            self._log(number, request, str(reply.status), began)
            return reply

    def _log(self, number: int, request: Request, outcome: str, began: float) -> None:
        """Note that a request was answered, or not: its path holds ids of projects and nothing else."""
        if not _LOG.isEnabledFor(logging.INFO):
            return
        path = self._secrets.hide(_parsed(request.url).path)
        took = round((asyncio.get_running_loop().time() - began) * 1000)
        facts = {"request": number, "method": request.method, "path": path, "outcome": outcome, "ms": took}
        _LOG.info("request %d: %s %s: %s in %d ms", number, request.method, path, outcome, took, extra=facts)


async def _followed(client: httpx.AsyncClient, request: Request, key: str) -> Reply:
    """Follow a question that is redirected within its own origin; an order never."""
    url = _parsed(request.url)
    for _ in range(_MOST_REDIRECTS):
        reply, moved_to = await _once(client, request, url, key)
        if request.method != "GET" or moved_to is None or not _same_origin(moved_to, url):
            return reply
        url = moved_to
    raise httpx.TooManyRedirects(f"redirected {_MOST_REDIRECTS} times")


async def _once(
    client: httpx.AsyncClient, request: Request, url: httpx.URL, key: str
) -> tuple[Reply, httpx.URL | None]:
    headers = {"Authorization": key} if key else {}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    async with client.stream(request.method, url, content=request.body, headers=headers) as answer:
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                raise httpx.DecodingError("the answer is larger than any answer of this service")
        moved_to = answer.next_request.url if answer.next_request else None
        said = answer.headers
        # What a cache on the way has kept (RFC 9111, 5.1) tells a time that is over.
        date = said.get("date", "") if said.get("age", "0") == "0" else ""
        reply = Reply(answer.status_code, bytes(body), said.get("retry-after", ""), date)
        return reply, moved_to


@lru_cache(maxsize=8)
def _parsed(url: str) -> httpx.URL:
    """The address; that of a submission is the same each time."""
    return httpx.URL(url)


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)
