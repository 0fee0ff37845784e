"""Which data a run uses in workbooks with several Tables, lists and sheets, and where its results go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copyfile

import openpyxl
import pytest
import xlsxwriter

from merge import Settings, merge_workbook, read_rows
from merge.errors import ColumnError, TemplateError
from merge.input.data_sheet import WantedData, read_sheet
from merge.results import ExitCode
from merge.run.collect import read_journaled_status
from merge.run.session import plan_without_lock
from merge.settings import Selection, ServiceOptions
from merge.workbook import write_columns
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.paths import WORKBOOK_FOLDER

SIMULATED, QUICKLY = Settings(simulate=True), ServiceOptions(simulate_seconds=0.1)
SCRIPT = "<p>Hello {{ Name }}, your {{ Plan }} plan.</p>"
Lines = Sequence[Sequence[str | float]]
CUSTOMERS: Lines = [["Name", "Plan"], ["Ann", "Gold"], ["Bob", "Free"]]
STAFF: Lines = [["Name", "Desk"], ["Kim", 4], ["Lee", 7], ["Max", 9]]
PRICES: Lines = [["Plan", "Price"], ["Gold", 9], ["Free", 0]]


def make(path: Path, sheets: Mapping[str, Mapping[tuple[int, int, str], Lines]]) -> Path:
    """Make a workbook: sheets by name, with blocks of cells by row, column (from 0) and Table name, or ""."""
    with xlsxwriter.Workbook(path) as book:
        for name, blocks in sheets.items():
            page = book.add_worksheet(name)
            for (row, column, table), lines in blocks.items():
                for number, line in enumerate(lines):
                    page.write_row(row + number, column, line)
                if table:
                    last = (row + len(lines) - 1, column + len(lines[0]) - 1)
                    headers = [{"header": header} for header in lines[0]]
                    page.add_table(row, column, *last, {"name": table, "columns": headers})
    return path


def tables(path: Path, sheet: str) -> dict[str, str]:
    """The range of each Table by name."""
    return {table.name: table.ref for table in openpyxl.load_workbook(path)[sheet].tables.values()}


def column(path: Path, sheet: str, header: str, row: int = 1) -> list[object]:
    """The values below a header."""
    page = openpyxl.load_workbook(path)[sheet]
    number = next(cell.column for cell in page[row] if cell.value == header)
    return [page.cell(below, number).value for below in range(row + 1, page.max_row + 1)]


@pytest.mark.parametrize(
    ("blocks", "grown"),
    [
        pytest.param(
            {(0, 0, "Customers"): CUSTOMERS, (0, 3, "Staff"): STAFF},
            {"Customers": "A1:B3", "Staff": "D1:E4"},
            id="the left of two Tables",
        ),
        pytest.param(
            {(0, 0, "Staff"): STAFF, (0, 3, "Customers"): CUSTOMERS},
            {"Staff": "A1:B4", "Customers": "D1:J3"},
            id="the right of two Tables",
        ),
        pytest.param(
            {(0, 0, ""): CUSTOMERS, (0, 3, "Prices"): PRICES},
            {"Prices": "D1:E3"},
            id="a list next to a lookup Table",
        ),
    ],
)
def test_only_the_table_with_the_data_grows(
    tmp_path: Path,
    make_template: MakeTemplate,
    blocks: Mapping[tuple[int, int, str], Lines],
    grown: dict[str, str],
) -> None:
    """Only Ann and Bob get videos, and the next runs find the same data and results."""
    people = make(tmp_path / "people.xlsx", {"Data": blocks})
    template = make_template(SCRIPT)
    result = merge_workbook(people, template, settings=SIMULATED, service=QUICKLY)
    assert (result.exit_code, [row.row for row in result.rows]) == (ExitCode.COMPLETE, [2, 3])
    assert tables(people, "Data") == grown
    shown = column(people, "Data", "Video ID")
    assert shown[:2] == [row.video_id for row in result.rows]
    assert not any(shown[2:])
    again = merge_workbook(people, template, settings=SIMULATED, service=QUICKLY)
    assert [row.video_id for row in again.rows] == [row.video_id for row in result.rows]
    status = read_journaled_status(people, SIMULATED)
    assert [row.video_id for row in status.results] == [row.video_id for row in result.rows]


def test_two_tables_can_each_have_results(tmp_path: Path, make_template: MakeTemplate) -> None:
    """Videos are made for one Table after the other, and each keeps its own columns."""
    blocks = {(0, 0, "Staff"): STAFF, (9, 0, "Customers"): CUSTOMERS}
    people = make(tmp_path / "people.xlsx", {"Data": blocks})
    template = make_template("<p>Hello {{ Name }}.</p>")
    for table, row, count in (("staff", 1, 3), ("Customers", 10, 2)):
        settings = Settings(simulate=True, selection=Selection(table=table))
        result = merge_workbook(people, template, settings=settings, service=QUICKLY)
        assert (result.exit_code, result.counts["complete"]) == (ExitCode.COMPLETE, count)
        shown = column(people, "Data", "Video ID", row)
        assert shown[:count] == [each.video_id for each in result.rows]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param({(0, 0, ""): [["How to use this list"], ["1. Don't edit"], ["2. Ask Dana"]]}, id="text"),
        pytest.param({(0, 0, ""): [["Topic", "Answer"], ["Who", "Dana"], ["When", "Monday"]]}, id="a list"),
        pytest.param({(0, 0, "Prices"): PRICES}, id="a Table"),
        pytest.param({(0, 0, ""): CUSTOMERS[:1]}, id="an empty copy"),
    ],
)
def test_a_sheet_before_the_data_is_passed_over(
    tmp_path: Path, make_template: MakeTemplate, first: Mapping[tuple[int, int, str], Lines]
) -> None:
    """A “Read me” sheet, a price list or an empty copy comes first; the template's columns decide."""
    people = make(tmp_path / "people.xlsx", {"Read me": first, "List": {(0, 0, ""): CUSTOMERS}})
    plan = plan_without_lock(people, make_template(SCRIPT), SIMULATED)
    assert (plan.sheet.worksheet.name, len(plan.rows)) == ("List", 2)


def test_two_sheets_that_fit_are_ambiguous(
    tmp_path: Path, make_template: MakeTemplate, castmerge: Castmerge
) -> None:
    """Exit code 2 with the options for each candidate; giving one of them is enough."""
    sheets = {"March": {(0, 0, ""): CUSTOMERS}, "April 2026": {(0, 0, "April"): CUSTOMERS}}
    people, template = make(tmp_path / "people.xlsx", sheets), make_template(SCRIPT)
    refused = castmerge("check", people, "-t", template)
    assert refused.code == ExitCode.WRONG_INPUT
    assert "--sheet March for the list at A1:B1 in the sheet “March”" in refused.err
    assert "--table April for the Table April at A1:B3 in the sheet “April 2026”" in refused.err
    assert castmerge("check", people, "-t", template, "--table", "april").code == ExitCode.COMPLETE
    assert castmerge("check", people, "-t", template, "--sheet", "March").code == ExitCode.COMPLETE


def test_an_unknown_table_lists_those_of_all_sheets(tmp_path: Path, make_template: MakeTemplate) -> None:
    """The most similar one is suggested."""
    sheets = {"A": {(0, 0, "Customers"): CUSTOMERS}, "B": {(0, 0, "Staff"): STAFF}}
    people = make(tmp_path / "people.xlsx", sheets)
    settings = Settings(selection=Selection(table="Customer"))
    with pytest.raises(ColumnError, match="there's no Excel Table “Customer”") as caught:
        plan_without_lock(people, make_template(SCRIPT), settings)
    assert "Did you mean --table Customers?" in caught.value.hint
    assert "Staff (sheet “B”)" in caught.value.hint


def test_headers_without_rows_are_noted(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> None:
    """There is nothing to do, and a note names the sheet, the row and the option."""
    plan = plan_without_lock(make_workbook([["Name", "Plan"]]), make_template(SCRIPT), SIMULATED)
    assert plan.rows == ()
    [note] = plan.sheet.notes
    assert "the sheet “People” has column names in row 1, but no rows below them" in note
    assert "--sheet" in note


def test_all_missing_columns_are_reported_at_once(
    make_workbook: MakeWorkbook, make_template: MakeTemplate, castmerge: Castmerge
) -> None:
    """Each has its own line with a suggestion, and the sheet is named once."""
    people = make_workbook([["Name", "Surname", "Plans"], ["Ann", "Lee", "Gold"]])
    template = make_template(
        "<p>{{ Name }} {{ First Name }} {{ Last Name }} has {{ Plan }} in {{ town }}.</p>"
    )
    refused = castmerge("check", people, "-t", template)
    assert refused.code == ExitCode.WRONG_INPUT
    for name in ("First Name", "Last Name", "Plan", "town"):
        assert refused.err.count(f"there's no column “{name}”") == 1
    assert "id you mean “Plans” (cell C1)?" in refused.err
    assert refused.err.count("from the sheet “People”") == 1


def test_two_unused_columns_with_one_name_are_accepted(
    make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """Only a name that the template uses has to be unambiguous."""
    people = make_workbook([["Name", "Notes", "Notes"], ["Ann", "x", "y"]])
    assert len(plan_without_lock(people, make_template(), SIMULATED).rows) == 1
    with pytest.raises((ColumnError, TemplateError), match="two columns have the same name: B1"):
        plan_without_lock(people, make_template("<p>{{ Notes }}</p>"), SIMULATED)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("poi__ExcelPivotTableSample.xlsx", "Tabelle1"),
        ("poi__StructuredRefs-lots-with-lookups.xlsx", "Table_Query_from_RDS"),
        ("poi__StructuredRefs-lots-with-lookups.xlsx", "Table_Query_from_RDS2"),
        ("poi__StructuredRefs-lots-with-lookups.xlsx", "Table_Query_from_RDS24"),
        ("poi__simple-monthly-budget.xlsx", "tblIncome"),
        ("poi__simple-monthly-budget.xlsx", "tblExpenses"),
    ],
)
def test_a_named_table_of_a_real_workbook_keeps_its_results(tmp_path: Path, name: str, table: str) -> None:
    """The results of its rows are found again, and the parts of other Tables don't change."""
    if not (WORKBOOK_FOLDER / name).is_file():
        pytest.skip(f"there is no {WORKBOOK_FOLDER / name}")
    path = tmp_path / name
    copyfile(WORKBOOK_FOLDER / name, path)
    before = read_sheet(path, WantedData(table=table), prefix="Video")
    headers, row = before.results.headers, before.header.first_row
    write_columns(
        path,
        sheet=before.worksheet.name,
        header_row=before.header.row,
        table=before.header.table,
        rows={row: {headers.job: "6a1f"}},
        columns=headers.all,
    )
    after = read_sheet(path, WantedData(table=table), prefix="Video")
    assert after.header.columns == before.header.columns
    assert [line.number for line in after.data_rows] == [line.number for line in before.data_rows]
    line = next(line for line in after.data_rows if line.number == row)
    assert after.results.job_of(line) == "6a1f"
    others = [each for each in before.worksheet.tables if each.name != table]
    assert [each for each in after.worksheet.tables if each.name != table] == others


def test_a_copy_of_the_sheet_is_left_alone(tmp_path: Path, make_template: MakeTemplate) -> None:
    """Somebody keeps a copy of the sheet: runs go on with the one that they used before."""
    path = make(tmp_path / "people.xlsx", {"People": {(0, 0, ""): CUSTOMERS}})
    template = make_template(SCRIPT)
    merge_workbook(path, template, settings=SIMULATED, service=QUICKLY)
    book = openpyxl.load_workbook(path)
    book.move_sheet(book.copy_worksheet(book["People"]), -1)
    book["People"]["A4"], book["People"]["B4"] = "Cem", "Gold"
    book.save(path)
    result = merge_workbook(path, template, settings=SIMULATED, service=QUICKLY)
    assert (result.exit_code, result.sheet, len(result.rows)) == (ExitCode.COMPLETE, "People", 3)
    assert len(column(path, "People Copy", "Video ID")) == 2
    path.with_name(".castmerge").rename(tmp_path / "lost")
    with pytest.raises(ColumnError, match="in 2 places"):
        merge_workbook(path, template, settings=SIMULATED, service=QUICKLY)


def test_the_rows_of_a_named_table_are_read(tmp_path: Path) -> None:
    """Wherever the Table is: on another sheet, next to another one, far below the top."""
    blocks: Mapping[tuple[int, int, str], Lines] = {(0, 0, "Staff"): STAFF, (40, 3, "Customers"): CUSTOMERS}
    path = make(tmp_path / "people.xlsx", {"Read me": {(0, 0, ""): PRICES}, "People": blocks})
    rows = read_rows(path, table="customers")
    assert (rows.sheet, rows.header_row, rows.columns) == ("People", 41, ("Name", "Plan"))
    assert [(row.number, row["Name"].text) for row in rows] == [(42, "Ann"), (43, "Bob")]
    with pytest.raises(ColumnError, match="no Excel Table"):
        read_rows(path, table="Costumers")
