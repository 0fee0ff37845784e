"""Read a worksheet's XML as a stream: everything before the rows, the rows, everything after them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter, lt
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_ROW, column_letters, split_ref
from merge.workbook.xml.parse import SAVE_AGAIN, Source, number, refuse_doctype
from merge.workbook.xml.splice import get_attribute, refuse_other_encodings, start_tag

_CHUNK = 1 << 17
_LONGEST_HEAD = 4 << 20
_LONGEST_PIECE = 64 << 20
"""Bytes of one row, or of everything after the rows; far more than any real sheet has."""
_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?:\s[^>]*|/)?>")
_USUAL_NUMBER = re.compile(rb"<row r=\"(\d{1,7})\"")
_ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")


class RawRow(NamedTuple):
    """One row as it is written in the XML.

    Attributes:
        number: as Excel shows it
        gap: the whitespace before it
        tag: its start tag
        inner: its cells; None if the row is self-closed
    """

    number: int
    gap: bytes
    tag: bytes
    inner: bytes | None


class RawCell(NamedTuple):
    """One cell as it is written in the XML.

    Attributes:
        column: its number
        tag: its start tag
        body: between its tags; b"" if it is self-closed
        start: its position in the row's `inner`
        end: the position after it
    """

    column: int
    tag: bytes
    body: bytes
    start: int
    end: int


class PlainRows(NamedTuple):
    """Rows in the layout that nearly every program writes, split all at once.

    Attributes:
        pieces: each row from its start tag to its last cell, without its end tag
        numbers: as Excel shows them, ascending
        spans: the attribute with the columns in use, such as b' spans="1:10"'; b"" if a row has none
        rests: the rest of each start tag
    """

    pieces: list[bytes]
    numbers: list[int]
    spans: tuple[bytes, ...]
    rests: tuple[bytes, ...]

    def at(self, places: Sequence[int]) -> PlainRows:
        """Return the rows at these indices."""
        pieces, numbers = [self.pieces[it] for it in places], [self.numbers[it] for it in places]
        spans, rests = tuple(self.spans[it] for it in places), tuple(self.rests[it] for it in places)
        return PlainRows(pieces, numbers, spans, rests)

    def part(self, start: int, end: int | None = None) -> PlainRows:
        """Return a slice of the rows."""
        part = slice(start, end)
        return PlainRows(self.pieces[part], self.numbers[part], self.spans[part], self.rests[part])


class SheetXml:
    """A worksheet part, read once from beginning to end.

    Attributes:
        head: everything before `sheetData`
        data_tag: the start tag of `sheetData`
        prefix: the namespace prefix of its elements with its colon, or ""
        trailing: the whitespace after the last row; set when all rows were read
        tail: everything after `sheetData`; set when all rows were read
    """

    def __init__(self, stream: Source, place: str) -> None:
        self._stream = stream
        self._place = place
        self._rest = self._put_back = b""
        self._ended = False
        self.trailing = b""
        self.tail = b""
        self.head, self.data_tag = self._read_head()
        self.prefix = self._found_prefix.decode()
        row = self._found_prefix + b"row"
        self.row_end = b"</" + row + b">"
        self._row_start = b"<" + row
        self._usual_start = self._row_start + b' r="'
        name = re.escape(row)
        self._row_tag = re.compile(rb"(\s*)(<%b(?:\s[^>]*|/)?>)" % name)
        self._self_closed = re.compile(rb"(?:\s*<%b(?:\s[^>]*)?/>)*" % name)
        self._number = re.compile(rb"<%b r=\"(\d{1,7})\"" % name)
        self._plain_tag = re.compile(rb"<%b r=\"(\d{1,7})\"( spans=\"[\d: ]*\")?([^<>]*)>" % name)
        self._data_end = re.compile(rb"</%bsheetData\s*>" % re.escape(self._found_prefix))

    @property
    def self_closed(self) -> bool:
        """Return whether there are no rows at all: `<sheetData/>`."""
        return self.data_tag.endswith(b"/>")

    @property
    def root_tag(self) -> bytes:
        """Return the start tag of the worksheet, with its namespace declarations."""
        return start_tag(self.head, max(0, self.head.find(b"<" + self._found_prefix + b"worksheet")))

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows in order; one without a number follows the one before.

        Raises:
            WorkbookError: rows are out of order, or there is other XML between them.
        """
        last = 0
        while block := self.block():
            for row in self.rows_of(block, last):
                last = row.number
                yield row

    def block(self) -> bytes:
        """Return the bytes of the next complete rows; b"" when all were read.

        Raises:
            WorkbookError: there is other XML between rows, or the sheet is cut off.
        """
        if self._put_back:
            block, self._put_back = self._put_back, b""
            return block
        while not self._ended:
            buffer = self._rest
            end = buffer.rfind(self.row_end)
            end = self._end_of_self_closed(buffer) if end < 0 else end + len(self.row_end)
            if end:
                block, self._rest = buffer[:end], buffer[end:]
                # Searching for a single byte is much faster than for two.
                if (b"!" in block and b"<!" in block) or (b"?" in block and b"<?" in block):
                    raise self._error("there is a comment, CDATA or an instruction among its rows")
                return block
            self._ended = self._is_at_the_end(buffer)
            if not self._ended:
                self._rest = self._more(buffer)
        return b""

    def unread(self, rows: bytes) -> None:
        """Put complete rows back, to be read again."""
        self._put_back = rows + self._put_back

    def rows_of(self, block: bytes, last: int) -> Iterator[RawRow]:
        """Yield the rows of a block one by one, in whatever layout.

        Args:
            block: complete rows
            last: number of the row before them

        Raises:
            WorkbookError: rows are out of order, or there is other XML between them.
        """
        for gap, tag, inner in self._raw_rows(block):
            found = _USUAL_NUMBER.match(tag) or _ROW_NUMBER.search(tag)
            following = int(found[1]) if found else self._counted(tag, last)
            if not last < following <= LAST_ROW:
                raise self._error(f"its rows are out of order at row {following}")
            last = following
            yield RawRow(following, gap, tag, inner)

    def plain(self, block: bytes, last: int, split: list[bytes] | None = None) -> PlainRows | None:
        """Return the rows of a block all at once; None if one isn't in the usual layout.

        Args:
            block: complete rows
            last: number of the row before them
            split: the same split at its end tags, if that was done already
        """
        pieces = split or block.split(self.row_end)
        if pieces.pop() or not pieces:
            return None
        tags = self._plain_tag.findall(block)
        start = slice(len(self._usual_start))
        if len(tags) != len(pieces) or set(map(itemgetter(start), pieces)) != {self._usual_start}:
            return None
        texts, spans, rests = zip(*tags, strict=True)
        numbers = [*map(int, texts)]
        rising = last < numbers[0] and numbers[-1] <= LAST_ROW
        if not rising or not all(map(lt, numbers, islice(numbers, 1, None))):
            return None
        if any(rest.endswith(b"/") for rest in set(rests)):
            return None
        return PlainRows(pieces, numbers, spans, rests)

    def numbers(self, block: bytes, pieces: list[bytes], last: int) -> list[int] | None:
        """Return the numbers of a block's rows; None if they aren't ascending or in the usual layout.

        Args:
            block: complete rows
            pieces: the same split at its end tags
            last: number of the row before them
        """
        start = slice(len(self._usual_start))
        if set(map(itemgetter(start), pieces)) != {self._usual_start}:
            return None
        numbers = [*map(int, self._number.findall(block))]
        if len(numbers) != len(pieces) or not last < numbers[0] or numbers[-1] > LAST_ROW:
            return None
        return numbers if all(map(lt, numbers, islice(numbers, 1, None))) else None

    def last_number(self, block: bytes, last: int) -> int:
        """Return the number of a block's last row.

        Args:
            block: complete rows
            last: number of the row before them

        Raises:
            WorkbookError: rows are out of order, or there is other XML between them.
        """
        start = block.rfind(self._usual_start)
        if start >= 0 and block.find(self._row_start, start + 1) < 0:
            digits = block[start + len(self._usual_start) : start + len(self._usual_start) + 8]
            number = digits.partition(b'"')[0]
            if number.isdigit() and len(number) < len(digits):
                return int(number)
        return deque(self.rows_of(block, last), 1)[0].number

    def written(self, row: RawRow) -> bytes:
        """Return the bytes of a row."""
        return row.gap + row.tag + (b"" if row.inner is None else row.inner + self.row_end)

    def _counted(self, tag: bytes, last: int) -> int:
        """Return the number of a row that has none."""
        written = get_attribute(tag, "r")
        if written is not None:
            raise self._error(f"a row has the number {written!r}, which no sheet has")
        return last + 1

    def _raw_rows(self, block: bytes) -> Iterator[tuple[bytes, bytes, bytes | None]]:
        *complete, self_closed = block.split(self.row_end)
        for piece in complete:
            found = self._row_tag.match(piece)
            while found is not None and found[2].endswith(b"/>"):
                yield found[1], found[2], None
                found = self._row_tag.match(piece, found.end())
            if found is None or piece.find(self._row_start, found.end()) >= 0:
                raise self._error("there is something between its rows")
            yield found[1], found[2], piece[found.end() :]
        position = 0
        while (found := self._row_tag.match(self_closed, position)) and found[2].endswith(b"/>"):
            position = found.end()
            yield found[1], found[2], None

    def _end_of_self_closed(self, buffer: bytes) -> int:
        """Return up to where a buffer contains only rows without cells."""
        found = self._self_closed.match(buffer)
        return found.end() if found else 0

    def _is_at_the_end(self, buffer: bytes) -> bool:
        if self.self_closed:
            self.tail = self._read_tail(buffer)
            return True
        found = self._data_end.search(buffer)
        if found is None:
            return False
        self.trailing = buffer[: found.start()]
        if self.trailing.strip():
            raise self._error("there is something between its rows")
        self.tail = self._read_tail(buffer[found.end() :])
        return True

    def _read_head(self) -> tuple[bytes, bytes]:
        buffer = self._more(b"")
        refuse_other_encodings(buffer, self._place)
        while not (found := _SHEET_DATA.search(buffer)):
            if len(buffer) > _LONGEST_HEAD:
                raise self._error("there is too much before its rows")
            buffer = self._more(buffer)
        refuse_doctype(buffer[: found.start()], self._place)
        self._found_prefix = found[1]
        self._rest = buffer[found.end() :]
        return buffer[: found.start()], found[0]

    def _read_tail(self, start: bytes) -> bytes:
        tail = start + self._stream.read(_LONGEST_PIECE)
        if self._stream.read(1):
            raise self._error("there is too much behind its rows")
        return tail

    def _more(self, buffer: bytes) -> bytes:
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            raise self._error("its XML ends too early")
        if len(buffer) > _LONGEST_PIECE:
            raise self._error("a row is longer than Excel's longest")
        return buffer + chunk

    def _error(self, message: str) -> WorkbookError:
        return WorkbookError(message, place=self._place, hint=SAVE_AGAIN)


class CellFinder:
    """Finds cells in a row's bytes, in sheets with this namespace prefix."""

    def __init__(self, prefix: str, place: str) -> None:
        self._place = place
        name = re.escape(prefix.encode()) + b"c"
        self._start = b"<" + prefix.encode() + b"c"
        self._cell = re.compile(rb"<%b(?:\s[^>]*?)?(?:/>|>(.*?)</%b\s*>)" % (name, name), re.DOTALL)
        self._tag = re.compile(rb"<%b(?:\s[^>]*|/)?>" % name)
        self._ref = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})\d+[\"']")
        self._columns = {column_letters(n).encode(): n for n in range(1, 703)}

    def all(self, inner: bytes) -> list[RawCell]:
        """Return every cell of a row; one without an address follows the one before."""
        cells: list[RawCell] = []
        column = 0
        for found in self._cell.finditer(inner):
            tag = self._tag.match(inner, found.start())
            assert tag is not None, "a cell begins with its tag"
            column = self.column(tag[0]) or column + 1
            cells.append(RawCell(column, tag[0], found[1] or b"", found.start(), found.end()))
        return cells

    def last_before(self, inner: bytes, end: int) -> tuple[int, bytes] | None:
        """Return position and start tag of the last cell before `end`; None if there is none."""
        while (start := inner.rfind(self._start, 0, end)) >= 0:
            found = self._tag.match(inner, start)
            if found:
                return start, found[0]
            end = start  # another element whose name starts with the same letter
        return None

    def column(self, tag: bytes) -> int | None:
        """Return the column in a cell's address; None if it has no address."""
        found = self._ref.search(tag)
        known = self._columns.get(found[1]) if found else None
        return known or self._rare_column(get_attribute(tag, "r"))

    def _rare_column(self, ref: str | None) -> int | None:
        if ref is None:
            return None
        try:
            return split_ref(ref)[0]
        except ValueError as error:
            raise WorkbookError(
                f"a cell has the address {ref!r}, which no sheet has", place=self._place, hint=SAVE_AGAIN
            ) from error

    def is_blank(self, inner: bytes, start: int, tag: bytes) -> bool:
        """Return whether the cell at `start` has neither value nor formula."""
        return tag.endswith(b"/>") or inner.startswith(b"</", start + len(tag))


def style_of(tag: bytes) -> int:
    """Return the style (`s`) of a cell or row, an index into `cellXfs`; 0 if it has none."""
    value = get_attribute(tag, "s") if b"s=" in tag.replace(b" ", b"") else None
    return max(0, number(value))
