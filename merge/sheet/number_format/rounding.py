"""Decimal digits as Excel has them: fifteen significant ones, halves rounded away from zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRECISION: Final = 15
"""How many significant digits Excel keeps."""


@dataclass(frozen=True, slots=True)
class Digits:
    """A number that is not negative, as 0.`figures` times ten to the power of `point`.

    Attributes:
        figures: no zero at either end; "" for nought
        point: how many figures stand before the decimal point; may be negative
    """

    figures: str
    point: int

    def shifted(self, places: int) -> Digits:
        """The number times ten to the power of `places`."""
        return Digits(self.figures, self.point + places) if self.figures else self

    def rounded(self, places: int) -> Digits:
        """The number with at most so many decimals."""
        keep = self.point + places
        if keep >= len(self.figures):
            return self
        if keep < 0 or self.figures[keep] < "5":
            return _made(self.figures[: max(keep, 0)], self.point)
        up = str(int(self.figures[:keep] or "0") + 1)
        return _made(up, self.point + (len(up) > keep))

    def split(self) -> tuple[str, str]:
        """The figures before the decimal point, without leading zeros, and those after it."""
        figures, point = self.figures, self.point
        if point <= 0:
            return "", "0" * -point + figures
        if point >= len(figures):
            return figures + "0" * (point - len(figures)), ""
        return figures[:point], figures[point:]


def _made(figures: str, point: int) -> Digits:
    figures = figures.rstrip("0")
    return Digits(figures, point if figures else 0)


def digits_of(value: float) -> Digits:
    """The digits of a finite number that is not negative."""
    mantissa, _, exponent = f"{value:.{PRECISION - 1}e}".partition("e")
    return _made(mantissa[0] + mantissa[2:], int(exponent) + 1)
