from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import xlsxwriter

from merge.model import CellKind
from merge.sheet.number_format import format_value
from merge.workbook.read.worksheet import read_worksheet, sheet_names
from tests.support.paths import ROOT

WORKBOOKS = Path(os.environ.get("CASTMERGE_WORKBOOKS", ROOT.parent / "shared" / "workbooks"))
AS_SHOWN = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,false,true,false,false,-1"
"""The ninth option exports cells as they are displayed, the twelfth every sheet."""
UNREADABLE = ("~$", "clusterfuzz", "protected_sha512")
OTHERWISE = {
    ("General", 2960121.4217): "Excel's General stops at 11 characters",
    ("General", 3417267.9297): "likewise",
    ("[$-3000401]0", 123): "asks for extended Arabic digits; LibreOffice displays Arabic's own",
}
"""Numbers that the two programs display differently, and why; they agree on every other one."""
BUILT_IN = re.compile(r"\[\$-x-id(\d+)\]")
"""How the reader marks formats that depend on the region; workbooks only have their number."""

Numbers = dict[tuple[str, float], None]


def _numbers() -> dict[bool, Numbers]:
    """Every number of the real workbooks with its format, once, by whether dates count from 1904."""
    found: dict[bool, Numbers] = {False: {}, True: {}}
    for path in [*WORKBOOKS.glob("*.xls[xm]"), *(ROOT / "example_sheets").glob("*.xlsx")]:
        for name in sheet_names(path) if not any(word in path.name for word in UNREADABLE) else ():
            sheet = read_worksheet(path, name)
            for cell in (cell for row in sheet.rows for cell in row.cells.values()):
                if cell.kind is CellKind.NUMBER and isinstance(cell.value, int | float):
                    found[sheet.date1904][cell.number_format, cell.value] = None
    return found


def _workbook(path: Path, numbers: Numbers, *, date1904: bool) -> None:
    """A workbook with these numbers below each other."""
    with xlsxwriter.Workbook(path, {"date_1904": date1904}) as book:
        sheet = book.add_worksheet("Sheet1")
        formats = {
            code: book.add_format({"num_format": int(built_in[1]) if built_in else code})
            for code, built_in in ((code, BUILT_IN.match(code)) for code, _ in numbers)
        }
        for row, (code, value) in enumerate(numbers):
            sheet.write_number(row, 0, value, formats[code])


@pytest.mark.long
def test_numbers_are_displayed_like_in_libreoffice(tmp_path: Path) -> None:
    """Each number of the real workbooks has the text that LibreOffice displays for its format."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    if not WORKBOOKS.is_dir():
        pytest.skip(f"there are no real workbooks at {WORKBOOKS}")
    numbers = _numbers()
    made = {date1904: tmp_path / f"dates{date1904}.xlsx" for date1904 in numbers}
    for date1904, path in made.items():
        _workbook(path, numbers[date1904], date1904=date1904)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", AS_SHOWN, "--outdir", str(tmp_path)]
    subprocess.run([*command, *map(str, made.values())], check=True, capture_output=True, timeout=300)
    differing = set()
    for date1904, path in made.items():
        with path.with_name(f"{path.stem}-Sheet1.csv").open(encoding="utf-8", newline="") as lines:
            theirs = [line[0].strip() if line else "" for line in csv.reader(lines, delimiter="\t")]
        for (code, value), text in zip(numbers[date1904], theirs, strict=True):
            if format_value(value, code, date1904=date1904).strip() != text:
                differing.add((code, value))
    assert sum(map(len, numbers.values())) > 15_000
    assert differing == OTHERWISE.keys()
