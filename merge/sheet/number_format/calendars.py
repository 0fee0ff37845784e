"""Calendars of date formats: Gregorian as Excel counts it, Thai, Islamic, and East Asian eras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from merge.sheet.serial_dates import EPOCH_1900, LEAP_DAY

_DAY_0: Final = EPOCH_1900.toordinal()
_HIJRI_EPOCH: Final = date(622, 7, 18).toordinal()
_HIJRI_CYCLE: Final = 10631
"""Days in 30 years, after which the pattern of leap years repeats."""
_HIJRI_YEARS: Final = 30
_BUDDHIST: Final = 543
_REPUBLIC: Final = 1911
_TANGUN: Final = 2333


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day; `weekday` counts from Saturday, the weekday of Excel's day 0."""

    year: int
    month: int
    day: int
    weekday: int

    @property
    def buddhist_year(self) -> int:
        """The year of the Thai calendar."""
        return self.year + _BUDDHIST


@lru_cache(maxsize=8192)
def gregorian(serial: int) -> Day:
    """Return the day of a serial number of the 1900 system, 0 to `LAST_DAY`.

    Day 0 is 1900-01-00 and day 60 is 1900-02-29: neither exists, but Excel shows both.
    """
    if serial == 0:
        return Day(1900, 1, 0, 0)
    if serial == LEAP_DAY:
        return Day(1900, 2, 29, serial % 7)
    found = date.fromordinal(_DAY_0 + serial + (serial < LEAP_DAY))
    return Day(found.year, found.month, found.day, serial % 7)


def thai(serial: int) -> Day:
    """Return the same day with the year of the Thai calendar."""
    day = gregorian(serial)
    return replace(day, year=day.buddhist_year)


def hijri(serial: int) -> Day:
    """Return the same day in the Islamic calendar, computed like Windows does (Kuwaiti algorithm)."""
    # Windows has no day 60: it counts 1900-01-01 as day 0 and both 60 and 61 as 1900-03-01.
    ordinal = _DAY_0 + (serial + 2 if serial < LEAP_DAY else max(serial, LEAP_DAY + 1))
    cycles, rest = divmod(ordinal - _HIJRI_EPOCH, _HIJRI_CYCLE)
    year = next(year for year in range(_HIJRI_YEARS, 0, -1) if _days_before_year(year) <= rest)
    rest -= _days_before_year(year)
    month = next(month for month in range(12, 0, -1) if _days_before_month(month) <= rest)
    return Day(cycles * _HIJRI_YEARS + year, month, rest - _days_before_month(month) + 1, serial % 7)


def _days_before_year(year: int) -> int:
    """Days of the 30-year cycle before this year; eleven of its years have a leap day."""
    return (year - 1) * 354 + (11 * (year - 1) + 14) // 30


def _days_before_month(month: int) -> int:
    """Days of the year before this month; months have 30 and 29 days in turn."""
    return (59 * (month - 1) + 1) // 2


class EraSystem(Enum):
    """How years are counted: in the common era, by the emperor's reign, from the Republic, from Tangun."""

    COMMON = auto()
    JAPANESE = auto()
    TAIWANESE = auto()
    KOREAN = auto()


@dataclass(frozen=True, slots=True)
class Era:
    """A day's era: its name in three lengths (`g`, `gg`, `ggg`), and the year within it (`e`)."""

    names: tuple[str, str, str]
    year: int


_REIGNS: Final = (
    ((2019, 5, 1), ("R", "令", "令和")),
    ((1989, 1, 8), ("H", "平", "平成")),
    ((1926, 12, 25), ("S", "昭", "昭和")),
    ((1912, 7, 30), ("T", "大", "大正")),
    ((1868, 1, 25), ("M", "明", "明治")),
)


def era_of(day: Day, system: EraSystem) -> Era:
    """Return the era of a day of the Gregorian calendar."""
    match system:
        # Islamic years are smaller than those of any reign.
        case EraSystem.JAPANESE if day.year >= _REIGNS[-1][0][0]:
            start, names = next(reign for reign in _REIGNS if reign[0] <= (day.year, day.month, day.day))
            return Era(names, day.year - start[0] + 1)
        case EraSystem.TAIWANESE if day.year > _REPUBLIC:
            return Era(("民國", "民國", "中華民國"), day.year - _REPUBLIC)
        case EraSystem.KOREAN:
            return Era(("단기", "단기", "단기"), day.year + _TANGUN)
        case _:
            return Era(("", "", ""), day.year)
