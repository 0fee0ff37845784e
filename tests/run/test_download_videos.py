from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from merge.journal import Journal
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

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
    with Journal.open(people.parent / ".castmerge" / f"{people.name}.simulated.db") as journal:
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
