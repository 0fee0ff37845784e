"""A quiet HTTP server in a thread of its own, which ends at once whatever its callers keep open."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager

import uvicorn
from starlette.types import ASGIApp

from merge.errors import InputError

__all__ = ["ServiceOptions", "opened", "served"]

ServiceOptions = tuple[str, int]
"""Host and port."""

_LAST_PORT = 65_535
_AT_ONCE = 200
"""Callers; further ones are told to come again."""
# Above everything that uvicorn says, since its access log would name the tokens.
_SILENT = logging.CRITICAL + 1
_CURE = "Choose another one with --webhook-listen HOST:PORT, for example 127.0.0.1:8082"


@contextmanager
def opened(listen: str) -> Iterator[socket.socket]:
    """A listening socket at `host:port` (`[::1]:8081` for the newer addresses; port 0 takes a free one).

    Raises:
        InputError: that is no such address, or it is in use
    """
    host, port = _parsed(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        reason = "another program has it" if is_taken else error.strerror or str(error)
        raise InputError(
            f"webhooks cannot be heard there: {reason}", place=listen, hint=f"{_CURE}."
        ) from error
    with closing(listener):
        yield listener


@contextmanager
def served(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Answers at the socket from another thread, until the end of the block."""
    server = uvicorn.Server(_config(app))
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(
        target=_work, args=[loop, _run(server, listener, stop)], name="webhook", daemon=True
    )
    # The socket takes connections already, so nobody has to wait for the thread.
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def _parsed(listen: str) -> ServiceOptions:
    host, _, port = listen.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port[:6]) > _LAST_PORT:
        raise InputError("this is not a host and a port to hear webhooks at", place=listen, hint=f"{_CURE}.")
    return host, int(port)


def _config(app: ASGIApp) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level=_SILENT,
        limit_concurrency=_AT_ONCE,
    )
    config.load()
    return config


def _work(loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(work)


async def _run(server: uvicorn.Server, listener: socket.socket, stop: asyncio.Event) -> None:
    # Not `server.serve`: it takes the signals, and its end waits for slow callers.
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[listener])
    ticking = asyncio.create_task(server.main_loop())
    await stop.wait()
    ticking.cancel()
    # Callers who are just being let in would otherwise stay.
    while others := asyncio.all_tasks() - server.server_state.tasks - {asyncio.current_task()}:
        await asyncio.wait(others)
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    # The loop lets go of a connection in two rounds.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
