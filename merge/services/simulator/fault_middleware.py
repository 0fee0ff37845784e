"""Middleware that injects faults between the connection and the service."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merge.services.http_server import TRANSPORT
from merge.services.simulator.app import refused
from merge.services.simulator.settings import ANY_CALL, SUBMIT, Fault, Faults, draw_fault
from merge.services.simulator.validation import Refusal

_BROKEN = Refusal("INTERNAL_ERROR", "Something went wrong.", 500)
_REJECTED = Refusal("EXPORT_REJECTED", "The project cannot be exported.")
_BUSY = Refusal("TOO_MANY_REQUESTS", "Too many requests.", 429)
_DOWN = Refusal("UNAVAILABLE", "The service is down for maintenance.", 503)
_RETRY_AFTER = {"Retry-After": "1"}
_GARBAGE = "<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"
_NO_LINGERING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Value of SO_LINGER with which closing a connection resets it."""


class FaultMiddleware:
    """ASGI application around the service's that answers some calls with a fault."""

    def __init__(self, app: ASGIApp, faults: Faults, generator: random.Random) -> None:
        self._app = app
        self._faults = faults
        self._random = generator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        fault = self._draw(scope)
        match fault:
            case None:
                await self._app(scope, receive, send)
            case Fault.SLOW:
                await asyncio.sleep(self._faults.slow_seconds)
                await self._app(scope, receive, send)
            # The request is carried out first, because the client may look for its effect at once.
            case Fault.LOSE | Fault.LATE_500 | Fault.GARBAGE:
                await self._app(scope, receive, _discard)
                await _answer(fault, scope, receive, send)
            case _:
                # The whole request is read: a client that can't send the rest sees another error.
                while (await receive()).get("more_body", False):
                    pass
                await _answer(fault, scope, receive, send)

    def _draw(self, scope: Scope) -> Fault | None:
        if scope["type"] != "http" or not str(scope["path"]).startswith("/api/"):
            return None
        is_submit = scope["method"] == "POST" and "/editor/project" in str(scope["path"])
        return draw_fault(self._faults, SUBMIT if is_submit else ANY_CALL, self._random.random())


async def _answer(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    if fault not in {Fault.LOSE, Fault.RESET}:
        await _response(fault)(scope, receive, send)
        return
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    if fault is Fault.RESET:
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    transport.abort()
    # Until uvicorn notices, it would send an error of its own.
    while (await receive())["type"] != "http.disconnect":
        pass


def _response(fault: Fault) -> Response:
    match fault:
        case Fault.GARBAGE:
            return Response(_GARBAGE, media_type="text/html")
        case Fault.BUSY:
            return refused(_BUSY, _RETRY_AFTER)
        case Fault.DOWN:
            return refused(_DOWN, _RETRY_AFTER)
        case Fault.REJECTED:
            return refused(_REJECTED)
        case _:
            return refused(_BROKEN)


async def _discard(message: Message) -> None:
    """Drop a response."""
