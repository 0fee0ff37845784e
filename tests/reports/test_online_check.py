from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from merge.model import JSON
from merge.reports.online_check import Link, answer_warning, gone_link, links_of
from merge.services.download.url_check import Answer, ask_all
from merge.services.simulator import Simulator, SimulatorSettings
from tests.support.callables import Castmerge, MakeWorkbook
from tests.support.web_host import Page, Web, web

KEY = "marker-key-1234567890"
PICTURES = "http://pictures.example"
PAGES = {
    f"{PICTURES}/there.png": Page(),
    f"{PICTURES}/gone.png": Page(404, "text/html"),
    f"{PICTURES}/closed.png": Page(403, "text/html"),
    f"{PICTURES}/page": Page(200, "text/html"),
    f"{PICTURES}/film": Page(200, "video/mp4"),
    f"{PICTURES}/broken.png": Page(500, "text/html"),
    f"{PICTURES}/no-head.png": Page(head=405),
    f"{PICTURES}/moved.png": Page(302, moved_to="/there.png"),
    f"{PICTURES}/inside.png": Page(302, moved_to="http://192.168.0.1/x.png"),
    f"{PICTURES}/secret.png": Page(302, moved_to="http://me:word@pictures.example/there.png"),
    f"{PICTURES}/around.png": Page(302, moved_to="/around.png"),
    f"{PICTURES}/plain": Page(200, "application/octet-stream"),
}


@pytest.fixture
def the_web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """All hosts of the web, simulated by a proxy on this machine."""
    with web(PAGES) as host:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, host.address)
        yield host


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A simulator that accepts exactly one key."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", KEY)
    with Simulator(SimulatorSettings(key=KEY)) as running:
        yield running.base_url


def _template(tmp_path: Path, **changes: str) -> Path:
    """A project with an avatar and a picture; the picture's URL and the clothes come from cells."""
    facts = {
        "avatar": "M000045058",
        "clothes": "BG00002320",
        "picture": "{{ photo }}",
        "workspace": "",
    } | changes
    path = tmp_path / "hello.json"
    project: JSON = {
        "name": "Hello {{ name }}",
        "orientation": "landscape",
        "workspaceId": facts["workspace"],
        "scenes": [
            {
                "sceneIdx": 0,
                "clips": [
                    {
                        "id": "a",
                        "type": "aiModel",
                        "layer": 1,
                        "top": 1,
                        "left": 1,
                        "script": {"org": "<p>Hello {{ name }}.</p>"},
                        "model": {"ai_name": facts["avatar"], "emotion": facts["clothes"], "language": "en"},
                    },
                    {
                        "id": "b",
                        "type": "image",
                        "layer": 2,
                        "top": 0,
                        "left": 0,
                        "width": 10,
                        "height": 10,
                        "source_url": facts["picture"],
                    },
                ],
            }
        ],
    }
    path.write_text(json.dumps(project), encoding="utf-8")
    return path


def _ask(url: str, *others: str) -> Answer:
    return asyncio.run(ask_all([url, *others]))[url]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param("there.png", Answer(200, "image/png"), id="there"),
        pytest.param("gone.png", Answer(404, "text/html"), id="gone"),
        pytest.param("no-head.png", Answer(200, "image/png"), id="a server without HEAD"),
        pytest.param("moved.png", Answer(200, "image/png"), id="moved"),
        pytest.param(
            "inside.png",
            Answer(trouble="it leads to 192.168.0.1, which isn't public"),
            id="redirects to an internal address",
        ),
        pytest.param(
            "secret.png",
            Answer(trouble="it has a user name and a password"),
            id="redirects to a URL with a password",
        ),
        pytest.param("around.png", Answer(trouble="it redirects too often"), id="redirects in a loop"),
    ],
)
def test_a_url_is_requested(the_web: Web, name: str, answer: Answer) -> None:
    """It is requested with HEAD, otherwise by its first byte; redirects on the public web are followed."""
    assert _ask(f"{PICTURES}/{name}") == answer


def test_no_user_data_is_sent(the_web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, cookie or referrer is sent; each URL is requested once, and never more than one byte of it."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", KEY)
    _ask(f"{PICTURES}/no-head.png", f"{PICTURES}/there.png", f"{PICTURES}/there.png")
    assert sorted((method, path.rpartition("/")[2]) for method, path, _ in the_web.asked) == [
        ("GET", "no-head.png"),
        ("HEAD", "no-head.png"),
        ("HEAD", "there.png"),
    ]
    sent = [{name.casefold() for name in headers} for _, _, headers in the_web.asked]
    assert not set().union(*sent) & {"authorization", "cookie", "referer"}
    assert [headers["Range"] for method, _, headers in the_web.asked if method == "GET"] == ["bytes=0-0"]
    assert KEY not in str(the_web.asked)


def _unknown_host(request: httpx.Request) -> httpx.Response:
    """A network without that host name."""
    raise httpx.ConnectError("", request=request) from socket.gaierror(socket.EAI_NONAME, "unknown")


def _timeout(request: httpx.Request) -> httpx.Response:
    """A network in which nobody answers."""
    raise httpx.ReadTimeout("", request=request)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        pytest.param(_unknown_host, "there's no such host", id="no host"),
        pytest.param(_timeout, "no answer within 10 seconds", id="no answer"),
    ],
)
def test_an_unreachable_host_has_a_plain_message(
    network: Callable[[httpx.Request], httpx.Response], message: str
) -> None:
    """The message is as specific as possible."""
    url = "https://pictures.example/x"
    assert asyncio.run(ask_all([url], transport=httpx.MockTransport(network)))[url].trouble == message


def test_a_host_that_never_answers_is_given_up() -> None:
    """After three timeouts its other URLs aren't requested; those of other hosts are."""
    asked: list[str] = []

    def network(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.host == "away.example":
            raise httpx.ReadTimeout("", request=request)
        return httpx.Response(200)

    urls = [f"https://away.example/{number}" for number in range(40)] + ["https://here.example/1"]
    answers = asyncio.run(ask_all(urls, transport=httpx.MockTransport(network)))
    assert len(asked) < 20
    assert answers["https://away.example/39"].trouble == "away.example doesn't answer"
    assert answers["https://here.example/1"].status == 200


def test_a_server_that_fails_on_head_is_asked_with_get() -> None:
    """Requesting the first byte gives the same information."""

    def network(request: httpx.Request) -> httpx.Response:
        if request.method == "HEAD":
            raise httpx.RemoteProtocolError("", request=request)
        return httpx.Response(206, headers={"content-type": "image/png"})

    url = "https://here.example/1"
    answers = asyncio.run(ask_all([url], transport=httpx.MockTransport(network)))
    assert answers[url] == Answer(206, "image/png")


def test_a_closed_port_is_reported_and_an_internal_one_is_not_tried() -> None:
    """An internal address is never requested."""
    url = "http://127.0.0.1:9/x"
    assert asyncio.run(ask_all([url], allowed=lambda _: True))[url].trouble == "no connection"
    assert "isn't public" in _ask(url).trouble
    assert _ask("http://[::1").trouble == "it isn't a web address"


@pytest.mark.parametrize(
    ("kind", "answer", "message"),
    [
        pytest.param("image", Answer(200, "image/webp"), "", id="a picture"),
        pytest.param("image", Answer(200, "application/octet-stream"), "", id="a file of any kind"),
        pytest.param("image", Answer(200), "", id="no content type"),
        pytest.param("", Answer(200, "text/html"), "", id="no type expected"),
        pytest.param("image", None, "", id="not asked"),
        pytest.param(
            "image", Answer(200, "text/html"), "opens a page, but this should be a picture", id="page"
        ),
        pytest.param(
            "videoImage",
            Answer(200, "image/png"),
            "opens a picture, but this should be a video",
            id="a picture",
        ),
        pytest.param("image", Answer(401), "isn't open to everyone (HTTP 401)", id="isn't public"),
        pytest.param("image", Answer(503), "doesn't answer as expected (HTTP 503)", id="server error"),
        pytest.param(
            "image", Answer(trouble="no connection"), "from here: no connection", id="no connection"
        ),
    ],
)
def test_an_answer_may_be_a_warning(kind: str, answer: Answer | None, message: str) -> None:
    """There is a warning only if the service might not get the file."""
    warning = answer_warning(Link("$.x", "https://e.com/a", kind), answer)
    assert (message in warning.message) if warning and message else (warning is None and not message)


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (403, False), (200, False)])
def test_a_missing_file_is_a_problem(status: int, gone: bool) -> None:
    """It is a problem of the row, not a warning."""
    assert (gone_link(Link("$.x", "https://e.com/a", "image"), Answer(status)) is not None) is gone


def test_urls_of_clips_and_backgrounds_are_requested() -> None:
    """URLs of the service's own files aren't, nor those that can't be requested at all."""
    project: JSON = {
        "scenes": [
            {
                "background": {"source_type": "video", "source_url": "https://e.com/back.mp4"},
                "clips": [
                    {"type": "image", "source_url": "https://e.com/a.png"},
                    {"type": "image", "source_url": "/own/file.png"},
                    {"type": "image", "source_url": "http://localhost/x.png"},
                    {"type": "videoImage", "video_url": "https://e.com/b.mp4"},
                ],
            }
        ]
    }
    assert [(link.path, link.kind) for link in links_of(project)] == [
        ("$.scenes[0].clips[0].source_url", "image"),
        ("$.scenes[0].clips[3].video_url", "videoImage"),
        ("$.scenes[0].background.source_url", "videoImage"),
    ]


def test_check_online_lists_problems_and_warnings_by_cell(
    the_web: Web, service: str, castmerge: Castmerge, make_workbook: MakeWorkbook, tmp_path: Path
) -> None:
    """A missing file makes its row invalid, a doubtful one doesn't; others have no finding."""
    names = ("there.png", "gone.png", "closed.png", "page")
    book = make_workbook([["Name", "Photo"], *([name, f"{PICTURES}/{name}"] for name in names)])
    check = ("check", book, "-t", _template(tmp_path), "--online", "--base-url", service)
    ran = castmerge(*check, "--json")
    output = json.loads(ran.out)
    assert ran.code == 1, ran.err
    assert [(each["row"], each["place"], each["path"]) for each in output["problems"]] == [
        (3, "People!B3", "$.scenes[0].clips[1].source_url")
    ]
    links = [each for each in output["warnings"] if each["kind"] == "link"]
    assert [(each["kind"], each["place"], each["rows"]) for each in links] == [
        ("link", "People!B4", [4]),
        ("link", "People!B5", [5]),
    ]
    assert [row["status"] for row in output["rows"]] == ["", "Invalid", "", ""]
    assert "There's nothing at" in castmerge(*check).err
    assert not (tmp_path / ".castmerge").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"avatar": "M9"}, "Your account has no avatar M9", id="avatar"),
        pytest.param({"clothes": "BG9"}, "The avatar M000045058 has no clothes BG9", id="clothes"),
        pytest.param({"workspace": "W9"}, "Your account has no workspace W9", id="workspace"),
    ],
)
@pytest.mark.usefixtures("the_web")
def test_check_online_compares_the_template_with_the_account(
    service: str,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    tmp_path: Path,
    changes: dict[str, str],
    message: str,
) -> None:
    """A row that uses something the account doesn't have would certainly fail."""
    book = make_workbook(
        [["Name", "Photo"], ["Ana", f"{PICTURES}/there.png"], ["Ben", f"{PICTURES}/there.png"]]
    )
    check = ("check", book, "-t", _template(tmp_path, **changes), "--base-url", service)
    assert castmerge(*check).code == 0
    ran = castmerge(*check, "--online")
    assert (ran.code, ran.err.count(message)) == (1, 1), ran.err
    assert "row 2, row 3" in ran.err


def test_check_online_needs_a_valid_key(
    service: str,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong key, no key, or no service each has a message and its exit code."""
    book = make_workbook([["Name", "Photo"], ["Ana", f"{PICTURES}/there.png"]])
    check = ("check", book, "-t", _template(tmp_path), "--online", "--base-url")
    monkeypatch.setenv("AISTUDIOS_API_KEY", "marker-wrong-key")
    refused = castmerge(*check, service)
    assert (refused.code, "--region china" in refused.err) == (3, True), refused.err
    assert castmerge(*check, "http://127.0.0.1:9").code == 4
    monkeypatch.delenv("AISTUDIOS_API_KEY")
    assert castmerge(*check, service).code == 3
    assert castmerge("check", book, "-t", _template(tmp_path)).code == 0


@pytest.mark.usefixtures("the_web")
def test_check_online_can_be_simulated(
    castmerge: Castmerge, make_workbook: MakeWorkbook, tmp_path: Path
) -> None:
    """It then uses the simulator, which has the avatars of the examples."""
    book = make_workbook([["Name", "Photo"], ["Ana", f"{PICTURES}/there.png"]])
    ran = castmerge("check", book, "-t", _template(tmp_path), "--online", "--simulate")
    assert ran.code == 0, ran.err


def test_only_the_first_500_urls_are_requested(
    service: str,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A warning says that some weren't requested; here none of those that were has an answer."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    rows = [["N", f"{PICTURES}/there.png?{number}"] for number in range(501)]
    book = make_workbook([["Name", "Photo"], *rows])
    ran = castmerge("check", book, "-t", _template(tmp_path), "--online", "--base-url", service, "--json")
    links = [each for each in json.loads(ran.out)["warnings"] if each["kind"] == "link"]
    assert any("501 addresses, and castmerge only opened the first 500" in each["message"] for each in links)
    unanswered = {row for each in links if "pictures.example" in each["message"] for row in each["rows"]}
    assert unanswered == {*range(2, 502)}
