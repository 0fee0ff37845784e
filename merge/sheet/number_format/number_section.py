"""Sections that show a number by its digits: `#,##0.00`, `0.0%`, `0,,"M"`, `##0.0E+0`, `000-00-0000`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from merge.sheet.number_format.locale_names import LocaleNames
from merge.sheet.number_format.rounding import Digits, digits_of
from merge.sheet.number_format.tokens import Token, TokenKind

_BLANKS: Final = {"0": "0", "?": " ", "#": ""}
_GROUP: Final = 3


@dataclass(frozen=True, slots=True)
class Whole:
    """Digit placeholders in one piece before the decimal point.

    Attributes:
        holders: the placeholders, such as `##0`
        offset: how many placeholders stand between it and the decimal point
        first: whether it is the leftmost one, which takes all further digits
        grouped: whether thousands are set apart
    """

    holders: str
    offset: int = 0
    first: bool = True
    grouped: bool = False

    def filled(self, figures: str, mark: str) -> str:
        """The digits in their places; `figures` is the whole number without leading zeros."""
        end = max(len(figures) - self.offset, 0)
        chunk = figures[:end] if self.first else figures[max(end - len(self.holders), 0) : end]
        missing = self.holders[: max(len(self.holders) - len(chunk), 0)]
        if not self.grouped:
            return "".join(map(_BLANKS.__getitem__, missing)) + chunk
        return self._grouped(missing, chunk, mark)

    def _grouped(self, missing: str, chunk: str, mark: str) -> str:
        shown: list[str] = []
        place = self.offset + len(missing) + len(chunk)
        for text in (*map(_BLANKS.__getitem__, missing), *chunk):
            place -= 1
            shown.append(text)
            if text and place and place % _GROUP == 0:
                shown.append(" " if text == " " else mark)
        return "".join(shown)


@dataclass(frozen=True, slots=True)
class Decimals:
    """Digit placeholders in one piece behind the decimal point, `offset` placeholders away from it."""

    holders: str
    offset: int = 0

    def filled(self, figures: str) -> str:
        """The digits in their places; `figures` are the decimals without trailing zeros."""
        chunk = figures[self.offset : self.offset + len(self.holders)]
        return chunk + "".join(map(_BLANKS.__getitem__, self.holders[len(chunk) :]))


@dataclass(frozen=True, slots=True)
class Power:
    """The exponent: `E+` shows its sign always, `E-` only where it is negative."""

    always_signed: bool
    holders: str

    def filled(self, exponent: int) -> str:
        """The exponent in its places."""
        sign = "-" if exponent < 0 else "+" if self.always_signed else ""
        figures = str(abs(exponent)) if exponent else ""
        return f"E{sign}{Whole(self.holders).filled(figures, '')}"


class Mark(Enum):
    """Where the decimal point stands, and whether the whole number stands there too for want of a place."""

    POINT = auto()
    WHOLE_AND_POINT = auto()


Piece = str | Whole | Decimals | Power | Mark


@dataclass(frozen=True, slots=True)
class NumberSection:
    """A section with digit placeholders, ready to show a number.

    Attributes:
        pieces: what it shows, in order
        shift: the power of ten that per cent signs and trailing commas amount to
        decimals: how many are shown
        step: with an exponent, the number of places before the point (its exponent is a multiple of it);
            -1 without one
    """

    pieces: tuple[Piece, ...]
    shift: int
    decimals: int
    step: int = -1

    @property
    def least(self) -> float:
        """A number from which on a digit other than 0 is shown; 0.0 if any number shows one."""
        return 10.0 ** -(self.decimals + self.shift) if self.step < 0 else 0.0

    def shown(self, magnitude: float, words: LocaleNames) -> tuple[str, bool]:
        """The number without its sign, and whether a digit other than 0 is among its own."""
        digits = digits_of(magnitude).shifted(self.shift)
        exponent = 0
        if self.step >= 0:
            exponent = self._exponent(digits)
            digits = digits.shifted(-exponent)
        rounded = digits.rounded(self.decimals)
        whole, decimals = rounded.split()
        text = "".join([self._text(piece, whole, decimals, exponent, words) for piece in self.pieces])
        return text, bool(rounded.figures)

    def _exponent(self, digits: Digits) -> int:
        if not digits.figures:
            return 0
        exponent = _scaled(digits.point, self.step)
        # 999.96 shows as 1.0E+3, not as 1000.0E+0: rounding may need one more place.
        carried = digits.shifted(-exponent).rounded(self.decimals).point + exponent
        return _scaled(max(carried, digits.point), self.step)

    @staticmethod
    def _text(piece: Piece, whole: str, decimals: str, exponent: int, words: LocaleNames) -> str:
        match piece:
            case str():
                return piece
            case Whole():
                return piece.filled(whole, words.group)
            case Decimals():
                return piece.filled(decimals)
            case Power():
                return piece.filled(exponent)
            case Mark.POINT:
                return words.decimal
            case _:
                return whole + words.decimal


def _scaled(point: int, step: int) -> int:
    return point if step == 0 else (point - 1) // step * step


class _Reader:
    """Makes pieces of a section's tokens; each run of placeholders is one piece."""

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
        """The commas right behind the last placeholder of the whole number or of the decimals."""
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
        """Where the run of placeholders ends; grouping commas are within it."""
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


def _position(tokens: Sequence[Token], kind: TokenKind, otherwise: int) -> int:
    return next((at for at, token in enumerate(tokens) if token.kind is kind), otherwise)


def number_section(tokens: Sequence[Token]) -> NumberSection:
    """Makes a section of tokens that hold digit placeholders and neither a date's letters nor a fraction."""
    return _Reader(tokens).section()
