"""Find the merged words of a rendered text by rendering it a second time with markers around each value.

The markers are noncharacters (Unicode, section 23.7), which no text contains. The marked text is compared
with the submitted text, so that a marker can never change what is approved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import TypeAlias, TypeVar

OPEN, CLOSE = "\ufdd0", "\ufdd1"
_INNERMOST = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_MARKS = re.compile(f"[{OPEN}{CLOSE}]")

Segments: TypeAlias = tuple[tuple[str, bool], ...]
"""Pieces of a text in order, each with whether it comes from a placeholder."""
Text = TypeVar("Text", bound=str)


def with_markers(show: Callable[[object], Text]) -> Callable[[object], Text]:
    """Wrap a function that prints a value, so that it puts markers around it."""

    def marked(value: object) -> Text:
        shown = show(value)
        return type(shown)(f"{OPEN}{shown}{CLOSE}")

    return marked


def unmarked(text: str) -> str:
    """A marked text without its markers."""
    return _MARKS.sub("", text)


def split_markers(marked: str) -> Segments:
    """A marked text in pieces; of nested markers the inner ones count."""
    pieces = _INNERMOST.split(marked)
    return _joined((unmarked(piece), index % 2 == 1) for index, piece in enumerate(pieces))


def found_segments(text: str, values: Iterable[str]) -> Segments:
    """A text in pieces, its values found by searching: whole words, the longest first."""
    wanted = sorted({value.strip() for value in values if value.strip()}, key=len, reverse=True)
    if not wanted:
        return ((text, False),)
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, wanted))})(?!\w)")
    return _joined((piece, index % 2 == 1) for index, piece in enumerate(pattern.split(text)))


def merged_segments(text: str, marked: str, values: Iterable[str]) -> Segments:
    """A text in pieces, by its markers if they match the text, otherwise by its values.

    The pieces always join to the text.

    Args:
        text: the submitted text
        marked: the same with markers, or ""
        values: the texts of the row's cells
    """
    pieces, whole = split_markers(marked), unmarked(marked)
    start = whole.find(text)
    if start < 0 or whole.strip() != text.strip() or all(merged for _, merged in pieces):
        return found_segments(text, values)
    return _cut(pieces, start, start + len(text))


def _cut(pieces: Segments, start: int, end: int) -> Segments:
    """The pieces between two positions of their joined text."""
    ends = list(accumulate(len(text) for text, _ in pieces))
    begins = [0, *ends[:-1]]
    return _joined(
        (text[max(start - begin, 0) : max(end - begin, 0)], merged)
        for begin, (text, merged) in zip(begins, pieces, strict=True)
    )


def _joined(pieces: Iterable[tuple[str, bool]]) -> Segments:
    return tuple((text, merged) for text, merged in pieces if text)
