"""What is asked for, summed up in one pass: there may be a million rows, made as they are looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice
from operator import itemgetter, lt, methodcaller

from merge.model import Link, ResultValue

Rows = Mapping[int, Mapping[str, ResultValue]]
_AT_ONCE = 1024
_values_of = methodcaller("values")


@dataclass(frozen=True, slots=True)
class RequestedCells:
    """The results to write, in sum.

    Attributes:
        rows: the values, by row and header
        headers: every header that a row has a value for
        count: how many rows have any
        first: the first of them; 0 where there is none
        last: the last of them; 0 where there is none
        lowest: the smallest row number at all
        highest: the largest
        rising: whether the rows come in their order
        links: how many of the values are links
    """

    rows: Rows
    headers: tuple[str, ...]
    count: int
    first: int
    last: int
    lowest: int
    highest: int
    rising: bool
    links: int

    @property
    def all_filled(self) -> bool:
        """Whether every row has something to write."""
        return self.count == len(self.rows)

    def numbers(self) -> Iterator[int]:
        """The rows to write into, from top to bottom."""
        numbers = iter(self.rows) if self.rising else iter(sorted(self.rows))
        return numbers if self.all_filled else (number for number in numbers if self.rows[number])


class AskedRows:
    """The rows to write into, given out from top to bottom."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._coming = iter(numbers)
        self._next: list[int] = []

    def up_to(self, last: int) -> list[int]:
        """Those that were not given out yet, as far as row `last`."""
        given: list[int] = []
        while True:
            end = bisect_right(self._next, last)
            given += self._next[:end]
            del self._next[:end]
            if self._next:
                return given
            self._next = list(islice(self._coming, _AT_ONCE))
            if not self._next:
                return given

    def rest(self) -> Iterator[int]:
        """All that were not given out yet."""
        yield from self._next
        self._next = []
        yield from self._coming


def summarise(rows: Rows) -> RequestedCells:
    """Looks at every row once."""
    rising = all(map(lt, rows, islice(rows, 1, None)))
    headers: dict[str, None] = {}
    ends: list[int] = []
    count = links = lowest = highest = 0
    coming = iter(rows) if rising else iter(sorted(rows))
    while numbers := list(islice(coming, _AT_ONCE)):
        lowest, highest = lowest or numbers[0], numbers[-1]
        values = [rows[number] for number in numbers]
        for shape in dict.fromkeys(map(tuple, values)):
            headers.update(dict.fromkeys(shape))
        filled = list(compress(numbers, values))
        count += len(filled)
        ends = [*ends[:1], *filled[:1], *ends[-1:], *filled[-1:]]
        links += list(map(type, chain.from_iterable(map(_values_of, values)))).count(Link)
    first, last = (min(ends), max(ends)) if ends else (0, 0)
    return RequestedCells(rows, tuple(headers), count, first, last, lowest, highest, rising, links)


def by_column(rows: Rows, numbers: Sequence[int], headers: Iterable[str]) -> list[tuple[ResultValue, ...]]:
    """The values of these rows, column by column.

    Raises:
        KeyError: a row has no value for one of them, not even a blank.
    """
    values = [*map(rows.__getitem__, numbers)]
    return [tuple(map(itemgetter(header), values)) for header in headers]
