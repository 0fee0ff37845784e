"""Digits of other scripts: the digit shape of a language code, and East Asian numerals (`[DBNum1]`).

The upper byte of an LCID in a format is the shape of its digits. `[DBNum1]` to `[DBNum4]` are the numerals of
East Asian versions of Excel; they need an East Asian language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from merge.sheet.number_format.locale_names import parse_language
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
"""The zero of each script by the number of its shape; the other digits follow it."""
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
"""Shapes that are East Asian numerals: the language, and the number as in `[DBNum1]`."""
_TRADITIONAL: Final = frozenset({"zh_TW", "zh_HK", "zh_MO", "zh_tw", "zh_hk", "zh_mo"})
_PROTECTED: Final = 0xE000
"""Where digits of literals are moved (private use area) while the number's digits are replaced."""
_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class Numerals:
    """The digits of a language, and how numbers are written in words with them.

    Attributes:
        digits: 0 to 9
        units: ten, hundred and thousand; "" if numbers aren't written in words
        groups: the names of ten thousand, its square and its cube
        omits_one: whether a one before ten, a hundred or a thousand is omitted
        writes_zero: whether zeros within a number are written, several as one
    """

    digits: str
    units: str = ""
    groups: str = ""
    omits_one: bool = False
    writes_zero: bool = False

    def replaced(self, text: str) -> str:
        """Replace the digits of a text, except those of literals."""
        return text.translate(_table(self.digits))

    def in_words(self, text: str) -> str:
        """Return a number in words: `1234.5` is 一千二百三十四.五."""
        whole, point, decimals = text.partition(".")
        figures = whole.lstrip("-")
        if not self.units or not figures.isdecimal():
            return self.replaced(text)
        sign, padding = whole[: len(whole) - len(figures)], len(figures) - len(figures.lstrip("0"))
        bare = figures.lstrip("0")
        padding -= not bare
        words = self._whole_in_words(bare) if bare else self.digits[0]
        return sign + self.digits[0] * padding + words + point + self.replaced(decimals)

    def date_part(self, text: str) -> str:
        """Return a day, month or hour in words: ten to nineteen omit the one before the ten."""
        words = self.in_words(text)
        ten = self.digits[1] + self.units[:1]
        return words[1:] if self.units and len(text) > 1 and words.startswith(ten) else words

    def _whole_in_words(self, figures: str) -> str:
        words = ""
        start = len(figures) % _GROUP or _GROUP
        chunks = [figures[:start], *(figures[at : at + _GROUP] for at in range(start, len(figures), _GROUP))]
        if len(chunks) - 1 > len(self.groups):
            return self.replaced(figures)
        for place, chunk in zip(range(len(chunks) - 1, -1, -1), chunks, strict=True):
            if not int(chunk):
                continue
            gap = bool(words) and chunk[0] == "0"
            words += self.digits[0] if gap and self.writes_zero else ""
            words += self._chunk(chunk, among=bool(place or words))
            words += self.groups[place - 1] if place else ""
        return words

    def _chunk(self, chunk: str, *, among: bool) -> str:
        """Up to four digits in words; `among` other digits, a thousand keeps its one."""
        words, gap = "", False
        for place, figure in zip(range(len(chunk) - 1, -1, -1), chunk, strict=True):
            if figure == "0":
                gap = bool(words)
                continue
            bare = figure == "1" and place and self.omits_one and not (place == _GROUP - 1 and among)
            words += self.digits[0] if gap and self.writes_zero else ""
            words += "" if bare else self.digits[int(figure)]
            words += self.units[place - 1] if place else ""
            gap = False
        return words


_WIDE: Final = "０１２３４５６７８９"
_NUMERALS: Final[Mapping[tuple[str, int], Numerals]] = {
    ("zh", 1): Numerals("〇一二三四五六七八九", "十百千", "万亿兆", writes_zero=True),
    ("zh", 2): Numerals("零壹贰叁肆伍陆柒捌玖", "拾佰仟", "万亿兆", writes_zero=True),
    ("zh", 3): Numerals(_WIDE, "十百千", "万亿兆", writes_zero=True),
    ("tw", 1): Numerals("○一二三四五六七八九", "十百千", "萬億兆", writes_zero=True),
    ("tw", 2): Numerals("零壹貳參肆伍陸柒捌玖", "拾佰仟", "萬億兆", writes_zero=True),
    ("tw", 3): Numerals(_WIDE, "十百千", "萬億兆", writes_zero=True),
    ("ja", 1): Numerals("〇一二三四五六七八九", "十百千", "万億兆", omits_one=True),
    ("ja", 2): Numerals("〇壱弐参四伍六七八九", "拾百阡", "萬億兆"),
    ("ja", 3): Numerals(_WIDE, "十百千", "万億兆", omits_one=True),
    ("ko", 1): Numerals("零一二三四五六七八九", "十百千", "万億兆"),
    ("ko", 2): Numerals("零壹貳參四伍六七八九", "拾百阡", "萬億兆"),
    ("ko", 3): Numerals(_WIDE, "십백천", "만억조"),
    ("ko", 4): Numerals("영일이삼사오육칠팔구", "십백천", "만억조"),
}


@lru_cache(maxsize=64)
def _table(digits: str) -> Mapping[int, str]:
    return {ord("0") + at: digit for at, digit in enumerate(digits)} | {
        _PROTECTED + at: str(at) for at in range(10)
    }


def numerals_of(source: Source) -> Numerals | None:
    """Return the digits of a section, or None for Western ones."""
    language = parse_language(source.language)
    if source.native and language.locale:
        name = "tw" if language.locale in _TRADITIONAL else language.locale.partition("_")[0]
        return _NUMERALS.get((name, source.native))
    if language.shape in _EAST_ASIAN_SHAPES:
        return _NUMERALS[_EAST_ASIAN_SHAPES[language.shape]]
    zero = _ZEROS.get(language.shape)
    return Numerals("".join(chr(zero + at) for at in range(10))) if zero else None


def protect_literals(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Return the tokens with the digits of literals moved to where `Numerals.replaced` skips them."""
    moved = {ord("0") + at: chr(_PROTECTED + at) for at in range(10)}
    return tuple(
        Token(token.kind, token.text.translate(moved)) if token.kind is TokenKind.LITERAL else token
        for token in tokens
    )
