from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.sheet.addresses import LAST_COLUMN, CellRange, column_letters, column_number
from merge.workbook import check_columns, write_columns
from merge.workbook.write.free_columns import Occupant, first_free_column
from tests.support.sample_workbooks import SHEET_RELATIONS, TWO_ROWS, grid, make, part, relations, sheet_xml

DRAWING_SPACES = (
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
VALIDATION = '<dataValidations><dataValidation sqref="{}"/></dataValidations>'
EXTENSION = (
    '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">{}</ext></extLst>'
)


def columns(
    path: Path, row: int = 2, headers: tuple[str, ...] = ("Video ID", "Video URL"), header_row: int = 1
) -> list[str]:
    """The letters of the columns that the results were written to."""
    rows: dict[int, dict[str, ResultValue]] = {row: dict.fromkeys(headers, "x")}
    written = write_columns(path, sheet="Sheet1", header_row=header_row, rows=rows)
    return [column_letters(written.columns[header]) for header in headers]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("", "", ["B", "C"], id="nothing"),
        pytest.param("", '<mergeCells><mergeCell ref="B2:D2"/></mergeCells>', ["E", "F"], id="merge"),
        pytest.param("", '<mergeCells><mergeCell ref="B9:D9"/></mergeCells>', ["B", "C"], id="merge-below"),
        pytest.param("", '<autoFilter ref="A1:C9"/>', ["D", "E"], id="filter"),
        pytest.param('<cols><col min="2" max="3" hidden="1"/></cols>', "", ["D", "E"], id="hidden-columns"),
        pytest.param(
            '<cols><col min="3" max="3" hidden="1"/></cols>', "", ["D", "E"], id="no-room-before-hidden"
        ),
        pytest.param(
            '<cols><col min="2" max="16384" style="1" width="9"/></cols>', "", ["B", "C"], id="styled-columns"
        ),
        pytest.param("", VALIDATION.format("B2:B9 C2"), ["D", "E"], id="validation"),
        pytest.param("", VALIDATION.format("A1:XFD1048576"), ["B", "C"], id="validation-everywhere"),
        pytest.param("", '<conditionalFormatting sqref="B2:B9"/>', ["C", "D"], id="format-of-its-own"),
        pytest.param("", '<conditionalFormatting sqref="A2:F9"/>', ["B", "C"], id="format-over-the-data-too"),
        pytest.param("", '<conditionalFormatting sqref="2:9"/>', ["B", "C"], id="format-of-rows"),
        pytest.param("", '<conditionalFormatting sqref="rubbish"/>', ["B", "C"], id="no-range"),
        pytest.param(
            "",
            EXTENSION.format("<x14:dataValidation><xm:sqref>B2:C9</xm:sqref></x14:dataValidation>"),
            ["D", "E"],
            id="extended-validation",
        ),
        pytest.param(
            "",
            EXTENSION.format("<x14:sparkline><xm:f>A1:A2</xm:f><xm:sqref>B2</xm:sqref></x14:sparkline>"),
            ["C", "D"],
            id="sparkline",
        ),
        pytest.param("", EXTENSION.format("<xm:sqref/>"), ["B", "C"], id="empty-extension"),
    ],
)
def test_new_columns_avoid_everything_on_the_sheet(
    tmp_path: Path, before: str, after: str, expected: list[str]
) -> None:
    """They start to the right of the data and skip everything that isn't in cells."""
    path = make(tmp_path / "a.xlsx", sheet_xml(before=before, after=after))
    assert columns(path) == expected
    assert columns(path, row=3) == expected, "and are found there again"


def test_values_determine_the_last_data_column(tmp_path: Path) -> None:
    """Formatted blank cells and cells above the header don't count, any value below it does."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Title</v></c><c r="Z1"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="str"><v>Name</v></c><c r="B2" s="1"/><c r="C2" s="1"></c></row>'
        '<row r="3"><c r="A3"><v>1</v></c></row><row r="9"><c r="D9"><v>1</v></c></row>'
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    assert columns(path, row=3, header_row=2) == ["E", "F"]


def test_an_array_formula_reserves_its_range(tmp_path: Path) -> None:
    """A dynamic array may spill into cells that are still blank."""
    rows = TWO_ROWS.replace(
        "</c></row><row", '</c><c r="B1"><f t="array" ref="B1:C5">X</f><v>1</v></c></row><row'
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    assert columns(path) == ["D", "E"]


def anchored(anchor: str) -> dict[str, str]:
    """A drawing with one object."""
    return {
        SHEET_RELATIONS: relations(("rId1", "drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": f"<xdr:wsDr {DRAWING_SPACES}>{anchor}</xdr:wsDr>",
    }


def corner(name: str, column: int, row: int) -> str:
    """A corner of an anchor."""
    return f"<xdr:{name}><xdr:col>{column}</xdr:col><xdr:row>{row}</xdr:row></xdr:{name}>"


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        pytest.param(
            f"<xdr:twoCellAnchor>{corner('from', 1, 1)}{corner('to', 4, 9)}</xdr:twoCellAnchor>",
            ["F", "G"],
            id="two-cells",
        ),
        pytest.param(
            f"<xdr:twoCellAnchor>{corner('from', 1, 50)}{corner('to', 4, 60)}</xdr:twoCellAnchor>",
            ["B", "C"],
            id="far-below",
        ),
        pytest.param(
            f"<xdr:oneCellAnchor>{corner('from', 1, 1)}<xdr:ext cx='1219200' cy='9'/></xdr:oneCellAnchor>",
            ["E", "F"],
            id="one-cell",
        ),
        pytest.param(
            "<xdr:absoluteAnchor><xdr:pos x='700000' y='0'/><xdr:ext cx='600000' cy='900000'/>"
            "</xdr:absoluteAnchor>",
            ["D", "E"],
            id="absolute",
        ),
        pytest.param(
            f"<mc:AlternateContent><mc:Choice><xdr:twoCellAnchor>{corner('from', 1, 0)}{corner('to', 1, 0)}"
            "</xdr:twoCellAnchor></mc:Choice></mc:AlternateContent>",
            ["C", "D"],
            id="alternative",
        ),
        pytest.param("<xdr:twoCellAnchor/><xdr:oneCellAnchor/><xdr:absoluteAnchor/>", ["B", "C"], id="empty"),
    ],
)
def test_results_are_not_written_under_drawings(tmp_path: Path, anchor: str, expected: list[str]) -> None:
    """A chart or a picture next to the data would hide them."""
    after = '<drawing r:id="rId1"/>'
    path = make(tmp_path / "a.xlsx", sheet_xml(after=after), anchored(anchor))
    assert columns(path) == expected


def test_a_pivot_table_is_not_written_into(tmp_path: Path) -> None:
    """Its cells may be blank until it is refreshed."""
    parts = {
        SHEET_RELATIONS: relations(("rId1", "pivotTable", "../pivotTables/p.xml")),
        "xl/pivotTables/p.xml": '<pivotTableDefinition><location ref="B3:D9"/></pivotTableDefinition>',
    }
    path = make(tmp_path / "a.xlsx", None, parts)
    assert columns(path, row=3) == ["E", "F"]


@pytest.mark.parametrize(
    ("before", "rows"),
    [
        pytest.param("", TWO_ROWS.replace("</c></row>", '</c><c r="XFD1"><v>1</v></c></row>', 1), id="value"),
        pytest.param(
            "", TWO_ROWS.replace("</c></row>", '</c><c r="XFC1"><v>1</v></c></row>', 1), id="one-left"
        ),
    ],
)
def test_a_sheet_without_free_columns_is_refused(tmp_path: Path, before: str, rows: str) -> None:
    """There are no columns to the right of XFD."""
    path = make(tmp_path / "a.xlsx", sheet_xml(rows, before=before))
    with pytest.raises(WorkbookError, match="no room for the 2 result columns") as caught:
        columns(path)
    assert "2 empty columns" in caught.value.hint


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        pytest.param(("One", "Two"), [(2, 2, "0"), (3, 3, "0"), (4, 16384, "1")], id="from its beginning"),
        pytest.param(("One", "name"), [(2, 2, "0"), (3, 16384, "1")], id="one of two"),
    ],
)
def test_new_columns_are_shown_if_unused_columns_are_hidden(
    tmp_path: Path, headers: tuple[str, ...], shown: list[tuple[int, int, str]]
) -> None:
    """Our columns are shown, and the other unused columns stay hidden."""
    before = (
        '<cols><col min="1" max="1" width="9"/><col min="2" max="16384" width="8" hidden="1"></col></cols>'
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(before=before))
    assert columns(path, headers=headers)[0] == "B" or headers[1] == "name"
    found = re.findall(r'<col min="(\d+)" max="(\d+)" width="\d+" hidden="(\d)"', part(path))
    assert [(int(first), int(last), hidden) for first, last, hidden in found] == shown
    assert grid(path)[1, 2] == "One"


def test_hidden_data_columns_stay_hidden(tmp_path: Path) -> None:
    """Only unused columns are unhidden."""
    rows = TWO_ROWS.replace("</c></row>", '</c><c r="D1" t="str"><v>Secret</v></c></row>', 1)
    before = '<cols><col min="4" max="16384" width="8" style="1" hidden="true"/></cols>'
    path = make(tmp_path / "a.xlsx", sheet_xml(rows, before=before))
    assert columns(path, headers=("One",)) == ["E"]
    assert re.findall(r"<col [^>]*>", part(path)) == [
        '<col min="4" max="4" width="8" style="1" hidden="true"/>',
        '<col min="5" max="5" width="10" style="1" hidden="0" customWidth="1"/>',
        '<col min="6" max="16384" width="8" style="1" hidden="true"/>',
    ]


RANGES = st.builds(
    lambda row, height, column, width: CellRange(row, row + height, column, column + width),
    st.integers(1, 30),
    st.integers(0, 30),
    st.integers(1, 40),
    st.integers(0, 8),
)


@given(st.lists(RANGES, max_size=12), st.integers(1, 30), st.integers(1, 6))
def test_the_columns_found_are_free(taken: list[CellRange], start: int, count: int) -> None:
    """They are free, and no earlier columns are."""
    occupants = [Occupant("merged cells", where) for where in taken]
    first = first_free_column(start, count, (3, 20), occupants, "here")

    def is_free(column: int) -> bool:
        target = CellRange(3, 20, column, column + count - 1)
        return not any(where.touches(target) for where in taken)

    assert first >= start
    assert is_free(first)
    assert not any(is_free(column) for column in range(start, first))


@pytest.mark.parametrize("header", ["Video ID", "video id", "  VIDEO\xa0 ID ", "Video\nID"])
def test_columns_are_found_by_header(tmp_path: Path, header: str) -> None:
    """Case and spaces don't matter, and the header isn't changed."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, ["Name", header, "Age"])
    assert columns(path, headers=("Video ID",)) == ["B"]
    assert grid(path)[1, 2] == header


def test_rich_and_numeric_headers_are_read(tmp_path: Path) -> None:
    """A header may be rich text, a number, or the result of a formula."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        bold = book.add_format({"bold": True})
        sheet.write_rich_string(0, 0, "Video ", bold, "ID")
        sheet.write_number(0, 1, 2026)
        sheet.write_formula(0, 2, '="Video "&"URL"', None, "Video URL")
    assert columns(path, headers=("Video ID", "2026", "Video URL")) == ["A", "B", "C"]


def test_two_columns_with_one_name_are_refused(tmp_path: Path) -> None:
    """It isn't clear which one is meant; the message names both."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Sheet1").write_row(0, 0, ["Video ID", "x", "video  id"])
    with pytest.raises(WorkbookError, match="two columns") as caught:
        columns(path)
    assert caught.value.place == "Sheet1!A1 and C1"


def test_given_columns_come_first_and_are_made_without_values(tmp_path: Path) -> None:
    """Requested columns come in their order, followed by those that only rows have."""
    path = make(tmp_path / "a.xlsx")
    rows: Mapping[int, Mapping[str, ResultValue]] = {2: {"Three": 3, "One": 1}}
    written = write_columns(path, sheet="Sheet1", header_row=1, rows=rows, columns=["One", "Two"])
    assert written.columns == {"One": 2, "Two": 3, "Three": 4}
    assert written.rows == 1
    assert {column: grid(path)[1, column] for column in (2, 3, 4)} == {2: "One", 3: "Two", 4: "Three"}
    assert (2, 3) not in grid(path)


def test_a_missing_column_is_added_next_to_the_others(tmp_path: Path) -> None:
    """A new column goes to the right; existing ones stay where they are."""
    path = make(tmp_path / "a.xlsx")
    assert columns(path, headers=("Video ID",)) == ["B"]
    assert columns(path, headers=("Video ID", "Video URL")) == ["B", "C"]


def test_a_cell_under_a_merge_is_refused(tmp_path: Path) -> None:
    """Excel would discard the value; only the first cell of a merge can have one."""
    rows = TWO_ROWS.replace("</c></row><row", '</c><c r="B1" t="str"><v>Video ID</v></c></row><row')
    after = '<mergeCells><mergeCell ref="B2:B4"/></mergeCells>'
    path = make(tmp_path / "a.xlsx", sheet_xml(rows, after=after))
    assert columns(path, row=2, headers=("Video ID",)) == ["B"]
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match="B2:B4 are merged, so castmerge can't write into B3"):
        columns(path, row=3, headers=("Video ID",))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        pytest.param('<c r="B2"><f>A1</f><v>1</v></c>', "there's a formula", id="formula"),
        pytest.param(
            '<c r="B2"><f t="shared" si="0"/><v>1</v></c>', "there's a formula", id="shared-formula"
        ),
        pytest.param(
            '<c r="B2"><f t="array" ref="B2:B4">A1</f><v>1</v></c>',
            "an array formula fills B2:B4",
            id="array",
        ),
    ],
)
def test_formulas_are_not_overwritten(tmp_path: Path, cell: str, reason: str) -> None:
    """A result column that contains a formula belongs to the user; the message names the cell."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Video ID</v></c></row>'
        f'<row r="2"><c r="A2"><v>1</v></c>{cell}</row>'
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match=reason) as caught:
        columns(path, headers=("Video ID",))
    assert "column" in caught.value.hint
    assert path.read_bytes() == before
    assert columns(path, row=5, headers=("Video ID",)) == ["B"], "other rows can be written"


def test_new_columns_get_a_width(tmp_path: Path) -> None:
    """It is between 10 and 48 characters, as the values need; an existing width is kept."""
    before = '<cols><col min="1" max="1" width="30"/><col min="4" max="9" width="7"/></cols>'
    path = make(tmp_path / "a.xlsx", sheet_xml(before=before))
    results: dict[int, dict[str, ResultValue]] = {2: {"A": "x", "Long": "x" * 99, "Third": "x" * 99}}
    write_columns(path, sheet="Sheet1", header_row=1, rows=results)
    cols = part(path).partition("<cols>")[2].partition("</cols>")[0]
    assert cols == (
        '<col min="1" max="1" width="30"/><col min="2" max="2" width="10" customWidth="1"/>'
        '<col min="3" max="3" width="48" customWidth="1"/><col min="4" max="9" width="7"/>'
    )


def test_a_width_is_added_at_the_end(tmp_path: Path) -> None:
    """Columns stay in order."""
    path = make(tmp_path / "a.xlsx", sheet_xml(before='<cols><col min="1" max="1" width="30"/></cols>'))
    columns(path, headers=("A",))
    assert (
        '<col min="1" max="1" width="30"/><col min="2" max="2" width="10" customWidth="1"/></cols>'
        in part(path)
    )


def test_the_last_column_can_be_used(tmp_path: Path) -> None:
    """XFD can be written to like any other column."""
    rows = TWO_ROWS.replace("</c></row>", '</c><c r="XFC1"><v>1</v></c></row>', 1)
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    assert columns(path, headers=("A",)) == ["XFD"]
    assert column_number("XFD") == LAST_COLUMN


def test_check_columns_returns_what_a_write_would_use(tmp_path: Path) -> None:
    """It finds the same columns, raises the same errors, and doesn't change the file."""
    path = make(tmp_path / "a.xlsx")
    before = path.read_bytes()
    assert check_columns(path, sheet="Sheet1", header_row=1, columns=["name", "New"]) == {"name": 1, "New": 2}
    assert path.read_bytes() == before
    full = make(tmp_path / "b.xlsx", sheet_xml(f'{TWO_ROWS}<row r="3"><c r="XFD3"><v>1</v></c></row>'))
    with pytest.raises(WorkbookError, match="no room"):
        check_columns(full, sheet="Sheet1", header_row=1, columns=["New"])


def test_an_unknown_sheet_is_named(tmp_path: Path) -> None:
    """The hint lists the sheets of the workbook."""
    path = make(tmp_path / "a.xlsx")
    with pytest.raises(WorkbookError, match="no worksheet “People”") as caught:
        write_columns(path, sheet="People", header_row=1, rows={})
    assert caught.value.hint == "Its worksheets are: 'Sheet1'."


@pytest.mark.parametrize(
    ("formula", "first"),
    [
        pytest.param("SUM(B2:D2)", "E", id="a range"),
        pytest.param("$C$1*2", "D", id="a cell in their way"),
        pytest.param("E2", "B", id="a cell beyond them"),
        pytest.param("SUM(B:C)", "D", id="whole columns"),
        pytest.param("SUM(2:2)", "B", id="a whole row, which reaches everywhere"),
        pytest.param("SUM(B2:ZZ2)", "B", id="a very wide range"),
        pytest.param("Other!B2+'A sheet'!C2", "B", id="other sheets"),
        pytest.param('"B2:C2"&amp;A1', "B", id="texts"),
        pytest.param("LOG10(A1)+ABC1234567", "B", id="functions and names"),
        pytest.param("YTD2026+XFE1:XFE9+SUM(ZZZ:ZZZ)", "B", id="names that look like cells"),
    ],
)
def test_cells_that_formulas_use_are_left_alone(tmp_path: Path, formula: str, first: str) -> None:
    """A result in a summed range would silently change the total."""
    rows = TWO_ROWS + f'<row r="3"><c r="A3"><f>{formula}</f><v>1</v></c></row>'
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    assert columns(path)[0] == first


def test_requested_widths_leave_room_for_later_values(tmp_path: Path) -> None:
    """Columns may be created before their values are known."""
    path = make(tmp_path / "a.xlsx")
    write_columns(
        path,
        sheet="Sheet1",
        header_row=1,
        rows={},
        columns=("A", "B", "C"),
        widths={"A": 30, "B": 2, "C": 900},
    )
    assert re.findall(r'width="(\d+)"', part(path)) == ["32", "10", "48"]
