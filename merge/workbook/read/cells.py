"""Rows and cells as a worksheet part writes them (ECMA-376 part 1, 18.3.1.4 and 18.3.1.73)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from merge.model import Cell, CellKind, SheetRow
from merge.sheet.addresses import column_number
from merge.sheet.serial_dates import serial_from_iso
from merge.workbook.package.part_stream import qualified
from merge.workbook.read.number_formats import GENERAL
from merge.workbook.read.shared_strings import Texts, rich_text
from merge.workbook.xml.parse import Element, decode_xstring, is_on

_VALUE = frozenset(qualified("v"))
_FORMULA = frozenset(qualified("f"))
_INLINE = frozenset(qualified("is"))
_EXACT = 2**53
"""From here on a float cannot tell every whole number from its neighbours."""
_TEXT, _NUMBER = CellKind.TEXT, CellKind.NUMBER
_column = cache(column_number)


@dataclass(frozen=True, slots=True)
class RowReader:
    """Makes rows of `row` elements.

    Attributes:
        strings: the shared strings
        formats: number format code by the `s` attribute of a cell
        date1904: whether serial numbers count from 1904
        columns: which columns to read; None is all of them
    """

    strings: Texts
    formats: Mapping[str, str]
    date1904: bool = False
    columns: Collection[int] | None = None

    def row(self, element: Element, previous: int) -> SheetRow:
        """Read a row; without a number of its own it is the one after the `previous` row's.

        Raises:
            ValueError: a number or an index in it is none
            IndexError: it refers to a shared string that does not exist
        """
        own = element.get("r")
        cells: dict[int, Cell] = {}
        column = 0
        for child in element:
            reference = child.get("r")
            column = _column(reference.rstrip("0123456789")) if reference else column + 1
            if self.columns is not None and column not in self.columns:
                continue
            cell = self.cell(child)
            if cell is not None:
                cells[column] = cell
        return SheetRow(int(own) if own else previous + 1, cells, is_on(element.get("hidden")))

    def cell(self, element: Element) -> Cell | None:
        """Read a cell; None where nothing can be seen in it.

        A formula without a cached value is UNCALCULATED; one whose cached value is an empty text is blank.
        """
        kind = element.get("t", "n")
        number_format = self.formats.get(element.get("s", "0"), GENERAL)
        text: str | None = None
        formula = False
        for child in element:
            tag = child.tag
            if tag in _VALUE:
                text = child.text or ""
            elif tag in _FORMULA:
                formula = True
            elif tag in _INLINE and kind == "inlineStr":
                text = rich_text(child)
        if text:
            return self.filled(kind, text, number_format)
        if formula and not (kind == "str" and text is not None):
            return Cell(CellKind.UNCALCULATED, "", number_format)
        return None

    def filled(self, kind: str, text: str, number_format: str) -> Cell | None:
        """The cell of a stored value that is not empty; None where nothing can be seen in it.

        Args:
            kind: the `t` attribute of the cell
            text: what stands in it
            number_format: its format code

        Raises:
            ValueError: a number or an index is none
            IndexError: it refers to a shared string that does not exist
        """
        # Numbers and shared strings come first and without a further call: nearly all cells are these.
        if kind == "n":
            number = float(text)
            whole = number.is_integer() and -_EXACT < number < _EXACT
            cell = Cell(_NUMBER, int(number) if whole else number, number_format)
            return cell if math.isfinite(number) else Cell(CellKind.ERROR, "#NUM!", number_format)
        if kind == "s":
            index = int(text)
            if index < 0:
                raise IndexError(index)
            string = self.strings[index]
            return Cell(_TEXT, string, number_format) if string else None
        return self._rare(kind, text, number_format)

    def _rare(self, kind: str, text: str, number_format: str) -> Cell:
        match kind:
            case "b":
                return Cell(CellKind.BOOLEAN, is_on(text.strip()), number_format)
            case "e":
                return Cell(CellKind.ERROR, text.strip(), number_format)
            case "str":
                return Cell(_TEXT, decode_xstring(text), number_format)
            case "d" if found := serial_from_iso(text, date1904=self.date1904):
                serial, plain = found
                return Cell(_NUMBER, serial, plain if number_format == GENERAL else number_format)
            case _:
                return Cell(_TEXT, text, number_format)
