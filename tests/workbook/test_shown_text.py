from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from merge.model import CellKind, Worksheet
from merge.sheet.number_format import format_value
from merge.workbook.read.worksheet import read_worksheet, sheet_names
from tests.support.paths import ROOT

WORKBOOKS = Path(os.environ.get("CASTMERGE_WORKBOOKS", ROOT.parent / "shared" / "workbooks"))
# The ninth token exports cells as they are displayed, the twelfth exports every sheet.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,false,true,false,false,-1"
UNREADABLE = ("~$", "clusterfuzz", "protected_sha512")
OTHERWISE = {
    (
        "closedxml__input~2.xlsx",
        "Pivot1",
    ): "LibreOffice fills the pivot table anew, Excel shows what is stored",
    ("closedxml__input~2.xlsx", "Pivot2"): "likewise",
    ("closedxml__input~2.xlsx", "Pivot3"): "likewise",
    ("closedxml__pivot_table_first_header_row.xlsx", "pivot"): "likewise",
    ("poi__bug66675.xlsx", "WGT-D01 by Nomination Point"): "Excel's General stops at 11 characters",
    (
        "poi__right-to-left.xlsx",
        "عربى",
    ): "[$-3000401] asks for extended Arabic digits; LibreOffice shows Arabic's own",
    ("xw__dynamic_array02.xlsx", "Sheet1"): "LibreOffice does not know the formula and shows no result",
}
"""Sheets on which the two programs differ, and why; everywhere else they agree on every number."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the workbooks and, for each sheet, the text that LibreOffice displays."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    if not WORKBOOKS.is_dir():
        pytest.skip(f"there are no real workbooks at {WORKBOOKS}")
    folder = tmp_path_factory.mktemp("shown")
    files = [
        Path(shutil.copy(path, folder))
        for path in [*WORKBOOKS.glob("*.xls[xm]"), *(ROOT / "example_sheets").glob("*.xlsx")]
        if not any(word in path.name for word in UNREADABLE)
    ]
    _export([office, f"-env:UserInstallation={(folder / 'profile').as_uri()}"], files, folder)
    return folder


def _export(office: list[str], files: list[Path], folder: Path) -> None:
    """Export all in one call; a workbook that crashes LibreOffice is found by bisection."""
    command = [*office, "--headless", "--convert-to", AS_SHOWN, "--outdir", str(folder), *map(str, files)]
    ran = subprocess.run(command, check=False, capture_output=True, timeout=300)
    if ran.returncode == 0:
        return
    for path in files:
        for half_done in folder.glob(f"{path.stem}-*.csv"):
            half_done.unlink()
    if len(files) > 1:
        _export(office, files[::2], folder)
        _export(office, files[1::2], folder)


def _exported_cells(export: Path) -> dict[tuple[int, int], str]:
    with export.open(encoding="utf-8", newline="") as lines:
        return {
            (row, column): text.strip()
            for row, line in enumerate(csv.reader(lines, delimiter="\t"), start=1)
            for column, text in enumerate(line, start=1)
        }


def _numbers(sheet: Worksheet) -> Iterator[tuple[int, int, str]]:
    for row in sheet.rows:
        for column, cell in row.cells.items():
            if cell.kind is CellKind.NUMBER:
                shown = format_value(cell.value, cell.number_format, date1904=sheet.date1904)
                yield row.number, column, shown.strip()


def test_numbers_are_displayed_like_in_libreoffice(exported: Path) -> None:
    """On every sheet of the real workbooks, each number has the text that LibreOffice displays."""
    compared, differing = 0, set()
    for path in exported.glob("*.xls[xm]"):
        for name in sheet_names(path):
            export = exported / f"{path.stem}-{name}.csv"
            if not export.exists():
                continue
            theirs = _exported_cells(export)
            for row, column, shown in _numbers(read_worksheet(path, name)):
                compared += 1
                if shown != theirs.get((row, column), ""):
                    differing.add((path.name, name))
    assert compared > 30_000
    assert differing - OTHERWISE.keys() == set()
