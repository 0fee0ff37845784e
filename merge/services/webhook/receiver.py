"""The receiver: one address a row that nobody can guess, and whoever calls it brings a hint."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from merge.errors import InputError
from merge.model import RowKey
from merge.services.webhook.payload import Delivery, delivery_of
from merge.services.webhook.server import opened, served

__all__ = ["WebhookReceiver"]

_MOST_BYTES = 64 * 1024
_MOST_DRAINED = 16 * _MOST_BYTES
_METHODS = {"GET", "POST"}


def _random_token(_key: RowKey) -> str:
    return secrets.token_urlsafe(24)


class WebhookReceiver:
    """Listens between `with` and its end, in a thread and on an event loop of its own.

    A delivery is a hint to be confirmed by a look at the service: it may be late, repeated, out of order,
    lost, or a lie of somebody who saw the address. Tokens are neither logged nor part of any error.

    Args:
        public_url: where the service reaches this receiver from outside, such as `https://public.host/hook`;
            whatever stands there may keep or drop that path when it passes a call on
        hear: is called with every delivery **in the receiver's thread**, one after the other; it must be
            quick, and hand over to the thread where the work is (`loop.call_soon_threadsafe`). Where it
            raises, the caller gets a 500 and nobody else hears of it
        listen: host and port on this machine; port 0 takes a free one. Other machines reach it only where
            the host is not loopback
        token: gives the token of a row: at least 128 bits that nobody can guess, in letters that an
            address may hold
        timing: seconds that a call may take to arrive

    Raises:
        InputError: `public_url` is no web address; on entering: `listen` is no address, or it is in use
    """

    def __init__(
        self,
        public_url: str,
        hear: Callable[[Delivery], None],
        *,
        listen: str = "127.0.0.1:8081",
        token: Callable[[RowKey], str] = _random_token,
        timing: float = 10.0,
    ) -> None:
        self._public_url = _checked(public_url)
        self._hear = hear
        self._listen = listen
        self._token = token
        self._patience = timing
        self._tokens: dict[RowKey, str] = {}
        self._known: dict[bytes, tuple[str, RowKey]] = {}
        self._port = 0
        self._open = ExitStack()

    @property
    def port(self) -> int:
        """The port that it listens at; known once entered."""
        return self._port

    def __enter__(self) -> Self:
        with ExitStack() as begun:
            listener = begun.enter_context(opened(self._listen))
            self._port = listener.getsockname()[1]
            begun.enter_context(served(self._answer, listener))
            self._open = begun.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def url_for(self, key: RowKey) -> str:
        """The address that the row's project is to call, the same whenever it is asked for."""
        if key not in self._tokens:
            self.register(self._token(key), key)
        return f"{self._public_url}/{self._tokens[key]}"

    def register(self, token: str, key: RowKey) -> None:
        """Make a token known that an earlier run gave to the row; a row may have several."""
        self._known[_hashed(token)] = (token, key)
        self._tokens[key] = token

    def _row_of(self, path: str) -> RowKey | None:
        """The row whose token ends the path; how long that takes says nothing about any token."""
        token = path.rstrip("/").rpartition("/")[2]
        # Comparing with every token would take longer with every row. A dictionary's time depends on what is
        # looked up, so that is a hash: nobody can bring one nearer to another letter by letter. Only where
        # the hashes agree are the tokens compared, in constant time.
        known, key = self._known.get(_hashed(token), ("", None))
        return key if hmac.compare_digest(_encoded(known), _encoded(token)) else None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            async with asyncio.timeout(self._patience):
                status = await self._heard(request)
        except TimeoutError:
            status = HTTPStatus.REQUEST_TIMEOUT
        except ClientDisconnect:
            return
        response: Response = PlainTextResponse(status.phrase, status)
        await response(scope, receive, send)

    async def _heard(self, request: Request) -> HTTPStatus:
        key = self._row_of(str(request.scope["path"]))
        if key is None:
            return HTTPStatus.NOT_FOUND
        if request.method not in _METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED
        body = await _body(request)
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        query = bytes(request.scope["query_string"]).decode("latin-1")
        try:
            delivery = delivery_of(key, query, request.headers.get("content-type", ""), body)
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        self._hear(delivery)
        return HTTPStatus.OK


async def _body(request: Request) -> bytes | None:
    """The body, or None where it is too large."""
    body, size = bytearray(), 0
    async for piece in request.stream():
        size += len(piece)
        if size <= _MOST_BYTES:
            body += piece
        # Read to its end within reason: who is cut off while sending does not see the answer.
        elif size > _MOST_DRAINED:
            break
    return bytes(body) if size <= _MOST_BYTES else None


def _checked(public_url: str) -> str:
    url = public_url.strip()
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or "?" in url or "#" in url:
        raise InputError(
            "this is not an address that webhooks can be sent to",
            place=url,
            hint="Give --webhook-url as https://your.host/path, without anything behind it.",
        )
    return url.rstrip("/")


def _hashed(token: str) -> bytes:
    return hashlib.sha256(_encoded(token)).digest()


def _encoded(token: str) -> bytes:
    return token.encode(errors="surrogatepass")
