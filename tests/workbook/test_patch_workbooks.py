from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from merge.errors import WorkbookError
from merge.model import Link, ResultValue, WrittenCells
from merge.workbook import open_package, write_columns
from tests.support.check_inputs import seen_by_calamine, seen_by_openpyxl
from tests.support.paths import WORKBOOK_FOLDER
from tests.support.sample_workbooks import Shown, names, raw_members

FOLDER = WORKBOOK_FOLDER
WORKBOOKS = sorted(FOLDER.glob("*.xls[xm]")) if FOLDER.is_dir() else []
WHEN = datetime(2026, 11, 22, 10, 30)
URL = "https://videos.example/v/7?a=1&b=2#start"
HEADERS = ("Video ID", "Video Status", "Video URL", "Video Note", "Video Updated")
RESULT: Mapping[str, ResultValue] = dict(
    zip(HEADERS, ("id-7", "Complete", Link(URL), "=1+1 & <two>", WHEN), strict=True)
)
SHOWN: Mapping[str, Shown] = dict(zip(HEADERS, ("id-7", "Complete", URL, "=1+1 & <two>", WHEN), strict=True))

pytestmark = pytest.mark.skipif(
    not WORKBOOKS, reason="the real workbooks are not here (environment variable CASTMERGE_WORKBOOKS)"
)


@pytest.fixture(params=WORKBOOKS, ids=lambda path: path.stem[:60])
def workbook(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a real workbook."""
    original: Path = request.param
    copy = tmp_path / original.name
    shutil.copyfile(original, copy)
    return copy


def worksheets(path: Path) -> list[str]:
    """The names of the worksheets, or none if the workbook can't be opened."""
    try:
        with open_package(path) as package:
            return [sheet.name for sheet in package.sheets if sheet.kind == "worksheet"]
    except WorkbookError as error:
        refused = error
    assert refused.message, "a refusal says why"
    assert refused.hint, "a refusal says what to do"
    return []


def written_into(path: Path, sheet: str, header: int) -> WrittenCells:
    """Write results into the nine rows below the header."""
    rows = dict.fromkeys(range(header + 1, header + 10), RESULT)
    return write_columns(path, sheet=sheet, header_row=header, rows=rows, columns=HEADERS)


def hold_other_parts(old: Path, new: Path, sheet: str) -> None:
    """Only the sheet, its Table, relationships, styles, content types and a filter's name have changed."""
    with open_package(old) as package:
        part = package.sheet(sheet).part
        styles = package.part_by_type("styles") or ""
        may_change = {part, styles, "[Content_Types].xml", *package.related(part, "table")}
        # The workbook part has the hidden name of a filter, which grows with the data.
        may_change |= {"xl/workbook.xml"}
    known, now = raw_members(old), raw_members(new)
    assert names(new)[: len(known)] == names(old), "members keep their order"
    changed = {name.replace("\\", "/") for name in known if known[name] != now[name]}
    added = {name for name in now if name not in known}
    assert {name for name in changed if "/_rels/" not in name} <= may_change
    assert all("worksheets/_rels/" in name for name in changed | added if "_rels" in name)
    with zipfile.ZipFile(new) as archive:
        assert archive.testzip() is None


@pytest.mark.long
def test_every_sheet_gets_its_results_and_nothing_else_changes(workbook: Path, tmp_path: Path) -> None:
    """Other parts stay byte for byte, writing again changes nothing, and calamine sees every other value."""
    old = tmp_path / "before.xlsx"
    grids = seen_by_calamine(workbook) or {}
    expected = {name: dict(grid) for name, grid in grids.items()}
    for sheet in worksheets(workbook):
        shutil.copyfile(workbook, old)
        header = min((row for row, _ in grids.get(sheet, {})), default=1)
        written = written_into(workbook, sheet, header)
        hold_other_parts(old, workbook, sheet)
        now = workbook.read_bytes()
        assert written_into(workbook, sheet, header).columns == written.columns
        assert workbook.read_bytes() == now
        if sheet in expected:
            for name, column in written.columns.items():
                expected[sheet][header, column] = name
                expected[sheet] |= {(row, column): SHOWN[name] for row in range(header + 1, header + 10)}
    seen = seen_by_calamine(workbook) or {}
    assert {name: seen.get(name) for name in expected} == expected


@pytest.mark.long
def test_a_reader_of_formulas_sees_no_other_change(workbook: Path, tmp_path: Path) -> None:
    """openpyxl, which also reads formulas, agrees for one sheet of each workbook."""
    sheet = next(iter(worksheets(workbook)), None)
    expected = None if sheet is None else seen_by_openpyxl(workbook, sheet)
    if sheet is None or expected is None:
        return
    header = min((row for row, _ in (seen_by_calamine(workbook) or {}).get(sheet, {})), default=1)
    written = written_into(workbook, sheet, header)
    now = seen_by_openpyxl(workbook, sheet)
    assert now is not None
    assert {ref: value for ref, value in now.items() if ref in expected} == expected
    assert len(now) == len(expected) + 10 * len(written.columns)
