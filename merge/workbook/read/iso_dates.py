"""Dates that are written out (ISO 8601), as the serial numbers that Excel counts days by."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

DATE, TIME, BOTH = "yyyy-mm-dd", "hh:mm:ss", "yyyy-mm-dd hh:mm:ss"
_DAY, _ANY_DAY = timedelta(days=1), date(2000, 1, 1)
_FIRST_SURE_DAY = 61
"""1 March 1900: before it, Excel counts a 29 February 1900 that never was."""


def iso_serial(text: str, *, date1904: bool) -> tuple[int | float, str] | None:
    """Turn a date, a time or both into a serial number and a format to show it by.

    Returns None for what is neither, or lies before the date system begins. A time zone is left out of
    account, as Excel has none.
    """
    text = text.strip()
    try:
        if "-" not in text:
            clock = time.fromisoformat(text).replace(tzinfo=None)
            return _number(datetime.combine(_ANY_DAY, clock) - datetime.combine(_ANY_DAY, time())), TIME
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    serial = _serial(moment.replace(tzinfo=UTC), date1904=date1904)
    if serial is None:
        return None
    return serial, BOTH if ":" in text else DATE


def _serial(moment: datetime, *, date1904: bool) -> int | float | None:
    since = (
        moment - datetime(1904, 1, 1, tzinfo=UTC) if date1904 else moment - datetime(1899, 12, 30, tzinfo=UTC)
    )
    if not date1904 and since.days < _FIRST_SURE_DAY:
        since -= _DAY
    return _number(since) if since >= timedelta(0) else None


def _number(span: timedelta) -> int | float:
    return span / _DAY if span % _DAY else span.days
