"""Hyperlinks on our cells: the sheet's `hyperlinks` and its relationships (ECMA-376 part 1, 18.3.1.47)."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from urllib.parse import quote

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.sheet.addresses import CellRange, column_letters, known_range
from merge.workbook.package.relationships import RelationshipsXml
from merge.workbook.write.cell_xml import LinkedCells
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.scan_sheet import SheetScan
from merge.workbook.xml.parse import DOCUMENT_RELATIONSHIPS, RELATIONSHIPS, SAVE_AGAIN, Source, attribute
from merge.workbook.xml.splice import (
    Edit,
    append_child,
    apply,
    get_attribute,
    named,
    outline,
    prefix_of,
    refuse_other_encodings,
    set_attribute,
    start_tag,
)

MOST_LINKS = 65_530
"""Hyperlinks that Excel keeps on one sheet."""
_AT_ONCE = 1_024
_MOST_DIGITS = 9
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
_RELATIONSHIP = re.compile(rb"<(?:[\w.-]+:)?Relationship(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_RELATIONSHIP_ID = re.compile(rb"\sId\s*=\s*[\"']rId([1-9]\d{0,5})[\"']")
_TARGET = re.compile(rb"\sTarget\s*=\s*(\"[^\"]*\"|'[^']*')")
_UID = re.compile(rb"\s[\w.-]+:uid\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_REMEMBERED = 16_384
"""Addresses that share a relationship; one that comes again later gets another."""
_MOST_NUMBERS = 1_000_000
_LINK = re.compile(rb"<(?:[\w.-]+:)?hyperlink(?=[\s/>])")
_CHUNK = 1 << 18
NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<Relationships xmlns="%b"/>'
    % RELATIONSHIPS.encode()
)


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
        self._plan = plan
        self._rels = _LinkRelationships(relationships, namespace, place)
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
        self._starts, self._ends, self._ids = array("L"), array("L"), array("L")
        self._unusual: dict[int, tuple[str, str]] = {}
        self._edits: list[Edit] = []
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
        there = self._cells.get(letters, ())
        linked = self._plan.requested.linked
        if not values or (not there and header not in linked):
            return
        urls: Sequence[str | None] | None = _all_usual(values)
        if urls is None:
            urls = [followable(it.url) if isinstance(it, Link) else None for it in values]
        elif not there and self._count + len(values) <= MOST_LINKS:
            self.asked += len(urls)
            self._add(letters, numbers, map(self._rels.of, map(str, urls)))
            return
        # New columns can't have our links, and in a request with Links neither can columns without any.
        is_ours = column not in self._plan.new and (not linked or header in linked)
        for row, value, url in zip(numbers, values, urls, strict=True):
            asked = bool(isinstance(value, Link) and value.url)
            self.asked += asked
            number = there[row] if row < len(there) else 0
            if number:
                self._replace(letters, row, number, url, is_ours=is_ours or asked)
            elif url is not None:
                self._add_one(letters, row, url)

    def edits(self) -> list[Edit]:
        """Return the changes to the sheet without its rows and links."""
        links = apply(self._there, sorted(self._edits)) + self._new
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
        ours = {column_letters(column): array("L") for column in self._plan.columns.values()}
        for start, end, letters, row, rel_id, location, ref in _existing_links(self._there, self._id, place):
            self._count += 1
            self._starts.append(start)
            self._ends.append(end)
            rel = 0 if location else self._rels.use(rel_id)
            self._ids.append(rel)
            if not rel:
                self._unusual[self._count] = rel_id, location
            rows = ours.get(letters)
            if rows is not None and row:
                if row >= len(rows):
                    rows.extend([0] * (row + _AT_ONCE - len(rows)))
                if rows[row]:
                    self._doubled.setdefault((letters, row), []).append(self._count)
                else:
                    rows[row] = self._count
            elif ":" in ref and (over := known_range(ref)):
                self._split(start, end, over)
        self._cells = {letters: rows for letters, rows in ours.items() if rows}

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
                self._edits.append(Edit(self._starts[it - 1], self._ends[it - 1], b""))
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
            self._add(letters, [row], [self._rels.of(target)], fragment)

    def _add(self, letters: str, rows: Sequence[int], rels: Iterable[int], fragment: str = "") -> None:
        """Add links to cells of a column with the numbers of their relationships."""
        start, middle = f'<{self._prefix}hyperlink ref="{letters}', f'"{self._declaration} {self._id}="rId'
        tags = [f'{start}{row}{middle}{rel}"{fragment}/>' for row, rel in zip(rows, rels, strict=True)]
        self._new += "".join(tags).encode()
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
    numbers = plan.requested.numbers if plan.requested.linked else ()
    found: dict[int, list[int]] = {}
    first, last = bisect_left(numbers, within.first_row), bisect_right(numbers, within.last_row)
    for row in numbers[first:last]:
        for column, value in plan.cells(row):
            inside = within.first_column <= column <= within.last_column
            if inside and isinstance(value, Link) and followable(value.url):
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
    """Yield the hyperlinks: start, end, column, row, relationship's id, what follows `#`, and all cells.

    They aren't parsed if possible.
    """

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
    usual = re.compile(
        rb"<(?:[\w.-]+:)?hyperlink ref=\"([A-Z]{1,3})(\d{1,7})\" %b=\"(\w+)\"/>" % re.escape(id_name.encode())
    ).match
    for start in map(re.Match.start, _LINK.finditer(there)):
        if found := usual(there, start):
            letters, row, rel_id = found.groups()
            yield start, found.end(), letters.decode(), int(row), rel_id.decode(), "", ""
            continue
        tag = start_tag(there, start)
        end = start + len(tag)
        if not tag.endswith(b"/>"):
            close = there.find(b"</" + tag[1:].split(maxsplit=1)[0].rstrip(b">"), end)
            end = there.find(b">", close) + 1
            if close < 0:
                raise WorkbookError("its links are damaged", place=place, hint=SAVE_AGAIN)
        yield link(start, end, tag)


def _number_of(rel_id: str) -> int:
    """Return the number of an id such as rId7, as Excel, LibreOffice and castmerge write them; else 0."""
    digits = rel_id[3:] if rel_id.startswith("rId") and rel_id.isascii() else ""
    number = int(digits) if digits.isdecimal() and digits[0] != "0" and len(digits) <= _MOST_DIGITS else 0
    return number if number < _MOST_NUMBERS else 0


class _LinkRelationships:
    """The relationships of a sheet. Those of our links get new addresses, and new links get new ones.

    A sheet has up to 65,530, so addresses that are there are only kept as their hashes.

    Attributes:
        types: what the types of relationships begin with
    """

    def __init__(self, relationships: Source, namespace: str, place: str) -> None:
        self._place = place
        self.types = DOCUMENT_RELATIONSHIPS[namespace]
        self._hashes = array("q", [0])
        """Of the address of each numbered relationship; 0 if there is none."""
        self._others: dict[str, str] = {}
        self._highest = 0
        self._sound = True
        lines = RelationshipsXml(relationships, place)
        for line in lines:
            number = _number_of(line.rel_id)
            self._hashes.extend([0] * (number + 1 - len(self._hashes)))
            self._sound &= line.rel_id not in self._others and not self._hashes[number]
            if number and line.is_link:
                self._hashes[number] = hash(line.target) or 1
            else:
                self._others[line.rel_id] = line.target
            digits = line.rel_id.removeprefix("rId")
            if line.rel_id.startswith("rId") and len(digits) <= _MOST_DIGITS and digits.isdecimal():
                self._highest = max(self._highest, int(digits))
        self._sound &= lines.sound
        self._prefix = lines.prefix
        self._uses = array("L", [0]) * len(self._hashes)
        self._changed = array("L", [0]) * len(self._hashes)
        self._numbers: dict[int, int] | None = None
        self._urls = bytearray(1)
        self._new = array("L")

    @property
    def has_changed(self) -> bool:
        """Whether there are new addresses."""
        return len(self._urls) > 1

    def use(self, rel_id: str) -> int:
        """Note that a hyperlink has this relationship; return its number, or 0 if it is an unusual one."""
        number = _number_of(rel_id)
        if number >= len(self._hashes) or not self._hashes[number]:
            return 0
        self._uses[number] += 1
        return number

    def give_up(self, number: int) -> None:
        """Note that a hyperlink with this relationship is gone."""
        if number:
            self._uses[number] -= 1

    def leads_to(self, number: int, url: str) -> bool:
        """Whether this is the address of a numbered relationship."""
        return self._hashes[number] == (hash(url) or 1)

    def address_is(self, rel_id: str, url: str) -> bool:
        """Whether this is the address of any relationship."""
        number = _number_of(rel_id)
        if 0 < number < len(self._hashes) and self._hashes[number]:
            return self.leads_to(number, url)
        return self._others.get(rel_id) == url

    def change(self, number: int, url: str) -> bool:
        """Give a relationship a new address; False if it isn't that of a single link, or can't have it."""
        if not number or self._uses[number] != 1 or "#" in url:
            return False
        if self._numbers is not None:
            self._numbers.pop(self._hashes[number], None)
            self._numbers[hash(url) or 1] = number
        self._hashes[number] = hash(url) or 1
        self._changed[number] = self._noted(url)
        return True

    def of(self, target: str) -> int:
        """Return the number of the relationship with this address, which is added if there is none."""
        if self._numbers is None:
            self._numbers = {each: number for number, each in enumerate(self._hashes) if each}
        wanted = hash(target) or 1
        number = self._numbers.get(wanted, 0)
        if not number:
            if len(self._numbers) >= _REMEMBERED:
                self._numbers.clear()
            self._new.append(self._noted(target))
            number = self._numbers[wanted] = self._highest + len(self._new)
        elif number < len(self._uses):
            self._uses[number] += 1
        return number

    def pieces(self, before: Source) -> Iterator[bytes]:
        """Yield the relationships with the new ones, in pieces.

        Raises:
            WorkbookError: the existing ones are damaged.
        """
        if not self._sound:
            raise WorkbookError("its relationships are damaged", place=self._place, hint=SAVE_AGAIN)
        rest = before.read(_CHUNK)
        refuse_other_encodings(rest, self._place)
        while chunk := before.read(_CHUNK):
            rest += chunk
            end = max(rest.rfind(b"</"), 0) or rest.rfind(b"<")
            yield self._with_changes(rest[:end])
            rest = rest[end:]
        rest = rest.rstrip()
        end = rest.rfind(b"</")
        if end < 0:
            root = start_tag(rest, rest.rfind(b"<"))
            rest = rest[:-2].rstrip() + b">"
            tail = b"</%b>" % root[1:-2].split(maxsplit=1)[0]
        else:
            rest, tail = rest[:end], rest[end:]
        yield self._with_changes(rest)
        lines = (
            f'<{self._prefix}Relationship Id="rId{number}" Type="{self.types}/hyperlink" '
            f'Target="{attribute(self._url(start))}" TargetMode="External"/>'.encode()
            for number, start in enumerate(self._new, start=self._highest + 1)
        )
        while batch := b"".join(islice(lines, _AT_ONCE)):
            yield batch
        yield tail

    def _with_changes(self, lines: bytes) -> bytes:
        """Return relationships with their new addresses."""

        def line(found: re.Match[bytes]) -> bytes:
            tag = found[0]
            number = _RELATIONSHIP_ID.search(tag)
            start = self._changed[int(number[1])] if number and int(number[1]) < len(self._changed) else 0
            target = _TARGET.search(tag) if start else None
            if target is None:
                return tag
            return tag[: target.start(1)] + f'"{attribute(self._url(start))}"'.encode() + tag[target.end(1) :]

        return _RELATIONSHIP.sub(line, lines) if any(self._changed) else lines

    def _noted(self, url: str) -> int:
        """Keep an address; return where."""
        start = len(self._urls)
        self._urls += url.encode() + b"\0"
        return start

    def _url(self, start: int) -> str:
        return self._urls[start : self._urls.index(0, start)].decode()
