"""Digits of other scripts: the shape that a language's code asks for, and East Asian numerals (`[DBNum1]`).

Source: the upper byte of an LCID in a format is the shape of its digits, the byte beside it the calendar.
`[DBNum1]` to `[DBNum4]` are what East Asian versions of Excel offer as numerals; they need such a language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from merge.sheet.number_format.locale_codes import language_of
from merge.sheet.number_format.tokens import Source, Token, TokenKind

_ZEROS: Final = {
    0x02: 0x0660,
    0x03: 0x06F0,
    0x04: 0x0966,
    0x05: 0x09E6,
    0x06: 0x0A66,
    0x07: 0x0AE6,
    0x08: 0x0B66,
    0x09: 0x0BE6,
    0x0A: 0x0C66,
    0x0B: 0x0CE6,
    0x0C: 0x0D66,
    0x0D: 0x0E50,
    0x0E: 0x0ED0,
    0x0F: 0x0F20,
    0x10: 0x1040,
    0x12: 0x17E0,
    0x13: 0x1810,
}
"""The zero of each script by the number of its shape; the other nine follow it."""
_EAST_ASIAN_SHAPES: Final = {
    0x1B: ("ja", 1),
    0x1C: ("ja", 2),
    0x1D: ("ja", 3),
    0x1E: ("zh", 1),
    0x1F: ("zh", 2),
    0x20: ("zh", 3),
    0x21: ("tw", 1),
    0x22: ("tw", 2),
    0x23: ("tw", 3),
    0x24: ("ko", 1),
    0x25: ("ko", 2),
    0x26: ("ko", 3),
    0x27: ("ko", 4),
}
"""Shapes that are numerals of a language instead, as `[DBNum1]` and its like have them."""
_TRADITIONAL: Final = frozenset({"zh_TW", "zh_HK", "zh_MO", "zh_tw", "zh_hk", "zh_mo"})
_KEPT: Final = 0xE000
"""Digits of literals stand from here on, in the private use area, while those of the number are written."""
_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class Numerals:
    """The digits of a language, and how numbers are said with them.

    Attributes:
        digits: 0 to 9
        units: ten, hundred and thousand; none where numbers are not said
        groups: what ten thousand, its square and so on are called
        bare_one: whether a one before ten, a hundred or a thousand goes without saying
        says_zero: whether zeros within a number are said, once for several
    """

    digits: str
    units: str = ""
    groups: str = ""
    bare_one: bool = False
    says_zero: bool = False

    def written(self, text: str) -> str:
        """A text whose digits, but for those of literals, are of this script."""
        return text.translate(_table(self.digits))

    def said(self, text: str) -> str:
        """A number such as `-1234.5` as it is said: 一千二百三十四.五."""
        whole, point, decimals = text.partition(".")
        figures = whole.lstrip("-")
        if not self.units or not figures.isdecimal():
            return self.written(text)
        sign, padding = whole[: len(whole) - len(figures)], len(figures) - len(figures.lstrip("0"))
        bare = figures.lstrip("0")
        padding -= not bare
        said = self._said(bare) if bare else self.digits[0]
        return sign + self.digits[0] * padding + said + point + self.written(decimals)

    def of_date(self, text: str) -> str:
        """A day, a month, an hour as it is said: from ten to nineteen without the one before the ten."""
        said = self.said(text)
        ten = self.digits[1] + self.units[:1]
        return said[1:] if self.units and len(text) > 1 and said.startswith(ten) else said

    def _said(self, figures: str) -> str:
        said = ""
        start = len(figures) % _GROUP or _GROUP
        chunks = [figures[:start], *(figures[at : at + _GROUP] for at in range(start, len(figures), _GROUP))]
        if len(chunks) - 1 > len(self.groups):
            return self.written(figures)
        for place, chunk in zip(range(len(chunks) - 1, -1, -1), chunks, strict=True):
            if not int(chunk):
                continue
            gap = bool(said) and chunk[0] == "0"
            said += (self.digits[0] if gap and self.says_zero else "") + self._chunk(
                chunk, bool(place or said)
            )
            said += self.groups[place - 1] if place else ""
        return said

    def _chunk(self, chunk: str, among: bool) -> str:  # noqa: FBT001 - its own only caller
        """Up to four figures; `among` others, a thousand is said with its one."""
        said, gap = "", False
        for place, figure in zip(range(len(chunk) - 1, -1, -1), chunk, strict=True):
            if figure == "0":
                gap = bool(said)
                continue
            bare = figure == "1" and place and self.bare_one and not (place == _GROUP - 1 and among)
            said += self.digits[0] if gap and self.says_zero else ""
            said += "" if bare else self.digits[int(figure)]
            said += self.units[place - 1] if place else ""
            gap = False
        return said


_WIDE: Final = "０１２３４５６７８９"
_NUMERALS: Final[Mapping[tuple[str, int], Numerals]] = {
    ("zh", 1): Numerals("〇一二三四五六七八九", "十百千", "万亿兆", says_zero=True),
    ("zh", 2): Numerals("零壹贰叁肆伍陆柒捌玖", "拾佰仟", "万亿兆", says_zero=True),
    ("zh", 3): Numerals(_WIDE, "十百千", "万亿兆", says_zero=True),
    ("tw", 1): Numerals("○一二三四五六七八九", "十百千", "萬億兆", says_zero=True),
    ("tw", 2): Numerals("零壹貳參肆伍陸柒捌玖", "拾佰仟", "萬億兆", says_zero=True),
    ("tw", 3): Numerals(_WIDE, "十百千", "萬億兆", says_zero=True),
    ("ja", 1): Numerals("〇一二三四五六七八九", "十百千", "万億兆", bare_one=True),
    ("ja", 2): Numerals("〇壱弐参四伍六七八九", "拾百阡", "萬億兆"),
    ("ja", 3): Numerals(_WIDE, "十百千", "万億兆", bare_one=True),
    ("ko", 1): Numerals("零一二三四五六七八九", "十百千", "万億兆"),
    ("ko", 2): Numerals("零壹貳參四伍六七八九", "拾百阡", "萬億兆"),
    ("ko", 3): Numerals(_WIDE, "십백천", "만억조"),
    ("ko", 4): Numerals("영일이삼사오육칠팔구", "십백천", "만억조"),
}


@lru_cache(maxsize=64)
def _table(digits: str) -> Mapping[int, str]:
    return {ord("0") + at: digit for at, digit in enumerate(digits)} | {
        _KEPT + at: str(at) for at in range(10)
    }


def numerals_of(source: Source) -> Numerals | None:
    """The digits that a section asks for, or None for the usual ones."""
    language = language_of(source.language)
    if source.native and language.locale:
        name = "tw" if language.locale in _TRADITIONAL else language.locale.partition("_")[0]
        return _NUMERALS.get((name, source.native))
    if language.shape in _EAST_ASIAN_SHAPES:
        return _NUMERALS[_EAST_ASIAN_SHAPES[language.shape]]
    zero = _ZEROS.get(language.shape)
    return Numerals("".join(chr(zero + at) for at in range(10))) if zero else None


def kept_apart(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens with the digits of their literals where `Numerals.written` leaves them alone."""
    away = {ord("0") + at: chr(_KEPT + at) for at in range(10)}
    return tuple(
        Token(token.kind, token.text.translate(away)) if token.kind is TokenKind.LITERAL else token
        for token in tokens
    )
