"""A worksheet with its header, its data rows and its result columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from merge.errors import ColumnError
from merge.model import Row, SheetRow, Worksheet
from merge.sheet.columns import Column, Header, data_rows, find_column, find_header, is_blank, suggest
from merge.sheet.result_columns import ResultColumns, ResultHeaders
from merge.template.row_values import RowValues
from merge.workbook import FileVersion, file_version
from merge.workbook.read.worksheet import read_worksheet


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
    """

    path: Path
    worksheet: Worksheet
    header: Header
    results: ResultColumns
    read_from: FileVersion | None = None
    notes: tuple[str, ...] = ()

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
    def rows_below_table(self) -> int:
        """Number of rows with data below the Excel Table that holds the data; they are left alone."""
        ends = [table.last_row for table in self.worksheet.tables if table.first_row == self.header.row]
        if not ends:
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
            ColumnError: there is none; the hint suggests a similar one
        """
        column = find_column(self.header, name)
        if column is None:
            headers = [column.header for column in self.header.columns]
            likely = suggest(name, headers)
            hint = f"Did you mean '{likely}'?" if likely else f"The columns are: {', '.join(headers)}"
            raise ColumnError(f"there is no column '{name}'", place=self.worksheet.name, hint=hint)
        return column

    def columns(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The columns with these headers, in this order.

        Raises:
            ColumnError: one of them does not exist
        """
        return tuple(self.column(name) for name in names)


def read_sheet(path: Path, *, sheet: str | None, header_row: int | None, prefix: str) -> DataSheet:
    """Read a worksheet and find its header and result columns.

    Args:
        path: the workbook
        sheet: the worksheet's name; None is the first visible one that holds anything
        header_row: its number, or None to find it
        prefix: the first word of the result columns' headers

    Raises:
        WorkbookError: the workbook cannot be read
        ColumnError: there is no header row, or two headers have the same name
    """
    read_from = file_version(path)
    worksheet = read_worksheet(path, sheet)
    return replace(find_data(path, worksheet, header_row=header_row, prefix=prefix), read_from=read_from)


def find_data(path: Path, worksheet: Worksheet, *, header_row: int | None, prefix: str) -> DataSheet:
    """Find the header and the result columns of a worksheet.

    Raises:
        ColumnError: there is no header row, or two headers have the same name
    """
    headers = ResultHeaders.with_prefix(prefix)
    try:
        header = find_header(worksheet, header_row=header_row, ignored=headers.all)
    except ColumnError as error:
        place = f"{path.name}, sheet {error.place}"
        raise ColumnError(error.message, place=place, hint=error.hint) from error
    line = next((row for row in worksheet.rows if row.number == header.row), None)
    results = ResultColumns.find(headers, line)
    result_numbers = set(results.numbers.values())
    data = tuple(column for column in header.columns if column.number not in result_numbers)
    return DataSheet(path, worksheet, replace(header, columns=data), results)
