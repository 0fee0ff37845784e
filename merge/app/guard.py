"""Which requests are answered: those from pages of this server, in a browser that has its token.

Any page in the browser, and any program on this computer, can send requests to a port on loopback. So each
request needs the cookie, which only the URL with the token sets; its `Host` must be this server's (against
DNS rebinding); and a request that changes something must come from this server's own page (`Origin`).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merge.app.errors import STATUSES, AppError, error_json

JSON_BYTES = 2_000_000
"""The largest body of a call; a template has about 100 kB."""
UPLOAD_BYTES = 50_000_000
"""The largest file that can be dropped on the page; 100,000 rows have about 10 MB."""
UPLOAD_PATH = "/api/upload"
DECK_PATH = "/api/deck"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; "
        "media-src 'self' https:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types castmerge"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PUBLIC = "/static/"
"""Styles and scripts, which hold nothing private; browsers without the cookie get a page that needs them."""
_SAFE = frozenset({"GET", "HEAD"})


class Guard:
    """ASGI middleware that refuses requests that don't come from this server's own page.

    Args:
        app: answers the requests that are let through
        token: random, new at every start
        host: the address and port, such as `127.0.0.1:41523`
        locked: the page for a browser without the cookie
    """

    def __init__(self, app: ASGIApp, *, token: str, host: str, locked: str) -> None:
        self._app = app
        self._token = token
        self._host = host
        self._locked = locked
        self._cookie = cookie_name(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        headers = Headers(scope=scope)
        method, path = str(scope["method"]), str(scope["path"])
        given = self._token_in(scope) if path == "/" and method in _SAFE else ""
        if response := self._refusal(headers, method, is_page=path == "/", is_entry=bool(given)):
            await response(scope, receive, send)
        elif given:
            await self._entered(given)(scope, receive, send)
        elif not self._has_cookie(headers) and not (path.startswith(_PUBLIC) and method in _SAFE):
            await self._without_token(path)(scope, receive, send)
        else:
            await self._within_limit(scope, headers, receive, send)

    def _refusal(self, headers: Headers, method: str, *, is_page: bool, is_entry: bool) -> Response | None:
        """Why a request can't be from this server's page, regardless of its cookie."""
        if headers.get("host") != self._host:
            return _refused("this isn't the address that castmerge opened")
        origin = headers.get("origin")
        if origin != f"http://{self._host}" and (origin is not None or method not in _SAFE):
            return _refused("castmerge refused a request from another website")
        site = headers.get("sec-fetch-site", "none")
        # Going from the app of one folder to that of another changes the port, which is the same site.
        is_visit = site == "same-site" and is_page and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("none", "same-origin") and not is_entry and not is_visit:
            return _refused("castmerge refused a request from another website")
        return None

    def _token_in(self, scope: Scope) -> str:
        query = bytes(scope["query_string"]).decode("latin-1")
        return next(iter(parse_qs(query).get("token", [])), "")

    def _entered(self, given: str) -> Response:
        """The first request: the token becomes a cookie and is removed from the address bar."""
        if not self._is_token(given):
            return self._without_token("/")
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict", path="/")
        return response

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return found is not None and self._is_token(found.value)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _without_token(self, path: str) -> Response:
        if path.startswith("/api/"):
            return _refused("castmerge was closed and opened again since this page was loaded")
        return Response(self._locked, 403, media_type="text/html; charset=utf-8")

    async def _within_limit(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        largest = UPLOAD_BYTES if scope["path"] in (UPLOAD_PATH, DECK_PATH) else JSON_BYTES
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > largest:
            await _error(too_large(largest))(scope, receive, send)
            return
        await self._app(scope, _counted(receive, largest), send)


def cookie_name(host: str) -> str:
    """The cookie's name; includes the port, because cookies of one address are sent to all of its ports."""
    return f"castmerge-{host.rpartition(':')[2]}"


def too_large(largest: int) -> AppError:
    """The error for a body beyond the limit, in bytes."""
    return AppError(
        "too_large",
        f"the file is larger than {largest // 1_000_000} MB",
        hint="Copy it into the folder instead, and then choose it there",
    )


def _refused(message: str) -> Response:
    return _error(AppError("forbidden", message, hint="Open castmerge again from its folder"))


def _error(error: AppError) -> Response:
    return JSONResponse(error_json(error), STATUSES[error.kind], headers={"Cache-Control": "no-store"})


def _counted(receive: Receive, largest: int) -> Receive:
    """The same body; raises an error if it is longer than its header said."""
    left = largest

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise too_large(largest)
        return message

    return counted


def _with_headers(send: Send, headers: Mapping[str, str] = _HEADERS) -> Send:
    """The same responses with the headers of every page; a response's own value takes precedence."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = MutableHeaders(scope=message)
            for name, value in headers.items():
                present.setdefault(name, value)
        await send(message)

    return sent
