"""What Excel shows: a value and its number format give a text (ECMA-376 part 1, 18.8.30 and 18.8.31).

`format_value` is the whole language: sections and conditions, digits, thousands, per cent, exponents,
fractions, dates, durations, text, languages and calendars. A code is understood once and kept.
"""

from __future__ import annotations

from merge.sheet.number_format.builtin_formats import BUILTIN_FORMATS
from merge.sheet.number_format.date_section import DATE_LETTERS, ELAPSED_LETTERS, TIME_LETTERS, DateSection
from merge.sheet.number_format.fast import formatter_for, plain_formatter
from merge.sheet.number_format.general import general
from merge.sheet.number_format.sections import compiled

__all__ = [
    "BUILTIN_FORMATS",
    "format_value",
    "general",
    "has_date_part",
    "has_time_part",
    "is_date_format",
    "is_elapsed_format",
]


def format_value(
    value: str | float, number_format: str, *, date1904: bool = False, locale: str = "en_US"
) -> str:
    """The text that Excel shows for a value; nothing raises.

    Args:
        value: text, a number or a boolean as it is stored; a date is its serial number
        number_format: the format code; one that Excel would refuse counts as `General`
        date1904: whether serial numbers count from 1904 instead of 1900
        locale: the reader's language, for names of months and days where the format asks for none, and for
            the decimal mark and the mark between thousands

    Returns:
        The text. Colours, and the fill of `*x`, show nothing; `_x` is one blank. A number that falls under no
        section's condition, and a date before 1900 or after 9999, is `########`. A boolean is TRUE or FALSE.
    """
    if date1904 or locale != "en_US":
        return formatter_for(number_format, locale, date1904=date1904)(value)
    return plain_formatter(number_format)(value)


def is_date_format(code: str) -> bool:
    """Whether numbers are shown as a date, a time or a duration, by the format's first section."""
    return bool(_letters(code))


def is_elapsed_format(code: str) -> bool:
    """Whether it shows a duration: `[h]`, `[m]` or `[s]`."""
    return bool(_letters(code) & ELAPSED_LETTERS)


def has_date_part(code: str) -> bool:
    """Whether a year, a month or a day is shown."""
    return bool(_letters(code) & DATE_LETTERS)


def has_time_part(code: str) -> bool:
    """Whether an hour, a minute or a second is shown, elapsed ones as well."""
    return bool(_letters(code) & TIME_LETTERS)


def _letters(code: str) -> frozenset[str]:
    section = compiled(code).rules[0].section
    return section.letters if isinstance(section, DateSection) else frozenset()
