"""Whether a text fits into its box, by the average widths of letters: a guess that is right to about a tenth.

The service draws with Noto Sans CJK (the API's reference, `fontFamily`): its Latin letters have the widths of
Source Sans, its CJK characters stand in squares of one em.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

PIXELS_A_POINT = 4 / 3
"""The reference: a `fontSize` is in points, a box in pixels."""
_LINE = 1.2
"""The height of a line in em; fonts and editors take 1.15 to 1.45, and a doubt should rather be too small."""
_BOLD = 1.06
_ROOM = 1.1
"""What a text may exceed its box by before it is said, as widths are averages."""
_NARROW = frozenset("iljtfrI.,;:'|!()[]{}`’‘·-")
_WIDE = frozenset("mwMW@%—…œæŒÆ")
_WIDTHS = {"blank": 0.22, "narrow": 0.29, "wide": 0.82, "upper": 0.61, "other": 0.53}


def text_width(text: str) -> float:
    """The width of one line in em."""
    return sum(_width(letter) for letter in text)


def lines_in(text: str, width: float) -> int:
    """How many lines a text takes in a box of this width in em; CJK breaks anywhere, words at blanks."""
    return sum(_wrapped(line, width) for line in text.split("\n"))


def misfit(text: str, *, points: float, width: float, height: float, bold: bool = False) -> str:
    """Why a text may not fit into its box, or "".

    Args:
        text: as it is shown
        points: the font's size
        width: of the box in pixels, before it is scaled, which scales the text with it
        height: likewise
        bold: whether letters are wider
    """
    em = points * PIXELS_A_POINT * (_BOLD if bold else 1)
    if min(em, width, height) <= 0 or not text.strip():
        return ""
    room = width * _ROOM / em
    longest = max((text_width(word) for word in _words(text)), default=0)
    if longest > room:
        return f"its longest word is about {longest * em:.0f} px wide, its box {width:.0f} px"
    lines = lines_in(text, room)
    needed = lines * _LINE * points * PIXELS_A_POINT
    if lines > 1 and needed > height * _ROOM:
        return f"it takes about {lines} lines ({needed:.0f} px), its box is {height:.0f} px high"
    return ""


def _width(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return 1.0
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    return _WIDTHS[_class(letter)]


def _class(letter: str) -> str:
    if letter.isspace():
        return "blank"
    if letter in _NARROW:
        return "narrow"
    if letter in _WIDE:
        return "wide"
    return "upper" if letter.isupper() else "other"


def _wrapped(line: str, width: float) -> int:
    lines, filled = 1, 0.0
    for word in _words(line):
        wide = text_width(word)
        blank = _WIDTHS["blank"] if filled and len(word) > 1 else 0
        if filled and filled + blank + wide > width:
            lines, filled = lines + 1, wide
        else:
            filled += blank + wide
    return lines


def _words(text: str) -> Iterator[str]:
    """What is never broken: words between blanks, and each CJK character by itself."""
    word = ""
    for letter in text:
        alone = unicodedata.east_asian_width(letter) in {"W", "F"}
        if alone or letter.isspace():
            if word:
                yield word
            word = ""
            if alone:
                yield letter
        else:
            word += letter
    if word:
        yield word
