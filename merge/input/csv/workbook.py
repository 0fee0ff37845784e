"""A CSV file as a worksheet, and the workbook of the same name that is made from it and updated with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from merge.errors import ColumnError, InputError, WriteBackError
from merge.input.csv.changes import CsvRow, Update, find_update, rows_as_text, updated_rows
from merge.input.csv.parse import number_columns, parse_table, plain_number
from merge.input.data_sheet import DataSheet, WantedData, find_data, read_sheet
from merge.input.paths import backup_path, imported_copy_path, is_csv, workbook_path
from merge.model import Cell, CellKind, Scalar, SheetRow, Worksheet
from merge.settings import Settings
from merge.sheet.columns import require_distinct
from merge.workbook import read_source, save_source, source_of, write_columns

_TAB_SUFFIXES = frozenset({".tsv", ".tab"})
_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$")
_LISTED_ROWS = 5


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file.

    Attributes:
        path: the file
        content: its bytes
        sheet: its content as a worksheet
        rows: its data rows as text
    """

    path: Path
    content: bytes
    sheet: DataSheet
    rows: tuple[CsvRow, ...]

    @property
    def is_imported(self) -> bool:
        """Whether the workbook already has this content."""
        copy = imported_copy_path(self.path)
        return copy.is_file() and read_source(copy) == self.content

    def noting(self, sheet: DataSheet, *notes: str) -> DataSheet:
        """A worksheet with the file's notes and these."""
        return replace(sheet, notes=(*self.sheet.notes, *notes))

    @property
    def continues_note(self) -> str:
        """The note for a file whose workbook exists."""
        return f"{self.path.name}: this goes on in {self.sheet.path.name}, which was made from it."


def read_csv(path: Path, settings: Settings) -> CsvFile:
    """Read a CSV file. Columns of plain numbers become numbers; everything else stays text.

    Raises:
        WorkbookError: the file cannot be read, or is not CSV
        ColumnError: there is no header row, or two headers have the same name
    """
    content = read_source(path)
    table = parse_table(content, str(path), tabs=path.suffix.lower() in _TAB_SUFFIXES)
    name = _NOT_IN_SHEET_NAMES.sub("_", settings.selection.sheet or path.stem)[:_LONGEST_SHEET_NAME].strip()
    workbook = workbook_path(path)
    text = Worksheet(str(workbook), name or "Sheet1", tuple(_sheet_rows(table.rows)))
    try:
        wanted = WantedData(header_row=settings.selection.header_row)
        sheet = find_data(workbook, text, wanted, prefix=settings.column_prefix)
        require_distinct(sheet.header)
    except ColumnError as error:
        raise ColumnError(error.message, place=str(path), hint=error.hint) from error
    header_row = sheet.header.row
    numeric = number_columns(table.rows[header_row:])
    rows = tuple(row if row.number <= header_row else _with_numbers(row, numeric) for row in text.rows)
    notes = tuple(f"{path.name}: {note}" for note in (*table.notes, *_ragged(sheet, table.delimiter)))
    typed = replace(sheet, worksheet=replace(text, rows=rows), notes=notes)
    return CsvFile(path, content, typed, tuple(rows_as_text(sheet)))


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
    """A note about rows with more values than headers, usually because of an unquoted delimiter."""
    character = "a tab" if delimiter == "\t" else f"“{delimiter}”"
    header = sheet.header
    last = max(column.number for column in header.columns)
    rows = (row for row in sheet.worksheet.rows if row.number > header.row)
    longer = [row.number for row in rows if max(row.cells) > last]
    if longer:
        listed = ", ".join(map(str, longer[:_LISTED_ROWS])) + (" …" if len(longer) > _LISTED_ROWS else "")
        yield (
            f"row{'s' if len(longer) > 1 else ''} {listed}: more values than headers. "
            f"A text with {character} in it must stand in quotation marks."
        )


def preview_csv(path: Path, settings: Settings) -> DataSheet:
    """The worksheet as a run would find it. Changes nothing.

    Raises:
        InputError: the file cannot be read, or the workbook of its name was not made from it
    """
    csv = read_csv(path, settings)
    workbook = workbook_path(path)
    if not workbook.exists():
        note = f"{path.name}: results will go into {workbook.name}, which a run makes beside it."
        return csv.noting(csv.sheet, note)
    sheet = _read(results_workbook(path), settings)
    if csv.is_imported:
        return csv.noting(sheet, csv.continues_note)
    update = _find_update(csv, sheet, settings)
    worksheet = replace(sheet.worksheet, rows=updated_rows(sheet, update))
    wanted = WantedData(header_row=sheet.header.row)
    now = find_data(workbook, worksheet, wanted, prefix=settings.column_prefix)
    return csv.noting(replace(now, read_from=sheet.read_from), csv.continues_note, update.summary)


def import_csv(path: Path, settings: Settings) -> DataSheet:
    """Make the workbook from the CSV file, or update it.

    Raises:
        InputError: the file cannot be read, the workbook of its name was not made from it, or the workbook
            cannot be written
    """
    csv = read_csv(path, settings)
    workbook = workbook_path(path)
    try:
        if not workbook.exists():
            _make_workbook(csv)
            notes = [f"{workbook.name} was made from {path.name}: results go there."]
        else:
            sheet = _read(results_workbook(path), settings)
            notes = [csv.continues_note]
            if not csv.is_imported:
                update = _find_update(csv, sheet, settings)
                _update_workbook(sheet, update)
                notes.append(update.summary)
        if not csv.is_imported:
            save_source(imported_copy_path(path), csv.content)
    except WriteBackError as error:
        hint = error.hint.partition(", then run:")[0]
        raise InputError(
            f"{path.name} cannot be taken in: {error.message}",
            place=error.place,
            hint=f"{hint}, then run the same command again",
        ) from error
    return csv.noting(_read(workbook, settings), *notes)


def results_workbook(path: Path) -> Path:
    """The workbook that holds the results: the given one, or the one that was made from a CSV file.

    Raises:
        InputError: there is none yet, or the workbook of the CSV file's name was not made from it
    """
    if not is_csv(path):
        return path
    workbook = workbook_path(path)
    if not workbook.exists():
        raise InputError(
            "no run was made with it yet: there is no workbook beside it",
            place=str(path),
            hint=f"Run first: castmerge run {path.name} -t TEMPLATE",
        )
    if source_of(workbook).casefold() != path.name.casefold():
        raise InputError(
            f"it is there already, and was not made from {path.name}",
            place=str(workbook),
            hint=f"Name it itself (castmerge run {workbook.name}), or rename one of the two",
        )
    return workbook


def _read(workbook: Path, settings: Settings) -> DataSheet:
    selection = settings.selection
    wanted = WantedData(selection.sheet, table=selection.table, header_row=selection.header_row)
    return read_sheet(workbook, wanted, prefix=settings.column_prefix)


def _find_update(csv: CsvFile, sheet: DataSheet, settings: Settings) -> Update:
    try:
        before = read_csv(imported_copy_path(csv.path), settings).rows
    except InputError:
        before = None
    return find_update(csv.sheet, csv.rows, sheet, before, settings.selection.key, csv_path=csv.path)


def _make_workbook(csv: CsvFile) -> None:
    from merge.workbook.new_workbook import create_workbook  # noqa: PLC0415 - openpyxl is slow to import

    worksheet = csv.sheet.worksheet
    rows: list[list[Scalar]] = [[] for _ in range(worksheet.rows[-1].number)]
    for row in worksheet.rows:
        rows[row.number - 1] = [
            row.cells[column].value if column in row.cells else "" for column in range(1, max(row.cells) + 1)
        ]
    header = csv.sheet.header.row
    create_workbook(csv.sheet.path, worksheet.name, rows, header_row=header, source=csv.path)


def _update_workbook(sheet: DataSheet, update: Update) -> None:
    write_columns(
        sheet.path,
        sheet=sheet.worksheet.name,
        header_row=sheet.header.row,
        rows=update.cells,
        columns=update.headers,
        backup=backup_path(sheet.path),
        since=sheet.read_from,
    )
