"""What filling in one row may cost, in steps and characters rather than seconds.

A row that is refused here is refused on every computer. What an operation makes is charged afterwards; one
whose result can be far larger than its operands is checked before it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from jinja2.runtime import Context

from merge.errors import CellError

BUDGET = 500_000
"""Characters, list items and loop turns of one row, in total."""
LARGEST_RESULT = 10_000_000
"""Characters or items that one operation may create before they are charged."""
LARGEST_WIDTH = 100_000
"""The maximum of a width, a count or a precision."""
BUDGET_NAME = " budget"
"""The name in each context; the space keeps it out of every template's reach."""

PRINTF_WIDTHS = re.compile(r"%(?:\([^()]*\))?([-+ #0-9.*]*)")
BRACE_WIDTHS = re.compile(r"\{[^{}:]*:((?:[^{}]|\{[^{}]*\})*)\}")
"""The widths in format texts."""


class Budget:
    """What one row may still spend.

    Attributes:
        left: steps and characters
        address_of: the address of the cell that a value comes from, or ""
    """

    __slots__ = ("address_of", "left")

    def __init__(self, address_of: Callable[[object], str]) -> None:
        self.left = BUDGET
        self.address_of = address_of

    def spend(self, cost: int) -> None:
        """Reduce the budget.

        Raises:
            CellError: the budget is used up
        """
        self.left -= cost
        if self.left < 0:
            raise too_much()

    def charge(self, value: object) -> object:
        """Return the value after charging its size; an iterator is charged item by item."""
        if isinstance(value, Iterator):
            return map(self.charge, value)
        self.spend(size_of(value, self.left))
        return value


def budget_of(context: Context) -> Budget:
    """The budget of the row that is being filled in."""
    budget = context.parent.get(BUDGET_NAME)
    if not isinstance(budget, Budget):
        raise refused("a template was filled in without a limit")
    return budget


def check_growth(value: object, arguments: Iterable[object]) -> None:
    """Refuse a call if its value's size times its largest argument is too large; no result exceeds that."""
    factor = 1
    for argument in arguments:
        if isinstance(argument, int):
            if abs(argument) > LARGEST_WIDTH:
                raise refused(f"{shortened(argument)} is too large here")
            factor = max(factor, abs(argument))
        else:
            factor = max(factor, size_of(argument, LARGEST_RESULT))
    if size_of(value, LARGEST_RESULT) * factor > LARGEST_RESULT:
        raise too_much()


def check_format(widths: re.Pattern[str], text: str, arguments: Iterable[object]) -> None:
    """Refuse a format string whose fields are too wide, or take their width from a value."""
    specs = " ".join(widths.findall(text))
    if "*" in specs or "{" in specs:
        raise refused("a width must be part of the format itself")
    texts = (argument for argument in arguments if not isinstance(argument, int))
    check_growth(text, [*map(int, re.findall(r"\d+", specs)), *texts])


def size_of(value: object, limit: int) -> int:
    """Characters and items that a value holds at every depth; counting ends beyond `limit`."""
    if isinstance(value, str):
        return len(value) + 1
    total = 0
    rest = [value]
    while rest and total <= limit:
        item = rest.pop()
        match item:
            case str() | bytes():
                total += len(item) + 1
            case dict() | list() | tuple() | set() | frozenset():
                total += len(item) + 1
                if total <= limit:
                    rest.extend(item)
                    rest.extend(item.values() if isinstance(item, Mapping) else ())
            case range():
                total += len(item)
            case int():
                total += item.bit_length() // 64 + 1
            case _:
                total += 1
    return total


def shortened(number: int) -> str:
    """A number for a message."""
    return f"{number:,}" if number.bit_length() < 64 else "so large a number"  # noqa: PLR2004 - a machine word


def refused(message: str) -> CellError:
    """The problem of an operation with too large a number."""
    return CellError(message, hint="Use a smaller number in the template's expression")


def too_much() -> CellError:
    """The problem of a row that makes too much text."""
    return CellError(
        "the text that the template makes from this row is too long",
        hint="Look for a loop that runs too often, or text that is repeated or padded too much",
    )
