"""A worksheet with its header, its data rows and its result columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge.checks.warning import RowWarning
from merge.errors import ColumnError, TemplateError
from merge.model import Problem, Row, SheetRow, Worksheet
from merge.sheet.columns import Column, Header, data_row_test, data_rows, find_column, is_blank, likely_header
from merge.sheet.data_areas import (
    SEARCHED_ROWS,
    DataArea,
    Fit,
    choose_area,
    data_areas,
    named_tables,
    no_such_table,
)
from merge.sheet.result_columns import ResultColumns, ResultHeaders
from merge.template.row_values import RowValues
from merge.workbook import FileVersion, file_version
from merge.workbook.read.worksheet import read_chosen, read_tops


@dataclass(frozen=True, slots=True)
class WantedData:
    """What decides which worksheet, Table or list of a workbook is the data.

    Attributes:
        sheet: the worksheet's name; None is the best match, or the first visible one with a value
        table: the Excel Table's name, or None
        header_row: the header row's number, or None to find it
        fit: counts the used columns of a header; None if that isn't known
        used_before: the Table that the last run used, "" for a plain list; None if there was no run
        sheets_before: returns the worksheets that earlier runs used; one of them is the data, if others fit
            as well, such as a copy of it
        most_rows: how many rows are read, to show something before the rest is read; None is all of them
    """

    sheet: str | None = None
    table: str | None = None
    header_row: int | None = None
    fit: Fit | None = None
    used_before: str | None = None
    sheets_before: Callable[[], Collection[str]] = tuple
    most_rows: int | None = None

    def choose_area(self, worksheet: Worksheet, ours: Collection[str]) -> DataArea:
        """The data of a worksheet.

        Args:
            worksheet: the worksheet
            ours: headers of castmerge's own columns

        Raises:
            ColumnError: there's no header row or no such Table, or several fit equally well
        """
        areas = self._areas(worksheet, ours)
        return choose_area(
            areas, header_row=self.header_row, table=self.used_before, place=worksheet.name
        )  # fmt: skip

    def choose_sheet(self, tops: Sequence[Worksheet], ours: Collection[str], *, place: str) -> int:
        """The position of the worksheet that holds the data; the first if nothing fits.

        Raises:
            ColumnError: several fit equally well
        """
        if self.fit is None:
            return 0
        positions: dict[DataArea, int] = {}
        for position, top in enumerate(tops):
            try:
                areas = self._areas(top, ours)
            except ColumnError:
                continue  # a sheet without a header row, such as a page of notes
            positions |= {area: position for area in areas if area.score}
        if not positions:
            return 0
        best = max(area.score for area in positions)
        fitting = [area for area in positions if area.score == best]
        if len({positions[area] for area in fitting}) > 1:
            seen = self.sheets_before()
            fitting = [area for area in fitting if tops[positions[area]].name in seen] or fitting
        return positions[
            choose_area(fitting, header_row=self.header_row, table=self.used_before, place=place)
        ]

    def _areas(self, worksheet: Worksheet, ours: Collection[str]) -> tuple[DataArea, ...]:
        return data_areas(
            worksheet, header_row=self.header_row, table=self.table, ignored=ours, fit=self.fit
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataSheet:
    """A worksheet as a run sees it.

    Attributes:
        path: the workbook
        worksheet: its cells
        header: the data columns, without result columns
        results: where the result columns are
        read_from: the version of the file that was read; None if there was no file
        notes: sentences about where the data comes from
        warnings: about the file as a whole
        problems: of malformed rows in the file, by row number
        header_note: how the headers were read, if they may be wrong: a sentence for errors about them, or ""
    """

    path: Path
    worksheet: Worksheet
    header: Header
    results: ResultColumns
    read_from: FileVersion | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[RowWarning, ...] = ()
    problems: Mapping[int, Problem] = field(default_factory=dict)
    header_note: str = ""

    @property
    def is_current(self) -> bool:
        """Whether the file is still the version that was read."""
        return file_version(self.path) == self.read_from

    @property
    def has_result_columns(self) -> bool:
        """Whether the sheet has columns for id and status, so that blank cells there mean something."""
        return {self.results.headers.job, self.results.headers.status} <= self.results.numbers.keys()

    @property
    def data_rows(self) -> Iterator[SheetRow]:
        """The rows of the data; blank rows are skipped."""
        return data_rows(self.worksheet.rows, self.header)

    @property
    def placed_rows(self) -> Iterator[tuple[int, SheetRow]]:
        """The rows of the data, each with its position among the rows of the worksheet."""
        is_data = data_row_test(self.header)
        return ((place, row) for place, row in enumerate(self.worksheet.rows) if is_data(row))

    @property
    def rows_below_table(self) -> int:
        """Number of rows with data below the Excel Table that holds the data; they aren't part of it."""
        ends = [table.last_row for table in self.worksheet.tables if table.name == self.header.table]
        if not self.header.table or not ends:
            return 0
        numbers = [column.number for column in self.header.columns]
        below = (row for row in self.worksheet.rows if row.number > max(ends))
        return sum(any(not is_blank(row.cells.get(number)) for number in numbers) for row in below)

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
        """The column with this header.

        Raises:
            ColumnError: there's none; the hint suggests a similar one
        """
        column = find_column(self.header, name)
        if column is None:
            with noting(self.header_note):
                raise ColumnError(
                    f"there's no column “{name}”",
                    place=self.worksheet.name,
                    hint=likely_header(name, self.header),
                )
        return column

    def columns(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The columns with these headers, in this order.

        Raises:
            ColumnError: one of them doesn't exist
        """
        return tuple(self.column(name) for name in names)


@contextmanager
def noting(header_note: str) -> Iterator[None]:
    """Make errors about headers begin with how these were read; see `DataSheet.header_note`."""
    try:
        yield
    except (ColumnError, TemplateError) as error:
        if header_note:
            error.message = f"{header_note} {error.message[:1].upper()}{error.message[1:]}"
        raise


def read_sheet(path: Path, wanted: WantedData, *, prefix: str) -> DataSheet:
    """Read the worksheet that holds the data, and find its header and result columns.

    Args:
        path: the workbook
        wanted: what decides which data is meant
        prefix: the first word of the result columns' headers

    Raises:
        WorkbookError: the workbook can't be read
        ColumnError: there's no header row or no such Table, or several fit equally well
    """
    read_from = file_version(path)
    ours = ResultHeaders.with_prefix(prefix).all
    sheet = wanted.sheet
    if sheet is None and wanted.table is not None:
        sheet = sheet_of_table(path, wanted.table)

    def choose(tops: Sequence[Worksheet]) -> int:
        return wanted.choose_sheet(tops, ours, place=path.name)

    rows = max(SEARCHED_ROWS, wanted.header_row or 0) + 1
    worksheet = read_chosen(path, sheet, choose, rows=rows, most=wanted.most_rows)
    return replace(find_data(path, worksheet, wanted, prefix=prefix), read_from=read_from)


def find_data(path: Path, worksheet: Worksheet, wanted: WantedData, *, prefix: str) -> DataSheet:
    """Find the header and the result columns of a worksheet.

    Raises:
        ColumnError: there's no header row or no such Table, or several fit equally well
    """
    headers = ResultHeaders.with_prefix(prefix)
    try:
        area = wanted.choose_area(worksheet, headers.all)
        results = ResultColumns.find(headers, area.header.columns)
    except ColumnError as error:
        place = f"{path.name}, sheet {worksheet.name}"
        raise ColumnError(error.message, place=place, hint=error.hint) from error
    result_numbers = set(results.numbers.values())
    data = tuple(column for column in area.header.columns if column.number not in result_numbers)
    notes = () if area.has_rows else (_no_rows_note(path, area.header),)
    return DataSheet(path, worksheet, replace(area.header, columns=data), results, notes=notes)


def _no_rows_note(path: Path, header: Header) -> str:
    return (
        f"{path.name}: the sheet “{header.sheet}” has column names in row {header.row}, but no rows below "
        "them. To use another sheet, add --sheet with its name."
    )


def sheet_of_table(path: Path, name: str) -> str:
    """The name of the worksheet with this Table.

    Raises:
        WorkbookError: the workbook can't be read
        ColumnError: there's no such Table
    """
    sheets = read_tops(path, rows=0)
    found = next((sheet.name for sheet in sheets if named_tables(sheet, name)), None)
    if found is None:
        tables = ((sheet.name, table) for sheet in sheets for table in sheet.tables)
        raise no_such_table(name, tables, path.name)
    return found
