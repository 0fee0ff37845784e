"""Cell addresses as Excel writes them: `C5`, `B2:D9`, `'My sheet'!C5`. Rows and columns count from 1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
"""Column XFD; both limits are those of Excel 2007 and later."""

_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_PLAIN_SHEET_NAME = re.compile(r"[^\W\d]\w*")
_LOOKS_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*")


@dataclass(frozen=True, slots=True)
class CellRange:
    """A rectangle of cells; both ends are included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def text(self) -> str:
        """The range as Excel writes it; a single cell has no colon."""
        first = f"{column_letters(self.first_column)}{self.first_row}"
        last = f"{column_letters(self.last_column)}{self.last_row}"
        return first if first == last else f"{first}:{last}"

    def touches(self, other: CellRange) -> bool:
        """Whether the two have a cell in common."""
        return (
            self.first_row <= other.last_row
            and other.first_row <= self.last_row
            and self.first_column <= other.last_column
            and other.first_column <= self.last_column
        )


def column_letters(number: int) -> str:
    """Return the letters of a column: 3 is `C`, 16384 is `XFD`.

    Raises:
        ValueError: there's no such column
    """
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(f"no column {number}")
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def letters_up_to(number: int) -> str:
    """Return a regular expression for the letters of the first columns: `[A-Z]|A[A-A]|AB` up to 28."""
    if number < 1:
        return "(?!)"
    last = column_letters(number)
    choices = ["[A-Z]" * length for length in range(1, len(last))]
    for place, letter in enumerate(last):
        if letter > "A":
            rest = "[A-Z]" * (len(last) - place - 1)
            choices.append(f"{last[:place]}[A-{chr(ord(letter) - 1)}]{rest}")
    return "|".join([*choices, last])


@cache
def column_number(letters: str) -> int:
    """Return the number of a column: `C` is 3; case doesn't matter.

    Raises:
        ValueError: there's no such column
    """
    if len(letters) > len("XFD"):
        raise ValueError(f"no column {letters[:10]!r}")
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            raise ValueError(f"no column {letters!r}")
        number = number * 26 + ord(letter) - 64
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(f"no column {letters!r}")
    return number


def split_ref(ref: str) -> tuple[int, int]:
    """Return the column and row of a cell: `C5` and `$C$5` are (3, 5).

    Raises:
        ValueError: the text isn't the address of a cell
    """
    found = _REF.fullmatch(ref)
    if found is None:
        raise ValueError(f"no cell {ref!r}")
    row = int(found[2])
    if not 1 <= row <= LAST_ROW:
        raise ValueError(f"no row {row}")
    return column_number(found[1]), row


def parse_range(ref: str) -> CellRange:
    """Parse a range: `B2:D9`, a single `B2`, or whole columns and rows (`B:D`, `2:9`).

    Raises:
        ValueError: the text isn't a range
    """
    first, _, last = ref.replace("$", "").partition(":")
    last = last or first
    if first.isdecimal() and last.isdecimal():
        return _ordered(1, int(first), LAST_COLUMN, int(last))
    if first.isalpha() and last.isalpha():
        return _ordered(column_number(first), 1, column_number(last), LAST_ROW)
    return _ordered(*split_ref(first), *split_ref(last))


def known_range(ref: str) -> CellRange | None:
    """Parse a range; return None if the text isn't one."""
    try:
        return parse_range(ref)
    except ValueError:
        return None


def parse_ranges(refs: str) -> tuple[CellRange, ...]:
    """Parse an `sqref`: ranges separated by spaces.

    Raises:
        ValueError: one of them isn't a range
    """
    return tuple(parse_range(ref) for ref in refs.split())


def cell_address(sheet: str, row: int, column: int) -> str:
    """Return a cell's address with its sheet, `Sheet1!C5`; the name is quoted as in Excel."""
    return f"{quoted_sheet(sheet)}!{column_letters(column)}{row}"


def quoted_sheet(sheet: str) -> str:
    """Return a sheet's name as in an address: `Sheet1`, `'My sheet'`, `'Bob''s'`."""
    if _PLAIN_SHEET_NAME.fullmatch(sheet) and not _LOOKS_LIKE_A_CELL.fullmatch(sheet):
        return sheet
    return "'" + sheet.replace("'", "''") + "'"


def _ordered(column: int, row: int, other_column: int, other_row: int) -> CellRange:
    if row > other_row:
        row, other_row = other_row, row
    if column > other_column:
        column, other_column = other_column, column
    return CellRange(row, other_row, column, other_column)
