from __future__ import annotations

import shutil
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineError, CalamineWorkbook

from merge.errors import WorkbookError
from merge.model import Link, ResultValue, WrittenCells
from merge.workbook import open_package, write_columns
from tests.support.paths import WORKBOOK_FOLDER
from tests.support.sample_workbooks import Shown, filled, names, raw_members

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


def calamine_grid(path: Path, sheet: str) -> dict[tuple[int, int], Shown] | None:
    """What calamine reads, or None if it can't read even the original."""
    try:
        book = CalamineWorkbook.from_path(path)
        return filled(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))
    except CalamineError:
        return None


def openpyxl_grid(path: Path, sheet: str) -> dict[str, str] | None:
    """What openpyxl reads, with formulas as text, or None if it can't read even the original."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cells = openpyxl.load_workbook(path)[sheet].iter_rows()
        except (KeyError, ValueError, TypeError, AttributeError):
            return None
        return {
            cell.coordinate: repr(_written(cell.value))
            for row in cells
            for cell in row
            if cell.value is not None
        }


def _written(value: object) -> object:
    return getattr(value, "text", value)


def header_row(path: Path, sheet: str) -> int:
    """The first row with a value."""
    return min((row for row, _ in calamine_grid(path, sheet) or {}), default=1)


def write(path: Path, sheet: str) -> WrittenCells:
    """Write results into the nine rows below the header."""
    header = header_row(path, sheet)
    rows = dict.fromkeys(range(header + 1, header + 10), RESULT)
    return write_columns(path, sheet=sheet, header_row=header, rows=rows, columns=HEADERS)


def written_sheets(path: Path) -> Iterator[tuple[str, WrittenCells, bytes]]:
    """Each sheet that results could be written to: its name, the written values, the original workbook."""
    for sheet in worksheets(path):
        before = path.read_bytes()
        yield sheet, write(path, sheet), before


def test_other_parts_stay_byte_for_byte(workbook: Path, tmp_path: Path) -> None:
    """Only the sheet, its table, relationships, styles, content types and a filter's name may change."""
    old = tmp_path / "before.xlsx"
    for sheet, _, before in written_sheets(workbook):
        old.write_bytes(before)
        with open_package(old) as package:
            part = package.sheet(sheet).part
            styles = package.part_by_type("styles") or ""
            may_change = {part, styles, "[Content_Types].xml", *package.related(part, "table")}
            # The workbook part has the hidden name of a filter, which grows with the data.
            may_change |= {"xl/workbook.xml"}
        known, now = raw_members(old), raw_members(workbook)
        assert names(workbook)[: len(known)] == names(old), "members keep their order"
        changed = {name.replace("\\", "/") for name in known if known[name] != now[name]}
        added = {name for name in now if name not in known}
        assert {name for name in changed if "/_rels/" not in name} <= may_change
        assert all("worksheets/_rels/" in name for name in changed | added if "_rels" in name)
        with zipfile.ZipFile(workbook) as archive:
            assert archive.testzip() is None


def test_calamine_sees_the_results_and_no_other_change(workbook: Path, tmp_path: Path) -> None:
    """Every other cell of every sheet is unchanged, and the results are as requested."""
    old = tmp_path / "before.xlsx"
    for sheet, written, before in written_sheets(workbook):
        old.write_bytes(before)
        for other in worksheets(old):
            expected = calamine_grid(old, other)
            if expected is None:
                continue
            if other == sheet:
                header = header_row(old, sheet)
                for name, column in written.columns.items():
                    expected[header, column] = name
                    expected |= {(row, column): SHOWN[name] for row in range(header + 1, header + 10)}
            assert calamine_grid(workbook, other) == expected


def test_openpyxl_sees_the_results_and_no_other_change(workbook: Path, tmp_path: Path) -> None:
    """A second reader, which also reads formulas, agrees for one sheet of each workbook."""
    old = tmp_path / "before.xlsx"
    for sheet, written, before in written_sheets(workbook):
        old.write_bytes(before)
        expected = openpyxl_grid(old, sheet)
        now = openpyxl_grid(workbook, sheet)
        if expected is None:
            return
        assert now is not None
        assert {ref: value for ref, value in now.items() if ref in expected} == expected
        assert len(now) == len(expected) + 10 * len(written.columns)
        return


def test_writing_again_changes_nothing(workbook: Path) -> None:
    """The same results go into the same columns, and the file doesn't change."""
    for sheet, written, before in written_sheets(workbook):
        assert workbook.read_bytes() != before
        header = written_header(workbook, sheet, written)
        now = workbook.read_bytes()
        rows = dict.fromkeys(range(header + 1, header + 10), RESULT)
        again = write_columns(workbook, sheet=sheet, header_row=header, rows=rows, columns=HEADERS)
        assert again.columns == written.columns
        assert workbook.read_bytes() == now


def written_header(path: Path, sheet: str, written: WrittenCells) -> int:
    """The row that contains our headers."""
    seen = calamine_grid(path, sheet)
    if seen is None:
        return 1
    column = written.columns["Video ID"]
    return next(row for (row, at), value in sorted(seen.items()) if at == column and value == "Video ID")
