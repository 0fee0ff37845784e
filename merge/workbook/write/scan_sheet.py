"""The first look at a worksheet: its headers, how far its data reach, and what else lies on the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from merge.sheet.addresses import CellRange, column_number, known_range
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.read.cells import rich_text
from merge.workbook.xml.parse import Source, parse
from merge.workbook.xml.sheet_xml import CellFinder, SheetXml

_ARRAY = re.compile(rb"<[\w.-]*:?f\s[^>]*\bt\s*=\s*[\"'](?:array|dataTable)[\"'][^>]*>")
_REF = re.compile(rb"\bref\s*=\s*[\"']([A-Z0-9:$]+)[\"']")
_ADDRESS = len(' r="XFD')
_NUMBER = re.compile(rb">\s*(\d{1,9})\s*<")


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass over a worksheet found.

    Attributes:
        head: its XML before `sheetData`
        data_tag: the start tag of `sheetData`
        tail: its XML behind `sheetData`
        prefix: namespace prefix of its elements with its colon, or ""
        headers: text of the header row's cells, by column
        header_style: format of the header row's cells, by column
        last_column: the last column with a value at or below the header row; 0 where there is none
        last_row: the last row that is written down, at least the header row
        arrays: ranges that array formulas and data tables fill, those of more than one cell
        has_formulas: whether there are any formulas at all
    """

    head: bytes
    data_tag: bytes
    tail: bytes
    prefix: str
    headers: Mapping[int, str]
    header_style: Mapping[int, bytes]
    last_column: int
    last_row: int
    arrays: tuple[CellRange, ...]
    has_formulas: bool = False

    @property
    def skeleton(self) -> bytes:
        """The worksheet without its rows."""
        empty = self.data_tag if self.data_tag.endswith(b"/>") else self.data_tag[:-1] + b"/>"
        return self.head + empty + self.tail


def survey_sheet(package: Package, sheet: SheetPart, header_row: int, *, thorough: bool = True) -> Survey:
    """Reads a worksheet once, from its beginning to its end.

    Args:
        package: the workbook
        sheet: the worksheet
        header_row: number of its header row
        thorough: whether the order of all rows is looked at, which patching does by itself

    Raises:
        WorkbookError: its XML is damaged, or written in a way that cannot be patched safely.
    """
    place = f"{package.path} ({sheet.name})"
    with package.open(sheet.part) as source:
        return _Surveyor(package, source, place, header_row, thorough=thorough).survey()


class _Surveyor:
    def __init__(
        self, package: Package, source: Source, place: str, header_row: int, *, thorough: bool
    ) -> None:
        self._thorough = thorough
        self._package = package
        self._place = place
        self._header_row = header_row
        self._sheet = SheetXml(source, place)
        self._finder = CellFinder(self._sheet.prefix, place)
        self._cell = f"<{self._sheet.prefix}c".encode()
        self._arrays: list[CellRange] = []
        self._headers: Mapping[int, str] = {}
        self._styles: Mapping[int, bytes] = {}
        self._last_column = 0
        self._formula = f"</{self._sheet.prefix}f".encode()
        self._has_formulas = False

    def survey(self) -> Survey:
        before = 0
        while block := self._sheet.block():
            before = self._look_at(block, before)
        sheet = self._sheet
        return Survey(
            sheet.head,
            sheet.data_tag,
            sheet.tail,
            sheet.prefix,
            self._headers,
            self._styles,
            self._last_column,
            max(self._header_row, before),
            tuple(self._arrays),
            self._has_formulas,
        )

    def _look_at(self, block: bytes, before: int) -> int:
        """Takes note of the rows of a block; gives the number of the last one."""
        last = self._last_below_headers(block, before)
        if last is not None:
            self._note_arrays(block)
            for piece in self._going_further(block.split(self._sheet.row_end)):
                self._last_column = max(self._last_column, self._last_value(piece, self._last_column))
            return last
        for row in self._sheet.rows_of(block, before):
            before = row.number
            if row.inner is not None:
                self._note(row.number, row.inner)
        return before

    def _last_below_headers(self, block: bytes, before: int) -> int | None:
        """The number of a block's last row, where all of them are below the headers and in order."""
        if before < self._header_row:
            return None
        last = self._sheet.last_number(block, before)
        if not self._thorough:
            return last
        pieces = block.split(self._sheet.row_end)
        return None if pieces.pop() or self._sheet.numbers(block, pieces, before) is None else last

    def _note(self, number: int, inner: bytes) -> None:
        self._note_arrays(inner)
        if number == self._header_row:
            self._headers, self._styles = self._read_headers(inner)
        if number >= self._header_row:
            self._last_column = max(self._last_column, self._last_value(inner, self._last_column))

    def _going_further(self, pieces: list[bytes]) -> Iterator[bytes]:
        """Rows whose last cell is not surely in a column that is known to have values."""
        cell, reach = self._cell, len(self._cell) + _ADDRESS
        # The last cell of each row as far as its column's letters; few are different.
        starts = [piece[(at := piece.rfind(cell)) : at + reach].rstrip(b"0123456789") for piece in pieces]
        further = {start for start in set(starts) if not self._is_within(start)}
        return (piece for piece, start in zip(pieces, starts, strict=True) if start in further)

    def _is_within(self, start: bytes) -> bool:
        letters = start.removeprefix(self._cell + b' r="')
        if len(letters) == len(start):
            return False
        try:
            return column_number(letters.decode("ascii", "replace")) <= self._last_column
        except ValueError:
            return False

    def _last_value(self, inner: bytes, enough: int) -> int:
        """The last column with a value; 0 where it is not beyond `enough` anyway."""
        end = len(inner)
        while found := self._finder.last_before(inner, end):
            start, tag = found
            column = self._finder.column(tag)
            if column is None:
                cells = self._finder.all(inner)
                return max((cell.column for cell in cells if cell.body), default=0)
            if column <= enough:
                return 0
            if not self._finder.is_blank(inner, start, tag):
                return column
            end = start
        return 0

    def _note_arrays(self, inner: bytes) -> None:
        self._has_formulas = self._has_formulas or self._formula in inner
        if b"ref" not in inner or (b"array" not in inner and b"dataTable" not in inner):
            return
        for formula in _ARRAY.findall(inner):
            ref = _REF.search(formula)
            filled = known_range(ref[1].decode()) if ref and b":" in ref[1] else None
            if filled is not None:
                self._arrays.append(filled)

    def _read_headers(self, inner: bytes) -> tuple[dict[int, str], dict[int, bytes]]:
        texts: dict[int, str] = {}
        styles: dict[int, bytes] = {}
        shared: dict[int, int] = {}
        for cell in self._finder.all(inner):
            if not cell.body:
                continue
            styles[cell.column] = cell.tag
            number = _NUMBER.search(cell.body)
            if b't="s"' in cell.tag.replace(b"'", b'"') and number:
                shared[cell.column] = int(number[1])
            else:
                texts[cell.column] = self._inline_text(cell.body)
        strings = self._shared_strings(set(shared.values()))
        texts.update((column, strings.get(number, "")) for column, number in shared.items())
        return texts, styles

    def _inline_text(self, body: bytes) -> str:
        """A header that is not shared: an inline string, or the value of a formula or a number."""
        end_tag = f"</{self._sheet.prefix}worksheet>".encode()
        root = parse(self._sheet.root_tag + body + end_tag, self._place)
        return next((rich_text(item) for item in root if str(item.tag).endswith("}is")), "") or "".join(
            item.text or "" for item in root if str(item.tag).endswith("}v")
        )

    def _shared_strings(self, wanted: set[int]) -> dict[int, str]:
        part = self._package.part_by_type("sharedStrings")
        found: dict[int, str] = {}
        if not wanted or part is None:
            return found
        for number, item in enumerate(self._package.elements(part, "si")):
            if number in wanted:
                found[number] = rich_text(item)
            if len(found) == len(wanted):
                break
        return found
