"""Read a template's file, and the parts beside it, and bind it to a header."""

from __future__ import annotations

from pathlib import Path

from merge.errors import CellError, InputError, TemplateError
from merge.settings import Settings
from merge.sheet.columns import Header
from merge.template.bind_json import Binding, bind
from merge.template.bind_text import bind_text
from merge.template.document import JsonTemplate, TextTemplate, parse_template, require_fields
from merge.template.filters import FilterSet
from merge.template.filters.locales import locale_of

JINJA = ".j2"
_LARGEST_PART = 2_000_000
"""Bytes of a part; whatever is larger is no template."""


def bound_template(
    path: Path, header: Header, settings: Settings, speech: FilterSet, *, marks: bool = False
) -> Binding:
    """Read a template by its kind, and bind it; with `marks`, merged words are rendered between marks.

    Raises:
        TemplateError: it cannot be read, is no project, or names what is no column
        InputError: the language of the run is none
    """
    if speech.locale != FilterSet().locale:
        _see_that_it_is_a_language(speech.locale)
    if path.suffix.lower() == JINJA:
        text = read_text_template(path).with_options(settings.effective_project_options)
        return bind_text(text, header, settings.constants, speech, marks=marks)
    template = read_template(path).with_options(settings.effective_project_options)
    return bind(template, header, settings.constants, speech, marks=marks)


def read_template(path: Path) -> JsonTemplate:
    """Read a saved project.

    Raises:
        TemplateError: it cannot be read, is not JSON, is not a project, or lacks what the service requires
    """
    return require_fields(parse_template(_read(path), path.name))


def read_text_template(path: Path) -> TextTemplate:
    """Read a project as Jinja text, and the other `.j2` files of its folder, which it may include.

    Links that lead out of the folder, folders within it, and what cannot be read are left out.

    Raises:
        TemplateError: the template itself cannot be read
    """
    source = _read(path)
    folder = path.resolve().parent
    parts = {part.name: text for part in sorted(folder.glob(f"*{JINJA}")) if (text := _part(part, folder))}
    return TextTemplate(path.name, source, parts)


def _see_that_it_is_a_language(locale: str) -> None:
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
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise TemplateError(
            "there is no such file", place=str(path), hint="Check the template's path"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(
            f"the template cannot be read ({_reason(error)})",
            place=str(path),
            hint="Save the project from AI Studios again, as JSON in UTF-8",
        ) from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "no reason given") if isinstance(error, OSError) else "it is not UTF-8 text"
