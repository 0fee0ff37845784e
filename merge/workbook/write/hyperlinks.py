"""Hyperlinks on our cells: the sheet's `hyperlinks` and its relationships (ECMA-376 part 1, 18.3.1.47)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, pairwise
from urllib.parse import quote

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.sheet.addresses import CellRange, column_letters, known_range
from merge.workbook.package.relationships import read_relationships
from merge.workbook.write.cell_xml import LinkedCells
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.scan_sheet import SheetScan
from merge.workbook.xml.parse import DOCUMENT_RELATIONSHIPS, RELATIONSHIPS, SAVE_AGAIN, attribute
from merge.workbook.xml.splice import (
    Edit,
    Span,
    append_child,
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
_SCHEMES = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_RELATIONSHIP = re.compile(rb"<(?:[\w.-]+:)?Relationship(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_UID = re.compile(rb"\s[\w.-]+:uid\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<Relationships xmlns="%b"/>'
    % RELATIONSHIPS.encode()
)


@dataclass(frozen=True, slots=True)
class LinkPatch:
    """The changes to a sheet's hyperlinks.

    Attributes:
        edits: to make in the sheet without its rows
        relationships: the sheet's relationships afterwards, in pieces; None if they don't change
        linked: the requested cells that are links afterwards
    """

    edits: tuple[Edit, ...]
    relationships: Iterable[bytes] | None
    linked: LinkedCells


@dataclass(slots=True)
class _KeptLinks:
    """The sheet's hyperlinks that are kept or split.

    Attributes:
        xml: of all of them
        count: how many they are
        cells: those of our cells that have the right link already
    """

    xml: bytearray = field(default_factory=bytearray)
    count: int = 0
    cells: LinkedCells = field(default_factory=LinkedCells)


def link_patch(
    scan: SheetScan, relationships: bytes | None, plan: Plan, namespace: str, place: str
) -> LinkPatch:
    """Work out the hyperlinks of our cells: existing ones are kept, split or replaced, never duplicated.

    Links beyond `MOST_LINKS` and those that Excel can't follow are left out.

    Args:
        scan: the worksheet
        relationships: the sheet's relationships, or None if it has none
        plan: what is written
        namespace: the workbook's main namespace
        place: the sheet, for messages

    Raises:
        WorkbookError: the sheet or its relationships are damaged.
    """
    skeleton = scan.skeleton
    spans = outline(skeleton, place)
    holder = next(named(spans, "hyperlinks", "worksheet"), None)
    if scan.links and holder is None:
        raise WorkbookError("its links are in an unexpected place", place=place, hint=SAVE_AGAIN)
    there = scan.links or (skeleton[holder.inside : holder.close] if holder else b"")
    rels = _LinkRelationships(start_tag(skeleton, spans[0].start), relationships, namespace, place)
    kept = _kept_links(there, plan, rels, place)
    for letters, row, url in islice(_new_links(plan, kept.cells), max(0, MOST_LINKS - kept.count)):
        kept.xml += rels.hyperlink(f"{letters}{row}", url)
        kept.cells.add(letters, row)
        kept.count += 1
    edits = _edits(skeleton, spans, holder, kept)
    return LinkPatch(tuple(edits), rels.result(), kept.cells)


def followable(url: str) -> str | None:
    """Return a URL in the form that Excel follows, with spaces and brackets escaped; None if it can't."""
    url = url.strip()
    if not _CLEAN.fullmatch(url):
        url = "".join(quote(it, safe=_SAFE_IN_URLS) if it.isascii() else it for it in url)
    url = url.removesuffix("#")
    good = _SCHEMES.match(url) and len(url) <= LONGEST_URL and url.isprintable()
    return url if good else None


def _kept_links(there: bytes, plan: Plan, rels: _LinkRelationships, place: str) -> _KeptLinks:
    """Compare the hyperlinks that are there with the requested ones."""
    kept = _KeptLinks()
    headers = {column_letters(column): header for header, column in plan.columns.items()}
    done = 0
    for start, end, ref, url, rel_id in _existing_links(there, rels, place):
        letters = ref.rstrip("0123456789")
        digits = ref[len(letters) :]
        header = headers.get(letters)
        values = plan.values(int(digits)) if header is not None and digits else {}
        if header is not None and header in values:
            value = values[header]
            wanted = followable(value.url) if isinstance(value, Link) else None
            is_new = not kept.cells.has(letters, int(digits))
            if wanted is not None and is_new and url == wanted:
                kept.cells.add(letters, int(digits))
            elif _is_ours(plan, header, value):
                kept.xml += there[done:start]
                done = end
                rels.free(rel_id)
                continue
        elif ":" in ref and (over := known_range(ref)) and (cut := _linked_cells(plan, over)):
            whole, tag = there[start:end], start_tag(there, start)
            kept.xml += there[done:start]
            done = end
            for it in _without(over, cut):
                kept.xml += _on_range(whole, tag, it)
                # The unique id (`xr:uid`) stays with the first one.
                whole, tag = _UID.sub(b"", tag) + whole[len(tag) :], _UID.sub(b"", tag)
                kept.count += 1
            continue
        kept.count += 1
    kept.xml += there[done:]
    rels.keep(kept.xml)
    return kept


def _is_ours(plan: Plan, header: str, value: ResultValue) -> bool:
    """Whether a hyperlink on a written cell is removed; the user's own are only replaced by a link.

    New columns can't have our links, and in a request with Links neither can columns without any.
    """
    if isinstance(value, Link) and value.url:
        return True
    linked = plan.requested.linked
    return plan.columns[header] not in plan.new and (not linked or header in linked)


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


def _on_range(hyperlink: bytes, tag: bytes, where: CellRange) -> bytes:
    """Return a hyperlink on another range."""
    return set_attribute(tag, "ref", where.text) + hyperlink[len(tag) :]


def _new_links(plan: Plan, kept: LinkedCells) -> Iterator[tuple[str, int, str]]:
    """Yield column, row and URL of the requested links that Excel can follow and that aren't there yet."""
    letters = {column: column_letters(column) for column in plan.columns.values()}
    if len(kept) == plan.requested.links:
        return
    for row, column, requested in plan.links():
        url = followable(requested)
        if url is not None and not kept.has(letters[column], row):
            yield letters[column], row, url


def _existing_links(
    there: bytes, rels: _LinkRelationships, place: str
) -> Iterator[tuple[int, int, str, str, str]]:
    """Yield start, end, cells, URL and relationship of each hyperlink; they aren't parsed if possible."""
    if b"<!" in there or b"<?" in there:
        around = b"<hyperlinks>"
        spans = outline(around + there + b"</hyperlinks>", place, "hyperlinks")
        for span in named(spans, "hyperlink", "hyperlinks"):
            start, end = span.start - len(around), span.end - len(around)
            yield start, end, *rels.parts_of(start_tag(there, start))
        return
    usual = rels.usual_link
    for start in map(re.Match.start, re.finditer(rb"<(?:[\w.-]+:)?hyperlink(?=[\s/>])", there)):
        found = usual(there, start)
        if found:
            rel_id = found[2].decode()
            yield start, found.end(), found[1].decode(), rels.links.get(rel_id, ""), rel_id
            continue
        tag = start_tag(there, start)
        end = start + len(tag)
        if not tag.endswith(b"/>"):
            close = there.find(b"</" + tag[1:].split(maxsplit=1)[0].rstrip(b">"), end)
            end = there.find(b">", close) + 1
            if close < 0:
                raise WorkbookError("its links are damaged", place=place, hint=SAVE_AGAIN)
        yield start, end, *rels.parts_of(tag)


class _LinkRelationships:
    """The relationships of a sheet, to which those of new links are appended."""

    def __init__(self, worksheet: bytes, relationships: bytes | None, namespace: str, place: str) -> None:
        self._before = relationships or _NO_RELATIONSHIPS
        self._place = place
        self._types = DOCUMENT_RELATIONSHIPS[namespace]
        known = read_relationships(self._before, place)
        self.links = known.links
        self._sound, self._highest = known.sound, known.highest
        self._targets: Mapping[str, str] = {other.rel_id: other.target for other in known.others}
        self._ids: dict[str, str] | None = None
        self._new: dict[str, str] = {}
        self._free: dict[str, None] = {}
        self._changed: dict[str, str] = {}
        self._prefix = prefix_of(worksheet)
        declared = re.search(
            rb"\sxmlns:([\w.-]+)\s*=\s*[\"']%b[\"']" % re.escape(self._types).encode(), worksheet
        )
        self._id = f"{declared[1].decode()}:id" if declared else "r:id"
        self._declaration = "" if declared else f' xmlns:r="{self._types}"'

        link = (self._prefix.encode(), re.escape(self._id.encode()))
        self.usual_link = re.compile(rb"<%bhyperlink ref=\"([A-Z]{1,3}\d{1,7})\" %b=\"(\w+)\"/>" % link).match
        """Matches a hyperlink as castmerge writes it: its cell and its relationship."""

    def parts_of(self, tag: bytes) -> tuple[str, str, str]:
        """Return the cells, the URL and the relationship of an existing hyperlink."""
        ref = (get_attribute(tag, "ref") or "").replace("$", "").upper()
        rel_id = get_attribute(tag, self._id) or get_attribute(tag, "r:id") or ""
        location = get_attribute(tag, "location")
        target = self.links.get(rel_id) or self._targets.get(rel_id, "")
        return ref, target + (f"#{location}" if location else ""), rel_id

    def free(self, rel_id: str) -> None:
        """Note that a hyperlink of ours with this relationship is gone."""
        if rel_id in self.links:
            self._free[rel_id] = None

    def keep(self, links: bytes | bytearray) -> None:
        """Don't change the relationships of these hyperlinks."""
        for found in re.finditer(rb":id\s*=\s*[\"']([^\"'&]*)[\"']", links) if self._free else ():
            self._free.pop(found[1].decode(), None)
        if b"&" in links and self._free:
            self._free = {} if re.search(rb":id\s*=\s*[\"'][^\"']*&", links) else self._free

    def hyperlink(self, ref: str, url: str) -> bytes:
        """Return a new hyperlink's XML. Excel keeps what follows `#` apart from the relationship.

        An address that no cell opens any more gives its relationship to the new one.
        """
        target, _, location = url.partition("#")
        if self._ids is None:
            self._ids = {there: rel_id for rel_id, there in self.links.items() if rel_id not in self._free}
        rel_id = self._ids.get(target) or self._new.get(target)
        if rel_id is None and self._free:
            rel_id, _ = self._free.popitem()
            self._changed[rel_id] = target
            self._ids[target] = rel_id
        elif rel_id is None:
            rel_id = self._new[target] = f"rId{self._highest + len(self._new) + 1}"
        fragment = f' location="{attribute(location)}"' if location else ""
        tag = f'<{self._prefix}hyperlink ref="{ref}"{self._declaration} {self._id}="{rel_id}"{fragment}/>'
        return tag.encode()

    def result(self) -> Iterator[bytes] | None:
        """Return the relationships with those of the new links, in pieces; None if there are no new ones.

        Raises:
            WorkbookError: the existing ones are damaged.
        """
        if not self._new and not self._changed:
            return None
        if not self._sound:
            raise WorkbookError("its relationships are damaged", place=self._place, hint=SAVE_AGAIN)
        return self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        before = self._before.rstrip()
        end = before.rfind(b"</")
        root = start_tag(
            before, before.rfind(b"<") if end < 0 else before.index(b"<", before.rfind(b"?>") + 1)
        )
        if end < 0:
            name = root[1:-2].split(maxsplit=1)[0]
            before, end = before[:-2].rstrip() + b"></%b>" % name, -len(name) - 3
        prefix, head, tail = prefix_of(root), before[:end], before[end:]
        yield from self._with_changes(head)
        lines = (
            f'<{prefix}Relationship Id="{rel_id}" Type="{self._types}/hyperlink" '
            f'Target="{attribute(target)}" TargetMode="External"/>'.encode()
            for target, rel_id in self._new.items()
        )
        while batch := b"".join(islice(lines, _AT_ONCE)):
            yield batch
        yield tail

    def _with_changes(self, head: bytes) -> Iterator[bytes]:
        """Yield the relationships with the new addresses of those that had another one."""
        done = 0
        for found in _RELATIONSHIP.finditer(head) if self._changed else ():
            target = self._changed.get(get_attribute(found[0], "Id") or "")
            if target is not None:
                yield head[done : found.start()] + set_attribute(found[0], "Target", target)
                done = found.end()
        yield head[done:]


def _edits(skeleton: bytes, spans: list[Span], holder: Span | None, kept: _KeptLinks) -> list[Edit]:
    """Put the hyperlinks back into the sheet without its rows and links."""
    links = bytes(kept.xml)
    if holder is None:
        if not links:
            return []
        end = [it for it in spans if it.parent == "worksheet" and it.name in BEFORE_LINKS][-1].end
        prefix = prefix_of(start_tag(skeleton, spans[0].start)).encode()
        return [Edit(end, end, b"<%bhyperlinks>%b</%bhyperlinks>" % (prefix, links, prefix))]
    if not kept.count:
        return [Edit(holder.start, holder.end, b"")]
    if holder.self_closed:
        return [append_child(skeleton, holder, links)]
    return [Edit(holder.inside, holder.close, links)]
