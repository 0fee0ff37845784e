"""HTTP server in a background thread, shared by the webhook receiver and the simulator.

The caller opens a listening socket first, so that connections are accepted before the thread runs. Leaving
`serving` stops the server within half a second, whatever connections its clients keep open.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import ClassVar, Literal

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from merge.errors import InputError

__all__ = ["LAST_PORT", "TRANSPORT", "host_and_port", "listening_socket", "serving"]

LAST_PORT = 65_535
TRANSPORT = "transport"
"""Key of the connection's `asyncio.Transport` in the ASGI scope's `state`."""

_STOP_SECONDS = 1.0
# Above everything that uvicorn logs: its access log would contain the tokens of webhooks.
_SILENT = logging.CRITICAL + 1


def host_and_port(address: str) -> tuple[str, int] | None:
    """Split `HOST:PORT`; None if it has no port. An IPv6 address is in brackets, such as `[::1]:8081`."""
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port[:6]) > LAST_PORT:
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)


@contextmanager
def listening_socket(host: str, port: int, *, place: str, message: str, hint: str) -> Iterator[socket.socket]:
    """Open a TCP socket that listens until the block ends.

    Args:
        host: name or address of this machine
        port: 0 takes a free one
        place: where the address was set, for the error
        message: what can't be done without the socket, for the error
        hint: what to do about it, for the error

    Raises:
        InputError: the port is in use, or this machine doesn't have the address
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        reason = "another program uses it" if is_taken else error.strerror or str(error)
        raise InputError(f"{message}: {reason}", place=place, hint=hint) from error
    with closing(listener):
        # Accepted connections inherit it. Without it, small responses are delayed by 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


@contextmanager
def serving(  # noqa: PLR0913 - the limits of a server are its settings
    app: ASGIApp,
    listener: socket.socket,
    *,
    name: str,
    max_connections: int | None = None,
    lifespan: bool = False,
    request_head_seconds: float = 10.0,
    request_pause_seconds: float = 30.0,
) -> Iterator[None]:
    """Serve an ASGI app from a background thread with its own event loop until the block ends.

    Args:
        app: gets the connection's transport in `scope["state"][TRANSPORT]`
        listener: from `listening_socket`
        name: of the thread
        max_connections: more than these get a 503; of those whose request hasn't arrived, the oldest is
            closed to make room
        lifespan: whether the app handles the ASGI lifespan protocol
        request_head_seconds: how long the request line and headers may take to arrive
        request_pause_seconds: how long the body may pause before it has arrived
    """

    class Connection(_Connection):
        head_seconds = request_head_seconds
        pause_seconds = request_pause_seconds
        limit = max_connections
        waiting: ClassVar[dict[_Connection, None]] = {}

    config = _config(app, Connection, lifespan="on" if lifespan else "off")
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    server = _Server(config, stop)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(server.serve(sockets=[listener]))

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(RuntimeError):  # the loop is closed already if the server failed to start
            loop.call_soon_threadsafe(stop.set)
        thread.join()


def _config(app: ASGIApp, connection: type[_Connection], *, lifespan: Literal["on", "off"]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connection,
        ws="none",
        loop="asyncio",
        lifespan=lifespan,
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level=_SILENT,
        limit_concurrency=connection.limit,
    )


class _Connection(H11Protocol):
    """HTTP/1.1 connection that is closed if a request takes too long to arrive; uvicorn has no such limit.

    Attributes:
        head_seconds: how long the headers may take
        pause_seconds: how long the body may pause
        limit: how many connections there may be
        waiting: the connections whose request hasn't arrived, the oldest first
    """

    head_seconds: float
    pause_seconds: float
    limit: ClassVar[int | None]
    waiting: ClassVar[dict[_Connection, None]]
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if self.limit is not None and len(self.connections) >= self.limit - 1 and self.waiting:
            oldest = next(iter(self.waiting))
            # Not counted twice: its end arrives later than the next connection.
            self.waiting.pop(oldest)
            oldest.transport.abort()
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}
        self._start_timer(self.head_seconds)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # uvicorn declares `cycle` as never None, but sets it with the first request.
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]
            if self._deadline is None:
                self._start_timer(self.head_seconds)
        else:
            self._stop_timer()
            if self.cycle.more_body:
                self._start_timer(self.pause_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self.transport.abort)
        self.waiting[self] = None

    def _stop_timer(self) -> None:
        self.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """Uvicorn server that an event stops, and that then drops its connections instead of waiting for them."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def main_loop(self) -> None:
        while not self._stop.is_set():
            await self.on_tick(0)  # renews the Date header
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's signature
        self._drop_connections()
        await self.lifespan.shutdown()
        # If a listener closes while it accepts a connection, asyncio never closes that connection.
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                while others := asyncio.all_tasks() - {asyncio.current_task()}:
                    await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
                    self._drop_connections()
        for server in self.servers:
            server.close()
        self._drop_connections()
        # The event loop closes an aborted connection's socket two iterations later.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def _drop_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()
