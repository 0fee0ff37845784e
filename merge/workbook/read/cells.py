"""Read rows and cells of a worksheet: values, texts and number formats.

ECMA-376 part 1: 18.3.1.4 and 18.3.1.73 (cells, rows), 18.4 (texts), 18.8 (number formats).
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.model import Cell, CellKind, SheetRow
from merge.sheet.addresses import LAST_COLUMN, LAST_ROW, column_number
from merge.sheet.number_format import BUILTIN_FORMATS
from merge.sheet.serial_dates import serial_from_iso
from merge.workbook.package.package import Package
from merge.workbook.xml.parse import TRUSTED, Element, decode_xstring, is_on, local, qualified, rich_text

_GENERAL = "General"
_VALUE, _FORMULA, _INLINE = frozenset(qualified("v")), frozenset(qualified("f")), frozenset(qualified("is"))
_NUMBER, _TEXT = CellKind.NUMBER, CellKind.TEXT
_EXACT = 2**53
"""From here on, not every whole number is a float."""
_RECENT_TEXTS = 8192
_HYPERLINK = re.compile(r'\s*HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
"""The formula of a link whose target is written into it."""
_STYLE_ELEMENTS = ("numFmts", "xf", "fonts", "fills", "borders", "cellStyles", "dxfs")
"""Elements that may contain thousands of others; most are only visited so that they are freed."""
_MOST_NUMBER_FORMATS = 10_000
"""Excel allows about 250 number formats in addition to the built-in ones."""
_LONGEST_FORMAT = 4096
"""Characters of a number format; Excel allows 255."""


@dataclass(frozen=True, slots=True)
class RowReader:
    """Turns `row` elements into rows.

    Attributes:
        strings: the shared strings
        formats: number format code by the `s` attribute of a cell
        struck: the `s` attributes of cells whose text is struck out
        date1904: whether serial numbers count from 1904
        columns: which columns to read; None is all of them
    """

    strings: Texts
    formats: Mapping[str, str]
    struck: frozenset[str] = frozenset()
    date1904: bool = False
    columns: Collection[int] | None = None

    def row(self, element: Element, previous: int) -> SheetRow:
        """Read a row; without a number of its own, it follows row `previous`.

        Raises:
            ValueError: a number or an index in it is malformed
            IndexError: it refers to a shared string that doesn't exist
        """
        own = element.get("r")
        cells: dict[int, Cell] = {}
        column = 0
        columns, read, struck = self.columns, self.cell, []
        for child in element:
            reference = child.get("r")
            column = column_number(reference.rstrip("0123456789")) if reference else column + 1
            if columns is not None and column not in columns:
                continue
            cell = read(child)
            if cell is not None:
                cells[column] = cell
                if self.struck and child.get("s") in self.struck:
                    struck.append(column)
        number = int(own) if own else previous + 1
        if column > LAST_COLUMN or number > LAST_ROW:
            raise ValueError("there are more rows or columns than Excel allows")
        return SheetRow(number, cells, is_on(element.get("hidden")), tuple(struck))

    def cell(self, element: Element) -> Cell | None:
        """Read a cell; None if it shows nothing.

        A formula without a cached value is UNCALCULATED; one whose cached value is an empty text is blank.

        Raises:
            ValueError: a number or an index is malformed
            IndexError: it refers to a shared string that doesn't exist
        """
        kind = element.get("t", "n")
        number_format = self.formats.get(element.get("s", "0"), _GENERAL)
        text: str | None = None
        formula = False
        source = ""
        for child in element:
            tag = child.tag
            if tag in _VALUE:
                text = child.text or ""
            elif tag in _FORMULA:
                formula = True
                source = child.text or ""
            elif tag in _INLINE and kind == "inlineStr":
                text = rich_text(child)
        if not text:
            uncalculated = formula and not (kind == "str" and text is not None)
            return Cell(CellKind.UNCALCULATED, "", number_format) if uncalculated else None
        match kind:
            case "n":
                number = float(text)
                if number.is_integer() and -_EXACT < number < _EXACT:
                    return Cell(_NUMBER, int(number), number_format)
                if math.isfinite(number):
                    return Cell(_NUMBER, number, number_format)
                return Cell(CellKind.ERROR, "#NUM!", number_format)
            case "s":
                string = self.strings[int(text)]
                return Cell(_TEXT, string, number_format) if string else None
            case _:
                cell = self._rare(kind, text, number_format)
                found = _HYPERLINK.match(source)
                return cell._replace(link=found[1].replace('""', '"')) if found else cell

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
                return Cell(_NUMBER, serial, plain if number_format == _GENERAL else number_format)
            case _:
                return Cell(_TEXT, text, number_format)


class Texts:
    """Many texts in little memory; a text that was read recently is returned as the same object."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._recent: dict[int, str] = {}
        for text in texts:
            self._bytes += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        text = self._recent.get(index)
        if text is None:
            if not 0 <= index < len(self):
                raise IndexError(index)
            start, end = self._ends[index], self._ends[index + 1]
            text = self._bytes[start:end].decode("utf-8", "surrogatepass")
            if len(self._recent) >= _RECENT_TEXTS:
                self._recent.clear()
            self._recent[index] = text
        return text


def shared_strings(package: Package) -> Texts:
    """Read the texts that cells refer to by index; empty if the workbook has none.

    Raises:
        WorkbookError: the part is damaged.
    """
    part = package.part_by_type("sharedStrings")
    return Texts(rich_text(item) for item in package.elements(part, "si")) if part else Texts(())


def cell_styles(package: Package) -> tuple[Mapping[str, str], frozenset[str]]:
    """Read the number formats of cell styles, by index, and which of them strike out text.

    The index is the `s` attribute of a cell.

    Raises:
        WorkbookError: the styles are damaged, or there are more than any workbook has.
    """
    part = package.part_by_type("styles")
    if part is None:
        return {}, frozenset()
    codes = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    styles: list[str] = []
    struck_fonts: set[str] = set()
    struck: set[str] = set()
    for element in package.elements(part, *_STYLE_ELEMENTS):
        match local(element), _parent(element):
            case "numFmts", _:
                codes |= _own_formats(element, package, part)
            case "fonts", _:
                struck_fonts = {str(number) for number, font in enumerate(element) if _strikes(font)}
            case "xf", "cellXfs":
                if element.get("fontId") in struck_fonts:
                    struck.add(str(len(styles)))
                styles.append(element.get("numFmtId", "0"))
            case _:
                pass
    formats = {str(index): codes.get(number, _GENERAL) for index, number in enumerate(styles)}
    return formats, frozenset(struck)


def _strikes(font: Element) -> bool:
    return any(local(child) == "strike" and is_on(child.get("val", "1")) for child in font)


def _own_formats(element: Element, package: Package, part: str) -> Iterator[tuple[str, str]]:
    """Yield each number format's id and code."""
    if len(element) > _MOST_NUMBER_FORMATS:
        raise _unusual(
            package, part, f"more than {_MOST_NUMBER_FORMATS:,} number formats, which Excel doesn't allow"
        )
    for child in element:
        code = child.get("formatCode", "")
        if len(code) > _LONGEST_FORMAT:
            raise _unusual(package, part, "a number format that is longer than Excel allows")
        yield child.get("numFmtId", ""), decode_xstring(code) or _GENERAL


def _parent(element: Element) -> str:
    parent = element.getparent()
    return "" if parent is None else local(parent)


def _unusual(package: Package, part: str, what: str) -> WorkbookError:
    return WorkbookError(f"its part {part} has {what}", place=str(package.path), hint=TRUSTED)
