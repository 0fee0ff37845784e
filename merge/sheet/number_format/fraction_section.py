"""Sections that show a fraction: `# ?/?`, `# ??/16`, `??/??`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from merge.sheet.number_format.locale_names import LocaleNames
from merge.sheet.number_format.number_section import NumberSection, number_section
from merge.sheet.number_format.rounding import PRECISION, digits_of
from merge.sheet.number_format.tokens import Token, TokenKind

_LONGEST: Final = 7
_CLOSE: Final = 5e-8
_HOLDERS: Final = (TokenKind.DIGIT, TokenKind.NUMERAL)
_NOUGHT: Final = Token(TokenKind.DIGIT, "0")


@dataclass(frozen=True, slots=True)
class FractionSection:
    """A section with a fraction, ready to show a number.

    Attributes:
        whole: what stands before the numerator, or None where the fraction is improper
        nought: the same for a whole number alone, whose 0 is shown even by `#`
        before: literals before the numerator of an improper fraction
        numerator: its placeholders
        bar: from the numerator's end to the denominator, such as `/` or ` / `
        denominator: its placeholders, or the fixed denominator's digits
        fixed: the fixed denominator, or 0
        after: literals behind
    """

    whole: NumberSection | None
    nought: NumberSection | None
    before: str
    numerator: str
    bar: str
    denominator: str
    fixed: int
    after: str

    @property
    def limit(self) -> int:
        """The largest denominator that is not fixed."""
        return int("9" * min(len(self.denominator), _LONGEST))

    @property
    def pattern(self) -> str:
        """How numerator and denominator are shown, where the latter is not fixed; for the `%` operator."""
        width = min(max(len(self.numerator), len(self.denominator)), _LONGEST)
        above, below = self.numerator.count("0"), self.denominator.count("0")
        top = f"%0{above}d" if above else f"%{width}d"
        bottom = f"%0{below}d" if below else f"%-{width}d"
        return top + self.bar.replace("%", "%%") + bottom + self.after.replace("%", "%%")

    @property
    def nothing(self) -> str:
        """What stands behind a whole number instead of a fraction."""
        fraction = self._fraction(0, 1)
        return (fraction if "0" in self.numerator else " " * len(fraction)) + self.after

    def shown(self, magnitude: float, words: LocaleNames) -> str:
        """The number without its sign."""
        top, bottom = self._parts(magnitude)
        if self.whole is None or self.nought is None:
            return self.before + self._fraction(top, bottom) + self.after
        number, top = divmod(top, bottom)
        if top:
            return self.whole.shown(number, words)[0] + self._fraction(top, bottom) + self.after
        return self.nought.shown(number, words)[0] + self.nothing

    def _parts(self, magnitude: float) -> tuple[int, int]:
        if not self.fixed:
            return nearest(magnitude, self.limit)
        whole, decimals = math.floor(magnitude), magnitude % 1
        figures, _ = digits_of(decimals * self.fixed).rounded(0).split()
        return whole * self.fixed + int(figures or "0"), self.fixed

    def _fraction(self, top: int, bottom: int) -> str:
        if self.fixed:
            width, below = len(self.numerator), self.denominator
        else:
            width = min(max(len(self.numerator), len(self.denominator)), _LONGEST)
            below = _filled(str(bottom), self.denominator, width, left=False)
        return _filled(str(top), self.numerator, width, left=True) + self.bar + below


def _filled(figures: str, holders: str, width: int, *, left: bool) -> str:
    if "0" in holders:
        return figures.rjust(holders.count("0"), "0")
    return figures.rjust(width) if left else figures.ljust(width)


def nearest(magnitude: float, limit: int) -> tuple[int, int]:
    """The last convergent of the continued fraction whose denominator keeps within the limit.

    Excel takes no better fraction that lies between two convergents, and it counts in doubles; so do we,
    and get its 0.3 = 2/7 beside 1.3 = 1 1/3.
    """
    top, bottom, last_top, last_bottom = 1, 0, 0, 1
    rest = magnitude
    while True:
        part = math.floor(rest)
        top, last_top = part * top + last_top, top
        bottom, last_bottom = part * bottom + last_bottom, bottom
        if bottom > limit:
            return last_top, last_bottom
        if rest - part < _CLOSE:
            return top, bottom
        rest = 1 / (rest - part)


def fraction_section(tokens: Sequence[Token]) -> FractionSection | None:
    """Makes a section of tokens with a slash; None where the slash is no fraction's."""
    slash = next(at for at, token in enumerate(tokens) if token.kind is TokenKind.SLASH)
    top_start, top_end = _run_before(tokens, slash)
    bottom_start, bottom_end = _run_behind(tokens, slash)
    before, denominator = tokens[:top_start], _text(tokens[bottom_start:bottom_end])
    if top_start == top_end or not 0 < len(denominator) <= PRECISION:
        return None
    mixed = any(token.kind is TokenKind.DIGIT for token in before)
    return FractionSection(
        whole=number_section(before) if mixed else None,
        nought=number_section(_with_nought(before)) if mixed else None,
        before=_text(before),
        numerator=_text(tokens[top_start:top_end]),
        bar=_text(tokens[top_end:bottom_start]),
        denominator=denominator,
        fixed=int(denominator) if denominator[0] in "123456789" and denominator.isdigit() else 0,
        after=_text(tokens[bottom_end:]),
    )


def _with_nought(tokens: Sequence[Token]) -> list[Token]:
    last = max(at for at, token in enumerate(tokens) if token.kind is TokenKind.DIGIT)
    return [*tokens[:last], _NOUGHT, *tokens[last + 1 :]]


def _run_before(tokens: Sequence[Token], slash: int) -> tuple[int, int]:
    end = slash
    while end and tokens[end - 1].text == " ":
        end -= 1
    start = end
    while start and tokens[start - 1].kind is TokenKind.DIGIT:
        start -= 1
    return start, end


def _run_behind(tokens: Sequence[Token], slash: int) -> tuple[int, int]:
    start = slash + 1
    while start < len(tokens) and tokens[start].text == " ":
        start += 1
    end = start
    while end < len(tokens) and tokens[end].kind in _HOLDERS:
        end += 1
    return start, end


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)
