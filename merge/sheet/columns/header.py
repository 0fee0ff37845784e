"""A header row that was found: its columns, and the rows of data beneath it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from merge.errors import ColumnError
from merge.model import Cell, CellKind, SheetRow, Worksheet
from merge.sheet.addresses import column_letters
from merge.sheet.columns.names import identifier, normalise

_INVISIBLE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)
NAME_THE_ROW = "Name the row that holds the column names with --header-row."


@dataclass(frozen=True, slots=True)
class Column:
    """One column that has a header.

    Attributes:
        number: A is 1
        header: its text as it stands in the sheet, without blanks at its ends
        name: the header normalised; unique within a header row
        identifier: how a template may write it; two columns may share one
    """

    number: int
    header: str
    name: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Header:
    """The header row and the data beneath it; rows count from 1.

    Attributes:
        row: the header row's number
        columns: every column that has a header, from left to right, result columns among them
        first_row: the first row that may hold data
        last_row: the last one, where an Excel Table bounds it (its totals left out), or None
        sheet: the worksheet's name, for messages
    """

    row: int
    columns: tuple[Column, ...]
    first_row: int
    last_row: int | None = None
    sheet: str = ""


def address(column: int, row: int) -> str:
    """Name a cell as Excel does: column 28, row 5 is `AB5`."""
    return f"{column_letters(column)}{row}"


def is_blank(cell: Cell | None) -> bool:
    """Tell whether a cell holds nothing that can be seen; a formula without a value is not blank."""
    if cell is None:
        return True
    return cell.kind is CellKind.TEXT and not str(cell.value).strip(_INVISIBLE)


def data_rows(sheet: Worksheet, header: Header, *, result_columns: Collection[str]) -> Iterator[SheetRow]:
    """Go through the rows beneath the header that hold anything in a column that is not a result column.

    Blank rows are left out and end nothing.
    """
    ours = frozenset(map(normalise, result_columns))
    numbers = [column.number for column in header.columns if column.name not in ours]
    for row in sheet.rows:
        if row.number < header.first_row or (header.last_row is not None and row.number > header.last_row):
            continue
        if any(not is_blank(row.cells.get(number)) for number in numbers):
            yield row


def find_column(header: Header, name: str) -> Column | None:
    """Find a column by its header as it stands (any case, any blanks) or else by its identifier.

    Raises:
        ColumnError: the name is the identifier of several columns
    """
    normalised = normalise(name)
    for column in header.columns:
        if column.name == normalised:
            return column
    wanted = identifier(name)
    found = [column for column in header.columns if column.identifier == wanted]
    if len(found) > 1:
        raise ColumnError(
            f"`{name}` could mean either: {_cells(found[0], found[1], header.row)}",
            place=header.sheet,
            hint="Write the header as it stands in the workbook, or rename one of them.",
        )
    return found[0] if found else None


def make_header(
    sheet: Worksheet, row: SheetRow, cells: Mapping[int, Cell], *, first_row: int, last_row: int | None = None
) -> Header:
    """Make a header of the cells that name the columns, by their column numbers.

    Raises:
        ColumnError: two of them have the same name
    """
    columns = tuple(_column(number, shown(cell)) for number, cell in sorted(cells.items()))
    for left, right in pairwise(sorted(columns, key=lambda column: column.name)):
        if left.name == right.name:
            first, second = sorted((left, right), key=lambda column: column.number)
            raise ColumnError(
                f"two columns have the same name: {_cells(first, second, row.number)}",
                place=sheet.name,
                hint=f"Rename one of them in the workbook. If this is not the header row: {NAME_THE_ROW}",
            )
    return Header(row.number, columns, first_row, last_row, sheet.name)


def _column(number: int, text: str) -> Column:
    header = text.strip(_INVISIBLE)
    return Column(number, header, normalise(header), identifier(header))


def _cells(first: Column, second: Column, row: int) -> str:
    return " and ".join(f"{address(each.number, row)} ({_quoted(each)})" for each in (first, second))


def _quoted(column: Column) -> str:
    return f"“{' '.join(column.header.split())}”"


def shown(cell: Cell) -> str:
    """Give the text of a cell that is a header; numbers as they are stored."""
    if cell.kind is CellKind.BOOLEAN:
        return str(cell.value).upper()
    return str(cell.value)
