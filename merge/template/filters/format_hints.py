"""What a cell's number format shows: a currency, decimals, parts of a date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from merge.sheet.number_format.tokens import TokenKind, tokenize
from merge.sheet.values.numbers_and_dates import (
    CellFormat,
    DateValue,
    DecimalValue,
    DurationValue,
    TimeValue,
    WholeValue,
)

_SYMBOL_CODES: Final = {
    "€": "EUR", "£": "GBP", "₩": "KRW", "￦": "KRW", "₹": "INR", "₽": "RUB", "₺": "TRY",
    "₪": "ILS", "₫": "VND", "฿": "THB", "₱": "PHP", "₴": "UAH", "zł": "PLN", "R$": "BRL",
    "US$": "USD", "CA$": "CAD", "A$": "AUD", "元": "CNY", "円": "JPY", "원": "KRW",
}  # fmt: skip
_DOLLARS_BY_LCID: Final = {
    "1009": "CAD", "c0c": "CAD", "c09": "AUD", "1409": "NZD", "1004": "SGD", "4809": "SGD",
    "c04": "HKD", "404": "TWD", "80a": "MXN", "416": "BRL",
}  # fmt: skip
_DOLLARS_BY_TERRITORY: Final = {
    "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD", "TW": "TWD",
    "MX": "MXN",
}  # fmt: skip
_CODE: Final = re.compile(r"(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])")
_YEN: Final = frozenset("¥￥")
_CHINESE: Final = frozenset({"804", "zh"})
_NOT_DECIMAL: Final = frozenset({TokenKind.EXPONENT, TokenKind.GENERAL, TokenKind.SLASH})
_WORD: Final = re.compile(r"[^\W\d_]{2,}|[^\W\d_]\W*$")
_OF_DATES: Final = frozenset({"年", "月", "日", "년", "월", "일", "г.", "р.", "den", "d.", "de"})
_ZEROS: Final = re.compile(r"0{2,}")


@dataclass(frozen=True, slots=True)
class FormatHints:
    """What a number format shows.

    Attributes:
        currency: the currency's symbol or code in the format, or ""
        language: the LCID or language tag of the currency's symbol, or ""
        decimals: the number of decimals; None if the format leaves it open
        percent: whether it shows a percentage
        digits_only: whether it keeps leading zeros, as for a zip code
        letters: the runs of date letters, such as `mmmm`
    """

    currency: str
    language: str
    decimals: int | None
    percent: bool
    digits_only: bool
    letters: tuple[str, ...]


def cell_format_of(value: object) -> CellFormat | None:
    """The format of a cell's value; None for text, and for values that don't come from a cell."""
    match value:
        case WholeValue() | DecimalValue() | DateValue() | TimeValue() | DurationValue():
            return value.form
        case _:
            return None


@lru_cache(maxsize=1024)
def format_hints(number_format: str) -> FormatHints:
    """Parse the first section of a number format."""
    sources = tokenize(number_format)
    if not sources:
        return FormatHints("", "", None, percent=False, digits_only=False, letters=())
    first = sources[0]
    literal = "".join(token.text for token in first.tokens if token.kind is TokenKind.LITERAL)
    return FormatHints(
        currency=currency_sign(literal),
        language=first.language.partition(",")[0].lower(),
        decimals=_decimals([token.kind for token in first.tokens]),
        percent=first.has(TokenKind.PERCENT),
        digits_only=_ZEROS.fullmatch(number_format) is not None,
        letters=tuple(
            token.text for token in first.tokens if token.kind in {TokenKind.DATE, TokenKind.ELAPSED}
        ),
    )


@lru_cache(maxsize=1024)
def outer_literals(number_format: str) -> tuple[str, str]:
    """The words of a date's format before its first part and after its last one, or "" for either.

    Words that belong to the date itself, such as `日` and `г.`, aren't among them.
    """
    sources = tokenize(number_format)
    tokens = sources[0].tokens if sources else ()
    parts = [at for at, token in enumerate(tokens) if token.kind is TokenKind.DATE]
    if not parts:
        return "", ""
    ends = tokens[: parts[0]], tokens[parts[-1] + 1 :]
    texts = ["".join(token.text for token in end if token.kind is TokenKind.LITERAL).strip() for end in ends]
    before, after = (text if _WORD.search(text) and text not in _OF_DATES else "" for text in texts)
    return before, after


def currency_of(value: object, territory: str | None) -> str | None:
    """The code of the currency that a cell's number format shows, such as `EUR`, or None.

    Args:
        value: a cell's value
        territory: the reader's country, which decides between the dollars
    """
    form = cell_format_of(value)
    if form is None:
        return None
    hints = format_hints(form.number_format)
    return currency_code(hints.currency, territory, hints.language)


def currency_sign(text: str) -> str:
    """The currency symbol or code in a text, or ""."""
    stripped = text.strip()
    if stripped in _SYMBOL_CODES or stripped in _YEN:
        return stripped
    signs = [
        sign for sign in (*sorted(_SYMBOL_CODES, key=len, reverse=True), "$", *sorted(_YEN)) if sign in text
    ]
    code = _CODE.search(text)
    return signs[0] if signs else code[1] if code else ""


def currency_code(sign: str, territory: str | None, language: str = "") -> str | None:
    """The currency code for a symbol or a code; None if it is neither."""
    from babel.numbers import is_currency  # noqa: PLC0415 - most templates need no Babel

    upper = sign.strip().upper()
    if upper == "$":
        return _DOLLARS_BY_LCID.get(language) or _DOLLARS_BY_TERRITORY.get(territory or "", "USD")
    if upper in _YEN:
        return "CNY" if language in _CHINESE or territory == "CN" else "JPY"
    found = _SYMBOL_CODES.get(sign.strip()) or upper
    return found if is_currency(found) else None


def _decimals(kinds: list[TokenKind]) -> int | None:
    if TokenKind.DIGIT not in kinds or not _NOT_DECIMAL.isdisjoint(kinds):
        return None
    return kinds[kinds.index(TokenKind.POINT) :].count(TokenKind.DIGIT) if TokenKind.POINT in kinds else 0
