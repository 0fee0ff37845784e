"""Write results into their rows, in the current state of the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from merge.errors import ColumnError, WorkbookError, WriteBackError
from merge.input.data_sheet import DataSheet
from merge.input.paths import backup_path
from merge.journal import Journal
from merge.model import ResultValue, RowKey, SheetRow, SheetVideos, shell_word
from merge.plan.decide import OUT_OF_DATE_NOTE
from merge.plan.recognize import KnownSheet
from merge.results import RowStatus, result_of_entry
from merge.sheet.result_columns import Status
from merge.workbook import write_columns

_APART = timedelta(seconds=2)
"""The minimum time between two write-backs: programs that save the workbook may round to full seconds."""
_ATTEMPTS = 3
"""Attempts if the workbook is saved at the same time."""


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """What was written.

    Attributes:
        rows: how many rows were written
        missing: results whose rows are no longer in the workbook; they stay in the journal
        notes: messages about exceptions, in sentences
        stamp: the newest time that was written, UTC; None if none was
        edited: results of rows that were edited during the run, as they were written
    """

    rows: int = 0
    missing: tuple[RowStatus, ...] = ()
    notes: tuple[str, ...] = ()
    stamp: datetime | None = None
    edited: tuple[RowStatus, ...] = ()


def write_back(
    known: KnownSheet, results: Iterable[RowStatus], journal: Journal, now: datetime
) -> WrittenBack:
    """Write results into their rows, which are recognized again if the file has changed.

    Args:
        known: the worksheet and its rows as they were read
        results: the results by the keys of their rows
        journal: records which ids are in the workbook, and the newest time there
        now: the time of this change, UTC

    Raises:
        WriteBackError: the workbook couldn't be replaced, or can no longer be read; it is untouched
    """
    wanted = {result.key: result for result in results}
    before = {row.key: row.id_cell for row in known.rows}
    name = known.sheet.worksheet.name
    now = _after(journal.stamp(name), now)
    for attempt in count(1):
        known = _reread(known, journal.known(name))
        foreign = {row.key for row in known.rows if row.job not in ("", before.get(row.key, ""))}
        # A row without an id doesn't overwrite one that another computer's run has written in the meantime.
        mine = {key: result for key, result in wanted.items() if result.video_id or key not in foreign}
        edited = _edited(known, mine)
        mine |= edited | _corrections(known, mine)
        try:
            written = replace(_write_once(known, mine, now), edited=tuple(edited.values()))
        except WriteBackError:
            if attempt == _ATTEMPTS or known.sheet.is_current:
                raise
        else:
            shown = {result.video_id for row in known.rows if (result := mine.get(row.key))}
            videos = [video for video in journal.videos(name) if video.job and video.job in shown]
            journal.mark_written(name, videos, written.stamp)
            return written
    raise AssertionError


def _edited(known: KnownSheet, results: Mapping[RowKey, RowStatus]) -> dict[RowKey, RowStatus]:
    """Results of rows whose content has changed since their videos were submitted.

    A row that matches an earlier video again gets that one; any other is out of date.
    """
    edited = {}
    for row, each in zip(known.rows, known.changed, strict=False):
        result = results.get(row.key)
        if result is None or result.status not in (Status.COMPLETE, Status.DRAFT):
            continue
        if each.is_edited:
            edited[row.key] = replace(result, status=Status.OUT_OF_DATE, note=OUT_OF_DATE_NOTE)
        elif each.entry and each.entry.job not in (None, result.video_id):
            edited[row.key] = result_of_entry(row.number, replace(each.entry, key=row.key))
    return edited


def _corrections(known: KnownSheet, results: Mapping[RowKey, RowStatus]) -> dict[RowKey, RowStatus]:
    """The results that rows copied during the run should show instead of another row's video."""
    return {
        row.key: result_of_entry(row.number, replace(each.entry, key=row.key))
        if each.entry
        else RowStatus(row=row.number, key=row.key, status=Status.TO_DO)
        for row, each in zip(known.rows, known.changed, strict=False)
        if each.is_misplaced and not each.is_left_alone and row.key not in results
    }


def _after(stamp: datetime | None, now: datetime) -> datetime:
    """The time of a write-back in full seconds, far enough from the previous one to differ from it."""
    now = now.replace(microsecond=0)
    return now if stamp is None else max(now, stamp + _APART)


def _write_once(known: KnownSheet, wanted: Mapping[RowKey, RowStatus], now: datetime) -> WrittenBack:
    practice = known.recognizer.settings.simulate
    lines = {line.number: line for line in known.sheet.worksheet.rows}
    found = [(row, wanted[row.key]) for row in known.rows if row.key in wanted]
    cells = {
        row.number: values
        for row, result in found
        if (values := _changed_cells(known.sheet, lines[row.number], result, now, practice=practice))
    }
    here = {row.key for row, _ in found}
    missing = tuple(result for key, result in wanted.items() if key not in here and result.video_id)
    updated = known.sheet.results.headers.updated
    return WrittenBack(
        len(cells),
        missing,
        _write_cells(known.sheet, cells) if cells else (),
        stamp=now if any(values[updated] for values in cells.values()) else None,
    )


def _reread(known: KnownSheet, videos: SheetVideos) -> KnownSheet:
    try:
        return known.reread(videos)
    except (WorkbookError, ColumnError) as error:
        raise WriteBackError(
            f"the workbook changed during the run, and castmerge can't read it any more ({error})",
            place=str(known.sheet.path),
            hint=f"Fix it, and then run: castmerge write-back {shell_word(known.sheet.path)}",
        ) from error


def _changed_cells(
    sheet: DataSheet, line: SheetRow, result: RowStatus, now: datetime, *, practice: bool
) -> dict[str, ResultValue]:
    """A row's result cells, or nothing if the sheet already shows them."""
    headers = sheet.results.headers
    cells = result.cells(headers, now, practice=practice)
    if sheet.results.shows(line, cells):
        return {}
    if result.status is Status.TO_DO and not result.note:
        cells[headers.updated] = None
    return cells


def _write_cells(sheet: DataSheet, cells: Mapping[int, Mapping[str, ResultValue]]) -> tuple[str, ...]:
    """Write result cells by row number into a sheet that hasn't changed since it was read; returns notes.

    Raises:
        WriteBackError: the workbook couldn't be replaced; it is untouched
    """
    try:
        written = write_columns(
            sheet.path,
            sheet=sheet.worksheet.name,
            header_row=sheet.header.row,
            table=sheet.header.table,
            rows=cells,
            columns=sheet.results.headers.all,
            widths=sheet.results.headers.widths,
            colors=sheet.results.headers.colors,
            wrapped=(sheet.results.headers.note,),
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
            f"castmerge can't write into the workbook's folder ({error.strerror})",
            place=str(workbook.parent),
            hint="Allow writing there, or make room on the disk. "
            f"Then run: castmerge write-back {shell_word(workbook)}",
        ) from error
    return path
