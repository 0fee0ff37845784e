"""Values that stand out among those of the other rows, which is where mistakes are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median

FEWEST = 6
"""Rows; among fewer nothing is usual, and so nothing is odd."""
_FAR = 10.0
"""So many times as much as is usual, or so many times less, is far off."""
_LONG, _SHORT = 1.8, 0.4
_REPEATED = 4
"""In a column of kinds (plans, countries) a value stands in so many rows on the average."""
_FEW, _ONE_IN = 2, 20
"""What is true of more rows than this is nothing that stands out."""


def unusual_lengths(lengths: Sequence[float]) -> list[str]:
    """What is to be said of each length among all: the longest and the shortest, where they stand out.

    Returns:
        One text for each, "" for what is usual
    """
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
    """What is to be said of each value of a column among the others.

    Args:
        texts: what the cells show, "" for blank ones
        numbers: what they hold, None for what is no number

    Returns:
        One text for each, "" for what is usual
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
        next((said for remark in remarks if (said := remark(place))), "") for place in range(len(texts))
    )


def _rare(remarks: Iterable[str]) -> list[str]:
    """The remarks that are made of few rows."""
    made = list(remarks)
    most = max(_FEW, len(made) // _ONE_IN)
    counts = Counter(made)
    return [said if counts[said] <= most else "" for said in made]


def _blank(texts: Sequence[str]) -> Callable[[int], str]:
    return lambda place: "" if texts[place] else "blank here"


def _far_off(numbers: Sequence[float | None], known: Sequence[float]) -> Callable[[int], str]:
    usual = median(known)

    def remark(place: int) -> str:
        size = abs(numbers[place] or 0.0)
        if size > usual * _FAR:
            return "far above the others"
        return "far below the others" if size * _FAR < usual else ""

    return remark


def _only_one(texts: Sequence[str]) -> Callable[[int], str]:
    counts = Counter(text for text in texts if text)
    of_kinds = counts and len(texts) >= len(counts) * _REPEATED
    return lambda place: "only in this row" if of_kinds and counts[texts[place]] == 1 else ""
