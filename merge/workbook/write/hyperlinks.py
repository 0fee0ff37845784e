"""Hyperlinks on our cells: the sheet's `hyperlinks` and its relationships (ECMA-376 part 1, 18.3.1.47)."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from urllib.parse import quote

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.sheet.addresses import CellRange, column_letters, known_range
from merge.workbook.write.cell_xml import LinkedCells
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.link_relationships import LinkRelationships
from merge.workbook.write.scan_sheet import SheetScan
from merge.workbook.xml.parse import SAVE_AGAIN, Source, attribute
from merge.workbook.xml.splice import (
    Edit,
    append_child,
    apply,
    get_attribute,
    named,
    outline,
    prefix_of,
    set_attribute,
    start_tag,
)

MOST_LINKS = 65_530
"""Hyperlinks that Excel keeps on one sheet."""
_AT_ONCE = 1_024
LONGEST_URL = 2_079
"""Characters of a URL that Excel follows."""
BEFORE_LINKS = frozenset(
    (
        "sheetData",
        "sheetCalcPr",
        "sheetProtection",
        "protectedRanges",
        "scenarios",
        "autoFilter",
        "sortState",
        "dataConsolidate",
        "customSheetViews",
        "mergeCells",
        "phoneticPr",
        "conditionalFormatting",
        "dataValidations",
    )
)
"""The elements that the schema puts before `hyperlinks` (CT_Worksheet, 18.3.1.99)."""
_SAFE_IN_URLS = "!#$%&'()*+,-./:;=?@[]_~"
_CLEAN = re.compile(r"[\w!#$%&'()*+,\-./:;=?@\[\]~]*", re.ASCII)
_USUAL_LINES = re.compile(r"(?:https?://[\w!$%&'()*+,\-./:;=?@\[\]~]{1,2000}\n)*", re.ASCII)
_SCHEMES = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_UID = re.compile(rb"\s[\w.-]+:uid\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_LINK = re.compile(rb"<(?:[\w.-]+:)?hyperlink(?=[\s/>])")
_CHUNK = 1 << 18


class SheetLinks:
    """The hyperlinks of a sheet while our cells are written: kept, changed, split or added, never doubled.

    Links beyond `MOST_LINKS` and those that Excel can't follow are left out.

    Args:
        scan: the worksheet
        relationships: the sheet's relationships, or `NO_RELATIONSHIPS`
        plan: what is written
        namespace: the workbook's main namespace
        place: the sheet, for messages

    Attributes:
        linked: the written cells that are links
        asked: how many were to be

    Raises:
        WorkbookError: the sheet or its relationships are damaged.
    """

    def __init__(
        self, scan: SheetScan, relationships: Source, plan: Plan, namespace: str, place: str
    ) -> None:
        self._skeleton = scan.skeleton
        self._spans = outline(self._skeleton, place)
        self._holder = next(named(self._spans, "hyperlinks", "worksheet"), None)
        if scan.links and self._holder is None:
            raise WorkbookError("its links are in an unexpected place", place=place, hint=SAVE_AGAIN)
        inside = self._holder and self._skeleton[self._holder.inside : self._holder.close]
        self._there = scan.links or inside or b""
        self._place = place
        self._plan = plan
        self._rels = LinkRelationships(relationships, namespace, place)
        worksheet = start_tag(self._skeleton, self._spans[0].start)
        self._prefix = prefix_of(worksheet)
        types = re.escape(self._rels.types).encode()
        declared = re.search(rb"\sxmlns:([\w.-]+)\s*=\s*[\"']%b[\"']" % types, worksheet)
        self._id = f"{declared[1].decode()}:id" if declared else "r:id"
        self._declaration = "" if declared else f' xmlns:r="{self._rels.types}"'
        self.linked = LinkedCells()
        self.asked = 0
        self._count = 0
        self._cells: dict[str, array[int]] = {}
        """Of our columns, by row: the number of the link that is there, from 1; 0 if there is none."""
        self._doubled: dict[tuple[str, int], list[int]] = {}
        self._ids = array("L")
        """Of the link with each number: the number of its relationship, or 0 if it is in `_unusual`."""
        self._unusual: dict[int, tuple[str, str]] = {}
        self._edits: list[Edit] = []
        self._dropped: set[int] = set()
        self._is_flat = self._there.count(b"<") == self._there.count(b"/>") and b"<!" not in self._there
        self._usual = re.compile(
            rb"<(?:[\w.-]+:)?hyperlink ref=\"([A-Z]{1,3})(\d{1,7})\" %b=\"rId([1-9]\d{0,5})\"/>"
            % re.escape(self._id.encode())
        ).findall
        self._new = bytearray()
        self._read(place)

    def put(self, header: str, numbers: Sequence[int], values: Sequence[ResultValue]) -> None:
        """Link the cells of a column, from top to bottom.

        Args:
            header: of the column
            numbers: of the rows
            values: their values; whatever isn't a Link takes a link of ours away
        """
        column = self._plan.columns[header]
        letters = column_letters(column)
        there = self._cells[letters]
        if not there and Link not in {*map(type, values)}:
            return
        usual = _all_usual(values)
        urls: Sequence[str | None] = usual or [
            followable(it.url) if isinstance(it, Link) else None for it in values
        ]
        if usual and self._put_all(letters, numbers, usual, there):
            self.asked += len(usual)
            return
        for row, value, url in zip(numbers, values, urls, strict=True):
            asked = bool(isinstance(value, Link) and value.url)
            self.asked += asked
            number = there[row] if row < len(there) else 0
            if number:
                self._replace(letters, row, number, url, is_ours=asked or self._is_ours(header))
            elif url is not None:
                self._add_one(letters, row, url)

    def _put_all(
        self, letters: str, numbers: Sequence[int], urls: Sequence[str], there: Sequence[int]
    ) -> bool:
        """Link cells that all have a link of their own, or all have none; return False for a mixture."""
        targets = attribute("\0".join(urls)).encode().split(b"\0")
        if not there and self._count + len(urls) <= MOST_LINKS:
            self._add(letters, numbers, self._rels.of_all(targets))
            return True
        if numbers[-1] >= len(there) or self._doubled:
            return False
        rels = [self._ids[there[row] - 1] if there[row] else 0 for row in numbers]
        if not all(rels) or not self._rels.change_all(rels, targets):
            return False
        self.linked.add(letters, *numbers)
        return True

    def _is_ours(self, header: str) -> bool:
        """Whether the links of a column are ours; in a request with Links, columns without any have none."""
        return self._plan.columns[header] not in self._plan.new and header in (self._headers or {header})

    @cached_property
    def _headers(self) -> set[str]:
        """The headers with Links."""
        rows = self._plan.rows
        return {it for n in self._plan.numbers for it, value in rows[n].items() if isinstance(value, Link)}

    def edits(self) -> list[Edit]:
        """Return the changes to the sheet without its rows and links."""
        there = _existing_links(self._there, self._id, self._place) if self._dropped else ()
        dropped = (Edit(it[0], it[1], b"") for number, it in enumerate(there, 1) if number in self._dropped)
        links = apply(self._there, sorted([*self._edits, *dropped])) + bytes(self._new)
        self._new.clear()  # it may be large
        holder = self._holder
        if holder is None and not links:
            return []
        if holder is None:
            before = [it for it in self._spans if it.parent == "worksheet" and it.name in BEFORE_LINKS]
            prefix, end = self._prefix.encode(), before[-1].end
            return [Edit(end, end, b"<%bhyperlinks>%b</%bhyperlinks>" % (prefix, links, prefix))]
        if not self._count:
            return [Edit(holder.start, holder.end, b"")]
        if holder.self_closed:
            return [append_child(self._skeleton, holder, links)]
        return [Edit(holder.inside, holder.close, links)]

    @property
    def has_new_relationships(self) -> bool:
        """Whether the relationships change."""
        return self._rels.has_changed

    def relationships(self, before: Source) -> Iterator[bytes]:
        """Yield the relationships with those of the new links, in pieces.

        Raises:
            WorkbookError: the existing ones are damaged.
        """
        return self._rels.pieces(before)

    def _read(self, place: str) -> None:
        """Note which of our cells have a link, and make room in ranges that have one together."""
        self._cells = {column_letters(column): array("L") for column in self._plan.columns.values()}
        start = 0
        while start < len(self._there):
            end = self._there.find(b"<", min(start + _CHUNK, len(self._there) - 1))
            chunk = self._there[start:end] if self._is_flat and end > 0 else self._there[start:]
            if not self._is_flat or not self._read_usual(chunk):
                self._read_others(start, chunk, place)
            start += len(chunk)

    def _read_usual(self, chunk: bytes) -> bool:
        """Read links as castmerge and Excel write them; False if there are others or unknown ones."""
        found = self._usual(chunk)
        rels = [int(rel) for _, _, rel in found]
        if len(found) != chunk.count(b"<") or not self._rels.use_all(rels):
            return False
        for number, (letters, row, _) in enumerate(found, len(self._ids) + 1):
            self._put_at(letters.decode(), int(row), number)
        self._ids.extend(rels)
        self._count += len(found)
        return True

    def _read_others(self, offset: int, chunk: bytes, place: str) -> None:
        for start, end, letters, row, rel_id, location, ref in _existing_links(chunk, self._id, place):
            self._count += 1
            rel = 0 if location else self._rels.use(rel_id)
            self._ids.append(rel)
            if not rel:
                self._unusual[len(self._ids)] = rel_id, location
            if not self._put_at(letters, row, len(self._ids)) and ":" in ref and (over := known_range(ref)):
                self._split(start + offset, end + offset, over)

    def _put_at(self, letters: str, row: int, number: int) -> bool:
        """Note the number of a link if it is on one of our cells."""
        rows = self._cells.get(letters)
        if rows is None or not row:
            return False
        if row >= len(rows):
            rows.extend([0] * (row + _AT_ONCE - len(rows)))
        if rows[row]:
            self._doubled.setdefault((letters, row), []).append(number)
        else:
            rows[row] = number
        return True

    def _split(self, start: int, end: int, over: CellRange) -> None:
        """Take the cells that get a link of their own out of one over a range."""
        cut = _linked_cells(self._plan, over)
        if not cut:
            return
        whole, tag = self._there[start:end], start_tag(self._there, start)
        pieces = []
        for where in _without(over, cut):
            pieces.append(set_attribute(tag, "ref", where.text) + whole[len(tag) :])
            # The unique id (`xr:uid`) stays with the first one.
            whole, tag = _UID.sub(b"", tag) + whole[len(tag) :], _UID.sub(b"", tag)
        self._count += len(pieces) - 1
        self._edits.append(Edit(start, end, b"".join(pieces)))

    def _replace(self, letters: str, row: int, number: int, url: str | None, *, is_ours: bool) -> None:
        """Make the link of a cell lead to an address, or remove it.

        The user's own are only replaced by a link.
        """
        numbers = (number, *self._doubled.get((letters, row), ()))
        right = next((it for it in numbers if url is not None and self._opens(it, url)), None)
        if right is None and url is not None and self._rels.change(self._ids[number - 1], url):
            right = number
        if right is not None:
            self.linked.add(letters, row)
        for it in numbers:
            if is_ours and it != right:
                self._dropped.add(it)
                self._rels.give_up(self._ids[it - 1])
                self._count -= 1
        if right is None and url is not None:
            self._add_one(letters, row, url)

    def _opens(self, number: int, url: str) -> bool:
        """Whether a link that is there leads to an address."""
        if rel := self._ids[number - 1]:
            return self._rels.leads_to(rel, url)
        rel_id, location = self._unusual[number]
        return self._rels.address_is(rel_id, url.removesuffix(f"#{location}" if location else ""))

    def _add_one(self, letters: str, row: int, url: str) -> None:
        """Add a link. Excel keeps what follows `#` apart from the relationship."""
        if self._count < MOST_LINKS:
            target, _, location = url.partition("#")
            fragment = f' location="{attribute(location)}"' if location else ""
            self._add(letters, [row], self._rels.of_all([attribute(target).encode()]), fragment)

    def _add(self, letters: str, rows: Sequence[int], rels: Sequence[int], fragment: str = "") -> None:
        """Add links to cells of a column with the numbers of their relationships."""
        start = f'<{self._prefix}hyperlink ref="{letters}%d"{self._declaration} {self._id}="rId%d"'
        template = start.encode() + fragment.replace("%", "%%").encode() + b"/>"
        self._new += b"".join(map(template.__mod__, zip(rows, rels, strict=True)))
        self.linked.add(letters, *rows)
        self._count += len(rows)


def followable(url: str) -> str | None:
    """Return a URL in the form that Excel follows, with spaces and brackets escaped; None if it can't."""
    url = url.strip()
    if not _CLEAN.fullmatch(url):
        url = "".join(quote(it, safe=_SAFE_IN_URLS) if it.isascii() else it for it in url)
    url = url.removesuffix("#")
    good = _SCHEMES.match(url) and len(url) <= LONGEST_URL and url.isprintable()
    return url if good else None


def _all_usual(values: Sequence[ResultValue]) -> list[str] | None:
    """Return the addresses of values that are all links as most are; None otherwise."""
    urls = [value.url for value in values if isinstance(value, Link)]
    lines = "\n".join([*urls, ""])
    is_usual = len(urls) == len(values) == lines.count("\n") and _USUAL_LINES.fullmatch(lines)
    return urls if is_usual else None


def _linked_cells(plan: Plan, within: CellRange) -> dict[int, list[int]]:
    """Return the cells of a range that get a link: rows from top to bottom, by column from left to right."""
    columns = [it for it in plan.columns.values() if within.first_column <= it <= within.last_column]
    numbers = plan.numbers if columns else ()
    found: dict[int, list[int]] = {}
    first, last = bisect_left(numbers, within.first_row), bisect_right(numbers, within.last_row)
    for row in numbers[first:last]:
        for column, value in plan.cells(row):
            if column in columns and isinstance(value, Link) and followable(value.url):
                found.setdefault(column, []).append(row)
    return dict(sorted(found.items()))


def _without(whole: CellRange, cells: Mapping[int, list[int]]) -> Iterator[CellRange]:
    """Yield ranges that cover a range except for some cells.

    Args:
        whole: the range
        cells: rows by column, both in order
    """
    left = whole.first_column
    for column, rows in cells.items():
        if left < column:
            yield CellRange(whole.first_row, whole.last_row, left, column - 1)
        for above, below in pairwise((whole.first_row - 1, *rows, whole.last_row + 1)):
            if above + 1 < below:
                yield CellRange(above + 1, below - 1, column, column)
        left = column + 1
    if left <= whole.last_column:
        yield CellRange(whole.first_row, whole.last_row, left, whole.last_column)


def _existing_links(
    there: bytes, id_name: str, place: str
) -> Iterator[tuple[int, int, str, int, str, str, str]]:
    """Yield the hyperlinks: start, end, column, row, relationship's id, what follows `#`, and all cells."""

    def link(start: int, end: int, tag: bytes) -> tuple[int, int, str, int, str, str, str]:
        ref = (get_attribute(tag, "ref") or "").replace("$", "").upper()
        letters = ref.rstrip("0123456789")
        rel_id = get_attribute(tag, id_name) or get_attribute(tag, "r:id") or ""
        location = get_attribute(tag, "location") or ""
        return start, end, letters, int(ref[len(letters) :] or 0), rel_id, location, ref

    if b"<!" in there or b"<?" in there:
        around = b"<hyperlinks>"
        spans = outline(around + there + b"</hyperlinks>", place, "hyperlinks")
        for span in named(spans, "hyperlink", "hyperlinks"):
            start, end = span.start - len(around), span.end - len(around)
            yield link(start, end, start_tag(there, start))
        return
    for start in map(re.Match.start, _LINK.finditer(there)):
        tag = start_tag(there, start)
        end = start + len(tag)
        if not tag.endswith(b"/>"):
            close = there.find(b"</" + tag[1:].split(maxsplit=1)[0].rstrip(b">"), end)
            end = there.find(b">", close) + 1
            if close < 0:
                raise WorkbookError("its links are damaged", place=place, hint=SAVE_AGAIN)
        yield link(start, end, tag)
