"""A worksheet's XML as a stream: what stands before the rows, the rows, what stands behind them."""

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
"""Bytes of one row, or of what stands behind the rows; no sheet that is filled in by people has more."""
_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?:\s[^>]*|/)?>")
_USUAL_NUMBER = re.compile(rb"<row r=\"(\d{1,7})\"")
_ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")


class RawRow(NamedTuple):
    """One row as it is written.

    Attributes:
        number: as Excel shows it
        gap: the blanks before it
        tag: its start tag
        inner: its cells; None where the row is self-closed
    """

    number: int
    gap: bytes
    tag: bytes
    inner: bytes | None


class RawCell(NamedTuple):
    """One cell as it is written; `start` and `end` are where it stands in its row.

    Attributes:
        column: its number
        tag: its start tag
        body: what is between its tags, b"" where it is self-closed
        start: where it begins
        end: behind it
    """

    column: int
    tag: bytes
    body: bytes
    start: int
    end: int


class PlainRows(NamedTuple):
    """Rows that are written as nearly every program writes them, taken apart at once.

    Attributes:
        pieces: each row from its start tag to its last cell, without its end tag
        numbers: as Excel shows them, rising
        spans: the hint of the columns in use, such as b' spans="1:10"'; b"" where a row has none
        rests: what else stands in each start tag
    """

    pieces: list[bytes]
    numbers: list[int]
    spans: tuple[bytes, ...]
    rests: tuple[bytes, ...]

    def at(self, places: Sequence[int]) -> PlainRows:
        """Those at these places."""
        pieces, numbers = [self.pieces[it] for it in places], [self.numbers[it] for it in places]
        spans, rests = tuple(self.spans[it] for it in places), tuple(self.rests[it] for it in places)
        return PlainRows(pieces, numbers, spans, rests)

    def part(self, start: int, end: int | None = None) -> PlainRows:
        """Some of them."""
        part = slice(start, end)
        return PlainRows(self.pieces[part], self.numbers[part], self.spans[part], self.rests[part])


class SheetXml:
    """A worksheet part, read once from its beginning to its end.

    Attributes:
        head: everything before `sheetData`
        data_tag: the start tag of `sheetData`
        prefix: the namespace prefix of its elements with its colon, or ""
        trailing: the blanks behind the last row; known when all rows were read
        tail: everything behind `sheetData`; known when all rows were read
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
        """Whether there are no rows at all, `<sheetData/>`."""
        return self.data_tag.endswith(b"/>")

    @property
    def root_tag(self) -> bytes:
        """The start tag of the worksheet, with the namespaces that it declares."""
        return start_tag(self.head, max(0, self.head.find(b"<" + self._found_prefix + b"worksheet")))

    def rows(self) -> Iterator[RawRow]:
        """The rows in their order; rows without a number are counted.

        Raises:
            WorkbookError: rows are out of order, or there is XML between them that no row may hold.
        """
        last = 0
        while block := self.block():
            for row in self.rows_of(block, last):
                last = row.number
                yield row

    def block(self) -> bytes:
        """The next rows as they are written, whole ones; b"" when all were read.

        Raises:
            WorkbookError: there is XML between them that no row may hold, or the sheet is cut off.
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
                # Single letters are looked for much faster than pairs.
                if (b"!" in block and b"<!" in block) or (b"?" in block and b"<?" in block):
                    raise self._odd("there is a comment, CDATA or an instruction among its rows")
                return block
            self._ended = self._is_at_the_end(buffer)
            if not self._ended:
                self._rest = self._more(buffer)
        return b""

    def unread(self, rows: bytes) -> None:
        """Puts whole rows back, to be given again."""
        self._put_back = rows + self._put_back

    def rows_of(self, block: bytes, last: int) -> Iterator[RawRow]:
        """The rows of a block one by one, however they are written.

        Args:
            block: whole rows
            last: number of the row before them

        Raises:
            WorkbookError: rows are out of order, or there is XML between them that no row may hold.
        """
        for gap, tag, inner in self._raw_rows(block):
            found = _USUAL_NUMBER.match(tag) or _ROW_NUMBER.search(tag)
            following = int(found[1]) if found else self._counted(tag, last)
            if not last < following <= LAST_ROW:
                raise self._odd(f"its rows are out of order at row {following}")
            last = following
            yield RawRow(following, gap, tag, inner)

    def plain(self, block: bytes, last: int, split: list[bytes] | None = None) -> PlainRows | None:
        """The rows of a block, all at once; None where not every one is written in the usual way.

        Args:
            block: whole rows
            last: number of the row before them
            split: the same parted at its end tags, where that was done already
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
        """The numbers of a block's rows; None where they are not rising, or not each is written as usual.

        Args:
            block: whole rows
            pieces: the same, parted at their end tags
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
        """The number of a block's last row.

        Args:
            block: whole rows
            last: number of the row before them

        Raises:
            WorkbookError: rows are out of order, or there is XML between them that no row may hold.
        """
        start = block.rfind(self._usual_start)
        if start >= 0 and block.find(self._row_start, start + 1) < 0:
            digits = block[start + len(self._usual_start) : start + len(self._usual_start) + 8]
            number = digits.partition(b'"')[0]
            if number.isdigit() and len(number) < len(digits):
                return int(number)
        return deque(self.rows_of(block, last), 1)[0].number

    def written(self, row: RawRow) -> bytes:
        """A row as it was written."""
        return row.gap + row.tag + (b"" if row.inner is None else row.inner + self.row_end)

    def _counted(self, tag: bytes, last: int) -> int:
        """The number of a row without one; what stands there instead of a number is no row's."""
        written = get_attribute(tag, "r")
        if written is not None:
            raise self._odd(f"a row has the number {written!r}, which no sheet has")
        return last + 1

    def _raw_rows(self, block: bytes) -> Iterator[tuple[bytes, bytes, bytes | None]]:
        *complete, self_closed = block.split(self.row_end)
        for piece in complete:
            found = self._row_tag.match(piece)
            while found is not None and found[2].endswith(b"/>"):
                yield found[1], found[2], None
                found = self._row_tag.match(piece, found.end())
            if found is None or piece.find(self._row_start, found.end()) >= 0:
                raise self._odd("there is something between its rows")
            yield found[1], found[2], piece[found.end() :]
        position = 0
        while (found := self._row_tag.match(self_closed, position)) and found[2].endswith(b"/>"):
            position = found.end()
            yield found[1], found[2], None

    def _end_of_self_closed(self, buffer: bytes) -> int:
        """How far a buffer holds nothing but rows without cells."""
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
            raise self._odd("there is something between its rows")
        self.tail = self._read_tail(buffer[found.end() :])
        return True

    def _read_head(self) -> tuple[bytes, bytes]:
        buffer = self._more(b"")
        refuse_other_encodings(buffer, self._place)
        while not (found := _SHEET_DATA.search(buffer)):
            if len(buffer) > _LONGEST_HEAD:
                raise self._odd("there is too much before its rows")
            buffer = self._more(buffer)
        refuse_doctype(buffer[: found.start()], self._place)
        self._found_prefix = found[1]
        self._rest = buffer[found.end() :]
        return buffer[: found.start()], found[0]

    def _read_tail(self, begun: bytes) -> bytes:
        tail = begun + self._stream.read(_LONGEST_PIECE)
        if self._stream.read(1):
            raise self._odd("there is too much behind its rows")
        return tail

    def _more(self, buffer: bytes) -> bytes:
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            raise self._odd("its XML ends too early")
        if len(buffer) > _LONGEST_PIECE:
            raise self._odd("a row is longer than Excel's longest")
        return buffer + chunk

    def _odd(self, what: str) -> WorkbookError:
        return WorkbookError(what, place=self._place, hint=SAVE_AGAIN)


class CellFinder:
    """Finds cells in a row's bytes, for sheets with this namespace prefix."""

    def __init__(self, prefix: str, place: str) -> None:
        self._place = place
        name = re.escape(prefix.encode()) + b"c"
        self._start = b"<" + prefix.encode() + b"c"
        self._cell = re.compile(rb"<%b(?:\s[^>]*?)?(?:/>|>(.*?)</%b\s*>)" % (name, name), re.DOTALL)
        self._tag = re.compile(rb"<%b(?:\s[^>]*|/)?>" % name)
        self._ref = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})\d+[\"']")
        self._columns = {column_letters(n).encode(): n for n in range(1, 703)}

    def all(self, inner: bytes) -> list[RawCell]:
        """Every cell of a row; those without an address are counted from the one before."""
        cells: list[RawCell] = []
        column = 0
        for found in self._cell.finditer(inner):
            tag = self._tag.match(inner, found.start())
            assert tag is not None, "a cell begins with its tag"
            column = self.column(tag[0]) or column + 1
            cells.append(RawCell(column, tag[0], found[1] or b"", found.start(), found.end()))
        return cells

    def last_before(self, inner: bytes, end: int) -> tuple[int, bytes] | None:
        """Where the last cell before `end` begins, and its start tag; None where there is none."""
        while (start := inner.rfind(self._start, 0, end)) >= 0:
            found = self._tag.match(inner, start)
            if found:
                return start, found[0]
            end = start  # another element whose name begins alike
        return None

    def column(self, tag: bytes) -> int | None:
        """The column in a cell's address; None where it has no address."""
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
        """Whether the cell at `start` has neither value nor formula."""
        return tag.endswith(b"/>") or inner.startswith(b"</", start + len(tag))


def style_of(tag: bytes) -> int:
    """The format of a cell, a row (`s`): an index into `cellXfs`; 0 where there is none."""
    value = get_attribute(tag, "s") if b"s=" in tag.replace(b" ", b"") else None
    return max(0, number(value))
