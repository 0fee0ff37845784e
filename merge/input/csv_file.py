"""Delimited text (CSV, TSV) as a run sees it: the worksheet that it makes, and its rows as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from merge.errors import ColumnError
from merge.input.csv import TextRow, number_columns, parse_table, plain_number
from merge.input.data_sheet import DataSheet, sheet_of
from merge.input.paths import workbook_of
from merge.model import Cell, CellKind, SheetRow, Worksheet
from merge.settings import Settings
from merge.sheet.columns import Column, data_rows, is_blank
from merge.sheet.number_format import format_value
from merge.sheet.result_columns import ResultHeaders
from merge.workbook import read_source

_WITH_TABS = frozenset({".tsv", ".tab"})
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class TextFile:
    """Delimited text, read.

    Attributes:
        path: the file
        content: its bytes
        sheet: its rows as a worksheet has them, and what is to be said of them
        rows: the data among them
    """

    path: Path
    content: bytes
    sheet: DataSheet
    rows: tuple[TextRow, ...]


def read_text(path: Path, settings: Settings) -> TextFile:
    """Read delimited text. A column of plain numbers becomes numbers, all else stays text as it is written.

    Raises:
        WorkbookError: it is not there, or no such text
        ColumnError: no header row is found, or two headers fall together
    """
    content = read_source(path)
    table = parse_table(content, str(path), tabs=path.suffix.lower() in _WITH_TABS)
    name = _NOT_IN_NAMES.sub("_", settings.selection.sheet or path.stem)[:_LONGEST_NAME].strip()
    workbook = workbook_of(path)
    plain = Worksheet(str(workbook), name or "Sheet1", tuple(_sheet_rows(table.rows)))
    prefix = settings.column_prefix
    try:
        sheet = sheet_of(workbook, plain, header_row=settings.selection.header_row, prefix=prefix)
    except ColumnError as error:
        raise ColumnError(error.message, place=str(path), hint=error.hint) from error
    header = sheet.header
    data = data_rows(plain, header, result_columns=ResultHeaders.with_prefix(prefix).all)
    numeric = number_columns(table.rows[header.row :])
    rows = tuple(row if row.number <= header.row else _with_numbers(row, numeric) for row in plain.rows)
    notes = tuple(f"{path.name}: {note}" for note in (*table.notes, *_ragged(sheet, table.delimiter)))
    return TextFile(
        path,
        content,
        replace(sheet, worksheet=replace(plain, rows=rows), notes=notes),
        tuple(text_row(row, header.columns) for row in data),
    )


def text_row(row: SheetRow, columns: Sequence[Column], *, made: bool = False) -> TextRow:
    """A worksheet's row as text, by which it is compared."""
    values = {column.name: _as_text(row.cells.get(column.number)) for column in columns}
    return TextRow(row.number, {name: text for name, text in values.items() if text}, made)


def _sheet_rows(rows: Sequence[Sequence[str]]) -> Iterator[SheetRow]:
    for number, row in enumerate(rows, start=1):
        cells = {column: Cell(CellKind.TEXT, text) for column, text in enumerate(row, 1) if text}
        if cells:
            yield SheetRow(number, cells)


def _with_numbers(row: SheetRow, numeric: frozenset[int]) -> SheetRow:
    cells = dict(row.cells)
    for column in numeric & cells.keys():
        number = plain_number(str(cells[column].value))
        if number is not None:
            cells[column] = Cell(CellKind.NUMBER, number)
    return replace(row, cells=cells)


def _ragged(sheet: DataSheet, delimiter: str) -> Iterator[str]:
    """Values beyond the last header come of a comma that nobody meant to divide."""
    character = "a tab" if delimiter == "\t" else f"“{delimiter}”"
    header = sheet.header
    last = max(column.number for column in header.columns)
    rows = (row for row in sheet.worksheet.rows if row.number > header.row)
    odd = [row.number for row in rows if max(row.cells) > last]
    if odd:
        named = ", ".join(map(str, odd[:_NAMED])) + (" …" if len(odd) > _NAMED else "")
        yield (
            f"row{'s' if len(odd) > 1 else ''} {named}: more values than headers. "
            f"A text with {character} in it must stand in quotation marks."
        )


def _as_text(cell: Cell | None) -> str:
    if cell is None or is_blank(cell):
        return ""
    if cell.kind in (CellKind.NUMBER, CellKind.BOOLEAN):
        return format_value(cell.value, "General")
    return str(cell.value).strip()
