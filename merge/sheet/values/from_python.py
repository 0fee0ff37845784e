"""A Python value as the cell that would hold it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol, runtime_checkable

from merge.model import Cell, CellKind

_DAY = timedelta(days=1)
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
_FIRST_SURE = datetime(1900, 3, 1)  # noqa: DTZ001 - likewise
"""Before it Excel counts a day that never was."""
_DATE, _TIME, _BOTH, _SPAN = "yyyy-mm-dd", "hh:mm:ss", "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss"


@runtime_checkable
class _Boxed(Protocol):
    """A number or a text of numpy."""

    def item(self) -> object:
        """The Python value in it."""
        ...


def cell_from_value(value: object) -> Cell | None:
    """The cell that holds a value; None where it would be blank.

    Args:
        value: text, number, boolean, date (a time zone is left out of account, as Excel has none), time,
            duration, or what numpy and pandas make of them; None, NaN and NaT are blank

    Raises:
        TypeError: it is none of these
    """
    if value is None or _is_nothing(value):
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
            return _moment(value)
        case _Boxed():
            return cell_from_value(value.item())
        case _:
            raise TypeError(
                f"a cell holds text, a number, a boolean or a date, and no {type(value).__name__}"
            )


def _is_nothing(value: object) -> bool:
    """NaN and NaT are what does not equal itself; pandas' NA does not even say that."""
    try:
        return bool(value != value)  # noqa: PLR0124 - see above
    except TypeError:
        return True


def _moment(value: datetime | date | time | timedelta) -> Cell:
    match value:
        case timedelta():
            return _number(value / _DAY, _SPAN)
        case time():
            clock = datetime.combine(_EPOCH, value.replace(tzinfo=None))
            return _number((clock - _EPOCH) / _DAY, _TIME)
        case datetime():
            moment, form = value.replace(tzinfo=None), _BOTH
        case _:
            moment, form = datetime.combine(value, time()), _DATE
    days = (moment - _EPOCH) / _DAY
    return _number(days if moment >= _FIRST_SURE else days - 1, form)


def _number(value: float, form: str = "General") -> Cell:
    return Cell(CellKind.NUMBER, int(value) if value % 1 == 0 else value, form)
