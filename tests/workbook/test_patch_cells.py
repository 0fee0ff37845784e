from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape

from merge.model import CellKind, Link, ResultValue
from merge.workbook import write_columns
from merge.workbook.read.worksheet import read_worksheet
from merge.workbook.write.cell_xml import LONGEST_TEXT, CellWriter, LinkedCells, is_too_long, serial_date
from tests.support.sample_workbooks import STYLES, Shown, grid, make, part, workbook_xml


def shown(value: ResultValue, tmp_path: Path) -> Shown | None:
    """The value as another reader returns it."""
    path = make(tmp_path / "a.xlsx")
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Result": value}})
    return grid(path).get((2, 2))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("text", "text", id="text"),
        pytest.param("=1+1", "=1+1", id="equals"),
        pytest.param("+1", "+1", id="plus"),
        pytest.param("-1", "-1", id="minus"),
        pytest.param("@SUM(A1)", "@SUM(A1)", id="at"),
        pytest.param("007", "007", id="digits"),
        pytest.param(" a ", " a ", id="blanks"),
        pytest.param("a\nb\tc", "a\nb\tc", id="lines"),
        pytest.param("<b>&amp;</b>", "<b>&amp;</b>", id="markup"),
        pytest.param("]]>", "]]>", id="cdata-end"),
        pytest.param("Ünï — 🎬", "Ünï — 🎬", id="unicode"),
        pytest.param("_x000D_", "_x000D_", id="looks-escaped"),
        pytest.param("a\ud800b", "a\ufffdb", id="lone-surrogate"),
        pytest.param(7, 7.0, id="integer"),
        pytest.param(-0.1, -0.1, id="float"),
        pytest.param(0.30000000000000004, 0.30000000000000004, id="seventeen-digits"),
        pytest.param(1e300, 1e300, id="large-float"),
        pytest.param(True, True, id="true"),
        pytest.param(False, False, id="false"),
        pytest.param(10**15, "1000000000000000", id="sixteen-digits"),
        pytest.param(999_999_999_999_999, 999_999_999_999_999.0, id="fifteen-digits"),
        pytest.param(math.inf, "inf", id="infinite"),
        pytest.param(math.nan, "nan", id="not-a-number"),
        pytest.param(datetime(2026, 11, 22, 10, 30), datetime(2026, 11, 22, 10, 30), id="date"),
        pytest.param(datetime(2026, 11, 22, 1, tzinfo=UTC), datetime(2026, 11, 22, 1), id="date-utc"),
        pytest.param(
            datetime(2026, 11, 22, 1, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 11, 21, 23),
            id="date-elsewhere",
        ),
        pytest.param(datetime(1899, 1, 1), "1899-01-01 00:00:00", id="date-before-excel"),
        pytest.param(Link("https://a.example/1"), "https://a.example/1", id="link"),
        pytest.param(Link("https://a.example/1", "watch"), "watch", id="link-with-text"),
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param(Link(""), None, id="empty-link"),
    ],
)
def test_values_are_read_back(value: ResultValue, expected: Shown | None, tmp_path: Path) -> None:
    """Each kind of value becomes a cell of the matching type."""
    assert shown(value, tmp_path) == expected


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), min_size=1, max_size=60))
def test_any_text_is_read_back(text: str) -> None:
    """Two readers return any text unchanged, as a text cell; lone surrogates are replaced."""
    expected = re.sub("[\ud800-\udfff]", "\ufffd", text)
    with TemporaryDirectory() as folder:
        path = make(Path(folder) / "a.xlsx")
        write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Result": text}})
        cell = read_worksheet(path).rows[1].cells[2]
        seen = load_workbook(path)["Sheet1"]["B2"].value
    assert (cell.kind, cell.value) == (CellKind.TEXT, expected)
    assert isinstance(seen, str)
    assert unescape(seen) == expected


VALUES = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(-1e9, 1e9), st.booleans(), st.text("abc <&\"'", min_size=1)
)
CELLS = st.dictionaries(st.tuples(st.integers(1, 12), st.integers(0, 8)), VALUES, max_size=40)


@settings(max_examples=60, deadline=None)
@given(CELLS, st.integers(0, 8), st.sets(st.integers(1, 15), min_size=1))
def test_every_other_cell_is_kept(
    cells: dict[tuple[int, int], int | float | str], ours: int, rows: set[int]
) -> None:
    """Other cells keep their values, wherever our column is among them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
            sheet = book.add_worksheet("Sheet1")
            for (row, column), value in cells.items():
                sheet.write(row, column, value)
            sheet.write_string(0, ours, "Video ID")
        before = grid(path)
        results: dict[int, dict[str, ResultValue]] = {row + 1: {"Video ID": f"id {row}"} for row in rows}
        written = write_columns(path, sheet="Sheet1", header_row=1, rows=results)
        assert written.columns == {"Video ID": ours + 1}
        assert grid(path) == before | {(row + 1, ours + 1): f"id {row}" for row in rows}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("x" * LONGEST_TEXT, "x" * LONGEST_TEXT, id="just-fits"),
        pytest.param("x" * (LONGEST_TEXT + 1), "x" * (LONGEST_TEXT - 1) + "…", id="one-too-many"),
        pytest.param("🎬" * 16_383, "🎬" * 16_383, id="pairs-that-fit"),
        pytest.param("🎬" * 16_384, "🎬" * 16_383 + "…", id="pairs-too-many"),
        pytest.param("x" + "🎬" * 20_000, "x" + "🎬" * 16_382 + "…", id="mixed"),
    ],
)
def test_long_text_is_cut_with_a_note(text: str, kept: str, tmp_path: Path) -> None:
    """Excel keeps 32,767 UTF-16 code units of a text; a note names the cells that were cut."""
    path = make(tmp_path / "a.xlsx")
    rows: dict[int, dict[str, ResultValue]] = {row: {"Result": text} for row in range(2, 7)}
    written = write_columns(path, sheet="Sheet1", header_row=1, rows=rows)
    assert grid(path)[2, 2] == kept
    expected = ["the text in B2, B3, B4 and 2 more was too long for a cell, so it was cut"]
    assert list(written.notes) == (expected if is_too_long(text) else [])


def test_dates_use_the_workbooks_1904_calendar(tmp_path: Path) -> None:
    """The serial number is that of the workbook's calendar."""
    when = datetime(2026, 11, 22, 6, tzinfo=UTC)
    properties = '<workbookPr date1904="1"/>'
    path = make(tmp_path / "a.xlsx", None, {"xl/workbook.xml": workbook_xml(properties=properties)})
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Result": when}})
    assert "<v>44886.25</v>" in part(path)
    assert serial_date(when, date1904=False) == 44886.25 + 1462


def test_dates_before_1904_are_text(tmp_path: Path) -> None:
    """The 1904 calendar has no number for earlier dates."""
    assert serial_date(datetime(1903, 12, 31), date1904=True) is None
    assert serial_date(datetime(1904, 1, 1), date1904=True) == 0
    assert serial_date(datetime(1900, 2, 28), date1904=False) is None
    assert serial_date(datetime(1900, 3, 1), date1904=False) == 61
    assert shown(datetime(1900, 2, 28, 12), tmp_path) == "1900-02-28 12:00:00"


def test_a_workbook_without_formats_gets_dates_as_text(tmp_path: Path) -> None:
    """A serial number without a format would be unreadable; a note gives the reason."""
    path = make(tmp_path / "a.xlsx", None, {"xl/styles.xml": None})
    when = datetime(2026, 11, 22, 6, tzinfo=UTC)
    link = Link("https://a.example/1")
    written = write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"When": when, "URL": link}})
    assert grid(path)[2, 2] == "2026-11-22 06:00:00"
    assert "dates were added as text" in "".join(written.notes)
    assert '<hyperlink ref="C2"' in part(path)


def test_a_workbook_without_fonts_gets_plain_links(tmp_path: Path) -> None:
    """The hyperlink is written even if it can't be formatted as one."""
    styles = re.sub("<fonts.*</fonts>", "", STYLES)
    path = make(tmp_path / "a.xlsx", None, {"xl/styles.xml": styles})
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"URL": Link("https://a.example/1")}})
    assert '<hyperlink ref="B2"' in part(path)
    assert part(path, "xl/styles.xml") == styles


def test_a_prefix_is_kept() -> None:
    """The cell's elements have the sheet's namespace prefix."""
    content = CellWriter("x:", date1904=False, has_date_formats=True, linked=LinkedCells()).content(
        "B2", " a"
    )
    assert content == b' t="inlineStr"><x:is><x:t xml:space="preserve"> a</x:t></x:is></x:c>'


def test_an_empty_list_of_formats_is_filled(tmp_path: Path) -> None:
    """This is what openpyxl writes: `<numFmts count="0"/>`."""
    path = tmp_path / "plain.xlsx"
    book = Workbook()
    for row in (["Name"], ["Ana"]):
        book.worksheets[0].append(row)
    book.save(path)
    write_columns(path, sheet="Sheet", header_row=1, rows={2: {"When": datetime(2026, 1, 5)}})
    [_, cell] = load_workbook(path).worksheets[0]["B"]
    assert cell.is_date
