"""Short ways for dates, times and durations: what a day is called is kept, and what a minute is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from operator import itemgetter
from typing import Final

from merge.sheet.number_format.date_section import DATE_LETTERS, DateSection, Part
from merge.sheet.number_format.eras import Reckoning
from merge.sheet.number_format.locale_names import LocaleNames
from merge.sheet.number_format.serial_dates import (
    ALMOST_MIDNIGHT,
    DAY_SECONDS,
    LAST_DAY,
    LEAP_DAY,
    ORDINAL,
    gregorian,
)

Pieces = Sequence[str | Part]
Fields = tuple[int | str, ...]
Dated = Callable[[int], str]
"""The text of a day, by its serial number in the 1900 system."""
Clocked = Callable[[int, int], str]
"""The text of a time, by its day and its ticks within that day."""
Formatter = Callable[[str | float], str]

_DATES: Final = ("year", "yy", "month", "day", "mmm", "mmmm", "mmmmm", "ddd", "dddd")
_TIMES: Final = ("h", "n", "s", "f", "p", "H", "N", "S")
_ELAPSED: Final = ("H", "n", "s")
_SELDOM: Final = frozenset("ab")
_OF_ERAS: Final = frozenset("eg")
_BY_THE_MINUTE: Final = frozenset("hnps")
_MOST_DAYS: Final = 8192
"""So many days, twenty-two years of them, are kept for a format; then it begins anew."""


def quick_date(
    section: DateSection, words: LocaleNames, first_day: int, exact: Formatter
) -> Formatter | None:
    """The short way for a section of the usual calendar, or None; it turns to the exact way by itself."""
    parts = [piece for piece in section.pieces if isinstance(piece, Part) and piece.letter != "g"]
    own = section.words or words
    if section.calendar is not gregorian or not parts or section.letters & _SELDOM or section.numerals:
        return None
    if section.reckoning or (own.reckoning is not Reckoning.PLAIN and section.letters & _OF_ERAS):
        return None
    dates, times, dates_first = _apart(section.pieces)
    if dates and not section.timed:
        return _day_shower(_dated(dates, own), first_day, exact)
    clocked = _clocked(times, section, own, words.decimal)
    if clocked is None:
        return None
    scale = 10**section.places
    if not dates:
        return _time_shower(clocked, scale, first_day, exact)
    return _moment_shower(_dated(dates, own), clocked, scale, first_day, exact, dates_first=dates_first)


def _apart(pieces: Pieces) -> tuple[Pieces, Pieces, bool]:
    """The pieces of the day and those of the time, and whether the day is first; no times if they mingle."""
    days = [at for at, piece in enumerate(pieces) if isinstance(piece, Part) and piece.letter in DATE_LETTERS]
    times = [at for at, piece in enumerate(pieces) if isinstance(piece, Part) and at not in days]
    if not times:
        return pieces, (), True
    if not days:
        return (), pieces, False
    if days[-1] < times[0]:
        return pieces[: times[0]], pieces[times[0] :], True
    return (pieces[days[0] :], pieces[: days[0]], False) if times[-1] < days[0] else (pieces, (), True)


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


def _picked(pieces: Pieces, fields: tuple[str, ...], decimal: str) -> tuple[str, Callable[[Fields], object]]:
    """A pattern, and what picks its fields."""
    names = [_field(piece)[0] for piece in pieces if isinstance(piece, Part) and piece.letter != "g"]
    pattern = "".join(_pattern(piece, decimal) for piece in pieces)
    return pattern, itemgetter(*map(fields.index, names)) if names else lambda _: ()


def _dated(pieces: Pieces, words: LocaleNames) -> Dated:
    pattern, pick = _picked(pieces, _DATES, "")
    months = ((), *zip(words.short_months, words.months, (name[0] for name in words.months), strict=True))
    days = tuple(zip(words.short_days, words.days, strict=True))
    known: dict[int, str] = {}

    def dated(serial: int) -> str:
        text = known.get(serial)
        if text is None:
            day = date.fromordinal(ORDINAL + serial)
            numbers = day.year, day.year % 100, day.month, day.day
            text = pattern % pick(numbers + months[day.month] + days[serial % 7])
            if len(known) >= _MOST_DAYS:
                known.clear()
            known[serial] = text
        return text

    return dated


def _clocked(pieces: Pieces, section: DateSection, words: LocaleNames, decimal: str) -> Clocked | None:
    parts = [piece for piece in pieces if isinstance(piece, Part)]
    said = {part.said for part in parts if part.letter == "p"} or {"/"}
    decimals = {part.width for part in parts if part.letter == "f"} | {section.places}
    if not parts or len(said) > 1 or len(decimals) > 1:
        return None
    fields = _fields(section, _halves(said.pop(), words))
    seconds = [at for at, piece in enumerate(pieces) if isinstance(piece, Part) and piece.letter == "s"]
    letters = {part.letter for part in parts}
    if letters <= set(_ELAPSED):
        return _elapsed(pieces)
    if len(seconds) > 1 or not letters <= _BY_THE_MINUTE:
        pattern, pick = _picked(pieces, _TIMES, decimal)
        return lambda days, ticks: pattern % pick(fields(days, ticks))
    return _by_the_minute(pieces, fields, seconds)


def _elapsed(pieces: Pieces) -> Clocked:
    pattern, pick = _picked(pieces, _ELAPSED, "")

    def clocked(days: int, ticks: int) -> str:
        minutes, second = divmod(ticks, 60)
        hour, minute = divmod(minutes, 60)
        return pattern % pick((days * 24 + hour, minute, second))

    return clocked


def _by_the_minute(pieces: Pieces, fields: Callable[[int, int], Fields], seconds: list[int]) -> Clocked:
    """A day has 1440 minutes: each one's text is kept, with a gap for the seconds where they are shown."""
    known: dict[int, str] = {}
    before, behind = (pieces, ()) if not seconds else (pieces[: seconds[0]], pieces[seconds[0] + 1 :])
    start, end = _picked(before, _TIMES, ""), _picked(behind, _TIMES, "")
    gap = _pattern(pieces[seconds[0]], "") if seconds else ""

    def of_minute(minute: int) -> str:
        found = fields(0, minute * 60)
        around = [pattern % pick(found) for pattern, pick in (start, end)]
        text = gap.join(text.replace("%", "%%") for text in around) if gap else around[0]
        known[minute] = text
        return text

    def clocked(days: int, ticks: int) -> str:
        del days
        minute = ticks // 60
        return known.get(minute) or of_minute(minute)

    def clocked_to_the_second(days: int, ticks: int) -> str:
        del days
        minute, second = divmod(ticks, 60)
        return (known.get(minute) or of_minute(minute)) % second

    return clocked_to_the_second if seconds else clocked


def _halves(said: str, words: LocaleNames) -> tuple[str, str]:
    early, _, late = said.partition("/")
    return words.halves if said.upper() == "AM/PM" else (early, late)


def _fields(section: DateSection, halves: tuple[str, str]) -> Callable[[int, int], Fields]:
    scale, hours = 10**section.places, 12 if section.half_days else 24

    def fields(days: int, ticks: int) -> Fields:
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

    return fields


def _day_shower(dated: Dated, first_day: int, exact: Formatter) -> Formatter:
    """For a format without a time: the last tenth of a millisecond belongs to the next day."""
    least, most = max(LEAP_DAY + 1 - first_day, 1), LAST_DAY - first_day

    def show(value: str | float) -> str:
        if (type(value) is float or type(value) is int) and least <= value < most:
            days = int(value)
            return dated(days + first_day + ((value - days) * DAY_SECONDS > ALMOST_MIDNIGHT))
        return exact(value)

    return show


def _time_shower(clocked: Clocked, scale: int, first_day: int, exact: Formatter) -> Formatter:
    """For a format with a time alone, which is rounded to what is shown of it."""
    full, most = DAY_SECONDS * scale, LAST_DAY - first_day

    def show(value: str | float) -> str:
        if (type(value) is float or type(value) is int) and 0 < value < most:
            days = int(value)
            ticks = int((value - days) * DAY_SECONDS * scale + 0.5)
            if ticks < full:
                return clocked(days, ticks)
        return exact(value)

    return show


def _moment_shower(
    dated: Dated, clocked: Clocked, scale: int, first_day: int, exact: Formatter, *, dates_first: bool
) -> Formatter:
    """For a format with a day and a time."""
    full, least, most = DAY_SECONDS * scale, max(LEAP_DAY + 1 - first_day, 1), LAST_DAY - first_day

    def show(value: str | float) -> str:
        if (type(value) is float or type(value) is int) and least <= value < most:
            days = int(value)
            ticks = int((value - days) * DAY_SECONDS * scale + 0.5)
            if ticks < full:
                day, time = dated(days + first_day), clocked(days, ticks)
                return day + time if dates_first else time + day
        return exact(value)

    return show
