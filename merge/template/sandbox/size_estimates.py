"""How large the result of an operation will be, before it is begun: for all that can make much of little."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sized
from typing import Protocol

from merge.errors import CellError
from merge.template.sandbox.budget import LARGEST_NUMBER, LARGEST_WIDTH, CostMeter, too_much, weight

_PRINTF_WIDTHS = re.compile(r"%(?:\([^()]*\))?[-+ #0]*(\*|\d+)?(?:\.(\*|\d+))?")
_FIELD = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_DIGITS = re.compile(r"\d+")
_LONGEST_DIGITS = 6


def refuse(message: str) -> CellError:
    """An expression that is not begun."""
    return CellError(message, hint="Use a smaller number in the template's expression")


def foreseen_product(meter: CostMeter, operator: str, left: object, right: object) -> None:
    """Judge an operator with its operands.

    Raises:
        CellError: the result would be too large
    """
    match operator, left, right:
        case "**", int(), int():
            if left.bit_length() * max(right, 0) > LARGEST_NUMBER:
                raise refuse(f"a number to the power of {_short(right)} is too large to say")
        case "*", int(), int():
            if left.bit_length() + right.bit_length() > LARGEST_NUMBER:
                raise refuse("a product is too large to say")
        case ("*", (str() | list() | tuple()) as items, int(times)) | ("*", int(times), items):
            if times * weight(items, meter.left) > meter.left:
                raise too_much()
        case "%", str(), _:
            meter.spend(_printf(left, right))
        case _:
            pass


def check_numbers(values: Iterable[object]) -> int:
    """The sum of the whole numbers among some arguments, each of them no larger than a width may be."""
    total = 0
    for value in values:
        if isinstance(value, int):
            if abs(value) > LARGEST_WIDTH:
                raise refuse(f"{_short(value)} is too large a number here")
            total += abs(value)
    return total


def _short(number: int) -> str:
    return f"{number:,}" if number.bit_length() < 64 else "so large a number"  # noqa: PLR2004 - the usual word


def _width_argument(_value: object, /, *args: object, **named: object) -> int:
    return check_numbers((*args, *named.values()))


def _each_line(value: object, /, *args: object, **named: object) -> int:
    """A width, or a text, that is put before every line."""
    texts = [arg for arg in (*args, *named.values()) if isinstance(arg, str)]
    width = check_numbers((*args, *named.values())) + sum(map(len, texts))
    return (str(value).count("\n") + 1) * max(width, 4)


def _each_tab(value: object, /, *args: object, **named: object) -> int:
    return (str(value).count("\t") + 1) * max(check_numbers((*args, *named.values())), 8)


def _replacement(value: object, /, *args: object, **named: object) -> int:
    texts = [*args, named.get("old", ""), named.get("new", "")]
    old = next((text for text in texts if isinstance(text, str)), "")
    longest = max((len(str(text)) for text in texts if isinstance(text, str)), default=0)
    check_numbers(arg for arg in named.values())
    return (str(value).count(old) + 1) * longest


def _wrapped(value: object, /, *args: object, **named: object) -> int:
    texts = [arg for arg in (*args, *named.values()) if isinstance(arg, str)]
    check_numbers((*args, *named.values()))
    return len(str(value)) * max(map(len, texts), default=1)


def _joined_items(value: object, /, *args: object, **named: object) -> int:
    separator = args[0] if args else named.get("d", "")
    return len(str(separator)) * (len(value) if isinstance(value, Sized) else 0)


def _joined_method(separator: object, /, *args: object, **_named: object) -> int:
    items = args[0] if args else ()
    if not isinstance(items, Sized):
        raise refuse("join needs a list")
    return len(str(separator)) * len(items)


def _indented(value: object, /, *args: object, **named: object) -> int:
    return weight(value, LARGEST_WIDTH) * check_numbers((*args, *named.values()))


def _summed(_value: object, /, *args: object, **named: object) -> int:
    start = args[1] if len(args) > 1 else named.get("start", 0)
    if not isinstance(start, int | float):
        raise refuse("sum adds up numbers only")
    return 0


def _printf(value: object, /, *args: object, **_named: object) -> int:
    """The widths in `%10d`, and those that stand for a `*`."""
    found = [width for widths in _PRINTF_WIDTHS.findall(str(value)) for width in widths if width]
    total = _digit_sum(width for width in found if width != "*")
    if "*" in found:
        given = [item for arg in args for item in (arg if isinstance(arg, tuple) else (arg,))]
        total += check_numbers(given)
    return total


def _formatted(value: object, /, *args: object, **named: object) -> int:
    """The widths in `{:10}`, and those that are arguments themselves."""
    fields = [field for field in _FIELD.findall(str(value)) if ":" in field]
    total = _digit_sum(digits for field in fields for digits in _DIGITS.findall(field.partition(":")[2]))
    if any("{" in field[1:] for field in fields):
        given = [item for arg in args for item in (arg.values() if isinstance(arg, Mapping) else (arg,))]
        total += check_numbers((*given, *named.values()))
    return total


def _digit_sum(numbers: Iterable[str]) -> int:
    total = 0
    for digits in numbers:
        if len(digits.lstrip("0")) > _LONGEST_DIGITS:
            raise refuse(f"a width of {digits[:20]} is too large")
        total += int(digits)
    return total


class Foresight(Protocol):
    """Says what an operation comes to, from what it is given."""

    def __call__(self, value: object, /, *args: object, **named: object) -> int:
        """Letters and items, beyond those that are given."""
        ...


METHODS: Mapping[str, Foresight] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), _width_argument),
    "expandtabs": _each_tab,
    "replace": _replacement,
    "join": _joined_method,
    "format": _formatted,
    "format_map": _formatted,
}
"""What methods of texts come to, by name, beyond what they are given."""
FILTERS: Mapping[str, Foresight] = {
    **dict.fromkeys(("batch", "center", "slice", "truncate"), _width_argument),
    "round": _width_argument,
    "indent": _each_line,
    "replace": _replacement,
    "wordwrap": _wrapped,
    "join": _joined_items,
    "tojson": _indented,
    "format": _printf,
    "sum": _summed,
}
"""The same of filters."""
