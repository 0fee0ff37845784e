"""Format numbers, amounts, dates and times for a locale, with the data of the CLDR."""

from __future__ import annotations

import re
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal, format_percent

from merge.errors import CellError
from merge.sheet.values.numbers_and_dates import FormattedNumber

_REMEMBERED: Final = 1024
"""Dates whose text is remembered."""
_LENGTHS: Final = ("short", "medium", "long", "full")
# Precise enough for the largest number accepted; halves are rounded as Excel does.
_EXACTLY: Final = Context(prec=200, rounding=ROUND_HALF_UP)
_MAX_DECIMALS: Final = 15
_FRACTION: Final = re.compile(r"0(?:\.[0#]+)?(?![0#,.])")
# The CLDR puts a space between a code such as CHF and the digits; Babel does not.
_TOUCHING: Final = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", re.ASCII)
# Babel 2.18 may return stand-alone names in another language, so the forms used within dates replace them.
_STAND_ALONE: Final = re.compile(r"'[^']*'|[Lcq]")
_WITHIN_DATE: Final = {"L": "M", "c": "E", "q": "Q"}
_QUOTED: Final = re.compile(r"'[^']*'")
_UNKNOWN: Final = re.compile(r"[^\W\d_GyuUrQMwWdFgEabBhHKkmsSAzZOvVXx]|%", re.ASCII)
_PATTERN_PARTS: Final = re.compile(
    r"'[^']*'|(?P<word>\b(?:at|de|del|den|der|di|el|em|il|le|of|the|um|Uhr)\b)|(?P<run>[A-Za-z])(?P=run)*"
)
_HALF_DAY: Final = re.compile(r"AM/PM|am/pm|a\.m\./p\.m\.")
_HOURS: Final = re.compile(r"[hHkKs]")
_WEEKDAYS: Final = {"ddd": "EEE", "dddd": "EEEE"}


def written_number(number: Decimal, locale: Locale, decimals: object = None) -> FormattedNumber:
    """Format a number with at most three decimals, or with the given number of decimals."""
    pattern = _with_decimals(locale.decimal_formats[None].pattern, decimals)
    with localcontext(_EXACTLY):
        text = _plain(format_decimal(number, format=pattern, locale=locale))
    whole = number == number.to_integral_value()
    return FormattedNumber.of(text, int(number) if whole else float(number))


def written_percent(number: Decimal, locale: Locale, decimals: object = None) -> str:
    """Format a fraction as a percentage with at most two decimals, or with the given number of decimals."""
    pattern = locale.percent_formats[None].pattern
    shown = _FRACTION.sub("0.##", pattern) if decimals is None else _with_decimals(pattern, decimals)
    with localcontext(_EXACTLY):
        return _plain(format_percent(number, format=shown, locale=locale))


def written_amount(number: Decimal, code: str, locale: Locale, decimals: object = None) -> str:
    """Format an amount with the currency's number of decimals, or with the given one."""
    pattern = _with_decimals(locale.currency_formats["standard"].pattern, decimals)
    with localcontext(_EXACTLY):
        text = format_currency(number, code, pattern, locale=locale, currency_digits=decimals is None)
    return _TOUCHING.sub("\u00a0", _plain(text))


def written_date(moment: datetime, form: object, locale: Locale) -> str:
    """Format a date.

    Args:
        moment: the date
        form: `short`, `medium`, `long`, `full`, or a pattern of Excel or the CLDR such as `d MMMM y`
        locale: the locale

    Raises:
        CellError: the pattern is invalid
    """
    requested = str(form)
    pattern = locale.date_formats[requested].pattern if requested in _LENGTHS else _date_pattern(requested)
    # The same dates are in many rows; two moments that are equal in different zones aren't alike.
    written = _format_with if moment.tzinfo else _format_again
    return written(moment, pattern, locale, requested)


def written_time(clock: time, form: object, locale: Locale) -> str:
    """Format a time of day; `form` is as for `written_date`, but `long` and `full` have no time zone.

    Raises:
        CellError: the pattern is invalid
    """
    requested = {"long": "medium", "full": "medium"}.get(str(form), str(form))
    pattern = locale.time_formats[requested].pattern if requested in _LENGTHS else _time_pattern(requested)
    moment = datetime.combine(datetime.min, clock)  # noqa: DTZ901 - a time of day has no zone
    return _format_with(moment, pattern, locale, requested)


def _format_with(moment: datetime, pattern: str, locale: Locale, requested: str) -> str:
    within = _STAND_ALONE.sub(lambda found: _WITHIN_DATE.get(found[0], found[0]), pattern)
    if _UNKNOWN.search(_QUOTED.sub("", within)):
        raise _invalid_pattern(requested)
    try:
        return _plain(format_datetime(moment, within, locale=locale))
    except (ValueError, KeyError, LookupError, AttributeError, OverflowError) as error:
        raise _invalid_pattern(requested) from error


_format_again = lru_cache(_REMEMBERED)(_format_with)


def _invalid_pattern(pattern: str) -> CellError:
    return CellError(
        f"“{pattern[:40]}” isn't a date or time format",
        hint="Use short, medium, long or full, or a pattern such as d MMMM y",
    )


def _plain(text: str) -> str:
    """Use the ordinary no-break space; many title fonts lack the narrow one."""
    return text.replace("\u202f", "\u00a0")


def _with_decimals(pattern: str, decimals: object) -> str:
    if decimals is None:
        return pattern
    if isinstance(decimals, int) and 0 <= decimals <= _MAX_DECIMALS:
        return _FRACTION.sub(f"0.{'0' * int(decimals)}".rstrip("."), pattern)
    raise CellError(
        f"“{str(decimals)[:40]}” isn't a number of decimals",
        hint=f"Use a whole number from 0 to {_MAX_DECIMALS}",
    )


def _date_pattern(pattern: str) -> str:
    """Translate an Excel date pattern such as `dd/mm/yyyy`, `DD.MM.YYYY` or `dddd, d mmmm`.

    In the CLDR `D` is the day of the year, `Y` the year of the week, and `m` the minute (UTS 35, part 4).
    """
    clock = _HOURS.search(re.sub(r"'[^']*'", "", pattern)) is not None
    return _translate(pattern, {"D": "d", "Y": "y"} if clock else {"D": "d", "Y": "y", "m": "M"})


def _time_pattern(pattern: str) -> str:
    """Translate an Excel time pattern such as `HH:MM` or `h:mm AM/PM`."""
    return _translate(_HALF_DAY.sub("a", pattern), {"M": "m", "S": "s"})


def _translate(pattern: str, letters: dict[str, str]) -> str:
    def translated(found: re.Match[str]) -> str:
        if found["word"]:
            return f"'{found[0]}'"
        run = found[0] if found["run"] is None else letters.get(found["run"], found["run"]) * len(found[0])
        return _WEEKDAYS.get(run, run)

    return _PATTERN_PARTS.sub(translated, pattern)
