from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.table import Table

from merge import DataRow, Template, read_rows, write_columns
from merge.errors import CellError, ColumnError, WorkbookError
from merge.input.data_sheet import WantedData, read_sheet
from tests.support.callables import MakeTemplate, MakeWorkbook


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A sheet with a title, a header with a line break, a blank row, and castmerge's results below."""
    path = tmp_path / "orders.xlsx"
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "Orders"
    page.append(["All orders"])
    page.append([])
    page.append(["Order\nID", "Price", "Paid on", "Paid", "Note", "Video ID"])
    page.append(["A-1", 1200, datetime(2026, 3, 1), True, None, "v1"])
    page.append([])
    page.append(["A-2", 0.5, None, False, "=1/0", None])
    page.append([None, None, None, None, None, "v3"])
    page["B4"].number_format, page["B6"].number_format = "$#,##0.00", "0 %"
    page["C4"].number_format = "d mmm yyyy"
    page.row_dimensions[6].hidden = True
    page.merge_cells("A1:F1")
    book.save(path)
    return path


def test_rows_have_shown_and_stored_values(orders: Path) -> None:
    """Each value is a Python value that also has the text Excel shows and the stored value."""
    rows = read_rows(orders)
    assert (rows.sheet, rows.header_row) == ("Orders", 3)
    assert rows.columns == ("Order ID", "Price", "Paid on", "Paid", "Note", "Video ID")
    first, second = rows
    assert [(row.number, row.hidden) for row in (first, second)] == [(4, False), (6, True)]
    assert (first["Price"], first["Price"].text, first["Price"].value) == (1200, "$1,200.00", 1200)
    assert (first["Paid on"], first["Paid on"].text) == (datetime(2026, 3, 1), "1 Mar 2026")
    assert first["Paid on"].value == 46082
    assert (first["Paid"] == True, first["Paid"].text) == (True, "TRUE")  # noqa: E712 - equal, not identical
    assert (first["Note"] == "", first["Note"].text, first["Note"].value) == (True, "", None)
    assert (second["Price"].text, second["Order ID"].text) == ("50 %", "A-2")
    with pytest.raises(CellError, match="Orders!E6"):
        str(second["Note"])


@pytest.mark.parametrize("name", ["Order ID", "order id", "Order\nID", "order_id", "ORDER  ID"])
def test_a_column_is_found_by_any_form_of_its_header(orders: Path, name: str) -> None:
    """Header and identifier work like in templates."""
    first, _ = read_rows(orders)
    assert first[name].text == "A-1"
    assert name.casefold().split() != ["nothing"]


def test_a_row_is_a_mapping(orders: Path) -> None:
    """Its keys are exactly the headers, in order."""
    first, _ = read_rows(orders)
    assert (tuple(first), len(first), "Nothing" in first) == (read_rows(orders).columns, 6, False)
    assert repr(first) == "<row 4 of Orders>"
    with pytest.raises(KeyError):
        first["Nothing"]


def test_read_rows_can_be_written_with_write_columns(orders: Path) -> None:
    """Rows know their numbers, and can be read repeatedly."""
    rows = read_rows(orders, sheet="orders")
    prices = {row.number: row["Price"].value for row in rows}
    double = {row: {"Double": 2 * price} for row, price in prices.items() if isinstance(price, int | float)}
    write_columns(orders, sheet=rows.sheet, header_row=rows.header_row, rows=double)
    assert [row["Double"].value for row in read_rows(orders)] == [2400, 1]


def test_a_table_limits_its_rows_wherever_it_begins(tmp_path: Path) -> None:
    """Its totals and anything below it aren't rows."""
    path = tmp_path / "table.xlsx"
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for number in range(30):
        page.append([f"Remark {number}"])
    for line in (["Name"], ["Ana"], ["Ben"], ["Total"], ["below"]):
        page.append(line)
    page.add_table(Table(displayName="People", ref="A31:A34", totalsRowCount=1))
    book.save(path)
    assert [row["Name"].text for row in read_rows(path)] == ["Ana", "Ben"]


def test_a_header_row_may_be_given(make_workbook: MakeWorkbook) -> None:
    """Any row number works."""
    lines: list[list[str | float]] = [[f"Remark {number}", 1.0] for number in range(40)]
    path = make_workbook([*lines, ["Name", "Plan"], ["Ana", "Gold"]])
    assert [dict(row) for row in read_rows(path, header_row=41)] == [{"Name": "Ana", "Plan": "Gold"}]


def test_delimited_text_is_read_like_in_a_run(tmp_path: Path, make_template: MakeTemplate) -> None:
    """Its rows can be iterated repeatedly and rendered."""
    path = tmp_path / "people.csv"
    path.write_text("Name;Zip;Sum\nAna;02134;1,5\n;;\nBen;99501;2\n", encoding="utf-8")
    rows = read_rows(path)
    for _ in range(2):
        assert [(row.number, row["Name"].text, row["zip"].text) for row in rows] == [
            (2, "Ana", "02134"),
            (4, "Ben", "99501"),
        ]
    template = Template.load(make_template(), rows)
    assert [template.fill_in(row).scripts for row in rows] == [("Hello Ana.",), ("Hello Ben.",)]


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        pytest.param([["Name", 3], ["Ana", 4]], ColumnError, id="a number among the headers"),
        pytest.param([], ColumnError, id="an empty sheet"),
    ],
)
def test_unreadable_sheets_are_reported_at_once(
    make_workbook: MakeWorkbook, rows: list[list[str]], error: type[Exception]
) -> None:
    """The error is raised before the first row is requested."""
    with pytest.raises(error):
        read_rows(make_workbook(rows))


def test_a_missing_workbook_is_a_workbook_error(tmp_path: Path) -> None:
    """It has a place and a hint."""
    with pytest.raises(WorkbookError, match="none"):
        read_rows(tmp_path / "none.xlsx")


def test_rows_are_the_same_as_in_a_run(root: Path) -> None:
    """The header and the rows are the same, in every example workbook."""
    for path in sorted((root / "example_sheets").glob("*.xlsx")):
        sheet = read_sheet(path, WantedData(), prefix="Video")
        rows = read_rows(path)
        assert rows.form.header == sheet.header
        assert rows.sheet == sheet.worksheet.name
        first: DataRow = next(iter(rows))
        assert {name: value.text for name, value in first.items()}


@pytest.mark.long
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, service_environment: Mapping[str, str]) -> None:
    """Twenty thousand rows need no more memory than two thousand."""
    program = (
        "import resource, sys; from merge import read_rows\n"
        "count = sum(1 for row in read_rows(sys.argv[1]) if row['Name'].text)\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = {}
    for size in (2_000, 20_000):
        path = tmp_path / f"{size}.xlsx"
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            page = book.add_worksheet()
            page.write_row(0, 0, ["Name", "Count", "Ratio"])
            for number in range(1, size + 1):
                page.write_row(number, 0, [f"Person {number}", number, number / 7])
        ran = subprocess.run(
            [sys.executable, "-c", program, str(path)],
            env=service_environment,
            capture_output=True,
            text=True,
            check=True,
        )
        count, peaks[size] = map(int, ran.stdout.split())
        assert count == size
    assert peaks[20_000] < peaks[2_000] * 1.1
