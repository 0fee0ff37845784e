"""Sections that show a date, a time or a duration: `yyyy-mm-dd`, `h:mm AM/PM`, `[h]:mm:ss`, `mm:ss.0`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from merge.sheet.number_format.calendars import Day, Era, EraSystem, era_of, gregorian, hijri, thai
from merge.sheet.number_format.locale_names import (
    Language,
    LocaleNames,
    names_in,
    parse_language,
    with_islamic_months,
)
from merge.sheet.number_format.numerals import Numerals, numerals_of
from merge.sheet.number_format.tokens import Source, Token, TokenKind
from merge.sheet.serial_dates import DAYS_TO_1904, LAST_DAY

OUT_OF_RANGE: Final = "#" * 8
"""Shown by Excel for a date that it can't show: before 1900 or after 9999."""

DATE_LETTERS: Final = frozenset("ymdebga")
_TIME_LETTERS: Final = frozenset("hnsHNSfp")
ELAPSED_LETTERS: Final = frozenset("HNS")

_DAY_SECONDS: Final = 86400
_ALMOST_MIDNIGHT: Final = 86399.9999
"""Second from which a format without a time shows the next day."""
_NOON: Final = 12
_MAX_PLACES: Final = 9
_BUDDHIST: Final = 0x07
_HIJRI: Final = frozenset({0x06, 0x17})
_ERA_SYSTEMS: Final = {0x03: EraSystem.JAPANESE, 0x04: EraSystem.TAIWANESE, 0x05: EraSystem.KOREAN}
_FIRST_YEAR: Final = "元"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a date or time.

    Attributes:
        letter: y, m, d, e, b, g, a as in the format; h hour, n minute, s second; H, N, S the same as elapsed
            time; f decimals of the second; p half of the day
        width: number of letters, or of zeros for f
        text: the half of the day as in the format, such as `AM/PM`
    """

    letter: str
    width: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class DateSection:
    """A section with date or time letters.

    Attributes:
        pieces: what it shows, in order
        places: how many decimals of the second are shown
        timed: whether a time is shown; if so, it is rounded
        half_days: whether hours count to 12
        calendar: converts a serial number of the 1900 system to a day
        names: those of the format's language, or None for the reader's
        era_system: how the format counts years; None leaves it to the language, for `e` and `g` only
        first_year: whether the first year of an era has a name
        numerals: its digits, or None for Western ones
    """

    pieces: tuple[str | Part, ...]
    places: int
    timed: bool
    half_days: bool
    calendar: Callable[[int], Day]
    names: LocaleNames | None
    era_system: EraSystem | None = None
    first_year: bool = False
    numerals: Numerals | None = None

    @property
    def letters(self) -> frozenset[str]:
        """The letters of its parts."""
        return frozenset(piece.letter for piece in self.pieces if isinstance(piece, Part))

    def shown(self, serial: float, names: LocaleNames, *, date1904: bool) -> str:
        """Return the text of a serial number; only the 1904 system has negative dates."""
        if not date1904:
            return self._shown(serial, names, 0)
        text = self._shown(abs(serial), names, DAYS_TO_1904)
        return f"-{text}" if serial < 0 and text != OUT_OF_RANGE else text

    def _shown(self, serial: float, names: LocaleNames, first_day: int) -> str:
        if not 0 <= serial < LAST_DAY + 1:
            return OUT_OF_RANGE
        days, ticks = self._rounded(serial)
        if days + first_day > LAST_DAY:
            return OUT_OF_RANGE
        seconds, rest = divmod(ticks, 10**self.places)
        own = self.names or names
        day = self.calendar(days + first_day)
        moment = Moment(
            section=self,
            day=day,
            days=days,
            seconds=seconds,
            decimals=f"{rest:0{self.places}d}" if self.places else "",
            names=with_islamic_months(own) if self.calendar is hijri else own,
            decimal=names.decimal,
        )
        return "".join(
            [piece if isinstance(piece, str) else self._part(piece, moment) for piece in self.pieces]
        )

    def _part(self, part: Part, moment: Moment) -> str:
        text = _PART_TEXT[part.letter](moment, part)
        # A year is written digit by digit, everything else as a number.
        if self.numerals is None or not text.isdecimal() or part.letter in _YEARS:
            return text
        return self.numerals.date_part(text)

    def _rounded(self, serial: float) -> tuple[int, int]:
        days = math.floor(serial)
        seconds = (serial - days) * _DAY_SECONDS
        if not self.timed:
            return days + (seconds > _ALMOST_MIDNIGHT), 0
        ticks = math.floor(seconds * 10**self.places + 0.5)
        carried, ticks = divmod(ticks, _DAY_SECONDS * 10**self.places)
        return days + carried, ticks


@dataclass(slots=True)
class Moment:
    """The parts of a serial number, rounded to what the section shows."""

    section: DateSection
    day: Day
    days: int
    seconds: int
    decimals: str
    names: LocaleNames
    decimal: str

    @property
    def era(self) -> Era:
        """The era of the day, in the system of the format or of the language."""
        return era_of(self.day, self.section.era_system or self.names.era_system)


def _year(moment: Moment, part: Part) -> str:
    if moment.section.era_system:
        return str(moment.era.year) if part.width > 2 else f"{moment.era.year % 100:02d}"  # noqa: PLR2004 - yy
    return f"{moment.day.year:04d}" if part.width > 2 else f"{moment.day.year % 100:02d}"  # noqa: PLR2004 - yy


def _era_year(moment: Moment, part: Part) -> str:
    year = moment.era.year
    if year == 1 and moment.section.first_year:
        return _FIRST_YEAR
    return str(year) if part.width == 1 else f"{year:02d}"


def _era_name(moment: Moment, part: Part) -> str:
    return moment.era.names[min(part.width, 3) - 1]


def _weekday(moment: Moment, part: Part) -> str:
    names = moment.names
    return (names.weekdays if part.width == 3 else names.long_weekdays)[moment.day.weekday]  # noqa: PLR2004 - aaa


def _buddhist_year(moment: Moment, part: Part) -> str:
    year = moment.day.buddhist_year
    return f"{year:04d}" if part.width > 2 else f"{year % 100:02d}"  # noqa: PLR2004 - bb


def _month(moment: Moment, part: Part) -> str:
    at = moment.day.month - 1
    match part.width:
        case 1 | 2:
            return f"{at + 1:0{part.width}d}"
        case 3:
            return moment.names.short_months[at]
        case 5:
            return moment.names.months[at][0]
        case _:
            return moment.names.months[at]


def _day(moment: Moment, part: Part) -> str:
    match part.width:
        case 1 | 2:
            return f"{moment.day.day:0{part.width}d}"
        case 3:
            return moment.names.short_days[moment.day.weekday]
        case _:
            return moment.names.days[moment.day.weekday]


def _hour(moment: Moment, part: Part) -> str:
    hours = _NOON if moment.section.half_days else 24
    return _padded(moment.seconds // 3600 % hours or hours % 24, part)


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
    return moment.days * _DAY_SECONDS + moment.seconds


def _padded(number: int, part: Part) -> str:
    return str(number) if part.width == 1 else f"{number:0{part.width}d}"


def _decimals(moment: Moment, part: Part) -> str:
    return moment.decimal + moment.decimals[: part.width].ljust(part.width, "0")


def _half_day(moment: Moment, part: Part) -> str:
    late = moment.seconds >= _NOON * 3600
    if part.text.upper() == "AM/PM":
        return moment.names.halves[late]
    return part.text.split("/")[late]


_PART_TEXT: Final[dict[str, Callable[[Moment, Part], str]]] = {
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
    """Make a section of tokens with date letters; None if there are digit placeholders among them."""
    pieces = _pieces(_with_eras(source.tokens))
    if pieces is None:
        return None
    language = parse_language(source.language)
    parts = [piece for piece in pieces if isinstance(piece, Part)]
    letters = {part.letter for part in parts}
    return DateSection(
        pieces=tuple(pieces),
        places=min(max((part.width for part in parts if part.letter == "f"), default=0), _MAX_PLACES),
        timed=bool(letters & _TIME_LETTERS),
        half_days="p" in letters,
        calendar=_calendar(source, language),
        names=names_in(language),
        era_system=_ERA_SYSTEMS.get(language.calendar),
        first_year=language.first_year,
        numerals=numerals_of(source),
    )


def _with_eras(tokens: Sequence[Token]) -> list[Token]:
    """`e-` is an exponent only next to digits; here it is a year and a dash."""
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
        zeros = _zeros_after(tokens, at)
        if token.kind is TokenKind.DIGIT:
            return None
        if zeros and pieces and isinstance(pieces[-1], Part) and pieces[-1].letter in "sS":
            pieces.append(Part("f", zeros))
            at += zeros
        else:
            pieces.append(_piece(tokens, at))
        at += 1
    return pieces


def _zeros_after(tokens: Sequence[Token], at: int) -> int:
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
    """`m` is a minute right after an hour or right before a second, apart from literals."""
    before = next((token.text for token in reversed(tokens[:at]) if token.kind in _TIMES), "")
    after = next((token.text for token in tokens[at + 1 :] if token.kind in _TIMES), "")
    return before.startswith("h") or after.startswith("s")


def _calendar(source: Source, language: Language) -> Callable[[int], Day]:
    if Token(TokenKind.CALENDAR, "b2") in source.tokens or language.calendar in _HIJRI:
        return hijri
    return thai if language.calendar == _BUDDHIST else gregorian
