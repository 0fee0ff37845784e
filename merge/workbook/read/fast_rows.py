"""Rows read many at once, where they are written in the usual way; the others as XML, one by one.

What stands in them is the same as `stream` and `RowReader` find; whatever is odd about a sheet is left to
those, and so are its errors.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from merge.errors import WorkbookError
from merge.model import Cell, SheetRow
from merge.sheet.addresses import LAST_COLUMN, column_letters
from merge.workbook.read.cells import RowReader
from merge.workbook.read.number_formats import GENERAL
from merge.workbook.read.shared_strings import XML_BLANKS
from merge.workbook.xml.parse import STRICT, TRANSITIONAL, decode_xstring, is_on, parse
from merge.workbook.xml.sheet_xml import PlainRows, SheetXml, Source
from merge.workbook.xml.splice import get_attribute
from merge.workbook.xml.well_formed import WatchedStream

_REMEMBERED = 4_096
"""Different attributes of cells that are kept in mind; sheets have a few dozen."""
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class QuickReader:
    """Reads the rows of a sheet.

    Args:
        stream: its part
        place: what it is called in messages
        reader: makes cells of what is found

    Raises:
        WorkbookError: it is not a sheet that can be read so.
    """

    def __init__(self, stream: Source, place: str, reader: RowReader) -> None:
        self._reader = reader
        self._sheet = SheetXml(WatchedStream(stream, place), place)
        self._place = place
        p = self._sheet.prefix
        root = self._sheet.root_tag
        space = get_attribute(root, f"xmlns:{p[:-1]}" if p else "xmlns")
        if space not in {TRANSITIONAL, STRICT} or b"xmlns" in self._sheet.data_tag:
            raise WorkbookError("its rows are in another namespace", place=place)
        self._wrapping = (root, f"</{p}worksheet>".encode())
        self._cell = f"<{p}c".encode()
        self._usual_cell = self._cell + b' r="'
        wanted = range(1, 703) if reader.columns is None else sorted(reader.columns)
        self._columns = {column_letters(it).encode(): it for it in wanted if 1 <= it <= LAST_COLUMN}
        self._all = reader.columns is None
        letters = b"[A-Z]{1,2}" if self._all else b"|".join(self._columns) or b"-"
        self._found = re.compile(_cell_pattern(re.escape(p.encode()), letters))
        self._looks: dict[bytes, tuple[str, str] | None] = {}

    def rows(self) -> Iterator[SheetRow]:
        """The rows with a value, from top to bottom.

        Raises:
            WorkbookError: the sheet is odd or damaged from here on.
            ValueError: a number or an index in it is none.
            IndexError: it refers to a shared string that does not exist.
        """
        last = 0
        while block := self._sheet.block():
            plain = self._sheet.plain(block, last)
            if plain is None or block.count(self._cell) != block.count(self._usual_cell):
                last = yield from self._as_xml(block, last)
            else:
                yield from self._plain(plain)
                last = plain.numbers[-1]

    def merged(self) -> Iterator[str]:
        """The ranges of merged cells; known when all rows were read.

        Raises:
            WorkbookError: what stands behind the rows is odd.
        """
        tail = self._sheet.tail
        if b"mergeCell" in tail:
            if b"<!" in tail or b"<?" in tail:
                raise WorkbookError("there is something behind its rows", place=self._place)
            for found in re.finditer(rb"<%bmergeCell\s[^>]*>" % re.escape(self._sheet.prefix.encode()), tail):
                yield get_attribute(found[0], "ref") or ""

    def _plain(self, plain: PlainRows) -> Iterator[SheetRow]:
        for piece, number, rest in zip(plain.pieces, plain.numbers, plain.rests, strict=True):
            cells = self._cells(piece)
            if cells is None:
                yield from self._as_xml(piece + self._sheet.row_end, number - 1)
            elif cells:
                yield SheetRow(number, cells, b"hidden" in rest and _is_hidden(rest))

    def _cells(self, piece: bytes) -> dict[int, Cell] | None:
        """The wanted cells of a row; None where one is written in another way."""
        cells: dict[int, Cell] = {}
        found = self._found.findall(piece)
        if self._all and len(found) != piece.count(self._cell):
            return None
        looks, columns, filled = self._looks, self._columns, self._reader.filled
        for letters, attributes, formula, value, preserved, text, odd in found:
            look = looks[attributes] if attributes in looks else self._look(attributes)
            raw = value or text
            shown = _decoded(raw)
            if odd or look is None or shown is None or ((formula or preserved) and not raw):
                return None
            kind, number_format = look
            if text:
                inline = shown if preserved else shown.strip(XML_BLANKS)
                shown = decode_xstring(inline) if kind == "inlineStr" else ""
            cell = filled(kind, shown, number_format) if shown else None
            if cell is not None:
                cells[columns[letters]] = cell
        return cells

    def _look(self, attributes: bytes) -> tuple[str, str] | None:
        """Kind and number format of cells with these attributes; None where they are not the usual ones."""
        tag = b"<c%b>" % attributes
        look = None
        if b"xmlns" not in attributes:
            style = get_attribute(tag, "s") or "0"
            look = get_attribute(tag, "t") or "n", self._reader.formats.get(style, GENERAL)
        if len(self._looks) == _REMEMBERED:
            self._looks.clear()
        self._looks[attributes] = look
        return look

    def _as_xml(self, rows: bytes, last: int) -> Generator[SheetRow, None, int]:
        """Rows however they are written; gives the number of the last one."""
        start, end = self._wrapping
        for element in parse(start + rows + end, self._place):
            row = self._reader.row(element, last)
            if row.number <= last:
                raise WorkbookError("its rows are out of order", place=self._place)
            last = row.number
            if row.cells:
                yield row
        return last


def _is_hidden(rest: bytes) -> bool:
    return is_on(get_attribute(b"<row%b>" % rest, "hidden"))


def _decoded(raw: bytes) -> str | None:
    """A text without its entities; None where it has others than XML's own, or line ends to be changed."""
    if b"&" not in raw and b"\r" not in raw:
        return raw.decode()
    if b"&#" in raw or b"\r" in raw:
        return None
    text = raw.decode()
    for entity, meant in _ENTITIES:
        text = text.replace(entity, meant)
    return text


def _cell_pattern(prefix: bytes, letters: bytes) -> bytes:
    """A cell in one of these columns, in parts; where it is written in another way, its last part alone."""
    address = rb'<%bc r="(' + letters + rb')\d{1,7}"'
    formula = rb"(<%bf(?:\s[^<>]*)?(?:/>|>[^<]*</%bf>))?"
    value = rb'<%bv>([^<]*)</%bv>|<%bis><%bt( xml:space="preserve")?>([^<]*)</%bt></%bis>'
    usual = address + rb'((?: \w+="[^"<>&]*")*)(?:/>|>' + formula + rb"(?:" + value + rb")?</%bc>)"
    odd = rb'<%bc r="(?:' + letters + rb')\d{1,7}(")'
    return (usual + rb"|" + odd).replace(b"%b", prefix)
