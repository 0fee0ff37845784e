"""Values that print as Excel shows them and still calculate: subclasses of Python's own types."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final, Protocol, Self, SupportsIndex, TypeVar, overload

from merge.sheet.number_format.fast import Formatter, formatter_for
from merge.sheet.number_format.rounding import digits_of

_EXACT: Final = 2**53
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - likewise
_LEAP_DAY: Final = 60
_DAY: Final = timedelta(days=1)

_CELL = TypeVar("_CELL", bound=type)


@dataclass(frozen=True, slots=True)
class CellFormat:
    """How a value is shown.

    Attributes:
        number_format: the format code
        date1904: whether serial numbers count from 1904
        locale: the reader's language
        calculated: whether it comes from a calculation rather than from a cell
        shown: the text of a stored value
    """

    number_format: str = "General"
    date1904: bool = False
    locale: str = "en_US"
    calculated: bool = False
    shown: Formatter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        show = formatter_for(self.number_format, self.locale, date1904=self.date1904)
        object.__setattr__(self, "shown", show)


_PLAIN: Final = CellFormat(calculated=True)


@lru_cache(maxsize=1024)
def _calculated(form: CellFormat, number_format: str) -> CellFormat:
    return replace(form, number_format=number_format, calculated=True)


class _Operation(Protocol):
    def __call__(self, *operands: object) -> object: ...


class _Formed(Protocol):
    form: CellFormat


_SUMS: Final = ("__add__", "__radd__", "__sub__", "__rsub__")
_PRODUCTS: Final = ("__mul__", "__rmul__", "__truediv__", "__floordiv__", "__mod__")
_SIGNS: Final = ("__neg__", "__pos__", "__abs__")
_WHOLES: Final = ("__trunc__", "__floor__", "__ceil__")
_INVERSE: Final = ("__rtruediv__", "__rfloordiv__", "__rmod__", "__pow__", "__rpow__")


def _calculating(base: type, *names: str) -> Callable[[_CELL], _CELL]:
    """Gives a class the operators of its base, with results that print as well as cells do."""

    def decorated(cls: _CELL) -> _CELL:
        for name in names:
            setattr(cls, name, _operator(base, name))
        return cls

    return decorated


def _operator(base: type, name: str) -> Callable[[_Formed, object], object]:
    days = name in _SUMS and base in {datetime, timedelta}

    def operate(self: _Formed, *operands: object) -> object:
        owner: type = base
        receiver: object = self
        if days:
            operands = tuple(_as_days(operand) for operand in operands)
        elif base is int and any(isinstance(operand, float) for operand in operands):
            owner, receiver = float, float(self) if isinstance(self, int) else self
        operation: _Operation = getattr(owner, name)
        return _like(self.form, operation(receiver, *operands), keeps=base is timedelta)

    return operate


def _as_days(operand: object) -> object:
    return timedelta(days=operand) if isinstance(operand, int | float) else operand


def _like(form: CellFormat, result: object, *, keeps: bool) -> object:
    """A result in the form of what it was calculated from; the days between two dates are a plain number."""
    match result:
        case int() | float():
            return number(result, _calculated(form, "General"))
        case datetime():
            return DateValue.at(result, _calculated(form, form.number_format))
        case timedelta():
            return DurationValue.lasting(
                result, _calculated(form, form.number_format if keeps else "General")
            )
        case _:
            return result


class TextValue(str):
    """A text cell: the text as Excel shows it; `value` is the text as it is stored."""

    __slots__ = ("value",)
    value: str

    @classmethod
    def of(cls, value: str, form: CellFormat) -> Self:
        """The text of a cell."""
        made = cls(form.shown(value))
        made.value = value
        return made

    @property
    def text(self) -> str:
        """What Excel shows."""
        return str(self)

    def __bool__(self) -> bool:
        return True


class FormattedNumber(str):
    """A number that a filter has formatted, such as `1.200,5`; `value` is the number itself."""

    __slots__ = ("value",)
    value: float

    @classmethod
    def of(cls, text: str, value: float) -> Self:
        """The text of a number."""
        made = cls(text)
        made.value = value
        return made


@_calculating(int, *_SUMS, *_PRODUCTS, *_SIGNS, *_INVERSE, *_WHOLES, "__round__")
class WholeValue(int):
    """A whole number."""

    form: CellFormat = _PLAIN

    @property
    def value(self) -> int:
        """The plain number."""
        return int(self)

    @property
    def text(self) -> str:
        """What Excel shows."""
        return self.form.shown(int(self))

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(int(self), spec) if spec else self.text

    def __bool__(self) -> bool:
        return not self.form.calculated or bool(int(self))


@_calculating(float, *_SUMS, *_PRODUCTS, *_SIGNS, *_INVERSE, *_WHOLES)
class DecimalValue(float):
    """A number with decimals."""

    form: CellFormat = _PLAIN

    @property
    def value(self) -> float:
        """The plain number."""
        return float(self)

    @property
    def text(self) -> str:
        """What Excel shows."""
        return self.form.shown(float(self))

    @overload
    def __round__(self, digits: None = None, /) -> int: ...
    @overload
    def __round__(self, digits: SupportsIndex, /) -> float: ...
    def __round__(self, digits: SupportsIndex | None = None, /) -> float:
        """Rounds as Excel's ROUND does, halves away from zero."""
        places = 0 if digits is None else int(digits)
        return number(rounded(float(self), places), _calculated(self.form, "General"))

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else self.text

    def __bool__(self) -> bool:
        return not self.form.calculated or bool(float(self))


def number(value: float, form: CellFormat = _PLAIN) -> WholeValue | DecimalValue:
    """A number that prints as a cell of that form does; whole ones are whole, whatever they came from."""
    plain = _whole(value)
    made = WholeValue(plain) if isinstance(plain, int) else DecimalValue(plain)
    made.form = form
    return made


def _whole(value: float) -> float:
    """An int where the number is whole and a float holds it exactly."""
    if isinstance(value, int):
        return value
    return int(value) if abs(value) < _EXACT and value.is_integer() else value


def rounded(value: float, places: int) -> float:
    """A number with at most so many decimals, halves rounded away from zero."""
    if not math.isfinite(value):
        return value
    whole, decimals = digits_of(abs(value)).rounded(places).split()
    return math.copysign(float(f"{whole or 0}.{decimals or 0}"), value)


@dataclass(frozen=True, slots=True)
class BooleanValue:
    """TRUE or FALSE; it equals the boolean that it holds."""

    value: bool

    @property
    def text(self) -> str:
        """What Excel shows."""
        return "TRUE" if self.value else "FALSE"

    def __bool__(self) -> bool:
        return self.value

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, BooleanValue) else other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)


@_calculating(datetime, *_SUMS)
class DateValue(datetime):
    """A date, with or without a time of day; without a time zone, as in a cell.

    Two dates subtract to the days between them, and a date and a number add up to a date, as in Excel.
    """

    form: CellFormat = CellFormat("yyyy-mm-dd hh:mm:ss", calculated=True)
    serial: float | None = None

    @classmethod
    def at(cls, moment: datetime, form: CellFormat, serial: float | None = None) -> Self:
        """The date of a cell, or of a calculation where there is no serial number yet."""
        clock = (moment.hour, moment.minute, moment.second, moment.microsecond, moment.tzinfo)
        made = cls(moment.year, moment.month, moment.day, *clock)
        made.form, made.serial = form, serial
        return made

    @property
    def value(self) -> float:
        """The serial number, in days."""
        if self.serial is not None:
            return self.serial
        plain = datetime.combine(self.date(), self.time())
        if self.form.date1904:
            return _whole((plain - _EPOCH_1904) / _DAY)
        days = (plain - _EPOCH) / _DAY
        return _whole(days if days > _LEAP_DAY else days - 1)

    @property
    def text(self) -> str:
        """What Excel shows."""
        return self.form.shown(self.value)

    def __str__(self) -> str:
        return self.text


class TimeValue(time):
    """A time of day."""

    form: CellFormat = CellFormat("hh:mm:ss", calculated=True)
    serial: float | None = None

    @classmethod
    def at(cls, moment: time, form: CellFormat, serial: float) -> Self:
        """The time of a cell."""
        made = cls(moment.hour, moment.minute, moment.second, moment.microsecond)
        made.form, made.serial = form, serial
        return made

    @property
    def value(self) -> float:
        """The part of a day."""
        if self.serial is not None:
            return self.serial
        clock = timedelta(0, self.second, self.microsecond, minutes=self.minute, hours=self.hour)
        return _whole(clock / _DAY)

    @property
    def text(self) -> str:
        """What Excel shows."""
        return self.form.shown(self.value)

    def __str__(self) -> str:
        return self.text


@_calculating(timedelta, *_SUMS, *_PRODUCTS, *_SIGNS)
class DurationValue(timedelta):
    """A duration, or the days between two dates."""

    form: CellFormat = _PLAIN
    serial: float | None = None

    @classmethod
    def lasting(cls, duration: timedelta, form: CellFormat, serial: float | None = None) -> Self:
        """The duration of a cell, or of a calculation where there is no serial number."""
        made = cls(duration.days, duration.seconds, duration.microseconds)
        made.form, made.serial = form, serial
        return made

    @property
    def value(self) -> float:
        """The number of days."""
        if self.serial is not None:
            return self.serial
        return _whole(timedelta.total_seconds(self) / _DAY.total_seconds())

    @property
    def text(self) -> str:
        """What Excel shows."""
        return self.form.shown(self.value)

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)

    def __bool__(self) -> bool:
        return not self.form.calculated or self != timedelta(0)
