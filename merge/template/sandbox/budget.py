"""What a row may cost: counted in steps and sizes, not in time, so that it is alike everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sized

from merge.errors import CellError

BUDGET = 500_000
"""Steps of loops, and letters and items that are made on the way, for one row."""
LARGEST_NUMBER = 10_000
"""Bits of a whole number; more than any price has."""
LARGEST_WIDTH = 100_000
"""What a width, a count or a precision may be."""
METER = " meter"
"""The meter's name in a context; the blank keeps it out of every template's reach."""


def _nowhere(value: object) -> str:
    del value
    return ""


class CostMeter:
    """Counts down while a row is rendered.

    Attributes:
        left: what may still be spent
        address_of: names the cell that a value is of, or ""
    """

    __slots__ = ("address_of", "left")

    def __init__(self, address_of: Callable[[object], str] = _nowhere) -> None:
        self.left = BUDGET
        self.address_of = address_of

    def spend(self, cost: int) -> None:
        """Take something off.

        Raises:
            CellError: there is not so much left
        """
        self.left -= cost
        if self.left < 0:
            raise too_much()

    def weighed(self, value: object) -> object:
        """A value, paid for; what comes piece by piece is paid for as it comes."""
        match value:
            case str():
                self.spend(len(value) + 1)
            case Iterator():
                return self._each(value)
            case _:
                self.spend(weight(value, self.left))
        return value

    def repeated(self, items: object, cost: int) -> object:
        """What a loop goes over, each turn of it paid for."""
        if isinstance(items, Sized):
            self.spend(len(items) * cost + 1)
            return items
        return self._each(items, cost)

    def _each(self, items: object, cost: int = 1) -> Iterator[object]:
        if not hasattr(items, "__iter__"):
            raise TypeError(f"a {type(items).__name__} is no list to go over")
        for item in items:
            self.spend(cost)
            yield self.weighed(item)


def too_much() -> CellError:
    """Why rendering was stopped."""
    return CellError(
        "the template makes more of this row than fits into a video",
        hint="Look for a loop that runs too often, or a text that is repeated or padded too far",
    )


def weight(value: object, most: int) -> int:
    """How many letters and items a value holds, at every depth; counting ends beyond `most`."""
    total = 0
    rest = [value]
    while rest and total <= most:
        item = rest.pop()
        match item:
            case str() | bytes():
                total += len(item) + 1
            case dict() | list() | tuple() | set() | frozenset():
                total += len(item) + 1
                if total <= most:
                    rest.extend(item)
                    rest.extend(item.values() if isinstance(item, Mapping) else ())
            case int():
                total += item.bit_length() // 64 + 1
            case _:
                total += 1
    return total
