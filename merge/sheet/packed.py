"""Sequences and sets of many values in little memory."""

from __future__ import annotations

import marshal
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise, starmap
from typing import Protocol, TypeAlias, TypeVar, overload

T = TypeVar("T")
Other = TypeVar("Other")
Made_co = TypeVar("Made_co", covariant=True)
Slice: TypeAlias = "slice[int | None, int | None, int | None]"
Record: TypeAlias = tuple[object, ...]
"""The parts of a value: texts, bytes, numbers, booleans, None, and tuples of them."""


class Make(Protocol[Made_co]):
    """Makes a value of the parts in its record."""

    def __call__(self, *parts: object) -> Made_co:
        """Make one."""
        ...


_BLOCK = 64
"""Records that are packed together; unpacking one unpacks these."""
_FASTEST = 1
_PARTS, _PART_BITS = 16, 60
"""Parts of the hashes that are sorted by themselves, told apart by the highest 4 of 64 bits."""


class Packed(Sequence[T]):
    """Values that are rebuilt from their stored parts each time they are read.

    Reading in order is fast; the last block that was read stays unpacked.
    """

    __slots__ = ("_blocks", "_length", "_make", "_recent")

    def __init__(self, records: Iterable[Record], make: Make[T]) -> None:
        self._make = make
        self._blocks: list[bytes] = []
        self._length = 0
        self._recent: tuple[int, Sequence[T]] = (-1, ())
        rest = iter(records)
        while block := list(islice(rest, _BLOCK)):
            self._blocks.append(zlib.compress(marshal.dumps(block), _FASTEST))
            self._length += len(block)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: Slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | Slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[each] for each in range(self._length)[index]]
        block, place = divmod(range(self._length)[index], _BLOCK)
        return self._unpacked(block)[place]

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._blocks)):
            yield from self._unpacked(number)

    def then(self, change: Callable[[T], Other]) -> Packed[Other]:
        """What a function makes of each value whenever it is read."""
        make = self._make

        def changed(*parts: object) -> Other:
            return change(make(*parts))

        other = Packed[Other]((), changed)
        other._blocks, other._length = self._blocks, self._length
        return other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = Sequence.__hash__

    def _unpacked(self, number: int) -> Sequence[T]:
        recent, values = self._recent
        if recent != number:
            records: list[Record] = marshal.loads(zlib.decompress(self._blocks[number]))  # noqa: S302 - our own
            values = list(starmap(self._make, records))
            self._recent = (number, values)
        return values


class Some(Sequence[T]):
    """Some of the values of a sequence, by their places in it."""

    __slots__ = ("_all", "_places")

    def __init__(self, values: Sequence[T], places: Sequence[int]) -> None:
        self._all = values
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: Slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | Slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return Some(self._all, self._places[index])
        return self._all[self._places[index]]


class HashSet(Collection[T]):
    """A set of many values, as their sorted hashes: 8 bytes a value.

    Another value may be taken for one of them, once in some 10^14 questions about 100,000 values.
    """

    __slots__ = ("_hashes", "_values")

    def __init__(self, values: Callable[[], Iterable[T]]) -> None:
        """Take in values; the function gives them again where somebody asks for them one by one."""
        self._values = values
        self._hashes = _sorted(map(hash, values()))

    def __contains__(self, value: object) -> bool:
        wanted = hash(value)
        place = bisect_left(self._hashes, wanted)
        return place < len(self._hashes) and self._hashes[place] == wanted

    def __iter__(self) -> Iterator[T]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._hashes)


def repeated(values: Iterable[Hashable]) -> frozenset[int]:
    """The hashes that more than one of the values has."""
    return repeated_hashes(map(hash, values))


def repeated_hashes(hashes: Iterable[int]) -> frozenset[int]:
    """The hashes that are there more than once."""
    return frozenset(one for one, following in pairwise(_sorted(hashes)) if one == following)


def _sorted(hashes: Iterable[int]) -> array[int]:
    """The hashes in order, sorted in parts so that few of them are objects at a time."""
    parts = [array("q") for _ in range(_PARTS)]
    for each in hashes:
        parts[(each >> _PART_BITS) % _PARTS].append(each)
    # The highest bits of negative numbers come last.
    return array("q", chain.from_iterable(map(sorted, (*parts[_PARTS // 2 :], *parts[: _PARTS // 2]))))
