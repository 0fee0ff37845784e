from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from merge.errors import Rejected, ServiceError, Unavailable, Uncertain
from merge.model import JobId
from merge.services.aistudios import AiStudios, AiStudiosSettings
from tests.support.scripted_service import KEY, PROJECT, Script, SetClock, data, talk

BROKEN_ZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzip?"


def test_a_slow_response_ends_with_the_total_timeout() -> None:
    """A response that never ends is Uncertain after the total timeout."""

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Uncertain):
        talk(
            never,
            lambda studio: studio.submit(PROJECT),
            settings=AiStudiosSettings(total_timeout=0.01),
        )


def test_an_endless_response_is_aborted() -> None:
    """A response that is far too large is aborted before it fills the memory."""

    class Flood(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield bytes(16 * 1024 * 1024)

    async def flood(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Flood())

    with pytest.raises(Unavailable, match="too large"):
        talk(flood, lambda studio: studio.progress(JobId("p1")))


def test_concurrent_requests_are_limited() -> None:
    """At most `at_once` requests are sent at the same time."""
    now, most = 0, 0

    async def slow(_request: httpx.Request) -> httpx.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return data({"progress": 1})

    async def crowd(studio: AiStudios) -> None:
        await asyncio.gather(*(studio.progress(JobId(str(job))) for job in range(40)))

    talk(slow, crowd, settings=AiStudiosSettings(at_once=3))
    assert most == 3


def test_connections_are_reused() -> None:
    """Connections are kept open; no more are opened than are needed at the same time."""
    connections: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        connections.add(task)
        body = b'{"success": true, "data": {"progress": 42}}'
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()
        await writer.wait_closed()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        settings = AiStudiosSettings(base_url=f"http://127.0.0.1:{port}", at_once=5)
        async with server, AiStudios(KEY, settings) as studio:
            for together, ever in ((1, 1), (1, 1), (3, 3), (3, 3), (2, 3)):
                await asyncio.gather(*(studio.progress(JobId("p")) for _ in range(together)))
                assert len(connections) == ever
        await asyncio.gather(*connections)

    asyncio.run(serve())


def test_get_follows_redirects_within_its_origin() -> None:
    """A redirect within the origin is followed; the key is never sent to another one."""
    moved = httpx.Response(302, headers={"location": "/moved"})
    script = Script([moved, data({"progress": 5})])
    assert talk(script, lambda studio: studio.progress(JobId("p1"))).percent == 5
    assert script.lines[1] == "GET https://app.aistudios.com/moved"
    for elsewhere in ("https://evil.example/", "http://app.aistudios.com/", "https://app.aistudios.com:444/"):
        script = Script([httpx.Response(302, headers={"location": elsewhere})])
        with pytest.raises(Unavailable):
            talk(script, lambda studio: studio.progress(JobId("p1")))
        assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("date", "age", "offset"),
    [
        pytest.param("Mon, 05 Jan 2026 12:00:00 GMT", "0", 0, id="agrees"),
        pytest.param("Mon, 05 Jan 2026 04:00:00 GMT", "0", 8 * 3600, id="this computer is ahead"),
        pytest.param("Wed, 05 Jan 2028 12:00:00 GMT", "0", -730 * 86400, id="this computer is behind"),
        pytest.param("Mon, 05 Jan 2026 04:00:00 GMT", "28800", None, id="from a cache"),
        pytest.param("yesterday", "0", None, id="no date"),
        pytest.param("", "0", None, id="none"),
    ],
)
def test_the_clock_offset_comes_from_the_date_header(date: str, age: str, offset: float | None) -> None:
    """It is measured without an additional request."""
    headers = {"Date": date, "Age": age}
    response = httpx.Response(200, json={"success": True, "data": {"progress": 5}}, headers=headers)

    async def measure(studio: AiStudios) -> float | None:
        assert studio.clock_offset is None
        await studio.progress(JobId("p1"))
        return studio.clock_offset

    assert talk(Script([response]), measure, clock=SetClock()) == offset


def test_a_redirect_loop_ends() -> None:
    """It ends after three requests."""
    script = Script([httpx.Response(302, headers={"location": "/again"})])
    with pytest.raises(Unavailable):
        talk(script, lambda studio: studio.progress(JobId("p1")))
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    ("status", "error"), [(302, Uncertain), (303, Uncertain), (307, Rejected), (308, Rejected)]
)
def test_a_post_is_never_redirected(status: int, error: type[ServiceError]) -> None:
    """A submission is sent to one URL exactly once, whatever the redirect."""
    script = Script([httpx.Response(status, headers={"location": "/api/odin/v3/editor/project"})])
    with pytest.raises(error):
        talk(script, lambda studio: studio.submit(PROJECT))
    assert len(script.asked) == 1


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a proxy in the environment that nothing listens on."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)


@pytest.mark.usefixtures("proxied")
def test_loopback_bypasses_proxies() -> None:
    """Requests to this computer ignore proxies from the environment."""

    async def serve() -> float:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            body = b'{"success": true, "data": {"progress": 42}}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        async with server, AiStudios(KEY, AiStudiosSettings(base_url=f"http://127.0.0.1:{port}")) as studio:
            return (await studio.progress(JobId("p1"))).percent

    assert asyncio.run(serve()) == 42


def test_a_refused_connection_is_unavailable() -> None:
    """A refused connection, over a real socket, is Unavailable on submit."""

    async def attempt() -> None:
        server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        async with AiStudios(KEY, AiStudiosSettings(base_url=f"http://127.0.0.1:{port}")) as studio:
            await studio.submit(PROJECT)

    with pytest.raises(Unavailable):
        asyncio.run(attempt())


@pytest.mark.parametrize(
    "response", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"nonsense\r\n\r\n", BROKEN_ZIP]
)
def test_a_connection_lost_after_submit_is_uncertain(response: bytes) -> None:
    """If the service closes the connection after reading a submission, the result is Uncertain."""

    async def attempt() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(response)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        async with server, AiStudios(KEY, AiStudiosSettings(base_url=f"http://127.0.0.1:{port}")) as studio:
            await studio.submit(PROJECT)

    with pytest.raises(Uncertain):
        asyncio.run(attempt())
