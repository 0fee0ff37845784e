"""Read a template and what belongs to it (included files, pronunciations), and bind it to a header."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from merge.errors import CellError, InputError, TemplateError, WorkbookError
from merge.input.data_sheet import DataSheet, noting
from merge.model import SheetRow, Worksheet
from merge.project.json_text import strings
from merge.project.required_fields import refusals
from merge.settings import Settings
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Header, normalize, with_placeholders
from merge.sheet.data_areas import Fit
from merge.sheet.values import template_value
from merge.template.bind_json import Binding, bind
from merge.template.bind_text import bind_text
from merge.template.column_use import count_found, count_used, placeholder_blocks
from merge.template.document import JsonTemplate, TextTemplate, parse_template, require_fields
from merge.template.filters import SHEET, FilterSet, Pronunciation, pronunciation
from merge.template.filters.locales import locale_of
from merge.workbook.read.worksheet import read_worksheet, sheet_names

JINJA = ".j2"
_MARKS: Final = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks; that of UTF-32 begins as that of UTF-16 does."""
_OTHER_KINDS: Final = {
    b"PK\x03\x04": "a Word, PowerPoint or Excel file, or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Word, PowerPoint or Excel file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
"""What files of other programs begin with."""
_LARGEST_PART = 2_000_000
"""Bytes; a larger file next to the template isn't read as a part of it."""
_LARGEST = 20_000_000
"""Bytes of a template; saved projects have about 100 kB."""


def bind_template(
    path: Path,
    header: Header,
    settings: Settings,
    *,
    workbook: Path | None = None,
    marks: bool = False,
    header_note: str = "",
) -> Binding:
    """Read a template and bind it to the columns of a header.

    Args:
        path: a saved project (`.json`) or a project as Jinja text (`.j2`)
        header: the data columns
        settings: of the run
        workbook: where the worksheet “Pronunciation” may be
        marks: put marks around merged text, for proofs
        header_note: as in `DataSheet`

    Raises:
        TemplateError: the template cannot be read, is not a project, or uses a name that isn't a column
        InputError: the locale is unknown
        WorkbookError: the workbook cannot be read, or a pronunciation is an error value
    """
    speech = FilterSet(settings.locale, read_pronunciation(workbook) if workbook else Pronunciation())
    if speech.locale != FilterSet().locale:
        _require_locale(speech.locale)
    with noting(header_note):
        header = with_placeholders(header, settings.columns)
    if path.suffix.lower() == JINJA:
        text = read_text_template(path).with_options(settings.effective_project_options)
        with noting(header_note):
            return bind_text(text, header, settings.constants, speech, marks=marks)
    template = read_template(path).with_options(settings.effective_project_options)
    with noting(header_note):
        return bind(template, header, settings.constants, speech, marks=marks)


def bind_to_sheet(path: Path, sheet: DataSheet, settings: Settings, *, marks: bool = False) -> Binding:
    """Read a template and bind it to the columns of a sheet, as `bind_template` does."""
    return bind_template(
        path, sheet.header, settings, workbook=sheet.path, marks=marks, header_note=sheet.header_note
    )


def template_fit(path: Path, settings: Settings) -> Fit | None:
    """A function that counts the columns of a header that the template and the key use.

    None if the template can't be read; that is reported when it is bound.
    """
    try:
        if path.suffix.lower() == JINJA:
            text = read_text_template(path)
            texts = [text.source, *(part for name, part in text.parts.items() if name in text.source)]
        else:
            texts = [text for _, text in strings(parse_template(_read(path), path.name).tree)]
    except TemplateError:
        return None
    blocks, key = placeholder_blocks(texts), settings.selection.key

    def fit(header: Header) -> int:
        return count_used(blocks, header, settings.columns) + count_found(key, header)

    return fit


def read_template(path: Path) -> JsonTemplate:
    """Read a saved project.

    Raises:
        TemplateError: the file can't be read, isn't a project, or lacks a field that the service requires
    """
    return require_fields(parse_template(_read(path), path.name), refusals)


def read_text_template(path: Path) -> TextTemplate:
    """Read a project as Jinja text and the other `.j2` files in its folder, which it may include.

    Links that lead out of the folder, subfolders and unreadable files are skipped.

    Raises:
        TemplateError: the template itself can't be read
    """
    source = _read(path)
    folder = path.resolve().parent
    parts = {part.name: text for part in sorted(folder.glob(f"*{JINJA}")) if (text := _part(part, folder))}
    return TextTemplate(path.name, source, parts)


def read_pronunciation(workbook: Path) -> Pronunciation:
    """Read the pronunciations of words from the worksheet “Pronunciation”, if there is one.

    Raises:
        WorkbookError: the workbook can't be read, or a pronunciation is an error value
    """
    # The workbook of a CSV file may not exist yet.
    names = sheet_names(workbook) if workbook.exists() else ()
    name = next((name for name in names if normalize(name) == normalize(SHEET)), None)
    if name is None:
        return Pronunciation()
    worksheet = read_worksheet(workbook, name)
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


def _require_locale(locale: str) -> None:
    try:
        locale_of(locale)
    except CellError as error:
        raise InputError(error.message, place="--locale", hint=error.hint) from error


def _part(path: Path, folder: Path) -> str:
    inside = path.resolve().parent == folder and path.is_file()
    try:
        if inside and path.stat().st_size <= _LARGEST_PART:
            return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
    return ""


def _read(path: Path) -> str:
    if path.exists() and not path.is_file():
        # Reading a pipe or a device could block forever.
        what = "a folder" if path.is_dir() else "a device or a pipe, not a file"
        raise TemplateError(f"this is {what}", place=str(path), hint="Choose a project saved from AI Studios")
    try:
        if path.stat().st_size > _LARGEST:
            raise TemplateError(
                f"this file is too large for a project (more than {_LARGEST // 1_000_000} MB)",
                place=str(path),
                hint="Choose a project saved from AI Studios",
            )
        return _decoded(path)
    except FileNotFoundError as error:
        raise TemplateError(
            "there's no such file", place=str(path), hint="Check the name and the folder of the template"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(
            f"castmerge can't read the template ({_reason(error)})",
            place=str(path),
            hint="Save the project from AI Studios again, as JSON in UTF-8",
        ) from error


def _decoded(path: Path) -> str:
    """The text of a template in UTF-8, or in UTF-16 or UTF-32 with its mark."""
    data = path.read_bytes()
    kind = next((kind for beginning, kind in _OTHER_KINDS.items() if data.startswith(beginning)), None)
    if kind is not None:
        raise TemplateError(
            f"it is {kind}, not a project",
            place=str(path),
            hint="Save the project from AI Studios as JSON, and name that file",
        )
    encoding = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), "utf-8-sig")
    return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "no reason given") if isinstance(error, OSError) else "it isn't UTF-8 text"
