"""The words of a language: names of months and days, halves of the day, and the marks in numbers.

The names are Babel's, but the short ones lose their full stop, except in French: Windows, whose names Excel
shows, writes them so.
"""

from __future__ import annotations

import locale as standard_locale
from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """What a language brings to a number format; months begin with January, days with Saturday.

    Attributes:
        decimal: stands for the `.` of the format
        group: stands for the `,` between thousands
    """

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    halves: tuple[str, str] = ("AM", "PM")
    decimal: str = "."
    group: str = ","


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH: Final = Words(
    months=_split("January February March April May June July August September October November December"),
    short_months=_split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    days=_split("Saturday Sunday Monday Tuesday Wednesday Thursday Friday"),
    short_days=_split("Sat Sun Mon Tue Wed Thu Fri"),
)

_FROM_SATURDAY: Final = (5, 6, 0, 1, 2, 3, 4)
# Languages whose months are inflected within a date. Only these are asked for the names that stand alone:
# Babel 2.18 may answer the others with the names of the language that was asked first.
_INFLECTED: Final = frozenset({"be", "ca", "cs", "el", "fi", "hr", "hy", "lt", "pl", "ru", "sk", "uk"})
_SYSTEM: Final = frozenset({"", "f800", "f400", "x-sysdate", "x-systime"})
_GENITIVE: Final = 0xFC00
_LANGUAGE_BITS: Final = 0x3FF


@lru_cache(maxsize=128)
def words_of(locale: str) -> Words:
    """The words of a locale such as `de_DE`; English where the locale is not known."""
    if locale.lower().startswith("en"):
        return ENGLISH
    return _from_babel(locale.replace("-", "_")) or ENGLISH


@lru_cache(maxsize=128)
def named_words(language: str) -> Words | None:
    """The words that a format asks for (`407`, `de-DE`), or None where it leaves them to the reader.

    Args:
        language: an LCID in hex, whose upper half (calendar and shape of digits) does not count here,
            or a language tag; the LCIDs from FC00 on are those languages' genitive month names
    """
    tag = language.partition(",")[0].lower()
    if tag in _SYSTEM:
        return None
    try:
        # `de` and `be` are languages although they read as hex; every LCID in use has a figure.
        return words_of(tag) if tag.isalpha() else _lcid_words(int(tag, 16) & 0xFFFF)
    except ValueError:
        return words_of(tag)


def _lcid_words(lcid: int) -> Words | None:
    if f"{lcid:x}" in _SYSTEM:
        return None
    if lcid >= _GENITIVE:
        name = standard_locale.windows_locale.get(0x400 | (lcid & _LANGUAGE_BITS), "en")
        return _from_babel(name, inflected=True) or ENGLISH
    return words_of(standard_locale.windows_locale.get(lcid, "en"))


def _from_babel(name: str, *, inflected: bool = False) -> Words | None:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - English needs no Babel

    try:
        found = Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return None
    inflects = found.language in _INFLECTED
    months, days = found.months["format"], found.days["format"]
    wide = found.months["stand-alone"]["wide"] if inflects and not inflected else months["wide"]
    stop = "." if found.language != "fr" else ""
    symbols = found.number_symbols["latn"]
    halves = found.day_periods["format"]["abbreviated"]
    return Words(
        months=tuple(wide[month] for month in range(1, 13)),
        short_months=tuple(months["abbreviated"][month].rstrip(stop) for month in range(1, 13)),
        days=tuple(days["wide"][day] for day in _FROM_SATURDAY),
        short_days=tuple(days["abbreviated"][day].rstrip(stop) for day in _FROM_SATURDAY),
        halves=(halves.get("am", "AM"), halves.get("pm", "PM")),
        decimal=symbols["decimal"],
        group=symbols["group"],
    )
