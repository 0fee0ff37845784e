"""Which rows a run is about: `--rows 2-40,57`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from merge.errors import InputError

_PART = re.compile(r"\s*(\d+)\s*(?:-\s*(\d*)\s*)?")


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """Row numbers as Excel shows them, as closed ranges; an open end reaches to the last row."""

    ranges: tuple[tuple[int, int | None], ...]

    def __contains__(self, number: int) -> bool:
        return any(first <= number and (last is None or number <= last) for first, last in self.ranges)


def parse_rows(text: str) -> RowNumbers:
    """Read `2-40,57,90-` into row numbers.

    Raises:
        InputError: it is not written that way, or a range runs backwards
    """
    return RowNumbers(tuple(_range(part, text) for part in text.split(",")))


def _range(part: str, text: str) -> tuple[int, int | None]:
    found = _PART.fullmatch(part)
    if not found:
        raise _unclear(text)
    first, end = int(found[1]), found[2]
    last = first if end is None else int(end) if end else None
    if first < 1 or (last is not None and last < first):
        raise _unclear(text)
    return first, last


def _unclear(text: str) -> InputError:
    return InputError(
        f"'{text}' names no rows",
        place="--rows",
        hint="Write row numbers as Excel shows them, such as 2-40,57",
    )
