"""A worksheet whose rows are recognized, and the same one after results were written or it has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from merge.input.data_sheet import DataSheet
from merge.model import FileVersion, Row, SheetVideos
from merge.plan.recognize import RecognizedRow, Recognizer
from merge.sheet.packed import HashSet


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of several lists, one after the other, as often as they are wanted."""

    lists: tuple[Iterable[HasRow], ...]

    def __iter__(self) -> Iterator[Row]:
        return (each.row for rows in self.lists for each in rows)


class HasRow(Protocol):
    """A row with what is known of it."""

    @property
    def row(self) -> Row:
        """The row."""
        ...


@dataclass(frozen=True, slots=True)
class KnownSheet:
    """A worksheet whose rows are recognized, and how to recognize them again.

    Attributes:
        sheet: the worksheet
        rows: its rows
        recognizer: what they are recognized with
        changed: its rows with their videos, in the same order, if the file has changed; or nothing
        rewritten: numbers of the rows whose results have been written since
    """

    sheet: DataSheet
    rows: Iterable[Row]
    recognizer: Recognizer
    changed: Sequence[RecognizedRow] = ()
    rewritten: Collection[int] = ()

    def with_results(self, numbers: Sequence[int], version: FileVersion | None) -> KnownSheet:
        """The worksheet after results were written into rows with these numbers; it isn't read again."""
        before, sheet = self.rewritten, replace(self.sheet, read_from=version)
        return replace(self, sheet=sheet, rewritten=HashSet(lambda: chain(before, numbers)))

    def reread(self, known: SheetVideos) -> KnownSheet:
        """The same worksheet, read again if the file has changed since.

        Raises:
            WorkbookError: the workbook can no longer be read
            ColumnError: its header row can no longer be found
        """
        if self.sheet.is_current:
            return self
        sheet = self.recognizer.saved.read(self.sheet.path, self.sheet.worksheet.name)
        found = self.recognizer.recognize(sheet, known).rows
        again = replace(self, sheet=sheet, rows=Rows((found,)), changed=found, rewritten=())
        return replace(again, rows=_with_keys_by_values(again, self))


def _with_keys_by_values(now: KnownSheet, before: KnownSheet) -> Iterable[Row]:
    """The rows of now; those with an unknown key take the key of the one missing row with the same values.

    Keys change, for example, when a column is renamed.
    """
    here = {row.key for row in now.rows}
    missing = {row.key: _values(row, before.sheet) for row in before.rows if row.key not in here}
    if not missing:
        return now.rows
    known = {row.key for row in before.rows}
    counts = Counter(_values(row, now.sheet) for row in now.rows)
    keys = {values: key for key, values in missing.items() if counts[values] == 1}
    unique = Counter(missing.values())
    return tuple(
        row._replace(key=keys[values])
        if row.key not in known and (values := _values(row, now.sheet)) in keys and unique[values] == 1
        else row
        for row in now.rows
    )


def _values(row: Row, sheet: DataSheet) -> tuple[str, ...]:
    """A row's values, independent of the names and the order of its columns."""
    cells = (row.cells.get(column.number) for column in sheet.header.columns)
    return tuple(sorted(f"{cell.kind} {cell.value}" for cell in cells if cell))
