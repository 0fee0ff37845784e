"""HTTP requests with limits on time, size and redirects, and only to one origin."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from http.cookiejar import CookieJar
from itertools import count
from urllib.parse import urlsplit

import httpx

from merge.services.aistudios.credentials import Secrets
from merge.services.aistudios.errors import FOREIGN_ERRORS, Reply, translated
from merge.services.aistudios.settings import AiStudiosSettings

__all__ = ["HttpTransport", "Request"]

_LOG = logging.getLogger("merge.requests")
_MAX_REDIRECTS = 3
_MAX_BYTES = 64 * 1024 * 1024
# Many servers close connections that are idle for 5 s; a submission sent in that moment would be uncertain.
_ONE_CONNECTION = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=4.0)


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: GET or POST
        url: the whole URL
        body: JSON text in UTF-8, or None
        submitting: whether repeating it would cost credits again
        content_type: of the body
    """

    method: str
    url: str
    body: bytes | None = None
    submitting: bool = False
    content_type: str = "application/json"


class HttpTransport:
    """A fixed number of connections to one service.

    Each connection has its own client: httpx's pool scans all connections at every request, slows down with
    each waiting request, and gives concurrent requests the same connection.
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
        self._slots = asyncio.Semaphore(settings.at_once)
        # Requests to this computer must not go through a proxy from the environment.
        use_env = trust_env and not settings.on_loopback
        certificates, cookies = httpx.create_ssl_context(trust_env=use_env), CookieJar()
        self._clients = tuple(
            httpx.AsyncClient(
                transport=transport,
                verify=certificates,
                trust_env=use_env,
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
        """Send a request and return the response, whatever its status.

        Raises:
            ServiceError: there was no response
        """
        async with self._slots:
            number, began = next(self._numbers), asyncio.get_running_loop().time()
            client = self._idle.pop()
            try:
                async with asyncio.timeout(self._settings.total_timeout):
                    reply = await _send(client, request, key)
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
        """Log the outcome of a request. Its path contains project ids, and no secrets or query."""
        if not _LOG.isEnabledFor(logging.INFO):
            return
        path = self._secrets.hide(urlsplit(request.url).path)
        took = round((asyncio.get_running_loop().time() - began) * 1000)
        facts = {"request": number, "method": request.method, "path": path, "outcome": outcome, "ms": took}
        _LOG.info("request %d: %s %s: %s in %d ms", number, request.method, path, outcome, took, extra=facts)


async def _send(client: httpx.AsyncClient, request: Request, key: str) -> Reply:
    """Send a request and follow redirects of a GET within its origin; a POST is never redirected."""
    url = httpx.URL(request.url)
    for _ in range(_MAX_REDIRECTS):
        reply, moved_to = await _send_once(client, request, url, key)
        if request.method != "GET" or moved_to is None or not _same_origin(moved_to, url):
            return reply
        url = moved_to
    raise httpx.TooManyRedirects(f"redirected {_MAX_REDIRECTS} times")


async def _send_once(
    client: httpx.AsyncClient, request: Request, url: httpx.URL, key: str
) -> tuple[Reply, httpx.URL | None]:
    headers = {"Authorization": key} if key else {}
    if request.body is not None:
        headers["Content-Type"] = request.content_type
    async with client.stream(request.method, url, content=request.body, headers=headers) as response:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _MAX_BYTES:
                raise httpx.DecodingError("the answer is too large")
        moved_to = response.next_request.url if response.next_request else None
        headers_in = response.headers
        # A cached response (`Age` > 0, RFC 9111, 5.1) has an old `Date`.
        date = headers_in.get("date", "") if headers_in.get("age", "0") == "0" else ""
        reply = Reply(response.status_code, bytes(body), headers_in.get("retry-after", ""), date)
        return reply, moved_to


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    # The port is None if it is the scheme's default.
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
