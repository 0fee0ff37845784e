from __future__ import annotations

import re
import zipfile
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import MergeError, WorkbookError
from merge.model import Link, ResultValue
from merge.workbook import write_columns
from merge.workbook.write.excel_table import grown_table
from merge.workbook.xml.sheet_xml import SheetXml
from merge.workbook.xml.splice import outline
from tests.support.sample_workbooks import (
    MAIN,
    SHEET,
    SHEET_RELATIONS,
    grid,
    make,
    part,
    relations,
    sheet_xml,
)

ROWS: dict[int, dict[str, ResultValue]] = {
    row: {"ID": "x", "URL": Link("https://a.example/1"), "When": datetime(2026, 11, 22, 10)} for row in (2, 3)
}
TABLE = (
    f'<table xmlns="{MAIN}" id="1" name="T" displayName="T" ref="A1:B3"><autoFilter ref="A1:B3"/>'
    '<tableColumns count="2"><tableColumn id="1" name="Name"/><tableColumn id="2" name="Age"/></tableColumns>'
    "</table>"
)
DRAWING = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"><xdr:oneCellAnchor>'
    "<xdr:from><xdr:col>9</xdr:col><xdr:row>1</xdr:row></xdr:from><xdr:ext cx='600' cy='600'/>"
    "</xdr:oneCellAnchor></xdr:wsDr>"
)
FULL = sheet_xml(
    '<row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c><c r="B1" t="str"><v>Age</v></c></row>'
    '<row r="2" spans="1:2" s="1" customFormat="1"><c r="A2" t="inlineStr"><is><t>Ana</t></is></c>'
    '<c r="B2" s="2"><f t="array" ref="B2:B3">7</f><v>7</v></c></row><row r="3"/>',
    before='<dimension ref="A1:B3"/><cols><col min="1" max="2" width="9" style="1"/></cols>',
    after=(
        '<autoFilter ref="A1:B3"/><mergeCells count="1"><mergeCell ref="A8:B9"/></mergeCells>'
        '<conditionalFormatting sqref="A2:B3"/>'
        '<dataValidations><dataValidation sqref="A2:A3"/></dataValidations>'
        '<hyperlinks><hyperlink ref="A2" r:id="rId3"/><hyperlink ref="A5:B6" location="Sheet1!A1"/>'
        "</hyperlinks>"
        '<drawing r:id="rId2"/><tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    ),
)
PARTS = {
    "xl/_rels/workbook.xml.rels": relations(
        ("rId1", "worksheet", "worksheets/sheet1.xml"),
        ("rId2", "styles", "styles.xml"),
        ("rId3", "sharedStrings", "sharedStrings.xml"),
    ),
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>Name</t></si></sst>',
    SHEET_RELATIONS: relations(
        ("rId1", "table", "../tables/t.xml"),
        ("rId2", "drawing", "../drawings/d.xml"),
        ("rId3", "hyperlink", "https://b.example/"),
    ).replace('b.example/"', 'b.example/" TargetMode="External"'),
    "xl/tables/t.xml": TABLE,
    "xl/drawings/d.xml": DRAWING,
}


def full(path: Path) -> Path:
    """A workbook with a table, a drawing, links, merges, and formulas."""
    return make(path, FULL, PARTS)


def attempt(path: Path) -> None:
    """Try a write: it succeeds, or is refused with a message and a hint and without changing the file."""
    before = path.read_bytes()
    try:
        write_columns(path, sheet="Sheet1", header_row=1, rows=ROWS)
    except MergeError as error:
        refused = error
    else:
        return
    assert refused.message
    assert refused.hint
    assert path.read_bytes() == before


def test_a_workbook_with_everything_is_written(tmp_path: Path) -> None:
    """The table grows and a link is added."""
    path = full(tmp_path / "a.xlsx")
    write_columns(path, sheet="Sheet1", header_row=1, rows=ROWS)
    assert grid(path)[3, 3] == "x"
    assert 'ref="A1:E3"' in part(path, "xl/tables/t.xml")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_xml_is_refused_or_written(data: st.DataObject) -> None:
    """Replacing some bytes of a part never makes castmerge crash."""
    with TemporaryDirectory() as folder:
        path = full(Path(folder) / "a.xlsx")
        with zipfile.ZipFile(path) as archive:
            contents: dict[str, str | bytes | None] = {
                name: archive.read(name) for name in archive.namelist()
            }
        name = data.draw(st.sampled_from(sorted(contents)))
        old = contents[name]
        assert isinstance(old, bytes)
        start = data.draw(st.integers(0, len(old)))
        end = data.draw(st.integers(start, min(len(old), start + 40)))
        new = data.draw(
            st.one_of(st.binary(max_size=6), st.text("<>/\"' =&;A1:9-", max_size=8).map(str.encode))
        )
        contents[name] = old[:start] + new + old[end:]
        attempt(make(path, None, contents))


NUMBERS = re.compile(rb"(?<=\")[0-9]+(?=\")|(?<=>)[0-9]+(?=<)|(?<=\")[A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?(?=\")")


@settings(max_examples=70, deadline=None)
@given(st.data())
def test_invalid_numbers_are_refused_or_written(data: st.DataObject) -> None:
    """The XML is well-formed, but one of its numbers or ranges is invalid."""
    with TemporaryDirectory() as folder:
        path = full(Path(folder) / "a.xlsx")
        with zipfile.ZipFile(path) as archive:
            contents: dict[str, str | bytes | None] = {
                name: archive.read(name) for name in archive.namelist()
            }
        name = data.draw(
            st.sampled_from([SHEET, "xl/styles.xml", "xl/tables/t.xml", "xl/drawings/d.xml", SHEET_RELATIONS])
        )
        old = contents[name]
        assert isinstance(old, bytes)
        places = list(NUMBERS.finditer(old))
        if not places:
            return
        place = data.draw(st.sampled_from(places))
        odd = data.draw(
            st.sampled_from(
                [b"", b"-1", b"0", b"1.5", b"x", b"9" * 30, b"ZZZ1", b"A0", b"XFD1048576", b"A1:B"]
            )
        )
        contents[name] = old[: place.start()] + odd + old[place.end() :]
        attempt(make(path, None, contents))


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_damaged_files_are_refused_or_written(data: st.DataObject) -> None:
    """The zip file has damaged bytes or is truncated."""
    with TemporaryDirectory() as folder:
        path = full(Path(folder) / "a.xlsx")
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        end = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
        path.write_bytes(content[:end])
        attempt(path)


def test_a_column_beyond_the_sheet_is_named(tmp_path: Path) -> None:
    """The message names its address."""
    path = make(tmp_path / "a.xlsx", FULL.replace('r="B2"', 'r="ZZZ2"'), PARTS)
    with pytest.raises(WorkbookError, match="address 'ZZZ2'"):
        write_columns(path, sheet="Sheet1", header_row=1, rows=ROWS)


def test_malformed_parts_are_not_edited() -> None:
    """Only well-formed parts are edited."""
    with pytest.raises(WorkbookError, match="damaged"):
        outline(b"<a><b></a>", "here")


def test_a_tables_filter_without_a_range_is_left_alone() -> None:
    """The rest of the table still grows."""
    grown = grown_table(TABLE.replace('<autoFilter ref="A1:B3"/>', "<autoFilter/>").encode(), ["New"], "here")
    assert b"<autoFilter/>" in grown
    assert b'ref="A1:C3"' in grown


class Endless:
    """A stream with a given start and no end."""

    def __init__(self, start: str) -> None:
        self._start = start.encode()

    def read(self, size: int = 0, /) -> bytes:
        """The start, then endless spaces."""
        start, self._start = self._start, b""
        return start + b" " * (size - len(start))


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        pytest.param(f'<worksheet xmlns="{MAIN}">', "too much before its rows", id="head"),
        pytest.param(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c>', "longer than Excel's", id="row"),
        pytest.param(f'<worksheet xmlns="{MAIN}"><sheetData/>', "too much after its rows", id="tail"),
    ],
)
def test_endless_sheets_are_refused(start: str, reason: str) -> None:
    """Memory use is limited."""
    with pytest.raises(WorkbookError, match=reason):
        list(SheetXml(Endless(start), "here").rows())


def test_clearing_cells_that_do_not_exist_adds_no_row(tmp_path: Path) -> None:
    """A row without cells isn't changed if there is nothing to write."""
    path = make(tmp_path / "a.xlsx", FULL, PARTS)
    write_columns(path, sheet="Sheet1", header_row=1, rows={3: {"ID": None}, 9: {"ID": None}})
    assert '<row r="3"/></sheetData>' in part(path)


def test_a_part_that_cannot_be_spliced_is_refused(tmp_path: Path) -> None:
    """UTF-16 can be read but not spliced."""
    path = make(tmp_path / "a.xlsx", FULL, PARTS | {"xl/tables/t.xml": TABLE.encode("utf-16")})
    with pytest.raises(WorkbookError, match="UTF-16"):
        write_columns(path, sheet="Sheet1", header_row=1, rows=ROWS)
