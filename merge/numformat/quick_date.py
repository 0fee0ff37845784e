"""Short ways for dates, times and durations: the numbers that a format asks for, put into one pattern."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import itemgetter
from typing import Final

from merge.numformat.calendar import ALMOST_MIDNIGHT, DAY_SECONDS, LAST_DAY, LEAP_DAY, ORDINAL, gregorian
from merge.numformat.eras import Reckoning
from merge.numformat.moment import DateSection, Part
from merge.numformat.words import Words

Fields = tuple[int | str, ...]
Dated = Callable[[int], Fields]
"""The fields of a day, by its serial number in the 1900 system."""
Clocked = Callable[[int, int], Fields]
"""The fields of a time, by its day and its ticks within that day."""
Text = tuple[str, Callable[[Fields], object]]
"""A pattern, and what picks its fields."""
Quick = Callable[[float], str]

_DATES: Final = ("year", "yy", "month", "day", "mmm", "mmmm", "mmmmm", "ddd", "dddd")
_PLAIN_DATES: Final = _DATES[:4]
_TIMES: Final = ("h", "n", "s", "f", "p", "H", "N", "S")
_PLAIN_TIMES: Final = _TIMES[:3]
_SELDOM: Final = frozenset("ab")
_OF_ERAS: Final = frozenset("eg")


def quick_date(section: DateSection, words: Words, first_day: int) -> Quick | None:
    """The short way for a section of the usual calendar, or None; "" where the exact way has to be taken."""
    parts = [piece for piece in section.pieces if isinstance(piece, Part) and piece.letter != "g"]
    halves = {part.said for part in parts if part.letter == "p"} or {"/"}
    decimals = {part.width for part in parts if part.letter == "f"} | {section.places}
    if section.calendar is not gregorian or not parts or len(halves) > 1 or len(decimals) > 1:
        return None
    if section.letters & _SELDOM or section.numerals or section.reckoning:
        return None
    own = section.words or words
    if own.reckoning is not Reckoning.PLAIN and section.letters & _OF_ERAS:
        return None
    names = [_field(part)[0] for part in parts]
    dates, times = _used(names, _PLAIN_DATES, _DATES), _used(names, _PLAIN_TIMES, _TIMES)
    pattern = "".join(_pattern(piece, words.decimal) for piece in section.pieces)
    text = pattern, itemgetter(*((dates + times).index(name) for name in names))
    scale = 10**section.places
    dated = _plain_day if dates == _PLAIN_DATES else _named_day(own)
    if not times:
        return _day_shower(dated, text, first_day)
    plain = times == _PLAIN_TIMES and not section.half_days and not section.places
    clocked = _plain_clock if plain else _clock(section, _halves(halves.pop(), own))
    if dates:
        return _moment_shower(dated, clocked, text, scale, first_day)
    return _time_shower(clocked, text, scale, first_day)


def _used(names: list[str], plain: tuple[str, ...], every: tuple[str, ...]) -> tuple[str, ...]:
    wanted = set(names) & set(every)
    return () if not wanted else plain if wanted <= set(plain) else every


def _field(part: Part) -> tuple[str, str]:
    """The name of a part's field, and how the pattern shows it."""
    padded = "%d" if part.width == 1 else f"%0{part.width}d"
    match part.letter, part.width:
        case "y", 1 | 2:
            return "yy", "%02d"
        case "y" | "e", _:
            return "year", "%d"
        case "m", 1 | 2:
            return "month", padded
        case "d", 1 | 2:
            return "day", padded
        case "m", width:
            return "m" * width if width in {3, 5} else "mmmm", "%s"
        case "d", width:
            return "ddd" if width == 3 else "dddd", "%s"  # noqa: PLR2004 - ddd
        case "p", _:
            return "p", "%s"
        case _:
            return part.letter, padded


def _pattern(piece: str | Part, decimal: str) -> str:
    if isinstance(piece, str):
        return piece.replace("%", "%%")
    if piece.letter == "g":
        return ""
    shown = _field(piece)[1]
    return decimal.replace("%", "%%") + shown if piece.letter == "f" else shown


def _halves(said: str, words: Words) -> tuple[str, str]:
    early, _, late = said.partition("/")
    return words.halves if said.upper() == "AM/PM" else (early, late)


def _plain_day(serial: int) -> Fields:
    day = date.fromordinal(ORDINAL + serial)
    year = day.year
    return year, year % 100, day.month, day.day


def _named_day(words: Words) -> Dated:
    named = zip(words.short_months, words.months, strict=True)
    months = ((), *((short, name, name[0]) for short, name in named))
    days = tuple(zip(words.short_days, words.days, strict=True))

    def dated(serial: int) -> Fields:
        day = date.fromordinal(ORDINAL + serial)
        year, month = day.year, day.month
        return (year, year % 100, month, day.day) + months[month] + days[serial % 7]

    return dated


def _plain_clock(days: int, ticks: int) -> Fields:
    del days
    hour, rest = divmod(ticks, 3600)
    return hour, *divmod(rest, 60)


def _clock(section: DateSection, halves: tuple[str, str]) -> Clocked:
    scale, hours = 10**section.places, 12 if section.half_days else 24

    def clocked(days: int, ticks: int) -> Fields:
        seconds, decimals = divmod(ticks, scale)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        before = days * 24
        return (
            hour % hours or hours % 24,
            minute,
            second,
            decimals,
            halves[hour >= 12],  # noqa: PLR2004 - noon
            before + hour,
            before * 60 + minutes,
            before * 3600 + seconds,
        )

    return clocked


def _day_shower(dated: Dated, text: Text, first_day: int) -> Quick:
    """For a format without a time: the last tenth of a millisecond belongs to the next day."""
    pattern, pick = text

    def show(serial: float) -> str:
        if serial > LAST_DAY:
            return ""
        days = int(serial)
        number = days + first_day + ((serial - days) * DAY_SECONDS > ALMOST_MIDNIGHT)
        return pattern % pick(dated(number)) if LEAP_DAY < number <= LAST_DAY else ""

    return show


def _time_shower(clocked: Clocked, text: Text, scale: int, first_day: int) -> Quick:
    """For a format with a time alone, which is rounded to what is shown of it."""
    full, (pattern, pick) = DAY_SECONDS * scale, text

    def show(serial: float) -> str:
        if serial > LAST_DAY:
            return ""
        days = int(serial)
        ticks = int((serial - days) * DAY_SECONDS * scale + 0.5)
        if ticks >= full or days + first_day > LAST_DAY:
            return ""
        return pattern % pick(clocked(days, ticks))

    return show


def _moment_shower(dated: Dated, clocked: Clocked, text: Text, scale: int, first_day: int) -> Quick:
    """For a format with a day and a time."""
    full, (pattern, pick) = DAY_SECONDS * scale, text

    def show(serial: float) -> str:
        if serial > LAST_DAY:
            return ""
        days = int(serial)
        ticks = int((serial - days) * DAY_SECONDS * scale + 0.5)
        if ticks >= full or not LEAP_DAY < days + first_day <= LAST_DAY:
            return ""
        return pattern % pick(dated(days + first_day) + clocked(days, ticks))

    return show
