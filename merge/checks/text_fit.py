"""Whether a text fits into its box, measured with the widths of the font that the service writes it with.

Beside HarfBuzz, most lines are measured to one in a hundred. Kerning is left out, which makes `AVATAR` four
in a hundred narrower, and so is what fonts other than Noto Sans CJK (the reference, `fontFamily`) need.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from merge.checks.font_widths import BOLD, EM, HANGUL, REGULAR

PIXELS_A_POINT = 4 / 3
"""The reference: a `fontSize` is in points, a box in pixels."""
_LINE = 1.2
"""The height of a line in em; editors take 1.15 to 1.45, and a doubt should rather be too small."""
_ROOM = 1.03
"""What a line may exceed its box by before it is said."""
_HEIGHT_ROOM = 1.1
"""What lines together may exceed its height by; how far apart they stand is known less well."""
_NARROW = frozenset("iljtfrI.,;:'|!()[]{}`’‘·-łįı")
_WIDE = frozenset("mwMW@%—…œæŒÆ")
_AVERAGES = {"blank": 0.22, "narrow": 0.29, "wide": 0.82, "upper": 0.61, "other": 0.53}
"""Of letters that the font lacks, which the service takes from another one."""
_BLANK = REGULAR[" "] / EM


def text_width(text: str, *, bold: bool = False) -> float:
    """The width of one line in em."""
    advances = BOLD if bold else REGULAR
    return sum(_width(letter, advances) for letter in text)


def lines_in(text: str, width: float, *, bold: bool = False) -> int:
    """How many lines a text takes in a box of this width in em; CJK breaks anywhere, words at blanks."""
    return sum(_wrapped(line, width, bold=bold) for line in text.split("\n"))


def misfit(text: str, *, points: float, width: float, height: float, bold: bool = False) -> str:
    """Why a text may not fit into its box, or "".

    Args:
        text: as it is shown
        points: the font's size
        width: of the box in pixels, before it is scaled, which scales the text with it
        height: likewise
        bold: whether it is written in the bold weight
    """
    em = points * PIXELS_A_POINT
    if min(em, width, height) <= 0 or not text.strip():
        return ""
    room = width * _ROOM / em
    longest = max((text_width(word, bold=bold) for word in _words(text)), default=0)
    if longest > room:
        return f"its longest word is about {longest * em:.0f} px wide, its box {width:.0f} px"
    lines = lines_in(text, room, bold=bold)
    needed = lines * _LINE * em
    if lines > 1 and needed > height * _HEIGHT_ROOM:
        return f"it takes about {lines} lines ({needed:.0f} px), its box is {height:.0f} px high"
    return ""


def _width(letter: str, advances: Mapping[str, int]) -> float:
    known = advances.get(letter)
    if known is not None:
        return known / EM
    # What is put together from a letter and its accents is as wide as the letter.
    base = unicodedata.normalize("NFD", letter)[0]
    if "\u1100" <= base <= "\u11ff" or "\u3130" <= base <= "\u318f":
        return HANGUL / EM
    if base in advances:
        return advances[base] / EM
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return 1.0
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    return _AVERAGES[_class(letter)]


def _class(letter: str) -> str:
    if letter.isspace():
        return "blank"
    if letter in _NARROW:
        return "narrow"
    if letter in _WIDE:
        return "wide"
    return "upper" if letter.isupper() else "other"


def _wrapped(line: str, width: float, *, bold: bool) -> int:
    lines, filled = 1, 0.0
    for word in _words(line):
        wide = text_width(word, bold=bold)
        blank = _BLANK if filled and len(word) > 1 else 0
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
