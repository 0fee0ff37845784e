"""Serial dates: days counted in Excel's 1900 or 1904 date system (ECMA-376 part 1, 18.17.4).

In the 1900 system day 1 is 1900-01-01 and day 60 is 1900-02-29, a day that never existed; serial numbers
count real days only from 61 (1900-03-01) on. In the 1904 system day 0 is 1904-01-01. Cells have no time zone.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

LAST_DAY: Final = 2958465
"""9999-12-31 in the 1900 system, the last day that Excel knows."""
LEAP_DAY: Final = 60
"""1900-02-29 in the 1900 system."""
DAYS_TO_1904: Final = 1462
"""Serial number in the 1900 system of the 1904 system's day 0."""
EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
"""Day 0 of the 1900 system, as counted from 1900-03-01 on."""
EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - a cell has no time zone
MARCH_1900: Final = datetime(1900, 3, 1)  # noqa: DTZ001 - a cell has no time zone
"""The first day after `LEAP_DAY`."""

DATE_FORMAT: Final = "yyyy-mm-dd"
TIME_FORMAT: Final = "hh:mm:ss"
DATETIME_FORMAT: Final = "yyyy-mm-dd hh:mm:ss"
DURATION_FORMAT: Final = "[h]:mm:ss"

_DAY: Final = timedelta(days=1)
_DAY_MILLISECONDS: Final = 86_400_000


def in_days(duration: timedelta) -> float:
    """Return a duration in days: an int if it is whole."""
    days = duration / _DAY
    return int(days) if days.is_integer() else days


def time_in_days(clock: time) -> float:
    """Return a time of day as a fraction of a day; its time zone is ignored."""
    return in_days(
        timedelta(
            hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond
        )
    )


def serial_number(moment: datetime, *, date1904: bool = False) -> float:
    """Return the serial number of a date, an int at midnight; its time zone is ignored.

    Dates before the system's first day have a number that Excel shows as `########` or as another day.
    """
    moment = moment.replace(tzinfo=None)
    if date1904:
        return in_days(moment - EPOCH_1904)
    return in_days(moment - EPOCH_1900 - timedelta(days=moment < MARCH_1900))


def serial_from_iso(text: str, *, date1904: bool) -> tuple[float, str] | None:
    """Parse an ISO 8601 date, time, or both: return its serial number and a number format for it.

    Time zones are ignored. Returns None for other text, and for dates before the date system begins.
    """
    text = text.strip()
    try:
        if "-" not in text:
            return time_in_days(time.fromisoformat(text)), TIME_FORMAT
        serial = serial_number(datetime.fromisoformat(text), date1904=date1904)
    except ValueError:
        return None
    if serial < 0:
        return None
    return serial, DATETIME_FORMAT if ":" in text else DATE_FORMAT


def to_datetime(serial: float, *, date1904: bool) -> datetime | None:
    """Return the date of a serial number, to the millisecond.

    None for days that no calendar has (1900-01-00 and 1900-02-29), and outside the date system.
    """
    first, epoch = 0, EPOCH_1904
    if not date1904:
        first, epoch = 1, EPOCH_1900 + timedelta(days=serial < LEAP_DAY)
    if not first <= serial < LAST_DAY + 1 or (not date1904 and int(serial) == LEAP_DAY):
        return None
    try:
        return epoch + to_timedelta(serial)
    except OverflowError:
        return None


def to_timedelta(days: float) -> timedelta:
    """Return a number of days as a duration, to the millisecond: a double near today's dates has no more.

    Raises:
        OverflowError: the duration is too long
    """
    whole = int(days // 1)
    return timedelta(days=whole, milliseconds=round((days - whole) * _DAY_MILLISECONDS))


def to_time(days: float) -> time:
    """Return a fraction of a day, from 0 to below 1, as a time of day, to the millisecond."""
    milliseconds = min(round(days * _DAY_MILLISECONDS), _DAY_MILLISECONDS - 1)
    return (EPOCH_1900 + timedelta(milliseconds=milliseconds)).time()
