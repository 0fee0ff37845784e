"""Write results into their rows, in the current state of the workbook."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, count, zip_longest
from pathlib import Path

from merge.errors import ColumnError, JournalError, WorkbookError, WriteBackError
from merge.input.data_sheet import DataSheet
from merge.input.paths import backup_path
from merge.journal import Journal
from merge.model import ResultValue, Row, RowKey, WrittenCells, shell_word
from merge.plan.decide import OUT_OF_DATE_NOTE
from merge.plan.known_sheet import KnownSheet
from merge.plan.recognize import RecognizedRow
from merge.results import RowStatus, result_of_entry
from merge.sheet.packed import HashSet
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
        known: the worksheet afterwards, to write into it again
        rows: how many rows were written
        missing: results whose rows are no longer in the workbook; they stay in the journal
        notes: messages about exceptions, in sentences
        stamp: the newest time that was written, UTC; None if none was
        edited: results of rows that were edited during the run, as they were written
        unrecorded: why the journal doesn't know that the workbook has the results; None if it does
    """

    known: KnownSheet
    rows: int = 0
    missing: tuple[RowStatus, ...] = ()
    notes: tuple[str, ...] = ()
    stamp: datetime | None = None
    edited: tuple[RowStatus, ...] = ()
    unrecorded: JournalError | None = None


class Results:
    """The results of many rows, found by the keys of their rows; fast where both are in the same order."""

    def __init__(self, *lists: Sequence[RowStatus]) -> None:
        self._lists = lists
        self._next = 0
        self._places: dict[RowKey, int] = {}

    def __iter__(self) -> Iterator[RowStatus]:
        return chain.from_iterable(self._lists)

    def __len__(self) -> int:
        return sum(map(len, self._lists))

    def __getitem__(self, place: int) -> RowStatus:
        for results in self._lists:
            if place < len(results):
                return results[place]
            place -= len(results)
        raise IndexError(place)

    def place_of(self, key: RowKey) -> int | None:
        """The place of a row's result, or None."""
        if self._next < len(self) and self[self._next].key == key:
            self._next += 1
            return self._next - 1
        if not self._places:
            self._places = {result.key: place for place, result in enumerate(self)}
        place = self._places.get(key)
        if place is not None:
            self._next = place + 1
        return place


def write_back(known: KnownSheet, results: Results, journal: Journal, now: datetime) -> WrittenBack:
    """Write results next to their rows, which are recognized again if the file has changed.

    Args:
        known: the worksheet and its rows as they were read
        results: the results by the keys of their rows
        journal: records which ids are in the workbook, and the newest time there
        now: the time of this change, UTC

    Raises:
        WriteBackError: the workbook couldn't be replaced, or can no longer be read; it is untouched
        JournalError: the workbook was changed meanwhile, and the journal can't be read; it is untouched
    """
    before = {row.key: row.id_cell for row in known.rows if row.id_cell}
    name = known.sheet.worksheet.name
    try:
        now = _after(journal.stamp(name), now)
    except JournalError:
        # Even if the journal was damaged during the run, the ids belong in the workbook.
        now = _after(None, now)
    for attempt in count(1):
        known = _reread(known, journal, name)
        change = _Change(known, results, before, now)
        try:
            written = change.write()
        except WriteBackError:
            if attempt == _ATTEMPTS or known.sheet.is_current:
                raise
        else:
            return replace(written, unrecorded=_record(journal, name, change.shown, written.stamp))
    raise AssertionError


def _record(
    journal: Journal, sheet: str, shown: Container[str], stamp: datetime | None
) -> JournalError | None:
    """Record which ids are in the workbook, which is written by then; return the error if that fails."""
    try:
        journal.mark_written(sheet, shown, stamp)
    except JournalError as error:
        return error
    return None


def _compared(row: Row, each: RecognizedRow, result: RowStatus | None) -> RowStatus | None:
    """What a row that was edited or copied during the run should show in place of its result, or None.

    A row that matches an earlier video again gets that one; any other is out of date.
    """
    if result is None:
        if not each.is_misplaced or each.is_left_alone:
            return None
        nothing = RowStatus(row=row.number, key=row.key, status=Status.TO_DO)
        return result_of_entry(row.number, replace(each.entry, key=row.key)) if each.entry else nothing
    if result.status not in (Status.COMPLETE, Status.DRAFT):
        return None
    if each.is_edited:
        return replace(result, status=Status.OUT_OF_DATE, note=OUT_OF_DATE_NOTE)
    if each.entry and each.entry.job not in (None, result.video_id):
        return result_of_entry(row.number, replace(each.entry, key=row.key))
    return None


def _after(stamp: datetime | None, now: datetime) -> datetime:
    """The time of a write-back in full seconds, far enough from the previous one to differ from it."""
    now = now.replace(microsecond=0)
    return now if stamp is None else max(now, stamp + _APART)


class _Change(Mapping[int, Mapping[str, ResultValue]]):
    """The result cells to be changed, by row number; they are made again whenever they are asked for.

    Attributes:
        shown: the ids of the results that have a row
        edited: results of rows that were edited during the run, as they are written
    """

    def __init__(
        self, known: KnownSheet, results: Results, before: Mapping[RowKey, str], now: datetime
    ) -> None:
        self._known = known
        self._sheet = known.sheet
        self._headers = known.sheet.results.headers
        self._practice = known.recognizer.settings.simulate
        self._results = results
        self._now = now
        self._here = bytearray(len(results))
        self._dated = False
        self._others: dict[int, RowStatus] = {}
        self.edited: tuple[RowStatus, ...] = ()
        self._numbers, self._places = array("L"), array("L")
        self._compare(known, before)
        self.shown: Collection[str] = HashSet(self._ids_here)

    def write(self) -> WrittenBack:
        """Write the cells into the workbook, which is still as it was read.

        Raises:
            WriteBackError: the workbook could not be replaced; it is untouched
        """
        both = zip(self._here, self._results, strict=True)
        missing = tuple(result for is_here, result in both if not is_here and result.video_id)
        known, notes = self._known, tuple[str, ...]()
        if self:
            written = _write_cells(self._sheet, self)
            known, notes = known.with_results(self._numbers, written.version), written.notes
        stamp = self._now if self._dated else None
        return WrittenBack(known, len(self), missing, notes, stamp=stamp, edited=self.edited)

    def __getitem__(self, number: int) -> Mapping[str, ResultValue]:
        at = bisect_left(self._numbers, number)
        if at == len(self._numbers) or self._numbers[at] != number:
            raise KeyError(number)
        return self._cells(self._others.get(number) or self._results[self._places[at]])

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def _compare(self, known: KnownSheet, before: Mapping[RowKey, str]) -> None:
        """Find the rows that don't show their results."""
        lines, shows = known.sheet.worksheet.rows, known.sheet.results.shows
        changed: list[tuple[int, int]] = []
        for row, each in zip_longest(known.rows, known.changed):
            place = self._results.place_of(row.key)
            result = None if place is None else self._results[place]
            # An id that another computer has written in the meantime isn't wiped out by a row without one.
            if result and not result.video_id and row.job not in ("", before.get(row.key, "")):
                continue
            other = _compared(row, each, result) if each else None
            if other:
                self._others[row.number] = other
                self.edited += (other,) if result else ()
            if place is not None:
                self._here[place] = True
            shown = other or result
            if shown is None:
                continue
            cells = self._cells(shown)
            if row.number in known.rewritten or not shows(lines[row.place], cells):
                changed.append((row.number, place or 0))
                self._dated |= cells[self._headers.updated] is not None
        changed.sort()
        self._numbers.extend(number for number, _ in changed)
        self._places.extend(place for _, place in changed)

    def _cells(self, result: RowStatus) -> Mapping[str, ResultValue]:
        cells = result.cells(self._headers, self._now, practice=self._practice)
        if result.status is Status.TO_DO and not result.note:
            cells[self._headers.updated] = None
        return cells

    def _ids_here(self) -> Iterator[str]:
        both = zip(self._here, self._results, strict=True)
        here = chain((result for is_here, result in both if is_here), self._others.values())
        return (result.video_id for result in here if result.video_id)


def _reread(known: KnownSheet, journal: Journal, name: str) -> KnownSheet:
    if known.sheet.is_current:
        return known
    try:
        return known.reread(journal.known(name))
    except (WorkbookError, ColumnError) as error:
        raise WriteBackError(
            f"the workbook changed during the run, and castmerge can't read it any more ({error})",
            place=str(known.sheet.path),
            hint=f"Fix it, and then run: castmerge write-back {shell_word(known.sheet.path)}",
        ) from error


def _write_cells(sheet: DataSheet, cells: Mapping[int, Mapping[str, ResultValue]]) -> WrittenCells:
    """Write result cells by row number into a sheet that hasn't changed since it was read.

    Raises:
        WriteBackError: the workbook couldn't be replaced; it is untouched
    """
    try:
        return write_columns(
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


def _backup(workbook: Path) -> Path:
    path = backup_path(workbook)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise WriteBackError(
            f"castmerge can't write into the workbook's folder ({error.strerror})",
            place=str(workbook.parent),
            hint="Allow castmerge to write there, or free up space on the disk. "
            f"Then run: castmerge write-back {shell_word(workbook)}",
        ) from error
    return path
