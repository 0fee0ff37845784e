"""The filter `spoken`: one function for each kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from merge.errors import CellError
from merge.sheet.values import finalize
from merge.sheet.values.numbers_and_dates import DecimalValue, WholeValue
from merge.template.filters.argument_parsing import date_of, number_of, time_of
from merge.template.filters.format_hints import (
    cell_format_of,
    currency_code,
    currency_of,
    currency_sign,
    format_hints,
    outer_literals,
)
from merge.template.filters.locales import ENGLISH
from merge.template.filters.spoken.dates import WHOLE_DATE, date_words, duration_words, time_words
from merge.template.filters.spoken.kinds import SpokenKind, kind_named, kind_of, without_dots
from merge.template.filters.spoken.money import money_words
from merge.template.filters.spoken.numbers import (
    SPOKEN_LANGUAGES,
    digits_words,
    is_whole,
    number_words,
    ordinal,
    spoken_language,
    to_decimals,
    year,
)
from merge.template.filters.spoken.worded import worded_number

if TYPE_CHECKING:
    from babel import Locale

_CHARACTERS: Final = re.compile(r"\d", re.ASCII)
_RUNS: Final = re.compile(r"\d+", re.ASCII)
_GROUPS: Final = re.compile(r"[^\W_]+")
_ORDINAL: Final = re.compile(r"(\d{1,15})\s?(?:st|nd|rd|th|\.|º|ª|er|e)?", re.ASCII | re.IGNORECASE)
_NOT_FIGURE: Final = re.compile(r"[^\d.,'’\s\u00a0\u202f]", re.ASCII)
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
_SIGN: Final = re.compile(r"[-−(]")


@dataclass(frozen=True, slots=True)
class SpokenContext:
    """How values are spoken.

    Attributes:
        locale: the language to speak
        home: the locale whose number format text cells may use in addition to that of `locale`
        currency: the currency of amounts that show none, or None
    """

    locale: Locale
    home: Locale
    currency: str | None = None

    def number(self, value: object) -> Decimal:
        """Read a number in either locale.

        Raises:
            CellError: it isn't a number
        """
        return number_of(value, self.home, self.locale)


def spoken(value: object, kind: object, context: SpokenContext) -> str:
    """A value in words; plain text is returned unchanged.

    Args:
        value: a cell's value, a number or a text
        kind: the name of a kind, or None to decide by number format and text
        context: the language

    Raises:
        CellError: the value isn't of that kind, or the language isn't supported
    """
    found = _detected_kind(value, context) if kind is None else kind_named(kind)
    return _SPEAKERS[found](value, context)


def _detected_kind(value: object, context: SpokenContext) -> SpokenKind:
    """The kind of a value; an ambiguous text is plain text."""
    kind = kind_of(value)
    if not isinstance(value, str):
        return kind
    try:
        if kind is SpokenKind.NUMBER:
            context.number(value)
        elif kind in {SpokenKind.PERCENT, SpokenKind.MONEY}:
            _figure(value, context)
        elif kind is SpokenKind.DATE:
            date_of(value, context.locale)
        elif kind is SpokenKind.TIME:
            time_of(value)
    except CellError:
        return SpokenKind.TEXT
    return kind


def _number(value: object, context: SpokenContext) -> str:
    number = to_decimals(context.number(value), _decimals(value))
    if cell_format_of(value) and number < 0 and not _SIGN.search(str(value)):
        # A format such as `0;0` shows no sign.
        number = -number
    return number_words(number, context.locale)


def _worded(value: object, context: SpokenContext) -> str:
    assert isinstance(value, WholeValue | DecimalValue)
    words = worded_number(value, context.locale, context.home)
    return _ordinal(str(value), context) if words is None else words


def _decimals(value: object) -> int | None:
    cell_format = cell_format_of(value)
    return format_hints(cell_format.number_format).decimals if cell_format else None


def _ordinal(value: object, context: SpokenContext) -> str:
    found = _ORDINAL.fullmatch(value.strip()) if isinstance(value, str) else None
    number = Decimal(found[1]) if found else context.number(value)
    if number < 0 or not is_whole(number):
        raise CellError(f"{number} can't be an ordinal", hint="Use a whole number from 1, such as 3 or 3rd")
    return ordinal(int(number), context.locale)


def _money(value: object, context: SpokenContext) -> str:
    if isinstance(value, str):
        sign = currency_sign(value)
        code = currency_code(sign, context.home.territory) if sign else None
        amount = _figure(value, context)
    else:
        code = currency_of(value, context.home.territory)
        amount = context.number(value)
    wanted = context.currency or code
    if wanted is None:
        raise CellError(
            f"“{str(value)[:40]}” doesn't have a currency",
            hint='Give the cell a currency format in Excel, or add it: spoken("money", currency="USD")',
        )
    return money_words(amount, wanted, context.locale)


def _figure(value: str, context: SpokenContext) -> Decimal:
    """The number in an amount with a sign and a currency around it."""
    amount = context.number(_NOT_FIGURE.sub("", value).strip())
    return -amount if value.strip()[:1] in {"-", "−", "("} or re.search(r"[-−]\d", value) else amount


def _percent(value: object, context: SpokenContext) -> str:
    if isinstance(value, str):
        number = _figure(value, context) * (1 if "%" in value else 100)
    else:
        number = to_decimals(context.number(value) * 100, _decimals(value))
    words = spoken_language(context.locale, "per cent").percent
    return words.format(number_words(number, context.locale))


def _date(value: object, context: SpokenContext) -> str:
    moment = date_of(value, context.locale)
    cell_format = cell_format_of(value)
    letters = format_hints(cell_format.number_format).letters if cell_format else ()
    parts = _shown_parts(letters) or WHOLE_DATE
    clock = any(letter[0] in "hs" for letter in letters) if letters else moment.time() != time()
    date = date_words(moment, context.locale, parts)
    if not clock:
        return _with_literals(date, cell_format.number_format if cell_format else "")
    between = " at " if context.locale.language == ENGLISH else ", "
    return f"{date}{between}{time_words(moment.time(), context.locale)}"


def _with_literals(words: str, number_format: str) -> str:
    """A date with the words that its format has before and after it, such as `Due:`."""
    before, after = outer_literals(number_format)
    kept = [text if text.casefold() not in words.casefold() else "" for text in (before, after)]
    return " ".join(filter(None, [kept[0], words, kept[1]]))


def _shown_parts(letters: tuple[str, ...]) -> frozenset[str]:
    """The parts of a date that a number format shows; an `m` next to hours or seconds is minutes."""
    parts = {
        {"y": "year", "e": "year", "d": "weekday" if len(run) > len("dd") else "day"}.get(run[0], "")
        for run in letters
    }
    months = [run for run in letters if run[0] == "m"]
    clocks = any(run[0] in "hs" for run in letters)
    if months and (not clocks or len(months) > 1 or len(months[0]) > len("mm") or "day" in parts):
        parts.add("month")
    return frozenset(parts - {""})


def _time(value: object, context: SpokenContext) -> str:
    return time_words(time_of(value), context.locale)


def _duration(value: object, context: SpokenContext) -> str:
    if isinstance(value, timedelta):
        return duration_words(value, context.locale)
    clock = time_of(value)
    seconds = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
    return duration_words(seconds, context.locale)


def _year(value: object, context: SpokenContext) -> str:
    if isinstance(value, datetime):
        return year(value.year, context.locale)
    number = context.number(value)
    if not is_whole(number) or not 0 < number <= _LAST_YEAR:
        raise CellError(f"{number} isn't a year", hint="Use a whole number such as 2026, or a date")
    return year(int(number), context.locale)


def _phone(value: object, context: SpokenContext) -> str:
    text = str(value)
    runs = _RUNS.findall(text)
    if len(runs) == 1:
        runs = _split(runs[0])
    zero = (
        SPOKEN_LANGUAGES[context.locale.language].zero if context.locale.language in SPOKEN_LANGUAGES else ""
    )
    words = [digits_words(run, context.locale, zero) for run in runs]
    plus = _PLUS.get(context.locale.language, "") if text.strip().startswith("+") else ""
    return f"{plus} {', '.join(words)}".strip()


def _split(digits: str) -> list[str]:
    lengths = _SPLITS.get(len(digits)) or (3,) * (len(digits) // 3)
    runs, rest = [], digits
    for length in lengths[:-1]:
        runs.append(rest[:length])
        rest = rest[length:]
    return [*runs, rest]


def _digits(value: object, context: SpokenContext) -> str:
    return ", ".join(digits_words(run, context.locale) for run in _RUNS.findall(str(value)))


def _letters(value: object, context: SpokenContext) -> str:
    groups = _GROUPS.findall(str(value))
    return ", ".join(" ".join(_character(character, context) for character in group) for group in groups)


def _character(character: str, context: SpokenContext) -> str:
    digit = _CHARACTERS.fullmatch(character)
    return digits_words(character, context.locale) if digit else character.upper()


def _initials(value: object, _context: SpokenContext) -> str:
    return without_dots(str(value))


def _text(value: object, _context: SpokenContext) -> str:
    return str(finalize(value))


_SPEAKERS: Final[dict[SpokenKind, Callable[[object, SpokenContext], str]]] = {
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
    SpokenKind.WORDED: _worded,
}
