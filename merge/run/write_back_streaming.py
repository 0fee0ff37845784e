"""Write back in little memory: the sheet is read row by row, and the journal asked for each.

Only where every row is what it looks like: known by its key alone, its video id none but its own, and no line
of the journal left over. Whatever is less simple needs all rows at once, and is left to `merge.writeback`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress, pairwise
from pathlib import Path
from typing import TypeAlias, overload

from merge.errors import ColumnError, MergeError, WorkbookError, WriteBackError
from merge.input.data_sheet import DataSheet, sheet_of
from merge.input.row_identity import KeyColumns, base_of, blank_key, numbered_key
from merge.journal import Journal
from merge.model import Entry, ResultValue, SheetRow, State
from merge.results import ExitCode, MergeResult, RowResult, count_rows, exit_code_of, result_of_entry
from merge.run.collect import SheetWithJournal, open_memory
from merge.run.write_back import WrittenBack, cells_of, to_say, write_back, write_cells
from merge.settings import Settings
from merge.sheet.columns import SEARCHED_ROWS
from merge.sheet.result_columns import Status
from merge.workbook import file_version
from merge.workbook.read.worksheet import read_top, stream_rows

Span: TypeAlias = "slice[int | None, int | None, int | None]"
_MOST_UNKNOWN = 1_000
"""So many rows may have no line in the journal; they are kept, and few in the sheets that this is for."""
_ENOUGH = 4
"""Bytes that hold every row number."""
_SETTLED_BY_A_RUN = (Status.OUT_OF_DATE, Status.INVALID)


class _NeedsAllRowsError(MergeError):
    """A row, or the sheet as a whole, is not what it looks like."""

    def __init__(self) -> None:
        super().__init__("a row, or the sheet, is not what it looks like")


@dataclass(frozen=True, slots=True)
class StreamedWriteBack:
    """What was written back, and where every row stands.

    Attributes:
        result: its rows are read from the journal when they are asked for, which must be open then
        written: what was written
    """

    result: MergeResult
    written: WrittenBack


@contextmanager
def filing(workbook: Path, settings: Settings, now: datetime) -> Iterator[StreamedWriteBack]:
    """Put what the journal knows into the workbook; the journal stays open as long as the block lasts.

    Args:
        workbook: the workbook
        settings: the sheet and the journal, where they were given
        now: the time of this change, UTC

    Raises:
        InputError: no run was ever made for this workbook or sheet
        JournalError: another run holds the journal, or it cannot be used
        WriteBackError: the workbook could not be replaced; it is untouched
    """
    with open_memory(workbook, settings, lock=True) as known:
        yield write_back_streaming(known, now) or _with_all_rows(known, now)


def _with_all_rows(known: SheetWithJournal, now: datetime) -> StreamedWriteBack:
    sheet_status = known.sheet_status()
    written = write_back(sheet_status.known, sheet_status.journaled, known.journal, now)
    return StreamedWriteBack(sheet_status.summary(), written)


def write_back_streaming(known: SheetWithJournal, now: datetime) -> StreamedWriteBack | None:
    """Put what the journal knows into the workbook, or nothing at all where that takes all rows at once.

    Raises:
        WriteBackError: the workbook could not be replaced; it is untouched
    """
    workbook, sheet, memory, journal = known.workbook, known.sheet, known.memory, known.journal
    before = file_version(workbook)
    try:
        top = read_top(workbook, sheet, rows=SEARCHED_ROWS + 1, down_to=memory.header_row or 0)
        found = sheet_of(workbook, top, header_row=memory.header_row, prefix=memory.prefix)
        found = replace(found, read_from=before)
        rows = _Rows(found, memory.basis(found), journal, now)
        rows.read()
    except (_NeedsAllRowsError, WorkbookError, ColumnError):
        return None
    try:
        notes = write_cells(found, rows.to_write) if rows.to_write else ()
    except WriteBackError:
        if file_version(workbook) == before:
            raise
        return None
    journal.mark_all_written(sheet)
    results = rows.results
    code = exit_code_of(count_rows(results)) or ExitCode.COMPLETE
    result = MergeResult(str(workbook), found.worksheet.name, memory.template, results, code)
    return StreamedWriteBack(result, WrittenBack(len(rows.to_write), notes=notes))


class _Rows:
    """The data rows of a sheet, each by its number and its place in the journal.

    Attributes:
        results: where each row stands
        to_write: the result cells of those rows of which the sheet does not say so yet
    """

    def __init__(self, sheet: DataSheet, basis: KeyColumns, journal: Journal, now: datetime) -> None:
        self._sheet = sheet
        self._basis = basis
        self._journal = journal
        self._now = now
        self.results = _Results(journal)
        self.to_write = _Cells(self.results, sheet, now)
        self._claimed = bytearray()
        self._found = 0

    def read(self) -> None:
        """Read them all.

        Raises:
            _NeedsAllRowsError: one of them, or the journal, is not what it looks like
        """
        for line in stream_rows(self._sheet.path, self._sheet.worksheet.name):
            if self._sheet.is_data(line):
                self._read(line)
        told = self._journal.tally(self._sheet.worksheet.name)
        ordered = all(above < below for above, below in pairwise(self.results.numbers))
        # An entry that no row has found may be that of a row that was edited since.
        if not ordered or self._found != told.entries or told.jobs != told.different_jobs:
            raise _NeedsAllRowsError

    def _read(self, line: SheetRow) -> None:
        results, key = self._sheet.results, numbered_key(base_of(line, self._basis), 1, self._basis.ordinal)
        job, status = results.job_of(line), Status.of(results.status_of(line))
        place, entry = self._journal.find(self._sheet.worksheet.name, key) or (0, None)
        if blank_key(line, self._basis) or (job and (entry is None or entry.job != job)):
            raise _NeedsAllRowsError
        if entry is None:
            self.results.add_unknown(RowResult(line.number, key, status))
            return
        if self._is_odd(entry, job, status):
            raise _NeedsAllRowsError
        self._claim(place)
        self.results.add(line.number, place)
        if to_say(self._sheet, line, result_of_entry(line.number, entry), self._now):
            self.to_write.add(len(self.results) - 1)

    def _claim(self, place: int) -> None:
        """An entry is one row's alone."""
        self._claimed.extend(bytes(max(0, place + 1 - len(self._claimed))))
        if self._claimed[place]:
            raise _NeedsAllRowsError
        self._claimed[place] = 1
        self._found += 1

    def _is_odd(self, entry: Entry, job: str, status: Status) -> bool:
        cleared = bool(entry.written) and not (job or status) and self._sheet.has_result_columns
        elsewhere = bool(job) and entry.state is State.NOT_TAKEN and entry.generation == 0
        return cleared or elsewhere or status in _SETTLED_BY_A_RUN


class _Results(Sequence[RowResult]):
    """Where rows stand, read from the journal when it is asked for.

    Attributes:
        numbers: the rows' numbers, in the sheet's order
        places: the places of their entries in the journal; 0 where there is none
    """

    def __init__(self, journal: Journal) -> None:
        self.numbers = array("L" if array("I").itemsize < _ENOUGH else "I")
        self.places = array("q")
        self._journal = journal
        self._unknown: dict[int, RowResult] = {}

    def add(self, number: int, place: int) -> None:
        """A row with an entry."""
        self.numbers.append(number)
        self.places.append(place)

    def add_unknown(self, result: RowResult) -> None:
        """A row without an entry."""
        if len(self._unknown) == _MOST_UNKNOWN:
            raise _NeedsAllRowsError
        self._unknown[len(self)] = result
        self.add(result.row, 0)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> RowResult: ...
    @overload
    def __getitem__(self, index: Span) -> Sequence[RowResult]: ...
    def __getitem__(self, index: int | Span) -> RowResult | Sequence[RowResult]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        if known := self._unknown.get(position):
            return known
        return result_of_entry(self.numbers[position], self._journal.at(self.places[position]))


class _Cells(Mapping[int, Mapping[str, ResultValue]]):
    """Result cells by row number, made when they are asked for."""

    def __init__(self, results: _Results, sheet: DataSheet, now: datetime) -> None:
        self._results = results
        self._sheet = sheet
        self._now = now
        self._wanted = bytearray()
        self._count = 0

    def add(self, position: int) -> None:
        """The row at this position among the others."""
        self._wanted.extend(bytes(position + 1 - len(self._wanted)))
        self._wanted[position] = 1
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return compress(self._results.numbers, self._wanted)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self._position(number) is not None

    def __getitem__(self, number: int) -> Mapping[str, ResultValue]:
        position = self._position(number)
        if position is None:
            raise KeyError(number)
        return cells_of(self._sheet, self._results[position], self._now)

    def _position(self, number: int) -> int | None:
        numbers = self._results.numbers
        position = bisect_left(numbers, number)
        found = position < len(self._wanted) and self._wanted[position] and numbers[position] == number
        return position if found else None
