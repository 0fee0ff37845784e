from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.sheet.addresses import (
    LAST_COLUMN,
    LAST_ROW,
    CellRange,
    cell_address,
    column_letters,
    column_number,
    letters_up_to,
    parse_range,
    parse_ranges,
    quoted_sheet,
    split_ref,
)


@pytest.mark.parametrize(
    ("number", "letters"),
    [(1, "A"), (3, "C"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")],
)
def test_columns_have_letters(number: int, letters: str) -> None:
    """A column's number and its letters name the same column."""
    assert column_letters(number) == letters
    assert column_number(letters) == number
    assert column_number(letters.lower()) == number


@given(st.integers(1, LAST_COLUMN))
def test_letters_convert_back_to_their_number(number: int) -> None:
    """Converting a column's number to letters and back gives the same number."""
    assert column_number(column_letters(number)) == number


@pytest.mark.parametrize("number", [0, 1, 2, 26, 27, 28, 53, 701, 702, 703, 730, 16_383, LAST_COLUMN])
def test_the_letters_up_to_a_column_are_a_short_pattern(number: int) -> None:
    """It finds the columns up to that one and no others."""
    pattern = re.compile(letters_up_to(number))
    assert len(pattern.pattern) < 80
    columns = range(1, LAST_COLUMN + 1)
    assert sum(1 for column in columns if pattern.fullmatch(column_letters(column))) == number
    assert not number or pattern.fullmatch(column_letters(number))


@pytest.mark.parametrize("number", [0, -1, LAST_COLUMN + 1])
def test_letters_beyond_the_sheet_are_refused(number: int) -> None:
    """Excel's columns are A to XFD."""
    with pytest.raises(ValueError, match="no column"):
        column_letters(number)


@pytest.mark.parametrize("letters", ["", "XFE", "A1", "Ä", "ZZZZ"])
def test_text_that_is_not_a_column_is_refused(letters: str) -> None:
    """Text that isn't a column raises an error."""
    with pytest.raises(ValueError, match="no column"):
        column_number(letters)


@pytest.mark.parametrize(
    ("ref", "expected"), [("C5", (3, 5)), ("$C$5", (3, 5)), ("xfd1048576", (LAST_COLUMN, LAST_ROW))]
)
def test_a_cell_address_has_column_and_row(ref: str, expected: tuple[int, int]) -> None:
    """Dollar signs and case don't matter."""
    assert split_ref(ref) == expected


@pytest.mark.parametrize("ref", ["", "C", "5", "C0", "C1048577", "C5:D6", "XFE1", "C5 "])
def test_text_that_is_not_a_cell_address_is_refused(ref: str) -> None:
    """Text that isn't a cell address raises an error."""
    with pytest.raises(ValueError, match=r"no (cell|row|column)"):
        split_ref(ref)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B2:D9", CellRange(2, 9, 2, 4)),
        ("B2", CellRange(2, 2, 2, 2)),
        ("D9:B2", CellRange(2, 9, 2, 4)),
        ("$B$2:$D$9", CellRange(2, 9, 2, 4)),
        ("B:D", CellRange(1, LAST_ROW, 2, 4)),
        ("2:9", CellRange(2, 9, 1, LAST_COLUMN)),
    ],
)
def test_ranges_are_read(text: str, expected: CellRange) -> None:
    """A range may be written as cells, whole columns or whole rows, in either direction."""
    assert parse_range(text) == expected


def test_a_list_of_ranges_is_read() -> None:
    """The ranges of an sqref are separated by spaces."""
    assert parse_ranges(" A1  B2:C3\n") == (CellRange(1, 1, 1, 1), CellRange(2, 3, 2, 3))
    assert parse_ranges("") == ()


@pytest.mark.parametrize("text", ["B2:D9", "B2", "XFD1048576"])
def test_a_range_is_written_the_way_it_is_read(text: str) -> None:
    """A range of one cell has no colon."""
    assert parse_range(text).text == text


@pytest.mark.parametrize(
    ("other", "expected"),
    [("D9", True), ("A1:B2", True), ("E2:E9", False), ("B10:D10", False), ("A1:A9", False)],
)
def test_ranges_touch_if_they_share_a_cell(other: str, expected: bool) -> None:
    """Both ends of a range are part of it."""
    assert parse_range("B2:D9").touches(parse_range(other)) is expected
    assert parse_range(other).touches(parse_range("B2:D9")) is expected


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        ("Sheet1", "Sheet1"),
        ("People", "People"),
        ("Große_Liste", "Große_Liste"),
        ("My sheet", "'My sheet'"),
        ("Bob's", "'Bob''s'"),
        ("2026", "'2026'"),
        ("A1", "'A1'"),
        ("R1C1", "'R1C1'"),
        ("RC", "'RC'"),
        ("", "''"),
    ],
)
def test_ambiguous_sheet_names_are_quoted(sheet: str, expected: str) -> None:
    """A name that could be read as something else is quoted."""
    assert quoted_sheet(sheet) == expected


def test_an_address_includes_its_sheet() -> None:
    """A cell is named like in an Excel formula."""
    assert cell_address("Sheet1", 5, 3) == "Sheet1!C5"
    assert cell_address("My sheet", 5, 3) == "'My sheet'!C5"
