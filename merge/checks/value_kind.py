"""The kind of a value: text, a number, a date, an address, and so on."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Final

from merge.model import Cell
from merge.sheet.number_format import has_date_part, is_date_format


class ValueKind(StrEnum):
    """The kind of a value."""

    WORDS = "text"
    NUMBER = "a number"
    DATE = "a date"
    MAIL = "an email address"
    LINK = "a link"
    PHONE = "a phone number"
    POSTCODE = "a postal code"
    STREET = "a street address"
    MIXED = "text with digits"


_WORDS_ONLY: Final = re.compile(r"[^\d@/]*")
_MAIL: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]{2,}")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|[\w.-]+\.[a-z]{2,}/\S*", re.IGNORECASE)
_MONTH: Final = (
    r"(?:jan|feb|fev|fév|mar|mär|mrt|apr|avr|abr|may|mai|mei|mag|jun|juin|giu|jul|juil|lug|aug|aoû|ago"
    r"|sep|set|okt"
    r"|oct|out|ott|nov|dec|dez|dic|déc|ene|gen)[^\W\d_]*\.?"
)
_TEXT_DATE: Final = re.compile(
    rf"(?:[^\W\d_]{{2,12}}[,.]?\s+)?(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\s?\d{{1,4}}|\d{{4}}-\d{{2}}"
    rf"|\d{{4}}\s?[年년]\s?\d{{1,2}}\s?[月월](?:\s?\d{{1,2}}\s?[日일])?"
    rf"|\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일]"
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th|º)?[\s-]+(?:de\s+|of\s+)?{_MONTH},?(?:[\s-]+(?:de\s+)?\d{{2,4}})?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?|{_MONTH}\s+\d{{4}})"
    r"(?:[ T,]+\d{1,2}:\d{2}(?::\d{2})?)?",
    re.IGNORECASE,
)
_MONTHS: Final = (
    ("jan", "ene", "gen"),
    ("feb", "fev", "fév"),
    ("mar", "mär", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mei", "mag"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "ago"),
    ("sep", "set"),
    ("okt", "oct", "out", "ott"),
    ("nov",),
    ("dec", "dez", "dic", "déc"),
)
"""How the names of months begin in the languages of `_MONTH`."""
_YEAR_OF_THREE_DIGITS: Final = re.compile(r"(?<!\d)\d{3}(?!\d)")
_NAMED_MONTH: Final = re.compile("|".join(chain.from_iterable(_MONTHS)))
_LEAP_YEAR, _FIRST_YEAR_OF_FOUR_DIGITS = 2024, 1000
SIGNS: Final = "$€£¥₩₹₺₽₪"
_CODES: Final = (
    "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|CNY|RMB|HKD|SGD|TWD|KRW|INR|IDR|MYR|THB|PHP|VND|BRL|MXN|ARS|CLP|COP|PEN"
    "|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|HRK|RSD|UAH|RUB|TRY|ILS|AED|SAR|QAR|EGP|ZAR|NGN|KES|MAD|PKR|BDT|LKR"
    "|Fr|Rs|kr|Kč|zł"
)
_NUMBER_TEXT: Final = re.compile(
    rf"\(?[+−-]?\s?(?:(?:{_CODES})\.?|[A-Z]{{1,2}}\$"
    rf"|[{SIGNS}])?\s?[+−-]?\d[\d.,'’\u00a0\u202f ]*(?:[.,]-)?\s?"
    rf"(?:[{SIGNS}%]|[A-Z]{{3}}|[Ee]uros?|kr\.?|zł)?\)?"
)
_PHONE: Final = re.compile(r"\+?[\d(][\d\s()/.-]{6,}\d")
_STREET: Final = re.compile(
    r"\d+[a-z]?,?\s+(?:[\w.'-]+\s+){0,3}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|blvd|boulevard"
    r"|way|court|ct"
    r"|square|sq|place|terrace|row)\b|(?:straße|strasse|str\.|weg|platz|allee|gasse|straat|laan"
    r"|plein)\s*\d+"
    r"|\b(?:rue|calle|avenida|av\.|via|viale|piazza|rua|plaza|chemin|place)\b.*\d|\d+,?\s+(?:rue|avenue"
    r"|bd|place)\b",
    re.IGNORECASE,
)
_LONGEST_ADDRESS: Final = 60
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] \d[A-Z]\d|\d{4} [A-Z]{2}")
"""British, Canadian and Dutch postal codes; those with only digits are numbers."""


def impossible_day(text: str) -> bool:
    """Whether a date as text names a day that no calendar has: `31 Feb 2026`, `00.00.0000`."""
    found = _TEXT_DATE.fullmatch(text.strip())
    numbers = [int(figure) for figure in re.findall(r"\d+", text.partition(":")[0])] if found else []
    named = _NAMED_MONTH.search(text.casefold())
    month = next((n for n, names in enumerate(_MONTHS, 1) if named and named[0] in names), 0)
    match numbers:
        case [day] if month and day < 100:  # noqa: PLR2004 - else it is a year
            return not _exists(None, month, day)
        case [day, year] if month:
            return not _exists(year, month, day)
        case [first, second, third] if not month:
            if _YEAR_OF_THREE_DIGITS.search(text):
                return True
            if first >= _FIRST_YEAR_OF_FOUR_DIGITS or text.startswith("0000"):
                return not _exists(first, second, third)
            return not (_exists(third, second, first) or _exists(third, first, second))
        case _:
            return False


def _exists(year: int | None, month: int, day: int) -> bool:
    """Whether there is such a day, in a leap year if the year isn't known; 26 is 2026."""
    full = _LEAP_YEAR if year is None else year + 2000 * (year < 100)  # noqa: PLR2004 - two digits
    try:
        return date(full, month, day).day == day
    except ValueError:
        return False


def kind_of(cell: Cell) -> ValueKind:
    """The kind of a value."""
    if not isinstance(cell.value, str):
        code = cell.number_format
        return ValueKind.DATE if code != "General" and _is_date(code) else ValueKind.NUMBER
    text = cell.value.strip()
    if _WORDS_ONLY.fullmatch(text):
        return ValueKind.LINK if "." in text and _LINK.fullmatch(text) else ValueKind.WORDS
    if len(text) > _LONGEST_ADDRESS and " " in text:
        return ValueKind.MIXED
    patterns = (
        (_MAIL, ValueKind.MAIL),
        (_LINK, ValueKind.LINK),
        (_TEXT_DATE, ValueKind.DATE),
        (_NUMBER_TEXT, ValueKind.NUMBER),
        (_PHONE, ValueKind.PHONE),
        (_POSTCODE, ValueKind.POSTCODE),
    )
    found = next((kind for pattern, kind in patterns if pattern.fullmatch(text)), None)
    if found is not None:
        return found
    is_street = " " in text and len(text) <= _LONGEST_ADDRESS and _STREET.search(text)
    return ValueKind.STREET if is_street else ValueKind.MIXED


@lru_cache(maxsize=1024)
def _is_date(code: str) -> bool:
    return is_date_format(code) and has_date_part(code)
