"""Short ways for numbers: fixed decimals, digits with text between, powers of ten, fractions, `General`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from operator import itemgetter
from typing import Final

from merge.sheet.number_format.fraction_section import FractionSection, nearest
from merge.sheet.number_format.locale_names import LocaleNames
from merge.sheet.number_format.number_section import Decimals, Mark, NumberSection, Piece, Power, Whole

Quick = Callable[[float], str]
"""The text of a number above 0, without a sign; "" where the exact way has to be taken."""
Formatter = Callable[[str | float], str]
"""A value's text, in a format and a language that are settled."""

# Of numbers below this, counted in units of the last decimal, neither the fifteenth digit nor a product's
# last bit reaches so far that they could carry a number over a half from outside the stretch around it.
_LARGEST: Final = 1e11
_BELOW_HALF: Final = 0.499
_ABOVE_HALF: Final = 0.501

_HOLDERS: Final = re.compile("#*(0*)")
_MOST_DECIMALS: Final = 10
_MOST_FIGURES: Final = 11
_POWERS: Final = 30
_LARGEST_FRACTION: Final = 1e9

_GENERAL_SMALLEST: Final = 1e-4
_GENERAL_LARGEST: Final = 9e9
_TENS: Final = tuple(float(f"1e{power}") for power in range(-3, 10))
# By the number of the tens that are reached: nine decimals below 10, then ten figures in all.
_GENERAL: Final[tuple[tuple[Quick, float], ...]] = tuple(
    (f"%.{min(10 + power, 10)}g".__mod__, 10.0 ** min(9, 9 - power)) for power in range(-4, 10)
)

_ALL_FIGURES: Final = 11
"""The length of ten figures with a decimal mark."""
_UNITS: Final = tuple(units for _, units in _GENERAL)


def quick_number(section: NumberSection, words: LocaleNames) -> Quick | None:
    """The short way for a section of digits, or None."""
    if section.step >= 0:
        return _powered(section, words)
    if section.decimals > _MOST_DECIMALS or abs(section.shift) > _MOST_DECIMALS:
        return None
    found = _plain(section, words) or _parted(section)
    if found is None:
        return None
    text, smallest = found
    return _guarded(section, text, smallest)


def _guarded(section: NumberSection, text: Quick, smallest: float) -> Quick:
    """Keeps a plain way from what is too large, too small, or too near to a half."""
    units = 10.0 ** (section.decimals + section.shift)
    factor = 10.0**section.shift
    low, high = smallest / factor, _LARGEST / units

    def show(magnitude: float) -> str:
        if low <= magnitude < high and not _BELOW_HALF < magnitude * units % 1 < _ABOVE_HALF:
            return text(magnitude)
        return ""

    def show_scaled(magnitude: float) -> str:
        if low <= magnitude < high and not _BELOW_HALF < magnitude * units % 1 < _ABOVE_HALF:
            return text(magnitude * factor)
        return ""

    return show_scaled if section.shift else show


def _plain(section: NumberSection, words: LocaleNames) -> tuple[Quick, float] | None:
    """Digits in one piece, and the smallest number that needs no look at its placeholders."""
    match _around(section.pieces):
        case before, (Whole() as whole,), after if not section.decimals:
            pass
        case before, (Whole() as whole, Mark.POINT, Decimals(holders)), after if not holders.strip("0"):
            pass
        case _:
            return None
    zeros = _zeros(whole.holders)
    if zeros is None or (whole.grouped and zeros > 1):
        return None
    width = zeros + section.decimals + bool(section.decimals)
    padding = f"0{width}" if zeros > 1 else ""
    spec = f"{{:{padding}{',' if whole.grouped else ''}.{section.decimals}f}}"
    return _framed(before, spec, after, words), 0.0 if zeros else 1.0


def _framed(before: str, spec: str, after: str, words: LocaleNames) -> Quick:
    if (words.decimal, words.group) == (".", ","):
        if "," in spec:
            return f"{_braced(before)}{spec}{_braced(after)}".format
        return f"{_doubled(before)}%{spec[2:-1]}{_doubled(after)}".__mod__
    marks, number = {ord("."): words.decimal, ord(","): words.group}, spec.format
    return lambda magnitude: before + number(magnitude).translate(marks) + after


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _parted(section: NumberSection) -> tuple[Quick, float] | None:
    """Digits with text between, such as `000-00-0000`."""
    wholes = [piece for piece in section.pieces if isinstance(piece, Whole)]
    texts = [piece for piece in section.pieces if isinstance(piece, str)]
    holders = "".join(whole.holders for whole in wholes)
    if len(wholes) + len(texts) < len(section.pieces) or len(wholes) < 2:  # noqa: PLR2004 - parts
        return None
    if holders.strip("0") or wholes[0].grouped:
        return None
    number = f"%0{len(holders)}.0f".__mod__
    parts: Callable[[str], object] = itemgetter(*(_slice(whole) for whole in wholes))
    pattern = "".join("%s" if isinstance(piece, Whole) else _doubled(piece) for piece in section.pieces)
    return lambda magnitude: pattern % parts(number(magnitude)), 0.0


def _slice(whole: Whole) -> slice[int | None, int | None, None]:
    start = None if whole.first else -whole.offset - len(whole.holders)
    return slice(start, -whole.offset or None, None)


def _doubled(piece: Piece) -> str:
    return str(piece).replace("%", "%%")


def _powered(section: NumberSection, words: LocaleNames) -> Quick | None:
    match _around(section.pieces):
        case before, (Whole(holders), Mark.POINT, Decimals(decimals), Power() as power), after:
            pass
        case _:
            return None
    step, places = section.step, section.decimals
    if decimals.strip("0") or _zeros(holders) != 1 or section.shift or step + places > _MOST_FIGURES:
        return None
    text = _framed(before, f"{{:.{places}f}}", "", words)
    powers = [power for power in range(-_POWERS, _POWERS + 1) if power % step == 0]
    starts = [float(f"1e{power}") for power in powers]
    ends = [(10.0**-at, power.filled(at) + after) for at in powers]
    units, low, high, carried = 10.0**places, starts[0], starts[-1], 10.0**step - 10.0**-places

    def show(magnitude: float) -> str:
        if low <= magnitude < high:
            factor, end = ends[bisect_right(starts, magnitude) - 1]
            scaled = magnitude * factor
            # What may be carried into the next power is left to the exact way.
            if scaled < carried and not _BELOW_HALF < scaled * units % 1 < _ABOVE_HALF:
                return text(scaled) + end
        return ""

    return show


def _around(pieces: tuple[Piece, ...]) -> tuple[str, tuple[Piece, ...], str]:
    """The text before the digits, the digits, and the text behind them."""
    places = [at for at, piece in enumerate(pieces) if not isinstance(piece, str)] or [0]
    start, end = places[0], places[-1] + 1
    return "".join(map(str, pieces[:start])), pieces[start:end], "".join(map(str, pieces[end:]))


def _zeros(holders: str) -> int | None:
    found = _HOLDERS.fullmatch(holders)
    return len(found[1]) if found else None


def quick_fraction(section: FractionSection, words: LocaleNames) -> Quick | None:
    """The short way for a whole number and a fraction whose denominator is free, or None."""
    if section.fixed or section.whole is None or section.nought is None or section.whole.shift:
        return None
    whole, nought = quick_number(section.whole, words), quick_number(section.nought, words)
    if whole is None or nought is None:
        return None
    limit, pattern, nothing = section.limit, section.pattern, section.nothing
    no_whole, no_number = section.whole.shown(0, words)[0], section.nought.shown(0, words)[0] + nothing

    def show(magnitude: float) -> str:
        if magnitude >= _LARGEST_FRACTION:
            return ""
        top, bottom = nearest(magnitude, limit)
        number, top = divmod(top, bottom)
        if top:
            return (whole(number) if number else no_whole) + pattern % (top, bottom)
        return nought(number) + nothing if number else no_number

    return show


def quick_general(words: LocaleNames, exact: Formatter) -> Formatter:
    """The short way of `General`, for numbers of either sign; it turns to the exact way by itself."""

    def show(value: str | float) -> str:
        if type(value) is float:
            if 1.0 <= value < _GENERAL_LARGEST:
                text = "%.10g" % value  # noqa: UP031 - twice as quick as a format's method
                # Where fewer figures are the whole number nothing was rounded.
                if len(text) < _ALL_FIGURES and float(text) == value:
                    return text
                near = value * _UNITS[bisect_right(_TENS, value)] % 1.0
                return exact(value) if _BELOW_HALF < near < _ABOVE_HALF else text
            text = _general(value) if value >= 0 else f"-{_general(-value)}"
            return text if len(text) > 1 else exact(value)
        if type(value) is int and -_GENERAL_LARGEST < value < _GENERAL_LARGEST:
            return str(value)
        return exact(value)

    def show_with_mark(value: str | float) -> str:
        return exact(value) if type(value) is str else show(value).replace(".", words.decimal)

    return show if words.decimal == "." else show_with_mark


def general_above_nought(words: LocaleNames) -> Quick:
    """The short way of `General` within a section that is not alone."""
    mark = words.decimal
    return _general if mark == "." else lambda magnitude: _general(magnitude).replace(".", mark)


def _general(magnitude: float) -> str:
    if _GENERAL_SMALLEST <= magnitude < _GENERAL_LARGEST:
        text, units = _GENERAL[bisect_right(_TENS, magnitude)]
        if not _BELOW_HALF < magnitude * units % 1 < _ABOVE_HALF:
            return text(magnitude)
    return ""
