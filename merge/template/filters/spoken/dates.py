"""Dates, times of day and durations in words."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from merge.template.filters.locales import ENGLISH
from merge.template.filters.spoken.numbers import cardinal, ordinal, unsupported, year

if TYPE_CHECKING:
    from babel import Locale

WHOLE_DATE: Final = frozenset({"day", "month", "year"})

_AMERICAN: Final = frozenset({None, "US", "CA"})
_NATIVE_HOURS: Final = (
    *("열두", "한", "두", "세", "네", "다섯", "여섯"),
    *("일곱", "여덟", "아홉", "열", "열한"),
)
_KOREAN_MONTHS: Final = {6: "유", 10: "시"}
_HALF_DAY: Final = 12
_TEN: Final = 10
_TWENTY_ONE: Final = 21


@dataclass(frozen=True, slots=True)
class DateGrammar:
    """How a language puts dates and times into words.

    Attributes:
        between: the separator of day, month and year
        first: True if only the first of a month is an ordinal, False if every day is, None if none is
        hours: hours and minutes, with {} for each
        hour: a full hour, with {}
        one: the masculine and the feminine ending of the hours 1 and 21
    """

    between: str
    first: bool | None
    hours: str
    hour: str
    one: tuple[str, str] = ("", "")


_DATE_GRAMMARS: Final = {
    "de": DateGrammar(" ", first=False, hours="{} Uhr {}", hour="{} Uhr", one=("eins", "ein")),
    "es": DateGrammar(" de ", first=True, hours="{} {}", hour="{} horas", one=("uno", "una")),
    "fr": DateGrammar(" ", first=True, hours="{} heures {}", hour="{} heures", one=("un", "une")),
    "it": DateGrammar(" ", first=True, hours="{} e {}", hour="{}", one=("uno", "una")),
    "nl": DateGrammar(" ", first=None, hours="{} uur {}", hour="{} uur"),
    "pt": DateGrammar(" de ", first=True, hours="{} horas e {}", hour="{} horas", one=("um", "uma")),
}
_SUFFIXES: Final = {"ja": ("年", "月", "日"), "ko": ("년 ", "월 ", "일"), "zh": ("年", "月", "日")}
_CLOCKS: Final = {"ja": ("{}時", "{}分"), "zh": ("{}点", "{}分")}


def date_words(moment: datetime, locale: Locale, parts: AbstractSet[str] = WHOLE_DATE) -> str:
    """A date in words: `December first, twenty twenty-six`.

    Args:
        moment: the date
        locale: the language
        parts: which of weekday, day, month and year

    Raises:
        CellError: the language isn't supported
    """
    if locale.language in _SUFFIXES:
        return _east_asian_date(moment, locale, parts)
    weekday = [str(locale.days["format"]["wide"][moment.weekday()])] if "weekday" in parts else []
    rest = (
        _english_date(moment, locale, parts)
        if locale.language == ENGLISH
        else _western_date(moment, locale, parts)
    )
    return ", ".join([*weekday, *filter(None, [rest])])


def time_words(clock: time, locale: Locale) -> str:
    """A time of day in words, without seconds: `two thirty PM`.

    Raises:
        CellError: the language isn't supported
    """
    if locale.language == ENGLISH:
        return _english_time(clock, locale)
    if locale.language == "ko":
        return _korean_time(clock, locale)
    if locale.language in _CLOCKS:
        hours, minutes = _CLOCKS[locale.language]
        words = hours.format(cardinal(clock.hour, locale))
        return words + (minutes.format(cardinal(clock.minute, locale)) if clock.minute else "")
    grammar = _DATE_GRAMMARS.get(locale.language)
    if grammar is None:
        raise unsupported("a time", locale)
    return _western_time(clock, locale, grammar)


def duration_words(duration: timedelta, locale: Locale) -> str:
    """A duration in words, in English only: `twenty-five hours and thirty minutes`.

    Raises:
        CellError: the language isn't English
    """
    if locale.language != ENGLISH:
        raise unsupported("a duration", locale)
    seconds = round(abs(timedelta.total_seconds(duration)))
    counts = (("hour", seconds // 3600), ("minute", seconds // 60 % 60), ("second", seconds % 60))
    words = [f"{cardinal(count, locale)} {unit}{'s' * (count != 1)}" for unit, count in counts if count]
    minus = "minus " if timedelta.total_seconds(duration) < 0 else ""
    return (
        minus + " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]])) if words else "zero seconds"
    )


def _english_date(moment: datetime, locale: Locale, parts: AbstractSet[str]) -> str:
    month = str(locale.months["format"]["wide"][moment.month])
    day = ordinal(moment.day, locale)
    words = year(moment.year, locale)
    if {"day", "month"} <= parts:
        american = locale.territory in _AMERICAN
        dated = f"{month} {day}" if american else f"the {day} of {month}"
        return f"{dated}, {words}" if "year" in parts else dated
    each = {"day": f"the {day}", "month": month, "year": words}
    return " ".join(text for part, text in each.items() if part in parts)


def _western_date(moment: datetime, locale: Locale, parts: AbstractSet[str]) -> str:
    grammar = _DATE_GRAMMARS.get(locale.language)
    if grammar is None:
        raise unsupported("a date", locale)
    month = str(locale.months["format"]["wide"][moment.month])
    each = {"day": _day(moment.day, locale, grammar), "month": month, "year": year(moment.year, locale)}
    return grammar.between.join(text for part, text in each.items() if part in parts)


def _day(day: int, locale: Locale, grammar: DateGrammar) -> str:
    if grammar.first is None or (grammar.first and day > 1):
        return cardinal(day, locale)
    # A German date without an article is masculine: erster Dezember.
    return f"{ordinal(day, locale)}{'r' * (locale.language == 'de')}"


def _east_asian_date(moment: datetime, locale: Locale, parts: AbstractSet[str]) -> str:
    years, months, days = _SUFFIXES[locale.language]
    month = _KOREAN_MONTHS.get(moment.month, "") if locale.language == "ko" else ""
    each = {
        "year": f"{year(moment.year, locale)}{years}",
        "month": f"{month or cardinal(moment.month, locale)}{months}",
        "day": f"{cardinal(moment.day, locale)}{days}",
    }
    date = "".join(text for part, text in each.items() if part in parts).strip()
    weekday = str(locale.days["format"]["wide"][moment.weekday()]) if "weekday" in parts else ""
    return " ".join(filter(None, [date, weekday])) if locale.language == "ko" else f"{date}{weekday}"


def _english_time(clock: time, locale: Locale) -> str:
    if clock.minute == 0 and clock.hour in {0, _HALF_DAY}:
        return "noon" if clock.hour else "midnight"
    hour = cardinal(clock.hour % _HALF_DAY or _HALF_DAY, locale)
    oh = "oh " if 0 < clock.minute < _TEN else ""
    minute = f"{oh}{cardinal(clock.minute, locale)} " if clock.minute else ""
    return f"{hour} {minute}{'AM' if clock.hour < _HALF_DAY else 'PM'}"


def _korean_time(clock: time, locale: Locale) -> str:
    half = "오전" if clock.hour < _HALF_DAY else "오후"
    words = f"{half} {_NATIVE_HOURS[clock.hour % _HALF_DAY]} 시"
    return f"{words} {cardinal(clock.minute, locale)} 분" if clock.minute else words


def _western_time(clock: time, locale: Locale, grammar: DateGrammar) -> str:
    hour = _agreeing(cardinal(clock.hour, locale), clock.hour, locale, grammar)
    pattern = grammar.hours if clock.minute else grammar.hour
    if clock.hour <= 1 and locale.language in {"es", "fr", "pt"}:
        singular = clock.hour == 1 or locale.language == "fr"
        pattern = pattern.replace("heures", "heure").replace("horas", "hora") if singular else pattern
    return pattern.format(hour, cardinal(clock.minute, locale)) if clock.minute else pattern.format(hour)


def _agreeing(words: str, hour: int, locale: Locale, grammar: DateGrammar) -> str:
    """Hours are feminine in languages with gender, and the German `eins` becomes `ein`."""
    masculine, feminine = grammar.one
    if locale.language == "pt":
        words = words.replace("dois", "duas")
    if masculine and hour in {1, _TWENTY_ONE} and words.endswith(masculine) and locale.language != "it":
        return words.removesuffix(masculine) + feminine
    return feminine if hour == 1 and feminine else words
