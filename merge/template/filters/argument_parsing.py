"""Read the number, date or time that a filter is given; text only if it is unambiguous."""

from __future__ import annotations

import math
import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from merge.errors import CellError
from merge.sheet.number_format.locale_names import ENGLISH
from merge.sheet.values.numbers_and_dates import BooleanValue, FormattedNumber

if TYPE_CHECKING:
    from babel import Locale

_LARGEST: Final = 10**100
_LONGEST: Final = 40
_DAY: Final = timedelta(days=1)
_DECIMAL_POINT: Final = re.compile(r"\d+(?:\.\d+)?")
_THREE_DECIMALS: Final = re.compile(r"\d{1,3}\.\d{3}")
"""Where the point may separate thousands."""
_YEAR_FIRST: Final = re.compile(
    r"(\d{4})\s?[-/.년年]\s?(\d{1,2})\s?[-/.월月]\s?(\d{1,2})\s?[일日.]?(?:[T\s]+(\S.*))?", re.ASCII
)
_ENGLISH_MONTHS: Final = {
    name.casefold(): number
    for names in (ENGLISH.months, ENGLISH.short_months)
    for number, name in enumerate(names, start=1)
}
_DAY_FIRST: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.|er|º|°)?(?: of| de)? ([^\W\d_]+)\.?,?(?: del?)? (\d{4})"
)
_MONTH_FIRST: Final = re.compile(r"([A-Za-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.ASCII)
_DOTTED: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", re.ASCII)
_DAY_WITH_PERIOD: Final = re.compile(r"dd?\.")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:\s?([AaPp])\.?[Mm]\.?)?", re.ASCII)
_NOON: Final = 12


def number_of(value: object, locale: Locale, also: Locale | None = None) -> Decimal:
    """Read a number, to the 15 digits that Excel keeps.

    Args:
        value: a number, or text
        locale: the locale whose decimal and thousands separators text may use
        also: a second such locale, such as the one that the number is spoken in

    Raises:
        CellError: it isn't a number, or text with two possible meanings
    """
    match value:
        case FormattedNumber():
            return number_of(value.value, locale, also)
        case bool() | BooleanValue():
            found = None
        case int():
            found = Decimal(int(value)) if abs(int(value)) < _LARGEST else None
        case float():
            in_range = math.isfinite(value) and abs(float(value)) < _LARGEST
            found = Decimal(f"{float(value):.15g}") if in_range else None
        case _:
            text = str(value).strip()
            readings = {_read_number(text, each) for each in (locale, also) if each} - {None}
            found = readings.pop() if len(readings) == 1 else None
    if found is None:
        raise CellError(
            f"“{_short(value)}” isn't clearly a number",
            hint="Enter it in the cell as a number, without words or units",
        )
    return found


def date_of(value: object, locale: Locale | None = None) -> datetime:
    """Read a date.

    Args:
        value: a cell's value, or text with the year first or the month in words
        locale: a language whose month names, and whose dates with periods, are read too

    Raises:
        CellError: it isn't a date, or text with two possible meanings
    """
    match value:
        case datetime():
            moment = value.timetuple()
            return datetime(*moment[:6])  # noqa: DTZ001 - a cell has no time zone
        case int() | float() | time() | timedelta() | BooleanValue():
            found = None
        case _:
            text = " ".join(str(value).split())
            found = _read_date(text, locale)
    if found is None:
        raise CellError(
            f"“{_short(value)}” isn't clearly a date",
            hint="Give the cell a date format in Excel, or type the date as 2026-12-01",
        )
    return found


def time_of(value: object) -> time:
    """Read a time of day.

    Raises:
        CellError: it isn't one
    """
    found: time | None = None
    match value:
        case datetime() | time():
            found = time(value.hour, value.minute, value.second)
        case timedelta():
            seconds = round(timedelta.total_seconds(value))
            if 0 <= seconds < _DAY.total_seconds():
                found = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        case int() | float() | BooleanValue():
            pass
        case _:
            found = _read_time_or_date(" ".join(str(value).split()))
    if found is None:
        raise CellError(
            f"“{_short(value)}” isn't a time of day",
            hint="Give the cell a time format in Excel, or type the time as 14:30",
        )
    return found


def _short(value: object) -> str:
    if isinstance(value, int) and abs(int(value)) >= _LARGEST:
        return "a number of more than a hundred digits"
    text = repr(float(value)) if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _read_number(text: str, locale: Locale) -> Decimal | None:
    """Read a number in the locale's format, or with a decimal point if that is unambiguous."""
    sign = -1 if text[:1] in {"-", "−"} else 1
    digits = text[1:].strip() if text[:1] in {"+", "-", "−"} else text
    if not digits.isascii() and not any(mark in digits for mark in "\u00a0\u202f’"):
        return None
    symbols = locale.number_symbols["latn"]
    in_pairs = locale.decimal_formats[None].grouping[1] == len("00")
    own = _own_pattern(symbols["group"], symbols["decimal"], in_pairs=in_pairs).fullmatch(digits)
    if own:
        whole = re.sub(r"\D", "", own[1])
        return _bounded(f"{whole}.{own[2] or 0}", sign)
    plain = _DECIMAL_POINT.fullmatch(digits) and not (
        _THREE_DECIMALS.fullmatch(digits) and symbols["group"] == "."
    )
    return _bounded(digits, sign) if plain else None


def _own_pattern(group: str, decimal: str, *, in_pairs: bool) -> re.Pattern[str]:
    """A whole number, with or without separators, and its decimals; in India, `12,34,567` too."""
    # Variants of one character; which of them a language uses depends on the CLDR version.
    alike = next((marks for marks in (" \u00a0\u202f", "'’") if group in marks), group)
    between = f"[{re.escape(alike)}]"
    grouped = rf"\d{{1,3}}(?:{between}\d{{3}})+"
    pairs = rf"|\d{{1,2}}(?:{between}\d{{2}})*{between}\d{{3}}" if in_pairs else ""
    return re.compile(rf"({grouped}{pairs}|\d+)(?:{re.escape(decimal)}(\d+))?", re.ASCII)


def _bounded(text: str, sign: int) -> Decimal | None:
    return sign * Decimal(text) if len(text) <= _LONGEST else None


def _read_date(text: str, locale: Locale | None = None) -> datetime | None:
    """`2026-12-01`, `December 1, 2026`, and the locale's own `1. Dezember 2026` and `1.12.2026`."""
    if found := _YEAR_FIRST.fullmatch(text):
        day = _day(found[1], int(found[2]), found[3])
        clock = _read_time(found[4]) if found[4] else time()
        return datetime.combine(day, clock) if day and clock is not None else None
    months = (_months(locale) if locale else {}) | _ENGLISH_MONTHS
    if found := _DAY_FIRST.fullmatch(text):
        return _day(found[3], months.get(found[2].casefold(), 0), found[1])
    if found := _MONTH_FIRST.fullmatch(text):
        return _day(found[3], _ENGLISH_MONTHS.get(found[1].casefold(), 0), found[2])
    found = _DOTTED.fullmatch(text)
    if found and locale and _DAY_WITH_PERIOD.match(locale.date_formats["short"].pattern):
        return _day(found[3], int(found[2]), found[1])
    return None


def _months(locale: Locale) -> dict[str, int]:
    widths = (locale.months["format"][width] for width in ("wide", "abbreviated"))
    return {name.casefold().rstrip("."): number for names in widths for number, name in names.items()}


def _day(year: str, month: int, day: str) -> datetime | None:
    try:
        return datetime(int(year), month, int(day))  # noqa: DTZ001 - a cell has no time zone
    except ValueError:
        return None


def _read_time_or_date(text: str) -> time | None:
    found = _read_time(text)
    if found is not None:
        return found
    moment = _read_date(text) if ":" in text else None
    return moment.time() if moment else None


def _read_time(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, half = int(found[1]), (found[4] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        return time(hour, int(found[2]), int(found[3] or 0))
    except ValueError:
        return None
