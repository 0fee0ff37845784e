"""Walks on real workbooks: their own lists with their own headers, edited as people do with Excel."""

from __future__ import annotations

import hashlib
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import openpyxl
from openpyxl.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from merge.errors import MergeError
from merge.results import MergeResult
from merge.settings import RerunOptions, Selection
from merge.sheet.columns import identifier
from merge.sheet.result_columns import ResultHeaders
from merge.workbook import write_columns
from tests.support.walk_files import DiskFiles, Grid, Value
from tests.support.walks import EDITS, PROJECT, RUNS, Step, Walk

OURS = ResultHeaders.with_prefix().all
_HEADERS = ("Guest name", "Home town", "Remark")
MOST = 8
"""The largest number of rows that a walk begins with; it clears the rest of a longer list."""
_ROOM = 60
"""Rows below a list's first one that have to be free of merged cells."""
_SEARCHED = 12
"""Rows in which a header is looked for."""
_PLAIN = (str, int, float, bool)

Seen: TypeAlias = Mapping[str, str]
"""Cells by sheet and address, with their values or formulas."""


@dataclass(frozen=True, slots=True)
class RealList:
    """A list in a real workbook.

    Attributes:
        sheet: the worksheet's name
        header_row: its number
        columns: the columns that a walk moves: the two that the template uses first
        headers: their headers
        rows: how many rows a walk begins with
    """

    sheet: str
    header_row: int
    columns: tuple[int, ...]
    headers: tuple[str, ...]
    rows: int

    @property
    def template(self) -> str:
        """The project with two of the list's own headers as placeholders."""
        first, second = map(identifier, self.headers[:2])
        return PROJECT.replace("{{ Name }}", f"{{{{ {first} }}}}").replace(
            "{{ City }}", f"{{{{ {second} }}}}"
        )


def find_list(path: Path) -> RealList | None:
    """The longest list of a workbook with two columns of text or whole numbers, or None."""
    try:
        book = _load(path)
    except Exception:  # noqa: BLE001 - openpyxl can't read some of them
        return None
    lists = [
        found
        for sheet in _usable_sheets(book)
        for header_row in range(1, min(sheet.max_row, _SEARCHED))
        if (found := _list_at(sheet, header_row))
    ]
    return max(lists, key=lambda each: each.rows, default=None)


def give_list(path: Path) -> RealList | None:
    """Add a list of people to the right of what is in a workbook's first sheet; None if that is refused."""
    try:
        sheet = next(_usable_sheets(_load(path)), None)
        if sheet is None or sheet.merged_cells.ranges:
            return None
        rows = {
            number: dict(zip(_HEADERS, (f"Guest {number}", "Rome", "-"), strict=True)) for number in (2, 3, 4)
        }
        written = write_columns(path, sheet=sheet.title, header_row=1, rows=rows, columns=_HEADERS)
    except Exception:  # noqa: BLE001 - openpyxl can't read some, and some can't be written
        return None
    return RealList(sheet.title, 1, tuple(written.columns[header] for header in _HEADERS), _HEADERS, 3)


def _usable_sheets(book: Workbook) -> Iterator[Worksheet]:
    return (
        sheet for sheet in book.worksheets if sheet.sheet_state == "visible" and not sheet.protection.sheet
    )


def _list_at(sheet: Worksheet, header_row: int) -> RealList | None:
    headers = {
        cell.column: cell.value.strip()
        for cell in sheet[header_row]
        if isinstance(cell, Cell) and isinstance(cell.value, str) and cell.value.strip(" =")
    }
    if any(_bounds(table.ref)[1] != header_row for table in sheet.tables.values()):
        return None
    names = [identifier(header) for header in headers.values()]
    used = [
        column
        for column, header in headers.items()
        if names.count(identifier(header)) == 1 and _spoken(sheet.cell(header_row + 1, column))
    ][:2]
    if len(used) < 2:
        return None
    rows = 0
    while rows < MOST and all(_spoken(sheet.cell(header_row + 1 + rows, column)) for column in used):
        rows += 1
    others = [
        column for column in headers if column not in used and _is_plain(sheet, header_row, rows, column)
    ]
    if any(not _is_plain(sheet, header_row, rows, column) for column in used):
        return None
    columns = (*used, *others)
    return RealList(sheet.title, header_row, columns, tuple(headers[column] for column in columns), rows)


def _bounds(ref: str) -> tuple[int, int, int, int]:
    """The first column and row and the last column and row of a range."""
    left, top, right, bottom = range_boundaries(ref)
    return left or 1, top or 1, right or 1, bottom or 1


def _value(cell: Cell | MergedCell) -> Value:
    value = cell.value
    return value if isinstance(value, str | int | float | datetime) else None


def _spoken(cell: Cell | MergedCell) -> bool:
    """Whether the cell's text is the same in the sheet, in a project and here."""
    value = cell.value
    if isinstance(value, str):
        return value == " ".join(value.split()) != "" and not set(value) & set('=<>&"{}[]\\')
    return cell.data_type == "n" and str(value).isdecimal() and cell.number_format == "General"


def _is_plain(sheet: Worksheet, header_row: int, rows: int, column: int) -> bool:
    """Whether a column's cells can be moved and are nothing but values."""
    cells = [sheet.cell(number, column) for number in range(header_row + 1, header_row + _ROOM)]
    return not any(isinstance(cell, MergedCell) for cell in cells) and all(
        cell.value is None or (isinstance(cell.value, _PLAIN) and not str(cell.value).startswith("="))
        for cell in cells[:rows]
    )


def _load(path: Path) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about parts that openpyxl drops
        return openpyxl.load_workbook(path)


@dataclass
class RealFiles(DiskFiles):
    """A real workbook on disk; its grid is the list's columns and the results."""

    found: RealList
    _known: dict[bytes, tuple[Grid, Seen]] = field(default_factory=dict)
    """What is in a workbook, by its content: openpyxl is slow."""

    def read(self, path: Path) -> Grid:
        """All values of the list, the header first."""
        return [list(line) for line in self._seen(path)[0]]

    def others(self, path: Path) -> Seen:
        """All cells of the workbook that are neither the list's nor results."""
        return self._seen(path)[1]

    def _seen(self, path: Path) -> tuple[Grid, Seen]:
        content = hashlib.sha256(path.read_bytes()).digest()
        if content not in self._known:
            book = _load(path)
            self._known[content] = self._list(book), self._others(book)
        return self._known[content]

    def _list(self, book: Workbook) -> Grid:
        sheet = book[self.found.sheet]
        columns = self._columns(sheet)
        top = self.found.header_row
        lines: Grid = [[_value(sheet.cell(top, column)) for column in columns]]
        for number in range(top + 1, top + _ROOM):
            line: list[Value] = [_value(sheet.cell(number, column)) for column in columns]
            if line[0] is None and line[1] is None:
                break
            lines.append(line)
        return lines

    def write(self, path: Path, grid: Grid) -> None:
        """Put these values into the list."""
        book = _load(path)
        sheet = book[self.found.sheet]
        top, columns = self.found.header_row, self._columns(sheet)
        blank: list[Value] = [None] * len(columns)
        for number in range(top + 1, max(sheet.max_row, top + len(grid)) + 1):
            place = number - top
            for column, value in zip(columns, grid[place] if place < len(grid) else blank, strict=True):
                cell = sheet.cell(number, column)
                if not isinstance(cell, MergedCell):
                    cell.value = value
        self._resize(sheet, top + len(grid) - 1)
        book.save(path)

    def _resize(self, sheet: Worksheet, last: int) -> None:
        """Let the Table and the filter end with the list, as Excel does."""
        for table in sheet.tables.values():
            left, top, right, _ = _bounds(table.ref)
            if top == self.found.header_row and left <= self.found.columns[0] <= right:
                bottom = max(last, top + 1)
                table.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
                table.totalsRowCount = None
                if table.autoFilter:
                    table.autoFilter.ref = table.ref

    def _columns(self, sheet: Worksheet) -> list[int]:
        header = {
            str(cell.value): cell.column
            for cell in sheet[self.found.header_row]
            if isinstance(cell, Cell) and cell.value in OURS
        }
        return [*self.found.columns, *(header[name] for name in OURS if name in header)]

    def _others(self, book: Workbook) -> Seen:
        ours = set(self._columns(book[self.found.sheet]))

        def is_ours(sheet: Worksheet, cell: Cell | MergedCell) -> bool:
            below = (cell.row or 1) >= self.found.header_row
            return sheet.title == self.found.sheet and below and cell.column in ours

        return {
            f"{sheet.title}!{cell.coordinate}": repr(getattr(cell.value, "text", cell.value))
            for sheet in book.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None and not is_ours(sheet, cell)
        }


@dataclass
class RealWalk(Walk):
    """A walk on a copy of a real workbook.

    Attributes:
        original: the workbook
        found: its list
    """

    original: Path = Path()
    found: RealList = field(default_factory=lambda: RealList("", 1, (), (), 0))

    def __post_init__(self) -> None:
        """Take the workbook's list as it is, without the end of a long one."""
        self.sheet, self.header_row = self.found.sheet, self.found.header_row
        self.width, self.project = len(self.found.headers), self.found.template
        super().__post_init__()

    def _first_version(self) -> None:
        self.files.copy(self.original, self.workbook)
        grid = self.files.read(self.workbook)
        if len(grid) > 1 + self.found.rows or self._goes_on():
            self.files.write(self.workbook, grid[: 1 + self.found.rows])

    def _goes_on(self) -> bool:
        """Whether there is more below the list."""
        sheet = _load(self.workbook)[self.found.sheet]
        below = range(self.found.header_row + 1 + self.found.rows, sheet.max_row + 1)
        return any(
            sheet.cell(row, column).value is not None for row in below for column in self.found.columns
        )

    def _person(self) -> list[Value]:
        self.names += 1
        return [f"Person {self.names}", "Oslo", *[None] * (self.width - 2)]

    def _selected(self, selection: Selection) -> Selection:
        return replace(selection, sheet=self.sheet, header_row=self.header_row)

    def run(self, rerun: RerunOptions | None = None, **options: object) -> MergeResult | MergeError:
        """One run to its end, then check the laws, and that no other cell changed."""
        assert isinstance(self.files, RealFiles)
        before = self.files.others(self.workbook)
        outcome = super().run(rerun, **options)  # type: ignore[arg-type]
        after = self.files.others(self.workbook)
        changed = sorted(place for place in {*before, *after} if before.get(place) != after.get(place))
        if changed:
            self.broken.append(f"other cells changed: {', '.join(changed[:5])}")
        return outcome


def lists_in(folder: Path, copies: Path) -> Iterator[tuple[Path, RealList]]:
    """Copies of the workbooks in a folder with a list that a walk can use: first those that have one."""
    workbooks = sorted(folder.glob("*.xlsx"))
    without = []
    for original in workbooks:
        copy = copies / original.name
        shutil.copyfile(original, copy)
        if found := find_list(copy):
            yield copy, found
        else:
            without.append(copy)
    for copy in without:
        if found := give_list(copy):
            yield copy, found


REAL_STEPS: tuple[Step, ...] = (
    *EDITS,
    *RUNS,
    lambda walk, row, _: walk.clear(row, all_cells=row % 3 == 0),
    *(lambda walk, row, _: walk.restore(row),) * 2,
    lambda walk, row, _: (Walk.save_as, Walk.other_folder, Walk.lose_journal)[row % 3](walk),
)
"""The steps on real workbooks. Columns aren't deleted, because there are other things on the sheet."""
