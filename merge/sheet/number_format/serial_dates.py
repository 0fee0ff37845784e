"""Serial numbers as dates and times: Excel's two date systems, and the calendars a format may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

LAST_DAY: Final = 2958465
"""9999-12-31, the last day that Excel knows, in the 1900 system."""
DAYS_TO_1904: Final = 1462
"""How far the 1904 system's day 0 lies behind that of the 1900 system."""
DAY_SECONDS: Final = 86400
ALMOST_MIDNIGHT: Final = 86399.9999
"""The second from which a day that is shown without its time is the next one."""
LEAP_DAY: Final = 60
"""1900-02-29, which never was; only behind it are serial numbers plain counts of days."""
ORDINAL: Final = date(1899, 12, 30).toordinal()
"""The proleptic ordinal of day 0, as it is counted behind `LEAP_DAY`."""

_HIJRI_EPOCH: Final = date(622, 7, 18).toordinal()
_HIJRI_CYCLE: Final = 10631
_HIJRI_YEARS: Final = 30
_BUDDHIST: Final = 543


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day; `weekday` counts from Saturday, as Excel's day 0 was one."""

    year: int
    month: int
    day: int
    weekday: int

    @property
    def buddhist_year(self) -> int:
        """The year of the Thai calendar."""
        return self.year + _BUDDHIST


def gregorian(serial: int) -> Day:
    """The day of a serial number of the 1900 system, 0 to `LAST_DAY`.

    Day 0 is 1900-01-00 and day 60 is 1900-02-29: neither existed, Excel shows both.
    """
    if serial == 0:
        return Day(1900, 1, 0, 0)
    if serial == LEAP_DAY:
        return Day(1900, 2, 29, serial % 7)
    found = date.fromordinal(ORDINAL + serial + (serial < LEAP_DAY))
    return Day(found.year, found.month, found.day, serial % 7)


def hijri(serial: int) -> Day:
    """The same day in the Islamic calendar, by the arithmetic that Windows uses (Kuwaiti algorithm)."""
    # Windows has no day 60: it counts 1900-01-01 as day 0 and both 60 and 61 as 1900-03-01.
    ordinal = ORDINAL + (serial + 2 if serial < LEAP_DAY else max(serial, LEAP_DAY + 1))
    cycles, rest = divmod(ordinal - _HIJRI_EPOCH, _HIJRI_CYCLE)
    year = next(year for year in range(_HIJRI_YEARS, 0, -1) if _hijri_start(year) <= rest)
    rest -= _hijri_start(year)
    month = next(month for month in range(12, 0, -1) if _month_start(month) <= rest)
    return Day(cycles * _HIJRI_YEARS + year, month, rest - _month_start(month) + 1, serial % 7)


def _hijri_start(year: int) -> int:
    """Days of the cycle before its year; eleven of the thirty have a leap day."""
    return (year - 1) * 354 + (11 * (year - 1) + 14) // 30


def _month_start(month: int) -> int:
    """Days of the year before its month: months have 30 and 29 days in turn."""
    return (59 * (month - 1) + 1) // 2
