"""Rows read many at once are those that are read as XML."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import WorkbookError
from merge.model import MergedRange, SheetRow
from merge.workbook import open_package
from merge.workbook.read.cells import RowReader
from merge.workbook.read.number_formats import number_formats
from merge.workbook.read.shared_strings import shared_strings
from merge.workbook.read.worksheet import read_worksheet, rows_as_xml, sheet_names, stream_rows
from tests.support.paths import WORKBOOK_FOLDER
from tests.support.sample_workbooks import MAIN, make, sheet_xml

FOLDER = WORKBOOK_FOLDER
WORKBOOKS = sorted(FOLDER.glob("*.xls[xm]")) if FOLDER.is_dir() else []


def as_xml(
    path: Path, sheet: str, columns: frozenset[int] | None
) -> tuple[list[SheetRow], list[MergedRange]] | str:
    """Rows and merged cells, every row as XML; or why not."""
    merges: list[MergedRange] = []
    with open_package(path) as package:
        part = next(it for it in package.sheets if it.name == sheet)
        reader = RowReader(shared_strings(package), number_formats(package), package.date1904, columns)
        try:
            return list(rows_as_xml(package, part, reader, merges)), merges
        except WorkbookError as error:
            return str(error)


def assert_alike(path: Path, sheet: str) -> None:
    """All columns and some of them, rows and merged cells; or the same complaint."""
    for columns in (None, frozenset({1, 3}), frozenset({27, 2})):
        expected = as_xml(path, sheet, columns)
        if isinstance(expected, str):
            with pytest.raises(WorkbookError) as caught:
                list(stream_rows(path, sheet, columns=columns))
            assert str(caught.value) == expected
            continue
        rows, merges = expected
        assert list(stream_rows(path, sheet, columns=columns)) == rows
        if columns is None:
            assert list(read_worksheet(path, sheet).merges) == merges


@pytest.mark.skipif(not WORKBOOKS, reason="the real workbooks are not here")
@pytest.mark.parametrize("workbook", WORKBOOKS, ids=lambda path: path.stem[:60])
def test_real_sheets_read_alike(workbook: Path) -> None:
    """Each worksheet of each workbook that can be opened."""
    try:
        names = sheet_names(workbook)
    except WorkbookError:
        return
    for name in names:
        assert_alike(workbook, name)


TEXT = st.sampled_from(
    ["a", "", " b ", "x &amp; y &lt;", "&#233;", "a\r\nb", "_x0041_", "1e3", "é😀", "&quot;"]
)
NUMBER = st.sampled_from(["1", "2.50", "-0", "1E+3", "nan", "x", "", "9007199254740993", "inf"])
STYLES = st.sampled_from(["", ' s="1"', ' s="2"', " s='2'", ' s="77"'])


KINDS = (
    *[' t="inlineStr"><{p}is><{p}t>{text}</{p}t></{p}is></{p}c>'] * 3,
    *["><{p}v>{number}</{p}v></{p}c>"] * 3,
    ' t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is></{p}c>',
    ' t="inlineStr"><{p}is><{p}r><{p}t>{text}</{p}t></{p}r></{p}is></{p}c>',
    ' t="inlineStr"><{p}v>{text}</{p}v></{p}c>',
    "><{p}is><{p}t>{text}</{p}t></{p}is></{p}c>",
    ' t="str"><{p}f>A1</{p}f><{p}v>{text}</{p}v></{p}c>',
    '><{p}f t="shared" si="0"/><{p}v>{number}</{p}v></{p}c>',
    ' t="b"><{p}v>1</{p}v></{p}c><{p}c><{p}v>5</{p}v></{p}c>',
    ' t="e"><{p}v>#N/A</{p}v></{p}c>',
    ' t="d"><{p}v>2026-11-22</{p}v></{p}c>',
    ' t="s"><{p}v>0</{p}v></{p}c>',
    "/>",
)


@st.composite
def cell(draw: st.DrawFn, p: str, letters: str, row: int) -> str:
    """A cell of any kind, mostly as it is usual."""
    rest = draw(st.sampled_from(KINDS)).format(p=p, text=draw(TEXT), number=draw(NUMBER))
    return f'<{p}c r="{letters}{row}"{draw(STYLES)}{rest}'


@st.composite
def sheets(draw: st.DrawFn) -> str:
    """A worksheet of some rows, now and then an odd one, a comment, or rows out of order."""
    p = draw(st.sampled_from(["", "", "", "x:"]))
    rows: list[str] = []
    for number in range(1, draw(st.integers(2, 12))):
        cells = "".join(draw(cell(p, letters, number)) for letters in ("A", "B", "C", "AA", "AAB"))
        tag = draw(st.sampled_from(["", "", "", ' hidden="1"', ' spans="1:9" hidden="true"', " "]))
        match draw(st.integers(0, 25)):
            case 0:
                rows.append(f"<{p}row>{cells}</{p}row>")
            case 1:
                rows.append(f'<{p}row r="{number}"/>\n')
            case 2:
                rows.append(f'<!-- {number} --><{p}row r="{number}">{cells}</{p}row>')
            case 3:
                rows.insert(0, f'<{p}row r="{number}">{cells}</{p}row>')
            case 4:
                rows.append(f'<{p}row r="{number}">{cells[:-3]}</{p}row>')
            case _:
                rows.append(f'<{p}row r="{number}"{tag}>{cells}</{p}row>')
    merges = f'<{p}mergeCells><{p}mergeCell ref="A1:B2"/></{p}mergeCells>'
    if not p:
        return sheet_xml("".join(rows), after=merges)
    data = "".join(rows)
    return f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{data}</x:sheetData>{merges}</x:worksheet>'


@settings(max_examples=150, deadline=None)
@given(sheet=sheets())
def test_made_sheets_read_alike(sheet: str) -> None:
    """Whatever stands in the cells and however they are written."""
    with TemporaryDirectory() as folder:
        assert_alike(make(Path(folder) / "a.xlsx", sheet), "Sheet1")
