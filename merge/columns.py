"""The header row of a worksheet: where it is, what its columns are called, which rows are data.

Pure. A header is known by its normalised name, so that case, stray blanks, line breaks and full-width
letters make no difference, and by the identifier a template may write for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise

from merge.errors import ColumnError
from merge.model import Cell, CellKind, SheetRow, TableRange, Worksheet
from merge.names import identifier, normalise, suggest
from merge.refs import column_letters

__all__ = [
    "Column",
    "Header",
    "address",
    "data_rows",
    "find_column",
    "find_header",
    "identifier",
    "is_blank",
    "normalise",
    "suggest",
]

SEARCHED_ROWS = 20
"""How many rows that hold anything are looked at for a header."""

_INVISIBLE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)
_NAME_THE_ROW = "Name the row that holds the column names with --header-row."


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


def find_header(sheet: Worksheet, *, header_row: int | None = None, ignored: Collection[str] = ()) -> Header:
    """Find the row that names the columns.

    `header_row` is taken as it is. Otherwise an Excel Table's header wins, the largest Table's where
    there are several, the upper left one of equals. Otherwise it is the first row, of the first 20 that
    hold anything, whose cells are all text and beneath which there is data, unless it is a title.

    A title is a row that is merged across columns; a lone cell over a wider sheet or before a blank row;
    a row less than half as wide as what stands beneath it; or one narrower than a row of texts beyond a
    blank row.

    Args:
        sheet: the worksheet
        header_row: its number as Excel shows it, or None to search
        ignored: headers that castmerge itself wrote; they take no part in the search, but are among
            the columns found, even just outside of a Table

    Raises:
        ColumnError: there is no such row, or two of its headers fall together
    """
    ours = frozenset(map(normalise, ignored))
    if header_row is not None:
        return _given_header(sheet, header_row, ours)
    if tables := [table for table in sheet.tables if table.header_rows]:
        return _table_header(sheet, max(tables, key=_table_rank), ours)
    row = _search(sheet, ours)
    return _header(sheet, row, _header_cells(sheet, row), first_row=row.number + 1)


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
            cure="Write the header as it stands in the workbook, or rename one of them.",
        )
    return found[0] if found else None


def _given_header(sheet: Worksheet, number: int, ours: frozenset[str]) -> Header:
    row = next((row for row in sheet.rows if row.number == number), None)
    cells = _header_cells(sheet, row) if row else {}
    if row is None or not cells:
        raise ColumnError(
            f"row {number} was named as the header row, but it is blank",
            place=sheet.name,
            cure=_NAME_THE_ROW,
        )
    for table in sheet.tables:
        if table.header_rows and table.first_row == number and _covers(table, min(cells)):
            return _table_header(sheet, table, ours)
    return _header(sheet, row, cells, first_row=number + 1)


def _table_rank(table: TableRange) -> tuple[int, int, int]:
    size = (table.last_row - table.first_row + 1) * (table.last_column - table.first_column + 1)
    return size, -table.first_row, -table.first_column


def _covers(table: TableRange, column: int) -> bool:
    return table.first_column <= column <= table.last_column


def _table_header(sheet: Worksheet, table: TableRange, ours: frozenset[str]) -> Header:
    row = next((row for row in sheet.rows if row.number == table.first_row), SheetRow(table.first_row, {}))
    cells = {
        number: cell
        for number, cell in _header_cells(sheet, row).items()
        if _covers(table, number) or normalise(_shown(cell)) in ours
    }
    if not cells:
        raise ColumnError(
            f"the Table {table.name} has no column names in row {row.number}",
            place=sheet.name,
            cure=_NAME_THE_ROW,
        )
    last_row = table.last_row - table.totals_rows
    return _header(sheet, row, cells, first_row=row.number + table.header_rows, last_row=last_row)


def _header(
    sheet: Worksheet, row: SheetRow, cells: Mapping[int, Cell], *, first_row: int, last_row: int | None = None
) -> Header:
    columns = tuple(_column(number, _shown(cell)) for number, cell in sorted(cells.items()))
    for left, right in pairwise(sorted(columns, key=lambda column: column.name)):
        if left.name == right.name:
            first, second = sorted((left, right), key=lambda column: column.number)
            raise ColumnError(
                f"two columns have the same name: {_cells(first, second, row.number)}",
                place=sheet.name,
                cure=f"Rename one of them in the workbook. If this is not the header row: {_NAME_THE_ROW}",
            )
    return Header(row.number, columns, first_row, last_row, sheet.name)


def _column(number: int, text: str) -> Column:
    header = text.strip(_INVISIBLE)
    return Column(number, header, normalise(header), identifier(header))


def _cells(first: Column, second: Column, row: int) -> str:
    return " and ".join(f"{address(each.number, row)} ({_quoted(each)})" for each in (first, second))


def _quoted(column: Column) -> str:
    return f"“{' '.join(column.header.split())}”"


def _shown(cell: Cell) -> str:
    if cell.kind is CellKind.BOOLEAN:
        return str(cell.value).upper()
    return str(cell.value)


def _header_cells(sheet: Worksheet, row: SheetRow) -> dict[int, Cell]:
    """Gather what stands in a header row, with the headers merged down into it from above."""
    cells = {number: cell for number, cell in row.cells.items() if not is_blank(cell) and _shown(cell)}
    for merge in sheet.merges:
        if merge.first_column == merge.last_column and merge.first_row < row.number <= merge.last_row:
            above = next((other for other in sheet.rows if other.number == merge.first_row), None)
            anchor = above.cells.get(merge.first_column) if above else None
            if anchor is not None and not is_blank(anchor):
                cells.setdefault(merge.first_column, anchor)
    return cells


@dataclass(frozen=True, slots=True)
class _Line:
    """One of the first rows, as the search sees it.

    Attributes:
        row: the row
        width: how many of its cells hold something
        block: rows without a blank row between them have the same one
        texts: whether it could be a header: all text, and not merged across as a whole
        grouping: whether some of its cells are merged across columns
    """

    row: SheetRow
    width: int
    block: int
    texts: bool
    grouping: bool


def _search(sheet: Worksheet, ours: frozenset[str]) -> SheetRow:
    lines = _lines(sheet, ours)
    for place, line in enumerate(lines[:SEARCHED_ROWS]):
        beneath = lines[place + 1 :]
        if line.texts and beneath and not _is_title(line, beneath):
            return line.row
    looked_for = (
        f"no row among the first {SEARCHED_ROWS} holds only texts (the column names) with data beneath it"
    )
    raise ColumnError(
        looked_for if lines else "the worksheet is empty",
        place=sheet.name,
        cure=_NAME_THE_ROW if lines else "",
    )


def _lines(sheet: Worksheet, ours: frozenset[str]) -> list[_Line]:
    """Look at the first rows, and one more, since the last of them must be followed by data as well."""
    lines: list[_Line] = []
    block, previous = 0, 0
    filled = (row for row in sheet.rows if any(not is_blank(cell) for cell in row.cells.values()))
    for row in islice(filled, SEARCHED_ROWS + 1):
        block += row.number > previous + 1
        previous = row.number
        cells = _header_cells(sheet, row)
        theirs = [cell for cell in cells.values() if normalise(_shown(cell)) not in ours]
        across = _merged_across(sheet, row.number)
        texts = bool(theirs) and all(cell.kind is CellKind.TEXT for cell in theirs)
        whole = across.issuperset(cells)
        lines.append(_Line(row, len(cells), block, texts and not whole, not across.isdisjoint(cells)))
    return lines


def _merged_across(sheet: Worksheet, row: int) -> frozenset[int]:
    """Gather the columns at which a cell of this row is merged with its right neighbour."""
    return frozenset(
        merge.first_column
        for merge in sheet.merges
        if merge.first_row <= row <= merge.last_row and merge.last_column > merge.first_column
    )


def _is_title(line: _Line, beneath: list[_Line]) -> bool:
    widths = sorted(other.width for other in beneath)
    headings = [other for other in beneath[:-1] if other.texts]
    widest = max((other.width for other in headings), default=0)
    most = max(widest, widths[len(widths) // 2])
    if most > (2 * line.width if line.width > 1 else 1):
        return True
    following = beneath[0]
    if following.block > line.block and line.width == 1 and headings:
        return True
    if line.grouping and following.texts and following.width > line.width:
        return True
    return any(other.block > line.block and other.width > line.width for other in headings)
