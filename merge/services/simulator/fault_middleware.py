"""Gets calls wrong on purpose, between the connection and the service."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merge.services.simulator.faults import ANY_CALL, SUBMIT, Fault, Faults, drawn_fault
from merge.services.simulator.responses import refused
from merge.services.simulator.validation import Refusal

HangUp = Callable[[Scope, bool], None]
"""Ends a request's connection; true resets it, false closes it."""

BROKEN = Refusal("INTERNAL_ERROR", "Something went wrong.", 500)
REJECTED = Refusal("EXPORT_REJECTED", "The project cannot be exported.")
BUSY = Refusal("TOO_MANY_REQUESTS", "Too many requests.", 429)
DOWN = Refusal("UNAVAILABLE", "The service is being looked after.", 503)
WAIT = {"Retry-After": "1"}
GARBAGE = "<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"
SUBMIT_PATHS = ("/editor/project", "/editor/template/", "/simple/video")


class Faulty:
    """An ASGI application around the service's that strikes some calls with a fault."""

    def __init__(self, app: ASGIApp, faults: Faults, dice: random.Random, hang_up: HangUp) -> None:
        self._app = app
        self._faults = faults
        self._dice = dice
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        fault = self._drawn(scope)
        match fault:
            case None:
                await self._app(scope, receive, send)
            case Fault.SLOW:
                await asyncio.sleep(self._faults.slow_seconds)
                await self._app(scope, receive, send)
            # Carried out first, for whoever is told nothing must find it done.
            case Fault.LOSE | Fault.LATE_500 | Fault.GARBAGE:
                await self._app(scope, receive, _unheard)
                await self._answer(fault, scope, receive, send)
            case _:
                # Read to its end: a client that cannot send the rest sees another error.
                await _read(receive)
                await self._answer(fault, scope, receive, send)

    async def _answer(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault in {Fault.LOSE, Fault.RESET}:
            self._hang_up(scope, fault is Fault.RESET)
            # Until uvicorn knows, it would answer with an error of its own.
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await _response(fault)(scope, receive, send)

    def _drawn(self, scope: Scope) -> Fault | None:
        path = str(scope["path"])
        if not path.startswith("/api/"):
            return None
        is_submit = scope["method"] == "POST" and any(part in path for part in SUBMIT_PATHS)
        return drawn_fault(self._faults, SUBMIT if is_submit else ANY_CALL, self._dice.random())


def _response(fault: Fault) -> Response:
    match fault:
        case Fault.GARBAGE:
            return Response(GARBAGE, media_type="text/html")
        case Fault.BUSY:
            return refused(BUSY, WAIT)
        case Fault.DOWN:
            return refused(DOWN, WAIT)
        case Fault.REJECTED:
            return refused(REJECTED)
        case _:
            return refused(BROKEN)


async def _read(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass


async def _unheard(message: Message) -> None:
    """Swallows an answer."""
