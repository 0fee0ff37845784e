"""Numbers in words: num2words, and Chinese, which it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from merge.errors import CellError
from merge.template.filters.locales import ENGLISH, language_name

if TYPE_CHECKING:
    from babel import Locale

_LARGEST: Final = 10**15
_AMERICAN: Final = frozenset({None, "US", "CA"})
_CHINESE: Final = "zh"
_CHINESE_DIGITS: Final = "零一二三四五六七八九"
_CHINESE_UNITS: Final = ("", "十", "百", "千")
_CHINESE_MYRIADS: Final = ("", "万", "亿", "万亿")
_TEN_THOUSAND: Final = 10_000


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """The words of a language that go with numbers.

    Attributes:
        point: the decimal separator
        minus: the sign
        percent: a percentage, with {} for the number
        zero: zero in telephone numbers, or "" for the usual word
        space: between words
    """

    point: str
    minus: str
    percent: str
    zero: str = ""
    space: str = " "


SPOKEN_LANGUAGES: Final = {
    "de": SpokenLanguage("Komma", "minus", "{} Prozent"),
    "en": SpokenLanguage("point", "minus", "{} percent"),
    "es": SpokenLanguage("coma", "menos", "{} por ciento"),
    "fr": SpokenLanguage("virgule", "moins", "{} pour cent"),
    "it": SpokenLanguage("virgola", "meno", "{} per cento"),
    "ja": SpokenLanguage("点", "マイナス", "{}パーセント", space=""),
    "ko": SpokenLanguage("점", "마이너스", "{} 퍼센트", zero="공"),
    "nl": SpokenLanguage("komma", "min", "{} procent"),
    "pt": SpokenLanguage("vírgula", "menos", "{} por cento"),
    "zh": SpokenLanguage("点", "负", "百分之{}", space=""),
}


def spoken_language(locale: Locale, wanted: str) -> SpokenLanguage:
    """The words of a language that go with numbers.

    Raises:
        CellError: the language isn't supported
    """
    language = SPOKEN_LANGUAGES.get(locale.language)
    if language is None:
        raise unsupported(wanted, locale)
    return language


def unsupported(wanted: str, locale: Locale) -> CellError:
    """The error for something that isn't supported in a language."""
    return CellError(
        f"castmerge can't say {wanted} in {language_name(locale)}",
        hint="Leave out the filter “spoken” here, because the voice reads numbers by itself",
    )


def cardinal(number: int, locale: Locale) -> str:
    """A whole number from 0 up: `one thousand two hundred`.

    Raises:
        CellError: it has more than 15 digits, or the language isn't supported
    """
    if number >= _LARGEST:
        raise CellError(
            "a number of more than fifteen digits can't be spoken",
            hint='Say it digit by digit: {{ … | spoken("digits") }}',
        )
    if locale.language == _CHINESE:
        return chinese(number)
    return _english(_converted(number, locale.language, "cardinal", locale), locale)


def ordinal(number: int, locale: Locale) -> str:
    """An ordinal number: `first`.

    Raises:
        CellError: as `cardinal`
    """
    if locale.language == _CHINESE:
        return f"第{cardinal(number, locale)}"
    cardinal(number, locale)
    return _english(_converted(number, locale.language, "ordinal", locale), locale)


def year(number: int, locale: Locale) -> str:
    """A year: `twenty twenty-six`.

    Raises:
        CellError: as `cardinal`
    """
    if locale.language == _CHINESE:
        return "".join(_CHINESE_DIGITS[int(digit)] for digit in str(number))
    own = locale.language in {ENGLISH, "de", "nl"} and number < _TEN_THOUSAND
    if not own:
        return cardinal(number, locale)
    return _english(_converted(number, locale.language, "year", locale), locale).replace("oh-", "oh ")


def number_words(number: Decimal, locale: Locale) -> str:
    """A number; its decimals are read digit by digit: `minus three point zero five`.

    Raises:
        CellError: as `cardinal`
    """
    language = spoken_language(locale, "a number") if number < 0 or not is_whole(number) else None
    whole, _, decimals = f"{abs(number):f}".partition(".")
    words = [cardinal(int(whole), locale)]
    if language is None:
        return words[0]
    if decimals.rstrip("0"):
        words += [language.point, digits_words(decimals.rstrip("0"), locale)]
    if number < 0:
        words.insert(0, language.minus)
    return language.space.join(words)


def is_whole(number: Decimal) -> bool:
    """Whether a number of any size has no decimals."""
    return number == number.to_integral_value()


def digits_words(digits: str, locale: Locale, zero: str = "") -> str:
    """Digits one by one: `zero two one one zero`."""
    space = SPOKEN_LANGUAGES[locale.language].space if locale.language in SPOKEN_LANGUAGES else " "
    return space.join(zero if zero and digit == "0" else cardinal(int(digit), locale) for digit in digits)


def to_decimals(number: Decimal, decimals: int | None) -> Decimal:
    """Round a number to at most 9 decimals, halves up; None leaves it unchanged."""
    if decimals is None or number.adjusted() > len(str(_LARGEST)):
        return number
    return number.quantize(Decimal(1).scaleb(-min(decimals, 9)), rounding=ROUND_HALF_UP)


def chinese(number: int) -> str:
    """A whole number from 0 up in Chinese numerals: 10500 is 一万零五百."""
    if not number:
        return _CHINESE_DIGITS[0]
    groups: list[tuple[int, int]] = []
    rest = number
    while rest:
        rest, group = divmod(rest, _TEN_THOUSAND)
        groups.insert(0, (group, len(groups)))
    text = ""
    for group, power in groups:
        if group:
            gap = bool(text) and (group < _TEN_THOUSAND // 10 or text.endswith("\0"))
            text = text.rstrip("\0") + ("零" if gap else "") + _below_myriad(group) + _CHINESE_MYRIADS[power]
        elif text and not text.endswith("\0"):
            text += "\0"
    return text.rstrip("\0").removeprefix("一" if text.startswith("一十") else "")


def _below_myriad(group: int) -> str:
    text, gap = "", False
    for place, digit in zip(range(3, -1, -1), f"{group:04d}", strict=True):
        if digit == "0":
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _CHINESE_DIGITS[int(digit)] + _CHINESE_UNITS[place]
        gap = False
    return text


@lru_cache(maxsize=4096)
def _converted(number: int, language: str, kind: str, locale: Locale) -> str:
    from num2words import num2words  # noqa: PLC0415 - most templates put nothing into words

    try:
        return str(num2words(number, lang=language, to=kind))
    except Exception as error:
        # Every language of num2words raises its own exceptions.
        raise unsupported("this number", locale) from error


def _english(words: str, locale: Locale) -> str:
    """Remove commas from English words, and for American English “and” too."""
    if locale.language != ENGLISH:
        return words
    plain = words.replace(",", "")
    return plain.replace(" and ", " ") if locale.territory in _AMERICAN else plain
