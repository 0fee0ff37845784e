"""Python values as cells."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol, runtime_checkable

from merge.model import Cell, CellKind
from merge.sheet.serial_dates import (
    DATE_FORMAT,
    DATETIME_FORMAT,
    DURATION_FORMAT,
    TIME_FORMAT,
    in_days,
    serial_number,
    time_in_days,
)


@runtime_checkable
class _NumpyScalar(Protocol):
    def item(self) -> object:
        """Return the Python value."""
        ...


def cell_from_value(value: object) -> Cell | None:
    """Return the cell that holds a value, or None for a blank one.

    Args:
        value: text, number, boolean, date (its time zone is ignored, because Excel has none), time,
            duration, or their numpy and pandas types; None, NaN and NaT are blank

    Raises:
        TypeError: it is of another type
    """
    if value is None or _is_missing(value):
        return None
    match value:
        case str():
            return Cell(CellKind.TEXT, value)
        case bool():
            return Cell(CellKind.BOOLEAN, value)
        case int() | float():
            return _number(value)
        case Decimal():
            return _number(float(value))
        case datetime() | date() | time() | timedelta():
            return _date(value)
        case _NumpyScalar():
            return cell_from_value(value.item())
        case _:
            raise TypeError(
                f"a cell can hold text, a number, a boolean or a date, not {type(value).__name__}"
            )


def _is_missing(value: object) -> bool:
    """Whether a value is NaN, NaT (not equal to themselves) or pandas' NA (raises when asked)."""
    try:
        return bool(value != value)  # noqa: PLR0124 - see above
    except TypeError:
        return True


def _date(value: datetime | date | time | timedelta) -> Cell:
    match value:
        case timedelta():
            return _number(in_days(value), DURATION_FORMAT)
        case time():
            return _number(time_in_days(value), TIME_FORMAT)
        case datetime():
            return _number(serial_number(value), DATETIME_FORMAT)
        case _:
            return _number(serial_number(datetime.combine(value, time())), DATE_FORMAT)


def _number(value: float, number_format: str = "General") -> Cell:
    return Cell(CellKind.NUMBER, int(value) if value % 1 == 0 else value, number_format)
