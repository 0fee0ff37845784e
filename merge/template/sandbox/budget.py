"""What filling in one row may cost, in steps and characters rather than seconds.

A row that is refused here is refused on every computer. What an operation makes is charged afterwards; one
whose result can be far larger than its operands is checked before it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

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

GROWING = frozenset(
    {"batch", "center", "expandtabs", "indent", "join", "ljust", "replace", "rjust", "round", "slice"}
    | {"tojson", "truncate", "wordwrap", "zfill"}
)
"""Filters and methods whose result may be far larger than what they take."""
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

    @contextmanager
    def placing(self, *values: object) -> Iterator[None]:
        """Add to a problem the cell that one of the values comes from: the one quoted, or the only one.

        Raises:
            CellError: with its place
        """
        try:
            yield
        except CellError as error:
            cells = {address: value for value in values if (address := self.address_of(value))}
            quoted = [address for address, value in cells.items() if f"“{str(value)[:20]}" in error.message]
            places = quoted or list(cells)
            if error.place or len(places) != 1:
                raise
            raise type(error)(error.message, place=places[0], hint=error.hint) from error

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


def check_call(name: str, value: object, arguments: Iterable[object], widths: re.Pattern[str]) -> None:
    """Refuse a call if the value's size times its largest argument is too large; no result exceeds that."""
    if name in {"format", "format_map"}:
        specs = " ".join(widths.findall(str(value)))
        if "*" in specs or "{" in specs:
            raise refused("a width must be part of the format itself")
        texts = (argument for argument in arguments if not isinstance(argument, int))
        arguments = [*map(int, re.findall(r"\d+", specs)), *texts]
    elif name not in GROWING:
        return
    factor = 1
    for argument in arguments:
        if isinstance(argument, int) and abs(argument) > LARGEST_WIDTH:
            raise refused("a number is too large here")
        size = abs(argument) if isinstance(argument, int) else size_of(argument, LARGEST_RESULT)
        factor = max(factor, size)
    if size_of(value, LARGEST_RESULT) * factor > LARGEST_RESULT:
        raise too_much()


def size_of(value: object, limit: int) -> int:
    """Characters and items that a value holds at every depth; counting ends beyond `limit`."""
    total, rest = 0, [value]
    while rest and total <= limit:
        match rest.pop():
            case str() as text:
                total += len(text) + 1
            case dict() as items:
                total += len(items) + 1
                rest += [*items, *items.values()]
            case list() | tuple() | set() | frozenset() as items:
                total += len(items) + 1
                rest += items
            case range() as numbers:
                total += len(numbers)
            case int() as number:
                total += number.bit_length() // 64 + 1
            case _:
                total += 1
    return total


def refused(message: str) -> CellError:
    """The problem of an operation with too large a number."""
    return CellError(message, hint="Use a smaller number in the template's expression")


def too_much() -> CellError:
    """The problem of a row that makes too much text."""
    return CellError(
        "the text that the template makes from this row is too long",
        hint="Look for a loop that runs too often, or text that is repeated or padded too much",
    )
