"""Real hyperlinks on cells: the sheet's `hyperlinks` and its relationships (ECMA-376 part 1, 18.3.1.47)."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol
from urllib.parse import quote

from merge.errors import WorkbookError
from merge.sheet.addresses import CellRange, known_range, parse_range
from merge.workbook.package.relationships import read_relationships
from merge.workbook.write.linked_cells import LinkedCells
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
    start_tag,
)

MOST_LINKS = 65_530
"""Hyperlinks that Excel keeps on one sheet."""
_REMEMBERED = 4_096
"""New addresses that are recognised where they come again."""
_AT_ONCE = 1_024
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
        relationships: gives the sheet's relationships afterwards, piece by piece; None where they stay
        linked: the cells that are links afterwards, of those that were asked for
    """

    edits: tuple[Edit, ...]
    relationships: Callable[[], Iterator[bytes]] | None
    linked: LinkedCells


class Wanted(Protocol):
    """The links that are asked for, at most as many as a sheet can have; they are not held in memory."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Cell and address of each, such as `K5` and `https://…`, always in the same order."""
        ...

    def get(self, ref: str) -> str | None:
        """The address that is wanted for a cell; None where none is."""
        ...


def link_patch(
    skeleton: bytes,
    relationships: bytes | None,
    wanted: Wanted,
    is_written: Callable[[str], bool],
    namespace: str,
    place: str,
) -> LinkPatch:
    """Works out the hyperlinks of our cells: those there are stay or change, none is doubled.

    Args:
        skeleton: the worksheet's XML without its rows
        relationships: the sheet's relationships, None where it has none
        wanted: what is asked for
        is_written: whether a cell is among those to be written; if it is not wanted as well, it is a link
            no longer
        namespace: the workbook's main namespace
        place: the sheet, for messages

    Raises:
        WorkbookError: the sheet or its relationships are damaged.
    """
    spans = outline(skeleton, place)
    worksheet = start_tag(skeleton, spans[0].start)
    here = _Links(worksheet, relationships or _NO_RELATIONSHIPS, namespace, place)
    there = _there(skeleton, spans, wanted, here, is_written, place)
    room = max(0, MOST_LINKS - (there.total - len(there.removed)))

    def free() -> Iterator[tuple[str, str]]:
        new = (it for it in wanted if it[0] not in there.kept and not _inside(it[0], there.ranges))
        return islice(new, room)

    linked = LinkedCells(there.kept)
    lines = bytearray()
    for ref, url in free():
        lines += here.add(ref, url)
        linked.add(ref)
    edits = _edits(skeleton, spans, there, bytes(lines))
    return LinkPatch(tuple(edits), here.result(free), linked)


class _There(NamedTuple):
    """The hyperlinks that are there.

    Attributes:
        total: how many there are
        removed: those that go
        kept: the cells that lead to where they should already
        ranges: those over several cells, which stay
    """

    total: int
    removed: list[Span]
    kept: set[str]
    ranges: list[CellRange]


def _there(
    skeleton: bytes,
    spans: list[Span],
    wanted: Wanted,
    here: _Links,
    is_written: Callable[[str], bool],
    place: str,
) -> _There:
    count = 0
    there = _There(0, [], set(), [])
    for count, span in enumerate(_existing(skeleton, spans, place), start=1):  # noqa: B007 - counted
        tag = start_tag(skeleton, span.start)
        ref = (get_attribute(tag, "ref") or "").replace("$", "")
        url = wanted.get(ref)
        if url is not None and here.leads_to(tag) == url and ref not in there.kept:
            there.kept.add(ref)
        elif url is not None or is_written(ref):
            there.removed.append(span)
        elif ":" in ref and (over := known_range(ref)):
            there.ranges.append(over)
    return there._replace(total=count)


def _existing(skeleton: bytes, spans: list[Span], place: str) -> Iterator[Span]:
    """The hyperlinks that are there, one by one: there may be tens of thousands."""
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
            behind = skeleton.index(b">", close) + 1
            yield Span("hyperlink", "hyperlinks", start, end, close, behind)


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
        there = read_relationships(relationships, place)
        self._sound, self._targets = there.sound, there.targets
        self._ids: dict[str, str] = {target: rel_id for rel_id, target in there.links}
        self._recent: dict[str, str] = {}
        self._first = self._next = there.highest + 1
        self._numbers = array("L")
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
        rel_id = self._ids.get(target) or self._recent.get(target)
        if rel_id is None:
            if len(self._recent) == _REMEMBERED:
                self._recent.clear()
            rel_id = self._recent[target] = f"rId{self._next}"
            self._numbers.append(self._next)
            self._next += 1
        else:
            self._numbers.append(0)
        named_place = f' location="{attribute(location)}"' if location else ""
        tag = f'<{self._prefix}hyperlink ref="{ref}"{self._declared} {self._id}="{rel_id}"{named_place}/>'
        return tag.encode()

    def result(self, added: Callable[[], Iterator[tuple[str, str]]]) -> Callable[[], Iterator[bytes]] | None:
        """The relationships with those added; None where there were none to add.

        Args:
            added: gives the links once more that were added, in their order
        """
        if self._next == self._first:
            return None
        if not self._sound:
            raise WorkbookError("its relationships are damaged", place=self._place, hint=SAVE_AGAIN)
        root = outline(self._before, self._place)[0]
        prefix = prefix_of(start_tag(self._before, root.start))
        gap = b"\0"  # stands in no XML
        head, _, tail = apply(self._before, [append_child(self._before, root, gap)]).partition(gap)

        def pieces() -> Iterator[bytes]:
            yield head
            lines = (
                self._line(prefix, number, url.partition("#")[0])
                for number, (_, url) in zip(self._numbers, added(), strict=True)
                if number
            )
            while batch := b"".join(islice(lines, _AT_ONCE)):
                yield batch
            yield tail

        return pieces

    def _line(self, prefix: str, number: int, target: str) -> bytes:
        line = (
            f'<{prefix}Relationship Id="rId{number}" Type="{self._stem}/hyperlink" '
            f'Target="{attribute(target)}" TargetMode="External"/>'
        )
        return line.encode()

    def _id_attribute(self, worksheet: bytes) -> tuple[str, str]:
        declared = re.search(
            rb"\sxmlns:([\w.-]+)\s*=\s*[\"']%b[\"']" % re.escape(self._stem).encode(), worksheet
        )
        if declared:
            return f"{declared[1].decode()}:id", ""
        return "r:id", f' xmlns:r="{self._stem}"'


def _inside(ref: str, ranges: list[CellRange]) -> bool:
    return bool(ranges) and any(parse_range(ref).touches(it) for it in ranges)


def _edits(skeleton: bytes, spans: list[Span], there: _There, added: bytes) -> list[Edit]:
    holder = next(named(spans, "hyperlinks", "worksheet"), None)
    if holder is None:
        if not added:
            return []
        before = [it for it in spans if it.parent == "worksheet" and it.name in _BEFORE_LINKS]
        end = before[-1].end
        prefix = prefix_of(start_tag(skeleton, spans[0].start)).encode()
        return [Edit(end, end, b"<%bhyperlinks>%b</%bhyperlinks>" % (prefix, added, prefix))]
    if not added and len(there.removed) == there.total:
        return [Edit(holder.start, holder.end, b"")]
    edits = [Edit(span.start, span.end, b"") for span in there.removed]
    if added:
        edits.append(append_child(skeleton, holder, added))
    return edits
