"""Number formats: the text that Excel shows for a value (ECMA-376 part 1, 18.8.30 and 18.8.31).

`tokens` splits a format code, `sections` parses it, and each kind of section has a module. Names and
separators of a language are in `locale_names`, calendars in `calendars`. `system_formats` writes out the
formats that follow the computer's regional settings, which are in `regional_settings`.
"""

from __future__ import annotations

from merge.sheet.number_format.builtin_formats import BUILTIN_FORMATS
from merge.sheet.number_format.date_section import DATE_LETTERS, ELAPSED_LETTERS, DateSection
from merge.sheet.number_format.general import general
from merge.sheet.number_format.sections import formatter_for, parse_format
from merge.sheet.number_format.system_formats import is_system_currency, is_system_date, system_format

__all__ = [
    "BUILTIN_FORMATS",
    "format_value",
    "general",
    "has_date_part",
    "is_date_format",
    "is_elapsed_format",
    "is_system_currency",
    "is_system_date",
    "system_format",
]


def format_value(
    value: str | float, number_format: str, *, date1904: bool = False, locale: str = "en_US"
) -> str:
    """Return the text that Excel shows for a value; never raises.

    Args:
        value: text, a number or a boolean as it is stored; a date is its serial number
        number_format: the format code; one that Excel would reject is read as `General`
        date1904: whether serial numbers count from 1904 instead of 1900
        locale: the reader's language, for month and day names if the format has no language of its own, and
            for the decimal and thousands separators

    Returns:
        The text. Colors and the fill character of `*x` are ignored; `_x` is one space. A number that no
        section applies to, and a date before 1900 or after 9999, is `########`. A boolean is TRUE or FALSE.
    """
    return formatter_for(number_format, locale, date1904=date1904)(value)


def is_date_format(code: str) -> bool:
    """Whether the format's first section shows a date, a time or a duration."""
    return bool(_letters(code))


def is_elapsed_format(code: str) -> bool:
    """Whether the format shows elapsed time: `[h]`, `[m]` or `[s]`."""
    return bool(_letters(code) & ELAPSED_LETTERS)


def has_date_part(code: str) -> bool:
    """Whether the format shows a year, a month or a day."""
    return bool(_letters(code) & DATE_LETTERS)


def _letters(code: str) -> frozenset[str]:
    section = parse_format(code).rules[0].section
    return section.letters if isinstance(section, DateSection) else frozenset()
