"""Webhook receiver: one secret address per row; a call of it is a hint that the row's video has progressed.

Shape of a call: the service's reference, version 1.6: `progress` (percent), at 100 also `credit` and
`download_url`. It names no project and isn't signed, so the row is identified by the address that was called,
and a hint has to be confirmed by a progress call.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from merge.errors import InputError
from merge.model import JSON, RowKey
from merge.services.http_server import host_and_port, listening_socket, serving

__all__ = ["Delivery", "WebhookReceiver", "parse_delivery"]

_MAX_BYTES = 64 * 1024
_MAX_BYTES_READ = 16 * _MAX_BYTES
_MAX_CONNECTIONS = 200
_MAX_FIELDS = 100
_METHODS = {"GET", "POST"}
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?")
_HINT = "Choose another one, such as --webhook-listen 127.0.0.1:8082"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of a row's webhook. Its download URL isn't kept.

    Attributes:
        key: the row's key
        percent: 0 to 100, or None if it isn't given
        credits: what the video cost, or None if it isn't given
        done: whether the video is ready
    """

    key: RowKey
    percent: float | None = None
    credits: float | None = None
    done: bool = False


def _random_token(_key: RowKey) -> str:
    return secrets.token_urlsafe(24)


class WebhookReceiver:
    """Receives webhooks while the `with` block lasts, in a thread with its own event loop.

    A delivery may be late, repeated, out of order, lost, or forged by someone who has seen the address.
    Tokens are neither logged nor part of any error.

    Args:
        public_url: where the service reaches this receiver, such as `https://public.host/hook`; a proxy there
            may keep or drop that path
        on_delivery: called with every delivery **in the receiver's thread**, one at a time; it must be quick,
            and pass the work on with `loop.call_soon_threadsafe`. If it raises, the caller gets a 500
        listen: host and port on this machine; port 0 takes a free one. Other machines reach it only if the
            host isn't loopback
        token: returns the token of a row: at least 128 random bits, in characters that a URL may contain
        request_seconds: how long a request's body may take to arrive

    Raises:
        InputError: `public_url` isn't a web address; on entering: `listen` isn't an address, or it is in use
    """

    def __init__(
        self,
        public_url: str,
        on_delivery: Callable[[Delivery], None],
        *,
        listen: str = "127.0.0.1:8081",
        token: Callable[[RowKey], str] = _random_token,
        request_seconds: float = 10.0,
    ) -> None:
        self._public_url = _checked(public_url)
        self._on_delivery = on_delivery
        self._listen = listen
        self._token = token
        self._request_seconds = request_seconds
        self._tokens: dict[RowKey, str] = {}
        self._rows: dict[bytes, RowKey] = {}
        self._port = 0
        self._open = ExitStack()

    @property
    def port(self) -> int:
        """The port that it listens on; known after entering."""
        return self._port

    def __enter__(self) -> Self:
        host, port = _host_and_port(self._listen)
        message = "castmerge can't receive webhooks there"
        with ExitStack() as opened:
            listener = opened.enter_context(
                listening_socket(host, port, place=self._listen, message=message, hint=_HINT)
            )
            self._port = listener.getsockname()[1]
            opened.enter_context(
                serving(self._app, listener, name="webhook", max_connections=_MAX_CONNECTIONS)
            )
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def url_for(self, key: RowKey) -> str:
        """Return the webhook address of a row, the same at every call."""
        if key not in self._tokens:
            self.register(self._token(key), key)
        return f"{self._public_url}/{self._tokens[key]}"

    def register(self, token: str, key: RowKey) -> None:
        """Add a token that an earlier run gave to the row; a row may have several."""
        self._rows[_digest(token)] = key
        self._tokens[key] = token

    def _row_at(self, path: str) -> RowKey | None:
        """Return the row whose token ends the path."""
        # The time of a lookup depends on its key, so the key is a hash, which can't be guessed letter by
        # letter.
        return self._rows.get(_digest(path.rstrip("/").rpartition("/")[2]))

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            async with asyncio.timeout(self._request_seconds):
                status = await self._handle(request)
        except TimeoutError:
            status = HTTPStatus.REQUEST_TIMEOUT
        except ClientDisconnect:
            return
        response: Response = PlainTextResponse(status.phrase, status)
        await response(scope, receive, send)

    async def _handle(self, request: Request) -> HTTPStatus:
        key = self._row_at(str(request.scope["path"]))
        if key is None:
            return HTTPStatus.NOT_FOUND
        if request.method not in _METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED
        body = await _body_of(request)
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        query = bytes(request.scope["query_string"]).decode("latin-1")
        try:
            delivery = parse_delivery(key, query, request.headers.get("content-type", ""), body)
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        self._on_delivery(delivery)
        return HTTPStatus.OK


def parse_delivery(key: RowKey, query: str, content_type: str, body: bytes) -> Delivery:
    """Parse a delivery in any form; fields in the body override those in the query.

    Args:
        key: the row whose address was called
        query: the query string of the URL
        content_type: of the body; may be wrong or missing
        body: JSON, form-urlencoded or empty

    Raises:
        ValueError: the body or the query is none of these
    """
    fields = {**_form(query), **_fields(content_type, body)}
    percent = _amount(fields.get("progress"))
    capped = None if percent is None else min(percent, 100.0)
    done = capped == 100.0 or bool(fields.get("download_url"))  # noqa: PLR2004 - percent
    return Delivery(key, capped, _amount(fields.get("credit", fields.get("credits"))), done)


def _fields(content_type: str, body: bytes) -> Mapping[str, JSON]:
    # Senders often leave their library's default content type, so the first byte decides.
    if body.lstrip()[:1] in {b"{", b"["} or "json" in content_type.casefold():
        return _json_object(body)
    return _form(body.decode())


def _json_object(body: bytes) -> Mapping[str, JSON]:
    if not body.strip():
        return {}
    try:
        value: JSON = json.loads(body.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    match value:
        case dict():
            return value
        case _:
            raise ValueError("not an object")


def _form(text: str) -> Mapping[str, JSON]:
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS))


def _amount(value: JSON) -> float | None:
    """Return a number that isn't negative, or None."""
    match value:
        case bool():
            return None
        case int() | float() if 0 <= value < math.inf:
            return float(min(value, 10**9))  # larger integers may not fit into a float
        case str() if _NUMBER.fullmatch(number := value.strip(" %")):
            return float(number)
        case _:
            return None


async def _body_of(request: Request) -> bytes | None:
    """Return the body, or None if it is too large."""
    body, size = bytearray(), 0
    async for piece in request.stream():
        size += len(piece)
        if size <= _MAX_BYTES:
            body += piece
        # A large body is still read up to a limit: a client whose connection is cut misses the response.
        elif size > _MAX_BYTES_READ:
            break
    return bytes(body) if size <= _MAX_BYTES else None


def _checked(public_url: str) -> str:
    url = public_url.strip()
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or "?" in url or "#" in url:
        raise InputError(
            "AI Studios can't send webhooks to this address",
            place=url,
            hint="Write it like --webhook-url https://your.host/path, with nothing after the path",
        )
    return url.rstrip("/")


def _host_and_port(listen: str) -> tuple[str, int]:
    """The address to listen at."""
    found = host_and_port(listen.strip())
    if found is None or not found[0]:
        raise InputError("this isn't a host and a port", place=listen, hint=_HINT)
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
