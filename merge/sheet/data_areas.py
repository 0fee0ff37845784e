"""Which cells of a workbook are the data: an Excel Table or a plain list, and where its header row is.

Every Table with a header row is a candidate, and so are the cells of a worksheet outside its Tables. If there
are several, the one whose headers the template uses is the data. castmerge's own result columns never count,
so that a worksheet is understood the same way before and after results are written into it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import Final, TypeAlias

from merge.errors import ColumnError
from merge.model import Cell, CellKind, MergedRange, SheetRow, TableRange, Worksheet
from merge.sheet.addresses import CellRange
from merge.sheet.columns import Header, cell_text, data_rows, is_blank, make_header, normalize, suggest

Fit: TypeAlias = Callable[[Header], int]
"""How many of a header's columns are used, by a template for example; 0 if it doesn't fit at all."""

SEARCHED_ROWS: Final = 20
"""How many non-blank rows are searched for a header."""
_MOST_SEARCHED = 20_000
"""The maximum number of cells in the rows that are searched, apart from the first three."""
_LISTED: Final = 6


@dataclass(frozen=True, slots=True)
class DataArea:
    """A Table or a plain list that could be the data.

    Attributes:
        header: its columns, including result columns
        has_rows: whether there is a value below its header
        score: how many of its columns are used
        cells: the range that it covers, such as `A1:C9`, or only its header's for a plain list
        is_only_on_sheet: whether its worksheet has no other candidate
    """

    header: Header
    has_rows: bool
    score: int
    cells: str
    is_only_on_sheet: bool = True

    @property
    def option(self) -> str:
        """The options that choose it, for a hint."""
        if self.header.table:
            return f"--table {_quoted(self.header.table)}"
        sheet = f"--sheet {_quoted(self.header.sheet)}"
        return sheet if self.is_only_on_sheet else f"{sheet} --header-row {self.header.row}"

    @property
    def what(self) -> str:
        """What it is and where, for a hint."""
        kind = f"the Table {self.header.table}" if self.header.table else "the list"
        return f"{kind} at {self.cells} in the sheet “{self.header.sheet}”"


def find_header(
    sheet: Worksheet,
    *,
    header_row: int | None = None,
    table: str | None = None,
    ignored: Collection[str] = (),
    fit: Fit | None = None,
) -> Header:
    """Find the row that names the columns of a worksheet's data.

    Among several Tables and a plain list, the one with the most used columns is the data. If nothing is used,
    it is the largest Table, or the upper left one if several are equally large, or else the list.

    The header of a plain list is the row, among the first 20 that aren't blank, with the most used columns.
    If nothing is used, it is the first one whose cells are all text, that has data below it, and that isn't
    a title.

    A title is a row that is merged across columns; a single cell above a wider sheet or before a blank row;
    a row less than half as wide as the rows below it; or a row narrower than a row of text that follows
    after a blank row.

    Args:
        sheet: the worksheet
        header_row: its number as Excel shows it, or None to search
        table: the Excel Table's name, or None to choose
        ignored: headers of castmerge's own columns. They don't influence the search, but are included in
            the columns found, even right next to a Table
        fit: counts the used columns of a header; None if that isn't known

    Raises:
        ColumnError: there's no such row or Table, or several fit equally well
    """
    areas = data_areas(sheet, header_row=header_row, table=table, ignored=ignored, fit=fit)
    return choose_area(areas, header_row=header_row, place=sheet.name).header


def choose_area(
    areas: Sequence[DataArea], *, header_row: int | None = None, table: str | None = None, place: str
) -> DataArea:
    """Choose the area that fits best; the first if none fits.

    Args:
        areas: at least one
        header_row: the header row that was given; it means a plain list rather than a Table
        table: the Table that an earlier run used, which is chosen again; "" for a plain list, which is chosen
            if it fits best. None if there was no run, so that areas that fit equally well are an error
        place: the workbook or worksheet, for the error

    Raises:
        ColumnError: several fit equally well
    """
    if table and (used_before := [area for area in areas if area.header.table == table]):
        return used_before[0]
    best = max(area.score for area in areas)
    if best == 0:
        return areas[0]
    fitting = [area for area in areas if area.score == best]
    fitting = [area for area in fitting if area.has_rows] or fitting
    if len(fitting) > 1 and header_row is not None:
        fitting = [area for area in fitting if not area.header.table] or fitting
    if table is not None:
        fitting = [area for area in fitting if not area.header.table][:1] or fitting[:1]
    if len(fitting) == 1:
        return fitting[0]
    listed = "".join(f"\n  {area.option} for {area.what}" for area in fitting[:_LISTED])
    more = f"\n  and {len(fitting) - _LISTED} more" if len(fitting) > _LISTED else ""
    raise ColumnError(
        f"the template's columns are in {len(fitting)} places, so castmerge can't tell which one you mean",
        place=place,
        hint=f"Add one of these to the command:{listed}{more}",
    )


def data_areas(
    sheet: Worksheet,
    *,
    header_row: int | None = None,
    table: str | None = None,
    ignored: Collection[str] = (),
    fit: Fit | None = None,
) -> tuple[DataArea, ...]:
    """Find everything on a worksheet that could be the data; arguments as for `find_header`.

    Returns:
        At least one area: the Tables from the largest to the smallest, then the plain list.

    Raises:
        ColumnError: there's none
    """
    finder = _Finder(sheet, frozenset(map(normalize, ignored)), fit)
    if table is not None:
        header = finder.table_header(_named_table(sheet, table))
        if not finder.has_data_columns(header):
            raise ColumnError(
                f"the Table {header.table} has no column names in row {header.row}",
                place=sheet.name,
                hint="Type a name above each column, or choose another Table with --table",
            )
        return (finder.area(header),)
    tables = sorted(finder.tables, key=_table_rank, reverse=True)
    headers = [finder.table_header(each) for each in tables if header_row in (None, each.first_row)]
    headers = [header for header in headers if finder.has_data_columns(header)]
    plain = finder.list_header(header_row)
    if plain is not None:
        headers.append(plain)
    if not headers:
        raise _no_header(sheet, header_row)
    areas = (finder.area(header) for header in headers)
    return tuple(replace(area, is_only_on_sheet=len(headers) == 1) for area in areas)


def named_tables(sheet: Worksheet, name: str) -> list[TableRange]:
    """The Tables of a worksheet with this name, which Excel makes unique within the workbook."""
    return [table for table in sheet.tables if normalize(table.name) == normalize(name)]


def no_such_table(name: str, tables: Iterable[tuple[str, TableRange]], place: str) -> ColumnError:
    """The error for a Table that doesn't exist.

    Args:
        name: as given
        tables: the Tables that exist, each with its worksheet's name
        place: the workbook or worksheet
    """
    known = [(table.name, f"{_quoted(table.name)} (sheet “{sheet}”)") for sheet, table in tables]
    likely = suggest(name, [each for each, _ in known])
    listed = f"The Tables are: {', '.join(where for _, where in known)}." if known else (
        "There are no Excel Tables in it. Use --sheet instead of --table."
    )  # fmt: skip
    return ColumnError(
        f"there's no Excel Table “{name}”",
        place=place,
        hint=f"Did you mean --table {_quoted(likely)}? {listed}" if likely else listed,
    )


def _named_table(sheet: Worksheet, name: str) -> TableRange:
    found = named_tables(sheet, name)
    if not found:
        raise no_such_table(name, ((sheet.name, table) for table in sheet.tables), sheet.name)
    if not found[0].header_rows:
        raise ColumnError(
            f"the Table {found[0].name} has no header row",
            place=sheet.name,
            hint="In Excel, select a cell in it, and check Header Row under Table Design",
        )
    return found[0]


def _no_header(sheet: Worksheet, header_row: int | None) -> ColumnError:
    filled = [row.number for row in sheet.rows if not all(map(is_blank, row.cells.values()))]
    likely = filled[0] if filled and filled[0] != header_row else 3
    named = f"such as --header-row {likely}"
    hint = f"Add --header-row with the number of the row that has the column names, {named}"
    if not filled:
        message, hint = "the worksheet is empty", "Add --sheet with the name of the sheet that has the rows"
    elif header_row is not None:
        message = f"row {header_row} should be the header row (--header-row), but it's blank"
    elif len(filled) == 1:
        message = f"only row {likely} has values, so there are no rows below the column names"
        hint = "Enter the rows below it, or add --sheet with the name of the sheet that has them"
    else:
        message = f"castmerge can't find column names with data below them in the first {SEARCHED_ROWS} rows"
    return ColumnError(message, place=sheet.name, hint=hint)


def _quoted(name: str) -> str:
    return name if name.replace("_", "").isalnum() else f'"{name}"'


def _table_rank(table: TableRange) -> tuple[int, int, int]:
    size = (table.last_row - table.first_row + 1) * (table.last_column - table.first_column + 1)
    return size, -table.first_row, -table.first_column


def _covers(area: TableRange | MergedRange, column: int) -> bool:
    return area.first_column <= column <= area.last_column


def _is_in(area: TableRange, row: int, column: int) -> bool:
    return area.first_row <= row <= area.last_row and _covers(area, column)


class _Finder:
    """Finds headers on one worksheet."""

    def __init__(self, sheet: Worksheet, ours: frozenset[str], fit: Fit | None) -> None:
        self._sheet = sheet
        self._ours = ours
        self._fit = fit
        self.tables = [table for table in sheet.tables if table.header_rows]
        self._merges = sorted(sheet.merges, key=lambda merge: merge.first_row)
        self._first_rows = [merge.first_row for merge in self._merges]
        self._places: dict[int, int] = {}

    def _merged_in(self, row: int) -> Iterator[MergedRange]:
        """The merged ranges that cover cells of a row."""
        begun = islice(self._merges, bisect_right(self._first_rows, row))
        return (merge for merge in begun if merge.last_row >= row)

    def area(self, header: Header) -> DataArea:
        """A header with what decides whether it is the data."""
        own = replace(header, columns=tuple(each for each in header.columns if each.name not in self._ours))
        rows = self._rows(own.first_row, own.last_row or math.inf)
        has_rows = next(data_rows(rows, own), None) is not None
        return DataArea(header, has_rows, self._fit(own) if self._fit else 0, self._cells(own))

    def has_data_columns(self, header: Header) -> bool:
        """Whether a header names more than result columns."""
        return any(column.name not in self._ours for column in header.columns)

    def table_header(self, table: TableRange) -> Header:
        """The header of a Table, with result columns next to it that no other Table covers."""
        cells = {
            number: cell
            for number, cell in self._header_cells(self._row(table.first_row)).items()
            if _covers(table, number)
            or (self._is_ours(cell_text(cell)) and not self._is_in_table(table.first_row, number))
        }
        if not any(_covers(table, number) for number in cells):
            cells = {}
        return replace(
            make_header(table.first_row, cells, sheet=self._sheet.name),
            first_row=table.first_row + table.header_rows,
            last_row=table.last_row - table.totals_rows,
            table=table.name,
        )

    def list_header(self, number: int | None) -> Header | None:
        """The header of the cells outside the Tables, in the given row or in the row that is found."""
        if number is not None:
            header = self._list_header(self._row(number))
            return header if self.has_data_columns(header) else None
        top = list(self._searched_rows())
        usual = _usual_header_row(top)
        headers = [self._list_header(each.row) for each in top[:SEARCHED_ROWS]]
        scores = [self._fit(self._without_ours(header)) for header in headers] if self._fit else []
        best = max(scores, default=0)
        if best == 0:
            return self._list_header(usual) if usual else None
        fitting = [header for header, score in zip(headers, scores, strict=True) if score == best]
        return next((header for header in fitting if usual and header.row == usual.number), fitting[0])

    def _searched_rows(self) -> Iterator[_TopRow]:
        """The first rows with a value; of a sheet with thousands of columns only a few."""
        cells = 0
        for count, row in enumerate(islice(self._top_rows(), SEARCHED_ROWS + 1)):
            yield row
            cells += row.width
            if cells > _MOST_SEARCHED and count > 1:
                break

    def _list_header(self, row: SheetRow) -> Header:
        cells = {
            number: cell
            for number, cell in self._header_cells(row).items()
            if not self._is_in_table(row.number, number)
        }
        header = make_header(row.number, cells, sheet=self._sheet.name)
        below = [
            table.first_row - 1
            for table in self.tables
            if table.first_row > row.number and any(_covers(table, each.number) for each in header.columns)
        ]
        return replace(header, last_row=min(below, default=None))

    def _without_ours(self, header: Header) -> Header:
        return replace(header, columns=tuple(each for each in header.columns if each.name not in self._ours))

    def _is_ours(self, header: str) -> bool:
        return normalize(header) in self._ours

    def _is_in_table(self, row: int, column: int) -> bool:
        return any(_is_in(table, row, column) for table in self.tables)

    def _row(self, number: int) -> SheetRow:
        return next(self._rows(number, number), SheetRow(number, {}))

    def _rows(self, first: int, last: float) -> Iterator[SheetRow]:
        """The rows from one number to another."""
        rows = self._sheet.rows
        if first not in self._places:
            self._places[first] = bisect_left(rows, first, key=lambda row: row.number)
        places = range(self._places[first], len(rows))
        return takewhile(lambda row: row.number <= last, map(rows.__getitem__, places))

    def _cells(self, header: Header) -> str:
        table = next((table for table in self.tables if table.name == header.table), None)
        if table is not None:
            corners = (table.first_row, table.last_row, table.first_column, table.last_column)
            return CellRange(*corners).text
        numbers = [column.number for column in header.columns]
        return CellRange(header.row, header.row, min(numbers), max(numbers)).text if numbers else ""

    def _header_cells(self, row: SheetRow) -> dict[int, Cell]:
        """The cells of a header row that aren't blank, including cells merged down into it from above."""
        cells = {number: cell for number, cell in row.cells.items() if not is_blank(cell) and cell_text(cell)}
        covered = {*cells}
        for merge in self._merged_in(row.number):
            column = merge.first_column
            if column == merge.last_column and merge.first_row < row.number and column not in covered:
                covered.add(column)  # no two merged ranges have a cell in common
                anchor = self._row(merge.first_row).cells.get(column)
                if anchor is not None and not is_blank(anchor):
                    cells[column] = anchor
        return cells

    def _top_rows(self) -> Iterator[_TopRow]:
        """The rows with a value outside the Tables and the result columns."""
        block, previous = 0, 0
        results: set[int] = set()
        for row in self._sheet.rows:
            results |= {
                number
                for number, cell in row.cells.items()
                if cell.kind is CellKind.TEXT and self._is_ours(str(cell.value))
            }
            theirs = {
                number: cell
                for number, cell in row.cells.items()
                if number not in results and not is_blank(cell) and not self._is_in_table(row.number, number)
            }
            if not theirs:
                continue
            block += row.number > previous + 1
            previous = row.number
            yield self._top_row(row, theirs, results, block)

    def _top_row(
        self, row: SheetRow, theirs: Mapping[int, Cell], results: Collection[int], block: int
    ) -> _TopRow:
        merged_down = {
            number: cell
            for number, cell in self._header_cells(row).items()
            if number not in row.cells and number not in results and not self._is_in_table(row.number, number)
        }
        cells = {number: cell for number, cell in theirs.items() if cell_text(cell)} | merged_down
        merges = self._merged_in(row.number)
        across = [merge for merge in merges if merge.last_column > merge.first_column]
        merged = [any(_covers(merge, number) for merge in across) for number in cells]
        all_text = bool(cells) and all(cell.kind is CellKind.TEXT for cell in cells.values())
        return _TopRow(row, len(cells), block, all_text and not all(merged), any(merged))


@dataclass(frozen=True, slots=True)
class _TopRow:
    """One of the first rows, with what the search needs to know about it.

    Attributes:
        row: the row
        width: how many of its cells aren't blank
        block: the same number for rows without a blank row between them
        all_text: whether it could be a header: only text, and not all of it merged across columns
        has_merged: whether some of its cells are merged across columns
    """

    row: SheetRow
    width: int
    block: int
    all_text: bool
    has_merged: bool


def _usual_header_row(top: Sequence[_TopRow]) -> SheetRow | None:
    """The first row of texts with data below it that isn't a title."""
    for index, candidate in enumerate(top[:SEARCHED_ROWS]):
        below = top[index + 1 :]
        if candidate.all_text and below and not _is_title(candidate, below):
            return candidate.row
    return None


def _is_title(candidate: _TopRow, below: Sequence[_TopRow]) -> bool:
    widths = sorted(other.width for other in below)
    headings = [other for other in below[:-1] if other.all_text]
    widest_heading = max((other.width for other in headings), default=0)
    usual_width = max(widest_heading, widths[len(widths) // 2])
    if usual_width > (2 * candidate.width if candidate.width > 1 else 1):
        return True
    following = below[0]
    if following.block > candidate.block and candidate.width == 1 and headings:
        return True
    if candidate.has_merged and following.all_text and following.width > candidate.width:
        return True
    return any(other.block > candidate.block and other.width > candidate.width for other in headings)
