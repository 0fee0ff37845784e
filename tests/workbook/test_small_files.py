"""Small files never cost much time or memory: they are read, or refused with a plain message."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from merge.errors import WorkbookError
from merge.workbook.read.worksheet import read_worksheet
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.paths import ROOT
from tests.support.sample_workbooks import plain_parts, sheet_xml
from tests.support.small_files import TRAPS

CHECK = """
import os, sys
from pathlib import Path
from merge.__main__ import main
template, *workbooks = sys.argv[1:]
for workbook in workbooks:
    if os.fork():
        os.wait()
        continue
    try:
        main(["check", workbook, "-t", template])
    except SystemExit as ended:
        lines = Path("/proc/self/status").read_text().splitlines()
        highest = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        print(ended.code, highest // 1024, flush=True)
    os._exit(0)
"""
"""Each workbook is checked in its own process, without importing everything again."""
READ = 1_500_000
"""The size of the files that are only read."""
FOUR_MB = 4_000_000
"""The size below which the compression ratio isn't the only criterion."""
HANGS = 10
"""Seconds of CPU on a slow machine; here each of these files takes less than one."""
HEAVY = ("attributes", "merged ranges", "number formats")
"""The files that would use the most memory."""

STATUS = Path("/proc/self/status")
ENDINGS = {
    "csv": ".csv",
    "template": ".json",
    "text template": ".json.j2",
    "config": ".toml",
    "journal": ".db",
}


def _refusal(path: Path) -> str:
    with pytest.raises(WorkbookError) as caught:
        read_worksheet(path)
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(TRAPS))
def test_a_small_file_is_read_or_refused_quickly(tmp_path: Path, name: str) -> None:
    """A repetition costs little time, and its refusal mentions no internals."""
    path = TRAPS[name].make(tmp_path / "a.xlsx", READ)
    assert path.stat().st_size < 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF)
    output = ""
    try:
        read_worksheet(path)
    except WorkbookError as error:
        output = f"{error} {error.hint}"
    assert not any(word in output for word in ("XML_PARSE", "libxml", "limit exceeded", "Error"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    assert used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime < HANGS


@pytest.mark.parametrize("name", ["conditional formats", "pictures", "columns of a Table", "relationships"])
def test_what_would_make_writing_slow_is_refused_before_anything_is_sent(
    castmerge: Castmerge, make_template: MakeTemplate, tmp_path: Path, name: str
) -> None:
    """Write-back would take half a minute, after the videos were paid for."""
    path, template = TRAPS[name].make(tmp_path / "a.xlsx", FOUR_MB), make_template("Hello")
    template.write_text(template.read_text("utf-8").replace("{{ name }}", "{{ First Name }}"), "utf-8")
    ran = castmerge("run", path, "-t", template, "--simulate", "--yes")
    assert ran.code == 2
    assert (
        "has more than" in ran.err
        or "there are more than" in ran.err.lower()
        or "refers to more than" in ran.err
    )


@pytest.mark.long
@pytest.mark.skipif(not STATUS.exists(), reason="the system doesn't report how much memory a process took")
def test_check_stays_within_memory(tmp_path: Path, make_template: MakeTemplate) -> None:
    """The whole command takes at most 200 MiB."""
    paths = [TRAPS[name].make(tmp_path / f"{number}.xlsx", FOUR_MB) for number, name in enumerate(HEAVY)]
    command = [sys.executable, "-c", CHECK, *map(str, (make_template("{{ First Name }}"), *paths))]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=120)
    assert "Traceback" not in ran.stderr
    measured = [tuple(map(int, line.split())) for line in ran.stdout.splitlines()]
    assert [(code, memory < 200) for code, memory in measured] == [(2, True)] * len(HEAVY), measured


@pytest.mark.parametrize(
    ("name", "size"), [("an attribute of a cell", 40), ("blanks in a row", 60), ("columns", 40)]
)
def test_large_repetitive_parts_are_refused_without_reading(tmp_path: Path, name: str, size: int) -> None:
    """No real sheet compresses to a thousandth."""
    path = TRAPS[name].make(tmp_path / "a.xlsx", size * 1_000_000)
    assert path.stat().st_size < 100_000
    assert f"would unpack to {size} MB" in _refusal(path)


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


NO_FILES: Mapping[str, Callable[[Path, str], Path]] = {
    "pipe": lambda folder, ending: _pipe(folder / f"pipe{ending}"),
    "device": lambda folder, ending: _linked(folder / f"device{ending}", Path("/dev/zero")),
    "folder": lambda folder, ending: _folder(folder / f"folder{ending}"),
}


def _linked(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in folders")
@pytest.mark.parametrize("role", ["workbook", "csv", "template", "text template", "config", "journal"])
@pytest.mark.parametrize("kind", sorted(NO_FILES))
def test_pipes_devices_and_folders_are_refused_at_once(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    role: str,
    kind: str,
) -> None:
    """Reading them would block forever; the message says what each one is."""
    odd = NO_FILES[kind](tmp_path, ENDINGS.get(role, ".xlsx"))
    workbook = odd if role in {"workbook", "csv"} else make_workbook([["Name"], ["Ana"]])
    template = odd if role.endswith("template") else make_template()
    named = {"config": ("--config", odd), "journal": ("--journal", odd)}.get(role, ())
    ran = castmerge("check", workbook, "-t", template, *named)
    assert ran.code in {2, 3}
    assert "a folder" in ran.err if kind == "folder" else "a device or a pipe" in ran.err
    assert odd.name in ran.err


def test_a_sheet_of_thousands_of_columns_is_checked_in_seconds(
    castmerge: Castmerge, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Columns that the template doesn't use cost no more than reading them; the last row may be a total."""
    names = ("Name", *(f"Column {number}" for number in range(1, 10_000)))
    cells = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in names)
    rows = "".join(f"<row>{'<c><v>7</v></c>' * width}</row>" for width in (10_000, 10_000, 4_000))
    path = tmp_path / "wide.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in plain_parts(sheet_xml(f"<row>{cells}</row>{rows}")).items():
            archive.writestr(name, text or "")
    before = time.process_time()
    ran = castmerge("check", path, "-t", make_template("{{ Column 1 }}, {{ Column 7 }}"))
    assert (ran.code, "3 rows" in ran.err) == (1, True), ran.err
    assert time.process_time() - before < HANGS


def test_a_csv_file_of_100_mb_is_refused_unread(
    castmerge: Castmerge, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """A single line of that length would take four times its size in memory."""
    csv = tmp_path / "people.csv"
    with csv.open("wb") as file:
        file.write(b"Name\n")
        file.truncate(100_000_000)
    ran = castmerge("check", csv, "-t", make_template())
    assert ran.code == 2
    assert "too large for a list of people" in ran.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in folders")
def test_a_pipe_in_place_of_an_owner_file_counts_as_open(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """Excel's owner file is only read if it is a regular file."""
    workbook = make_workbook([["Name"], ["Ana"]])
    _pipe(workbook.with_name(f"~${workbook.name}"))
    assert castmerge("check", workbook, "-t", make_template()).code == 0
