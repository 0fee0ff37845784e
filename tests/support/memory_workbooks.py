"""Workbooks and journals in memory, so that thousands of walks take seconds.

Everything above the files is castmerge's own: choosing the data, filling in, matching, deciding, the runner,
the journal's SQL, and write-back including the matching. Only reading and replacing a workbook, the lock and
the journal's file are left out; walks with real files and real processes include these.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest

from merge.errors import WriteBackError
from merge.input.template_file import bind_template
from merge.journal import SqliteJournal
from merge.journal.schema import migrate
from merge.model import Cell, CellKind, Link, ResultValue, SheetRow, Worksheet, WrittenCells
from merge.settings import Settings
from merge.sheet.columns import Header
from merge.sheet.serial_dates import serial_number
from merge.template.bind_json import Binding
from merge.template.filters import Pronunciation
from merge.workbook import FileVersion
from tests.support.walk_files import Grid, Value


class LastingJournal(SqliteJournal):
    """A journal in memory that outlasts its runs; no other process can hold it."""

    def __init__(self, path: Path) -> None:
        database = sqlite3.connect(":memory:", isolation_level=None)
        migrate(database, path)
        super().__init__(path, database, lambda: datetime.now(UTC), lambda _: True, 0o600)

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """Stay open for the next run."""

    def saved(self) -> bytes:
        """The current state of the file."""
        return self._database.serialize()

    def go_back_to(self, saved: bytes) -> None:
        """Discard all later changes."""
        self._database.deserialize(saved)

    @contextmanager
    def lock(self, workbook: Path | None = None) -> Iterator[None]:
        """Do nothing, because no other process can hold it."""
        del workbook
        yield


@dataclass
class MemoryFiles:
    """The workbooks and journals of one walk.

    Attributes:
        sheet: the name of every workbook's only worksheet
    """

    sheet: str
    _grids: dict[Path, tuple[int, Grid]] = field(default_factory=dict)
    _journals: dict[Path, LastingJournal] = field(default_factory=dict)
    _changes: int = 0
    _open: set[Path] = field(default_factory=set)

    # The files as people see them.

    def read(self, path: Path) -> Grid:
        """All values of a workbook, the header first."""
        return [list(row) for row in self._grids[path][1]]

    def write(self, path: Path, grid: Grid) -> None:
        """Save a workbook with these values."""
        self._changes += 1
        width = max(map(len, grid))
        self._grids[path] = self._changes, [[*row, *[None] * (width - len(row))] for row in grid]

    def copy(self, source: Path, target: Path) -> None:
        """Copy a workbook."""
        self.write(target, self._grids[source][1])

    @contextmanager
    def open_in_excel(self, path: Path) -> Iterator[None]:
        """Open a workbook in Excel, so that it can't be replaced."""
        self._open.add(path)
        try:
            yield
        finally:
            self._open.remove(path)

    def lose_journal(self, workbook: Path) -> None:
        """Delete the journals in a workbook's folder."""
        for path in [path for path in self._journals if path.parent.parent == workbook.parent]:
            del self._journals[path]

    @contextmanager
    def journal(self, workbook: Path) -> Iterator[SqliteJournal | None]:
        """The journal of a workbook, or None."""
        yield self._journals.get(workbook.parent / ".castmerge" / f"{workbook.name}.db")

    def saved(self, folder: Path) -> Callable[[], None]:
        """Save everything as a killed process would leave it; returns a function that puts it back."""
        del folder
        grids, journals = dict(self._grids), dict(self._journals)
        contents = {path: journal.saved() for path, journal in journals.items()}

        def put_back() -> None:
            self._grids, self._journals = grids, journals
            for path, content in contents.items():
                journals[path].go_back_to(content)

        return put_back

    # The files as castmerge sees them.

    def open_journal(self, path: Path, **_: object) -> SqliteJournal:
        """Open or create the journal of this path."""
        if path not in self._journals:
            self._journals[path] = LastingJournal(path)
        return self._journals[path]

    def version(self, path: Path) -> FileVersion | None:
        """The state of a workbook."""
        found = self._grids.get(path)
        return FileVersion(0, found[0], 0) if found else None

    def read_chosen(
        self,
        path: Path,
        sheet: str | None,
        choose: Callable[[Sequence[Worksheet]], int],
        *,
        rows: int,
        most: int | None = None,
    ) -> Worksheet:
        """The only worksheet."""
        del sheet, choose, rows, most
        lines = enumerate(self._grids[path][1], start=1)
        rows_with_values = ((number, _cells(line)) for number, line in lines)
        return Worksheet(
            str(path),
            self.sheet,
            tuple(SheetRow(number, cells) for number, cells in rows_with_values if cells),
        )

    def write_columns(
        self,
        path: Path,
        *,
        rows: Mapping[int, Mapping[str, ResultValue]],
        columns: Sequence[str],
        since: FileVersion | None,
        **_: object,
    ) -> WrittenCells:
        """Write result cells under their headers, which are added if they are missing."""
        if path in self._open or self.version(path) != since:
            raise WriteBackError("the workbook is open in Excel", place=str(path))
        grid = self.read(path)
        for header in columns:
            if header not in grid[0]:
                grid[0].append(header)
        width = len(grid[0])
        grid = [[*line, *[None] * (width - len(line))] for line in grid]
        for number, values in rows.items():
            for header, value in values.items():
                grid[number - 1][grid[0].index(header)] = _plain(value)
        self.write(path, grid)
        found = {header: grid[0].index(header) + 1 for header in columns}
        return WrittenCells(found, len(rows), version=self.version(path))

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Replace castmerge's file functions by these."""
        places = {
            "merge.input.data_sheet.read_chosen": self.read_chosen,
            "merge.input.data_sheet.file_version": self.version,
            "merge.run.write_back.write_columns": self.write_columns,
            "merge.run.write_back.backup_path": lambda path: path,
            "merge.run.session.check_columns": lambda *_, **__: {},
            "merge.input.journals.private_mode": lambda *_: 0o600,
            "merge.journal.SqliteJournal.open": self.open_journal,
            "merge.input.template_file.read_pronunciation": lambda _: Pronunciation(),
            "merge.plan.preview.bind_template": _bound_once,
        }
        with pytest.MonkeyPatch.context() as patch:
            for place, stand_in in places.items():
                patch.setattr(place, stand_in)
            yield


_bindings: dict[tuple[bytes, Header], Binding] = {}


def _bound_once(path: Path, header: Header, settings: Settings, **_: object) -> Binding:
    """Compile a template once for each header; walks have no option that it depends on."""
    known = path.read_bytes(), header
    if known not in _bindings:
        _bindings[known] = bind_template(path, header, settings)
    return _bindings[known]


def _plain(value: ResultValue) -> Value:
    match value:
        case Link(url, text):
            return url or text or None
        case bool() | int():
            return float(value)
        case _:
            return value or None


def _cells(line: Sequence[Value]) -> dict[int, Cell]:
    return {number: _cell(value) for number, value in enumerate(line, start=1) if value is not None}


def _cell(value: str | float | datetime) -> Cell:
    match value:
        case datetime():
            return Cell(CellKind.NUMBER, serial_number(value), "yyyy-mm-dd hh:mm")
        case str():
            return Cell(CellKind.TEXT, value)
        case _:
            return Cell(CellKind.NUMBER, value)
