"""Where a text clip breaks into lines: letters are measured by their kind, since no font is at hand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_NARROW, _BROAD = frozenset("iIjl.,;:'!|()[]{}`’‘ftr "), frozenset("mwMW@%&—…")
_LONGEST_LINE = 400
"""Letters; what is longer leaves the drawing anyway."""
# Chinese and Japanese may break behind every letter; elsewhere a blank or a hyphen ends a word.
_WORD = re.compile(
    r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]\s*|\S+?(?:\s+|-|(?=[\u2e80-\u9fff\uac00-\ud7af])|$)|\s+"
)


def text_width(text: str, size: float) -> float:
    """About how wide a line of text is, in the unit of `size`."""
    return size * sum(_em(letter) for letter in text)


def wrapped(text: str, size: float, width: float, *, most: int) -> tuple[str, ...]:
    """The lines that a text takes in a box of this width.

    Args:
        text: its own line breaks are kept
        size: of its letters
        width: of the box, in the same unit; 0 or less for a box that grows with its text
        most: how many lines to give at most
    """
    lines: list[str] = []
    for paragraph in text[: most * _LONGEST_LINE].splitlines() or [""]:
        for line in _broken(paragraph, size, width):
            lines.append(line[:_LONGEST_LINE])
            if len(lines) >= most:
                return tuple(lines)
    return tuple(lines)


def _broken(paragraph: str, size: float, width: float) -> Iterator[str]:
    line, taken = "", 0.0
    for word in _WORD.findall(paragraph) if width > 0 else [paragraph]:
        needed = text_width(word.rstrip(), size)
        if line and taken + needed > width:
            yield line.rstrip()
            line, taken = "", 0.0
        line += word
        taken += text_width(word, size)
    yield line.rstrip()


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if letter in _NARROW:
        return 0.3
    if letter in _BROAD:
        return 0.88
    return 0.66 if letter.isupper() else 0.54
