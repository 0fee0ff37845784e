"""The types of cell values: subclasses of Python's types that print as Excel shows them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final, Protocol, Self, SupportsIndex, TypeVar, overload

from merge.sheet.number_format.general import decimal_of, rounded
from merge.sheet.number_format.sections import Formatter, formatter_for
from merge.sheet.serial_dates import in_days, serial_number, time_in_days
from merge.sheet.values.unusable import NO_LINK, MissingLink

_EXACT: Final = 2**53

_CELL = TypeVar("_CELL", bound=type)


@dataclass(frozen=True, slots=True)
class CellFormat:
    """The format of a value.

    Attributes:
        number_format: the format code
        date1904: whether serial numbers count from 1904
        locale: the reader's language
        calculated: whether the value is the result of a calculation, not stored in a cell
        shown: returns the text of a stored value
    """

    number_format: str = "General"
    date1904: bool = False
    locale: str = "en_US"
    calculated: bool = False
    shown: Formatter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        show = formatter_for(self.number_format, self.locale, date1904=self.date1904)
        object.__setattr__(self, "shown", show)


_CALCULATED: Final = CellFormat(calculated=True)


@lru_cache(maxsize=1024)
def _with_code(form: CellFormat, number_format: str) -> CellFormat:
    return replace(form, number_format=number_format, calculated=True)


class _Operation(Protocol):
    def __call__(self, *operands: object) -> object: ...


class _HasFormat(Protocol):
    form: CellFormat


_SUMS: Final = ("__add__", "__radd__", "__sub__", "__rsub__")
_PRODUCTS: Final = ("__mul__", "__rmul__", "__truediv__", "__floordiv__", "__mod__")
_SIGNS: Final = ("__neg__", "__pos__", "__abs__")
_WHOLES: Final = ("__trunc__", "__floor__", "__ceil__")
_INVERSE: Final = ("__rtruediv__", "__rfloordiv__", "__rmod__", "__pow__", "__rpow__")


def _calculating(base: type, *names: str) -> Callable[[_CELL], _CELL]:
    """Class decorator that adds the operators of its base, with results that print like cells."""

    def decorated(cls: _CELL) -> _CELL:
        for name in names:
            setattr(cls, name, _operator(base, name))
        return cls

    return decorated


def _operator(base: type, name: str) -> Callable[[_HasFormat, object], object]:
    days = name in _SUMS and base in {datetime, timedelta}

    def operate(self: _HasFormat, *operands: object) -> object:
        owner: type = base
        receiver: object = self
        if days:
            operands = tuple(_as_days(operand) for operand in operands)
        elif base is int and any(isinstance(operand, float) for operand in operands):
            owner, receiver = float, float(self) if isinstance(self, int) else self
        operation: _Operation = getattr(owner, name)
        return _formatted(self.form, operation(receiver, *operands), keep_format=base is timedelta)

    return operate


def _as_days(operand: object) -> object:
    return timedelta(days=operand) if isinstance(operand, int | float) else operand


def _formatted(form: CellFormat, result: object, *, keep_format: bool) -> object:
    """A result in the format of its operand; the days between two dates are a plain number."""
    match result:
        case int() | float():
            return number(result, _with_code(form, "General"))
        case datetime():
            return DateValue.at(result, _with_code(form, form.number_format))
        case timedelta():
            return DurationValue.lasting(
                result, _with_code(form, form.number_format if keep_format else "General")
            )
        case _:
            return result


class TextValue(str):
    """A text cell, as Excel shows it.

    Attributes:
        value: the stored text
        link: the target of the cell's hyperlink, or the text if that is an address
    """

    __slots__ = ("link", "value")
    value: str
    link: str | MissingLink

    @classmethod
    def of(cls, value: str, form: CellFormat, link: str = "") -> Self:
        """Make the value of a cell."""
        made = cls(form.shown(value))
        made.value = value
        made.link = link or (value.strip() if value.lstrip()[:4].lower() == "http" else NO_LINK)
        return made

    @property
    def text(self) -> str:
        """What Excel shows."""
        return str(self)

    def __bool__(self) -> bool:
        return True


class _Linked:
    """A value whose cell may have a hyperlink.

    Attributes:
        link: the target of the hyperlink
    """

    __slots__ = ()
    link: str | MissingLink = NO_LINK


class FormattedNumber(str):
    """A number that a filter has formatted, such as `1.200,5`; `value` is the number itself."""

    __slots__ = ("value",)
    value: float

    @classmethod
    def of(cls, text: str, value: float) -> Self:
        """Make a formatted number."""
        made = cls(text)
        made.value = value
        return made


@_calculating(int, *_SUMS, *_PRODUCTS, *_SIGNS, *_INVERSE, *_WHOLES, "__round__")
class WholeValue(_Linked, int):
    """A whole number."""

    form: CellFormat = _CALCULATED

    @property
    def value(self) -> int:
        """The stored number."""
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
class DecimalValue(_Linked, float):
    """A number with decimals."""

    form: CellFormat = _CALCULATED

    @property
    def value(self) -> float:
        """The stored number."""
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
        """Round as Excel's ROUND does, halves away from zero."""
        places = 0 if digits is None else int(digits)
        return number(_rounded(float(self), places), _with_code(self.form, "General"))

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else self.text

    def __bool__(self) -> bool:
        return not self.form.calculated or bool(float(self))


def number(value: float, form: CellFormat = _CALCULATED) -> WholeValue | DecimalValue:
    """Make a number that prints in a format; a whole float becomes a `WholeValue`."""
    plain = _whole(value)
    made = WholeValue(plain) if isinstance(plain, int) else DecimalValue(plain)
    made.form = form
    return made


def _whole(value: float) -> float:
    """An int if the number is whole and a float can represent it exactly."""
    if isinstance(value, int):
        return value
    return int(value) if abs(value) < _EXACT and value.is_integer() else value


def _rounded(value: float, places: int) -> float:
    if not math.isfinite(value):
        return value
    return math.copysign(float(rounded(decimal_of(abs(value)), places)), value)


@dataclass(frozen=True, slots=True)
class BooleanValue:
    """TRUE or FALSE; equal to the boolean that it holds."""

    value: bool
    link: str | MissingLink = field(default=NO_LINK, compare=False)

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
class DateValue(_Linked, datetime):
    """A date, with or without a time of day, and without a time zone.

    As in Excel, the difference of two dates is a number of days, and a date plus a number is a date.
    """

    form: CellFormat = CellFormat("yyyy-mm-dd hh:mm:ss", calculated=True)
    serial: float | None = None

    @classmethod
    def at(cls, moment: datetime, form: CellFormat, serial: float | None = None) -> Self:
        """Make the date of a cell, or of a calculation if there's no serial number."""
        clock = (moment.hour, moment.minute, moment.second, moment.microsecond, moment.tzinfo)
        made = cls(moment.year, moment.month, moment.day, *clock)
        made.form, made.serial = form, serial
        return made

    @property
    def value(self) -> float:
        """The serial number, in days."""
        if self.serial is not None:
            return self.serial
        return serial_number(datetime.combine(self.date(), self.time()), date1904=self.form.date1904)

    @property
    def text(self) -> str:
        """What Excel shows."""
        return self.form.shown(self.value)

    def __str__(self) -> str:
        return self.text


class TimeValue(_Linked, time):
    """A time of day."""

    form: CellFormat = CellFormat("hh:mm:ss", calculated=True)
    serial: float | None = None

    @classmethod
    def at(cls, moment: time, form: CellFormat, serial: float) -> Self:
        """Make the time of a cell."""
        made = cls(moment.hour, moment.minute, moment.second, moment.microsecond)
        made.form, made.serial = form, serial
        return made

    @property
    def value(self) -> float:
        """The fraction of a day."""
        if self.serial is not None:
            return self.serial
        return time_in_days(self)

    @property
    def text(self) -> str:
        """What Excel shows."""
        return self.form.shown(self.value)

    def __str__(self) -> str:
        return self.text


@_calculating(timedelta, *_SUMS, *_PRODUCTS, *_SIGNS)
class DurationValue(_Linked, timedelta):
    """A duration, or the days between two dates."""

    form: CellFormat = _CALCULATED
    serial: float | None = None

    @classmethod
    def lasting(cls, duration: timedelta, form: CellFormat, serial: float | None = None) -> Self:
        """Make the duration of a cell, or of a calculation if there's no serial number."""
        made = cls(duration.days, duration.seconds, duration.microseconds)
        made.form, made.serial = form, serial
        return made

    @property
    def value(self) -> float:
        """The number of days."""
        if self.serial is not None:
            return self.serial
        return in_days(timedelta(self.days, self.seconds, self.microseconds))

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
