"""Rows that are alike, found by eight bytes each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from itertools import groupby
from typing import Final

_BYTES: Final = 8
_PARTS: Final = 16
NAMED: Final = 6
"""So many rows of a group are known by their numbers: five, and the one that is told about them."""


def digest_of(text: str) -> int:
    """Eight bytes of a text; of a million texts two others share theirs once in forty million times."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest(), "big")


class DuplicateFinder:
    """Gathers what rows are known by, and tells which have the same."""

    def __init__(self) -> None:
        self._digests = array("Q")
        self._numbers = array("L")

    def add(self, digest: int, number: int) -> None:
        """Take note of a row; numbers come in their order."""
        self._digests.append(digest)
        self._numbers.append(number)

    def groups(self) -> Iterator[tuple[int, tuple[int, ...], int]]:
        """Each digest that several rows have, the first of these rows, and how many they are."""
        alike = [group for part in range(_PARTS) for group in self._in_part(part)]
        yield from sorted(alike, key=lambda group: group[1])

    def _in_part(self, part: int) -> Iterator[tuple[int, tuple[int, ...], int]]:
        """Those of some digests only, so that never all have to be sorted at a time."""
        digests = self._digests
        places = [place for place, digest in enumerate(digests) if digest % _PARTS == part]
        places.sort(key=digests.__getitem__)
        for digest, same in groupby(places, key=digests.__getitem__):
            named, count = [], 0
            for count, place in enumerate(same, start=1):
                if count <= NAMED:
                    named.append(self._numbers[place])
            if count > 1:
                yield digest, tuple(named), count
