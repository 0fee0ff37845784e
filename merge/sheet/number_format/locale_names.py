"""The words of a language: names of months and days, halves of the day, and the marks in numbers.

The names are Babel's, but the short ones lose their full stop, except in French and Thai: Windows, whose
names Excel shows, writes them so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from merge.sheet.number_format.eras import Reckoning
from merge.sheet.number_format.locale_codes import Language


@dataclass(frozen=True, slots=True)
class LocaleNames:
    """What a language brings to a number format; months begin with January, days with Saturday.

    Attributes:
        weekdays: the short days as `aaa` asks for them, a single sign in Japanese and Chinese
        decimal: stands for the `.` of the format
        group: stands for the `,` between thousands
        reckoning: how its years are counted where a format asks for an era
    """

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    weekdays: tuple[str, ...]
    halves: tuple[str, str] = ("AM", "PM")
    decimal: str = "."
    group: str = ","
    reckoning: Reckoning = Reckoning.PLAIN


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH: Final = LocaleNames(
    months=_split("January February March April May June July August September October November December"),
    short_months=_split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    days=_split("Saturday Sunday Monday Tuesday Wednesday Thursday Friday"),
    short_days=_split("Sat Sun Mon Tue Wed Thu Fri"),
    weekdays=_split("Sat Sun Mon Tue Wed Thu Fri"),
)

_FROM_SATURDAY: Final = (5, 6, 0, 1, 2, 3, 4)
# Languages whose months are inflected within a date. Only these are asked for the names that stand alone:
# Babel 2.18 may answer the others with the names of the language that was asked first.
_INFLECTED: Final = frozenset({"be", "ca", "cs", "el", "fi", "hr", "hy", "lt", "pl", "ru", "sk", "uk"})
_MONTHS_OF_WINDOWS: Final = {
    "de": _split("Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    "de_AT": _split("Jän Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    "es": _split("ene feb mar abr may jun jul ago sep oct nov dic"),
    "nb": _split("jan feb mar apr mai jun jul aug sep okt nov des"),
    "ru": _split("янв фев мар апр май июн июл авг сен окт ноя дек"),
    "sv": _split("jan feb mar apr maj jun jul aug sep okt nov dec"),
}
"""Short names that Excel shows and that are not Babel's."""
_DAYS_OF_WINDOWS: Final = {"th": _split("ส. อา. จ. อ. พ. พฤ. ศ.")}
_HALVES_OF_WINDOWS: Final = {"ko": ("오전", "오후")}
"""What Excel shows, and only some versions of Babel say."""
_UNINFLECTED_DAYS: Final = frozenset({"fi"})
"""Languages whose days Excel shows as they stand alone, where Babel has those that stand within a date."""
_WITH_FULL_STOP: Final = frozenset({"fr", "th"})
_CAPITAL: Final = frozenset({"ru"})
"""Languages whose month begins with a capital letter where it stands alone, and whose short days do."""
_HOMES: Final = {"ja": "JP", "zh": "CN"}
_ONE_SIGN: Final = _split("六 日 一 二 三 四 五")
_IN_ONE_SIGN: Final = frozenset({("zh", "CN"), ("zh", "SG")})
"""Where `aaa` is the one sign that tells a day from the others."""
_RECKONINGS: Final = {("ja", "JP"): Reckoning.JAPANESE, ("zh", "TW"): Reckoning.TAIWANESE}
_ISLAMIC: Final = (
    *("Muharram", "Safar", "Rabiʻ I", "Rabiʻ II", "Jumada I", "Jumada II"),
    *("Rajab", "Shaʻban", "Ramadan", "Shawwal", "Dhuʻl-Qiʻdah", "Dhuʻl-Hijjah"),
)
_ISLAMIC_IN_ARABIC: Final = (
    *("محرم", "صفر", "ربيع الأول", "ربيع الثاني", "جمادى الأولى", "جمادى الثانية"),
    *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
)


@lru_cache(maxsize=128)
def words_of(locale: str) -> LocaleNames:
    """The words of a locale such as `de_DE`; English where the locale is not known."""
    if locale.lower().startswith("en"):
        return ENGLISH
    return _from_babel(locale.replace("-", "_")) or ENGLISH


@lru_cache(maxsize=128)
def named_words(language: Language) -> LocaleNames | None:
    """The words of the language that a format asks for, or None where it leaves them to the reader."""
    if language.inflected:
        return _from_babel(language.locale, inflected=True) or ENGLISH
    return words_of(language.locale) if language.locale else None


@lru_cache(maxsize=128)
def islamic(words: LocaleNames) -> LocaleNames:
    """The same words with the months of the Islamic calendar."""
    arabic = any("\u0600" <= letter <= "\u06ff" for letter in words.months[0])
    names = _ISLAMIC_IN_ARABIC if arabic else _ISLAMIC
    return replace(words, months=names, short_months=names)


def _from_babel(name: str, *, inflected: bool = False) -> LocaleNames | None:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - English needs no Babel

    try:
        found = Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return None
    inflects = found.language in _INFLECTED
    place = found.language, found.territory or _HOMES.get(found.language, "")
    months, days = found.months["format"], found.days["format"]
    wide = found.months["stand-alone"]["wide"] if inflects and not inflected else months["wide"]
    short = _MONTHS_OF_WINDOWS.get(f"{found.language}_{found.territory}") or _MONTHS_OF_WINDOWS.get(
        found.language
    )
    symbols, periods = found.number_symbols["latn"], found.day_periods["format"]["abbreviated"]
    shaped = str.capitalize if found.language in _CAPITAL else str
    long_days = found.days["stand-alone"] if found.language in _UNINFLECTED_DAYS else days
    abbreviated = _DAYS_OF_WINDOWS.get(found.language) or tuple(
        days["abbreviated"][day] for day in _FROM_SATURDAY
    )
    return LocaleNames(
        months=tuple(wide[month] if inflected else shaped(wide[month]) for month in range(1, 13)),
        short_months=short
        or tuple(_short(months["abbreviated"][month], found.language) for month in range(1, 13)),
        days=tuple(long_days["wide"][day] for day in _FROM_SATURDAY),
        short_days=tuple(shaped(_short(day, found.language)) for day in abbreviated),
        weekdays=_ONE_SIGN if place in _IN_ONE_SIGN else abbreviated,
        halves=_HALVES_OF_WINDOWS.get(found.language) or (periods.get("am", "AM"), periods.get("pm", "PM")),
        decimal=symbols["decimal"],
        # Windows knows the typographic one alone.
        group=symbols["group"].replace("'", "’"),
        reckoning=_RECKONINGS.get(place, Reckoning.PLAIN),
    )


def _short(name: str, language: str) -> str:
    """Without its full stop, but in French and Thai, and where it holds others (`ມ.ກ.`)."""
    kept = language in _WITH_FULL_STOP or "." in name[:-1]
    return name if kept else name.removesuffix(".")
