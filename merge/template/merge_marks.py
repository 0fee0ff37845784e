"""Which words of a rendered text came out of placeholders: they are rendered once more between two marks.

The marks are noncharacters (Unicode, section 23.7), which no text holds; whoever shows the marked text
compares it with what is really sent, so that a mark can never change what is approved.
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
"""Pieces of a text in their order, each with whether it is merged."""
Text = TypeVar("Text", bound=str)


def with_markers(show: Callable[[object], Text]) -> Callable[[object], Text]:
    """The same way to show a value, with marks around it."""

    def marked(value: object) -> Text:
        shown = show(value)
        return type(shown)(f"{OPEN}{shown}{CLOSE}")

    return marked


def unmarked(text: str) -> str:
    """A marked text as it would be without its marks."""
    return _MARKS.sub("", text)


def split_markers(marked: str) -> Segments:
    """A marked text in pieces; of marks within marks the inner ones count."""
    pieces = _INNERMOST.split(marked)
    return _joined((unmarked(piece), index % 2 == 1) for index, piece in enumerate(pieces))


def found_segments(text: str, values: Iterable[str]) -> Segments:
    """A text in pieces where its values can only be looked for: whole words, the longest first."""
    wanted = sorted({value.strip() for value in values if value.strip()}, key=len, reverse=True)
    if not wanted:
        return ((text, False),)
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, wanted))})(?!\w)")
    return _joined((piece, index % 2 == 1) for index, piece in enumerate(pattern.split(text)))


def merged_segments(text: str, marked: str, values: Iterable[str]) -> Segments:
    """A text in pieces, by its marks where they tell its merged words apart, else by its values.

    Whatever the marks say, the pieces are the text's own letters, each of them once.

    Args:
        text: what is really said
        marked: the same with marks, or "" where there is none
        values: what the row's cells show
    """
    pieces, whole = split_markers(marked), unmarked(marked)
    start = whole.find(text)
    if start < 0 or whole.strip() != text.strip() or all(merged for _, merged in pieces):
        return found_segments(text, values)
    return _cut(pieces, start, start + len(text))


def _cut(pieces: Segments, start: int, end: int) -> Segments:
    """What pieces hold between two places of their whole text."""
    ends = list(accumulate(len(text) for text, _ in pieces))
    begins = [0, *ends[:-1]]
    return _joined(
        (text[max(start - begin, 0) : max(end - begin, 0)], merged)
        for begin, (text, merged) in zip(begins, pieces, strict=True)
    )


def _joined(pieces: Iterable[tuple[str, bool]]) -> Segments:
    return tuple((text, merged) for text, merged in pieces if text)
