"""Sections that show a date, a time or a duration: `yyyy-mm-dd`, `h:mm AM/PM`, `[h]:mm:ss`, `mm:ss.0`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from merge.sheet.number_format.eras import Era, Reckoning, era_of
from merge.sheet.number_format.locale_codes import Language, language_of
from merge.sheet.number_format.locale_names import LocaleNames, islamic, named_words
from merge.sheet.number_format.numerals import Numerals, numerals_of
from merge.sheet.number_format.serial_dates import (
    ALMOST_MIDNIGHT,
    DAY_SECONDS,
    LAST_DAY,
    Day,
    gregorian,
    hijri,
)
from merge.sheet.number_format.tokens import Source, Token, TokenKind

OUT_OF_RANGE: Final = "#" * 8
"""What Excel fills a cell with whose date it cannot show: before 1900 or after 9999."""

DATE_LETTERS: Final = frozenset("ymdebga")
TIME_LETTERS: Final = frozenset("hnsHNSfp")
ELAPSED_LETTERS: Final = frozenset("HNS")

_NOON: Final = 12
_MOST_PLACES: Final = 9
_BUDDHIST: Final = 0x07
_HIJRI: Final = frozenset({0x06, 0x17})
_RECKONINGS: Final = {0x03: Reckoning.JAPANESE, 0x04: Reckoning.TAIWANESE, 0x05: Reckoning.KOREAN}
_FIRST_YEAR: Final = "元"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a date or time.

    Attributes:
        letter: y, m, d, e, b, g, a as in the format; h hour, n minute, s second; H, N, S the same elapsed in
            all; f the decimals of the second; p the half of the day
        width: how many letters (or, for f, zeros) there are
        said: the half of the day as the format writes it, such as `AM/PM`
    """

    letter: str
    width: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A serial number taken apart, rounded to what is shown of it."""

    day: Day
    days: int
    seconds: int
    decimals: str
    hours: int
    words: LocaleNames
    decimal: str
    era: Era
    counted: bool
    first_year: bool


@dataclass(frozen=True, slots=True)
class DateSection:
    """A section with a date's or time's letters, ready to show a serial number.

    Attributes:
        pieces: what it shows, in order
        places: how many decimals of the second are shown
        timed: whether any time is shown, and so rounded
        half_days: whether hours go to 12 only
        calendar: which calendar's days are shown
        words: the language that the format asks for, or None for the reader's
        reckoning: how the format wants years to be counted; None leaves it to the language, for eras alone
        first_year: whether the first year of an era is named
        numerals: the digits that it asks for, or None for the usual ones
    """

    pieces: tuple[str | Part, ...]
    places: int
    timed: bool
    half_days: bool
    calendar: Callable[[int], Day]
    words: LocaleNames | None
    reckoning: Reckoning | None = None
    first_year: bool = False
    numerals: Numerals | None = None

    @property
    def letters(self) -> frozenset[str]:
        """The letters of its parts."""
        return frozenset(piece.letter for piece in self.pieces if isinstance(piece, Part))

    def shown(self, serial: float, words: LocaleNames, first_day: int = 0) -> str:
        """A serial number whose day 0 is `first_day`; `OUT_OF_RANGE` where Excel knows no such day."""
        if not 0 <= serial < LAST_DAY + 1:
            return OUT_OF_RANGE
        days, ticks = self._rounded(serial)
        if days + first_day > LAST_DAY:
            return OUT_OF_RANGE
        seconds, rest = divmod(ticks, 10**self.places)
        own = self.words or words
        day = self.calendar(days + first_day)
        moment = Moment(
            day=day,
            days=days,
            seconds=seconds,
            decimals=f"{rest:0{self.places}d}" if self.places else "",
            hours=_NOON if self.half_days else 24,
            words=islamic(own) if self.calendar is hijri else own,
            decimal=words.decimal,
            era=era_of(day, self.reckoning or own.reckoning),
            counted=self.reckoning is not None,
            first_year=self.first_year,
        )
        return "".join(
            [piece if isinstance(piece, str) else self._part(piece, moment) for piece in self.pieces]
        )

    def _part(self, part: Part, moment: Moment) -> str:
        text = _SHOW[part.letter](moment, part)
        # A year is told figure by figure, all else as the number that it is.
        if self.numerals is None or not text.isdecimal() or part.letter in _YEARS:
            return text
        return self.numerals.of_date(text)

    def _rounded(self, serial: float) -> tuple[int, int]:
        days = math.floor(serial)
        seconds = (serial - days) * DAY_SECONDS
        if not self.timed:
            return days + (seconds > ALMOST_MIDNIGHT), 0
        ticks = math.floor(seconds * 10**self.places + 0.5)
        carried, ticks = divmod(ticks, DAY_SECONDS * 10**self.places)
        return days + carried, ticks


def _year(moment: Moment, part: Part) -> str:
    if moment.counted:
        return str(moment.era.year) if part.width > 2 else f"{moment.era.year % 100:02d}"  # noqa: PLR2004 - yy
    return f"{moment.day.year:04d}" if part.width > 2 else f"{moment.day.year % 100:02d}"  # noqa: PLR2004 - yy


def _era_year(moment: Moment, part: Part) -> str:
    year = moment.era.year
    if year == 1 and moment.first_year:
        return _FIRST_YEAR
    return str(year) if part.width == 1 else f"{year:02d}"


def _era_name(moment: Moment, part: Part) -> str:
    return moment.era.names[min(part.width, 3) - 1]


def _weekday(moment: Moment, part: Part) -> str:
    words = moment.words
    return (words.weekdays if part.width == 3 else words.days)[moment.day.weekday]  # noqa: PLR2004 - aaa


def _buddhist_year(moment: Moment, part: Part) -> str:
    year = moment.day.buddhist_year
    return f"{year:04d}" if part.width > 2 else f"{year % 100:02d}"  # noqa: PLR2004 - bb


def _month(moment: Moment, part: Part) -> str:
    at = moment.day.month - 1
    match part.width:
        case 1 | 2:
            return f"{at + 1:0{part.width}d}"
        case 3:
            return moment.words.short_months[at]
        case 5:
            return moment.words.months[at][0]
        case _:
            return moment.words.months[at]


def _day(moment: Moment, part: Part) -> str:
    match part.width:
        case 1 | 2:
            return f"{moment.day.day:0{part.width}d}"
        case 3:
            return moment.words.short_days[moment.day.weekday]
        case _:
            return moment.words.days[moment.day.weekday]


def _hour(moment: Moment, part: Part) -> str:
    hour = moment.seconds // 3600 % moment.hours
    return _padded(hour or moment.hours % 24, part)


def _minute(moment: Moment, part: Part) -> str:
    return _padded(moment.seconds // 60 % 60, part)


def _second(moment: Moment, part: Part) -> str:
    return _padded(moment.seconds % 60, part)


def _elapsed_hours(moment: Moment, part: Part) -> str:
    return _padded(_elapsed(moment) // 3600, part)


def _elapsed_minutes(moment: Moment, part: Part) -> str:
    return _padded(_elapsed(moment) // 60, part)


def _elapsed_seconds(moment: Moment, part: Part) -> str:
    return _padded(_elapsed(moment), part)


def _elapsed(moment: Moment) -> int:
    return moment.days * DAY_SECONDS + moment.seconds


def _padded(number: int, part: Part) -> str:
    return str(number) if part.width == 1 else f"{number:0{part.width}d}"


def _decimals(moment: Moment, part: Part) -> str:
    return moment.decimal + moment.decimals[: part.width].ljust(part.width, "0")


def _half_day(moment: Moment, part: Part) -> str:
    late = moment.seconds >= _NOON * 3600
    if part.said.upper() == "AM/PM":
        return moment.words.halves[late]
    return part.said.split("/")[late]


_SHOW: Final[dict[str, Callable[[Moment, Part], str]]] = {
    "y": _year,
    "e": _era_year,
    "b": _buddhist_year,
    "m": _month,
    "d": _day,
    "g": _era_name,
    "a": _weekday,
    "h": _hour,
    "n": _minute,
    "s": _second,
    "H": _elapsed_hours,
    "N": _elapsed_minutes,
    "S": _elapsed_seconds,
    "f": _decimals,
    "p": _half_day,
}
_YEARS: Final = "yeb"
_ELAPSED: Final = {"h": "H", "m": "N", "s": "S"}
_TIMES: Final = (TokenKind.DATE, TokenKind.ELAPSED, TokenKind.HALF_DAY)


def date_section(source: Source) -> DateSection | None:
    """Makes a section of tokens with a date's letters; None where digit placeholders are among them."""
    pieces = _pieces(_with_eras(source.tokens))
    if pieces is None:
        return None
    language = language_of(source.language)
    parts = [piece for piece in pieces if isinstance(piece, Part)]
    letters = {part.letter for part in parts}
    return DateSection(
        pieces=tuple(pieces),
        places=min(max((part.width for part in parts if part.letter == "f"), default=0), _MOST_PLACES),
        timed=bool(letters & TIME_LETTERS),
        half_days="p" in letters,
        calendar=_calendar(source, language),
        words=named_words(language),
        reckoning=_RECKONINGS.get(language.calendar),
        first_year=language.first_year,
        numerals=numerals_of(source),
    )


def _with_eras(tokens: Sequence[Token]) -> list[Token]:
    """`e-` is an exponent among digits only; here it is a year and a dash."""
    parted: list[Token] = []
    for token in tokens:
        if token.kind is TokenKind.EXPONENT:
            parted += [Token(TokenKind.DATE, "e"), Token(TokenKind.LITERAL, token.text[1])]
        else:
            parted.append(token)
    return parted


def _pieces(tokens: Sequence[Token]) -> list[str | Part] | None:
    pieces: list[str | Part] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        zeros = _zeros_behind(tokens, at)
        if token.kind is TokenKind.DIGIT:
            return None
        if zeros and pieces and isinstance(pieces[-1], Part) and pieces[-1].letter in "sS":
            pieces.append(Part("f", zeros))
            at += zeros
        else:
            pieces.append(_piece(tokens, at))
        at += 1
    return pieces


def _zeros_behind(tokens: Sequence[Token], at: int) -> int:
    end = at + 1
    while end < len(tokens) and tokens[end] == Token(TokenKind.DIGIT, "0"):
        end += 1
    return end - at - 1 if tokens[at].kind is TokenKind.POINT else 0


def _piece(tokens: Sequence[Token], at: int) -> str | Part:
    token = tokens[at]
    letter, width = token.text[:1], len(token.text)
    match token.kind:
        case TokenKind.DATE if letter == "m" and width <= 2 and _is_minute(tokens, at):  # noqa: PLR2004 - mm
            return Part("n", width)
        case TokenKind.DATE:
            return Part(letter, width)
        case TokenKind.ELAPSED:
            return Part(_ELAPSED[letter], width)
        case TokenKind.HALF_DAY:
            return Part("p", width, token.text)
        case TokenKind.CALENDAR | TokenKind.TEXT | TokenKind.GENERAL:
            return ""
        case _:
            return token.text


def _is_minute(tokens: Sequence[Token], at: int) -> bool:
    """`m` is a minute right behind an hour or right before a second, literals left out."""
    before = next((token.text for token in reversed(tokens[:at]) if token.kind in _TIMES), "")
    behind = next((token.text for token in tokens[at + 1 :] if token.kind in _TIMES), "")
    return before.startswith("h") or behind.startswith("s")


def _calendar(source: Source, language: Language) -> Callable[[int], Day]:
    if Token(TokenKind.CALENDAR, "b2") in source.tokens or language.calendar in _HIJRI:
        return hijri
    return _thai if language.calendar == _BUDDHIST else gregorian


def _thai(serial: int) -> Day:
    day = gregorian(serial)
    return Day(day.buddhist_year, day.month, day.day, day.weekday)
