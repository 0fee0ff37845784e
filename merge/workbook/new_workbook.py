"""Create a new workbook with one worksheet, with openpyxl.

openpyxl takes 280 ms to import, so this module is only imported where a workbook is created.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from merge.errors import WorkbookError
from merge.model import Scalar
from merge.sheet.addresses import column_letters
from merge.workbook.write.cell_xml import LONGEST_TEXT, shortened
from merge.workbook.write.replace_file import flush, temporary_file, translated_errors
from merge.workbook.write.source_file import SOURCE
from merge.workbook.xml.parse import encode_xstring

_NARROWEST, _WIDEST = 9, 60
"""Column widths, in characters."""
_MEASURED_ROWS = 1_000
_BOLD = Font(name="Calibri", size=11, bold=True)

Rows = Sequence[Sequence[Scalar]]


def create_workbook(path: Path, sheet: str, rows: Rows, *, header_row: int, source: Path) -> None:
    """Create a workbook in one step. Text stays text, even where Excel would read a formula or an error.

    Args:
        path: the new file; must not exist
        sheet: the worksheet's name
        rows: its cells, from row 1 and column A on; "" is a blank cell
        header_row: number of the row with the headers, which is bold and stays in view
        source: the file that the rows come from; its name becomes a document property, and the workbook gets
            its permissions, but is writable

    Raises:
        WorkbookError: the file exists.
        WriteBackError: the folder can't be written to, or the disk is full.
    """
    if path.exists():
        raise WorkbookError("this file already exists", place=str(path), hint="Rename it, or use it instead")
    workbook = Workbook(write_only=True)
    named = StringProperty(name=SOURCE, value=encode_xstring(source.name))
    workbook.custom_doc_props.append(named)  # type: ignore[attr-defined]  # missing from the stubs
    with temporary_file(path) as file, translated_errors(path):
        _fill(workbook.create_sheet(sheet), rows, header_row)
        workbook.save(file)
        flush(file)
        file.close()
        Path(file.name).chmod(stat.S_IMODE(source.stat().st_mode) | stat.S_IWUSR)
        Path(file.name).replace(path)


def _fill(worksheet: WriteOnlyWorksheet, rows: Rows, header_row: int) -> None:
    worksheet.freeze_panes = f"A{header_row + 1}"
    for column, width in enumerate(_widths(rows, header_row), start=1):
        letters = column_letters(column)
        worksheet.column_dimensions[letters].width = width  # type: ignore[attr-defined]  # same
    for number, row in enumerate(rows, start=1):
        cells = [None if value == "" else _cell(worksheet, value) for value in row]
        if number == header_row:
            for cell in filter(None, cells):
                cell.font = _BOLD
        worksheet.append(cells)


def _cell(worksheet: WriteOnlyWorksheet, value: Scalar) -> Cell:
    cell = WriteOnlyCell(worksheet)
    match value:
        case bool():
            cell.value = value
        case int() | float():
            # openpyxl writes numbers with 16 digits; floats may need 17.
            cell.value = repr(value)
            cell.data_type = "n"
        case str():
            text = encode_xstring(shortened(value))
            # openpyxl cuts plain text to Excel's limit, which doesn't count the escapes.
            cell.value = text if len(text) <= LONGEST_TEXT else CellRichText(text)
            cell.data_type = "s"
    return cell


def _widths(rows: Rows, header_row: int) -> list[int]:
    """Column widths for the first rows of data; titles above the headers don't count."""
    widths = [_NARROWEST] * max(map(len, rows), default=0)
    for row in islice(rows, header_row - 1, header_row + _MEASURED_ROWS):
        for column, value in enumerate(row):
            longest = max(map(len, str(value).splitlines()), default=0)
            widths[column] = min(max(widths[column], longest + 2), _WIDEST)
    return widths
