"""The workbooks of a walk on disk, and what people do with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

import openpyxl
import xlsxwriter
from openpyxl.cell.cell import Cell, MergedCell

from merge.journal import Journal, SqliteJournal
from tests.support.fake_service import SHEET

Value: TypeAlias = str | float | datetime | None
Grid: TypeAlias = list[list[Value]]
"""All values of a sheet, the header first."""


class WalkFiles(Protocol):
    """What people do with files, on disk or in memory."""

    def read(self, path: Path) -> Grid:
        """All values of a workbook's data sheet."""
        ...

    def write(self, path: Path, grid: Grid) -> None:
        """Save a workbook with these values."""
        ...

    def copy(self, source: Path, target: Path) -> None:
        """Copy a workbook into a folder that may not exist yet."""
        ...

    def open_in_excel(self, path: Path) -> AbstractContextManager[None]:
        """Open a workbook in Excel, so that it can't be replaced."""
        ...

    def lose_journal(self, workbook: Path) -> None:
        """Delete all journals in a workbook's folder."""
        ...

    def journal(self, workbook: Path) -> AbstractContextManager[Journal | None]:
        """The journal of a workbook, or None."""
        ...

    def saved(self, folder: Path) -> Callable[[], None]:
        """Save everything as a killed process would leave it; returns a function that puts it back."""
        ...


class DiskFiles:
    """Files in a folder."""

    def read(self, path: Path) -> Grid:
        """All values of a workbook's data sheet."""
        return read_grid(path)

    def write(self, path: Path, grid: Grid) -> None:
        """Save a workbook with these values."""
        write_grid(path, grid)

    def copy(self, source: Path, target: Path) -> None:
        """Copy a workbook into a folder that may not exist yet."""
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)

    @contextmanager
    def open_in_excel(self, path: Path) -> Iterator[None]:
        """Write the owner file that Excel keeps next to an open workbook."""
        owner = path.with_name(f"~${path.name}")
        owner.write_bytes(b"\x03Ann" + b" " * 161)
        try:
            yield
        finally:
            owner.unlink(missing_ok=True)

    def lose_journal(self, workbook: Path) -> None:
        """Delete all journals in a workbook's folder."""
        shutil.rmtree(workbook.parent / ".castmerge", ignore_errors=True)

    @contextmanager
    def journal(self, workbook: Path) -> Iterator[Journal | None]:
        """The journal of a workbook, or None."""
        path = workbook.parent / ".castmerge" / f"{workbook.name}.db"
        if not path.exists():
            yield None
            return
        with SqliteJournal.open(path) as journal:
            yield journal

    def saved(self, folder: Path) -> Callable[[], None]:
        """Save everything as a killed process would leave it; returns a function that puts it back."""
        contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

        def put_back() -> None:
            for path in folder.rglob("*"):
                if path.is_file() and path not in contents:
                    path.unlink()
            for path, content in contents.items():
                path.write_bytes(content)

        return put_back


def read_grid(path: Path) -> Grid:
    """All values of the data sheet, the header first; of a link, its address."""
    book = openpyxl.load_workbook(path)
    values: Grid = [[_value(cell) for cell in row] for row in book[SHEET].iter_rows()]
    book.close()
    return values


def _value(cell: Cell | MergedCell) -> Value:
    value = cell.value
    if isinstance(cell, Cell) and cell.hyperlink is not None:
        place = cell.hyperlink.location
        return f"{cell.hyperlink.target}#{place}" if place else cell.hyperlink.target
    return value if isinstance(value, str | float | datetime) else None


def write_grid(path: Path, grid: Grid) -> None:
    """Save a workbook with these values."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet(SHEET)
    for number, row in enumerate(grid):
        for place, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, place, value)
            elif isinstance(value, str):
                sheet.write_string(number, place, value)
            elif value is not None:
                sheet.write_number(number, place, value)
    book.close()
