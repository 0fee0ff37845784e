from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from merge.errors import InputError, Rejected, Unavailable
from merge.services.download.downloader import Downloader
from tests.support.file_host import VIDEO, Answer, file, file_host, reply
from tests.support.virtual_time import FreeTime

OTHER = b"another video " * 50_000


def fetched(folder: Path, *wanted: tuple[str, str]) -> list[Path]:
    """Download files concurrently with one downloader; each is a link and a name."""

    async def load() -> list[Path]:
        async with Downloader(folder) as videos:
            return await asyncio.gather(*(videos.fetch(url, name) for url, name in wanted))

    return asyncio.run(load())


def through(transport: httpx.AsyncBaseTransport, folder: Path, url: str) -> Path:
    """Download one file over the given transport instead of the network."""

    async def load() -> Path:
        async with Downloader(folder, transport=transport) as videos:
            return await videos.fetch(url, "Ana.mp4")

    return asyncio.run(load())


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def leave_part(folder: Path, *, etag: str = '"v1"', cut: int = 1000, content: bytes = VIDEO) -> str:
    """Interrupt a download and return its link."""
    with file_host(file(content, etag=etag, cut=cut), reply(500)) as host:
        with pytest.raises(Unavailable):
            fetched(folder, (host.url, "Ana.mp4"))
        assert (folder / "Ana.mp4.part").read_bytes() == content[:cut]
        return host.url


def test_a_file_is_downloaded(tmp_path: Path) -> None:
    """The file has its final name and the right bytes, and no other file is left."""
    with file_host(file()) as host:
        [path] = fetched(tmp_path / "new" / "folder", (host.url, "2-Ana: first?.mp4"))
    assert path == tmp_path / "new" / "folder" / "2-Ana_ first_.mp4"
    assert path.read_bytes() == VIDEO
    assert names(path.parent) == [path.name]


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    """It is neither requested nor changed; an empty one is replaced."""
    (tmp_path / "Ana.mp4").write_bytes(b"there")
    (tmp_path / "Bo.mp4").touch()
    with file_host(file()) as host:
        ana, bo = fetched(tmp_path, (host.url, "Ana.mp4"), (host.url, "Bo.mp4"))
        assert len(host.asked) == 1
    assert ana.read_bytes() == b"there"
    assert bo.read_bytes() == VIDEO


def test_an_interrupted_download_is_resumed_at_once(tmp_path: Path) -> None:
    """After an interruption only the missing bytes are requested, and only of the same file."""
    with file_host(file(cut=1000), file(cut=500), file()) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
        assert host.ranges() == [None, "bytes=1000-", "bytes=1500-"]
        assert [headers["If-Range"] for _, headers in host.asked] == [None, '"v1"', '"v1"']
    assert path.read_bytes() == VIDEO
    assert names(tmp_path) == ["Ana.mp4"]


def test_a_download_is_resumed_by_a_later_run(tmp_path: Path) -> None:
    """A later run resumes a download, also with a new link on another host."""
    leave_part(tmp_path)
    with file_host(file()) as host:
        [path] = fetched(tmp_path, (f"{host.base_url}/elsewhere", "Ana.mp4"))
        assert host.ranges() == ["bytes=1000-"]
    assert path.read_bytes() == VIDEO


def test_the_date_identifies_a_file_without_a_tag(tmp_path: Path) -> None:
    """Without a strong ETag, the file's date must be the same."""
    date = "Sun, 01 Nov 2026 10:00:00 GMT"
    with file_host(file(etag="", modified=date, cut=10), file(etag="", modified=date)) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
        assert host.asked[1][1]["If-Range"] == date
    assert path.read_bytes() == VIDEO


@pytest.mark.parametrize("etag", ['W/"weak"', '"\xe9"', ""])
def test_a_file_without_validator_is_resumed_from_the_same_url(tmp_path: Path, etag: str) -> None:
    """Without ETag and date, a later run resumes only if the URL is the same except for its query."""
    with file_host(file(etag=etag, cut=1000), reply(500), file(etag=etag)) as host:
        with pytest.raises(Unavailable):
            fetched(tmp_path, (host.url, "Ana.mp4"))
        [path] = fetched(tmp_path, (f"{host.url}&newer=1", "Ana.mp4"))
        assert host.ranges() == [None, "bytes=1000-", "bytes=1000-"]
        assert host.asked[2][1]["If-Range"] is None
    assert path.read_bytes() == VIDEO


def test_a_file_from_another_url_starts_again(tmp_path: Path) -> None:
    """Without ETag and date, bytes from different URLs aren't mixed."""
    leave_part(tmp_path, etag="", content=OTHER)
    with file_host(file(etag="")) as host:
        [path] = fetched(tmp_path, (f"{host.base_url}/2.mp4", "Ana.mp4"))
        assert host.ranges() == [None]
    assert path.read_bytes() == VIDEO


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(file(etag='"v2"'), id="another file by its ETag"),
        pytest.param(file(ranges=False), id="no parts"),
    ],
)
def test_a_whole_response_starts_again(tmp_path: Path, answer: Answer) -> None:
    """If the host sends the whole file instead of the rest, the earlier bytes are discarded."""
    leave_part(tmp_path, content=OTHER)
    with file_host(answer) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
    assert path.read_bytes() == VIDEO


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(416), id="no such range"),
        pytest.param(reply(206, b"x" * 9, Content_Range="bytes 5-13/14"), id="another range"),
        pytest.param(reply(206, b"x" * 9, Content_Range="bytes 1000-1008/1009"), id="another size"),
        pytest.param(reply(206, b"x" * 9, Content_Range="bytes"), id="no range"),
        pytest.param(reply(206, b"x" * 9), id="no range header"),
    ],
)
def test_the_rest_of_another_file_starts_again(tmp_path: Path, answer: Answer) -> None:
    """A rest that doesn't continue the earlier bytes is discarded, and the file starts again."""
    leave_part(tmp_path)
    with file_host(answer, file()) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
        assert host.ranges() == ["bytes=1000-", None]
    assert path.read_bytes() == VIDEO


def test_the_rest_may_arrive_in_parts(tmp_path: Path) -> None:
    """If a host sends less than requested, the remainder is requested; the total may be missing."""
    last = len(VIDEO) - 1
    slices = [
        reply(206, VIDEO[1000:2000], Content_Range=f"bytes 1000-1999/{len(VIDEO)}"),
        reply(206, VIDEO[2000:], Content_Range=f"bytes 2000-{last}/*"),
    ]
    with file_host(file(cut=1000), *slices) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
    assert path.read_bytes() == VIDEO


def test_a_file_larger_than_announced_is_discarded(tmp_path: Path) -> None:
    """A file that is larger than its announced size isn't kept."""
    leave_part(tmp_path)
    more = reply(206, VIDEO, Content_Range=f"bytes 1000-{len(VIDEO) + 999}/{len(VIDEO)}")
    with file_host(more) as host, pytest.raises(Unavailable, match="it sent"):
        fetched(tmp_path, (host.url, "Ana.mp4"))
    assert names(tmp_path) == []


@pytest.mark.parametrize("kept", [len(VIDEO), len(VIDEO) - 1])
def test_a_complete_part_is_verified(tmp_path: Path, kept: int) -> None:
    """If only the final rename was missing, one byte is requested to check that the file is the same."""
    leave_part(tmp_path)
    (tmp_path / "Ana.mp4.part").write_bytes(VIDEO[:kept])
    with file_host(file()) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
        assert host.ranges() == [f"bytes={len(VIDEO) - 1}-"]
    assert path.read_bytes() == VIDEO


def _no_note(folder: Path) -> None:
    (folder / ".Ana.mp4.part").unlink()


def _broken_note(folder: Path) -> None:
    (folder / ".Ana.mp4.part").write_bytes(b"\xff{")


def _foreign_note(folder: Path) -> None:
    (folder / ".Ana.mp4.part").write_text("[]", encoding="utf-8")


def _invalid_note(folder: Path) -> None:
    note = {"source": "", "validator": "\u1234", "size": 5}
    (folder / ".Ana.mp4.part").write_text(json.dumps(note), encoding="utf-8")


def _too_large(folder: Path) -> None:
    (folder / "Ana.mp4.part").write_bytes(VIDEO + b"x")


def _link(folder: Path) -> None:
    (folder.parent / "outside").write_bytes(VIDEO + b"outside")
    (folder / "Ana.mp4.part").unlink()
    (folder / "Ana.mp4.part").symlink_to(folder.parent / "outside")


@pytest.mark.parametrize("damage", [_no_note, _broken_note, _foreign_note, _invalid_note, _too_large, _link])
def test_a_part_without_a_valid_note_is_not_resumed(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """Without a valid note the file is downloaded again, and nothing outside the folder changes."""
    folder = tmp_path / "videos"
    leave_part(folder)
    damage(folder)
    with file_host(file()) as host:
        [path] = fetched(folder, (host.url, "Ana.mp4"))
        assert host.ranges() == [None]
    assert path.read_bytes() == VIDEO
    assert not path.is_symlink()
    if (outside := tmp_path / "outside").exists():
        assert outside.read_bytes() == VIDEO + b"outside"


def _chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> Answer:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return reply(200, body + end, Content_Length="", Transfer_Encoding="chunked", ETag='"v1"')


def test_a_chunked_file_is_complete_with_its_last_chunk(tmp_path: Path) -> None:
    """A chunked file is complete with its last chunk, and is resumed if that is missing."""
    rest = f"bytes 3-{len(VIDEO) - 1}/{len(VIDEO)}"
    answers = [_chunked(VIDEO[:3], end=b""), reply(206, VIDEO[3:9], Content_Range=rest), file()]
    with file_host(_chunked(VIDEO)) as whole, file_host(*answers) as host:
        paths = fetched(tmp_path, (whole.url, "Ana.mp4"), (host.url, "Bo.mp4"))
        assert host.ranges() == [None, "bytes=3-", "bytes=9-"]
    assert [path.read_bytes() for path in paths] == [VIDEO, VIDEO]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(reply(200, VIDEO, Content_Length=""), "how large", id="ends like an interruption"),
        pytest.param(reply(200), "it sent 0 bytes instead of more", id="nothing"),
        pytest.param(_chunked(), "it sent 0 bytes instead of more", id="no chunk"),
        pytest.param(file(cut=0), "RemoteProtocolError", id="interrupted at once"),
        pytest.param(reply(500), "HTTP 500", id="server error"),
        pytest.param(reply(408), "HTTP 408", id="too slow for the host"),
        pytest.param(reply(304), "HTTP 304", id="nothing new"),
        pytest.param(reply(206, b"x", Content_Range="bytes 0-0/1"), "HTTP 206", id="an unrequested part"),
        pytest.param(
            reply(302, Location="https://a:b/", Content_Length="0"),
            "RemoteProtocolError",
            id="redirect without a target",
        ),
        pytest.param(
            reply(302, Location="data:video/mp4;base64,AAAA", Content_Length="0"),
            "RemoteProtocolError",
            id="redirect to data",
        ),
    ],
)
def test_a_temporary_failure_is_unavailable(tmp_path: Path, answer: Answer, reason: str) -> None:
    """It is Unavailable and leaves no file under the final name."""
    with file_host(answer) as host, pytest.raises(Unavailable, match=reason) as caught:
        fetched(tmp_path, (host.url, "Ana.mp4"))
    assert caught.value.hint
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "Ana.mp4").exists()


def test_an_unreachable_host_is_unavailable(tmp_path: Path) -> None:
    """A host that can't be reached is Unavailable."""
    with file_host(file()) as host:
        gone = host.url
    with pytest.raises(Unavailable, match="ConnectError"):
        fetched(tmp_path, (gone, "Ana.mp4"))


def test_repeated_interruptions_are_given_up(tmp_path: Path) -> None:
    """A download from a host that sends one byte at a time ends after some attempts and keeps its bytes."""
    with file_host(file(cut=1)) as host:
        with pytest.raises(Unavailable, match="cut off 20 times"):
            fetched(tmp_path, (host.url, "Ana.mp4"))
        assert len(host.asked) == 20
    assert (tmp_path / "Ana.mp4.part").read_bytes() == VIDEO[:20]


def test_a_note_is_never_written_through_a_link(tmp_path: Path) -> None:
    """A symbolic link in place of the note, in a shared folder, isn't followed."""
    folder, outside = tmp_path / "videos", tmp_path / "outside"
    folder.mkdir()
    outside.write_text("mine", encoding="utf-8")
    (folder / ".Ana.mp4.part").symlink_to(outside)
    with file_host(file(VIDEO)) as host:
        [path] = fetched(folder, (host.url, "Ana.mp4"))
    assert path.read_bytes() == VIDEO
    assert outside.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_an_expired_link_is_rejected(tmp_path: Path, status: int) -> None:
    """An expired link is Rejected; a new link resumes the download."""
    with file_host(file(cut=1000), reply(status), file()) as host:
        with pytest.raises(Rejected, match=rf"expired.*HTTP {status}") as caught:
            fetched(tmp_path, (host.url, "Ana.mp4"))
        assert "secret" not in str(caught.value)
        [path] = fetched(tmp_path, (f"{host.url}&new=1", "Ana.mp4"))
        assert host.ranges()[2] == "bytes=1000-"
    assert path.read_bytes() == VIDEO


@pytest.mark.parametrize(
    "headers",
    [{"Content_Type": "text/html; charset=utf-8"}, {"Content_Encoding": "gzip"}, {}],
    ids=["page", "packed", "of no type"],
)
def test_a_page_is_not_saved_as_a_video(tmp_path: Path, headers: dict[str, str]) -> None:
    """An error page with status 200 isn't saved."""
    with file_host(reply(200, b"<html>", **headers)) as host, pytest.raises(Rejected, match="instead"):
        fetched(tmp_path, (host.url, "Ana.mp4"))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://videos.example/1.mp4",
        "http://192.0.2.1/1.mp4",
        "ftp://127.0.0.1/1.mp4",
        "file:///etc/passwd",
        "https://",
        "https://name:secret@videos.example/1.mp4",
        "1.mp4",
        "http://[",
        "https://a:b/",
        "",
    ],
)
def test_other_urls_are_refused(tmp_path: Path, url: str) -> None:
    """Only https, or http on this machine, is accepted, and a password in the URL isn't repeated."""
    with pytest.raises(Rejected) as caught:
        fetched(tmp_path, (url, "Ana.mp4"))
    assert caught.value.hint
    assert "secret" not in str(caught.value)


class Net(httpx.AsyncBaseTransport):
    """A network of hosts that redirect; it records the requests."""

    def __init__(self, moves: dict[str, str]) -> None:
        self.moves = moves
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        cookie = {"Set-Cookie": "session=1; Path=/"}
        if to := self.moves.get(str(request.url)):
            return httpx.Response(307, headers={"Location": to, **cookie})
        length = {"Content-Length": str(len(VIDEO))}
        return httpx.Response(200, headers=cookie | length, stream=httpx.ByteStream(VIDEO))


def test_no_credentials_are_sent(tmp_path: Path) -> None:
    """No host gets credentials, cookies or a referrer, also after redirects."""
    net = Net({"https://a.example/1?s=x": "https://b.example/2", "https://b.example/2": "/3"})
    through(net, tmp_path, "https://a.example/1?s=x")
    assert [str(request.url) for request in net.asked] == [
        "https://a.example/1?s=x",
        "https://b.example/2",
        "https://b.example/3",
    ]
    for request in net.asked:
        assert set(request.headers) == {"host", "accept", "accept-encoding", "connection", "user-agent"}


def test_a_redirected_download_is_resumed_from_the_link(tmp_path: Path) -> None:
    """Redirects on this machine are followed with the range, each time starting from the link."""
    with file_host(file(cut=1000), file()) as store, file_host(reply(302, Location=store.url)) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
        assert host.ranges() == store.ranges() == [None, "bytes=1000-"]
    assert path.read_bytes() == VIDEO


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://b.example/1", "only from https addresses"),
        ("ftp://b.example/1", "only from https addresses"),
        ("file:///etc/passwd", "only from https addresses"),
        ("http://127.0.0.1:1/1", "to this computer"),
        ("https://localhost/1", "to this computer"),
        ("https://u:secret@b.example/1", "password"),
        ("https://a.example/1", "redirects too often"),
    ],
)
def test_an_unsafe_redirect_is_refused(tmp_path: Path, to: str, reason: str) -> None:
    """A redirect to http, to this machine, to a password, or in a loop is refused."""
    net = Net({"https://a.example/1": to})
    with pytest.raises(Rejected, match=reason):
        through(net, tmp_path, "https://a.example/1")
    assert len(net.asked) == (6 if reason == "redirects too often" else 1)


def test_five_redirects_are_followed(tmp_path: Path) -> None:
    """The limit isn't lower than five."""
    net = Net({f"https://a.example/{n}": f"https://a.example/{n + 1}" for n in range(5)})
    assert through(net, tmp_path, "https://a.example/0").read_bytes() == VIDEO


def test_one_name_is_downloaded_once(tmp_path: Path) -> None:
    """Concurrent requests for one name download the file once, under a safe name."""
    with file_host(file()) as host:
        paths = fetched(tmp_path, *((host.url, name) for name in ("Ana?.mp4", "Ana?.mp4")))
        assert len(host.asked) == 1
    assert {path.name for path in paths} == {"Ana_.mp4"}
    assert names(tmp_path) == ["Ana_.mp4"]


def test_concurrent_downloads_all_arrive(tmp_path: Path) -> None:
    """Files that are requested concurrently all arrive."""
    with file_host(file()) as host:
        paths = fetched(tmp_path, *((host.url, f"{number}.mp4") for number in range(30)))
    assert all(path.read_bytes() == VIDEO for path in paths)


def test_an_unusable_folder_is_an_error(tmp_path: Path) -> None:
    """If the folder is a file, the error names it with a hint, and nothing is requested."""
    (tmp_path / "videos").touch()
    with file_host(file()) as host:
        with pytest.raises(InputError, match="can't save the video") as caught:
            fetched(tmp_path / "videos", (host.url, "Ana.mp4"))
        assert host.asked == []
    assert caught.value.place == str(tmp_path / "videos" / "Ana.mp4")
    assert "--download" in caught.value.hint


def test_a_folder_with_the_files_name_is_an_error(tmp_path: Path) -> None:
    """The error says so, and the folder is kept."""
    (tmp_path / "Ana.mp4").mkdir()
    with file_host(file()) as host, pytest.raises(InputError, match="can't save the video"):
        fetched(tmp_path, (host.url, "Ana.mp4"))
    assert (tmp_path / "Ana.mp4").is_dir()


@pytest.fixture
def small_drive() -> Iterator[None]:
    """Limit the files of this process to 64 KiB."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_drive")
@pytest.mark.parametrize("size", [len(VIDEO), 65_540])
def test_a_full_drive_is_an_error(tmp_path: Path, size: int) -> None:
    """The error gives the next step, whether the drive fills up while writing or at the end."""
    with file_host(file(VIDEO[:size])) as host, pytest.raises(InputError) as caught:
        fetched(tmp_path, (host.url, "Ana.mp4"))
    assert "Free up space" in caught.value.hint
    assert not (tmp_path / "Ana.mp4").exists()


class Stalling(httpx.AsyncBaseTransport, httpx.AsyncByteStream):
    """A network that sends the first thousand bytes and then stalls."""

    def __init__(self) -> None:
        self.sent = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"Content-Length": str(len(VIDEO)), "ETag": '"v1"'}
        return httpx.Response(200, headers=headers, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield VIDEO[:1000]
        self.sent.set()
        await asyncio.Event().wait()


class Dripping(Stalling):
    """A network that sends one byte every 20 seconds, and never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for byte in VIDEO:
            await asyncio.sleep(20)
            yield bytes([byte])


def test_a_server_that_drips_is_given_up(tmp_path: Path) -> None:
    """No read takes a minute, but the video would take days."""

    async def load() -> float:
        async with Downloader(tmp_path, transport=Dripping()) as videos:
            with pytest.raises(Unavailable, match="too slowly"):
                await videos.fetch("https://a.example/1", "Ana.mp4")
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=FreeTime) as runner:
        assert runner.run(load()) < 200
    assert (tmp_path / "Ana.mp4.part").read_bytes() == VIDEO[:4]


def test_a_cancelled_download_keeps_its_bytes(tmp_path: Path) -> None:
    """The next run resumes it."""

    async def stopped() -> None:
        stalling = Stalling()
        async with Downloader(tmp_path, transport=stalling) as videos:
            loading = asyncio.create_task(videos.fetch("https://a.example/1", "Ana.mp4"))
            await stalling.sent.wait()
            loading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await loading

    asyncio.run(stopped())
    with file_host(file()) as host:
        [path] = fetched(tmp_path, (host.url, "Ana.mp4"))
        assert host.ranges() == ["bytes=1000-"]
    assert path.read_bytes() == VIDEO
