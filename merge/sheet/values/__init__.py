"""Cell values in templates: they print as Excel shows them and calculate as stored.

A value is a `str`, `int`, `float`, `datetime`, `time` or `timedelta` with `.text` (what Excel shows),
`.value` (what is stored) and `.link` (the target of a hyperlink). A blank cell is an `Undefined` that needs
`default(...)`; an error, or a formula without a result, raises `CellError` on every use. A new type of value
gets its class in `numbers_and_dates`.

Every cell is true, even one with 0, except a blank one and FALSE. Results of calculations are true or false
as in Python, so that `{% if count % 2 %}` works.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from jinja2 import Undefined

from merge.errors import CellError
from merge.model import JSON, Cell, CellKind
from merge.sheet.number_format import (
    general,
    has_date_part,
    is_date_format,
    is_elapsed_format,
    system_format,
)
from merge.sheet.serial_dates import to_datetime, to_time, to_timedelta
from merge.sheet.values.numbers_and_dates import (
    BooleanValue,
    CellFormat,
    DateValue,
    DecimalValue,
    DurationValue,
    FormattedNumber,
    TextValue,
    TimeValue,
    WholeValue,
    number,
)
from merge.sheet.values.unusable import NO_LINK, BlankValue, ErrorValue

TemplateValue: TypeAlias = (
    TextValue
    | WholeValue
    | DecimalValue
    | BooleanValue
    | DateValue
    | TimeValue
    | DurationValue
    | BlankValue
    | ErrorValue
)

_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def template_value(
    cell: Cell | None, *, address: str, header: str, date1904: bool = False, locale: str = "en_US"
) -> TemplateValue:
    """Return a cell's value for templates.

    Args:
        cell: the stored cell, or None for a blank one
        address: the cell's address for messages, such as `Sheet1!C5`
        header: its column's header for messages, as in the worksheet
        date1904: whether the workbook's serial numbers count from 1904
        locale: the reader's language, for number formats without a language of their own

    Returns:
        A text, number, boolean, date, time or duration; or, for a blank or broken cell, a value that raises
        `CellError` when the template uses it. A date that no calendar has (1900-01-00, 1900-02-29, before
        1900 or after 9999) is a number that prints as Excel shows it.
    """
    value = usable_value(cell, date1904, locale)
    if value is not None:
        return value
    if cell is None or cell.kind is CellKind.TEXT:
        return BlankValue(address, header)
    if cell.kind is CellKind.UNCALCULATED:
        message = f"“{header}” has a formula that Excel hasn't calculated yet"
        hint = "Open the workbook in Excel, save it, and try again"
    else:
        message = f"“{header}” shows the error {cell.value}"
        hint = "Fix the formula in this cell"
    return ErrorValue(message, place=address, hint=hint)


def usable_value(cell: Cell | None, date1904: bool, locale: str) -> TemplateValue | None:  # noqa: FBT001 - as `cell_format`
    """Return a cell's value as `template_value` does, but None for a blank or broken cell."""
    if cell is None:
        return None
    kind, value = cell.kind, cell.value
    if kind is CellKind.BOOLEAN:
        return BooleanValue(bool(value), cell.link or NO_LINK)
    if kind is CellKind.TEXT and isinstance(value, str):
        if not value.strip():
            return None
        return TextValue.of(value, cell_format(cell.number_format, date1904, locale), cell.link)
    if kind is not CellKind.NUMBER or isinstance(value, str):
        return None
    made = _numeric(value, cell_format(cell.number_format, date1904, locale))
    if cell.link:
        made.link = cell.link
    return made


@lru_cache(maxsize=1024)
def cell_format(number_format: str, date1904: bool, locale: str) -> CellFormat:  # noqa: FBT001 - called per cell
    """Return the format of cells with this number format, written out for the locale; cached."""
    return CellFormat(system_format(number_format, locale), date1904, locale)


def finalize(value: object) -> object:
    """Convert an expression's result for printing: plain numbers and booleans print as in a cell.

    Raises:
        CellError: the result is None, or isn't a value: a list, a function
    """
    match value:
        case str():
            return value
        case None:
            raise CellError(
                "an expression in the template has no value",
                hint="Check what's between its double braces, or set a fallback",
            )
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float() if type(value) in {int, float}:
            return general(value)
        case int() | float() | date() | time() | timedelta() | BooleanValue() | Undefined() | ErrorValue():
            return value
        case _:
            raise _not_a_value(value)


def _not_a_value(value: object) -> CellError:
    match value:
        case tuple():
            message = "a placeholder in the template has several values at once"
            hint = "Write a placeholder for each of them: {{ First Name }}, {{ City }}"
        case list() | set() | range() | Iterator():
            message = "the template prints a list"
            hint = 'Put its items into one text: {{ … | join(", ") }}'
        case dict():
            message = "the template prints a group of named values"
            hint = "Use the one that you want"
        case _ if callable(value):
            message = "the template prints a function instead of its result"
            hint = 'Write what it needs in brackets: {{ plural(count, "video") }}'
        case Mapping():
            # The whole row, which has a problem of its own.
            return CellError(str(value))
        case _:
            message = "the template prints something that isn't a value"
            hint = "Print columns of the workbook, or the results of filters"
    return CellError(message, hint=hint)


def exact_number(value: object) -> str | None:
    """Return a value's number as JSON, in its shortest exact form; None if it isn't a number.

    Text that is a JSON number counts as one.

    Raises:
        CellError: the cell is blank or broken
    """
    match value:
        case BlankValue() | ErrorValue():
            # Never returns: printing such a cell raises its problem.
            return str(value)
        case bool() | BooleanValue():
            return None
        case int():
            return int.__repr__(value)
        case float():
            text = float.__repr__(value).removesuffix(".0")
            return text if _JSON_NUMBER.fullmatch(text) else None
        case FormattedNumber():
            return exact_number(value.value)
        case str():
            text = value.strip()
            return text if _JSON_NUMBER.fullmatch(text) else None
        case _:
            return None


def as_json(value: object) -> JSON:
    """Convert values that JSON has no type for, as the `default` of `json.dumps`.

    A `BooleanValue` becomes a boolean; dates, times and durations become their text.

    Raises:
        CellError: the cell is blank or broken, or the value is of any other type
    """
    match value:
        case BooleanValue():
            return value.value
        case DateValue() | TimeValue() | DurationValue() | BlankValue() | ErrorValue():
            return str(value)
        case _:
            raise _not_a_value(value)


@lru_cache(maxsize=1024)
def _type_of(code: str) -> type:
    """The type of value that numbers with this format have."""
    if not is_date_format(code):
        return WholeValue
    if is_elapsed_format(code):
        return DurationValue
    return DateValue if has_date_part(code) else TimeValue


def _numeric(
    serial: float, form: CellFormat
) -> WholeValue | DecimalValue | DateValue | TimeValue | DurationValue:
    kind = _type_of(form.number_format)
    if kind is WholeValue:
        return number(serial, form)
    if kind is DateValue:
        moment = to_datetime(serial, date1904=form.date1904)
        return number(serial, form) if moment is None else DateValue.at(moment, form, serial)
    if kind is TimeValue and 0 <= serial < 1:
        return TimeValue.at(to_time(serial), form, serial)
    try:
        return DurationValue.lasting(to_timedelta(serial), form, serial)
    except OverflowError:
        return number(serial, form)
