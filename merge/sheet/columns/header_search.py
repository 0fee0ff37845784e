"""Looking for the header row: Excel Tables first, then the first row of texts that is no title."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from merge.errors import ColumnError
from merge.model import Cell, CellKind, MergedRange, SheetRow, TableRange, Worksheet
from merge.sheet.columns.header import NAME_THE_ROW, Header, is_blank, make_header, shown
from merge.sheet.columns.names import normalise

SEARCHED_ROWS = 20
"""How many rows that hold anything are looked at for a header."""


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
    return make_header(sheet, row, _header_cells(sheet, row), first_row=row.number + 1)


def _given_header(sheet: Worksheet, number: int, ours: frozenset[str]) -> Header:
    row = next((row for row in sheet.rows if row.number == number), None)
    cells = _header_cells(sheet, row) if row else {}
    if row is None or not cells:
        raise ColumnError(
            f"row {number} was named as the header row, but it is blank",
            place=sheet.name,
            hint=NAME_THE_ROW,
        )
    for table in sheet.tables:
        if table.header_rows and table.first_row == number and _covers(table, min(cells)):
            return _table_header(sheet, table, ours)
    return make_header(sheet, row, cells, first_row=number + 1)


def _table_rank(table: TableRange) -> tuple[int, int, int]:
    size = (table.last_row - table.first_row + 1) * (table.last_column - table.first_column + 1)
    return size, -table.first_row, -table.first_column


def _covers(area: TableRange | MergedRange, column: int) -> bool:
    return area.first_column <= column <= area.last_column


def _table_header(sheet: Worksheet, table: TableRange, ours: frozenset[str]) -> Header:
    row = next((row for row in sheet.rows if row.number == table.first_row), SheetRow(table.first_row, {}))
    cells = {
        number: cell
        for number, cell in _header_cells(sheet, row).items()
        if _covers(table, number) or normalise(shown(cell)) in ours
    }
    if not cells:
        raise ColumnError(
            f"the Table {table.name} has no column names in row {row.number}",
            place=sheet.name,
            hint=NAME_THE_ROW,
        )
    last_row = table.last_row - table.totals_rows
    return make_header(sheet, row, cells, first_row=row.number + table.header_rows, last_row=last_row)


def _header_cells(sheet: Worksheet, row: SheetRow) -> dict[int, Cell]:
    """Gather what stands in a header row, with the headers merged down into it from above."""
    cells = {number: cell for number, cell in row.cells.items() if not is_blank(cell) and shown(cell)}
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
        hint=NAME_THE_ROW if lines else "",
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
        theirs = [cell for cell in cells.values() if normalise(shown(cell)) not in ours]
        across = [merge for merge in sheet.merges if _reaches_across(merge, row.number)]
        texts = bool(theirs) and all(cell.kind is CellKind.TEXT for cell in theirs)
        covered = [any(_covers(merge, number) for merge in across) for number in cells]
        lines.append(_Line(row, len(cells), block, texts and not all(covered), any(covered)))
    return lines


def _reaches_across(merge: MergedRange, row: int) -> bool:
    return merge.first_row <= row <= merge.last_row and merge.last_column > merge.first_column


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
