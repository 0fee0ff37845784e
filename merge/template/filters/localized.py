"""Numbers, amounts, dates and times as a language writes them, by the data of the CLDR."""

from __future__ import annotations

import re
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal, format_percent

from merge.errors import CellError
from merge.sheet.values.numbers_and_dates import FormattedNumber
from merge.template.filters.date_patterns import date_pattern, time_pattern

_LENGTHS: Final = ("short", "medium", "long", "full")
# Room for the largest number that is written at all, and halves rounded as Excel does.
_EXACTLY: Final = Context(prec=200, rounding=ROUND_HALF_UP)
_MOST_DECIMALS: Final = 15
_FRACTION: Final = re.compile(r"0(?:\.[0#]+)?(?![0#,.])")
# The CLDR keeps a code such as CHF apart from the figures; Babel does not.
_TOUCHING: Final = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", re.ASCII)
_LETTERS: Final = re.compile(r"'[^']*'|[Lcq]")
# Babel 2.18 may answer names that stand alone in the language that was asked first.
_QUOTED: Final = re.compile(r"'[^']*'")
_UNKNOWN: Final = re.compile(r"[^\W\d_GyuUrQMwWdFgEabBhHKkmsSAzZOvVXx]|%", re.ASCII)
_WITHIN: Final = {"L": "M", "c": "E", "q": "Q"}


def written_number(number: Decimal, locale: Locale, decimals: object = None) -> FormattedNumber:
    """A number with the language's marks; at most three decimals, or as many as are asked for."""
    pattern = _with_decimals(locale.decimal_formats[None].pattern, decimals)
    with localcontext(_EXACTLY):
        text = _plain(format_decimal(number, format=pattern, locale=locale))
    whole = number == number.to_integral_value()
    return FormattedNumber.of(text, int(number) if whole else float(number))


def written_percent(number: Decimal, locale: Locale, decimals: object = None) -> str:
    """A part of one as per cent, with at most two decimals, or as many as are asked for."""
    pattern = locale.percent_formats[None].pattern
    shown = _FRACTION.sub("0.##", pattern) if decimals is None else _with_decimals(pattern, decimals)
    with localcontext(_EXACTLY):
        return _plain(format_percent(number, format=shown, locale=locale))


def written_amount(number: Decimal, code: str, locale: Locale, decimals: object = None) -> str:
    """An amount of money, with as many decimals as the currency has, or as are asked for."""
    pattern = _with_decimals(locale.currency_formats["standard"].pattern, decimals)
    with localcontext(_EXACTLY):
        text = format_currency(number, code, pattern, locale=locale, currency_digits=decimals is None)
    return _TOUCHING.sub("\u00a0", _plain(text))


def written_date(moment: datetime, form: object, locale: Locale) -> str:
    """A date; `form` is one of short, medium, long and full, or a pattern of the CLDR such as `d MMMM y`.

    Raises:
        CellError: the pattern cannot be understood
    """
    asked = str(form)
    pattern = locale.date_formats[asked].pattern if asked in _LENGTHS else date_pattern(asked)
    return _patterned(moment, pattern, locale, asked)


def written_time(clock: time, form: object, locale: Locale) -> str:
    """A time of day; `form` as for `written_date`, but long and full name no time zone.

    Raises:
        CellError: the pattern cannot be understood
    """
    asked = {"long": "medium", "full": "medium"}.get(str(form), str(form))
    pattern = locale.time_formats[asked].pattern if asked in _LENGTHS else time_pattern(asked)
    moment = datetime.combine(datetime.min, clock)  # noqa: DTZ901 - a time of day has no zone
    return _patterned(moment, pattern, locale, asked)


def _patterned(moment: datetime, pattern: str, locale: Locale, asked: str) -> str:
    within = _LETTERS.sub(lambda found: _WITHIN.get(found[0], found[0]), pattern)
    if _UNKNOWN.search(_QUOTED.sub("", within)):
        raise _no_pattern(asked)
    try:
        return _plain(format_datetime(moment, within, locale=locale))
    except (ValueError, KeyError, LookupError, AttributeError, OverflowError) as error:
        raise _no_pattern(asked) from error


def _no_pattern(pattern: str) -> CellError:
    return CellError(
        f"“{pattern[:40]}” is no way to write a date or a time",
        hint="Use short, medium, long or full, or a pattern such as d MMMM y",
    )


def _plain(text: str) -> str:
    """With the usual blank that does not break a line; many fonts of titles lack the narrow one."""
    return text.replace("\u202f", "\u00a0")


def _with_decimals(pattern: str, decimals: object) -> str:
    if decimals is None:
        return pattern
    if isinstance(decimals, int) and 0 <= decimals <= _MOST_DECIMALS:
        return _FRACTION.sub(f"0.{'0' * int(decimals)}".rstrip("."), pattern)
    raise CellError(
        f"“{str(decimals)[:40]}” is no count of decimals",
        hint=f"Use a whole number from 0 to {_MOST_DECIMALS}",
    )
