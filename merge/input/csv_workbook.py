"""Delimited text as input: the workbook beside it is made from it, or brought up to date with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from merge.errors import InputError, WriteBackError
from merge.input.csv import TextRow
from merge.input.csv_file import TextFile, read_text
from merge.input.csv_update import Update, applied, update_of
from merge.input.data_sheet import DataSheet, read_sheet, sheet_of
from merge.input.paths import backup_path, imported_copy_path, is_text, workbook_of
from merge.model import Scalar
from merge.settings import Settings
from merge.workbook import read_source, save_source, source_of, write_columns


def preview_csv(path: Path, settings: Settings) -> DataSheet:
    """The sheet as a run would find it, without making or changing anything.

    Raises:
        InputError: the text cannot be read, or the workbook beside it is another one
    """
    text = read_text(path, settings)
    workbook = workbook_of(path)
    if not workbook.exists():
        note = f"{path.name}: results will go into {workbook.name}, which a run makes beside it."
        return _noting(text.sheet, text, note)
    sheet = _open(made_from(path), settings)
    if _is_taken_in(text):
        return _noting(sheet, text, _goes_on(text))
    update = _update(text, sheet, settings)
    worksheet = replace(sheet.worksheet, rows=applied(sheet, update))
    now = sheet_of(workbook, worksheet, header_row=sheet.header.row, prefix=settings.column_prefix)
    return _noting(replace(now, read_from=sheet.read_from), text, _goes_on(text), update.said)


def import_csv(path: Path, settings: Settings) -> DataSheet:
    """Make the workbook beside the text, or bring it up to date.

    Raises:
        InputError: the text cannot be read, the workbook beside it is another one, or it cannot be written
    """
    text = read_text(path, settings)
    workbook = workbook_of(path)
    try:
        if not workbook.exists():
            _make(text, workbook)
            notes = [f"{workbook.name} was made from {path.name}: results go there."]
        else:
            sheet = _open(made_from(path), settings)
            notes = [_goes_on(text)]
            if not _is_taken_in(text):
                update = _update(text, sheet, settings)
                _bring_up_to_date(sheet, update)
                notes.append(update.said)
        if not _is_taken_in(text):
            save_source(imported_copy_path(path), text.content)
    except WriteBackError as error:
        hint = error.hint.partition(", then run:")[0]
        raise InputError(
            f"{path.name} cannot be taken in: {error.message}",
            place=error.place,
            hint=f"{hint}, then run the same command again",
        ) from error
    return _noting(_open(workbook, settings), text, *notes)


def results_in(path: Path) -> Path:
    """The workbook that holds the results: the given one, or the one that was made from delimited text.

    Raises:
        InputError: there is none yet, or it is another one
    """
    return made_from(path) if is_text(path) else path


def made_from(path: Path) -> Path:
    """The workbook that was made from delimited text.

    Raises:
        InputError: there is none yet, or it is another one
    """
    workbook = workbook_of(path)
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


def _noting(sheet: DataSheet, text: TextFile, *notes: str) -> DataSheet:
    return replace(sheet, notes=(*text.sheet.notes, *notes))


def _goes_on(text: TextFile) -> str:
    return f"{text.path.name}: this goes on in {text.sheet.path.name}, which was made from it."


def _open(workbook: Path, settings: Settings) -> DataSheet:
    wanted = settings.selection
    return read_sheet(
        workbook, sheet=wanted.sheet, header_row=wanted.header_row, prefix=settings.column_prefix
    )


def _is_taken_in(text: TextFile) -> bool:
    path = imported_copy_path(text.path)
    return path.is_file() and read_source(path) == text.content


def _before(text: TextFile, settings: Settings) -> tuple[TextRow, ...] | None:
    try:
        return read_text(imported_copy_path(text.path), settings).rows
    except InputError:
        return None


def _update(text: TextFile, sheet: DataSheet, settings: Settings) -> Update:
    return update_of(text, sheet, _before(text, settings), settings.selection.key)


def _make(text: TextFile, workbook: Path) -> None:
    from merge.workbook.new_workbook import create_workbook  # noqa: PLC0415 - openpyxl is slow to import

    worksheet = text.sheet.worksheet
    rows: list[list[Scalar]] = [[] for _ in range(worksheet.rows[-1].number)]
    for row in worksheet.rows:
        rows[row.number - 1] = [
            row.cells[column].value if column in row.cells else "" for column in range(1, max(row.cells) + 1)
        ]
    header = text.sheet.header.row
    create_workbook(workbook, worksheet.name, rows, header_row=header, source=text.path)


def _bring_up_to_date(sheet: DataSheet, update: Update) -> None:
    write_columns(
        sheet.path,
        sheet=sheet.worksheet.name,
        header_row=sheet.header.row,
        rows=update.cells,
        columns=update.headers,
        backup=backup_path(sheet.path),
        since=sheet.read_from,
    )
