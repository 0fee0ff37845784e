from __future__ import annotations

import os
import random
import re
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import openpyxl
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from merge.workbook import write_columns
from merge.workbook.write.replace_file import remove_abandoned, temporary_file, temporary_prefix
from tests.support.paths import ROOT
from tests.support.sample_workbooks import grid, make

ROWS = 5_000
KILLS = 15
DAY = 24 * 60 * 60
WRITE = """
import sys
from merge.workbook import write_columns
path, turn, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = {n: {"Video ID": f"{turn}-{n}", "Video Note": "x" * (n % 50)} for n in range(2, count + 2)}
print("ready", flush=True)
write_columns(path, sheet="Sheet1", header_row=1, rows=rows)
"""
HOLD = """
import sys
from pathlib import Path
from merge.workbook.write.replace_file import temporary_file
with temporary_file(Path(sys.argv[1])) as file:
    file.write(b"half of it")
    file.flush()
    print("ready", flush=True)
    sys.stdin.read()
"""
FILL = """
import sys
from pathlib import Path
from merge.errors import WriteBackError
from merge.workbook import write_columns
path, backup = Path(sys.argv[1]), Path(sys.argv[2])
try:
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Video ID": "id"}}, backup=backup)
except WriteBackError as error:
    print(error.message, "|", error.hint)
"""
Drive: TypeAlias = Callable[[], AbstractContextManager[Path]]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def child(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A child process that has started to write."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process: subprocess.Popen[str], *, after: float | None = None) -> int:
    """How the process ended: on its own, or killed after this many seconds."""
    with process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        process.kill()
    return process.returncode


def make_large(path: Path) -> Path:
    """A workbook of five thousand rows."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["Name", "Amount", "Town"])
    for number in range(1, ROWS + 1):
        page.write_row(number, 0, [f"Person {number}", number / 7, f"Town {number % 97}"])
    book.close()
    return path


def data(path: Path) -> list[list[object]]:
    """The user's columns."""
    return [list(row[:3]) for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()]


def results(path: Path) -> list[tuple[object, object]]:
    """The result columns."""
    lines = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [(line[3], line[4]) for line in lines]


def expected(turn: int) -> list[tuple[str, str]]:
    """The results that this write writes."""
    ours = [(f"{turn}-{number}", "x" * (number % 50)) for number in range(2, ROWS + 2)]
    return [("Video ID", "Video Note"), *ours]


@pytest.mark.long
def test_a_killed_write_leaves_the_old_or_the_new_workbook(tmp_path: Path) -> None:
    """Whenever the process is killed, the file is either the old or the new one, and the next write works."""
    path, chance = make_large(tmp_path / "large.xlsx"), random.Random(5)
    original = data(path)
    process, begun = child(WRITE, path, 0, ROWS), time.perf_counter()
    assert ended(process) == 0
    usual = time.perf_counter() - begun
    for turn in range(1, KILLS + 1):
        before = path.read_bytes()
        ended(child(WRITE, path, turn, ROWS), after=chance.uniform(0, 1.1 * usual))
        if path.read_bytes() != before:
            assert results(path) == expected(turn)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
        assert data(path) == original
    assert ended(child(WRITE, path, KILLS + 1, ROWS)) == 0
    assert results(path) == expected(KILLS + 1)
    assert openpyxl.load_workbook(path, read_only=True).active is not None
    assert list(tmp_path.iterdir()) == [path], "the last write took away what the killed ones left"


def write(path: Path) -> None:
    """Write one more result."""
    count = len(grid(path))
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Video ID": f"id-{count}", str(count): 1}})


def test_files_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    """An unfinished file is kept while its process is alive, and removed by the next write."""
    path = make(tmp_path / "a.xlsx")
    process = child(HOLD, path)
    [scrap] = tmp_path.glob(".castmerge-*")
    write(path)
    assert scrap.read_bytes() == b"half of it"
    ended(process, after=0)
    assert scrap.exists(), "nobody could remove it"
    write(path)
    assert list(tmp_path.iterdir()) == [path]


def test_unfinished_files_of_others_are_kept(tmp_path: Path) -> None:
    """Only files with our names count; if the process can't be checked, only after a day."""
    with temporary_file(tmp_path / "a.xlsx") as file:
        mine = Path(file.name)
        now = mine.stat().st_mtime
        names = [".castmerge-ours.tmp", ".castmerge-00000000-1-new.tmp", ".castmerge-00000000-1-old.tmp"]
        new, young, old = (tmp_path / name for name in names)
        init = tmp_path / re.sub(r"-\d+-$", "-1-", temporary_prefix())
        everything = [new, young, old, init.with_name(init.name + "x.tmp")]
        for path in everything:
            path.touch()
        os.utime(old, (now - DAY - 1, now - DAY - 1))
        remove_abandoned(tmp_path, now)
        assert {*tmp_path.iterdir()} == {mine, *everything} - {old}
        huge = tmp_path / f"{init.name.removesuffix('1-')}9999999999-x.tmp"
        huge.touch()
        remove_abandoned(tmp_path, now)
        assert not huge.exists(), "no process has such a number"
        remove_abandoned(tmp_path / "none", now)


def make_heavy(path: Path, size: int) -> Path:
    """A workbook with a part that can't be compressed."""
    make(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/media/image1.png", random.Random(size).randbytes(size))
    return path


@contextmanager
def small_drive() -> Iterator[Path]:
    """A file system of two megabytes."""
    with TemporaryDirectory(prefix="castmerge-") as folder:
        mount: Sequence[str] = ("mount", "-t", "tmpfs", "-o", "size=2m", "castmerge-test", folder)
        subprocess.run(mount, check=True, capture_output=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def can_mount() -> bool:
    """Whether this process may mount file systems, like the superuser outside of most containers."""
    try:
        with small_drive():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def ordinary_drive() -> Iterator[Path]:
    """A file system with room; the limit is on the process's own files."""
    with TemporaryDirectory(prefix="castmerge-") as folder:
        yield Path(folder)


# The size of a process's files can be limited everywhere, so this case always runs; drives can't always be
# mounted.
FULL = [pytest.param(ordinary_drive, 1_200_000, "File too large", id="the largest file is bounded")]
if can_mount():
    FULL += [
        pytest.param(small_drive, 1_200_000, "No space left", id="no room for the new file"),
        pytest.param(small_drive, 800_000, "No space left", id="no room for the copy"),
    ]


@pytest.mark.parametrize(("drive", "size", "reason"), FULL)
def test_a_full_disk_damages_nothing(drive: Drive, size: int, reason: str) -> None:
    """The workbook is unchanged, unfinished files and folders are removed, and the error says so."""
    with drive() as folder:
        path = make_heavy(folder / "a.xlsx", size)
        before = path.read_bytes()
        command: list[str | Path] = [
            sys.executable,
            "-c",
            FILL,
            path,
            folder / ".castmerge" / "kept" / "a.xlsx",
        ]
        bounded = drive is ordinary_drive
        ran = subprocess.run(
            command,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
            preexec_fn=_small_files if bounded else None,
        )
        assert reason in ran.stdout, ran.stderr
        assert "castmerge write-back" in ran.stdout
        assert path.read_bytes() == before
        assert list(folder.iterdir()) == [path]


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
