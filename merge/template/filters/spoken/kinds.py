"""Decide how a value is spoken: by its number format, by its text, or by a name in the template."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from merge.errors import CellError
from merge.sheet.values.numbers_and_dates import BooleanValue
from merge.template.filters.format_hints import cell_format_of, format_hints
from merge.template.filters.spoken.worded import shows_words


class SpokenKind(StrEnum):
    """How a value is spoken."""

    NUMBER = "number"
    ORDINAL = "ordinal"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    TIME = "time"
    YEAR = "year"
    DURATION = "duration"
    PHONE = "phone"
    DIGITS = "digits"
    LETTERS = "letters"
    INITIALS = "initials"
    TEXT = "text"
    WORDED = "worded"
    """A number whose cell also shows words; detected by its format, never named in a template."""


_OTHER_NAMES: Final = {
    "currency": SpokenKind.MONEY,
    "code": SpokenKind.LETTERS,
    "zip": SpokenKind.DIGITS,
    "name": SpokenKind.INITIALS,
}

_FIGURE: Final = r"[-−+]?\d(?:[\d.,'’\u00a0\u202f ]*\d)?"
_GROUPED: Final = re.compile(r"\+?[\d(][\d() .\-\u2011\u2013]*\d", re.ASCII)
_NO_PHONE: Final = re.compile(r"\d+|\d{1,2}([-.])\d{1,2}\1\d{2,4}|\d{1,3}(?:[ .]\d{3})+", re.ASCII)
_SIGN: Final = r"[$€£¥₩₹]|US\$|CA\$|A\$|R\$|[A-Z]{3}"
_MONEY: Final = re.compile(rf"[-−]?(?:{_SIGN})\s?{_FIGURE}|{_FIGURE}\s?(?:{_SIGN}|zł|元|円|원)", re.ASCII)
_PATTERNS: Final = (
    (
        SpokenKind.DATE,
        re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?", re.ASCII),
    ),
    (SpokenKind.DATE, re.compile(r"\d{4}\s?[년年]\s?\d{1,2}\s?[월月]\s?\d{1,2}\s?[일日]", re.ASCII)),
    (SpokenKind.DATE, re.compile(r"(?:\d{1,2} )?[A-Z][a-z]{2,8}\.?(?: \d{1,2},?)? \d{4}", re.ASCII)),
    (SpokenKind.TIME, re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?", re.ASCII)),
    (SpokenKind.ORDINAL, re.compile(r"\d{1,6}(?:st|nd|rd|th)", re.ASCII)),
    (SpokenKind.PERCENT, re.compile(rf"{_FIGURE}\s?%", re.ASCII)),
    (SpokenKind.MONEY, _MONEY),
    (SpokenKind.DIGITS, re.compile(r"0\d+|\d{7,}", re.ASCII)),
    (SpokenKind.LETTERS, re.compile(r"(?=[A-Z\-/]*\d)(?=[\d\-/]*[A-Z])[A-Z\d\-/]+", re.ASCII)),
)
_PHONE_DIGITS: Final = range(7, 16)
_NUMBER: Final = re.compile(_FIGURE, re.ASCII)
_LONGEST: Final = 80
_FEW_WORDS: Final = 5
_LETTER_RUN: Final = re.compile(r"[A-Z]{3,}")
"""The number of letters that may be a word; a code with that many is left to the voice."""
_CODE_BEFORE: Final = re.compile(r"[-−]?([A-Z]{3})(\s?)([-−]?)", re.ASCII)
_CODE_AFTER: Final = re.compile(r"([A-Z]{3})$", re.ASCII)
_WORDS: Final = frozenset({"ALL", "BAM", "CUP", "GEL", "MOP", "SOS", "TOP"})
"""Currencies that are words, as in `50 TOP`."""
_WORDS_BEFORE: Final = frozenset({"BOB", "COP", "MAD", "PEN", "TRY"})
"""Currencies that are words before a number, as in `TRY 5`."""


def kind_named(name: object) -> SpokenKind:
    """The kind with a name, as in `spoken("year")`.

    Raises:
        CellError: there's no such kind
    """
    key = str(name).strip().casefold()
    if key in _OTHER_NAMES:
        return _OTHER_NAMES[key]
    try:
        named = SpokenKind(key if key != SpokenKind.WORDED else "")
    except ValueError as error:
        kinds = ", ".join(kind.value for kind in SpokenKind if kind is not SpokenKind.WORDED)
        raise CellError(f"nothing is said as “{key[:40]}”", hint=f"Use one of {kinds}") from error
    return named


def kind_of(value: object) -> SpokenKind:
    """The kind of a value, by the way its cell shows it."""
    match value:
        case bool() | BooleanValue():
            return SpokenKind.TEXT
        case datetime():
            return SpokenKind.DATE
        case time():
            return SpokenKind.TIME
        case timedelta():
            return SpokenKind.DURATION
        case int() | float():
            return _kind_of_number(value)
        case _:
            return kind_of_text(str(value).strip())


def kind_of_text(text: str) -> SpokenKind:
    """The kind of a text: plain text, unless the whole text is a number, a code or a name with initials."""
    if len(text) > _LONGEST:
        return SpokenKind.TEXT
    for kind, pattern in _PATTERNS:
        if pattern.fullmatch(text):
            if kind is SpokenKind.LETTERS and _LETTER_RUN.search(text):
                continue
            if kind is SpokenKind.MONEY and not _has_currency(text):
                continue
            return kind
    if is_phone(text):
        return SpokenKind.PHONE
    if _NUMBER.fullmatch(text):
        return SpokenKind.NUMBER
    return SpokenKind.INITIALS if _has_initials(text) else SpokenKind.TEXT


def _has_currency(text: str) -> bool:
    """Whether three capitals in an amount are a currency in use, in the position of a currency."""
    if before := _CODE_BEFORE.match(text):
        code, space, minus = before.groups()
        # USD-12 is a code, USD -12 an amount.
        placed = bool(space) or not minus
        return placed and code in _currencies_in_use() - _WORDS - _WORDS_BEFORE
    after = _CODE_AFTER.search(text)
    return after is None or after[1] in _currencies_in_use() - _WORDS


@lru_cache(maxsize=1)
def _currencies_in_use() -> frozenset[str]:
    from babel.core import get_global  # noqa: PLC0415 - most texts have no capitals

    periods = (each for periods in get_global("territory_currencies").values() for each in periods)
    return frozenset(code for code, _, end, tender in periods if end is None and tender)


def is_phone(text: str) -> bool:
    """Whether a text is a telephone number: groups of 7 to 15 digits that aren't a date or a number."""
    if sum(char.isdigit() for char in text) not in _PHONE_DIGITS or _NO_PHONE.fullmatch(text):
        return False
    return _GROUPED.fullmatch(text) is not None


def _kind_of_number(value: float) -> SpokenKind:
    cell_format = cell_format_of(value)
    if cell_format is None or cell_format.calculated:
        return SpokenKind.NUMBER
    if shows_words(value):
        return SpokenKind.WORDED
    hints = format_hints(cell_format.number_format)
    if hints.percent:
        return SpokenKind.PERCENT
    if hints.currency:
        return SpokenKind.MONEY
    if hints.digits_only:
        return SpokenKind.DIGITS
    if hints.letters:
        return SpokenKind.TEXT
    return SpokenKind.PHONE if _dashed(str(value)) else SpokenKind.NUMBER


def _dashed(text: str) -> bool:
    return ("-" in text[1:] or "(" in text) and is_phone(text)


def _has_initials(text: str) -> bool:
    """Whether a text is capitalized words and at least one initial, and ends with a full word."""
    words = re.sub(r"(?<=[^\W\d_]\.)(?=[^\W\d_])", " ", text).split()
    initials = [len(word) == len("J.") and word[0].isupper() and word[1] == "." for word in words]
    named = all(initial or word[:1].isupper() for initial, word in zip(initials, words, strict=True))
    return named and any(initials) and not initials[-1] and len(words) <= _FEW_WORDS


def without_dots(text: str) -> str:
    """A name without the periods of its initials: `J. K. Rowling` becomes `J K Rowling`."""
    return " ".join(re.sub(r"(?<![^\W\d_])([^\W\d_])\.\s?", r"\1 ", text).split())
