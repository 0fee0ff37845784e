from __future__ import annotations

import re
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from merge.model import ResultValue
from merge.workbook import write_columns
from tests.support.sample_workbooks import MAIN, SHEET_RELATIONS, TWO_ROWS, make, part, relations, sheet_xml

TABLE = "xl/tables/table1.xml"


def table_xml(
    ref: str = "A1:A2", attributes: str = "", columns: str = '<tableColumn id="4" name="Name"/>'
) -> str:
    """The XML of a table part."""
    return (
        f'<table xmlns="{MAIN}" id="1" name="T" displayName="T" ref="{ref}" {attributes}>'
        f'<autoFilter ref="{ref}"/><tableColumns count="1">{columns}</tableColumns></table>'
    )


def with_table(path: Path, table: str) -> Path:
    """A workbook of two rows with a table."""
    parts = {SHEET_RELATIONS: relations(("rId1", "table", "../tables/table1.xml")), TABLE: table}
    return make(path, sheet_xml(after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'), parts)


def write(path: Path, headers: tuple[str, ...] = ("Video ID", "Video URL"), header_row: int = 1) -> None:
    """Write one row of results."""
    rows: dict[int, dict[str, ResultValue]] = {header_row + 1: dict.fromkeys(headers, "x")}
    write_columns(path, sheet="Sheet1", header_row=header_row, rows=rows)


def test_an_adjoining_table_is_extended(tmp_path: Path) -> None:
    """Its range, filter, and columns grow, and ids are unique."""
    path = with_table(tmp_path / "a.xlsx", table_xml())
    write(path)
    grown = part(path, TABLE)
    assert 'ref="A1:C2"' in grown
    assert '<autoFilter ref="A1:C2"/>' in grown
    assert (
        '<tableColumns count="3"><tableColumn id="4" name="Name"/><tableColumn id="5" name="Video ID"/>'
        '<tableColumn id="6" name="Video URL"/></tableColumns>'
    ) in grown
    now = path.read_bytes()
    write(path)
    assert path.read_bytes() == now


def test_a_table_of_one_cell_grows(tmp_path: Path) -> None:
    """Such a range is written without a colon."""
    path = with_table(tmp_path / "a.xlsx", table_xml("A1"))
    write(path)
    assert 'ref="A1:C1"' in part(path, TABLE)


def test_a_prefixed_table_grows(tmp_path: Path) -> None:
    """New elements have its namespace prefix."""
    table = re.sub(r"<(/?)(?=[a-z])", r"<\1x:", table_xml()).replace("xmlns=", "xmlns:x=")
    path = with_table(tmp_path / "a.xlsx", table)
    write(path)
    assert '<x:tableColumn id="5" name="Video ID"/>' in part(path, TABLE)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(table_xml(attributes='tableType="queryTable"'), id="query"),
        pytest.param(table_xml(attributes='tableType="xml"'), id="xml-map"),
        pytest.param(table_xml(attributes='connectionId="1"'), id="connection"),
        pytest.param(table_xml(attributes='headerRowCount="0"'), id="no-header"),
        pytest.param(table_xml("A2:A9"), id="header-elsewhere"),
        pytest.param(table_xml("oops"), id="no-range"),
        pytest.param(table_xml(columns='<tableColumn id="1" name="video  id"/>'), id="name-taken"),
        pytest.param(table_xml().replace("tableColumns", "tableKolumns"), id="no-columns"),
    ],
)
def test_other_tables_are_left_as_they_are(tmp_path: Path, table: str) -> None:
    """The results are written next to them."""
    path = with_table(tmp_path / "a.xlsx", table)
    write(path)
    assert part(path, TABLE) == table
    assert '<c r="B2"' in part(path)


def test_a_header_in_the_table_of_another_list_is_not_ours(tmp_path: Path) -> None:
    """Results go to the right of everything, although all headers seem to be there."""
    cells = '<c r="A1" t="str"><v>Name</v></c><c r="C1" t="str"><v>Video ID</v></c><c r="D1"><v>1</v></c>'
    parts = {SHEET_RELATIONS: relations(("rId1", "table", "../tables/table1.xml")), TABLE: table_xml("C1:D2")}
    after = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    path = make(tmp_path / "a.xlsx", sheet_xml(f'<row r="1">{cells}</row>', after=after), parts)
    rows = {2: {"Video ID": "x"}}
    write_columns(path, sheet="Sheet1", header_row=1, rows=rows, columns=("Video ID",), table="")
    assert '<c r="E2"' in part(path)


def test_a_table_that_ends_before_the_data_is_left_alone(tmp_path: Path) -> None:
    """If there are values next to the table, results go to the right of them."""
    rows = TWO_ROWS.replace("</c></row>", '</c><c r="B1"><v>1</v></c></row>', 1)
    parts = {SHEET_RELATIONS: relations(("rId1", "table", "../tables/table1.xml")), TABLE: table_xml()}
    path = make(tmp_path / "a.xlsx", sheet_xml(rows), parts)
    write(path)
    assert part(path, TABLE) == table_xml()
    assert '<c r="C2"' in part(path)


def test_a_table_with_something_next_to_it_is_left_alone(tmp_path: Path) -> None:
    """Results go further right, and the table isn't extended across the gap."""
    after = '<mergeCells><mergeCell ref="B2:B3"/></mergeCells>'
    parts = {SHEET_RELATIONS: relations(("rId1", "table", "../tables/table1.xml")), TABLE: table_xml()}
    path = make(tmp_path / "a.xlsx", sheet_xml(after=after), parts)
    write(path)
    assert part(path, TABLE) == table_xml()
    assert '<c r="C2"' in part(path)


def test_line_breaks_in_headers_are_escaped_in_the_table(tmp_path: Path) -> None:
    """The column's name in the table is escaped, but its header cell isn't."""
    path = with_table(tmp_path / "a.xlsx", table_xml())
    write(path, ('Video\n"ID" & <x>',))
    assert '<tableColumn id="5" name="Video_x000a_&quot;ID&quot; &amp; &lt;x&gt;"/>' in part(path, TABLE)
    assert 'Video\n"ID" &amp; &lt;x&gt;' in part(path)


def test_a_real_table_with_totals_grows(tmp_path: Path) -> None:
    """Another reader sees the new columns, and the totals row stays the last one."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        options = {
            "data": [["Ana", 1], ["Ben", 2]],
            "total_row": True,
            "columns": [{"header": "Name"}, {"header": "Age", "total_function": "sum"}],
        }
        sheet.add_table("B3:C6", options)
    write(path, header_row=3)
    table = load_workbook(path)["Sheet1"].tables["Table1"]
    assert table.ref == "B3:E6"
    assert table.column_names == ["Name", "Age", "Video ID", "Video URL"]
    assert table.totalsRowCount == 1
    assert load_workbook(path)["Sheet1"]["D4"].value == "x"


def test_columns_added_later_join_the_table_too(tmp_path: Path) -> None:
    """The table includes the columns of the first write and of later ones."""
    path = with_table(tmp_path / "a.xlsx", table_xml())
    write(path, ("Video ID",))
    write(path, ("Video ID", "Video Note"))
    assert 'ref="A1:C2"' in part(path, TABLE)
    assert 'name="Video Note"' in part(path, TABLE)
