"""Unusual values among those of the other rows, which are often mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Final

FEWEST: Final = 6
"""With fewer rows than this, nothing is unusual."""
_FAR: Final = 10.0
"""A number is far from the others if it is this many times larger or smaller than the median."""
_LONG, _SHORT = 1.8, 0.4
"""A length is unusual above or below these multiples of the median."""
_REPEATED: Final = 4
"""In a column of categories (plans, countries) each value occurs in this many rows on average."""
_FEW, _ONE_IN = 2, 20
"""A remark is unusual if it applies to 2 rows, or to 1 in 20."""


def unusual_lengths(lengths: Sequence[float]) -> list[str]:
    """Return a remark for each length: the longest and the shortest, if they are unusual; "" for the rest."""
    if len(lengths) < FEWEST:
        return [""] * len(lengths)
    usual = median(lengths)
    longest, shortest = max(lengths), min(lengths)
    return _rare(
        "longest of all"
        if length == longest and length > usual * _LONG
        else "shortest of all"
        if length == shortest and length < usual * _SHORT
        else ""
        for length in lengths
    )


def unusual_values(texts: Sequence[str], numbers: Sequence[float | None]) -> list[str]:
    """Return a remark for each value of a column, or "" if it is usual.

    Args:
        texts: what the cells show, "" for blank ones
        numbers: the stored numbers, None for other cells
    """
    if len(texts) < FEWEST:
        return [""] * len(texts)
    known = [abs(number) for number in numbers if number is not None]
    remarks: tuple[Callable[[int], str], ...] = (
        _blank(texts),
        _far_off(numbers, known) if len(known) == len(texts) else _only_one(texts),
        unusual_lengths([len(text) for text in texts]).__getitem__ if not known else lambda _: "",
    )
    return _rare(
        next((text for remark in remarks if (text := remark(place))), "") for place in range(len(texts))
    )


def _rare(remarks: Iterable[str]) -> list[str]:
    """Drop remarks that apply to more than a few rows."""
    texts = list(remarks)
    limit = max(_FEW, len(texts) // _ONE_IN)
    counts = Counter(texts)
    return [text if counts[text] <= limit else "" for text in texts]


def _blank(texts: Sequence[str]) -> Callable[[int], str]:
    return lambda place: "" if texts[place] else "blank here"


def _far_off(numbers: Sequence[float | None], known: Sequence[float]) -> Callable[[int], str]:
    usual = median(known)

    def remark(place: int) -> str:
        size = abs(numbers[place] or 0.0)
        if size > usual * _FAR:
            return "much higher than in other rows"
        return "much lower than in other rows" if size * _FAR < usual else ""

    return remark


def _only_one(texts: Sequence[str]) -> Callable[[int], str]:
    counts = Counter(text for text in texts if text)
    has_categories = counts and len(texts) >= len(counts) * _REPEATED
    return lambda place: "only in this row" if has_categories and counts[texts[place]] == 1 else ""
