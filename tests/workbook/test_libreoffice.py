from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from merge.model import Link, ResultValue, WrittenCells
from merge.workbook import write_columns
from merge.workbook.read.worksheet import read_worksheet, sheet_names
from tests.support.paths import ROOT

FOLDER = Path(os.environ.get("CASTMERGE_WORKBOOKS", ROOT.parent / "shared" / "workbooks"))
EXAMPLES = sorted((ROOT / "example_sheets").glob("*.xlsx"))
CHOSEN = (
    "calamine__date_iso.xlsx",
    "closedxml__AllShapes.xlsx",
    "closedxml__Date1904System.xlsx",
    "closedxml__condformat_theme_color.xlsx",
    "closedxml__database.xlsx",
    "poi__56644.xlsx",
    "poi__ExcelPivotTableSample.xlsx",
    "poi__InlineString.xlsx",
    "poi__SampleSS.strict.xlsx",
    "poi__StructuredRefs-lots-with-lookups.xlsx",
    "poi__TwoSheetsOneHidden.xlsx",
    "poi__right-to-left.xlsx",
    "poi__simple-monthly-budget.xlsx",
    "xw__autofilter03.xlsx",
    "xw__hyperlink30.xlsx",
)
REAL = [FOLDER / name for name in CHOSEN] if FOLDER.is_dir() else []
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Export options: commas, double quotes, UTF-8, one file per sheet, dates with seconds."""
RESULT: Mapping[str, ResultValue] = {
    "Video ID": "00123",
    "Video Status": "Complete",
    "Video URL": Link("https://videos.example/v/7?a=1&b=2#start"),
    "Video Note": '=1+1 & "two", <three>',
    "Video Updated": datetime(2026, 11, 22, 10, 30),
    "Video Seconds": 12.5,
}
SHOWN = {
    "Video ID": "00123",
    "Video Status": "Complete",
    "Video URL": "https://videos.example/v/7?a=1&b=2#start",
    "Video Note": '=1+1 & "two", <three>',
    "Video Updated": "2026-11-22 10:30:00",
    "Video Seconds": "12.5",
}
ROWS = 7

pytestmark = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed"
)


def patched(path: Path) -> tuple[str, int, WrittenCells]:
    """Write results below the first row; return the sheet, that row, and the written values."""
    worksheet = read_worksheet(path)
    header = next((row.number for row in worksheet.rows), 1)
    rows = dict.fromkeys(range(header + 1, header + 1 + ROWS), RESULT)
    return (
        worksheet.name,
        header,
        write_columns(path, sheet=worksheet.name, header_row=header, rows=rows, columns=tuple(RESULT)),
    )


def converted(folder: Path, profile: Path) -> None:
    """Convert every sheet of every workbook in a folder with LibreOffice."""
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to"]
    workbooks = sorted(str(path) for path in folder.glob("*.xls[xm]"))
    subprocess.run(
        [*command, ALL_SHEETS, "--outdir", str(folder / "shown"), *workbooks],
        check=True,
        capture_output=True,
        timeout=150,
    )


def shown(folder: Path, stem: str, sheet: str) -> dict[tuple[int, int], str]:
    """The text of the cells that aren't blank, by row and column."""
    with (folder / "shown" / f"{stem}-{sheet}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    return {
        (row, column): text
        for row, line in enumerate(lines, start=1)
        for column, text in enumerate(line, start=1)
        if text
    }


Opened = tuple[Path, Mapping[str, tuple[str, int, WrittenCells]]]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The workbooks before and after the write, all converted in one LibreOffice run."""
    folder = tmp_path_factory.mktemp("libreoffice")
    written: dict[str, tuple[str, int, WrittenCells]] = {}
    for original in [*EXAMPLES, *REAL]:
        shutil.copyfile(original, folder / f"before-{original.name}")
        after = folder / f"after-{original.name}"
        shutil.copyfile(original, after)
        written[original.name] = patched(after)
    converted(folder, tmp_path_factory.mktemp("profile"))
    return folder, written


@pytest.mark.long
@pytest.mark.parametrize("original", [*EXAMPLES, *REAL], ids=lambda path: path.stem)
def test_libreoffice_shows_the_results_and_no_other_change(original: Path, opened: Opened) -> None:
    """LibreOffice shows the requested values in our cells, and every other cell as before."""
    folder, written = opened
    target, header, cells = written[original.name]
    for sheet in sheet_names(original):
        expected = shown(folder, f"before-{original.stem}", sheet)
        if sheet == target:
            for name, column in cells.columns.items():
                expected[header, column] = name
                ours = range(header + 1, header + 1 + ROWS)
                expected |= {(row, column): SHOWN[name] for row in ours}
        assert shown(folder, f"after-{original.stem}", sheet) == expected
