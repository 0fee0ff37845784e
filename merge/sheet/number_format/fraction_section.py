"""Sections that show a fraction: `# ?/?`, `# ??/16`, `??/??`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from merge.sheet.number_format.general import PRECISION, decimal_of, rounded
from merge.sheet.number_format.locale_names import LocaleNames
from merge.sheet.number_format.number_section import NumberSection, number_section
from merge.sheet.number_format.tokens import Token, TokenKind

_MAX_DIGITS: Final = 7
"""Digits of a denominator that isn't fixed."""
_TOLERANCE: Final = 5e-8
_HOLDERS: Final = (TokenKind.DIGIT, TokenKind.NUMERAL)
_ZERO: Final = Token(TokenKind.DIGIT, "0")


@dataclass(frozen=True, slots=True)
class FractionSection:
    """A section with a fraction.

    Attributes:
        whole: the whole number before the fraction, or None if the fraction may be improper
        bare_whole: the same for a number without a fraction, whose 0 is shown even by `#`
        before: literals before the numerator of an improper fraction
        numerator: its placeholders
        bar: the text between numerator and denominator, such as `/` or ` / `
        denominator: its placeholders, or the fixed denominator's digits
        fixed: the fixed denominator, or 0
        after: literals after the fraction
    """

    whole: NumberSection | None
    bare_whole: NumberSection | None
    before: str
    numerator: str
    bar: str
    denominator: str
    fixed: int
    after: str

    def shown(self, magnitude: float, names: LocaleNames) -> tuple[str, bool]:
        """Return the number without its sign, and True: a fraction keeps its minus even if it shows 0."""
        top, bottom = self._parts(magnitude)
        if self.whole is None or self.bare_whole is None:
            return self.before + self._fraction(top, bottom) + self.after, True
        number, top = divmod(top, bottom)
        if top:
            return self.whole.shown(number, names)[0] + self._fraction(top, bottom) + self.after, True
        # A whole number keeps the width that the fraction would take.
        fraction = self._fraction(0, 1)
        space = fraction if "0" in self.numerator else " " * len(fraction)
        return self.bare_whole.shown(number, names)[0] + space + self.after, True

    def _parts(self, magnitude: float) -> tuple[int, int]:
        if not self.fixed:
            return nearest(magnitude, int("9" * min(len(self.denominator), _MAX_DIGITS)))
        whole, decimals = math.floor(magnitude), magnitude % 1
        return whole * self.fixed + int(rounded(decimal_of(decimals * self.fixed), 0)), self.fixed

    def _fraction(self, top: int, bottom: int) -> str:
        if self.fixed:
            width, below = len(self.numerator), self.denominator
        else:
            width = min(max(len(self.numerator), len(self.denominator)), _MAX_DIGITS)
            below = _filled(str(bottom), self.denominator, width, left=False)
        return _filled(str(top), self.numerator, width, left=True) + self.bar + below


def _filled(figures: str, holders: str, width: int, *, left: bool) -> str:
    if "0" in holders:
        return figures.rjust(holders.count("0"), "0")
    return figures.rjust(width) if left else figures.ljust(width)


def nearest(magnitude: float, limit: int) -> tuple[int, int]:
    """Return the last convergent of the continued fraction whose denominator is within the limit.

    Excel doesn't look for a better fraction between two convergents, and it computes in doubles. So does
    this function, to give the same 0.3 = 2/7 and 1.3 = 1 1/3.
    """
    top, bottom, last_top, last_bottom = 1, 0, 0, 1
    rest = magnitude
    while True:
        part = math.floor(rest)
        top, last_top = part * top + last_top, top
        bottom, last_bottom = part * bottom + last_bottom, bottom
        if bottom > limit:
            return last_top, last_bottom
        if rest - part < _TOLERANCE:
            return top, bottom
        rest = 1 / (rest - part)


def fraction_section(tokens: Sequence[Token]) -> FractionSection | None:
    """Make a section of tokens with a slash; None if the slash isn't that of a fraction."""
    slash = next(at for at, token in enumerate(tokens) if token.kind is TokenKind.SLASH)
    top_start, top_end = _run_before(tokens, slash)
    bottom_start, bottom_end = _run_after(tokens, slash)
    before, denominator = tokens[:top_start], _text(tokens[bottom_start:bottom_end])
    if top_start == top_end or not 0 < len(denominator) <= PRECISION:
        return None
    mixed = any(token.kind is TokenKind.DIGIT for token in before)
    return FractionSection(
        whole=number_section(before) if mixed else None,
        bare_whole=number_section(_with_zero(before)) if mixed else None,
        before=_text(before),
        numerator=_text(tokens[top_start:top_end]),
        bar=_text(tokens[top_end:bottom_start]),
        denominator=denominator,
        fixed=int(denominator) if denominator[0] in "123456789" and denominator.isdigit() else 0,
        after=_text(tokens[bottom_end:]),
    )


def _with_zero(tokens: Sequence[Token]) -> list[Token]:
    last = max(at for at, token in enumerate(tokens) if token.kind is TokenKind.DIGIT)
    return [*tokens[:last], _ZERO, *tokens[last + 1 :]]


def _run_before(tokens: Sequence[Token], slash: int) -> tuple[int, int]:
    end = slash
    while end and tokens[end - 1].text == " ":
        end -= 1
    start = end
    while start and tokens[start - 1].kind is TokenKind.DIGIT:
        start -= 1
    return start, end


def _run_after(tokens: Sequence[Token], slash: int) -> tuple[int, int]:
    start = slash + 1
    while start < len(tokens) and tokens[start].text == " ":
        start += 1
    end = start
    while end < len(tokens) and tokens[end].kind in _HOLDERS:
        end += 1
    return start, end


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)
