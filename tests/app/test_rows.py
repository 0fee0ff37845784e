from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import openpyxl
import pytest
import xlsxwriter

from merge.app.check import cells_first
from merge.model import JSON
from merge.settings import Settings
from tests.app.conftest import example_folder
from tests.support.app_client import AppClient, ServedApp, at


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """A page of twelve rows, one of them with a problem and one that is skipped."""
    folder = example_folder(tmp_path_factory.mktemp("rows"))
    _edit(folder / "customers.xlsx")
    with ServedApp(folder, tmp_path_factory.mktemp("user")) as app, AppClient(app.url) as client:
        client.checked()
        yield client


def _edit(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["Customers"]
    columns = {str(cell.value): place for place, cell in enumerate(sheet[3], 1)}
    sheet.cell(6, columns["Plan"]).value = None
    sheet.cell(7, columns["First Name"]).value = "\u202eabc"
    book.save(path)


def test_cells_are_shown_as_in_excel(page: AppClient) -> None:
    """Amounts, dates and zip codes have their formats."""
    assert "$1,200.00" in str(page.get("/api/rows?limit=1", "rows", 0, "cells"))


def test_a_part_of_the_rows_is_sent(page: AppClient) -> None:
    """The page gets as many rows as its grid shows, from the scroll position on."""
    answer = page.get("/api/rows?offset=2&limit=3")
    assert (at(answer, "total"), at(answer, "matching"), at(answer, "offset")) == (12, 12, 2)
    assert [at(row, "number") for row in _rows(answer)] == [6, 7, 8]


def _rows(answer: JSON) -> list[JSON]:
    rows = at(answer, "rows")
    assert isinstance(rows, list)
    return [*rows]


def test_a_problem_is_at_its_cell(page: AppClient) -> None:
    """The hint is in plain words."""
    row = page.get("/api/rows?filter=problems", "rows", 0)
    assert (at(row, "number"), at(row, "status", "group")) == (6, "problem")
    mark = at(row, "marks", 0)
    columns = page.get("/api/rows", "columns")
    assert at(columns, int(str(at(mark, 0))), "header") == "Plan"
    assert at(mark, 1) == "problem"
    assert str(at(mark, 2)).endswith(".")
    assert "--" not in str(row)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("search=bennett", 1, id="a word in any case"),
        pytest.param("search=bennett%20olivia", 1, id="several words"),
        pytest.param("search=bennett%20mateo", 0, id="words of two rows"),
        pytest.param("search=%241%2C200", 1, id="as shown"),
        pytest.param("filter=to_make", 11, id="a filter"),
        pytest.param("filter=done", 0, id="an empty filter"),
    ],
)
def test_rows_are_found(page: AppClient, query: str, found: int) -> None:
    """They are found by words in any case, by values as shown, and by a filter."""
    assert page.get(f"/api/rows?{query}", "matching") == found


def test_all_found_rows_can_be_selected(page: AppClient) -> None:
    """The response lists their numbers as one text."""
    assert page.get("/api/rows/numbers?filter=to_make") == {"version": 1, "count": 11, "rows": "4-5,7-15"}
    assert page.get("/api/rows/index?row=8&filter=to_make", "index") == 3
    assert page.get("/api/rows/index?row=6&filter=to_make", "index") is None


def test_characters_that_reorder_a_line_are_not_sent(page: AppClient) -> None:
    """A hostile cell can't make the page show something else."""
    assert "\u202e" not in str(page.get("/api/rows"))


def test_a_row_is_previewed_as_in_the_proof(page: AppClient) -> None:
    """The preview has the row's scenes, and its script with the merged words separated."""
    row = page.get("/api/preview?row=4", "row")
    pieces = str(at(row, "scenes", 0, "scripts", 0, 3))
    assert "Liv" in pieces
    assert page.get("/api/preview?row=4", "layouts", 0)
    assert page.refused("GET", "/api/preview?row=99") == (404, "missing")


@pytest.mark.parametrize("query", ["offset=x", "limit=-1", "filter=nothing", "offset=99999999999"])
def test_an_invalid_request_is_explained(page: AppClient, query: str) -> None:
    """The error isn't an internal one."""
    assert page.refused("GET", f"/api/rows?{query}") == (422, "input")


def test_the_first_rows_of_a_long_sheet_are_shown_before_its_check(tmp_path: Path) -> None:
    """All cells follow, and then the check; only then does the page list the rows to make."""
    with xlsxwriter.Workbook(str(tmp_path / "long.xlsx")) as book:
        sheet = book.add_worksheet("People")
        sheet.write_row(0, 0, ["First Name", "Code"])
        for number in range(1, 1_501):
            sheet.write_row(number, 0, [f"Name {number}", Random(number).randbytes(200).hex()])
    found = list(cells_first(tmp_path / "long.xlsx", None, Settings(locale="en_US")))
    assert [len(rows.facts) for rows in found] == [199, 1_500]
    for rows in found:
        assert rows.counts({})["to_make"] == 0
        assert at(rows.row(2, {}), "cells", 0) == "Name 1"
        assert at(rows.row(2, {}), "status", "label") == "Checking"


def test_a_short_sheet_is_checked_at_once(tmp_path: Path) -> None:
    """Its rows appear as early as they would without a check."""
    folder = example_folder(tmp_path / "short")
    assert list(cells_first(folder / "customers.xlsx", None, Settings(locale="en_US"))) == []
