"""A worksheet with its header, its result columns and its rows known by their keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge.errors import CellError, ColumnError, WorkbookError
from merge.input.row_identity import KeyColumns, identify
from merge.model import JSON, Entry, Row, RowKey, SheetRow, Worksheet
from merge.sheet.addresses import cell_address
from merge.sheet.columns import (
    Column,
    Header,
    data_rows,
    find_column,
    find_header,
    is_blank,
    normalize,
    suggest,
)
from merge.sheet.result_columns import ResultColumns, ResultHeaders
from merge.sheet.values import template_value
from merge.template.document import ProjectOptions
from merge.template.filters import SHEET, Pronunciation, pronunciation
from merge.template.row_values import RowValues
from merge.workbook import FileVersion, file_version
from merge.workbook.read.worksheet import read_worksheet, sheet_names

SIMULATED_ID = "sim"
"""Video ids of the stand-in begin with this."""


@dataclass(frozen=True, slots=True)
class DataSheet:
    """A worksheet as a run sees it.

    Attributes:
        path: the workbook
        worksheet: what was read
        header: the data columns; result columns are left out
        results: where the result columns are
        read_from: the file as it was when it was read; None where it was gone
        notes: what is to be said of where all this comes from, in words
    """

    path: Path
    worksheet: Worksheet
    header: Header
    results: ResultColumns
    read_from: FileVersion | None = None
    notes: tuple[str, ...] = ()

    @property
    def has_result_columns(self) -> bool:
        """Whether id and status stand in the sheet, so that a blank there is somebody's word."""
        return {self.results.headers.job, self.results.headers.status} <= self.results.numbers.keys()

    @property
    def rows_below_table(self) -> int:
        """How many rows stand beneath the Excel Table that holds the data, and so are none of it."""
        return sum(map(self.is_below_table, self.worksheet.rows))

    def is_below_table(self, line: SheetRow) -> bool:
        """Whether a row stands beneath the Excel Table that holds the data."""
        ends = [table.last_row for table in self.worksheet.tables if table.first_row == self.header.row]
        return bool(ends) and line.number > max(ends) and self._holds_anything(line)

    def is_data(self, line: SheetRow) -> bool:
        """Whether a row is one of the data."""
        header = self.header
        within = header.first_row <= line.number <= (header.last_row or line.number)
        return within and self._holds_anything(line)

    @property
    def data_rows(self) -> Iterator[SheetRow]:
        """The rows of the data."""
        return filter(self.is_data, self.worksheet.rows)

    def _holds_anything(self, line: SheetRow) -> bool:
        cells = line.cells
        return any(not is_blank(cells.get(column.number)) for column in self.header.columns)

    def rows(
        self, basis: KeyColumns, entries: Mapping[RowKey, Entry], *, trust_simulated: bool
    ) -> tuple[Row, ...]:
        """All data rows, known by their keys.

        Args:
            basis: what tells rows apart
            entries: what the journal knows
            trust_simulated: whether a video id of the stand-in counts that the journal does not know; to
                the real service such a cell is blank
        """
        ours = self.results.headers.all
        found = data_rows(self.worksheet, self.header, result_columns=ours)
        rows = identify(found, self.header, self.results, basis, entries)
        known = {entry.job for entry in entries.values()}
        cleared = self._cleared(rows, entries)
        rows = tuple(replace(row, cleared=True) if row.key in cleared else row for row in rows)
        return tuple(row if trust_simulated or row.job in known else without_simulated(row) for row in rows)

    def _cleared(self, rows: Sequence[Row], entries: Mapping[RowKey, Entry]) -> frozenset[RowKey]:
        """Rows whose written id and status somebody has removed, which asks for them again.

        An older copy of the workbook is blank as well, and its rows must not be paid for again. So the file
        has to show that it is no older: by what is left beside the row, or by an id written then or later.
        """
        if not self.has_result_columns:
            return frozenset()
        blank = [row for row in rows if not (row.job or row.status)]
        written = {
            row.key: entry.written for row in rows if (entry := entries.get(row.key)) and entry.written
        }
        latest = max((written[row.key] for row in rows if row.job and row.key in written), default=0)
        rests = {line.number for line in self.worksheet.rows if self.results.has_other_results(line)}
        return frozenset(
            row.key
            for row in blank
            if row.key in written and (row.number in rests or written[row.key] <= latest)
        )

    def values_of(self, row: Row, columns: Sequence[Column], locale: str) -> RowValues:
        """A row's values in these columns as a template sees them, by column number."""
        worksheet = self.worksheet
        return RowValues(
            row.cells,
            columns,
            sheet=worksheet.name,
            row=row.number,
            date1904=worksheet.date1904,
            locale=locale,
        )

    def column(self, name: str) -> Column:
        """The column of this header.

        Raises:
            ColumnError: there is none; says which one was likely meant
        """
        column = find_column(self.header, name)
        if column is None:
            headers = [column.header for column in self.header.columns]
            likely = suggest(name, headers)
            hint = f"Did you mean '{likely}'?" if likely else f"The columns are: {', '.join(headers)}"
            raise ColumnError(f"there is no column '{name}'", place=self.worksheet.name, hint=hint)
        return column

    def columns(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The columns of these headers, in this order."""
        return tuple(self.column(name) for name in names)


def read_sheet(path: Path, *, sheet: str | None, header_row: int | None, prefix: str) -> DataSheet:
    """Read a worksheet and find its header and result columns.

    Args:
        path: the workbook
        sheet: the worksheet's name; None is the first visible one that holds anything
        header_row: its number, or None to find it
        prefix: the word that result columns begin with

    Raises:
        WorkbookError: the workbook cannot be read
        ColumnError: no header row is found, or two headers fall together
    """
    read_from = file_version(path)
    worksheet = read_worksheet(path, sheet)
    return replace(sheet_of(path, worksheet, header_row=header_row, prefix=prefix), read_from=read_from)


def sheet_of(path: Path, worksheet: Worksheet, *, header_row: int | None, prefix: str) -> DataSheet:
    """Find the header and the result columns of a worksheet.

    Raises:
        ColumnError: no header row is found, or two headers fall together
    """
    headers = ResultHeaders.with_prefix(prefix)
    try:
        header = find_header(worksheet, header_row=header_row, ignored=headers.all)
    except ColumnError as error:
        place = f"{path.name}, sheet {error.place}"
        raise ColumnError(error.message, place=place, hint=error.hint) from error
    line = next((row for row in worksheet.rows if row.number == header.row), None)
    results = ResultColumns.find(headers, line)
    ours = set(results.numbers.values())
    data = tuple(column for column in header.columns if column.number not in ours)
    return DataSheet(path, worksheet, replace(header, columns=data), results)


def read_pronunciation(path: Path) -> Pronunciation:
    """How words are said, from the worksheet “Pronunciation”; without one, nothing is said differently.

    A workbook that is yet to be made has none.

    Raises:
        WorkbookError: the workbook cannot be read, or a word is an error value
    """
    names = sheet_names(path) if path.exists() else ()
    name = next((name for name in names if normalize(name) == normalize(SHEET)), None)
    if name is None:
        return Pronunciation()
    worksheet = read_worksheet(path, name)
    try:
        return pronunciation((_shown(worksheet, row, 1), _shown(worksheet, row, 2)) for row in worksheet.rows)
    except CellError as error:
        raise WorkbookError(error.message, place=error.place, hint=error.hint) from error


def _shown(worksheet: Worksheet, row: SheetRow, column: int) -> str:
    cell = row.cells.get(column)
    if cell is None:
        return ""
    address = cell_address(worksheet.name, row.number, column)
    return str(template_value(cell, address=address, header=SHEET, date1904=worksheet.date1904) or "")


def without_simulated(row: Row) -> Row:
    """A row without a video of the stand-in, which is none to the real service."""
    return replace(row, job="", status="", url="") if row.job.startswith(SIMULATED_ID) else row


@dataclass(frozen=True, slots=True)
class FillOptions:
    """What else a project was rendered with, so that a report can draw it once more.

    Attributes:
        locale: for formats that name none
        constants: further names for the template
        project_options: what was asked of the service beside the project
    """

    locale: str = "en_US"
    constants: Mapping[str, str] = field(default_factory=dict)
    project_options: ProjectOptions = field(default_factory=ProjectOptions)

    def to_json(self) -> dict[str, JSON]:
        """For the journal."""
        asked = self.project_options
        return {
            "locale": self.locale,
            "constants": dict(self.constants),
            "draft": asked.draft,
            "resolution": asked.resolution,
            "workspace": asked.workspace,
        }

    @classmethod
    def from_json(cls, kept: JSON) -> FillOptions:
        """From the journal, where an older castmerge may have kept none."""
        if not isinstance(kept, dict):
            return cls()
        constants = kept.get("constants")
        resolution, workspace = kept.get("resolution"), kept.get("workspace")
        return cls(
            str(kept.get("locale") or "en_US"),
            {name: str(value) for name, value in constants.items()} if isinstance(constants, dict) else {},
            ProjectOptions(
                draft=kept.get("draft") is True,
                resolution=str(resolution) if resolution else None,
                workspace=str(workspace) if workspace else None,
            ),
        )


@dataclass(frozen=True, slots=True)
class SavedSheetSettings:
    """What later commands must know of a sheet to tell its rows apart; kept in the journal.

    Attributes:
        header_row: as the user gave it, or None
        key: headers of the key columns
        used: headers of the columns that the template uses
        prefix: the word that result columns begin with
        template: the template's path, for reports
        fill_options: what else its projects were rendered with, likewise
    """

    header_row: int | None
    key: tuple[str, ...]
    used: tuple[str, ...]
    prefix: str
    template: str
    fill_options: FillOptions = field(default_factory=FillOptions)

    def to_json(self) -> dict[str, JSON]:
        """For the journal."""
        return {
            "header_row": self.header_row,
            "key": list(self.key),
            "used": list(self.used),
            "prefix": self.prefix,
            "template": self.template,
            "wording": self.fill_options.to_json(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, JSON]) -> SavedSheetSettings:
        """From the journal."""
        header_row = kept.get("header_row")
        return cls(
            header_row if isinstance(header_row, int) else None,
            _texts(kept.get("key")),
            _texts(kept.get("used")),
            str(kept.get("prefix")),
            str(kept.get("template") or ""),
            FillOptions.from_json(kept.get("wording")),
        )

    def basis(self, sheet: DataSheet) -> KeyColumns:
        """What rows are told apart by, in the sheet as it is now; a column that is gone is left out."""
        return KeyColumns(_still_there(self.key, sheet), _still_there(self.used, sheet))


@dataclass(frozen=True, slots=True)
class KnownSheet:
    """A worksheet whose rows are known.

    Attributes:
        sheet: the worksheet
        rows: its rows, known by their keys
        memory: what tells them apart
        trust_simulated: whether video ids of the stand-in count
    """

    sheet: DataSheet
    rows: Sequence[Row]
    memory: SavedSheetSettings
    trust_simulated: bool

    def as_it_is_now(self, entries: Mapping[RowKey, Entry]) -> KnownSheet:
        """The same, read anew where somebody has saved the workbook meanwhile.

        Raises:
            WorkbookError: it cannot be read any more
            ColumnError: its header row cannot be found any more
        """
        if file_version(self.sheet.path) == self.sheet.read_from:
            return self
        sheet = read_sheet(
            self.sheet.path,
            sheet=self.sheet.worksheet.name,
            header_row=self.memory.header_row,
            prefix=self.memory.prefix,
        )
        rows = sheet.rows(self.memory.basis(sheet), entries, trust_simulated=self.trust_simulated)
        return replace(self, sheet=sheet, rows=_known_by_values(rows, sheet, self))


def _known_by_values(rows: Sequence[Row], sheet: DataSheet, before: KnownSheet) -> Sequence[Row]:
    """Rows that nothing else tells by now, as where a column was renamed, are those that hold the same."""
    here = {row.key for row in rows}
    lost = {row.key: _values(row, before.sheet) for row in before.rows if row.key not in here}
    if not lost:
        return rows
    known = {row.key for row in before.rows}
    found = Counter(_values(row, sheet) for row in rows)
    keys = {values: key for key, values in lost.items() if found[values] == 1}
    unique = Counter(lost.values())
    return tuple(
        replace(row, key=keys[values])
        if row.key not in known and (values := _values(row, sheet)) in keys and unique[values] == 1
        else row
        for row in rows
    )


def _values(row: Row, sheet: DataSheet) -> tuple[str, ...]:
    """What a row holds, whatever its columns are called and wherever they are."""
    cells = (row.cells.get(column.number) for column in sheet.header.columns)
    return tuple(sorted(f"{cell.kind} {cell.value}" for cell in cells if cell))


def _still_there(names: Sequence[str], sheet: DataSheet) -> tuple[Column, ...]:
    columns = (find_column(sheet.header, name) for name in names)
    return tuple(column for column in columns if column)


def _texts(items: JSON) -> tuple[str, ...]:
    return tuple(str(item) for item in items) if isinstance(items, list) else ()
