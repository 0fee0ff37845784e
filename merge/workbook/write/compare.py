"""Two versions of a sheet, compared: every row, every cell, what stands around the rows, and ours as asked.

Whole stretches are compared by their bytes; where rows are not as usual, or not as they should be, they are
compared one by one, which also finds out what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice, repeat, zip_longest
from typing import TypeAlias

from lxml import etree

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.sheet.addresses import column_letters, column_number
from merge.workbook.package.package import Package
from merge.workbook.write.cell_xml import CellStyle, cell_xml, is_blank
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.fast_cells import CellPosition, ManyCells
from merge.workbook.write.requested_cells import AskedRows, by_column
from merge.workbook.write.sheet_info import Sheet
from merge.workbook.xml.parse import CheckedStream, parse
from merge.workbook.xml.sheet_xml import PlainRows, RawRow, SheetXml
from merge.workbook.xml.splice import Edit, apply, outline

Cells: TypeAlias = list[tuple[int, ResultValue]]

_MAY_CHANGE = ("dimension", "cols", "hyperlinks")
_ATTRIBUTE = re.compile(rb"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_SPANS = re.compile(rb" spans=\"[^\"]*\"")
_STYLE = re.compile(rb"^(<[^>]*?) s=\"\d+\"")
_AT_ONCE = 1024
_PARSED_TOO = 16 << 20
"""Bytes up to which a sheet is parsed as a whole, too: then damage that it had before is found. A longer one
takes more time for that than for all else; its bytes are compared all the same."""
_UNSTYLED = CellPosition(None, 0)


def _fault(what: str) -> WorkbookError:
    return WorkbookError(what)


class SheetComparison:
    """Compares a sheet as it was with the sheet as it is to be.

    Args:
        plan: what was to be written
        sheet: what is known of the sheet
    """

    def __init__(self, plan: Plan, sheet: Sheet) -> None:
        self._plan = plan
        self._sheet = sheet
        self._wrapping = (b"", b"")
        letters = {column_letters(column): column for column in plan.columns.values()}
        self._letters = {column: text for text, column in letters.items()}
        self._asked_cells = ManyCells(sheet, self._letters, _given_style, self._asked_cell)
        name = f"{sheet.prefix}c".encode()
        ours = "|".join(letters).encode() or b"-"
        whole = rb"<%b\s(?:[^>]*\s)?r=\"(%b)\d+\"[^>]*?(?:/>|>.*?</%b>)" % (name, ours, name)
        self._ours = re.compile(whole, re.DOTALL)
        self._ours_or_end = re.compile(rb"\n|" + whole, re.DOTALL)
        self._any_of_ours = re.compile(rb" r=\"(?:%b)\d" % ours)
        self._start_of_ours = re.compile(rb"<%b r=\"(?:%b)\d" % (name, ours))
        self._styles = re.compile(rb"(<%b r=\"[A-Z]+[0-9]+\") s=\"[0-9]+\"" % name)
        self._style = re.compile(rb"<%b r=\"(%b)\d+\"(?: s=\"(\d+)\")?" % (name, ours))
        self._blank = re.compile(rb"<%b r=\"[A-Z]+[0-9]+\"/>" % name)

    def compare(self, old: Package, new: Package) -> None:
        """Stops at the first difference that may not be.

        Raises:
            WorkbookError: there is one, in words.
            LxmlError: a part is damaged.
        """
        part = self._plan.sheet.part
        with old.open(part) as old_stream, new.open(part) as new_stream:
            before = SheetXml(old_stream, part)
            watched = new.member(part).file_size <= _PARSED_TOO
            after = SheetXml(CheckedStream(new_stream, part) if watched else new_stream, part)
            self._wrapping = (before.root_tag, f"</{self._sheet.prefix}worksheet>".encode())
            self._compare_rows(before, after)
            if _frame(before, part) != _frame(after, part):
                raise _fault("what stands around the rows has changed")

    def _compare_rows(self, before: SheetXml, after: SheetXml) -> None:
        asked, last = AskedRows(self._plan.row_numbers()), 0
        while block := before.block():
            previous, last = last, before.last_number(block, last)
            here = asked.up_to(last)
            if not here:
                as_it_should = _is_next(block, after)
            elif here[0] == self._plan.header_row:
                as_it_should = False
            else:
                as_it_should = self._is_appended_to(block, here, after) or self._is_as_asked(
                    before.plain(block, previous), here, after, previous
                )
            if not as_it_should:
                self._compare_one_by_one(before.rows_of(block, previous), here, after, previous)
        rest = asked.rest()
        while more := list(islice(rest, _AT_ONCE)):
            self._compare_one_by_one((), more, after, last)
            last = more[-1]
        for row in after.rows():
            raise _fault(f"row {row.number} is out of place")

    def _is_appended_to(self, block: bytes, asked: list[int], after: SheetXml) -> bool:
        """Whether the next rows are these with our cells at their ends; if not, what comes is put back.

        What should come is made anew, in the formats of the first row that comes, and compared as a whole.
        """
        old = block.split(after.row_end)
        if old.pop() or len(old) != len(asked) or self._any_of_ours.search(block):
            return False
        start = b'<%brow r="' % self._sheet.prefix.encode()
        if not all(map(bytes.startswith, old, [b'%b%d"' % (start, number) for number in asked])):
            return False
        coming = after.block()
        first = coming[: coming.find(after.row_end)]
        after.unread(coming)
        was, now = (re.match(start + rb"\d+\"( spans=\"[^\"]*\")", row) for row in (old[0], first))
        if was and now and was[1] != now[1]:
            if block.count(was[1]) != len(old):
                return False
            old = [row.replace(was[1], now[1], 1) for row in old]
        styles = {column: int(style or 0) for column, style in self._style.findall(first)}
        places = [CellPosition(None, styles.get(it.encode(), 0)) for it in self._letters.values()]
        try:
            cells = self._cells(asked, places)
        except KeyError:
            return False
        return _is_next(b"".join(map(b"".join, zip(old, *cells, repeat(after.row_end), strict=False))), after)

    def _cells(self, rows: list[int], places: Sequence[CellPosition]) -> list[list[bytes]]:
        """The cells asked for in these rows, column by column.

        Raises:
            KeyError: a row has no value for one of the columns.
        """
        values = by_column(self._plan.asked.rows, rows, self._plan.columns)
        columns = zip(self._letters, values, places, strict=True)
        return [
            self._asked_cells.column(column, rows, asked, [place] * len(rows))
            for column, asked, place in columns
        ]

    def _are_asked_for(self, added: bytes, rows: list[int]) -> bool:
        """Whether these are the cells asked for, row by row in lines, in whatever format."""
        try:
            cells = self._cells(rows, [_UNSTYLED] * len(self._letters))
        except KeyError:
            return False
        asked = b"\n".join(map(b"".join, zip(*cells, strict=True)))
        return added == asked or self._blank.sub(b"", self._styles.sub(rb"\1", added)) == asked

    def _is_as_asked(self, old: PlainRows | None, asked: list[int], after: SheetXml, previous: int) -> bool:
        """Whether the next rows are the old ones with what was asked for; if not, they are put back."""
        if old is None:
            return False
        block, pieces = _next_rows(len(old.pieces), after)
        new = after.plain(block, previous, pieces)
        if new is None or (new.numbers, new.rests) != (old.numbers, old.rests):
            good = False
        elif asked == old.numbers:
            good = self._are_as_asked(old, new)
        else:
            wanted = set(asked)
            touched = [at for at, number in enumerate(old.numbers) if number in wanted]
            others = [at for at, number in enumerate(old.numbers) if number not in wanted]
            good = (
                len(touched) == len(asked)
                and all(old.pieces[at] == new.pieces[at] for at in others)
                and self._are_as_asked(old.at(touched), new.at(touched))
            )
        if not good:
            after.unread(block)
        return good

    def _are_as_asked(self, old: PlainRows, new: PlainRows) -> bool:
        """Whether each row is the old one but for our cells, and those are as asked."""
        pieces = new.pieces
        if new.spans != old.spans:
            spans = list(zip(old.spans, new.spans, strict=True))
            if any(bool(was) != bool(now) for was, now in set(spans)):
                return False
            pieces = [piece.replace(now, was, 1) for piece, (was, now) in zip(pieces, spans, strict=True)]
        starts = self._starts_of_ours(old.pieces)
        heads = [piece[:start] for piece, start in zip(old.pieces, starts, strict=True)]
        if not all(map(bytes.startswith, pieces, heads)):
            return False
        were = b"\n".join([piece[start:] for piece, start in zip(old.pieces, starts, strict=True)])
        are = b"\n".join([piece[start:] for piece, start in zip(pieces, starts, strict=True)])
        if were.strip(b"\n"):
            others = self._ours.sub(b"", were)
            if others != self._ours.sub(b"", are):
                return False
            if others.strip(b"\n"):
                are = b"".join(found[0] for found in self._ours_or_end.finditer(are))
        return self._are_asked_for(are, new.numbers)

    def _starts_of_ours(self, pieces: Sequence[bytes]) -> list[int]:
        """Where the first of our cells begins in each row, or where the row ends."""
        if self._start_of_ours.search(b"".join(pieces)) is None:
            return [*map(len, pieces)]
        found = map(self._start_of_ours.search, pieces)
        return [len(piece) if it is None else it.start() for piece, it in zip(pieces, found, strict=True)]

    def _compare_one_by_one(
        self, rows: Iterable[RawRow], asked: Iterable[int], after: SheetXml, previous: int
    ) -> None:
        old = {row.number: row for row in rows}
        new_rows = (it for it in asked if it not in old and self._has_a_value(it))
        numbers = sorted([*old, *new_rows])
        for number, new in zip_longest(numbers, _raw_rows(len(numbers), after, previous)):
            if new is None or new.number > number:
                raise _fault(f"row {number} is missing")
            if new.number < number:
                raise _fault(f"row {new.number} is out of place")
            row = old.get(number, RawRow(number, b"", b"", b""))
            self._compare_row(row, new, self._plan.cells(number))

    def _has_a_value(self, number: int) -> bool:
        return not all(is_blank(value) for _, value in self._plan.cells(number))

    def _compare_row(self, old: RawRow, new: RawRow, cells: Cells) -> None:
        if not cells:
            if old != new:
                raise _fault(f"row {new.number} has changed")
            return
        if old.tag and not _is_same_row(old.tag, new.tag):
            raise _fault(f"row {new.number} has changed")
        written = dict(cells)
        self._compare_cells(old, new, frozenset(self._letters[column] for column in written))
        there = {found[1].decode(): found[0] for found in self._ours.finditer(new.inner or b"")}
        for column, value in written.items():
            cell = there.get(self._letters[column], b"")
            asked = self._asked(f"{self._letters[column]}{new.number}", value)
            if (
                cell != asked
                and _STYLE.sub(rb"\1", cell) != asked
                and not (is_blank(value) and cell.endswith(b"/>"))
            ):
                raise _fault(f"{self._letters[column]}{new.number} does not hold its result")

    def _asked(self, ref: str, value: ResultValue, style: int = 0) -> bytes:
        if is_blank(value):
            return b""
        stored = self._sheet.stored(ref, value)
        return cell_xml(ref, style, stored, self._sheet.prefix, date1904=self._sheet.date1904).encode()

    def _asked_cell(self, row: int, column: int, value: ResultValue, place: CellPosition) -> bytes:
        return self._asked(f"{self._letters[column]}{row}", value, place.usual)

    def _compare_cells(self, old: RawRow, new: RawRow, written: frozenset[str]) -> None:
        """All cells but the written ones are the same, to the byte or at least in what they say."""

        def others(found: re.Match[bytes]) -> bytes:
            return b"" if found[1].decode() in written else found[0]

        if new.inner is not None and new.inner.startswith(old.inner or b""):
            rest = self._ours.sub(others, new.inner[len(old.inner or b"") :])
            if not rest:
                return
        before, after = (self._ours.sub(others, row.inner or b"") for row in (old, new))
        if before != after and self._said(old, written) != self._said(new, written):
            raise _fault(f"the cells of row {new.number} have changed")

    def _said(self, row: RawRow, written: frozenset[str]) -> list[tuple[str, bytes]]:
        """The cells as canonical XML, by address; those without one are counted."""
        start, end = self._wrapping
        whole = parse(start + (row.inner or b"") + end, "row")
        said: list[tuple[str, bytes]] = []
        column = 0
        for cell in whole:
            ref = str(cell.attrib.pop("r", "")).rstrip("0123456789")
            letters = ref or column_letters(column + 1)
            column = column_number(letters)
            if letters not in written:
                said.append((letters, etree.tostring(cell, method="c14n", with_tail=False)))
        return said


def _given_style(_look: CellStyle, _column: int, place: CellPosition) -> int:
    return place.usual


def _is_next(block: bytes, after: SheetXml) -> bool:
    """Whether these very bytes come next; if not, what comes is put back."""
    taken = b""
    while len(taken) < len(block) and (more := after.block()):
        taken += more
    good = taken.startswith(block)
    after.unread(taken[len(block) :] if good else taken)
    return good


def _next_rows(count: int, after: SheetXml) -> tuple[bytes, list[bytes]]:
    """That many rows, or all that are left, whole and split; those without cells are not counted."""
    taken = after.block()
    while len(pieces := taken.split(after.row_end, count)) <= count and (more := after.block()):
        taken += more
    if len(pieces) > count:
        rest, pieces[-1] = pieces[-1], b""
        after.unread(rest)
        taken = taken[: len(taken) - len(rest)]
    return taken, pieces


def _raw_rows(count: int, after: SheetXml, previous: int) -> list[RawRow]:
    """The next rows, or all that are left, one by one."""
    taken: list[RawRow] = []
    while len(taken) < count and (block := after.block()):
        rows = list(after.rows_of(block, previous))
        previous = rows[-1].number
        wanted = count - len(taken)
        taken += rows[:wanted]
        after.unread(b"".join(map(after.written, rows[wanted:])))
    return taken


def _is_same_row(old: bytes, new: bytes) -> bool:
    return _SPANS.sub(b"", old) == _SPANS.sub(b"", new) or _attributes(old) == _attributes(new)


def _attributes(tag: bytes) -> list[tuple[bytes, bytes]]:
    """A row's attributes; its number and the hint of its columns may be added and widened."""
    return sorted((name, value) for name, value in _ATTRIBUTE.findall(tag) if name not in {b"r", b"spans"})


def _frame(sheet: SheetXml, place: str) -> bytes:
    """What stands around the rows as canonical XML, without what may change."""
    whole = sheet.head + sheet.data_tag.rstrip(b"/>") + b"/>" + sheet.tail
    spans = [span for span in outline(whole, place) if span.name in _MAY_CHANGE]
    root = parse(apply(whole, (Edit(span.start, span.end, b"") for span in spans)), place)
    root.text = ""
    for element in root:
        element.tail = ""  # blanks between elements
    return etree.tostring(root, method="c14n")
