"""The stand-in as a server: a thread with an event loop of its own, on loopback only."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.server import ServerState

from merge.errors import InputError
from merge.services.simulator.account import Studio, Surroundings
from merge.services.simulator.app import build_app
from merge.services.simulator.credentials import Credentials
from merge.services.simulator.endpoints import ProjectCalls
from merge.services.simulator.fault_middleware import Faulty
from merge.services.simulator.settings import SimulatorSettings
from merge.services.simulator.state_file import Logbook
from merge.services.simulator.webhooks import Webhooks

LOOPBACK = "127.0.0.1"
LAST_PORT = 65_535
# Above everything that uvicorn says.
SILENT = logging.CRITICAL + 1
NO_LINGERING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Makes a closed connection a reset one."""


class Simulator:
    """A stand-in AI Studios service, running between `with` and its end.

    It answers as soon as `with` is entered, and is gone within half a second of its end, whatever
    its clients keep open. One event loop in its own thread owns everything, so `asyncio.run` and
    the signals stay with the main thread.

    Args:
        settings: how it behaves
        host: an address of this machine only; others are refused
        port: 0 takes a free one
        clock: epoch seconds; how far a video is depends on it alone

    Raises:
        InputError: on entering: the port is taken, the host is not loopback, or the state file is not one.
    """

    def __init__(
        self,
        settings: SimulatorSettings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings or SimulatorSettings()
        self._host = host
        self._port = port
        self._clock = clock
        self._open = ExitStack()

    @property
    def base_url(self) -> str:
        """Where it is, such as `http://127.0.0.1:41523`; known once entered."""
        return f"http://{_bracketed(self._host)}:{self._port}"

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            listener = opened.enter_context(_listener(self._host, self._port))
            self._port = listener.getsockname()[1]
            logbook = opened.enter_context(Logbook(self._settings.state_file))
            studio = Studio(Surroundings(self._settings, logbook, self._clock, self.base_url))
            self._serve(studio, listener, opened)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def serve_until(self, stop: threading.Event) -> None:
        """Blocks the calling thread until the event is set; Ctrl-C interrupts it as usual."""
        # Without a time-out, waiting on Windows cannot be interrupted.
        while not stop.wait(0.2):
            pass

    def _serve(self, studio: Studio, listener: socket.socket, opened: ExitStack) -> None:
        webhooks = Webhooks(studio)
        state = ServerState()
        app = build_app(studio, ProjectCalls(studio, webhooks), Credentials(self._settings, self._clock))
        dice = random.Random(self._settings.seed)
        server = uvicorn.Server(_config(Faulty(app, self._settings.faults, dice, partial(_hang_up, state))))
        server.server_state = state
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        thread = threading.Thread(
            target=_work, args=[loop, _run(server, webhooks, listener, stop)], name="simulator", daemon=True
        )
        # The listener takes connections already, so nobody has to wait for the thread.
        thread.start()
        opened.callback(thread.join)
        opened.callback(loop.call_soon_threadsafe, stop.set)


def _config(app: ASGIApp) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        # Not what happens to be installed: the stand-in is the same everywhere.
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        log_level=SILENT,
    )
    config.load()
    return config


def _listener(host: str, port: int) -> socket.socket:
    if not _is_loopback(host):
        raise InputError(
            f"the stand-in service runs on this machine only, not on {host!r}", hint=f"Use {LOOPBACK}."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not 0 <= port <= LAST_PORT:
        raise _unusable(host, port, f"ports are numbers from 0 to {LAST_PORT}")
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        raise _unusable(host, port, "another program has it" if is_taken else str(error.strerror)) from error
    # Connections inherit it; otherwise small answers wait for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _unusable(host: str, port: int, reason: str) -> InputError:
    return InputError(
        f"port {port} cannot be used: {reason}",
        place=host,
        hint="Choose another one with --port; 0 takes one that is free.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _work(loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(work)


async def _run(
    server: uvicorn.Server, webhooks: Webhooks, listener: socket.socket, stop: asyncio.Event
) -> None:
    # Not `server.serve`: that takes a fifth of a second to end, and longer for slow clients.
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[listener])
    ticking = asyncio.create_task(server.main_loop())
    await stop.wait()
    ticking.cancel()
    await webhooks.close()
    # A listener that closes while a connection is being taken in would leave that one open for good.
    while others := asyncio.all_tasks() - server.server_state.tasks - {asyncio.current_task()}:
        await asyncio.wait(others)
    for listening in server.servers:
        listening.close()
    # Letting go of connections takes the loop two rounds.
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def _hang_up(state: ServerState, scope: Scope, reset: bool) -> None:  # noqa: FBT001 - its type is HangUp
    for connection in list(state.connections):
        transport = connection.transport
        if tuple(transport.get_extra_info("peername")[:2]) != tuple(scope["client"]):
            continue
        if reset:
            own = transport.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
        transport.abort()
