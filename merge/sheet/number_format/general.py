"""`General`: a number in at most eleven characters, as Excel shows it in a cell that is wide enough."""

from __future__ import annotations

import math
from typing import Final

from merge.sheet.number_format.rounding import Digits, digits_of

_WIDTH: Final = 11
_DECIMALS: Final = 9
_SIGNIFICANT: Final = 6
_THREE_FIGURES: Final = 100
_SMALLEST_ROUNDED: Final = -3
_LARGEST_PLAIN: Final = 10**_WIDTH

NO_NUMBER: Final = "#NUM!"
"""What stands for a number that no cell can hold: an infinite one, or no number at all."""


def general(value: float) -> str:
    """The number as `General` shows it in English; the sign takes none of the eleven characters."""
    if isinstance(value, int) and -_LARGEST_PLAIN < value < _LARGEST_PLAIN:
        return str(int(value))
    try:
        number = float(value)
    except OverflowError:
        return NO_NUMBER
    if not math.isfinite(number):
        return NO_NUMBER
    text = _unsigned(digits_of(abs(number)))
    return f"-{text}" if number < 0 and text != "0" else text


def _unsigned(digits: Digits) -> str:
    if digits.point < _SMALLEST_ROUNDED:
        return _small(digits)
    rounded = digits.rounded(max(_WIDTH - 1 - max(digits.point, 1), 0))
    return _plain(rounded) if rounded.point <= _WIDTH else _power(digits)


def _small(digits: Digits) -> str:
    """Below 0.0001 nothing is rounded away: what does not fit is shown as a power of ten."""
    rounded = digits.rounded(_DECIMALS + 3)
    fits = rounded.figures and len(rounded.figures) - rounded.point <= _DECIMALS
    return _plain(rounded) if fits or not digits.figures else _power(digits)


def _plain(digits: Digits) -> str:
    whole, decimals = digits.split()
    return f"{whole or '0'}.{decimals}" if decimals else whole or "0"


def _power(digits: Digits) -> str:
    mantissa, exponent = _scientific(digits, _SIGNIFICANT)
    if abs(exponent) >= _THREE_FIGURES:
        mantissa, exponent = _scientific(digits, _SIGNIFICANT - 1)
    return f"{mantissa}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _scientific(digits: Digits, significant: int) -> tuple[str, int]:
    rounded = digits.shifted(1 - digits.point).rounded(significant - 1)
    return _plain(rounded.shifted(1 - rounded.point)), digits.point - 2 + rounded.point
