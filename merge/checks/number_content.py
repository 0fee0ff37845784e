"""What is wrong with a number on its own: its short form, its decimals, or a letter in it."""

from __future__ import annotations

import re
from typing import Final

from merge.checks.cell_content import scientific_fault
from merge.checks.column_role import ColumnRole
from merge.checks.fault import Fault, quoted, unlike_fault
from merge.checks.warning import WarningKind
from merge.model import Cell
from merge.sheet.number_format import general

NUMERIC: Final = frozenset({ColumnRole.AMOUNT, ColumnRole.COUNT, ColumnRole.SHARE})
"""What columns of numbers hold."""
_LONGEST_GENERAL: Final = 10**11
"""Excel abbreviates whole numbers from here on if their format is General."""
_DECIMALS, DECIMALS_OF_AMOUNTS = 5, 3
_DECIMALS_TEXT: Final = re.compile(r"\d[.,]\d{5,}(?!\d)")
_LONGEST_NUMBER: Final = 40
_LETTER_IN_NUMBER: Final = re.compile(
    r"\d[OoIl](?=[\dOo.,%]|\s|$)|(?<![^\W\d_])[Oo](?=[\d.,])|\d[.,][OoIl]+|[.,]{2,}\d"
    r"|(?<![\d.,])\d \d{1,2}(?!\d)"
)
"""A letter that somebody typed for the digit it looks like: `1O0`."""

_VAGUE: Final = re.compile(
    r"(?:~|≈|approx\w*\.?|about|around|ca\.?|circa|etwa|ungefähr|rund|env(?:iron|\.)|unos|cerca de"
    r"|ongeveer|约|約|약)\s?[^\W_]"
    r"|.*\d\s*[-–]\s*[$€£]?\s?\d|.*\d\s+(?:or|oder|ou|o|of)\s+\W*\d",
    re.IGNORECASE,
)
"""An amount that isn't certain: `about 500`, `1200 or 1300`."""
_ONLY_FIGURES: Final = re.compile(r"\W*\d[\dOo.,]{2,}\W*")


def number_fault(cell: Cell, role: ColumnRole) -> Fault | None:
    """The fault of a stored number without a format, or None."""
    value = cell.value
    if isinstance(value, str) or cell.number_format != "General":
        return None
    if isinstance(value, int):
        return scientific_fault(general(value), f"{value:d}") if abs(value) >= _LONGEST_GENERAL else None
    text = general(value)
    if "E" in text and abs(value) >= 1:
        return scientific_fault(text, f"{value:.0f}")
    decimals = len(text.partition(".")[2])
    if role is ColumnRole.CODE or decimals < (
        DECIMALS_OF_AMOUNTS if role is ColumnRole.AMOUNT else _DECIMALS
    ):
        return None
    return decimals_fault(text, decimals)


def decimals_fault_of_text(text: str, role: ColumnRole) -> Fault | None:
    """The warning about a number as text with many decimals, or None."""
    found = _DECIMALS_TEXT.search(text) if role in NUMERIC and len(text) <= _LONGEST_NUMBER else None
    return decimals_fault(text, len(found[0]) - 2) if found else None


def letter_fault(text: str, role: ColumnRole) -> Fault | None:
    """The warning about a number as text with a letter in it, or None."""
    may_be = role in NUMERIC or (role is ColumnRole.OTHER and _ONLY_FIGURES.fullmatch(text))
    if not may_be or len(text) > _LONGEST_NUMBER or not _LETTER_IN_NUMBER.search(text):
        return None
    return unlike_fault(
        text, "has a letter that looks like a digit, or isn't a number", "Type the number again"
    )


def vague_fault(text: str, role: ColumnRole) -> Fault | None:
    """The warning about an amount that isn't certain, or None."""
    if role is not ColumnRole.AMOUNT or len(text) > _LONGEST_NUMBER or not _VAGUE.match(text):
        return None
    return unlike_fault(text, "isn't an exact amount", "Write the amount that the video should say")


def decimals_fault(text: str, decimals: int) -> Fault:
    """The warning about a number with many decimals."""
    message = f"{quoted(text)} has {decimals} decimals, and all of them would be spoken"
    return Fault(WarningKind.DECIMALS, message, "Format the column with the decimals that you want")
