"""Read a worksheet's XML as a stream: everything before the rows, the rows, everything after them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_ROW, column_letters, column_number, letters_up_to, split_ref
from merge.workbook.xml.parse import SAVE_AGAIN, Source, number, refuse_doctype
from merge.workbook.xml.splice import get_attribute, refuse_other_encodings, start_tag

_CHUNK = 1 << 17
_LONGEST_HEAD = 4 << 20
_LONGEST_PIECE = 64 << 20
"""Bytes of one row, or of everything after the rows; far more than any real sheet has."""
_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?:\s[^>]*|/)?>")
_LINKS = re.compile(rb"<((?:[\w.-]+:)?)hyperlinks(?:\s[^<>]*)?(?<!/)>")
_STYLE = re.compile(rb" s=\"(\d{1,9})\"")
_LONGEST_NUMBER = 7
"""Digits of the last row."""
_ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")


class RawRow(NamedTuple):
    """One row in its XML spelling.

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
    """One cell in its XML spelling.

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
        self._rest = b""
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
        self._row_tag = re.compile(rb"(\s*)(<%b(?: r=\"(\d{1,7})\")?(?:\s[^>]*|/)?>)" % name)
        self._self_closed = re.compile(rb"(?:\s*<%b(?:\s[^>]*)?/>)*" % name)
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
        while not self._ended:
            buffer = self._rest
            end = buffer.rfind(self.row_end)
            end = self._end_of_self_closed(buffer) if end < 0 else end + len(self.row_end)
            if end:
                block, self._rest = buffer[:end], buffer[end:]
                # Searching for a single byte is much faster than for two.
                if (b"!" in block and b"<!" in block) or (b"?" in block and b"<?" in block):
                    raise self._error("there's a comment, CDATA or an instruction among its rows")
                return block
            self._ended = self._is_at_the_end(buffer)
            if not self._ended:
                self._rest = self._more(buffer)
        return b""

    def rows_of(self, block: bytes, last: int) -> Iterator[RawRow]:
        """Yield the rows of a block one by one, in whatever layout.

        Args:
            block: complete rows
            last: number of the row before them

        Raises:
            WorkbookError: rows are out of order, or there is other XML between them.
        """
        *complete, rest = block.split(self.row_end)
        for piece in complete:
            found = self._row_tag.match(piece)
            while found and found[2].endswith(b"/>"):
                last = self._number_of(found, last)
                yield RawRow(last, found[1], found[2], None)
                found = self._row_tag.match(piece, found.end())
            if found is None or piece.find(self._row_start, found.end()) >= 0:
                raise self._error("there's something between its rows")
            last = self._number_of(found, last)
            yield RawRow(last, found[1], found[2], piece[found.end() :])
        end = 0
        while (found := self._row_tag.match(rest, end)) and found[2].endswith(b"/>"):
            last, end = self._number_of(found, last), found.end()
            yield RawRow(last, found[1], found[2], None)

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

    def _number_of(self, row: re.Match[bytes], last: int) -> int:
        """Return a row's number; rows without one are counted."""
        digits = row[3]
        if digits is None and (found := _ROW_NUMBER.search(row[2])):
            digits = found[1]
        number = int(digits) if digits else self._counted(row[2], last)
        if not last < number <= LAST_ROW:
            raise self._error(f"its rows are out of order at row {number}")
        return number

    def _counted(self, tag: bytes, last: int) -> int:
        """Return the number of a row without a usable one: the next after the last row."""
        written = get_attribute(tag, "r")
        if written is not None:
            raise self._error(f"a row has the number {written!r}, which no sheet has")
        return last + 1

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
            raise self._error("there's something between its rows")
        self.tail = self._read_tail(buffer[found.end() :])
        return True

    def _read_head(self) -> tuple[bytes, bytes]:
        buffer = self._more(b"")
        refuse_other_encodings(buffer, self._place)
        while not (found := _SHEET_DATA.search(buffer)):
            if len(buffer) > _LONGEST_HEAD:
                raise self._error("there's too much before its rows")
            buffer = self._more(buffer)
        refuse_doctype(buffer[: found.start()], self._place)
        self._found_prefix = found[1]
        self._rest = buffer[found.end() :]
        return buffer[: found.start()], found[0]

    def _read_tail(self, start: bytes) -> bytes:
        tail = start + self._stream.read(_LONGEST_PIECE)
        if self._stream.read(1):
            raise self._error("there's too much after its rows")
        return tail

    def _more(self, buffer: bytes) -> bytes:
        # Doubling the buffer keeps the search for a row's end linear.
        chunk = self._stream.read(max(_CHUNK, len(buffer)))
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
        p = re.escape(prefix.encode())
        self._start = b"<" + prefix.encode() + b"c"
        self._cell = re.compile(
            rb"<%bc(?: r=\"([A-Z]{1,3})\d+\")?(?:\s[^>]*?)?(?:/>|>(.*?)</%bc\s*>)" % (p, p), re.DOTALL
        )
        self._tag = re.compile(rb"<%bc(?: r=\"([A-Z]{1,3})\d+\")?(?:\s[^>]*|/)?>" % p)
        self._columns = {column_letters(n).encode(): n for n in range(1, 703)}

    def all(self, inner: bytes) -> list[RawCell]:
        """Return every cell of a row; those without an address are counted from the one before."""
        cells: list[RawCell] = []
        column = 0
        for found in self._cell.finditer(inner):
            start, end = found.span()
            tag = found[0] if found[2] is None else inner[start : found.start(2)]
            column = self._columns.get(found[1]) or self.column(tag) or column + 1
            cells.append(RawCell(column, tag, found[2] or b"", start, end))
        return cells

    def last_before(self, inner: bytes, end: int) -> tuple[int, int | None, bytes] | None:
        """Return position, column and start tag of the last cell before `end`; None if there's none.

        The column is None if the cell has no address.
        """
        while (start := inner.rfind(self._start, 0, end)) >= 0:
            found = self._tag.match(inner, start)
            if found:
                return start, self._columns.get(found[1]) or self.column(found[0]), found[0]
            end = start  # another element whose name begins with c
        return None

    def column(self, tag: bytes) -> int | None:
        """Return the column in a cell's address; None if it has no address.

        Raises:
            WorkbookError: the address isn't one.
        """
        ref = get_attribute(tag, "r")
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


def split_links(tail: bytes) -> tuple[bytes, memoryview]:
    """Return what follows a sheet's rows without its hyperlinks, and the hyperlinks (up to 65,530).

    They stay where they are if there is a comment or another element of this name.
    """
    found = [*_LINKS.finditer(tail)]
    start = end = len(tail)
    if len(found) == 1 and b"<!" not in tail and b"<?" not in tail:
        start, end = found[0].end(), tail.rfind(b"</%bhyperlinks" % found[0][1])
    if end <= start:
        return tail, memoryview(b"")
    return tail[:start] + tail[end:], memoryview(tail)[start:end]


class SplitRows(NamedTuple):
    """Rows without their end tags, in three parts.

    Attributes:
        left: up to our cells
        there: our cells, column by column: the end of each one's address with its format, b"" where there's
            no cell; empty if no row has any
        right: what follows our cells; empty if nothing does
    """

    left: list[bytes]
    there: Sequence[Sequence[bytes]]
    right: Sequence[bytes]


class UsualCells:
    """Finds our cells where rows are as castmerge or Excel writes them: adjacent and in order.

    Args:
        prefix: the namespace prefix of the sheet's elements with its colon, or ""
        columns: ours, from left to right
    """

    def __init__(self, prefix: str, columns: Sequence[int]) -> None:
        p = re.escape(prefix.encode())
        letters = [column_letters(column).encode() for column in columns]
        self._last = max(columns, default=0)
        self._row_start = b"<%brow r=" % prefix.encode()
        self._first = b'<%bc r="%b' % (prefix.encode(), letters[0] if letters else b"-")
        text = rb" t=\"inlineStr\"><%bis><%bt(?: xml:space=\"preserve\")?>[^<\0]*+</%bt></%bis>" % (
            p,
            p,
            p,
            p,
        )
        value = rb"(?: t=\"(?:s|str|b|e)\"><%bv>[^<\0]*|(?: t=\"n\")?><%bv>[-+.0-9Ee]+)</%bv>" % (p, p, p)
        rest = rb"(?:/>|(?:%b|%b)</%bc>)" % (text, value, p)
        style = rb"\"(?: s=\"\d{1,9}\")?"
        there = b"".join(rb"(?>(?:<%bc r=\"%b\d{1,7}(%b)%b)?)" % (p, it, style, rest) for it in letters)
        made = b"".join(rb"(?>(?:<%bc r=\"%b\1%b%b)?)" % (p, it, style, rest) for it in letters)
        self._there = re.compile(rb"\0%b([^\0]*+)" % there).findall
        self._made = re.compile(rb"(?>(?:\0(\d{1,7})%b)*)" % made).fullmatch
        self._one_of_ours = re.compile(rb"<%bc r=\"(?:%b)\d" % (p, b"|".join(letters) or b"-")).search
        self._others = re.compile(rb"<%bc[\s/>](?!r=\"(?:%b)\d)" % (p, b"|".join(letters) or b"-")).search
        self._formula = b"<%bf" % prefix.encode()
        self._address = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d" % p).match

    def tags(self, rows: list[bytes]) -> tuple[list[int], list[bytes]] | None:
        """Return the numbers of rows, and what follows these in their tags; None if one is unusual."""
        tags = [row.partition(b">")[0].split(b'"', 2) for row in rows]
        if {*map(len, tags)} != {3} or {it.lstrip() for it in {tag[0] for tag in tags}} != {self._row_start}:
            return None
        numbers = [tag[1] for tag in tags]
        if not all(map(bytes.isdigit, numbers)) or max(map(len, numbers)) > _LONGEST_NUMBER:
            return None
        return [*map(int, numbers)], [tag[2] for tag in tags]

    def split(self, rows: list[bytes], joined: bytes) -> SplitRows | None:
        """Split rows around our cells; None if these are written in an unusual way.

        Args:
            rows: without their end tags
            joined: these and maybe more
        """
        if self._first not in joined:
            return SplitRows(rows, (), ())
        left, ours = self._halves(rows)
        *there, right = zip(*self._there(b"\0" + ours), strict=True)
        if len(right) != len(rows):
            return None
        if not any(right):
            return SplitRows(left, there, ())
        if self._one_of_ours(b"".join(right)) or not all(map(self._is_beyond, filter(None, right))):
            return None
        return SplitRows(left, there, right)

    def around(self, rows: list[bytes], joined: bytes) -> tuple[list[bytes], Sequence[bytes]] | None:
        """Return what is left and what is right of our cells, as `split` does."""
        if self._first in joined:
            left, ours = self._halves(rows)
            if not (self._others(ours) or self._formula in ours or b"extLst" in ours):
                return left, ()
        split = self.split(rows, joined)
        return split and (split.left, split.right)

    def _halves(self, rows: list[bytes]) -> tuple[list[bytes], bytes]:
        """Split rows before our cells; return what comes before in each, and the rest joined."""
        starts = [row.rfind(self._first) for row in rows]
        left = [row if at < 0 else row[:at] for row, at in zip(rows, starts, strict=True)]
        return left, b"\0".join([b"" if at < 0 else row[at:] for row, at in zip(rows, starts, strict=True)])

    def are_made(self, numbers: Sequence[int], cells: Sequence[bytes]) -> bool:
        """Whether these are cells of ours, row by row: well-formed, in order, and each only once.

        Args:
            numbers: of the rows
            cells: in each of them
        """
        digits = [b"\0%d" % number for number in numbers]
        return self._made(b"".join(chain.from_iterable(zip(digits, cells, strict=True)))) is not None

    def _is_beyond(self, cells: bytes) -> bool:
        """Whether cells begin with one to the right of ours."""
        found = self._address(cells)
        return found is not None and column_number(found[1].decode()) > self._last


def cells_beyond(prefix: str, column: int) -> re.Pattern[bytes]:
    """Match a cell that is to the right of a column, or has an unusual address or none."""
    return re.compile(rf'<{re.escape(prefix)}c[\s/>](?!r="(?:{letters_up_to(column)})\d)'.encode())


def style_of(tag: bytes) -> int:
    """Return the format of a cell or a row (`s`), an index into `cellXfs`; 0 if it has none."""
    found = _STYLE.search(tag)
    return int(found[1]) if found else max(0, number(get_attribute(tag, "s")))
