"""Read the rows of a worksheet one after the other, each cell as Excel shows it and as it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from merge.input.csv_file import read_text
from merge.input.paths import is_text
from merge.model import Cell, SheetRow
from merge.settings import Selection, Settings
from merge.sheet.addresses import cell_address
from merge.sheet.columns import SEARCHED_ROWS, Column, Header, find_column, find_header, is_blank
from merge.sheet.result_columns import ResultHeaders
from merge.sheet.values import TemplateValue, template_value
from merge.workbook.read.worksheet import read_top, stream_rows


class DataRow(Mapping[str, TemplateValue]):
    """One data row: a mapping from headers, in the sheet's order, to values.

    `row["First Name"]` takes the header as it stands, in any case, or as templates write it (`first_name`).
    A text is a `str`, a number an `int` or a `float`, a date a `datetime`, a time a `time`, a duration a
    `timedelta`; a boolean equals what it holds, a blank equals `""` and `None`. Each has `.text`, what Excel
    shows, and `.value`, what is stored: a date's is its serial number in days, a blank's is None. An error
    such as `#N/A`, and a formula that was never calculated, raise `CellError` once they are used.

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
        column = self.form.columns.get(header) or find_column(self.form.header, header)
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
        """The value in a column of this worksheet."""
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
        locale: the reader's language
        columns: each column by its header
    """

    sheet: str
    header: Header
    date1904: bool
    locale: str
    columns: Mapping[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        columns = {" ".join(column.header.split()): column for column in self.header.columns}
        object.__setattr__(self, "columns", columns)


@dataclass(frozen=True, slots=True)
class Rows:
    """The data rows of a worksheet; each iteration reads them anew, with one row in memory.

    Attributes:
        workbook: the path
        form: what all rows share
        lines: the rows of delimited text, which are held as a whole; None for a workbook
    """

    workbook: Path
    form: Form
    lines: tuple[SheetRow, ...] | None = None

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
        """The headers from left to right, their blanks and line breaks made single blanks."""
        return tuple(self.form.columns)

    def __iter__(self) -> Iterator[DataRow]:
        header = self.form.header
        data = self._data_columns()
        lines = stream_rows(self.workbook, self.sheet) if self.lines is None else self.lines
        for row in lines:
            within = header.first_row <= row.number <= (header.last_row or row.number)
            if within and any(not is_blank(row.cells.get(number)) for number in data):
                yield DataRow(row, self.form)

    def _data_columns(self) -> tuple[int, ...]:
        """A row that holds nothing but results of castmerge is none."""
        ours = {find_column(self.form.header, name) for name in ResultHeaders.with_prefix().all}
        return tuple(column.number for column in self.form.header.columns if column not in ours)


def read_rows(
    workbook: Path | str, *, sheet: str | None = None, header_row: int | None = None, locale: str = "en_US"
) -> Rows:
    """The data rows of a worksheet, as a template sees them. Blank rows are left out and end nothing.

    The header is found as a run finds it: an Excel Table's wins, else the first row of texts beneath which
    there is data, titles above it skipped. Memory holds the shared strings and one row; rows come in the
    order of the file (ECMA-376 part 1, 18.3.1.73), from top to bottom in what Excel saves.

    Args:
        workbook: an `.xlsx` or `.xlsm` file (`.xltx` and `.xltm` as well), or delimited text (CSV, TSV), of
            which all rows are held in memory
        sheet: the worksheet's name; None is the first visible one that holds anything
        header_row: the header row's number; None is to find it
        locale: the reader's language, where a number format leaves it open

    Returns:
        The rows, to be iterated over as often as wanted, with `sheet`, `header_row` and `columns`.

    Raises:
        WorkbookError: the workbook cannot be read; while iterating, if it is damaged further down
        ColumnError: no header row is found, or two headers fall together
    """
    path = Path(workbook)
    if is_text(path):
        told = Settings(selection=Selection(sheet=sheet, header_row=header_row))
        text = read_text(path, told).sheet
        return Rows(path, Form(text.worksheet.name, text.header, False, locale), text.worksheet.rows)
    top = read_top(path, sheet, rows=SEARCHED_ROWS + 1, down_to=header_row or 0)
    header = find_header(top, header_row=header_row, ignored=ResultHeaders.with_prefix().all)
    return Rows(path, Form(top.name, header, top.date1904, locale))
