from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook
from openpyxl.cell import Cell

from merge.model import Link, ResultValue
from merge.workbook import write_columns
from merge.workbook.write.cell_xml import CellStyle
from merge.workbook.write.styles import DATE_FORMATS, Stylesheet
from tests.support.sample_workbooks import MAIN, STYLES, make, part, sheet_xml

WHEN = datetime(2026, 11, 22, 10, 30)
RESULT: dict[str, ResultValue] = {"ID": "x", "URL": Link("https://a.example/1"), "When": WHEN, "Note": "n"}


def write(path: Path, *rows: int) -> None:
    """Write the same results into some rows."""
    write_columns(path, sheet="Sheet1", header_row=1, rows=dict.fromkeys(rows, RESULT))


def cell(path: Path, ref: str) -> Cell:
    """Read a cell with its format."""
    found = load_workbook(path)["Sheet1"][ref]
    assert isinstance(found, Cell)
    return found


def formatted(path: Path) -> Path:
    """A workbook of three rows with a bold header, a bordered text and a currency."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        header = book.add_format({"bold": True, "bg_color": "yellow"})
        bordered = book.add_format({"border": 1, "font_name": "Arial"})
        money = book.add_format({"num_format": "$0.00", "border": 1})
        sheet.write_row(0, 0, ["Price", "Name"], header)
        sheet.write(1, 0, 5, money)
        sheet.write(1, 1, "Ana", bordered)
        sheet.write(2, 1, 7, money)
        sheet.set_row(3, None, bordered)
        sheet.write(3, 0, "x")
    return path


def test_headers_have_the_format_of_the_header_next_to_them(tmp_path: Path) -> None:
    """It is bold on yellow, like its neighbor."""
    path = formatted(tmp_path / "a.xlsx")
    write(path, 2)
    assert cell(path, "C1").font.b
    assert cell(path, "F1").fill.fgColor.rgb == "FFFFFF00"


def test_results_have_the_format_of_a_plain_neighbor(tmp_path: Path) -> None:
    """Borders and font are inherited, but a number format isn't."""
    path = formatted(tmp_path / "a.xlsx")
    write(path, 2, 3, 4, 9)
    assert cell(path, "C2").border.left.style == "thin"
    assert cell(path, "D2").border.left.style == "thin"
    assert (cell(path, "D2").font.u, cell(path, "D2").font.name) == ("single", "Arial")
    assert (cell(path, "E2").border.left.style, cell(path, "E2").number_format) == (
        "thin",
        DATE_FORMATS[CellStyle.DATE],
    )
    assert cell(path, "C3").number_format == "General"
    assert cell(path, "C3").border.left.style is None
    assert cell(path, "C4").border.left.style == "thin", "the row's own format"
    assert cell(path, "C9").border.left.style is None
    assert cell(path, "E9").value == WHEN


def test_later_columns_have_the_format_of_the_first_ones(tmp_path: Path) -> None:
    """The neighbor is the nearest column that isn't ours."""
    path = formatted(tmp_path / "a.xlsx")
    for header, value in RESULT.items():
        rows = {2: {header: value}}
        write_columns(path, sheet="Sheet1", header_row=1, rows=rows, columns=tuple(RESULT))
    assert [cell(path, f"{column}2").border.left.style for column in "CDEF"] == ["thin"] * 4


def test_a_cell_keeps_its_own_format(tmp_path: Path) -> None:
    """A formatted cell keeps its format, except that a date gets a date format."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, ["Name", "ID", "URL", "When", "Note"])
        red = book.add_format({"bg_color": "red"})
        day = book.add_format({"num_format": "d mmm", "bg_color": "red"})
        for column in range(1, 4):
            sheet.write_blank(1, column, None, red)
        sheet.write_blank(1, 4, None, day)
        sheet.write_blank(2, 3, None, day)
    write(path, 2, 3)
    assert all(cell(path, f"{column}2").fill.fgColor.rgb == "FFFF0000" for column in "BCD")
    assert cell(path, "C2").font.u == "single"
    assert cell(path, "D2").number_format == DATE_FORMATS[CellStyle.DATE]
    assert cell(path, "D3").number_format == "d mmm"
    assert cell(path, "E2").number_format == "General", "text in a date's format loses it"


def test_cells_inherit_the_format_of_their_column(tmp_path: Path) -> None:
    """A column's format applies to new cells."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write(0, 0, "Name")
        sheet.set_column(1, 20, 12, book.add_format({"italic": True}))
    write(path, 2)
    assert cell(path, "B2").font.i
    assert (cell(path, "C2").font.i, cell(path, "C2").font.u) == (True, "single")
    now = path.read_bytes()
    write(path, 2)
    assert path.read_bytes() == now


def test_formats_are_appended_once(tmp_path: Path) -> None:
    """Many rows and writes add one font, one number format, and one cell format each."""
    path = make(tmp_path / "a.xlsx")
    write(path, 2, 3, 4)
    styles = part(path, "xl/styles.xml")
    assert (
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm"/></numFmts><fonts count="2">'
        in styles
    )
    assert '<cellXfs count="5">' in styles
    untouched = re.sub(
        r"<numFmts.*?</numFmts>|<font><b/><u/>.*?</font>|<xf[^>]*(applyFont|applyNumberFormat)[^>]*/>",
        "",
        styles,
    )
    assert untouched.replace('fonts count="2"', 'fonts count="1"').replace('count="5"', 'count="3"') == STYLES
    write(path, 5)
    assert part(path, "xl/styles.xml") == styles


def book(styles: str = STYLES) -> Stylesheet:
    """The cell formats of a workbook without a theme."""
    return Stylesheet(styles.encode(), "here", themed=False)


def with_codes(*codes: str) -> str:
    """One cell format for each number format, starting with the fourth."""
    listed = "".join(f'<numFmt numFmtId="{170 + n}" formatCode="{code}"/>' for n, code in enumerate(codes))
    formats = "".join(f'<xf numFmtId="{170 + n}" fontId="0"/>' for n in range(len(codes)))
    return STYLES.replace("<fonts", f'<numFmts count="{len(codes)}">{listed}</numFmts><fonts', 1).replace(
        "</cellXfs>", f"{formats}</cellXfs>"
    )


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd", True),
        ("[h]:mm", True),
        ("d. mmmm", True),
        ("[$-407]TT.MM.JJJJ", True),
        ("0.00E+00", False),
        ("#,##0 &quot;days&quot;", False),
        (r"0\d", False),
        ("[Red]0", False),
        ("_d0*d", False),
        ("@", False),
    ],
)
def test_date_formats_are_recognized(code: str, is_date: bool) -> None:
    """A date format has date letters outside quotes, brackets, and escapes."""
    styles = book(with_codes(code))
    assert (styles.fitting(3, CellStyle.DATE) == 3) is is_date


def test_an_existing_date_format_is_reused(tmp_path: Path) -> None:
    """An existing date format like ours is reused."""
    styles = book(with_codes("0.0", DATE_FORMATS[CellStyle.DATE]))
    made = styles.fitting(0, CellStyle.DATE)
    grown = (styles.result() or b"").decode()
    assert grown.count("<numFmt ") == 2
    assert '<xf numFmtId="171" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' in grown
    assert made == 5
    again = book(grown)
    assert again.fitting(0, CellStyle.DATE) == made
    assert again.result() is None


def test_number_formats_are_appended_to(tmp_path: Path) -> None:
    """A new one gets an unused id."""
    styles = book(with_codes("0.0", "0.00"))
    styles.fitting(0, CellStyle.DATE)
    assert (
        '<numFmt numFmtId="172" formatCode="yyyy-mm-dd hh:mm"/></numFmts>'
        in (styles.result() or b"").decode()
    )


def test_a_missing_format_counts_as_plain() -> None:
    """A cell whose format index doesn't exist is treated as plain."""
    styles = book()
    assert styles.is_plain(99)
    assert styles.fitting(99, CellStyle.LINK) == 3


def test_quoted_and_underlined_formats_are_not_plain() -> None:
    """Neither is inherited by other cells."""
    quoted = STYLES.replace("</cellXfs>", '<xf numFmtId="0" fontId="0" quotePrefix="1"/></cellXfs>')
    assert not book(quoted).is_plain(3)
    assert book(quoted).fitting(3, CellStyle.PLAIN) == 3
    underlined = STYLES.replace("<font><b/>", "<font><b/><u/>")
    assert not book(underlined).is_plain(0)
    assert book(underlined).fitting(0, CellStyle.LINK) == 0
    assert not book().is_plain(2)


def test_a_prefixed_stylesheet_is_appended_to() -> None:
    """New elements have its prefix."""
    styles = book(re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", STYLES).replace("xmlns=", "xmlns:x="))
    styles.fitting(0, CellStyle.DATE)
    styles.fitting(1, CellStyle.LINK)
    grown = (styles.result() or b"").decode()
    assert '<x:numFmts count="1"><x:numFmt ' in grown
    assert (
        '<x:font><x:b/><x:u/><x:sz val="11"/><x:color rgb="FF0563C1"/><x:name val="Arial"/></x:font>' in grown
    )
    assert grown.count('<x:alignment wrapText="1"/>') == 2, "the rest of the format is taken over"


@pytest.mark.parametrize(
    "styles",
    [
        pytest.param(f'<styleSheet xmlns="{MAIN}"/>', id="empty"),
        pytest.param(f'<styleSheet xmlns="{MAIN}"><cellXfs count="0"/></styleSheet>', id="no-formats"),
    ],
)
def test_a_stylesheet_without_formats_is_left_alone(styles: str, tmp_path: Path) -> None:
    """Without existing formats nothing is appended."""
    path = make(tmp_path / "a.xlsx", sheet_xml(), {"xl/styles.xml": styles})
    write(path, 2)
    assert part(path, "xl/styles.xml") == styles


def test_a_time_in_utc_says_so(tmp_path: Path) -> None:
    """In new columns, also in later runs; a column that is too narrow for the zone keeps its format."""
    path = make(tmp_path / "a.xlsx")
    when = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    for row in (2, 3):
        write_columns(path, sheet="Sheet1", header_row=1, rows={row: {"When": when}}, widths={"When": 20})
        assert cell(path, f"B{row}").number_format == DATE_FORMATS[CellStyle.UTC]
        assert cell(path, f"B{row}").value == when.replace(tzinfo=None)
    narrow = make(tmp_path / "b.xlsx", sheet_xml(before='<cols><col min="2" max="2" width="18"/></cols>'))
    for row in (2, 3):
        write_columns(narrow, sheet="Sheet1", header_row=1, rows={row: {"When": when}})
        assert cell(narrow, f"B{row}").number_format == DATE_FORMATS[CellStyle.DATE]
