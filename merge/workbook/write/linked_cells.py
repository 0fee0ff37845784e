"""The cells of a sheet that are hyperlinks, in a bit for each row: there may be 65,530 of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_DIGITS = "0123456789"


class LinkedCells:
    """Cells by their addresses, such as `K5`."""

    def __init__(self, refs: Iterable[str] = ()) -> None:
        self._rows: dict[str, bytearray] = {}
        self._count = 0
        for ref in refs:
            self.add(ref)

    def __contains__(self, ref: str) -> bool:
        letters = ref.rstrip(_DIGITS)
        return self.count(letters, [int(ref[len(letters) :])]) == 1

    def __len__(self) -> int:
        return self._count

    def add(self, ref: str) -> None:
        """One cell more."""
        letters = ref.rstrip(_DIGITS)
        place, bit = divmod(int(ref[len(letters) :]), 8)
        bits = self._rows.setdefault(letters, bytearray())
        bits.extend(bytes(max(0, place + 1 - len(bits))))
        self._count += not bits[place] >> bit & 1
        bits[place] |= 1 << bit

    def count(self, letters: str, rows: Sequence[int]) -> int:
        """How many of a column's rows are among them."""
        bits = self._rows.get(letters, b"")
        end = len(bits) * 8
        return sum(1 for row in rows if row < end and bits[row >> 3] >> (row & 7) & 1)
