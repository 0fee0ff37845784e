"""The `General` format, and decimal rounding as in Excel: 15 significant digits, halves away from zero."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

PRECISION: Final = 15
"""How many significant digits Excel keeps."""
NOT_A_NUMBER: Final = "#NUM!"
"""Shown for a number that no cell can hold: an infinite one, or NaN."""

_WIDTH: Final = 11
"""Characters that `General` uses at most, without the sign, if the cell is wide enough."""
_MAX_DECIMALS: Final = 9
_SMALLEST_ROUNDED: Final = -3
_SIGNIFICANT: Final = 6
_THREE_DIGITS: Final = 100
_LARGEST_INT: Final = 10**_WIDTH

_EXACT: Final = Context(prec=3000, rounding=ROUND_HALF_UP, Emin=-9999, Emax=9999)
_MAX_PLACES: Final = 1000
"""Exceeds the digits of any double on either side of the point, so a larger number changes nothing."""


def decimal_of(value: float) -> Decimal:
    """Return a finite number with the 15 significant digits that Excel keeps."""
    return Decimal(f"{value:.{PRECISION - 1}e}")


def rounded(number: Decimal, places: int) -> Decimal:
    """Round to this many decimals, halves away from zero; negative `places` round to tens, and so on."""
    return number.quantize(Decimal((0, (1,), -max(min(places, _MAX_PLACES), -_MAX_PLACES))), context=_EXACT)


def shifted(number: Decimal, places: int) -> Decimal:
    """Multiply by ten to the power of `places`."""
    return number.scaleb(places, _EXACT) if places else number


def whole_digits(number: Decimal) -> int:
    """How many digits a number has before the decimal point; negative below 0.1, and 0 for zero."""
    return number.adjusted() + 1 if number else 0


def plain(number: Decimal) -> str:
    """Return a number in positional notation, without trailing zeros."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if number else "0"


def general(value: float) -> str:
    """Return a number as `General` shows it in English, in a cell that is wide enough."""
    if isinstance(value, int) and -_LARGEST_INT < value < _LARGEST_INT:
        return str(int(value))
    try:
        number = float(value)
    except OverflowError:
        return NOT_A_NUMBER
    if not math.isfinite(number):
        return NOT_A_NUMBER
    text = repr(abs(number))
    # Python's shortest form is also Excel's, as long as it fits.
    text = text.removesuffix(".0") if len(text) <= _WIDTH and "e" not in text else _fitted(abs(number))
    return f"-{text}" if number < 0 and text != "0" else text


def _fitted(magnitude: float) -> str:
    number = decimal_of(magnitude)
    digits = whole_digits(number)
    if digits < _SMALLEST_ROUNDED:
        return _small(number)
    shown = rounded(number, max(_WIDTH - 1 - max(digits, 1), 0))
    return plain(shown) if whole_digits(shown) <= _WIDTH else _power(number)


def _small(number: Decimal) -> str:
    """Below 0.0001 nothing is rounded away: a number that doesn't fit is shown as a power of ten."""
    shown = rounded(number, _MAX_DECIMALS + 3)
    return plain(shown) if shown and shown == rounded(shown, _MAX_DECIMALS) else _power(number)


def _power(number: Decimal) -> str:
    mantissa, exponent = _scientific(number, _SIGNIFICANT)
    if abs(exponent) >= _THREE_DIGITS:
        mantissa, exponent = _scientific(number, _SIGNIFICANT - 1)
    return f"{mantissa}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _scientific(number: Decimal, significant: int) -> tuple[str, int]:
    exponent = number.adjusted()
    mantissa = rounded(shifted(number, -exponent), significant - 1)
    if whole_digits(mantissa) > 1:
        mantissa, exponent = shifted(mantissa, -1), exponent + 1
    return plain(mantissa), exponent
