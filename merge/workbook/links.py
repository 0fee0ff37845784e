"""Real hyperlinks on cells: the sheet's `hyperlinks` and its relationships (ECMA-376 part 1, 18.3.1.47)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from merge.errors import WorkbookError
from merge.refs import CellRange, known_range, parse_range
from merge.workbook.markup import (
    DOCUMENT_RELATIONSHIPS,
    RELATIONSHIPS,
    SAVE_AGAIN,
    attribute,
    children,
    local,
    parse,
)
from merge.workbook.splice import (
    Edit,
    Span,
    append_child,
    apply,
    get_attribute,
    named,
    outline,
    prefix_of,
    start_tag,
)

MOST_LINKS = 65_530
"""Hyperlinks that Excel keeps on one sheet."""
LONGEST_URL = 2_079
"""Characters of an address that Excel follows."""
_BEFORE_LINKS = frozenset(
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
"""What the schema puts before `hyperlinks` (CT_Worksheet, 18.3.1.99)."""
_SAFE_IN_URLS = "!#$%&'()*+,-./:;=?@[]_~"
_CLEAN = re.compile(r"[\w!#$%&'()*+,\-./:;=?@\[\]~]*", re.ASCII)
_SCHEMES = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<Relationships xmlns="%b"/>'
    % RELATIONSHIPS.encode()
)


@dataclass(frozen=True, slots=True)
class LinkPatch:
    """What becomes of a sheet's hyperlinks.

    Attributes:
        edits: to make in the sheet without its rows
        relationships: the sheet's relationships afterwards; None where they stay as they are
        linked: the cells that are links afterwards, of those that were asked for
    """

    edits: tuple[Edit, ...]
    relationships: bytes | None
    linked: frozenset[str]


def link_patch(
    skeleton: bytes,
    relationships: bytes | None,
    wanted: Mapping[str, str],
    is_written: Callable[[str], bool],
    namespace: str,
    place: str,
) -> LinkPatch:
    """Works out the hyperlinks of our cells: those there are stay or change, none is doubled.

    Args:
        skeleton: the worksheet's XML without its rows
        relationships: the sheet's relationships, None where it has none
        wanted: address by cell, such as `{"K5": "https://…"}`
        is_written: whether a cell is among those to be written; if it is not wanted as well, it is a link
            no longer
        namespace: the workbook's main namespace
        place: the sheet, for messages

    Raises:
        WorkbookError: the sheet or its relationships are damaged.
    """
    spans = outline(skeleton, place, "hyperlinks")
    worksheet = start_tag(skeleton, spans[0].start)
    here = _Links(worksheet, relationships or _NO_RELATIONSHIPS, namespace, place)
    existing = list(named(spans, "hyperlink", "hyperlinks"))
    removed: list[Span] = []
    kept: set[str] = set()
    ranges: list[CellRange] = []
    for span in existing:
        tag = start_tag(skeleton, span.start)
        ref = (get_attribute(tag, "ref") or "").replace("$", "")
        if ref in wanted and here.leads_to(tag) == wanted[ref] and ref not in kept:
            kept.add(ref)
        elif ref in wanted or is_written(ref):
            removed.append(span)
        elif ":" in ref and (over := known_range(ref)):
            ranges.append(over)
    room = MOST_LINKS - (len(existing) - len(removed))
    free = [ref for ref in wanted if ref not in kept and not _inside(ref, ranges)][: max(0, room)]
    added = b"".join(here.add(ref, wanted[ref]) for ref in free)
    edits = _edits(skeleton, spans, removed, added, gone=not added and len(removed) == len(existing))
    return LinkPatch(tuple(edits), here.result(), frozenset(kept).union(free))


def followable(url: str) -> str | None:
    """An address as Excel can follow it, blanks and brackets escaped; None where it cannot be a hyperlink."""
    url = url.strip()
    if not _CLEAN.fullmatch(url):
        url = "".join(quote(it, safe=_SAFE_IN_URLS) if it.isascii() else it for it in url)
    url = url.removesuffix("#")
    good = _SCHEMES.match(url) and len(url) <= LONGEST_URL and url.isprintable()
    return url if good else None


class _Links:
    """The relationships of a sheet, to be appended to."""

    def __init__(self, worksheet: bytes, relationships: bytes, namespace: str, place: str) -> None:
        self._before = relationships
        self._place = place
        self._stem = DOCUMENT_RELATIONSHIPS[namespace]
        root = parse(relationships, place)
        lines = list(children(root, "Relationship"))
        ids = {it.get("Id", "") for it in lines}
        whole = all(it.get("Id") and it.get("Target") is not None for it in lines)
        self._sound = local(root) == "Relationships" and whole and len(ids) == len(lines)
        self._targets = {it.get("Id", ""): it.get("Target", "") for it in children(root, "Relationship")}
        self._ids = {
            it.get("Target", ""): it.get("Id", "")
            for it in children(root, "Relationship")
            if it.get("Type", "").endswith("/hyperlink") and it.get("TargetMode") == "External"
        }
        numbers = [
            int(found[1]) for rel_id in self._targets if (found := re.fullmatch(r"rId(\d{1,9})", rel_id))
        ]
        self._next = max(numbers, default=0) + 1
        self._added: list[tuple[str, str]] = []
        self._prefix = prefix_of(worksheet)
        self._id, self._declared = self._id_attribute(worksheet)

    def leads_to(self, tag: bytes) -> str:
        """The address of an existing hyperlink."""
        rel_id = get_attribute(tag, self._id) or get_attribute(tag, "r:id") or ""
        location = get_attribute(tag, "location")
        return self._targets.get(rel_id, "") + (f"#{location}" if location else "")

    def add(self, ref: str, url: str) -> bytes:
        """A hyperlink's XML, with its relationship noted; Excel keeps what follows `#` beside it."""
        target, _, location = url.partition("#")
        rel_id = self._ids.get(target)
        if rel_id is None:
            rel_id = self._ids[target] = f"rId{self._next}"
            self._next += 1
            self._added.append((rel_id, target))
        named_place = f' location="{attribute(location)}"' if location else ""
        tag = f'<{self._prefix}hyperlink ref="{ref}"{self._declared} {self._id}="{rel_id}"{named_place}/>'
        return tag.encode()

    def result(self) -> bytes | None:
        """The relationships with those added; None where there were none to add."""
        if not self._added:
            return None
        if not self._sound:
            raise WorkbookError("its relationships are damaged", place=self._place, cure=SAVE_AGAIN)
        root = outline(self._before, self._place)[0]
        prefix = prefix_of(start_tag(self._before, root.start))
        lines = "".join(
            f'<{prefix}Relationship Id="{rel_id}" Type="{self._stem}/hyperlink" '
            f'Target="{attribute(target)}" TargetMode="External"/>'
            for rel_id, target in self._added
        )
        return apply(self._before, [append_child(self._before, root, lines.encode())])

    def _id_attribute(self, worksheet: bytes) -> tuple[str, str]:
        declared = re.search(
            rb"\sxmlns:([\w.-]+)\s*=\s*[\"']%b[\"']" % re.escape(self._stem).encode(), worksheet
        )
        if declared:
            return f"{declared[1].decode()}:id", ""
        return "r:id", f' xmlns:r="{self._stem}"'


def _inside(ref: str, ranges: list[CellRange]) -> bool:
    return bool(ranges) and any(parse_range(ref).touches(it) for it in ranges)


def _edits(
    skeleton: bytes, spans: list[Span], removed: list[Span], added: bytes, *, gone: bool
) -> list[Edit]:
    holder = next(named(spans, "hyperlinks", "worksheet"), None)
    if holder is None:
        if not added:
            return []
        before = [it for it in spans if it.parent == "worksheet" and it.name in _BEFORE_LINKS]
        end = before[-1].end
        prefix = prefix_of(start_tag(skeleton, spans[0].start)).encode()
        return [Edit(end, end, b"<%bhyperlinks>%b</%bhyperlinks>" % (prefix, added, prefix))]
    if gone:
        return [Edit(holder.start, holder.end, b"")]
    edits = [Edit(span.start, span.end, b"") for span in removed]
    if added:
        edits.append(append_child(skeleton, holder, added))
    return edits
