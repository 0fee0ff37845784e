"""Plan a write to one worksheet: which columns are ours, which are new, and which values go where."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from merge.errors import MergeError, WorkbookError
from merge.model import Color, ResultValue
from merge.sheet.addresses import LAST_ROW, CellRange, cell_address, column_letters
from merge.sheet.columns import normalize
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.write.excel_table import adjoining_table, can_take, columns_of_others, table_parts
from merge.workbook.write.free_columns import (
    find_occupants,
    first_free_column,
    formula_occupants,
    merged_ranges,
    refuse_filled,
    refuse_merged,
)
from merge.workbook.write.scan_sheet import SheetScan, scan_sheet
from merge.workbook.xml.parse import (
    SAVE_AGAIN,
    STRICT,
    TRANSITIONAL,
    Element,
    descendants,
    local,
    namespace,
    parse,
)

_MOST_ON_A_SHEET = 20_000
"""Elements around the rows of a sheet; only conditional formats can be many."""

Rows = Mapping[int, Mapping[str, ResultValue]]
Colors = Mapping[str, Mapping[str, Color]]


class Request(NamedTuple):
    """The arguments of `write_columns`, with every header in `columns`; see `with_every_header`."""

    sheet: str
    header_row: int
    rows: Rows
    columns: tuple[str, ...]
    widths: Mapping[str, int] = MappingProxyType({})
    table: str | None = None
    colors: Colors = MappingProxyType({})
    wrapped: Collection[str] = ()


class UnlistedHeaderError(MergeError):
    """A row has a header that the request doesn't list."""


def with_every_header(request: Request) -> Request:
    """Return the request with the headers of all rows; each row is read, which takes time."""
    headers = dict.fromkeys(request.columns)
    for number in sorted(request.rows):
        headers |= dict.fromkeys(request.rows[number])
    return request._replace(columns=tuple(headers))


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes where.

    Attributes:
        sheet: the worksheet
        header_row: number of its header row
        columns: column number by header, from left to right
        new: headers to write, by column from left to right; empty if all are there
        table: the part of the Excel Table that takes in the new columns, or None
        rows: the values, by row number and header
        numbers: the rows to write into below the header row, from top to bottom; some may have no values
        widths: minimum width of new columns in characters, by header
        colors: colors of cells, by header and text
        wrapped: headers of the columns in which new cells wrap their text
    """

    sheet: SheetPart
    header_row: int
    columns: Mapping[str, int]
    new: Mapping[int, str]
    table: str | None
    rows: Rows
    numbers: Sequence[int]
    widths: Mapping[str, int]
    colors: Colors
    wrapped: Collection[str]

    def values(self, row: int) -> Mapping[str, ResultValue]:
        """Return the values to write into a row, by header."""
        if row == self.header_row:
            return {header: header for header in self.new.values()}
        try:
            return self.rows[row]
        except KeyError:
            return {}

    def cells(self, row: int) -> list[tuple[int, ResultValue]]:
        """Return the columns and values to write into a row, from left to right."""
        values = self.values(row)
        return [(column, values[header]) for header, column in self.columns.items() if header in values]

    def row_numbers(self) -> Iterator[int]:
        """Yield the numbers of the rows to write into, from top to bottom."""
        if self.new:
            yield self.header_row
        yield from self.numbers


def make_plan(package: Package, sheet: SheetPart, scan: SheetScan, request: Request) -> Plan:
    """Find our columns by their headers and make room for those that are missing.

    Raises:
        WorkbookError: two columns have one of our headers, or there's no room for new ones.
    """
    place = f"{package.path}, sheet {sheet.name!r}"
    header_row, headers = request.header_row, tuple(dict.fromkeys(request.columns))
    _refuse_impossible_rows(request.rows, header_row, place)
    skeleton = _skeleton(scan, place)
    tables = table_parts(package, sheet) if b"tablePart" in scan.tail else ()
    others = columns_of_others(tables, header_row, request.table)
    there = {column: text for column, text in scan.headers.items() if column not in others}
    found = _find(there, headers, sheet.name, header_row)
    missing = [header for header in headers if header not in found]
    columns = dict(found)
    table = None
    if missing and scan.last_column is None:  # another list has the header
        scan = scan_sheet(package, sheet, header_row, every_row=False)
    if missing:
        assert scan.last_column is not None, "it is looked for"
        table = adjoining_table(tables, header_row, scan.last_column, request.table)
        last_row = max(scan.last_row, max(request.rows, default=0))
        taken = find_occupants(package, sheet, skeleton, scan.arrays, request.colors.values())
        taken += formula_occupants(package, sheet, scan.prefix) if scan.has_formulas else []
        start = scan.last_column + 1
        first = first_free_column(start, len(missing), (header_row, last_row), taken, place)
        columns |= {header: first + n for n, header in enumerate(missing)}
        if first != start or (table is not None and not can_take(package, table, missing)):
            table = None
    plan = Plan(
        sheet,
        header_row,
        dict(sorted(columns.items(), key=itemgetter(1))),
        {columns[header]: header for header in missing},
        table,
        request.rows,
        _filled(request.rows),
        request.widths,
        request.colors,
        request.wrapped,
    )
    _refuse_covered(scan, plan, place)
    return plan


def _filled(rows: Rows) -> Sequence[int]:
    """Return the numbers of the rows from the first to the last one with values."""
    numbers = sorted(rows)
    while numbers and not rows[numbers[-1]]:
        numbers.pop()
    empty = takewhile(lambda number: not rows[number], numbers)
    return numbers[len([*empty]) :]


def _skeleton(scan: SheetScan, place: str) -> Element:
    """Parse the sheet without its rows, and refuse what can't be written into."""
    skeleton = parse(scan.skeleton, place)
    if len(skeleton) > _MOST_ON_A_SHEET:
        raise WorkbookError(
            f"it has more than {_MOST_ON_A_SHEET:,} conditional formats",
            place=place,
            hint="In Excel, use Home > Conditional Formatting > Clear Rules > Clear Rules from Entire Sheet.",
        )
    if local(skeleton) != "worksheet" or namespace(skeleton) not in {TRANSITIONAL, STRICT}:
        raise WorkbookError(
            f"castmerge doesn't know its format ({skeleton.tag})", place=place, hint=SAVE_AGAIN
        )
    if [local(it) for it in skeleton].count("sheetData") != 1 or len(
        list(descendants(skeleton, "sheetData"))
    ) > 1:
        raise WorkbookError("its rows are in more than one place", place=place, hint=SAVE_AGAIN)
    return skeleton


def _refuse_impossible_rows(rows: Rows, header_row: int, place: str) -> None:
    for number in (min(rows), max(rows)) if rows else ():
        if not header_row < number <= LAST_ROW:
            raise WorkbookError(
                f"castmerge can't write results into row {number}, because the headers are in row "
                f"{header_row}",
                place=place,
                hint="Choose the right header row",
            )


def _find(there: Mapping[int, str], headers: tuple[str, ...], sheet: str, header_row: int) -> dict[str, int]:
    by_name: dict[str, list[int]] = {}
    for column, text in there.items():
        by_name.setdefault(normalize(text), []).append(column)
    found: dict[str, int] = {}
    for header in headers:
        match by_name.get(normalize(header), []):
            case [column]:
                found[header] = column
            case [first, second, *_]:
                other = f"{column_letters(second)}{header_row}"
                raise WorkbookError(
                    f"two columns have the header {header!r}",
                    place=f"{cell_address(sheet, header_row, first)} and {other}",
                    hint="Rename or delete one of them.",
                )
            case _:
                continue
    return found


def _refuse_covered(scan: SheetScan, plan: Plan, place: str) -> None:
    """Refuse cells under merges and array formulas. Few sheets have any, so rows are only checked then."""
    if not plan.columns:
        return
    columns = plan.columns.values()
    ours = CellRange(plan.header_row, LAST_ROW, min(columns), max(columns))
    merges = merged_ranges(parse(scan.skeleton, place)) if b"mergeCell" in scan.tail else []
    refuse_merged(tuple(it for it in merges if it.touches(ours)), _targets(plan), place)
    refuse_filled(tuple(it for it in scan.arrays if it.touches(ours)), _targets(plan), place)


def _targets(plan: Plan) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in plan.row_numbers() for column, _ in plan.cells(row))
