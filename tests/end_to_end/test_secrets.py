"""The key goes into one header of one origin, and nowhere else, whatever fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

KEY = "marker-key-5f3a9c2e"
APP_ID, USER_KEY = "marker-app-771b", "marker-user-key-09d4"
Answer = Callable[["_Answering"], tuple[int, dict[str, str], bytes]]


class _Answering(BaseHTTPRequestHandler):
    """Answers as its server was told; remembers who sent what."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        self.said = self.rfile.read(int(self.headers.get("content-length") or 0))
        server.heard.append(f"{self.headers.get('authorization')} {self.said!r}")
        status, headers, body = server.answer(self)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answer = answer
        self.heard: list[str] = []

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
    """A service that tells everybody what it was sent."""

    def answer(asked: _Answering) -> tuple[int, dict[str, str], bytes]:
        sent = f"you sent {asked.headers.get('authorization')} and {asked.said.decode()}"
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


def _commands(workbook: Path, template: Path, url: str, logs: Path) -> Iterator[Sequence[object]]:
    there = ("--base-url", url)
    jsonl = ("--log", logs / "run.jsonl", "--log-values", "--events", logs / "events.jsonl")
    yield "run", workbook, "-t", template, "--yes", *there, *QUICK, *jsonl, "--json"
    yield "collect", workbook, *there, *QUICK, "--log", logs / "run.log", "--json"
    yield "status", workbook, "--json"
    yield "doctor", workbook, "-t", template, *there
    yield "doctor", *there, "--json"
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
    """Not on the screen, in JSON, logs, events, journal or workbook, even where the service repeats it."""
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
        said = [
            castmerge(*command) for command in _commands(workbook, make_template(), service.url, tmp_path)
        ]
    assert any(secret in " ".join(service.heard) for secret in credentials.values())
    told = "".join(ran.out + ran.err for ran in said)
    assert "Traceback" not in told
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"run.log", "run.jsonl", "events.jsonl"} <= {path.name for path in files}
    secrets = [KEY, USER_KEY]
    shown = [secret for secret in secrets if secret in told]
    kept = [path.name for path, content in files.items() if any(each.encode() in content for each in secrets)]
    assert (shown, kept) == ([], [])


@pytest.mark.parametrize("status", [302, 307])
def test_another_origin_never_hears_the_key(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    """Neither a question nor an order follows a redirect to another port of the same host."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", KEY)
    workbook = make_workbook(
        [["Name", "Video ID", "Video Status"], ["Ana", None, None], ["Ben", "v1", "Draft"]]
    )
    with _served(lambda _: (200, {}, b'{"success": true, "data": []}')) as other:
        with _served(
            lambda asked: (status, {"Location": f"{other.url}{asked.path}", "Retry-After": "0"}, b"")
        ) as service:
            for command in _commands(workbook, make_template(), service.url, tmp_path):
                castmerge(*command)
        assert service.heard
        assert other.heard == []
