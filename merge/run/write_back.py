"""Put results beside their rows, in the workbook as it is by now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from merge.errors import ColumnError, WorkbookError, WriteBackError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import KnownSheet
from merge.input.paths import backup_path
from merge.journal import Journal
from merge.model import Entry, ResultValue, RowKey, SheetRow
from merge.results import RowStatus
from merge.sheet.result_columns import Status
from merge.workbook import write_columns

_ATTEMPTS = 3
"""How often the rows are found anew where somebody saves the workbook at the very same time."""


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """What a write-back did.

    Attributes:
        rows: how many rows were written
        lost: results whose rows are not in the workbook any more; they stay in the journal
        notes: what could not be done as usual, in words
    """

    rows: int = 0
    lost: tuple[RowStatus, ...] = ()
    notes: tuple[str, ...] = ()


def write_back(
    known: KnownSheet, results: Iterable[RowStatus], journal: Journal, now: datetime
) -> WrittenBack:
    """Write results beside their rows; the rows are found by their keys, in the file as it is by now.

    Args:
        known: the worksheet and its rows as they were read
        results: what is to stand beside them
        journal: learns which ids stand in the workbook
        now: the time of this change, UTC

    Raises:
        WriteBackError: the workbook could not be replaced, or cannot be read any more; it is untouched
    """
    wanted = {result.key: result for result in results}
    jobs = {row.key: row.job for row in known.rows}
    name = known.sheet.worksheet.name
    for attempt in count(1):
        known = _as_it_is_now(known, journal.entries(name))
        theirs = {row.key for row in known.rows if row.job not in ("", jobs.get(row.key, ""))}
        # An id that another computer's run has put there meanwhile is not wiped out by a row without one.
        mine = {key: result for key, result in wanted.items() if result.video_id or key not in theirs}
        try:
            written = _write_once(known, mine, now)
        except WriteBackError:
            if attempt == _ATTEMPTS or known.sheet.is_current:
                raise
        else:
            here = [row.key for row in known.rows if row.key in mine and mine[row.key].video_id]
            journal.mark_written(name, here)
            return written
    raise AssertionError


def _write_once(known: KnownSheet, wanted: Mapping[RowKey, RowStatus], now: datetime) -> WrittenBack:
    lines = {line.number: line for line in known.sheet.worksheet.rows}
    found = [(row, wanted[row.key]) for row in known.rows if row.key in wanted]
    cells = {
        row.number: said
        for row, result in found
        if (said := to_say(known.sheet, lines[row.number], result, now))
    }
    here = {row.key for row, _ in found}
    lost = tuple(result for key, result in wanted.items() if key not in here and result.video_id)
    return WrittenBack(len(cells), lost, write_cells(known.sheet, cells) if cells else ())


def _as_it_is_now(known: KnownSheet, entries: Mapping[RowKey, Entry]) -> KnownSheet:
    try:
        return known.reread(entries)
    except (WorkbookError, ColumnError) as error:
        raise WriteBackError(
            f"the workbook was changed meanwhile and cannot be read any more ({error})",
            place=str(known.sheet.path),
            hint="Mend it, then: castmerge write-back",
        ) from error


def to_say(sheet: DataSheet, line: SheetRow, result: RowStatus, now: datetime) -> dict[str, ResultValue]:
    """A row's result cells, or nothing where the sheet says so already."""
    cells = result.cells(sheet.results.headers, now)
    return {} if sheet.results.shows(line, cells) else cells_of(sheet, result, now)


def cells_of(sheet: DataSheet, result: RowStatus, now: datetime) -> dict[str, ResultValue]:
    """What is to stand in a row's result cells; beside a row that is still to do there is no time."""
    cells = result.cells(sheet.results.headers, now)
    if result.status is Status.TO_DO and not result.note:
        cells[sheet.results.headers.updated] = None
    return cells


def write_cells(sheet: DataSheet, cells: Mapping[int, Mapping[str, ResultValue]]) -> tuple[str, ...]:
    """Put result cells by row number into a sheet that is still as it was read; gives what is to be said.

    Raises:
        WriteBackError: the workbook could not be replaced; it is untouched
    """
    try:
        written = write_columns(
            sheet.path,
            sheet=sheet.worksheet.name,
            header_row=sheet.header.row,
            rows=cells,
            columns=sheet.results.headers.all,
            widths=sheet.results.headers.widths,
            backup=_backup(sheet.path),
            since=sheet.read_from,
        )
    except WorkbookError as error:
        raise WriteBackError(error.message, place=error.place, hint=error.hint) from error
    return written.notes


def _backup(workbook: Path) -> Path:
    path = backup_path(workbook)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise WriteBackError(
            f"the workbook's folder cannot be written ({error.strerror})",
            place=str(workbook.parent),
            hint="Allow writing there, or make room; then run: castmerge write-back",
        ) from error
    return path
