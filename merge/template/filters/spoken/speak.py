"""One way of saying for each kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from merge.errors import CellError
from merge.sheet.values import finalize
from merge.template.filters.argument_parsing import date_of, number_of, time_of
from merge.template.filters.format_hints import currency_code, currency_of, currency_sign, form_of, shape_of
from merge.template.filters.locales import ENGLISH
from merge.template.filters.spoken.dates import WHOLE_DATE, date_words, duration_words, time_words
from merge.template.filters.spoken.kinds import SpokenKind, asked_kind, kind_of, without_dots
from merge.template.filters.spoken.money import money_words
from merge.template.filters.spoken.numbers import (
    TONGUES,
    digits_words,
    is_whole,
    number_words,
    ordinal,
    to_decimals,
    tongue_of,
    year,
)

if TYPE_CHECKING:
    from babel import Locale

_CHARACTERS: Final = re.compile(r"\d", re.ASCII)
_RUNS: Final = re.compile(r"\d+", re.ASCII)
_GROUPS: Final = re.compile(r"[^\W_]+")
_ORDINAL: Final = re.compile(r"(\d{1,15})\s?(?:st|nd|rd|th|\.|º|ª|er|e)?", re.ASCII | re.IGNORECASE)
_FIGURE: Final = re.compile(r"[^\d.,'’\s\u00a0\u202f]", re.ASCII)
_SPLITS: Final = {7: (3, 4), 10: (3, 3, 4), 11: (3, 4, 4)}
_PLUS: Final = {
    **dict.fromkeys(("en", "de", "fr", "nl"), "plus"),
    "es": "más",
    "it": "più",
    "pt": "mais",
    "ja": "プラス",
    "ko": "플러스",
    "zh": "加",
}
_LAST_YEAR: Final = 9999


@dataclass(frozen=True, slots=True)
class SpokenContext:
    """Who speaks.

    Attributes:
        locale: the language
        home: whose way of writing numbers the cells follow, where they do not follow the voice's own
        currency: the currency of amounts that show none, or None
    """

    locale: Locale
    home: Locale
    currency: str | None = None


def spoken(value: object, asked: object, voice: SpokenContext) -> str:
    """A value as one says it; text comes back as it is where nothing is to be said differently.

    Args:
        value: a cell's value, a number or a text
        asked: the kind that the template asks for, or None to tell it by number format and text
        voice: who speaks

    Raises:
        CellError: it is not of the kind that was asked for, or the language has no words for it
    """
    kind = _told(value, voice) if asked is None else asked_kind(asked)
    return _WAYS[kind](value, voice)


def _told(value: object, voice: SpokenContext) -> SpokenKind:
    """The kind of a value; a text that cannot be read for certain is left as it is."""
    kind = kind_of(value)
    if not isinstance(value, str):
        return kind
    try:
        if kind is SpokenKind.NUMBER:
            number_of(value, voice.home, voice.locale)
        elif kind in {SpokenKind.PERCENT, SpokenKind.MONEY}:
            _figure(value, voice.home, voice.locale)
        elif kind is SpokenKind.DATE:
            date_of(value, voice.locale)
        elif kind is SpokenKind.TIME:
            time_of(value)
    except CellError:
        return SpokenKind.TEXT
    return kind


def _number(value: object, voice: SpokenContext) -> str:
    return number_words(
        to_decimals(number_of(value, voice.home, voice.locale), _decimals(value)), voice.locale
    )


def _decimals(value: object) -> int | None:
    form = form_of(value)
    return shape_of(form.number_format).decimals if form else None


def _ordinal(value: object, voice: SpokenContext) -> str:
    found = _ORDINAL.fullmatch(value.strip()) if isinstance(value, str) else None
    number = Decimal(found[1]) if found else number_of(value, voice.home, voice.locale)
    if number < 0 or not is_whole(number):
        raise CellError(
            f"{number} is no place in a row", hint="Use whole numbers from 1 up, such as 3 or 3rd"
        )
    return ordinal(int(number), voice.locale)


def _money(value: object, voice: SpokenContext) -> str:
    if isinstance(value, str):
        sign = currency_sign(value)
        code = currency_code(sign, voice.home.territory) if sign else None
        amount = _figure(value, voice.home, voice.locale)
    else:
        code = currency_of(value, voice.home.territory)
        amount = number_of(value, voice.home, voice.locale)
    wanted = voice.currency or code
    if wanted is None:
        raise CellError(
            f"“{str(value)[:40]}” shows no currency",
            hint='Give the cell a currency format in Excel, or name it: spoken("money", currency="USD")',
        )
    return money_words(amount, wanted, voice.locale)


def _figure(value: str, home: Locale, also: Locale) -> Decimal:
    """The number in an amount: what stands around it is its sign and its currency."""
    amount = number_of(_FIGURE.sub("", value).strip(), home, also)
    return -amount if value.strip()[:1] in {"-", "−", "("} or re.search(r"[-−]\d", value) else amount


def _percent(value: object, voice: SpokenContext) -> str:
    if isinstance(value, str):
        number = _figure(value, voice.home, voice.locale) * (1 if "%" in value else 100)
    else:
        number = to_decimals(number_of(value, voice.home, voice.locale) * 100, _decimals(value))
    words = tongue_of(voice.locale, "per cent").percent
    return words.format(number_words(number, voice.locale))


def _date(value: object, voice: SpokenContext) -> str:
    moment = date_of(value, voice.locale)
    form = form_of(value)
    letters = shape_of(form.number_format).letters if form else ()
    parts = _shown_parts(letters) or WHOLE_DATE
    clock = any(letter[0] in "hs" for letter in letters) if letters else moment.time() != time()
    date = date_words(moment, voice.locale, parts)
    if not clock:
        return date
    between = " at " if voice.locale.language == ENGLISH else ", "
    return f"{date}{between}{time_words(moment.time(), voice.locale)}"


def _shown_parts(letters: tuple[str, ...]) -> frozenset[str]:
    """What a number format shows of a date; minutes stand beside hours or seconds, months do not."""
    parts = {
        {"y": "year", "e": "year", "d": "weekday" if len(run) > len("dd") else "day"}.get(run[0], "")
        for run in letters
    }
    months = [run for run in letters if run[0] == "m"]
    clocks = any(run[0] in "hs" for run in letters)
    if months and (not clocks or len(months) > 1 or len(months[0]) > len("mm") or "day" in parts):
        parts.add("month")
    return frozenset(parts - {""})


def _time(value: object, voice: SpokenContext) -> str:
    return time_words(time_of(value), voice.locale)


def _duration(value: object, voice: SpokenContext) -> str:
    if isinstance(value, timedelta):
        return duration_words(value, voice.locale)
    clock = time_of(value)
    seconds = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
    return duration_words(seconds, voice.locale)


def _year(value: object, voice: SpokenContext) -> str:
    if isinstance(value, datetime):
        return year(value.year, voice.locale)
    number = number_of(value, voice.home, voice.locale)
    if not is_whole(number) or not 0 < number <= _LAST_YEAR:
        raise CellError(f"{number} is no year", hint="Use a whole number such as 2026, or a date")
    return year(int(number), voice.locale)


def _phone(value: object, voice: SpokenContext) -> str:
    text = str(value)
    runs = _RUNS.findall(text)
    if len(runs) == 1:
        runs = _split(runs[0])
    zero = TONGUES[voice.locale.language].zero if voice.locale.language in TONGUES else ""
    said = [digits_words(run, voice.locale, zero) for run in runs]
    plus = _PLUS.get(voice.locale.language, "") if text.strip().startswith("+") else ""
    return f"{plus} {', '.join(said)}".strip()


def _split(digits: str) -> list[str]:
    lengths = _SPLITS.get(len(digits)) or (3,) * (len(digits) // 3)
    runs, rest = [], digits
    for length in lengths[:-1]:
        runs.append(rest[:length])
        rest = rest[length:]
    return [*runs, rest]


def _digits(value: object, voice: SpokenContext) -> str:
    return ", ".join(digits_words(run, voice.locale) for run in _RUNS.findall(str(value)))


def _letters(value: object, voice: SpokenContext) -> str:
    groups = _GROUPS.findall(str(value))
    return ", ".join(" ".join(_character(character, voice) for character in group) for group in groups)


def _character(character: str, voice: SpokenContext) -> str:
    digit = _CHARACTERS.fullmatch(character)
    return digits_words(character, voice.locale) if digit else character.upper()


def _initials(value: object, _voice: SpokenContext) -> str:
    return without_dots(str(value))


def _text(value: object, _voice: SpokenContext) -> str:
    return str(finalize(value))


_WAYS: Final[dict[SpokenKind, Callable[[object, SpokenContext], str]]] = {
    SpokenKind.NUMBER: _number,
    SpokenKind.ORDINAL: _ordinal,
    SpokenKind.MONEY: _money,
    SpokenKind.PERCENT: _percent,
    SpokenKind.DATE: _date,
    SpokenKind.TIME: _time,
    SpokenKind.YEAR: _year,
    SpokenKind.DURATION: _duration,
    SpokenKind.PHONE: _phone,
    SpokenKind.DIGITS: _digits,
    SpokenKind.LETTERS: _letters,
    SpokenKind.INITIALS: _initials,
    SpokenKind.TEXT: _text,
}
