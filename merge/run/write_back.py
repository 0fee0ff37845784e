"""Write results next to their rows, in the workbook as it is now."""

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
"""How often to find the rows again if the workbook is saved while it is written."""


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """What was written.

    Attributes:
        rows: how many rows were written
        missing: results of rows that are no longer in the workbook; they stay in the journal
        notes: messages about what couldn't be done as usual
    """

    rows: int = 0
    missing: tuple[RowStatus, ...] = ()
    notes: tuple[str, ...] = ()


def write_back(
    known: KnownSheet, results: Iterable[RowStatus], journal: Journal, now: datetime
) -> WrittenBack:
    """Write results next to their rows, which are found by their keys in the file as it is now.

    Args:
        known: the worksheet and its rows as they were read
        results: what to write
        journal: records which ids are in the workbook
        now: the time of this change, UTC

    Raises:
        WriteBackError: the workbook couldn't be replaced, or can no longer be read; it is untouched
    """
    by_key = {result.key: result for result in results}
    jobs = {row.key: row.job for row in known.rows}
    name = known.sheet.worksheet.name
    for attempt in count(1):
        known = _reread(known, journal.entries(name))
        # A row without an id doesn't erase one that another computer's run has written since.
        theirs = {row.key for row in known.rows if row.job not in ("", jobs.get(row.key, ""))}
        wanted = {key: result for key, result in by_key.items() if result.video_id or key not in theirs}
        try:
            written = _write_once(known, wanted, now)
        except WriteBackError:
            if attempt == _ATTEMPTS or known.sheet.is_current:
                raise
        else:
            journal.mark_written(
                name, [row.key for row in known.rows if row.key in wanted and wanted[row.key].video_id]
            )
            return written
    raise AssertionError


def _write_once(known: KnownSheet, wanted: Mapping[RowKey, RowStatus], now: datetime) -> WrittenBack:
    lines = {line.number: line for line in known.sheet.worksheet.rows}
    found = [(row, wanted[row.key]) for row in known.rows if row.key in wanted]
    cells = {
        row.number: changed
        for row, result in found
        if (changed := _changed_cells(known.sheet, lines[row.number], result, now))
    }
    here = {row.key for row, _ in found}
    missing = tuple(result for key, result in wanted.items() if key not in here and result.video_id)
    return WrittenBack(len(cells), missing, _write_cells(known.sheet, cells) if cells else ())


def _reread(known: KnownSheet, entries: Mapping[RowKey, Entry]) -> KnownSheet:
    try:
        return known.reread(entries)
    except (WorkbookError, ColumnError) as error:
        raise WriteBackError(
            f"the workbook was changed meanwhile and cannot be read any more ({error})",
            place=str(known.sheet.path),
            hint="Mend it, then: castmerge write-back",
        ) from error


def _changed_cells(
    sheet: DataSheet, line: SheetRow, result: RowStatus, now: datetime
) -> dict[str, ResultValue]:
    """Return a row's result cells, or nothing if the sheet shows the result already."""
    cells = result.cells(sheet.results.headers, now)
    if sheet.results.shows(line, cells):
        return {}
    if result.status is Status.TO_DO and not result.note:
        cells[sheet.results.headers.updated] = None
    return cells


def _write_cells(sheet: DataSheet, cells: Mapping[int, Mapping[str, ResultValue]]) -> tuple[str, ...]:
    """Write result cells by row number if the file is still as it was read; return notes."""
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
