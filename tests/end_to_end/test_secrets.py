"""The key goes into one header for one origin, and nowhere else, whatever fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, islice
from pathlib import Path

import pytest

from merge.cli.error_boundary import report_errors
from merge.services.aistudios import ApiKey, AppCredentials
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook, Ran

KEY = "marker-key-5f3a9c2e"
KEPT = "marker-kept-key-88c1"
APP_ID, USER_KEY = "marker-app-771b", "marker-user-key-09d4"
Answer = Callable[["_Answering"], tuple[int, dict[str, str], bytes]]


class _Answering(BaseHTTPRequestHandler):
    """Sends the server's response and records who sent what."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        self.answer = self.rfile.read(int(self.headers.get("content-length") or 0))
        server.received.append(f"{self.headers.get('authorization')} {self.answer!r}")
        status, headers, body = server.answer(self)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answer = answer
        self.received: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def _served(answer: Answer) -> Iterator[_Server]:
    with _Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _echo(status: int, *, envelope: bool = True) -> Answer:
    """A service that repeats in its response what it was sent."""

    def answer(asked: _Answering) -> tuple[int, dict[str, str], bytes]:
        sent = f"you sent {asked.headers.get('authorization')} and {asked.answer.decode()}"
        body = json.dumps({"success": False, "error": {"code": "E", "msg": sent}}) if envelope else sent
        return status, {"X-Echo": str(asked.headers.get("authorization")), "Retry-After": "0"}, body.encode()

    return answer


FAILURES = [
    pytest.param(_echo(401), False, id="refused, 401"),
    pytest.param(_echo(403), True, id="refused, 403, app credentials"),
    pytest.param(_echo(400), False, id="a wrong request"),
    pytest.param(_echo(200), False, id="a failure that says 200"),
    pytest.param(_echo(500), True, id="a fault, app credentials"),
    pytest.param(_echo(200, envelope=False), False, id="a page"),
]
QUICK = (
    *("--first-look", "0.1", "--poll-min", "0.1", "--poll-max", "0.2"),
    *("--longest-export", "0.001", "--give-up-after", "0.005"),
)


def _commands(
    workbook: Path, template: Path, url: str, logs: Path, config: Path | None = None
) -> Iterator[Sequence[object]]:
    """Commands that name the service themselves or, some of them, in a file."""
    there = ("--base-url", url) if url else ()
    named = ("--config", config) if config else there
    jsonl = ("--log", logs / "run.jsonl", "--log-values", "--events", logs / "events.jsonl")
    yield "run", workbook, "-t", template, "--yes", *named, *QUICK, *jsonl, "--json"
    yield "collect", workbook, *there, *QUICK, "--log", logs / "run.log", "--json"
    yield "status", workbook, "--json"
    yield "doctor", workbook, "-t", template, *there
    yield "doctor", *named, "--json"
    if url:
        yield "pull", "v1", "-o", logs / "pulled.json", *there


@pytest.mark.parametrize(("answer", "app"), FAILURES)
def test_no_failure_shows_a_secret(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    app: bool,
) -> None:
    """It isn't printed, logged or written anywhere, even if the service repeats it.

    A file given by its owner may set the URL: then the host is shown.
    """
    credentials = (
        {"AISTUDIOS_APP_ID": APP_ID, "AISTUDIOS_USER_KEY": USER_KEY} if app else {"AISTUDIOS_API_KEY": KEY}
    )
    monkeypatch.delenv("AISTUDIOS_API_KEY", raising=False)
    for name, value in credentials.items():
        monkeypatch.setenv(name, value)
    workbook = make_workbook(
        [["Name", "Video ID", "Video Status"], ["Ana", None, None], ["Ben", "v1", "Draft"]]
    )
    with _served(answer) as service:
        config = tmp_path / "mine.toml"
        config.write_text(f"base_url = '{service.url}'\nyes = true\n", encoding="utf-8")
        commands = _commands(workbook, make_template(), service.url, tmp_path, config)
        runs = [castmerge(*command) for command in commands]
    assert f"Your API key goes to {service.url.removeprefix('http://')}" in runs[0].err
    assert any(secret in " ".join(service.received) for secret in credentials.values())
    output = "".join(ran.out + ran.err for ran in runs)
    assert "Traceback" not in output
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"run.log", "run.jsonl", "events.jsonl"} <= {path.name for path in files}
    secrets = [KEY, USER_KEY]
    shown = [secret for secret in secrets if secret in output]
    kept = [path.name for path, content in files.items() if any(each.encode() in content for each in secrets)]
    assert (shown, kept) == ([], [])


def test_another_origin_never_gets_the_key(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No request follows a redirect of any kind to another port of the same host."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", KEY)
    workbook = make_workbook(
        [["Name", "Video ID", "Video Status"], ["Ana", None, None], ["Ben", "v1", "Draft"]]
    )
    statuses = cycle([301, 302, 303, 307, 308])
    with _served(lambda _: (200, {}, b'{"success": true, "data": []}')) as other:
        with _served(
            lambda asked: (next(statuses), {"Location": f"{other.url}{asked.path}", "Retry-After": "0"}, b"")
        ) as service:
            commands = [*_commands(workbook, make_template(), service.url, tmp_path)]
            ran = [castmerge(*each) for each in [*commands, *commands[3:]]]
        assert len(service.received) >= 10
        assert other.received == []
    assert _leaks(ran, tmp_path) == []


def _leaks(ran: Sequence[Ran], folder: Path) -> list[str]:
    """The places where a secret is shown or stored."""
    shown = [each.out + each.err for each in ran]
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [
        *(text for text in shown if KEY in text or USER_KEY in text or "Traceback" in text),
        *(name for name, content in files.items() if KEY.encode() in content or USER_KEY.encode() in content),
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("base_url = '{url}'", id="an address"),
        pytest.param("yes = true\nquiet = true\nbase_url = '{url}'", id="an address, quietly"),
        pytest.param("'base-url' = '{url}'", id="an address with a dash"),
        pytest.param("\"base_\\u0075rl\" = '{url}'", id="an address with a key in escapes"),
        pytest.param("progress_path = '{url}/{{id}}'", id="a path of progress"),
        pytest.param("webhook_url = '{url}'", id="a webhook"),
        pytest.param("config = '{mine}'", id="another file"),
    ],
)
def test_a_found_file_never_gets_the_key(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
) -> None:
    """Nothing is sent to the URL that it names, and the error has the file and the line."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", KEY)
    workbook = make_workbook(
        [["Name", "Video ID", "Video Status"], ["Ana", None, None], ["Ben", "v1", "Draft"]]
    )
    with _served(_echo(200)) as attacker:
        mine = tmp_path / "mine.toml"
        mine.write_text(f"base_url = '{attacker.url}'", encoding="utf-8")
        found = workbook.with_name("castmerge.toml")
        found.write_text(text.format(url=attacker.url, mine=mine), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        ran = [castmerge(*each) for each in islice(_commands(workbook, make_template(), "", tmp_path), 4)]
        assert attacker.received == []
    assert {each.code for each in ran} == {2}
    assert all(f"{found}, line " in each.err for each in ran)
    assert _leaks(ran, tmp_path) == []


def _repeating(ends: str) -> Answer:
    """A service that works, and repeats the key in every ID, name, link and reason."""

    def answer(asked: _Answering) -> tuple[int, dict[str, str], bytes]:
        key = str(asked.headers.get("authorization"))
        link = f"http://{asked.headers['host']}/videos/{key}.mp4?auth={key}"
        if asked.path.startswith("/videos/"):
            return 302, {"Location": f"https://{key}.castmerge.invalid/{key}"}, key.encode()
        if asked.command == "POST":
            data: object = {"projectId": f"id-{key}"}
        elif "/progress/" in asked.path:
            data = {"progress": 100, "state": ends, "error": f"no room for {key}", "downloadUrl": link}
        elif asked.path.endswith("/auth"):
            data = {"isAuthenticated": True, "key": key}
        elif asked.path.endswith(("/model", "/workspaces")):
            data = [{"id": key, "workspaceId": key, "workspaceName": key}]
        elif "/project/" in asked.path:
            data = {"project": {"name": key, "scenes": [{key: key}]}}
        else:
            data = [{"id": "v1", "name": f"Mine {key}", "thumbnail": link}, {"id": key, "name": key}]
        return 200, {"X-Key": key}, json.dumps({"success": True, "data": data}).encode()

    return answer


@pytest.mark.parametrize("ends", ["finish", "fail"])
def test_a_service_that_repeats_the_key_everywhere_leaks_nothing(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ends: str,
) -> None:
    """The key is in no workbook, journal, log, event, page, table or project, with both kinds of files."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", KEY)
    workbook, template = make_workbook([["Name"], ["Ana"]]), make_template()
    workbook.with_name("castmerge.toml").write_text(
        "log = 'run.jsonl'\nevents = 'events.jsonl'\ndownload = 'videos'\n", encoding="utf-8"
    )
    with _served(_repeating(ends)) as service:
        config = tmp_path / "mine.toml"
        config.write_text(
            f"base_url = '{service.url}'\nyes = true\nlog = '{tmp_path / 'mine.log'}'\ndownload = 'v'\n",
            encoding="utf-8",
        )
        there = ("--base-url", service.url)
        ran = [
            castmerge("run", workbook, "-t", template, "--yes", "--log-values", *there, *QUICK, "--json"),
            castmerge("run", workbook, "-t", template, "--config", config, "--retry-failed", *QUICK),
            castmerge("collect", workbook, "--config", config, *QUICK),
            castmerge("check", workbook, "-t", template, "--online", *there),
            castmerge("report", workbook, "-o", tmp_path / "r.html", "--csv", tmp_path / "r.csv"),
            castmerge("pull", "v1", "-o", tmp_path / "pulled.json", *there),
            castmerge("projects", *there),
        ]
        assert KEY in " ".join(service.received)
    names = {path.name for path in tmp_path.rglob("*")}
    assert {"run.jsonl", "events.jsonl", "mine.log", "r.html", "r.csv", "pulled.json"} <= names
    assert _leaks(ran, tmp_path) == []


@pytest.mark.parametrize("found", [True, False], ids=["with a found file", "with a named file"])
def test_the_key_follows_no_redirect_to_another_host(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: bool,
) -> None:
    """Only a video's own link may lead elsewhere, and is requested there without the key."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", KEY)
    workbook, template = make_workbook([["Name"], ["Ana"]]), make_template()
    with _served(lambda _: (200, {"Content-Type": "video/mp4"}, b"a video")) as other:
        moved: list[str] = []

        def answer(asked: _Answering) -> tuple[int, dict[str, str], bytes]:
            data: object = {"progress": 100, "downloadUrl": f"{service.url}/videos/1.mp4"}
            if asked.path.startswith("/videos/") or ("/progress/" in asked.path and not moved):
                moved.append(asked.path)
                return 307, {"Location": f"{other.url}{asked.path}"}, b""
            if asked.command == "POST":
                data = {"projectId": "v1"}
            elif "/progress/" not in asked.path:
                data = []
            return 200, {}, json.dumps({"success": True, "data": data}).encode()

        with _served(answer) as service:
            if found:
                workbook.with_name("castmerge.toml").write_text("download = 'videos'", encoding="utf-8")
                there: tuple[object, ...] = ("--base-url", service.url, "--yes")
            else:
                config = tmp_path / "mine.toml"
                text = f"base_url = '{service.url}'\nyes = true\ndownload = 'videos'\n"
                config.write_text(text, encoding="utf-8")
                there = ("--config", config)
            ran = castmerge("run", workbook, "-t", template, *there, *QUICK, "--json")
    assert [each.read_bytes() for each in (tmp_path / "videos").iterdir()] == [b"a video"], ran.err
    assert (len(moved), other.received) == (2, ["None b''"])
    assert any(KEY in each for each in service.received)
    assert _leaks([ran], tmp_path) == []


def test_the_details_of_a_crash_contain_no_secret(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The details of a crash say where it happened, even if another library's error has the whole header."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("AISTUDIOS_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("AISTUDIOS_USER_KEY", USER_KEY)
    # As `castmerge login` would have saved it, so that it is in no variable.
    kept = ApiKey(KEPT)

    def broken(secret: ApiKey | AppCredentials | str) -> None:
        raise ZeroDivisionError(secret)

    for secret in (
        ApiKey(KEY),
        AppCredentials(APP_ID, USER_KEY),
        f"Authorization: {KEY} {USER_KEY}",
        f"{kept.key}",
    ):
        with pytest.raises(SystemExit), report_errors():
            broken(secret)
    captured = capsys.readouterr()
    details = [path.read_text(encoding="utf-8") for path in (tmp_path / "castmerge").iterdir()]
    assert ["in broken" in text for text in details] == [True, True, True, True]
    assert not any(KEPT in text for text in details)
    assert _leaks([Ran(70, captured.out, captured.err)], tmp_path) == []
