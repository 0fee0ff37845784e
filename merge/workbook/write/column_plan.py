"""What a write-back will do to one worksheet: which columns are ours, which are new, what else changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.sheet.addresses import LAST_ROW, CellRange, cell_address, column_letters
from merge.sheet.columns import normalize
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.write.excel_table import adjoining_table, can_take
from merge.workbook.write.formula_refs import mentioned
from merge.workbook.write.free_columns import (
    free_columns,
    merged_ranges,
    occupants,
    refuse_filled,
    refuse_merged,
)
from merge.workbook.write.requested_cells import RequestedCells, Rows, summarise
from merge.workbook.write.scan_sheet import Survey
from merge.workbook.xml.parse import SAVE_AGAIN, STRICT, TRANSITIONAL, descendants, local, namespace, parse


class Request(NamedTuple):
    """What is asked for: see `write_columns`. The rows may have headers beside the columns'."""

    sheet: str
    header_row: int
    rows: Rows
    columns: tuple[str, ...]
    widths: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes where.

    Attributes:
        sheet: the worksheet
        header_row: number of its header row
        columns: column number by header, from left to right
        new: headers to write, by column from left to right; empty where all are there
        table: the part of the table that takes the new columns in, or None
        asked: the values
        widths: how many characters new columns are to have room for at least, by header
    """

    sheet: SheetPart
    header_row: int
    columns: Mapping[str, int]
    new: Mapping[int, str]
    table: str | None
    asked: RequestedCells
    widths: Mapping[str, int]

    def cells(self, row: int) -> list[tuple[int, ResultValue]]:
        """Columns and values to write into a row, from left to right."""
        if row == self.header_row:
            return list(self.new.items())
        values = self.asked.rows.get(row)
        if not values:
            return []
        return [(column, values[header]) for header, column in self.columns.items() if header in values]

    def row_numbers(self) -> Iterator[int]:
        """The rows to write into, from top to bottom."""
        if self.new:
            yield self.header_row
        yield from self.asked.numbers()


def make_plan(package: Package, sheet: SheetPart, survey: Survey, request: Request) -> Plan:
    """Finds our columns by their headers and makes room for those that are missing.

    Raises:
        WorkbookError: two columns bear one of our headers, or there is no room for new ones.
    """
    place = f"{package.path}, sheet {sheet.name!r}"
    header_row, asked = request.header_row, summarise(request.rows)
    headers = tuple(dict.fromkeys((*request.columns, *asked.headers)))
    refuse_impossible_rows(asked, header_row, place)
    skeleton = parse(survey.skeleton, place)
    if local(skeleton) != "worksheet" or namespace(skeleton) not in {TRANSITIONAL, STRICT}:
        raise WorkbookError(f"its format is not known ({skeleton.tag})", place=place, hint=SAVE_AGAIN)
    if [local(it) for it in skeleton].count("sheetData") != 1 or len(
        list(descendants(skeleton, "sheetData"))
    ) > 1:
        raise WorkbookError("its rows stand in more than one place", place=place, hint=SAVE_AGAIN)
    found = _find(survey.headers, headers, sheet.name, header_row)
    missing = [header for header in headers if header not in found]
    columns = dict(found)
    table = None
    if missing:
        table = adjoining_table(package, sheet, header_row, survey.last_column)
        last_row = max(survey.last_row, asked.highest)
        taken = occupants(package, sheet, skeleton, survey.arrays)
        taken += mentioned(package, sheet, survey.prefix) if survey.has_formulas else []
        start = survey.last_column + 1
        first = free_columns(start, len(missing), (header_row, last_row), taken, place)
        columns |= {header: first + n for n, header in enumerate(missing)}
        if first != start or (table is not None and not can_take(package, table, missing)):
            table = None
    plan = Plan(
        sheet,
        header_row,
        dict(sorted(columns.items(), key=itemgetter(1))),
        {columns[header]: header for header in missing},
        table,
        asked,
        request.widths,
    )
    _refuse_covered(survey, plan, place)
    return plan


def refuse_impossible_rows(asked: RequestedCells, header_row: int, place: str) -> None:
    """Stops where results are meant for rows that are not below the header row.

    Raises:
        WorkbookError: there is such a row.
    """
    for number in (asked.lowest, asked.highest):
        if asked.rows and not header_row < number <= LAST_ROW:
            raise WorkbookError(
                f"results cannot be written into row {number}, the headers are in row {header_row}",
                place=place,
                hint="Name the right header row.",
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
                there_too = f"{column_letters(second)}{header_row}"
                raise WorkbookError(
                    f"two columns have the header {header!r}",
                    place=f"{cell_address(sheet, header_row, first)} and {there_too}",
                    hint="Rename or delete one of them.",
                )
            case _:
                continue
    return found


def _refuse_covered(survey: Survey, plan: Plan, place: str) -> None:
    """Merges and array formulas are looked for beside the rows: few sheets have any, and none should."""
    if not plan.columns:
        return
    columns = plan.columns.values()
    ours = CellRange(plan.header_row, LAST_ROW, min(columns), max(columns))
    merges = merged_ranges(parse(survey.skeleton, place)) if b"mergeCell" in survey.tail else []
    refuse_merged(tuple(it for it in merges if it.touches(ours)), _targets(plan), place)
    refuse_filled(tuple(it for it in survey.arrays if it.touches(ours)), _targets(plan), place)


def _targets(plan: Plan) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in plan.row_numbers() for column, _ in plan.cells(row))
