"""The short way to the text of a number: each format code becomes one function, made for it.

The rules of `merge.numformat.sections` stay the exact way. A short way answers only where it is sure of the
same text, and gives "" elsewhere: near a half, beyond its range, for sections that are seldom met.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from merge.sheet.number_format.date_section import DateSection
from merge.sheet.number_format.fast_dates import quick_date
from merge.sheet.number_format.fast_numbers import (
    Quick,
    general_above_nought,
    quick_fraction,
    quick_general,
    quick_number,
)
from merge.sheet.number_format.fraction_section import FractionSection
from merge.sheet.number_format.locale_names import LocaleNames, words_of
from merge.sheet.number_format.number_section import NumberSection
from merge.sheet.number_format.sections import Format, LiteralSection, Section, compiled_for, shown
from merge.sheet.number_format.serial_dates import DAYS_TO_1904
from merge.sheet.number_format.tokens import Condition

Formatter = Callable[[str | float], str]
"""A value's text, in a format and a language that are settled."""

_FROM_NOUGHT = Condition(">=", 0)
_ABOVE_NOUGHT = Condition(">", 0)
_BELOW_NOUGHT = Condition("<", 0)
_KNOWN_CONDITIONS = ((None,), (_FROM_NOUGHT, None), (_ABOVE_NOUGHT, _BELOW_NOUGHT, None))


@lru_cache(maxsize=4096)
def plain_formatter(code: str) -> Formatter:
    """As `formatter_for`, for an English reader and the 1900 system."""
    return formatter_for(code, "en_US", date1904=False)


@lru_cache(maxsize=4096)
def formatter_for(code: str, locale: str, *, date1904: bool) -> Formatter:
    """Makes the function that shows values in a format; the arguments are those of `format_value`."""

    def exact(value: str | float) -> str:
        return shown(value, code, locale, date1904=date1904)

    form, words = compiled_for(code, locale), words_of(locale)
    conditions = tuple(rule.condition for rule in form.rules)
    first_day = DAYS_TO_1904 if date1904 else 0
    if any(rule.numerals for rule in form.rules) or conditions not in _KNOWN_CONDITIONS:
        return exact
    first = form.rules[0].section
    if isinstance(first, DateSection):
        # Below nought there is no date, but for 1904's; whatever comes there is met too seldom to matter.
        return quick_date(first, words, first_day, exact) or exact
    return _alone(first, words, exact) if conditions == (None,) else _by_sign(form, words, exact)


def _alone(section: Section, words: LocaleNames, exact: Formatter) -> Formatter:
    if isinstance(section, LiteralSection) and section.pieces == (None,):
        return quick_general(words, exact)
    quick = _quick(section, words)
    if quick is None:
        return exact
    # A number that may round to nought loses its minus by rules that the exact way knows.
    least = section.least if isinstance(section, NumberSection) else 0.0
    return _signed(quick, quick, "-", least, exact)


def _by_sign(form: Format, words: LocaleNames, exact: Formatter) -> Formatter:
    above, below = (_quick(rule.section, words) for rule in form.rules[:2])
    if not _numeric(form.rules[1].section):
        below = None
    if above is None and below is None:
        return exact
    return _signed(above or _never, below or _never, "", 0.0, exact)


def _numeric(section: Section) -> bool:
    return isinstance(section, NumberSection | FractionSection)


def _signed(above: Quick, below: Quick, minus: str, least: float, exact: Formatter) -> Formatter:
    nought = exact(0)

    def show(value: str | float) -> str:
        if type(value) is float or type(value) is int:
            if value > 0:
                return above(value) or exact(value)
            if value == 0:
                return nought
            if value < -least and (text := below(-value)):
                return minus + text
        return exact(value)

    return show


def _quick(section: Section, words: LocaleNames) -> Quick | None:
    match section:
        case NumberSection():
            return quick_number(section, words)
        case FractionSection():
            return quick_fraction(section, words)
        case LiteralSection((None,)):
            return general_above_nought(words)
        case _:
            return None


def _never(magnitude: float) -> str:
    del magnitude
    return ""
