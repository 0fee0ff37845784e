"""`--where` compares cells as they are shown; it and `--rows` warn if they select no row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xlsxwriter

from tests.support.callables import Castmerge, MakeTemplate


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Two people with zip codes shown as five digits; one amount isn't a number."""
    path = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("People")
        zip_code = book.add_format({"num_format": "00000"})
        page.write_row(0, 0, ["Name", "Zip", "Amount", "Notes", "Notes"])
        page.write_row(1, 0, ["Ana", 2110, "1200", "a", "b"])
        page.write_row(2, 0, ["Ben", 10115, "n/a", "c", "d"])
        page.set_column(1, 1, None, zip_code)
        for row, number in ((1, 2110), (2, 10115)):
            page.write_number(row, 1, number, zip_code)
    return path


def test_rows_are_selected_by_what_they_show(
    people: Path, castmerge: Castmerge, make_template: MakeTemplate
) -> None:
    """A number shown as 02110 equals that text, and unused columns may share a name."""
    ran = castmerge("check", people, "-t", make_template(), "--where", "zip == '02110'")

    assert ran.code == 0
    assert "1 row," in ran.err


def test_a_condition_that_matches_nothing_has_a_warning(
    people: Path, castmerge: Castmerge, make_template: MakeTemplate
) -> None:
    """The warning, in the JSON too, shows the first row's values in the columns of the condition."""
    ran = castmerge("check", people, "-t", make_template(), "--where", "zip == '2110'", "--json")

    assert "No row matches --where zip == '2110'; in row 2, “Zip” is “02110”" in ran.err
    [warning] = [each for each in json.loads(ran.out)["warnings"] if each["kind"] == "no rows"]
    assert "02110" in warning["message"]


@pytest.mark.parametrize("rows", ["1", "7-90", "5,8"])
def test_rows_that_the_sheet_does_not_have_have_a_warning(
    people: Path, castmerge: Castmerge, make_template: MakeTemplate, rows: str
) -> None:
    """The header row isn't one of the rows."""
    ran = castmerge("check", people, "-t", make_template(), "--rows", rows)

    assert f"No row is in --rows {rows}; this sheet has rows 2 to 3." in ran.err


def test_comparing_text_that_is_not_a_number_names_the_row(
    people: Path, castmerge: Castmerge, make_template: MakeTemplate
) -> None:
    """The message doesn't mention Python types."""
    ran = castmerge("check", people, "-t", make_template(), "--where", "amount * 2 > 5")

    assert ran.code == 2
    assert "row 3: “n/a” isn't a number" in ran.err
