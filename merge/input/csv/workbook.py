"""A CSV file as a worksheet, and the workbook of the same name that is made and updated from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from merge.errors import ColumnError, InputError, WriteBackError
from merge.input.csv.changes import CsvRow, Update, equal_rows, find_update, rows_as_text, updated_rows
from merge.input.csv.encoding import UTF_8, DecodedText, decode, name_of
from merge.input.csv.encoding_warnings import encoding_warnings
from merge.input.csv.parse import CsvTable, number_columns, parse_table, plain_number
from merge.input.data_sheet import DataSheet, WantedData, find_data, noting, read_sheet
from merge.input.paths import backup_path, encoding_path, imported_copy_path, workbook_path
from merge.model import Cell, CellKind, Problem, Scalar, SheetRow, Worksheet
from merge.settings import Settings
from merge.sheet.columns import require_distinct
from merge.workbook import read_source, save_source, source_of, write_columns

_TAB_SUFFIXES = frozenset({".tsv", ".tab"})
_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$")
_LONGEST_SHOWN = 80
_NOT_UTF_8 = (
    "the CSV file isn't UTF-8, and was read as {}. If its headers look wrong, add --encoding with another "
    "encoding."
)
_CHARACTERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file.

    Attributes:
        path: the file
        content: its bytes
        sheet: its content as a worksheet
        rows: its data rows as text
        encoding: the codec's name
    """

    path: Path
    content: bytes
    sheet: DataSheet
    rows: tuple[CsvRow, ...]
    encoding: str

    @property
    def is_imported(self) -> bool:
        """Whether the workbook was already made from this content in this encoding."""
        return _imported(self.path) == self.content and _remembered(self.path) == self.encoding

    def noting(self, sheet: DataSheet, *notes: str) -> DataSheet:
        """A worksheet with these notes and the file's notes, warnings and problems."""
        csv = self.sheet
        return replace(
            sheet,
            notes=(*csv.notes, *notes),
            warnings=csv.warnings,
            problems=self._problems_in(sheet),
            header_note=csv.header_note,
        )

    def _problems_in(self, sheet: DataSheet) -> Mapping[int, Problem]:
        """The problems of the file's rows by their numbers in a worksheet; edited rows have none."""
        problems = self.sheet.problems
        wrong = [row for row in self.rows if row.number in problems]
        columns = [column.name for column in self.sheet.header.columns]
        pairs = equal_rows(tuple(rows_as_text(sheet)), wrong, columns) if wrong else {}
        return {number: problems[row.number] for number, row in pairs.items()}

    @property
    def continues_note(self) -> str:
        """The note for a file whose workbook exists."""
        return f"castmerge continues in {self.sheet.path.name}, which was made from {self.path.name}."


def read_csv(path: Path, settings: Settings) -> CsvFile:
    """Read a CSV file. Columns of plain numbers become numbers; everything else stays text.

    Raises:
        EncodingError: its encoding would be a guess
        WorkbookError: the file can't be read, or isn't CSV
        ColumnError: there's no header row, or two headers have the same name
    """
    content = read_source(path)
    return _parse(path, content, _decode(path, content, settings), settings)


def require_encoding(path: Path, settings: Settings) -> None:
    """Make sure that a CSV file can be read without guessing.

    Raises:
        EncodingError: its encoding would be a guess
        WorkbookError: the file can't be read, or isn't text
    """
    _decode(path, read_source(path), settings)


def _decode(path: Path, content: bytes, settings: Settings) -> DecodedText:
    remembered = _remembered(path)
    encoding = settings.encoding
    if encoding is None and remembered != UTF_8 and _imported(path) == content:
        encoding = remembered
    return decode(content, str(path), encoding=encoding, remembered=remembered)


def _imported(path: Path) -> bytes | None:
    """The content of a CSV file as it was last imported into its workbook."""
    copy = imported_copy_path(path)
    return read_source(copy) if copy.is_file() else None


def _remembered(path: Path) -> str:
    """The encoding in which a CSV file was last imported."""
    try:
        return encoding_path(path).read_text("ascii", "replace").strip() or UTF_8
    except OSError:
        return UTF_8


def _parse(path: Path, content: bytes, decoded: DecodedText, settings: Settings) -> CsvFile:
    table = parse_table(decoded.text, str(path), tabs=path.suffix.lower() in _TAB_SUFFIXES)
    name = _NOT_IN_SHEET_NAMES.sub("_", settings.selection.sheet or path.stem)[:_LONGEST_SHEET_NAME].strip()
    workbook = workbook_path(path)
    text = Worksheet(str(workbook), name or "Sheet1", tuple(_sheet_rows(table.rows)))
    note = _NOT_UTF_8.format(name_of(decoded.encoding)) if decoded.guesses else ""
    with noting(note):
        try:
            wanted = WantedData(header_row=settings.selection.header_row)
            sheet = find_data(workbook, text, wanted, prefix=settings.column_prefix)
            # Later changes of the file find their columns by name.
            require_distinct(sheet.header)
        except ColumnError as error:
            raise ColumnError(error.message, place=str(path), hint=error.hint) from error
    header_row = sheet.header.row
    numeric = number_columns(table.rows[header_row:])
    typed = replace(
        sheet,
        worksheet=replace(
            text,
            rows=tuple(row if row.number <= header_row else _with_numbers(row, numeric) for row in text.rows),
        ),
        warnings=tuple(encoding_warnings(path.name, decoded, sheet)),
        problems=dict(_rows_too_long(table, header_row)),
        header_note=note,
    )
    return CsvFile(path, content, typed, tuple(rows_as_text(sheet)), decoded.encoding)


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
    return row._replace(cells=cells)


def _rows_too_long(table: CsvTable, header_row: int) -> Iterator[tuple[int, Problem]]:
    """Rows with more values than headers, by row number: usually because a value's comma isn't quoted.

    A column with a blank header has a place in the header row, so its values aren't extra.
    """
    width = len(table.rows[header_row - 1])
    for number, row in enumerate(table.rows[header_row:], start=header_row + 1):
        if any(value.strip() for value in row[width:]):
            yield number, _too_long(row, width, table.delimiter)


def _too_long(row: Sequence[str], width: int, delimiter: str) -> Problem:
    character = _CHARACTERS.get(delimiter, f"“{delimiter}”")
    headers = "1 header" if width == 1 else f"{width} headers"
    # In `Smith, John,Paris` the space shows which two values belong together.
    turns = (turn for turn in range(len(row) - 1) if row[turn + 1].startswith(" "))
    split = next((delimiter.join(row[turn : turn + 2]) for turn in turns), "")
    example = split if split and len(split) <= _LONGEST_SHOWN else f"Smith{delimiter} John"
    return Problem(
        f"this row has {len(row)} values under {headers}: {_shown(row)}",
        hint=f'If a value contains {character}, put it in quotation marks, as in "{example}". Otherwise, '
        "give "
        "every column of the CSV file a header",
    )


def _shown(row: Sequence[str]) -> str:
    text = " | ".join(value.strip() for value in row)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …"


def preview_csv(path: Path, settings: Settings) -> DataSheet:
    """The worksheet as a run would find it. Changes nothing.

    Raises:
        InputError: the file can't be read, or the workbook of that name wasn't made from it
    """
    csv = read_csv(path, settings)
    workbook = workbook_path(path)
    if not workbook.exists():
        note = f"Results of {path.name} will go into {workbook.name}, which a run creates next to it."
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
        InputError: the file can't be read, the workbook of that name wasn't made from it, or the workbook
            can't be written
    """
    csv = read_csv(path, settings)
    workbook = workbook_path(path)
    try:
        if not workbook.exists():
            _make_workbook(csv)
            notes = [f"{workbook.name} was made from {path.name}, and gets the results."]
        else:
            sheet = _read(results_workbook(path), settings)
            notes = [csv.continues_note]
            if not csv.is_imported:
                update = _find_update(csv, sheet, settings)
                _update_workbook(sheet, update)
                notes.append(update.summary)
        if not csv.is_imported:
            save_source(imported_copy_path(path), csv.content)
            if _remembered(path) != csv.encoding:
                save_source(encoding_path(path), csv.encoding.encode())
    except WriteBackError as error:
        hint = re.split(r"[,.] (?:and )?[Tt]hen run: |, and then run: ", error.hint)[0]
        raise InputError(
            f"castmerge can't import {path.name}: {error.message}",
            place=error.place,
            hint=f"{hint}, and then run the same command again",
        ) from error
    return csv.noting(_read(workbook, settings), *notes)


def results_workbook(path: Path) -> Path:
    """The workbook that was made from a CSV file and holds its results.

    Raises:
        InputError: there's none yet, or the workbook of the CSV file's name wasn't made from it
    """
    workbook = workbook_path(path)
    if not workbook.exists():
        raise InputError(
            "you haven't made any videos from this file yet, so there's no workbook next to it",
            place=str(path),
            hint=f"Make videos first with castmerge run {path.name}, or use the workbook with the results",
        )
    if source_of(workbook).casefold() != path.name.casefold():
        raise InputError(
            f"this file already exists, and wasn't made from {path.name}",
            place=str(workbook),
            hint=f"Use {workbook.name} itself instead of {path.name}, or rename one of the two",
        )
    return workbook


def _read(workbook: Path, settings: Settings) -> DataSheet:
    selection = settings.selection
    wanted = WantedData(selection.sheet, table=selection.table, header_row=selection.header_row)
    return read_sheet(workbook, wanted, prefix=settings.column_prefix)


def _find_update(csv: CsvFile, sheet: DataSheet, settings: Settings) -> Update:
    copy = imported_copy_path(csv.path)
    try:
        before = read_csv(copy, replace(settings, encoding=_remembered(csv.path))).rows
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
