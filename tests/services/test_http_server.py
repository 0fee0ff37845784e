"""The HTTP server that the webhook receiver and the simulator share."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from merge.services.http_server import TRANSPORT, listening_socket, serving

TIMEOUT = 10.0
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the address of the client, as the connection's transport has it."""
    host, _ = scope["state"][TRANSPORT].get_extra_info("peername")
    await PlainTextResponse(host)(scope, receive, send)


@contextmanager
def server(
    *,
    max_connections: int | None = None,
    request_head_seconds: float = TIMEOUT,
    request_pause_seconds: float = TIMEOUT,
    answer: ASGIApp = app,
) -> Iterator[int]:
    """Run the app and yield its port."""
    with (
        listening_socket("127.0.0.1", 0, place="here", message="unusable", hint="none") as listener,
        serving(
            answer,
            listener,
            name="server",
            max_connections=max_connections,
            request_head_seconds=request_head_seconds,
            request_pause_seconds=request_pause_seconds,
        ),
    ):
        yield listener.getsockname()[1]


def connect(port: int) -> socket.socket:
    """Open a connection with a timeout."""
    return socket.create_connection(("127.0.0.1", port), TIMEOUT)


def test_app_gets_the_transport() -> None:
    """The app finds the connection's transport in the scope."""
    with server() as port:
        assert httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).text == "127.0.0.1"


@pytest.mark.parametrize("before", [b"", REQUEST], ids=["first request", "second request"])
def test_incomplete_headers_time_out(before: bytes) -> None:
    """A connection is closed if the request headers don't arrive in time."""
    with server(request_head_seconds=0.2) as port, connect(port) as slow:
        slow.sendall(before)
        assert not before or slow.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        slow.sendall(REQUEST[:-3])
        while slow.recv(4096):
            pass
        assert 0.1 < time.monotonic() - began < TIMEOUT / 2


async def after_the_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer once the body has arrived."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"


def test_a_body_that_pauses_times_out() -> None:
    """A connection is closed if its body stops arriving; one that arrives in pieces is answered."""
    with server(request_pause_seconds=0.3, answer=after_the_body) as port:
        with connect(port) as steady:
            for piece in (BODY, b"123", b"456", b"789"):
                steady.sendall(piece)
                time.sleep(0.15)
            assert steady.recv(12) == b"HTTP/1.1 200"
        with connect(port) as slow:
            slow.sendall(BODY + b"123")
            with suppress(ConnectionResetError):
                assert slow.recv(12) == b""


def test_unfinished_bodies_block_nobody() -> None:
    """While more callers than allowed never finish their body, another one is answered at once."""
    with server(max_connections=20, answer=after_the_body) as port, ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(connect(port)).sendall(BODY + b"123")
        assert httpx.post(f"http://127.0.0.1:{port}/", content=b"x", trust_env=False).text == "x"


def test_too_many_connections_are_refused() -> None:
    """Connections over the limit get a 503."""
    with server(max_connections=2) as port, connect(port) as first:
        first.sendall(REQUEST)
        assert first.recv(12) == b"HTTP/1.1 200"
        with connect(port) as second:
            second.sendall(REQUEST)
            assert second.recv(12) == b"HTTP/1.1 503"


def test_thread_ends_with_the_block() -> None:
    """The server's thread has ended when the with block is left, even if it is left at once."""
    with server():
        pass
    assert "server" not in {thread.name for thread in threading.enumerate()}
