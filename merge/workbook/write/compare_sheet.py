"""Compare a sheet with what is written in its place, before it replaces anything.

Rows are compared by their bytes, and our cells with those that were made. If the bytes differ in a way that
doesn't matter (a row that got a number, a cell that got an address), or if anything is wrong, the rows are
compared one by one as canonical XML, and our cells with the requested values.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, pairwise, repeat
from typing import NamedTuple

from lxml import etree

from merge.errors import WorkbookError
from merge.sheet.addresses import column_letters, column_number
from merge.workbook.package.package import Package
from merge.workbook.write.cell_xml import BLANK, CellWriter
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.free_columns import rule_text, rule_texts
from merge.workbook.write.soundness import refuse_lost_formula, refuse_unsound_cells, refuse_unsound_value
from merge.workbook.xml.parse import SAVE_AGAIN, Element, children, local, parse, refuse_malformed_stream
from merge.workbook.xml.sheet_xml import RawRow, SheetXml, UsualCells, cells_beyond, split_links
from merge.workbook.xml.splice import Edit, apply, outline

_CHUNK = 1 << 18
_MAY_CHANGE = frozenset(("dimension", "cols", "hyperlinks"))
"""The elements of a sheet around its rows that a write changes."""


@contextmanager
def explained(old: Package, parts: Iterable[str]) -> Iterator[None]:
    """Say that a difference is a fault in castmerge, unless one of these parts was damaged before.

    Raises:
        WorkbookError: there is a forbidden difference.
    """
    try:
        yield
    except (WorkbookError, ValueError, etree.LxmlError) as error:
        _refuse_damaged(old, parts)
        raise WorkbookError(
            f"castmerge couldn't save the workbook safely ({error}), so it left it unchanged",
            place=str(old.path),
            hint="Please report this, if possible with the workbook",
        ) from error


def _refuse_damaged(package: Package, parts: Iterable[str]) -> None:
    """Refuse the workbook if one of these parts was already damaged, which explains a failed write."""
    for part in parts:
        if not package.has(part):
            continue
        try:
            with package.open(part) as stream:
                for _, element in etree.iterparse(stream, resolve_entities=False, huge_tree=True):
                    if any(uri and ":" not in uri for uri in element.nsmap.values()):
                        raise etree.C14NError(f"the element {element.tag} has an invalid namespace")
                    element.clear()
        except etree.LxmlError as error:
            place = f"{package.path} ({part})"
            raise WorkbookError(f"its XML is damaged ({error})", place=place, hint=SAVE_AGAIN) from error


class SheetComparison:
    """Compares a sheet with the new one, from top to bottom.

    Args:
        plan: what goes where
        writer: makes the cells
        sheet: the sheet before the write
    """

    def __init__(self, plan: Plan, writer: CellWriter, sheet: SheetXml) -> None:
        self._plan = plan
        self._writer = writer
        self._sheet = sheet
        columns = tuple(plan.columns.values())
        self._letters = {column: column_letters(column) for column in columns}
        self._prefix = writer.prefix.encode()
        self._start, self._end = sheet.root_tag, b"</%bworksheet>" % self._prefix
        p, ours = re.escape(self._prefix), "|".join(self._letters.values()).encode() or b"-"
        cell = rb"<%bc r=\"(?:%b)\d+\"(?:\s[^>]*?)?(?:/>|>.*?</%bc>)" % (p, ours, p)
        self._ours = re.compile(b"(%b)" % cell, re.DOTALL)
        self._usual = UsualCells(writer.prefix, columns)
        self._not_left = cells_beyond(writer.prefix, min(columns, default=1) - 1)
        self._no_address = b"<%bc>" % self._prefix
        self._formula = b"<%bf" % self._prefix
        self._cells = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d{1,7}\"" % p)
        self._spans = re.compile(rb"(<%brow r=\"\d+\") spans=\"[^\"]*\"" % p)
        self._numbers = [*plan.row_numbers()]
        self._next = 0

    def rows(self, was: bytes, now: bytes, made: Sequence[bytes], before: int, last: int) -> None:
        """Stop if rows have changed in any other way than by their results.

        Args:
            was: some rows of the sheet; b"" below its last one
            now: what is written in their place
            made: our cells in each row to write into, to compare quickly; may be empty
            before: number of the row before them
            last: number of the last one

        Raises:
            WorkbookError: they have.
            LxmlError: they are damaged.
        """
        start, self._next = self._next, bisect_right(self._numbers, last, self._next)
        here = self._numbers[start : self._next]
        if was == now and not here:
            return
        if here and len(here) == len(made) and self._usual.are_made(here, made):
            old, new = was, now
            if b" spans=" in was:  # a hint that is wider with our columns
                old, new = (self._spans.sub(rb"\1", rows) for rows in (was, now))
            if self._are_as_made(old, new, here, made):
                return
        self._compare_one_by_one(was, now, here, before)

    def frame(self, old: tuple[bytes, bytes, bytes], new: tuple[bytes, bytes, bytes], place: str) -> None:
        """Stop if anything else has changed around the rows than what a write changes.

        Args:
            old: the XML before `sheetData`, its start tag, and the XML after it
            new: the same of the new sheet
            place: for messages

        Raises:
            WorkbookError: it has.
            LxmlError: it is damaged.
        """
        colored = [set(texts) for texts in self._plan.colors.values()]
        (old_tail, old_links), (new_tail, new_links) = split_links(old[2]), split_links(new[2])
        if new_links != old_links:
            refuse_malformed_stream(_Wrapped(new_links), place, namespaces=False)
        if _frame(*old[:2], old_tail, place, colored) != _frame(*new[:2], new_tail, place, colored):
            raise WorkbookError("something around the rows has changed")

    def _are_as_made(self, was: bytes, now: bytes, here: list[int], made: Sequence[bytes]) -> bool:
        """Whether the rows have their cells, and nothing else has changed."""
        *old, rest = was.split(self._sheet.row_end)
        tags = self._usual.tags(old) if old and not rest else None
        if tags is None:
            return False
        wanted = frozenset(here)
        places = [place for place, number in enumerate(tags[0]) if number in wanted]
        around = self._usual.around([old[place] for place in places], was)
        if len(places) < len(here):
            return False
        if around is None:
            cells = dict(zip(places, made, strict=True))
            return self._are_separately(old, now.split(self._sheet.row_end), cells)
        left, right = around
        rows = map(b"".join, zip(left, made, right or repeat(b""), strict=False))
        for place, row in zip(places, rows, strict=True):
            old[place] = row
        # Nothing of theirs is where ours are or beyond, so that the cells are in order.
        return self._sheet.row_end.join([*old, b""]) == now and not self._not_left.search(b"".join(left))

    def _are_separately(self, old: list[bytes], new: list[bytes], made: Mapping[int, bytes]) -> bool:
        """Whether rows have their cells, which need not be adjacent; `made` has these by the row's place."""
        return (
            not new.pop()
            and len(new) == len(old)
            and all(
                self._separated(was, now) == made[place] if place in made else was == now
                for place, (was, now) in enumerate(zip(old, new, strict=True))
            )
        )

    def _separated(self, was: bytes, now: bytes) -> bytes | None:
        """Return our cells in a row, if they are in order, each only once, and nothing else has changed."""
        parts, old = self._ours.split(now), self._ours.split(was)
        columns = [column_number(it.decode()) for it in self._cells.findall(now)]
        if b"".join(parts[::2]) != b"".join(old[::2]) or self._no_address in now:
            return None
        in_order = all(left < right for left, right in pairwise(columns))
        lost = any(self._formula in it for it in old[1::2])
        return b"".join(parts[1::2]) if in_order and not lost else None

    def _requested(self, row: int) -> bytes:
        """Return the cells that a row should have, without formats; blank ones are left out."""
        cells: list[bytes] = []
        for column, value in self._plan.cells(row):
            ref = f"{self._letters[column]}{row}"
            content = self._writer.content(ref, value)
            if content != BLANK:
                cells.append(b'<%bc r="%b"%b' % (self._prefix, ref.encode(), content))
        return b"".join(cells)

    def _compare_one_by_one(self, was: bytes, now: bytes, here: list[int], before: int) -> None:
        old = {row.number: row for row in self._sheet.rows_of(was, before)}
        new = [*self._sheet.rows_of(now, before)]
        if b"".join(map(self._sheet.written, new)) != now:
            raise WorkbookError("there's something between the rows")
        numbers = sorted([*old, *(it for it in here if it not in old and self._requested(it))])
        for number, row in zip(numbers, new, strict=False):
            if row.number > number:
                raise WorkbookError(f"row {number} is missing")
            if row.number < number:
                raise WorkbookError(f"row {row.number} is out of place")
            self._compare_row(old.get(number), row)
        if len(new) < len(numbers):
            raise WorkbookError(f"row {numbers[len(new)]} is missing")
        if len(new) > len(numbers):
            raise WorkbookError(f"row {new[len(numbers)].number} is out of place")

    def _compare_row(self, old: RawRow | None, new: RawRow) -> None:
        number = new.number
        ours = {self._letters[column] for column, _ in self._plan.cells(number)}
        if not ours:
            if old != new:
                raise WorkbookError(f"row {number} has changed")
            return
        attributes, cells = self._canonical(new)
        refuse_unsound_cells(number, [it.column for it in cells], map(column_number, ours))
        for cell in _among(cells, ours):
            refuse_unsound_value(number, cell.element)
        if old is not None:
            old_attributes, old_cells = self._canonical(old)
            if old_attributes != attributes:
                raise WorkbookError(f"row {number} has changed")
            for cell in _among(old_cells, ours):
                refuse_lost_formula(number, cell.element)
            theirs = [[it[:-1] for it in row if it.letters not in ours] for row in (old_cells, cells)]
            if theirs[0] != theirs[1]:
                raise WorkbookError(f"the cells of row {number} have changed")
        requested = RawRow(number, b"", b"<%brow>" % self._prefix, self._requested(number))
        expected = [(cell.ref, cell.xml) for cell in self._canonical(requested)[1]]
        found = [(cell.ref, cell.xml) for cell in _among(cells, ours) if not cell.is_blank]
        if found != expected:
            ref = next((cell[0] for cell in expected if cell not in found), f"row {number}")
            raise WorkbookError(f"{ref} doesn't have its result")

    def _canonical(self, row: RawRow) -> tuple[dict[str, str], list[_Cell]]:
        """Return a row's attributes and its cells; cells without an address are counted.

        The row's number and its `spans`, a hint about the columns in use, may be added and are left out.
        """
        inner = b"" if row.inner is None else row.inner + b"</%brow>" % self._prefix
        element = parse(self._start + row.tag + inner + self._end, f"row {row.number}")[0]
        attributes = {str(name): str(value) for name, value in element.items() if name not in {"r", "spans"}}
        cells: list[_Cell] = []
        column = 0
        for cell in element:
            ref = str(cell.attrib.pop("r", "")) or f"{column_letters(column + 1)}{row.number}"
            letters = ref.rstrip("0123456789")
            column = column_number(letters)
            style = str(cell.attrib.pop("s", ""))
            is_blank = not len(cell) and not cell.attrib
            xml = etree.tostring(cell, method="c14n", with_tail=False)
            cells.append(_Cell(letters, column, ref, style, xml, is_blank, cell))
        return attributes, cells


class _Cell(NamedTuple):
    """A cell as canonical XML, without its address and its format."""

    letters: str
    column: int
    ref: str
    style: str
    xml: bytes
    is_blank: bool
    element: Element


def _among(cells: Iterable[_Cell], columns: Collection[str]) -> Iterator[_Cell]:
    return (cell for cell in cells if cell.letters in columns)


class _Wrapped:
    """A stream of links in an element of their own; there may be megabytes, which aren't copied at once."""

    def __init__(self, links: memoryview) -> None:
        pieces = (bytes(links[start : start + _CHUNK]) for start in range(0, len(links), _CHUNK))
        self._pieces = chain((b"<links>",), pieces, (b"</links>",))

    def read(self, _size: int = -1, /) -> bytes:
        """Return the next piece."""
        return next(self._pieces, b"")


def _frame(head: bytes, data_tag: bytes, tail: bytes, place: str, colored: list[set[str]]) -> bytes:
    """Return a sheet's XML around the rows in canonical form, without what may change.

    Args:
        head: before `sheetData`
        data_tag: its start tag
        tail: after it, without what is in `hyperlinks`
        place: for messages
        colored: texts that are colored in a column, for each such column
    """
    whole = head + data_tag.rstrip(b"/>") + b"/>" + tail
    spans = [span for span in outline(whole, place) if span.name in _MAY_CHANGE]
    root = parse(apply(whole, (Edit(span.start, span.end, b"") for span in spans)), place)
    root.text = ""
    _remove_colors(root, colored)
    for element in root:
        element.tail = ""  # spaces between elements
        if local(element) == "autoFilter":
            for filtered in (element, *children(element, "sortState")):
                filtered.attrib.pop("ref", "")
    return etree.tostring(root, method="c14n")


def _remove_colors(root: Element, colored: list[set[str]]) -> None:
    """Remove our conditional formats; those that contain other rules too lose their range and our rules."""
    for formats in [*children(root, "conditionalFormatting")]:
        texts = rule_texts(formats)
        ours = {text for column in colored if column <= texts for text in column}
        if not ours:
            continue
        formats.attrib.pop("sqref", "")
        for rule in [*formats]:
            if rule_text(rule) in ours:
                formats.remove(rule)
        if not len(formats):
            root.remove(formats)
