"""A cell as a template sees it: it prints as Excel shows it, and it still calculates.

Text is a `str`, a number an `int` or a `float`, a date a `datetime`, a time a `time`, a duration a
`timedelta`, each with `.text` (what Excel shows) and `.value` (what is stored). A blank cell is an
`Undefined` that only `default(...)` answers; an error, or a formula without a result, refuses every use.

Whatever a cell holds is true, a 0 as well: only a blank cell and FALSE are false. What is calculated from
cells is judged as Python judges it, so that `{% if count % 2 %}` works.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from merge.errors import CellError
from merge.model import JSON, Cell, CellKind
from merge.sheet.number_format import general, has_date_part, is_date_format, is_elapsed_format
from merge.sheet.number_format.serial_dates import LAST_DAY
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
from merge.sheet.values.unusable import BlankValue, ErrorValue

__all__ = [
    "TemplateValue",
    "as_json",
    "cell_format",
    "exact_number",
    "finalize",
    "template_value",
    "usable_value",
]

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
_LEAP_DAY: Final = 60
_DAY_MILLISECONDS: Final = 86_400_000
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - likewise


def template_value(
    cell: Cell | None, *, address: str, header: str, date1904: bool = False, locale: str = "en_US"
) -> TemplateValue:
    """What a template sees of a cell.

    Args:
        cell: the cell as it is stored, or None for a blank one
        address: the cell for messages, such as `Sheet1!C5`
        header: its column's header for messages, as it stands in the sheet
        date1904: whether the workbook's serial numbers count from 1904
        locale: the reader's language, where a number format leaves it open

    Returns:
        A text, a number, a boolean, a date, a time or a duration; or, for a cell that cannot be said, a value
        that raises `CellError` once the template uses it. A date that no calendar has (1900-01-00,
        1900-02-29, anything before 1900 or after 9999) is a number, and prints as Excel shows it.
    """
    value = usable_value(cell, date1904, locale)
    if value is not None:
        return value
    if cell is None or cell.kind is CellKind.TEXT:
        return BlankValue(address, header)
    if cell.kind is CellKind.UNCALCULATED:
        message = f"“{header}” holds a formula whose result was never stored"
        hint = "Open the workbook in Excel and save it, so that the result is stored"
    else:
        message = f"“{header}” shows the error {cell.value}"
        hint = "Mend the formula in this cell"
    return ErrorValue(message, place=address, hint=hint)


def usable_value(cell: Cell | None, date1904: bool, locale: str) -> TemplateValue | None:  # noqa: FBT001 - as `cell_format`
    """As `template_value`, but None for a cell that cannot be said."""
    if cell is None:
        return None
    match cell.kind, cell.value:
        case CellKind.TEXT, str(text):
            return (
                TextValue.of(text, cell_format(cell.number_format, date1904, locale))
                if text.strip()
                else None
            )
        case CellKind.NUMBER, (int() | float()) as value:
            return _numeric(value, cell_format(cell.number_format, date1904, locale))
        case CellKind.BOOLEAN, value:
            return BooleanValue(bool(value))
        case _:
            return None


@lru_cache(maxsize=1024)
def cell_format(number_format: str, date1904: bool, locale: str) -> CellFormat:  # noqa: FBT001 - a key of the cache
    """How cells of a number format are shown."""
    return CellFormat(number_format, date1904, locale)


def finalize(value: object) -> object:
    """What an expression in a template prints: plain numbers and booleans print as in a cell.

    Raises:
        CellError: when the expression gave nothing at all
    """
    match value:
        case None:
            raise CellError(
                "an expression in the template gave nothing",
                hint="Look at what stands between its double curly braces, and give it a default",
            )
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float() if type(value) in {int, float}:
            return general(value)
        case _:
            return value


def exact_number(value: object) -> str | None:
    """The JSON text of the number that a value holds; None where it holds none.

    Numbers give their shortest exact text, and so does text that is itself a JSON number.

    Raises:
        CellError: for a cell that cannot be said
    """
    match value:
        case BlankValue() | ErrorValue():
            # Never returns: to print such a cell raises its problem.
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
    """What stands in JSON for a value that JSON has no form of, for the `default` of `json.dumps`.

    Texts and numbers need it not. A boolean is one; a date, a time and a duration are their text.

    Raises:
        CellError: for a cell that cannot be said
        TypeError: for anything else
    """
    match value:
        case BooleanValue():
            return value.value
        case DateValue() | TimeValue() | DurationValue() | BlankValue() | ErrorValue():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


@lru_cache(maxsize=1024)
def _shape(code: str) -> type:
    """What numbers of this format are."""
    if not is_date_format(code):
        return WholeValue
    if is_elapsed_format(code):
        return DurationValue
    return DateValue if has_date_part(code) else TimeValue


def _numeric(value: float, form: CellFormat) -> TemplateValue:
    shape = _shape(form.number_format)
    found: TemplateValue | None = None
    if shape is DateValue:
        found = _date(value, form)
    elif shape is TimeValue and 0 <= value < 1:
        found = TimeValue.at(_clock(value), form, value)
    elif shape is not WholeValue:
        found = _duration(value, form)
    return number(value, form) if found is None else found


def _date(serial: float, form: CellFormat) -> DateValue | None:
    if form.date1904:
        epoch, first = _EPOCH_1904, 0
    else:
        epoch, first = _EPOCH + timedelta(days=serial < _LEAP_DAY), 1
    if not first <= serial < LAST_DAY + 1 or (not form.date1904 and int(serial) == _LEAP_DAY):
        return None
    try:
        return DateValue.at(epoch + _milliseconds(serial), form, serial)
    except OverflowError:
        return None


def _duration(days: float, form: CellFormat) -> DurationValue | None:
    try:
        return DurationValue.lasting(_milliseconds(days), form, days)
    except OverflowError:
        return None


def _milliseconds(days: float) -> timedelta:
    """Days as Excel counts them, to the millisecond: a double holds no more near today's dates."""
    whole = int(days // 1)
    return timedelta(days=whole, milliseconds=round((days - whole) * _DAY_MILLISECONDS))


def _clock(days: float) -> time:
    latest = _DAY_MILLISECONDS - 1
    clock = timedelta(milliseconds=min(round(days * _DAY_MILLISECONDS), latest))
    return (_EPOCH + clock).time()
