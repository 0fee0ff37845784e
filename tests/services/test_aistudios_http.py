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


def test_a_trickling_answer_is_left_after_the_total_time() -> None:
    """An answer that never ends is in doubt, not waited for without end."""

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Uncertain):
        talk(
            never,
            lambda studio: studio.submit(PROJECT),
            settings=AiStudiosSettings(total_timeout=0.01),
        )


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    """An answer beyond any size of this service is left, before it fills the memory."""

    class Flood(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield bytes(16 * 1024 * 1024)

    async def flood(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Flood())

    with pytest.raises(Unavailable, match="larger"):
        talk(flood, lambda studio: studio.progress(JobId("p1")))


def test_no_more_requests_than_settled_at_once() -> None:
    """However many ask, only so many requests are on their way."""
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


def test_who_comes_together_gets_a_connection_each_and_who_comes_later_the_same_ones() -> None:
    """Connections are kept, as few as were ever needed at once."""
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


def test_a_question_follows_its_own_origin_only() -> None:
    """A redirect within the service is followed, one to anywhere else never gets the key."""
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
    ("date", "age", "ahead"),
    [
        pytest.param("Mon, 05 Jan 2026 12:00:00 GMT", "0", 0, id="agrees"),
        pytest.param("Mon, 05 Jan 2026 04:00:00 GMT", "0", 8 * 3600, id="this computer is ahead"),
        pytest.param("Wed, 05 Jan 2028 12:00:00 GMT", "0", -730 * 86400, id="this computer is behind"),
        pytest.param("Mon, 05 Jan 2026 04:00:00 GMT", "28800", None, id="out of a cache"),
        pytest.param("yesterday", "0", None, id="no date"),
        pytest.param("", "0", None, id="none"),
    ],
)
def test_every_answer_tells_whether_this_computers_clock_is_right(
    date: str, age: str, ahead: float | None
) -> None:
    """From the header `Date`, without another request."""
    headers = {"Date": date, "Age": age}
    told = httpx.Response(200, json={"success": True, "data": {"progress": 5}}, headers=headers)

    async def asked(studio: AiStudios) -> float | None:
        assert studio.clock_offset is None
        await studio.progress(JobId("p1"))
        return studio.clock_offset

    assert talk(Script([told]), asked, clock=SetClock()) == ahead


def test_a_circle_of_redirects_ends() -> None:
    """A service that sends a question round and round is asked a few times."""
    script = Script([httpx.Response(302, headers={"location": "/again"})])
    with pytest.raises(Unavailable):
        talk(script, lambda studio: studio.progress(JobId("p1")))
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    ("status", "error"), [(302, Uncertain), (303, Uncertain), (307, Rejected), (308, Rejected)]
)
def test_an_order_is_never_redirected(status: int, error: type[ServiceError]) -> None:
    """A submission goes to one address, once, wherever the service points."""
    script = Script([httpx.Response(status, headers={"location": "/api/odin/v3/editor/project"})])
    with pytest.raises(error):
        talk(script, lambda studio: studio.submit(PROJECT))
    assert len(script.asked) == 1


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment whose proxy nobody serves."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)


@pytest.mark.usefixtures("proxied")
def test_loopback_never_goes_through_a_proxy() -> None:
    """What is meant for this computer reaches it whatever proxy the environment names."""

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


def test_a_closed_port_was_certainly_not_reached() -> None:
    """A refused connection, over a real socket, leaves nothing in doubt."""

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
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"nonsense\r\n\r\n", BROKEN_ZIP]
)
def test_a_connection_lost_after_the_order_is_in_doubt(said: bytes) -> None:
    """A service that reads the order and hangs up, over a real socket, may have taken it."""

    async def attempt() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        async with server, AiStudios(KEY, AiStudiosSettings(base_url=f"http://127.0.0.1:{port}")) as studio:
            await studio.submit(PROJECT)

    with pytest.raises(Uncertain):
        asyncio.run(attempt())
