"""A worksheet's XML as a stream: what stands before the rows, the rows, what stands behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from merge.errors import WorkbookError
from merge.refs import LAST_ROW, column_letters, split_ref
from merge.workbook.markup import SAVE_AGAIN, number, refuse_doctype
from merge.workbook.splice import get_attribute, refuse_other_encodings, start_tag

_CHUNK = 1 << 19
_LONGEST_HEAD = 4 << 20
_LONGEST_PIECE = 64 << 20
"""Bytes of one row, or of what stands behind the rows; no sheet that is filled in by people has more."""
_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?:\s[^>]*|/)?>")
_USUAL_NUMBER = re.compile(rb"<row r=\"(\d{1,7})\"")
_ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int = ..., /) -> bytes:
        """The next bytes, b"" at the end."""
        ...


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


class SheetXml:
    """A worksheet part, read once from its beginning to its end.

    Attributes:
        head: everything before `sheetData`
        data_tag: the start tag of `sheetData`
        prefix: the namespace prefix of its elements with its colon, or ""
        trailing: the blanks behind the last row; known when `rows` is exhausted
        tail: everything behind `sheetData`; known when `rows` is exhausted
    """

    def __init__(self, stream: Source, place: str) -> None:
        self._stream = stream
        self._place = place
        self._rest = b""
        self.trailing = b""
        self.tail = b""
        self.head, self.data_tag = self._read_head()
        self.prefix = self._found_prefix.decode()
        row = self._found_prefix + b"row"
        self._row_end = b"</" + row + b">"
        self._row_start = b"<" + row
        self._row_tag = re.compile(rb"(\s*)(<%b(?:\s[^>]*|/)?>)" % re.escape(row))
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
        if self.self_closed:
            self.tail = self._read_tail(self._rest)
            return
        last = 0
        for gap, tag, inner in self._raw_rows():
            found = _USUAL_NUMBER.match(tag) or _ROW_NUMBER.search(tag)
            following = int(found[1]) if found else last + 1
            if not last < following <= LAST_ROW:
                raise self._odd(f"its rows are out of order at row {following}")
            last = following
            yield RawRow(following, gap, tag, inner)

    def _raw_rows(self) -> Iterator[tuple[bytes, bytes, bytes | None]]:
        buffer = self._rest
        while True:
            odd = b"<!" in buffer or b"<?" in buffer
            *complete, buffer = buffer.split(self._row_end)
            for piece in complete:
                if odd and (b"<!" in piece or b"<?" in piece):
                    raise self._odd("there is a comment, CDATA or an instruction among its rows")
                found = self._row_tag.match(piece)
                if found is None or found[2][-2:] == b"/>" or piece.find(self._row_start, found.end()) >= 0:
                    yield from self._rows_of(piece)
                else:
                    yield found[1], found[2], piece[found.end() :]
            position = 0
            for end, gap, tag in self._self_closed_rows(buffer):
                yield gap, tag, None
                position = end
            buffer = buffer[position:]
            end_tag = self._data_end.search(buffer)
            if end_tag:
                break
            buffer = self._more(buffer)
        self.trailing = buffer[: end_tag.start()]
        if self.trailing.strip():
            raise self._odd("there is something between its rows")
        self.tail = self._read_tail(buffer[end_tag.end() :])

    def _rows_of(self, piece: bytes) -> list[tuple[bytes, bytes, bytes | None]]:
        """Self-closed rows, and behind them one with cells, its end tag cut off."""
        rows: list[tuple[bytes, bytes, bytes | None]] = []
        found = self._row_tag.match(piece)
        while found is not None and found[2].endswith(b"/>"):
            rows.append((found[1], found[2], None))
            found = self._row_tag.match(piece, found.end())
        if found is None or piece.find(self._row_start, found.end()) >= 0:
            raise self._odd("there is something between its rows")
        rows.append((found[1], found[2], piece[found.end() :]))
        return rows

    def _self_closed_rows(self, piece: bytes) -> Iterator[tuple[int, bytes, bytes]]:
        position = 0
        while (found := self._row_tag.match(piece, position)) and found[2].endswith(b"/>"):
            position = found.end()
            yield position, found[1], found[2]

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
        return WorkbookError(what, place=self._place, cure=SAVE_AGAIN)


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
                f"a cell has the address {ref!r}, which no sheet has", place=self._place, cure=SAVE_AGAIN
            ) from error

    def is_blank(self, inner: bytes, start: int, tag: bytes) -> bool:
        """Whether the cell at `start` has neither value nor formula."""
        return tag.endswith(b"/>") or inner.startswith(b"</", start + len(tag))


def style_of(tag: bytes) -> int:
    """The format of a cell, a row (`s`): an index into `cellXfs`; 0 where there is none."""
    value = get_attribute(tag, "s") if b"s=" in tag.replace(b" ", b"") else None
    return max(0, number(value))
