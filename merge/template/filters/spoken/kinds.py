"""What a value is to be said as: told by its number format, by its text, or by the template."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from merge.errors import CellError
from merge.sheet.values.numbers_and_dates import BooleanValue
from merge.template.filters.format_hints import form_of, shape_of


class SpokenKind(StrEnum):
    """How a value is said."""

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


_ASKED: Final = {
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
_SHAPES: Final = (
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
_LETTER_RUN: Final = re.compile(r"[A-Z]{4,}")


def asked_kind(asked: object) -> SpokenKind:
    """The kind that a template asks for by its name.

    Raises:
        CellError: there is no such kind
    """
    name = str(asked).strip().casefold()
    if name in _ASKED:
        return _ASKED[name]
    try:
        return SpokenKind(name)
    except ValueError as error:
        kinds = ", ".join(kind.value for kind in SpokenKind)
        raise CellError(f"nothing is said as “{name[:40]}”", hint=f"Use one of {kinds}") from error


def kind_of(value: object) -> SpokenKind:
    """How a value is said when nobody asks for anything: as it is shown."""
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
    """How a text is said: as it is, unless the whole of it is a figure, a code or a name with initials."""
    if len(text) > _LONGEST:
        return SpokenKind.TEXT
    for kind, shape in _SHAPES:
        if shape.fullmatch(text) and not (kind is SpokenKind.LETTERS and _LETTER_RUN.search(text)):
            return kind
    if is_phone(text):
        return SpokenKind.PHONE
    if _NUMBER.fullmatch(text):
        return SpokenKind.NUMBER
    return SpokenKind.INITIALS if _has_initials(text) else SpokenKind.TEXT


def is_phone(text: str) -> bool:
    """Whether a text is a telephone number: groups of digits, seven digits at least, no date and no sum."""
    if sum(char.isdigit() for char in text) not in _PHONE_DIGITS or _NO_PHONE.fullmatch(text):
        return False
    return _GROUPED.fullmatch(text) is not None


def _kind_of_number(value: float) -> SpokenKind:
    form = form_of(value)
    if form is None or form.calculated:
        return SpokenKind.NUMBER
    shape = shape_of(form.number_format)
    if shape.percent:
        return SpokenKind.PERCENT
    if shape.currency:
        return SpokenKind.MONEY
    if shape.digits_only:
        return SpokenKind.DIGITS
    if shape.letters:
        return SpokenKind.TEXT
    return SpokenKind.PHONE if _dashed(str(value)) else SpokenKind.NUMBER


def _dashed(text: str) -> bool:
    return ("-" in text[1:] or "(" in text) and is_phone(text)


def _has_initials(text: str) -> bool:
    """Whether every word is an initial or capitalised, and a full word ends it."""
    words = re.sub(r"(?<=[^\W\d_]\.)(?=[^\W\d_])", " ", text).split()
    initials = [len(word) == len("J.") and word[0].isupper() and word[1] == "." for word in words]
    named = all(initial or word[:1].isupper() for initial, word in zip(initials, words, strict=True))
    return named and any(initials) and not initials[-1] and len(words) <= _FEW_WORDS


def without_dots(text: str) -> str:
    """A name with its initials bare: `J. K. Rowling` is `J K Rowling`."""
    return " ".join(re.sub(r"(?<![^\W\d_])([^\W\d_])\.\s?", r"\1 ", text).split())
