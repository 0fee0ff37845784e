from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from merge.app.user_files import UserFiles
from merge.cli import main
from tests.support.app_client import AppClient, ServedApp, at
from tests.support.callables import Castmerge


@contextmanager
def _process(folder: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a separate process, and the address that it prints."""
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "CASTMERGE_SIMULATE_SECONDS": "1.5",
    }
    command = [sys.executable, "-m", "merge", "open", "--no-browser", str(folder)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_a_killed_app_continues_where_it_was(folder: Path, tmp_path: Path) -> None:
    """Its address is all that it prints. The next start follows what was sent; nothing is made twice."""
    with _process(folder, tmp_path) as (process, url), AppClient(url) as page:
        page.checked()
        page.post("/api/choice", {"practice": True})
        page.checked(1)
        page.post("/api/run", {"what": "rows", "rows": "4-7"})
        page.until("/api/run", "percent", holds=lambda percent: isinstance(percent, int) and percent > 25)
        process.kill()
        process.wait()
        assert process.stdout is not None
        assert process.stdout.read() == ""
    with ServedApp(folder, tmp_path / "state" / "castmerge") as app, AppClient(app.url) as page:
        page.checked()
        page.post("/api/choice", {"practice": True})
        page.until("/api/state", "check", "counts", "to_make", holds=lambda count: count == 8)
        assert "at no extra cost" in str(page.get("/api/plan?what=all", "notes"))
        page.post("/api/follow")
        assert at(page.finished(), "outcome") == "complete"
        assert page.get("/api/state", "check", "counts", "done") == 4


def test_a_second_start_finds_the_first(app: ServedApp, page: AppClient) -> None:
    """The second one prints the same address and ends; the first one keeps running."""
    with ServedApp(app.folder, app.user) as second:
        second.thread.join(10)
        assert (second.url, second.thread.is_alive()) == (app.url, False)
    assert page.get("/api/state", "folder", "name") == app.folder.name


def test_quit_ends_a_run_within_five_seconds(folder: Path, tmp_path: Path) -> None:
    """The journal has everything that is known, and the next start continues from there."""
    with ServedApp(folder, tmp_path / "user") as app, AppClient(app.url) as page:
        page.checked()
        page.post("/api/choice", {"practice": True})
        page.checked(1)
        page.post("/api/run", {"what": "all"})
        began = time.monotonic()
        assert page.ask("POST", "/api/quit").status_code == 204
        app.thread.join(10)
        assert not app.thread.is_alive()
        assert time.monotonic() - began < 6.0


def test_the_app_ends_when_nobody_needs_it(folder: Path, tmp_path: Path) -> None:
    """It ends some time after the last page is closed and the run is over."""
    with ServedApp(folder, tmp_path / "user", alone_seconds=0.5) as app:
        app.thread.join(10)
        assert not app.thread.is_alive()
    assert UserFiles(tmp_path / "user").running(folder) == ""


def test_pages_are_notified_when_the_app_ends(folder: Path, tmp_path: Path) -> None:
    """They can say so instead of trying to reconnect forever."""
    with ServedApp(folder, tmp_path / "user") as app, AppClient(app.url) as page:
        asked: list[int] = []

        def is_over(name: str, data: object) -> bool:
            del data
            if name == "state" and not asked:
                asked.append(page.ask("POST", "/api/quit").status_code)
            return name == "bye"

        with AppClient(app.url) as other:
            assert other.events(is_over)[-1][0] == "bye"


def test_a_recent_workbook_opens_its_own_app(folder: Path, tmp_path: Path, page: AppClient) -> None:
    """An existing folder is opened; for a missing one the page says so."""
    recent = page.get("/api/folder", "recent", 0)
    assert (at(recent, "folder"), at(recent, "here")) == (folder.name, True)
    assert page.refused("POST", "/api/recent", {"id": "gone"}) == (404, "missing")
    del tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["nowhere.xlsx"], "no such workbook or folder", id="no such file"),
        pytest.param(["--port", "99999"], "99999", id="no such port"),
    ],
)
def test_invalid_arguments_are_explained(castmerge: Castmerge, arguments: list[str], said: str) -> None:
    """The error says what is wrong, and no server is started."""
    ran = castmerge("open", "--no-browser", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_port_in_use_is_reported(
    app: ServedApp, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to do."""
    port = app.url.partition("/?")[0].rpartition(":")[2]
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with pytest.raises(SystemExit, match="2"):
        main(["open", "--no-browser", "--port", port, str(tmp_path)])
    assert f"Port {port} can't be used" in capsys.readouterr().err


def test_the_page_is_answered_while_a_check_keeps_python_busy(app: ServedApp) -> None:
    """A long check yields often enough for requests to be answered."""
    assert sys.getswitchinterval() < 0.001
    ends = Event()

    def check() -> None:
        while not ends.is_set():
            sum(range(1_000))

    checks = [Thread(target=check, daemon=True) for _ in range(3)]
    for each in checks:
        each.start()
    try:
        with AppClient(app.url) as page:
            began = time.monotonic()
            for _ in range(6):
                page.get("/api/state")
            assert time.monotonic() - began < 10
    finally:
        ends.set()
        for each in checks:
            each.join()
