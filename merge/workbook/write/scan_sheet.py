"""The first pass over a worksheet: its headers, how far its data goes, and its XML around the rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_COLUMN, CellRange, known_range
from merge.sheet.columns import normalize
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.xml.parse import Source, parse, rich_text
from merge.workbook.xml.sheet_xml import CellFinder, SheetXml, cells_beyond, split_links

_ARRAY = re.compile(rb"<[\w.-]*:?f\s[^>]*\bt\s*=\s*[\"'](?:array|dataTable)[\"'][^>]*>")
_REF = re.compile(rb"\bref\s*=\s*[\"']([A-Z0-9:$]+)[\"']")
_NUMBER = re.compile(rb">\s*(\d{1,9})\s*<")


@dataclass(frozen=True, slots=True)
class SheetScan:
    """What the first pass over a worksheet found.

    Attributes:
        head: its XML before `sheetData`
        data_tag: the start tag of `sheetData`
        tail: its XML after `sheetData`, without what is in `hyperlinks` unless that is unusual
        links: what was left out of the tail
        prefix: namespace prefix of its elements with its colon, or ""
        headers: text of the header row's cells, by column
        header_tags: start tag of the header row's cells, by column
        last_column: the last column with a value in or below the header row; 0 if there's none, None if it
            wasn't looked for
        last_row: the last row in the XML, at least the header row
        arrays: ranges of more than one cell that array formulas and data tables fill
        has_formulas: whether there are any formulas; True if they weren't looked for
    """

    head: bytes
    data_tag: bytes
    tail: bytes
    links: bytes
    prefix: str
    headers: Mapping[int, str]
    header_tags: Mapping[int, bytes]
    last_column: int | None
    last_row: int
    arrays: tuple[CellRange, ...]
    has_formulas: bool = False

    @property
    def skeleton(self) -> bytes:
        """The worksheet without its rows and links."""
        empty = self.data_tag if self.data_tag.endswith(b"/>") else self.data_tag[:-1] + b"/>"
        return self.head + empty + self.tail


def scan_sheet(
    package: Package,
    sheet: SheetPart,
    header_row: int,
    *,
    every_row: bool,
    headers: Collection[str] = (),
) -> SheetScan:
    """Read a worksheet once, from beginning to end.

    Args:
        package: the workbook
        sheet: the worksheet
        header_row: number of its header row
        every_row: whether the order of all rows is checked, which patching does anyway
        headers: if all of them are there, no room is needed for new columns, so its end isn't looked for

    Raises:
        WorkbookError: its XML is damaged, or written in a way that can't be patched safely.
    """
    place = f"{package.path} ({sheet.name})"
    with package.open(sheet.part) as source:
        return _Scanner(package, source, place, header_row, headers, every_row=every_row).scan()


class _Scanner:
    def __init__(
        self,
        package: Package,
        source: Source,
        place: str,
        header_row: int,
        headers: Collection[str],
        *,
        every_row: bool,
    ) -> None:
        self._wanted = {normalize(header) for header in headers}
        self._has_all = False
        self._every_row = every_row
        self._package = package
        self._place = place
        self._header_row = header_row
        self._place = place
        self._sheet = SheetXml(source, place)
        self._finder = CellFinder(self._sheet.prefix, place)
        self._arrays: list[CellRange] = []
        self._headers: Mapping[int, str] = {}
        self._header_tags: Mapping[int, bytes] = {}
        self._last_column = 0
        self._beyond = self._cell_beyond(0)
        self._formula = f"</{self._sheet.prefix}f".encode()
        self._has_formulas = False

    def scan(self) -> SheetScan:
        last = 0
        while block := self._sheet.block():
            last = self._scan_block(block, last)
        sheet = self._sheet
        tail, links = split_links(sheet.tail)
        return SheetScan(
            sheet.head,
            sheet.data_tag,
            tail,
            bytes(links),
            sheet.prefix,
            self._headers,
            self._header_tags,
            None if self._has_all else self._last_column,
            max(self._header_row, last),
            tuple(self._arrays),
            self._has_formulas,
        )

    def _scan_block(self, block: bytes, last: int) -> int:
        """Scan the rows of a block; return the number of the last one."""
        self._note_formulas(block)
        is_below = last >= self._header_row and not self._every_row
        if is_below and (self._has_all or not self._beyond.search(block)):
            return self._sheet.last_number(block, last)
        for row in self._sheet.rows_of(block, last):
            last = row.number
            if row.inner and last == self._header_row:
                self._read_headers(row.inner)
            if row.inner and last >= self._header_row and self._beyond.search(row.inner):
                self._last_column = max(self._last_column, self._last_value(row.inner))
                self._beyond = self._cell_beyond(self._last_column)
        return last

    def _cell_beyond(self, column: int) -> re.Pattern[bytes]:
        """Match a cell that might be to the right of a column, or has an unusual address or none."""
        if column > LAST_COLUMN:
            raise WorkbookError(
                f"row {self._header_row} has cells beyond column XFD, the last one of a sheet",
                place=self._place,
                hint="Save it in Excel again, or delete what's to the right of the data",
            )
        return cells_beyond(self._sheet.prefix, column)

    def _last_value(self, inner: bytes) -> int:
        """Return the last column with a value; 0 if there's none beyond the last known one."""
        end = len(inner)
        while found := self._finder.last_before(inner, end):
            end, column, tag = found
            if column is None:
                return max((cell.column for cell in self._finder.all(inner) if cell.body), default=0)
            if column <= self._last_column:
                return 0
            if not self._finder.is_blank(inner, end, tag):
                return column
        return 0

    def _note_formulas(self, block: bytes) -> None:
        self._has_formulas = self._has_formulas or self._formula in block
        if b"ref" not in block or (b"array" not in block and b"dataTable" not in block):
            return
        for formula in _ARRAY.findall(block):
            ref = _REF.search(formula)
            filled = known_range(ref[1].decode()) if ref and b":" in ref[1] else None
            if filled is not None:
                self._arrays.append(filled)

    def _read_headers(self, inner: bytes) -> None:
        texts: dict[int, str] = {}
        tags: dict[int, bytes] = {}
        shared: dict[int, int] = {}
        for cell in self._finder.all(inner):
            if not cell.body:
                continue
            tags[cell.column] = cell.tag
            number = _NUMBER.search(cell.body)
            if b't="s"' in cell.tag.replace(b"'", b'"') and number:
                shared[cell.column] = int(number[1])
            else:
                texts[cell.column] = self._inline_text(cell.body)
        strings = self._shared_strings(set(shared.values()))
        texts.update((column, strings.get(number, "")) for column, number in shared.items())
        self._headers, self._header_tags = texts, tags
        self._has_all = bool(self._wanted) and self._wanted <= {*map(normalize, texts.values())}
        self._has_formulas = self._has_formulas or self._has_all

    def _inline_text(self, body: bytes) -> str:
        """Read a header that isn't a shared string: an inline string, or a formula's or number's value."""
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
