"""Read the new file and compare it with the old one before it replaces the workbook.

Rows are compared by their bytes, and our cells by a digest of those that were created. If the bytes differ in
a way that doesn't matter (a row that got a number, a cell that got an address), or if anything is wrong, the
rows are compared one by one as canonical XML, and our cells with the requested values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from io import BytesIO
from itertools import islice, pairwise, zip_longest
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from merge.errors import WorkbookError
from merge.sheet.addresses import column_letters, column_number
from merge.workbook.package.container import member_name
from merge.workbook.package.package import Package, open_package
from merge.workbook.package.zip_copy import raw_bytes, raw_file
from merge.workbook.write.auto_filter import FILTER_NAME
from merge.workbook.write.cell_xml import BLANK
from merge.workbook.write.changed_parts import Built
from merge.workbook.write.free_columns import rule_text, rule_texts
from merge.workbook.write.patch_rows import cells_digest
from merge.workbook.write.soundness import (
    refuse_lost_formula,
    refuse_unsound_cells,
    refuse_unsound_table,
    refuse_unsound_value,
)
from merge.workbook.xml.parse import (
    SAVE_AGAIN,
    CheckedStream,
    Element,
    children,
    descendants,
    local,
    parse,
    refuse_malformed_stream,
)
from merge.workbook.xml.sheet_xml import RawRow, SheetXml, runs_of_cells, split_links
from merge.workbook.xml.splice import Edit, apply, outline

_MAY_CHANGE = frozenset(("dimension", "cols", "hyperlinks"))
"""The elements of a sheet around its rows that a write changes."""
_AT_ONCE = 1024
_LONGEST_START = 24
"""Bytes of a cell's start that certainly hold its address."""
_PARSED_SIZE = 16 << 20
"""The size in bytes up to which a sheet is also parsed as a whole, which finds existing damage. For a larger
sheet that would take longer than everything else; its bytes are still compared.
"""


def verify(old: Package, new_path: Path, built: Built) -> None:
    """Compare the new file with the old one: parts, rows, cells, and that ours are as requested.

    Args:
        old: the workbook
        new_path: the file that is to replace it
        built: what should have been written

    Raises:
        WorkbookError: there is a forbidden difference, which is a fault in castmerge.
    """
    try:
        with open_package(new_path) as new:
            _compare_members(old, new, built.parts)
            _compare_workbook_parts(old, new)
            for part in built.parts:
                if part != member_name(old.member(built.plan.sheet.part)):
                    with new.open(part) as stream:
                        refuse_malformed_stream(stream, part)
            if (table := built.plan.table) is not None:
                refuse_unsound_table(
                    old.read(table),
                    new.read(table),
                    header_row=built.plan.header_row,
                    new=built.plan.new,
                    place=table,
                )
            _SheetComparison(built).compare(old, new)
    except (WorkbookError, ValueError, etree.LxmlError) as error:
        _refuse_damaged(old, built.parts)
        raise WorkbookError(
            f"castmerge couldn't save the workbook safely ({error}), so it left it unchanged",
            place=str(old.path),
            hint="Please report this, if possible with the workbook",
        ) from error


def _compare_members(old: Package, new: Package, changed: Mapping[str, object]) -> None:
    there = {member_name(info): info for info in new.archive.infolist()}
    old_file, new_file = raw_file(old.archive), raw_file(new.archive)
    for info in old.archive.infolist():
        name = member_name(info)
        twin = there.pop(name, None)
        if twin is None:
            raise WorkbookError(f"{name} is missing")
        if name in changed:
            continue
        pairs = zip_longest(raw_bytes(old_file, info), raw_bytes(new_file, twin))
        if info.CRC != twin.CRC or any(before != after for before, after in pairs):
            raise WorkbookError(f"{name} has changed")
    if set(there) - set(changed):
        raise WorkbookError("there are unexpected parts")


def _compare_workbook_parts(old: Package, new: Package) -> None:
    """Stop if the workbook part differs in more than the filters' ranges."""
    parts = [(package.read(package.workbook_part), package.workbook_part) for package in (old, new)]
    if parts[0] != parts[1] and _without_filter_ranges(*parts[0]) != _without_filter_ranges(*parts[1]):
        raise WorkbookError("the workbook's names have changed")


def _without_filter_ranges(workbook: bytes, place: str) -> bytes:
    root = parse(workbook, place)
    for name in descendants(root, "definedName"):
        if name.get("name") == FILTER_NAME:
            name.text = (name.text or "").rpartition("!")[0]
    return etree.tostring(root, method="c14n")


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


class _SheetComparison:
    """Compares a sheet before the write with the sheet after it."""

    def __init__(self, built: Built) -> None:
        self._plan = built.plan
        self._writer = built.writer
        self._digests = built.digests
        self._letters = {column: column_letters(column) for column in self._plan.columns.values()}
        self._prefix = self._writer.prefix.encode()
        self._start = self._end = b""
        p, ours = re.escape(self._prefix), "|".join(self._letters.values()).encode() or b"-"
        cell = rb"<%bc r=\"(?:%b)\d+\"(?:\s[^>]*?)?(?:/>|>.*?</%bc>)" % (p, ours, p)
        self._ours = re.compile(b"(%b)" % cell, re.DOTALL)
        self._first, self._last = min(self._letters, default=0), max(self._letters, default=0)
        self._cell_start, self._no_address = b"<%bc " % self._prefix, b"<%bc>" % self._prefix
        self._formula = b"<%bf" % self._prefix
        self._cells = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d{1,7}\"" % p)
        runs, left = runs_of_cells(self._writer.prefix, [*self._letters.values()]), range(1, self._first)
        self._runs = re.compile(b"(%b)" % runs)
        self._runs_in_order = re.compile(b"(?:%b)?(?:\0(?:%b)?)*" % (runs, runs)).fullmatch
        theirs = b'<%bc r="(?:%b)\\d[^\0]*' % (p, "|".join(map(column_letters, left)).encode() or b"-")
        self._cells_to_the_left = re.compile(b"%b(?:\0%b)*" % (theirs, theirs)).fullmatch
        self._one_of_ours = re.compile(rb"<%bc r=\"(?:%b)\d" % (p, ours)).search
        self._number = re.compile(rb"<%brow r=\"(\d+)\"" % p)
        self._spans = re.compile(rb"(<%brow r=\"\d+\") spans=\"[^\"]*\"" % p)

    def compare(self, old: Package, new: Package) -> None:
        """Stop at the first forbidden difference.

        Raises:
            WorkbookError: there is one.
            LxmlError: a part is damaged.
        """
        part = self._plan.sheet.part
        with old.open(part) as old_stream, new.open(part) as new_stream:
            before = SheetXml(old_stream, part)
            parsed = new.member(part).file_size <= _PARSED_SIZE
            after = SheetXml(CheckedStream(new_stream, part) if parsed else new_stream, part)
            self._start, self._end = before.root_tag, b"</%bworksheet>" % self._prefix
            self._compare_rows(before, after)
            colored = [set(texts) for texts in self._plan.colors.values()]
            if _frame(before, part, colored) != _frame(after, part, colored):
                raise WorkbookError("something around the rows has changed")

    def _compare_rows(self, before: SheetXml, after: SheetXml) -> None:
        numbers = self._plan.row_numbers()
        wanted = next(numbers, 0)
        last = 0
        while block := before.block():
            previous, last = last, before.last_number(block, last)
            here: list[int] = []
            while wanted and wanted <= last:
                here.append(wanted)
                wanted = next(numbers, 0)
            if not (self._is_as_built(block, last, here, after) if here else _comes_next(block, after)):
                self._compare_one_by_one(before.rows_of(block, previous), here, after, previous)
        while wanted:
            here = [wanted, *islice(numbers, _AT_ONCE)]
            wanted = next(numbers, 0)
            self._compare_one_by_one((), here, after, last)
            last = here[-1]
        for row in after.rows():
            raise WorkbookError(f"row {row.number} is out of place")

    def _is_as_built(self, block: bytes, last: int, here: list[int], after: SheetXml) -> bool:
        """Whether the next rows are those of the block with exactly the cells that were created for them.

        If not, or if rows were added or written in an unusual way, they are put back.
        """
        count = block.count(after.row_end)
        coming = _next_rows(count, after)
        ways: list[Callable[[bytes, bytes, list[int], bytes], list[bytes] | None]] = [self._row_by_row]
        if len(here) == count:
            # Without their numbers: another row would not compare equal.
            ways.insert(0, self._replaced if self._one_of_ours(block) else self._appended)
        for cells_of in ways:
            cells = cells_of(block, coming, here, after.row_end)
            if cells is not None and cells_digest(cells) == self._digests.get(last):
                return True
        after.unread(coming)
        return False

    def _appended(self, was: bytes, now: bytes, _here: list[int], row_end: bytes) -> list[bytes] | None:
        """Return our cells in rows that had none, if they are behind all others, in order and only once."""
        old, new = self._without_spans(was).split(row_end), self._without_spans(now).split(row_end)
        if old.pop() or new.pop() or len(old) != len(new) or not all(map(bytes.startswith, new, old)):
            return None
        start = self._cell_start
        ends = [row[(at := row.rfind(start)) : at + _LONGEST_START] for row in old]
        cells = [row[len(before) :] for row, before in zip(new, old, strict=True)]
        # Nothing of theirs is where ours are or beyond: each row ends with a cell to the left.
        are_left = self._cells_to_the_left(b"\0".join(ends)) and self._no_address not in was
        return cells if are_left and self._runs_in_order(b"\0".join(cells)) else None

    def _replaced(self, was: bytes, now: bytes, _here: list[int], _row_end: bytes) -> list[bytes] | None:
        """Return our cells in rows that had some, if they are adjacent and nothing else has changed."""
        if self._last - self._first >= len(self._letters) or self._no_address in was:
            return None
        old, new = (self._runs.split(self._without_spans(rows)) for rows in (was, now))
        return new[1::2] if old[::2] == new[::2] else None

    def _without_spans(self, rows: bytes) -> bytes:
        """Return rows without a hint that is wider with our columns."""
        return self._spans.sub(rb"\1", rows) if b" spans=" in rows else rows

    def _row_by_row(self, was: bytes, now: bytes, here: list[int], row_end: bytes) -> list[bytes] | None:
        """Return our cells, row by row. Some rows may have none, and ours need not be adjacent."""
        old, new = was.split(row_end), now.split(row_end)
        numbers = [*map(int, self._number.findall(was))]
        if old.pop() or new.pop() or not len(numbers) == len(old) == len(new):
            return None
        wanted = frozenset(here)
        cells: list[bytes] = []
        for number, before, after in zip(numbers, old, new, strict=True):
            if number in wanted:
                ours = self._separated(self._without_spans(before), self._without_spans(after))
                if ours is None:
                    return None
                cells.append(ours)
            elif before != after:
                return None
        return cells if len(cells) == len(here) else None

    def _separated(self, was: bytes, now: bytes) -> bytes | None:
        """Return our cells in a row, if they are in order, each only once, and nothing else has changed."""
        parts, old = self._ours.split(now), self._ours.split(was)
        columns = [column_number(it.decode()) for it in self._cells.findall(now)]
        if b"".join(parts[::2]) != b"".join(old[::2]) or self._no_address in now:
            return None
        in_order = all(left < right for left, right in pairwise(columns))
        plain = all(map(self._runs.fullmatch, parts[1::2]))
        lost = any(self._formula in it for it in old[1::2])
        return b"".join(parts[1::2]) if in_order and plain and not lost else None

    def _requested(self, row: int) -> bytes:
        """Return the cells that a row should have, without formats; blank ones are left out."""
        cells: list[bytes] = []
        for column, value in self._plan.cells(row):
            ref = f"{self._letters[column]}{row}"
            content = self._writer.content(ref, value)
            if content != BLANK:
                cells.append(b'<%bc r="%b"%b' % (self._prefix, ref.encode(), content))
        return b"".join(cells)

    def _compare_one_by_one(
        self, rows: Iterable[RawRow], here: list[int], after: SheetXml, previous: int
    ) -> None:
        old = {row.number: row for row in rows}
        numbers = sorted([*old, *(it for it in here if it not in old and self._requested(it))])
        for number, new in zip_longest(numbers, _raw_rows(len(numbers), after, previous)):
            if new is None or new.number > number:
                raise WorkbookError(f"row {number} is missing")
            if new.number < number:
                raise WorkbookError(f"row {new.number} is out of place")
            self._compare_row(old.get(number), new)

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


def _comes_next(block: bytes, after: SheetXml) -> bool:
    """Whether the next bytes are exactly these; if not, they are put back."""
    taken = b""
    while len(taken) < len(block) and (more := after.block()):
        taken += more
    equal = taken.startswith(block)
    after.unread(taken[len(block) :] if equal else taken)
    return equal


def _next_rows(count: int, after: SheetXml) -> bytes:
    """Take that many rows, or all that are left; rows without cells aren't counted."""
    taken = after.block()
    there = taken.count(after.row_end)
    while there < count and (more := after.block()):
        taken += more
        there += more.count(after.row_end)
    if there <= count:
        return taken
    rest = taken.split(after.row_end, count)[-1]
    after.unread(rest)
    return taken[: len(taken) - len(rest)]


def _raw_rows(count: int, after: SheetXml, previous: int) -> list[RawRow]:
    """Take the next rows one by one, or all that are left."""
    taken: list[RawRow] = []
    while len(taken) < count and (block := after.block()):
        rows = list(after.rows_of(block, previous))
        previous = rows[-1].number
        wanted = count - len(taken)
        taken += rows[:wanted]
        after.unread(b"".join(map(after.written, rows[wanted:])))
    return taken


def _frame(sheet: SheetXml, place: str, colored: list[set[str]]) -> bytes:
    """Return a sheet's XML around the rows in canonical form, without what may change.

    Args:
        sheet: the sheet, with its rows read
        place: for messages
        colored: texts that are colored in a column, for each such column
    """
    tail, links = split_links(sheet.tail)
    refuse_malformed_stream(BytesIO(b"<links>%b</links>" % links), place, namespaces=False)
    whole = sheet.head + sheet.data_tag.rstrip(b"/>") + b"/>" + tail
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
