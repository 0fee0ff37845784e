"""Hyperlinks on our cells: the sheet's `hyperlinks` and its relationships (ECMA-376 part 1, 18.3.1.47)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice, pairwise
from urllib.parse import quote

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.sheet.addresses import CellRange, column_letters, known_range, split_ref
from merge.workbook.package.relationships import read_relationships
from merge.workbook.write.column_plan import Plan
from merge.workbook.xml.parse import DOCUMENT_RELATIONSHIPS, RELATIONSHIPS, SAVE_AGAIN, attribute
from merge.workbook.xml.splice import (
    Edit,
    Span,
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
_SCHEMES = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
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
    linked: AbstractSet[str]


@dataclass(slots=True)
class _ExistingLinks:
    """The hyperlinks of the sheet.

    Attributes:
        total: how many there are
        replaced: those to remove or to split, with the hyperlinks that replace them
        kept: our cells that already have the right link
    """

    total: int = 0
    replaced: list[tuple[Span, list[bytes]]] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)

    @property
    def left(self) -> int:
        """The number of hyperlinks afterwards, without our new ones."""
        return self.total + sum(len(pieces) - 1 for _, pieces in self.replaced)


def link_patch(
    skeleton: bytes, relationships: bytes | None, plan: Plan, namespace: str, place: str
) -> LinkPatch:
    """Work out the hyperlinks of our cells: existing ones are kept, split or replaced, never duplicated.

    Links beyond `MOST_LINKS` and those that Excel can't follow are left out.

    Args:
        skeleton: the worksheet's XML without its rows
        relationships: the sheet's relationships, or None if it has none
        plan: what is written
        namespace: the workbook's main namespace
        place: the sheet, for messages

    Raises:
        WorkbookError: the sheet or its relationships are damaged.
    """
    spans = outline(skeleton, place)
    rels = _LinkRelationships(start_tag(skeleton, spans[0].start), relationships, namespace, place)
    existing = _compare_existing(_existing_links(skeleton, spans, place), skeleton, plan, rels)
    room = MOST_LINKS - existing.left
    linked, added = set(existing.kept), bytearray()
    for ref, url in islice(_new_links(plan, existing), max(0, room)):
        added += rels.hyperlink(ref, url)
        linked.add(ref)
    edits = _edits(skeleton, spans, existing, bytes(added))
    return LinkPatch(tuple(edits), rels.result(), linked)


def followable(url: str) -> str | None:
    """Return a URL in the form that Excel follows, with spaces and brackets escaped; None if it can't."""
    url = url.strip()
    if not _CLEAN.fullmatch(url):
        url = "".join(quote(it, safe=_SAFE_IN_URLS) if it.isascii() else it for it in url)
    url = url.removesuffix("#")
    good = _SCHEMES.match(url) and len(url) <= LONGEST_URL and url.isprintable()
    return url if good else None


def _compare_existing(
    links: Iterator[Span], skeleton: bytes, plan: Plan, rels: _LinkRelationships
) -> _ExistingLinks:
    existing = _ExistingLinks()
    for span in links:
        existing.total += 1
        tag = start_tag(skeleton, span.start)
        ref = (get_attribute(tag, "ref") or "").replace("$", "").upper()
        values = _values(plan, ref)
        url = followable(values[0].url) if values and isinstance(values[0], Link) else None
        if url is not None and ref not in existing.kept and rels.url_of(tag) == url:
            existing.kept.add(ref)
        elif values and _is_ours(plan, ref, values[0]):
            existing.replaced.append((span, []))
        elif ":" in ref and (over := known_range(ref)) and (cut := _linked_cells(plan, over)):
            whole = skeleton[span.start : span.end]
            pieces = [_on_range(whole, tag, it, first=n == 0) for n, it in enumerate(_without(over, cut))]
            existing.replaced.append((span, pieces))
    return existing


def _is_ours(plan: Plan, ref: str, value: ResultValue) -> bool:
    """Whether a hyperlink on a written cell is removed; the user's own are only replaced by a link.

    New columns can't have our links, and in a request with Links neither can columns without any.
    """
    if isinstance(value, Link) and value.url:
        return True
    column, _ = split_ref(ref)
    linked = plan.requested.linked
    return column not in plan.new and (not linked or column in {plan.columns[it] for it in linked})


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


def _on_range(hyperlink: bytes, tag: bytes, where: CellRange, *, first: bool) -> bytes:
    """Return a hyperlink on another range; its unique id (`xr:uid`) stays with the first one."""
    moved = set_attribute(tag, "ref", where.text)
    return (moved if first else _UID.sub(b"", moved)) + hyperlink[len(tag) :]


def _values(plan: Plan, ref: str) -> list[ResultValue]:
    """Return the value to write into a cell, or nothing."""
    try:
        column, row = split_ref(ref)
    except ValueError:
        return []
    return [value for written, value in plan.cells(row) if written == column]


def _new_links(plan: Plan, existing: _ExistingLinks) -> Iterator[tuple[str, str]]:
    """Yield cell and URL of the requested links that Excel can follow and that aren't there yet."""
    letters = {column: column_letters(column) for column in plan.columns.values()}
    for row, column, requested in plan.links():
        ref = f"{letters[column]}{row}"
        url = followable(requested)
        if url is not None and ref not in existing.kept:
            yield ref, url


def _existing_links(skeleton: bytes, spans: list[Span], place: str) -> Iterator[Span]:
    """Yield the sheet's hyperlinks. There may be tens of thousands, so they aren't parsed if possible."""
    holder = next(named(spans, "hyperlinks", "worksheet"), None)
    if holder is None or holder.self_closed:
        return
    inside = skeleton[holder.inside : holder.close]
    if b"<!" in inside or b"<?" in inside:
        yield from named(outline(skeleton, place, "hyperlinks"), "hyperlink", "hyperlinks")
        return
    for found in re.finditer(rb"<(?:[\w.-]+:)?hyperlink(?=[\s/>])", inside):
        start = holder.inside + found.start()
        end = start + len(start_tag(skeleton, start))
        if skeleton[end - 2 : end] == b"/>":
            yield Span("hyperlink", "hyperlinks", start, end, end, end)
        else:
            close = skeleton.index(b"</" + found[0][1:], end)
            yield Span("hyperlink", "hyperlinks", start, end, close, skeleton.index(b">", close) + 1)


class _LinkRelationships:
    """The relationships of a sheet, to which those of new links are appended."""

    def __init__(self, worksheet: bytes, relationships: bytes | None, namespace: str, place: str) -> None:
        self._before = relationships or _NO_RELATIONSHIPS
        self._place = place
        self._types = DOCUMENT_RELATIONSHIPS[namespace]
        known = read_relationships(self._before, place)
        self._sound, self._targets, self._highest = known.sound, known.targets, known.highest
        self._ids = {target: rel_id for rel_id, target in known.links}
        self._new: dict[str, str] = {}
        self._prefix = prefix_of(worksheet)
        declared = re.search(
            rb"\sxmlns:([\w.-]+)\s*=\s*[\"']%b[\"']" % re.escape(self._types).encode(), worksheet
        )
        self._id = f"{declared[1].decode()}:id" if declared else "r:id"
        self._declaration = "" if declared else f' xmlns:r="{self._types}"'

    def url_of(self, tag: bytes) -> str:
        """Return the URL of an existing hyperlink."""
        rel_id = get_attribute(tag, self._id) or get_attribute(tag, "r:id") or ""
        location = get_attribute(tag, "location")
        return self._targets.get(rel_id, "") + (f"#{location}" if location else "")

    def hyperlink(self, ref: str, url: str) -> bytes:
        """Return a new hyperlink's XML. Excel keeps what follows `#` apart from the relationship."""
        target, _, location = url.partition("#")
        rel_id = self._ids.get(target) or self._new.get(target)
        if rel_id is None:
            rel_id = self._new[target] = f"rId{self._highest + len(self._new) + 1}"
        fragment = f' location="{attribute(location)}"' if location else ""
        tag = f'<{self._prefix}hyperlink ref="{ref}"{self._declaration} {self._id}="{rel_id}"{fragment}/>'
        return tag.encode()

    def result(self) -> Iterator[bytes] | None:
        """Return the relationships with those of the new links, in pieces; None if there are no new ones.

        Raises:
            WorkbookError: the existing ones are damaged.
        """
        if not self._new:
            return None
        if not self._sound:
            raise WorkbookError("its relationships are damaged", place=self._place, hint=SAVE_AGAIN)
        return self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        root = outline(self._before, self._place)[0]
        prefix = prefix_of(start_tag(self._before, root.start))
        gap = b"\0"  # not allowed in XML
        head, _, tail = apply(self._before, [append_child(self._before, root, gap)]).partition(gap)
        yield head
        lines = (
            f'<{prefix}Relationship Id="{rel_id}" Type="{self._types}/hyperlink" '
            f'Target="{attribute(target)}" TargetMode="External"/>'.encode()
            for target, rel_id in self._new.items()
        )
        while batch := b"".join(islice(lines, _AT_ONCE)):
            yield batch
        yield tail


def _edits(skeleton: bytes, spans: list[Span], existing: _ExistingLinks, added: bytes) -> list[Edit]:
    holder = next(named(spans, "hyperlinks", "worksheet"), None)
    if holder is None:
        if not added:
            return []
        end = [it for it in spans if it.parent == "worksheet" and it.name in BEFORE_LINKS][-1].end
        prefix = prefix_of(start_tag(skeleton, spans[0].start)).encode()
        return [Edit(end, end, b"<%bhyperlinks>%b</%bhyperlinks>" % (prefix, added, prefix))]
    if not added and not existing.left:
        return [Edit(holder.start, holder.end, b"")]
    edits = [Edit(span.start, span.end, b"".join(pieces)) for span, pieces in existing.replaced]
    if added:
        edits.append(append_child(skeleton, holder, added))
    return edits
