"""Read the data rows of a worksheet one at a time, each cell as Excel shows it and as it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from merge.input.csv import read_csv
from merge.input.data_sheet import sheet_of_table
from merge.input.paths import is_csv
from merge.model import Cell, SheetRow
from merge.settings import Selection, Settings
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column, Header, data_rows, find_column
from merge.sheet.data_areas import SEARCHED_ROWS, find_header, named_tables
from merge.sheet.result_columns import ResultHeaders
from merge.sheet.values import TemplateValue, template_value
from merge.workbook.read.worksheet import read_top, stream_rows


class DataRow(Mapping[str, TemplateValue]):
    """One data row: a mapping from headers, in the order of the sheet, to values.

    `row["First Name"]` accepts the header in any case, or the name that templates use (`first_name`). A text
    is a `str`, a number an `int` or a `float`, a date a `datetime`, a time a `time`, a duration a
    `timedelta`; a boolean equals its value, a blank equals `""` and `None`. Each value has `.text`, as Excel
    shows it, and `.value`, as it is stored: the serial number in days for a date, None for a blank. An error
    such as `#N/A` and a formula that was never calculated raise `CellError` when they are used.

    Attributes:
        number: the row's number as Excel shows it
        hidden: whether Excel hides it
        form: what all rows of the worksheet share
    """

    __slots__ = ("_cells", "form", "hidden", "number")

    def __init__(self, row: SheetRow, form: Form) -> None:
        self.number = row.number
        self.hidden = row.hidden
        self._cells: Mapping[int, Cell] = row.cells
        self.form = form

    def __getitem__(self, header: str) -> TemplateValue:
        known = None if header in self.form.ambiguous else self.form.columns.get(header)
        column = known or find_column(self.form.header, header)
        if column is None:
            raise KeyError(header)
        return self.at(column)

    def __iter__(self) -> Iterator[str]:
        return iter(self.form.columns)

    def __len__(self) -> int:
        return len(self.form.columns)

    def __repr__(self) -> str:
        return f"<row {self.number} of {self.form.sheet}>"

    def at(self, column: Column) -> TemplateValue:
        """The value in a column."""
        form = self.form
        return template_value(
            self._cells.get(column.number),
            address=cell_address(form.sheet, self.number, column.number),
            header=" ".join(column.header.split()),
            date1904=form.date1904,
            locale=form.locale,
        )


@dataclass(frozen=True, slots=True)
class Form:
    """What all rows of a worksheet share.

    Attributes:
        sheet: the worksheet's name
        header: its columns
        date1904: whether serial numbers count from 1904
        locale: for number formats without a language
        columns: each column by its header
        ambiguous: headers that several columns have
    """

    sheet: str
    header: Header
    date1904: bool
    locale: str
    columns: Mapping[str, Column] = field(init=False)
    ambiguous: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        columns = {" ".join(column.header.split()): column for column in self.header.columns}
        counts = Counter(column.name for column in self.header.columns)
        ambiguous = frozenset(header for header, column in columns.items() if counts[column.name] > 1)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "ambiguous", ambiguous)


@dataclass(frozen=True, slots=True)
class Rows:
    """The data rows of a worksheet. Each iteration reads the file again, with one row in memory.

    Attributes:
        workbook: the path
        form: what all rows share
        lines: all rows of a CSV file; None for a workbook
    """

    workbook: Path
    form: Form
    lines: Sequence[SheetRow] | None = None

    @property
    def sheet(self) -> str:
        """The worksheet's name, as `write_columns` takes it."""
        return self.form.sheet

    @property
    def header_row(self) -> int:
        """The header row's number, as `write_columns` takes it."""
        return self.form.header.row

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers from left to right; white space and line breaks are single spaces."""
        return tuple(self.form.columns)

    def __iter__(self) -> Iterator[DataRow]:
        lines = stream_rows(self.workbook, self.sheet) if self.lines is None else self.lines
        # A row that only has castmerge's results isn't data.
        result_columns = ResultHeaders.with_prefix().all
        for row in data_rows(lines, self.form.header, result_columns=result_columns):
            yield DataRow(row, self.form)


def read_rows(
    workbook: Path | str,
    *,
    sheet: str | None = None,
    table: str | None = None,
    header_row: int | None = None,
    locale: str = "en_US",
    encoding: str | None = None,
) -> Rows:
    """Read the data rows of a worksheet as a template sees them. Blank rows are skipped.

    The header is found as in a run: the header of an Excel Table, or else the first row of texts with data
    below it. Memory holds the shared strings and one row. Rows come in the order of the file (ECMA-376 part
    1, 18.3.1.73), which is top to bottom in files saved by Excel.

    Args:
        workbook: an `.xlsx`, `.xlsm`, `.xltx` or `.xltm` file, or a CSV or TSV file, which is read into
            memory as a whole
        sheet: the worksheet's name; None is the first visible one with a value, or the one with the Table
        table: the name of the Excel Table that holds the data; None to choose
        header_row: the header row's number; None to find it
        locale: for number formats without a language
        encoding: the encoding of a CSV file that is neither UTF-8 nor UTF-16

    Returns:
        The rows, which can be iterated over repeatedly, with `sheet`, `header_row` and `columns`.

    Raises:
        EncodingError: the encoding of a CSV file would be a guess
        WorkbookError: the workbook can't be read; also during iteration, if it is damaged further down
        ColumnError: there's no header row or no such Table, or two headers have the same name
    """
    path = Path(workbook)
    if is_csv(path):
        settings = Settings(selection=Selection(sheet=sheet, header_row=header_row), encoding=encoding)
        csv = read_csv(path, settings).sheet
        return Rows(path, Form(csv.worksheet.name, csv.header, False, locale), csv.worksheet.rows)
    if table is not None:
        sheet = sheet or sheet_of_table(path, table)
        header_row = next(
            (each.first_row for each in named_tables(read_top(path, sheet, rows=0), table)), None
        )
    top = read_top(path, sheet, rows=SEARCHED_ROWS + 1, down_to=header_row or 0)
    header = find_header(top, header_row=header_row, table=table, ignored=ResultHeaders.with_prefix().all)
    return Rows(path, Form(top.name, header, top.date1904, locale))
