from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from merge.journal import SqliteJournal
from merge.model import ExportState, Progress
from merge.results import Download, ExitCode
from merge.settings import DownloadOptions, Settings
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.fake_service import Scene
from tests.support.file_host import Answer, FileHost, file, file_host, reply

QUICK = ("--simulate", "--simulate-seconds", "0.3")


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """Three people, two with the same name."""
    return make_workbook([["Name", "Plan"], ["Ana", "Gold"], ["Ben", None], ["Ana", "Free"]])


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_videos_are_saved_under_names_made_from_their_rows(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Each complete video is in the folder; two rows with the same name get a file each."""
    folder = tmp_path / "videos"
    options = ("--download", folder, "--download-name", "{{ row_number }}-{{ Name }}.mp4")
    ran = castmerge("run", people, "-t", make_template(), *QUICK, *options)
    assert (ran.code, _files(folder)) == (0, ["2-Ana.mp4", "3-Ben.mp4", "4-Ana.mp4"]), ran.err
    assert all((folder / name).read_bytes()[4:8] == b"ftyp" for name in _files(folder))


def test_only_missing_and_outdated_files_are_downloaded(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """A second run downloads a missing file with a new link, and replaces one older than its video."""
    folder = tmp_path / "videos"
    command = ("run", people, "-t", make_template(), *QUICK, "--download", folder)
    assert castmerge(*command).code == 0
    first, second, third = (folder / name for name in _files(folder))
    first.unlink()
    os.utime(second, (1, 1))
    second.write_bytes(b"an older video")
    os.utime(second, (1, 1))
    before = third.stat().st_mtime_ns
    ran = castmerge(*command)
    assert (ran.code, first.exists(), third.stat().st_mtime_ns) == (0, True, before), ran.err
    assert second.read_bytes()[4:8] == b"ftyp"


def test_a_drive_with_a_slow_clock_causes_no_second_download(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """A new file never looks older than its video, even if the drive's clock is slow."""
    command = ("run", people, "-t", make_template(), *QUICK)
    assert castmerge(*command).code == 0
    with SqliteJournal.open(people.parent / ".castmerge" / f"{people.name}.simulated.db") as journal:
        later = datetime.now(UTC) + timedelta(hours=1)
        entries = journal.entries("People").values()
        journal.put("People", [replace(entry, completed_at=later) for entry in entries])
    folder = tmp_path / "videos"
    assert castmerge(*command, "--download", folder).code == 0
    loaded = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert castmerge(*command, "--download", folder).code == 0
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == loaded
    assert len(loaded) == 3


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        pytest.param("{{ nmae }}.mp4", 2, "Did you mean", id="no such column"),
        pytest.param("{{ plan }}.mp4", 1, "row 3", id="blank"),
        pytest.param("{{ 1 / 0 }}.mp4", 1, "division", id="fails"),
    ],
)
def test_a_file_name_that_cannot_be_made_is_reported(
    castmerge: Castmerge,
    people: Path,
    make_template: MakeTemplate,
    tmp_path: Path,
    name: str,
    code: int,
    message: str,
) -> None:
    """An unknown column is reported before anything is sent, a problem with one row's cell afterwards."""
    options = ("--download", tmp_path / "videos", "--download-name", name)
    ran = castmerge("run", people, "-t", make_template(), *QUICK, *options)
    assert (ran.code, message in ran.err) == (code, True), ran.err


def test_a_folder_that_cannot_be_created_is_reported(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """The videos are made anyway, and their links are in the workbook."""
    (tmp_path / "videos").write_text("a file", encoding="utf-8")
    ran = castmerge("run", people, "-t", make_template(), *QUICK, "--download", tmp_path / "videos")
    assert (ran.code, ran.err.count("couldn't be downloaded")) == (1, 1), ran.err


def test_a_video_over_the_size_limit_is_saved_once_the_limit_is_higher(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Nothing of it is kept, and the JSON has the reason; the option overrides the file."""
    folder = tmp_path / "videos"
    command = ("run", people, "-t", make_template(), *QUICK, "--download", folder, "--json")
    people.with_name("castmerge.toml").write_text("download_limit = 0.01", encoding="utf-8")
    ran = castmerge(*command)
    downloads = json.loads(ran.out)["downloads"]
    assert (ran.code, [each["file"] for each in downloads], _files(folder)) == (1, [None] * 3, [])
    assert all("limit of 0.01 MB" in each["error"] for each in downloads)
    assert ran.err.count("--download-limit") == 1
    ran = castmerge(*command, "--download-limit", "0.02")
    downloads = json.loads(ran.out)["downloads"]
    assert (ran.code, {each["error"] for each in downloads}) == (0, {None}), ran.err
    assert sorted(Path(each["file"]).name for each in downloads) == _files(folder)


def _downloaded(scene: Scene, host: FileHost, folder: Path) -> tuple[ExitCode, Sequence[Download]]:
    """Make the videos of the scene, whose files are all at this host, and download them."""
    scene.service.progress_at = lambda _: Progress(100, ExportState.COMPLETE, host.url)
    result = scene.carry_out(Settings(download=DownloadOptions(folder, "{{ Name }}.mp4")))
    return result.exit_code, result.downloads


FAILING = [
    pytest.param(reply(404), id="the link has expired"),
    pytest.param(reply(503), id="the host is down"),
    pytest.param(file(cut=0), id="the host breaks off"),
    pytest.param(reply(200, b"<html>", Content_Type="text/html"), id="a page instead of a video"),
    pytest.param(reply(302, Location="http://192.168.0.1/1.mp4"), id="a redirect into a private network"),
]


@pytest.mark.parametrize("failing", FAILING)
def test_a_failed_download_is_reported_and_tried_again(scene: Scene, tmp_path: Path, failing: Answer) -> None:
    """The others are saved, the result names the row, and the next run requests only what is missing."""
    folder = tmp_path / "videos"
    with file_host(failing, file()) as host:
        code, downloads = _downloaded(scene, host, folder)
        [failed] = [each for each in downloads if not each.file]
        assert (code, len([*folder.glob("*.mp4")])) == (ExitCode.SOME_FAILED, 4)
        assert failed.error
        assert "secret" not in failed.error
        requests = len(host.asked)
        code, downloads = _downloaded(scene, host, folder)
        assert (code, {each.error for each in downloads}) == (ExitCode.COMPLETE, {None})
        assert len(host.asked) == requests + 1
    assert _files(folder) == ["Ana.mp4", "Ben.mp4", "Cem.mp4", "Dora.mp4", "Eve.mp4"]
    assert scene.service.calls["submit"] == 5


def test_four_videos_are_downloaded_at_once(scene: Scene, tmp_path: Path) -> None:
    """The host sees four requests together, and never a fifth before one of them is answered."""
    together = threading.Barrier(4, timeout=10)
    lock = threading.Lock()
    open_requests, most, number = 0, 0, 0

    def counted(handler: BaseHTTPRequestHandler) -> None:
        nonlocal open_requests, most, number
        with lock:
            number += 1
            open_requests += 1
            most = max(most, open_requests)
            first_four = number <= 4
        if first_four:
            together.wait()
        time.sleep(0.05)
        with lock:
            open_requests -= 1
        file()(handler)

    with file_host(counted) as host:
        code, _ = _downloaded(scene, host, tmp_path / "videos")
    assert (code, most, number) == (ExitCode.COMPLETE, 4, 5)
