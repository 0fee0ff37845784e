"""Cells that a sheet's formulas use: a result there would change what somebody calculates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from merge.sheet.addresses import LAST_COLUMN, LAST_ROW, CellRange, column_letters, column_number
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.write.free_columns import Occupant

_CHUNK = 1 << 19
_LAST_LETTERS = column_letters(LAST_COLUMN)
_WIDEST = 30
"""Columns; what reaches further is about whole rows, and would push results out of sight."""
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")
_CELLS = re.compile(
    r"(?<![\w.!$])\$?([A-Z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Z]{1,3})\$?([1-9]\d{0,6}))?(?![\w.(!])"
)
_COLUMNS = re.compile(r"(?<![\w.!$])\$?([A-Z]{1,3}):\$?([A-Z]{1,3})(?![\w.(!])")


def mentioned(package: Package, sheet: SheetPart, prefix: str) -> list[Occupant]:
    """The cells of this sheet that its own formulas name, as far as they lie close together.

    Args:
        package: the workbook
        sheet: the worksheet
        prefix: the namespace prefix of its elements with its colon, or ""

    Raises:
        WorkbookError: the part is damaged.
    """
    reach: dict[tuple[int, int], tuple[int, int]] = {}
    for formula in _formulas(package, sheet, prefix):
        for where in _ranges(_TEXT.sub("", formula)):
            columns = (where.first_column, where.last_column)
            first, last = reach.get(columns, (where.first_row, where.last_row))
            reach[columns] = min(first, where.first_row), max(last, where.last_row)
    return [
        Occupant("cells that formulas use", CellRange(*rows, *columns)) for columns, rows in reach.items()
    ]


def _formulas(package: Package, sheet: SheetPart, prefix: str) -> Iterator[str]:
    name = re.escape(f"{prefix}f".encode())
    pattern = re.compile(rb"<%b(?:\s[^>]*)?>([^<]+)</%b\s*>" % (name, name))
    rest = b""
    with package.open(sheet.part) as source:
        while chunk := source.read(_CHUNK):
            buffer = rest + chunk
            done = 0
            for found in pattern.finditer(buffer):
                done = found.end()
                yield unescape(found[1].decode("utf-8", "replace"))
            # A formula may be cut in two; Excel's longest has 8,192 characters.
            rest = buffer[max(done, len(buffer) - _CHUNK) :]


def _ranges(formula: str) -> Iterator[CellRange]:
    for first, top, last, bottom in _CELLS.findall(formula):
        yield from _between(first, last or first, int(top), int(bottom or top))
    for first, last in _COLUMNS.findall(formula):
        yield from _between(first, last, 1, LAST_ROW)


def _between(first: str, last: str, top: int, bottom: int) -> Iterator[CellRange]:
    if not _is_column(first) or not _is_column(last):
        return
    left, right = sorted((column_number(first), column_number(last)))
    high, low = sorted((top, bottom))
    if right - left < _WIDEST and low <= LAST_ROW:
        yield CellRange(high, low, left, right)


def _is_column(letters: str) -> bool:
    """Beyond the last column letters and digits are a name that somebody defined, such as `YTD2026`."""
    return len(letters) < len(_LAST_LETTERS) or letters <= _LAST_LETTERS
