"""Sections that show a number by its digits: `#,##0.00`, `0.0%`, `0,,"M"`, `##0.0E+0`, `000-00-0000`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from merge.sheet.number_format.general import decimal_of, rounded, shifted, whole_digits
from merge.sheet.number_format.locale_names import ENGLISH, LocaleNames
from merge.sheet.number_format.tokens import Token, TokenKind

_BLANKS: Final = {"0": "0", "?": " ", "#": ""}
_GROUP: Final = 3
_CONTIGUOUS: Final = re.compile("#*0+")
# Binary rounding gives the same digits as decimal rounding for numbers that aren't near a half and are below
# this many units of the last decimal: neither the fifteenth digit nor a product's last bit reaches the half.
_MAX_UNITS: Final = 1e11
_BELOW_HALF: Final = 0.499
_ABOVE_HALF: Final = 0.501
_MAX_SCALE: Final = 10


@dataclass(frozen=True, slots=True)
class Whole:
    """A run of digit placeholders before the decimal point.

    Attributes:
        holders: the placeholders, such as `##0`
        offset: how many placeholders are between it and the decimal point
        first: whether it is the leftmost run, which takes all further digits
        grouped: whether thousands are separated
    """

    holders: str
    offset: int = 0
    first: bool = True
    grouped: bool = False

    def filled(self, figures: str, names: LocaleNames) -> str:
        """Fill in the digits of a whole number, given without leading zeros."""
        end = max(len(figures) - self.offset, 0)
        chunk = figures[:end] if self.first else figures[max(end - len(self.holders), 0) : end]
        missing = self.holders[: max(len(self.holders) - len(chunk), 0)]
        if not self.grouped:
            return "".join(map(_BLANKS.__getitem__, missing)) + chunk
        return self._grouped(missing, chunk, names)

    def _grouped(self, missing: str, chunk: str, names: LocaleNames) -> str:
        shown: list[str] = []
        place = self.offset + len(missing) + len(chunk)
        for text in (*map(_BLANKS.__getitem__, missing), *chunk):
            place -= 1
            shown.append(text)
            if text and _ends_group(place, pairs=names.pairs):
                shown.append(" " if text == " " else names.group)
        return "".join(shown)


@dataclass(frozen=True, slots=True)
class Decimals:
    """A run of digit placeholders after the decimal point, `offset` placeholders away from it."""

    holders: str
    offset: int = 0

    def filled(self, figures: str) -> str:
        """Fill in the decimals, given without trailing zeros."""
        chunk = figures[self.offset : self.offset + len(self.holders)]
        return chunk + "".join(map(_BLANKS.__getitem__, self.holders[len(chunk) :]))


@dataclass(frozen=True, slots=True)
class Power:
    """The exponent: `E+` always shows its sign, `E-` only a minus."""

    always_signed: bool
    holders: str

    def filled(self, exponent: int) -> str:
        """Fill in the exponent."""
        sign = "-" if exponent < 0 else "+" if self.always_signed else ""
        figures = str(abs(exponent)) if exponent else ""
        return f"E{sign}{Whole(self.holders).filled(figures, ENGLISH)}"


class Mark(Enum):
    """The decimal point, and whether the whole number precedes it because there's no placeholder for it."""

    POINT = auto()
    WHOLE_AND_POINT = auto()


Piece = str | Whole | Decimals | Power | Mark


@dataclass(frozen=True, slots=True)
class FixedDigits:
    """A faster way to show most numbers, for sections with all digits in one place (`$#,##0.00`).

    Attributes:
        before: the text before the digits
        spec: the format specification of the digits
        after: the text after the digits
        factor: converts a number to the one that is shown
        units: converts a number to units of the last decimal
    """

    before: str
    spec: str
    after: str
    factor: float
    units: float

    def shown(self, magnitude: float, names: LocaleNames) -> tuple[str, bool] | None:
        """Do the same as `NumberSection.shown`; None if binary rounding or the groups might be wrong."""
        scaled = magnitude * self.units
        if scaled >= _MAX_UNITS or _BELOW_HALF < scaled % 1 < _ABOVE_HALF:
            return None
        if names.pairs and "," in self.spec:
            return None
        digits = format(magnitude * self.factor, self.spec)
        if names is not ENGLISH:
            digits = digits.translate({ord("."): names.decimal, ord(","): names.group})
        return self.before + digits + self.after, scaled > _ABOVE_HALF


@dataclass(frozen=True, slots=True)
class NumberSection:
    """A section with digit placeholders.

    Attributes:
        pieces: what it shows, in order
        shift: power of ten to multiply by, from per cent signs and trailing commas
        decimals: how many are shown
        step: with an exponent, the number of placeholders before the point (the exponent is a multiple of
            it); -1 without an exponent
        fixed: how to show most numbers faster, or None
    """

    pieces: tuple[Piece, ...]
    shift: int
    decimals: int
    step: int = -1
    fixed: FixedDigits | None = None

    def shown(self, magnitude: float, names: LocaleNames) -> tuple[str, bool]:
        """Return the number without its sign, and whether any of its digits isn't 0."""
        if self.fixed and (fixed := self.fixed.shown(magnitude, names)):
            return fixed
        number = shifted(decimal_of(magnitude), self.shift)
        exponent = 0
        if self.step >= 0:
            exponent = self._exponent(number)
            number = shifted(number, -exponent)
        number = rounded(number, self.decimals)
        whole, _, decimals = f"{number:f}".partition(".")
        whole, decimals = whole.lstrip("0"), decimals.rstrip("0")
        text = "".join([_text(piece, whole, decimals, exponent, names) for piece in self.pieces])
        return text, bool(number)

    def _exponent(self, number: Decimal) -> int:
        if not number:
            return 0
        digits = whole_digits(number)
        exponent = _scaled(digits, self.step)
        # 999.96 shows as 1.0E+3, not as 1000.0E+0: rounding may need one more place.
        carried = whole_digits(rounded(shifted(number, -exponent), self.decimals)) + exponent
        return _scaled(max(carried, digits), self.step)


def _text(piece: Piece, whole: str, decimals: str, exponent: int, names: LocaleNames) -> str:
    match piece:
        case str():
            return piece
        case Whole():
            return piece.filled(whole, names)
        case Decimals():
            return piece.filled(decimals)
        case Power():
            return piece.filled(exponent)
        case Mark.POINT:
            return names.decimal
        case _:
            return whole + names.decimal


def _ends_group(place: int, *, pairs: bool) -> bool:
    """Whether a separator follows the digit with this many digits after it."""
    if pairs and place > _GROUP:
        return (place - _GROUP) % 2 == 0
    return place > 0 and place % _GROUP == 0


def _scaled(digits: int, step: int) -> int:
    return digits if step == 0 else (digits - 1) // step * step


def _with_fixed(section: NumberSection) -> NumberSection:
    """Set `fixed` if the section has only whole digits and fixed decimals."""
    places = [at for at, piece in enumerate(section.pieces) if not isinstance(piece, str)]
    start, end = places[0], places[-1] + 1
    match section.pieces[start:end]:
        case (Whole() as whole,) if not section.decimals:
            pass
        case (Whole() as whole, Mark.POINT, Decimals(holders)) if not holders.strip("0"):
            pass
        case _:
            return section
    zeros = len(whole.holders.lstrip("#"))
    scale = section.decimals + section.shift
    if not _CONTIGUOUS.fullmatch(whole.holders) or (whole.grouped and zeros > 1) or abs(scale) > _MAX_SCALE:
        return section
    padding = f"0{zeros + section.decimals + bool(section.decimals)}" if zeros > 1 else ""
    spec = f"{padding}{',' if whole.grouped else ''}.{section.decimals}f"
    before, after = ("".join(map(str, part)) for part in (section.pieces[:start], section.pieces[end:]))
    return replace(section, fixed=FixedDigits(before, spec, after, 10.0**section.shift, 10.0**scale))


class _Reader:
    """Turns a section's tokens into pieces; each run of placeholders is one piece."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.power = _position(tokens, TokenKind.EXPONENT, len(tokens))
        self.point = min(_position(tokens, TokenKind.POINT, len(tokens)), self.power)
        self.places = [at for at, token in enumerate(tokens) if token.kind is TokenKind.DIGIT]
        self.wholes = [at for at in self.places if at < self.point]
        self.fractions = [at for at in self.places if self.point < at < self.power]
        self.powers = [at for at in self.places if at > self.power]
        self.commas = [at for at, token in enumerate(tokens) if token.kind is TokenKind.COMMA]
        self.grouped = any(self.wholes and self.wholes[0] < at < self.wholes[-1] for at in self.commas)
        self.scaling = self._scaling()

    def _scaling(self) -> frozenset[int]:
        """The commas right after the last placeholder of the whole number or of the decimals."""
        found = set()
        for places in (self.wholes, self.fractions):
            at = places[-1] + 1 if places else len(self.tokens)
            while at < len(self.tokens) and self.tokens[at].kind is TokenKind.COMMA:
                found.add(at)
                at += 1
        return frozenset(found)

    def section(self) -> NumberSection:
        percents = sum(token.kind is TokenKind.PERCENT for token in self.tokens)
        return NumberSection(
            pieces=tuple(self._pieces()),
            shift=2 * percents - 3 * len(self.scaling),
            decimals=len(self.fractions),
            step=len(self.wholes) if self.powers else -1,
        )

    def _pieces(self) -> list[Piece]:
        pieces: list[Piece] = []
        at = 0
        while at < len(self.tokens):
            end = self._run_end(at)
            pieces.append(self._piece(at, end))
            at = end
        return [piece for piece in pieces if piece != ""]

    def _run_end(self, start: int) -> int:
        """The end of the run of placeholders; grouping commas are part of it."""
        if start not in self.places:
            return start + 1
        end = start + 1
        while end < len(self.tokens) and (end in self.places or self._groups(end)):
            end += 1
        return end

    def _groups(self, at: int) -> bool:
        return at in self.commas and self.grouped and self.wholes[0] < at < self.wholes[-1]

    def _piece(self, start: int, end: int) -> Piece:
        token = self.tokens[start]
        if start in self.places:
            return self._run(start, end)
        if start == self.point and token.kind is TokenKind.POINT:
            return Mark.POINT if self.wholes else Mark.WHOLE_AND_POINT
        if start in self.scaling or self._groups(start) or token.kind is TokenKind.EXPONENT:
            return ""
        return token.text

    def _run(self, start: int, end: int) -> Piece:
        holders = "".join(self.tokens[at].text for at in range(start, end) if at in self.places)
        if start > self.power:
            signed = self.tokens[self.power].text == "e+"
            return Power(signed, holders) if start == self.powers[0] else holders
        if start > self.point:
            return Decimals(holders, self.fractions.index(start))
        offset = len(self.wholes) - self.wholes.index(start) - len(holders)
        return Whole(holders, offset, start == self.wholes[0], self.grouped)


def _position(tokens: Sequence[Token], kind: TokenKind, default: int) -> int:
    return next((at for at, token in enumerate(tokens) if token.kind is kind), default)


def number_section(tokens: Sequence[Token]) -> NumberSection:
    """Make a section of tokens with digit placeholders, and without date letters or a fraction."""
    return _with_fixed(_Reader(tokens).section())
