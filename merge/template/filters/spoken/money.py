"""Amounts of money in words: `one thousand two hundred dollars and fifty cents`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from merge.template.filters.locales import ENGLISH
from merge.template.filters.spoken.numbers import (
    SPOKEN_LANGUAGES,
    cardinal,
    number_words,
    spoken_language,
    to_decimals,
)

if TYPE_CHECKING:
    from babel import Locale

_ENGLISH: Final = {
    "AUD": ("dollar", "dollars", "cent", "cents"),
    "CAD": ("dollar", "dollars", "cent", "cents"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CNY": ("yuan", "yuan", "fen", "fen"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "INR": ("rupee", "rupees", "paisa", "paise"),
    "JPY": ("yen", "yen", "", ""),
    "KRW": ("won", "won", "", ""),
    "MXN": ("peso", "pesos", "centavo", "centavos"),
    "NZD": ("dollar", "dollars", "cent", "cents"),
    "USD": ("dollar", "dollars", "cent", "cents"),
}
_PORTUGUESE: Final = {
    "BRL": ("real", "reais", "centavo", "centavos"),
    "EUR": ("euro", "euros", "cêntimo", "cêntimos"),
    "USD": ("dólar", "dólares", "centavo", "centavos"),
}
_UNITS: Final = {ENGLISH: _ENGLISH, "pt": _PORTUGUESE}
_BY_NUM2WORDS: Final = frozenset({"de", "es", "fr", "it", "nl", "pt"})
_AND: Final = {
    "en": " and ",
    "de": " und ",
    "es": " con ",
    "fr": " et ",
    "it": " e ",
    "nl": " en ",
    "pt": " e ",
}
_NAMES: Final = {
    "ja": {"JPY": "円", "USD": "ドル", "EUR": "ユーロ", "KRW": "ウォン", "CNY": "元", "GBP": "ポンド"},
    "ko": {"KRW": "원", "USD": "달러", "EUR": "유로", "JPY": "엔", "CNY": "위안", "GBP": "파운드"},
    "zh": {"CNY": "元", "USD": "美元", "EUR": "欧元", "JPY": "日元", "KRW": "韩元", "GBP": "英镑"},
}
_CENTS: Final = 2


def money_words(amount: Decimal, code: str, locale: Locale) -> str:
    """An amount in words, without cents if there are none.

    Args:
        amount: rounded to the currency's decimals, unless it is less than the smallest coin
        code: the currency, such as `USD`
        locale: the language

    Raises:
        CellError: the language isn't supported
    """
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - most templates have no spoken money

    precision = get_currency_precision(code)
    rounded = to_decimals(abs(amount), precision)
    if amount and not rounded:
        return _with_decimals(amount, code, locale)
    whole, cents = int(rounded), int(rounded % 1 * 100)
    coined = precision in {0, _CENTS}
    words = _coined(whole, cents, code, locale) if coined else None
    if words is None:
        return _with_decimals(rounded.copy_sign(amount), code, locale)
    space = SPOKEN_LANGUAGES[locale.language].space
    return f"{spoken_language(locale, 'money').minus}{space}{words}" if amount < 0 else words


def _coined(whole: int, cents: int, code: str, locale: Locale) -> str | None:
    """The amount with the names of its units, or None if they aren't known."""
    own = _UNITS.get(locale.language, {}).get(code)
    pair: tuple[str, str] | None = None
    if own:
        one, several, cent, all_cents = own
        notes = f"{cardinal(whole, locale)} {one if whole == 1 else several}"
        pair = (notes, f"{cardinal(cents, locale)} {cent if cents == 1 else all_cents}")
    elif locale.language in _BY_NUM2WORDS:
        pair = _by_num2words(Decimal(f"{whole}.{cents:02d}"), code, locale)
    return _AND[locale.language].join(_nonzero(*pair, whole, cents)) if pair else None


def _nonzero(notes: str, coins: str, whole: int, cents: int) -> list[str]:
    if not cents:
        return [notes]
    return [notes, coins] if whole else [coins]


def _by_num2words(amount: Decimal, code: str, locale: Locale) -> tuple[str, str] | None:
    from num2words import num2words  # noqa: PLC0415 - most templates put nothing into words

    cardinal(int(amount), locale)
    try:
        words = str(num2words(amount, lang=locale.language, to="currency", currency=code, separator="|"))
    except Exception:  # noqa: BLE001 - every language of num2words raises its own exceptions
        return None
    notes, bar, coins = words.partition("|")
    return (notes.strip(), coins.strip()) if bar else None


def _with_decimals(amount: Decimal, code: str, locale: Locale) -> str:
    from babel.numbers import get_currency_name  # noqa: PLC0415 - most templates have no spoken money

    own = _NAMES.get(locale.language, {}).get(code)
    name = own or get_currency_name(code, count=abs(amount), locale=locale)
    space = SPOKEN_LANGUAGES[locale.language].space if locale.language in SPOKEN_LANGUAGES else " "
    return f"{number_words(amount, locale)}{space}{name}"
