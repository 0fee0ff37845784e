"""Edit XML by its bytes: everything else is kept, including quotes and whitespace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import NamedTuple
from xml.parsers import expat

from merge.errors import WorkbookError
from merge.workbook.xml.parse import SAVE_AGAIN, attribute, refuse_doctype

_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']")
_CHILDREN_OF_ROOT = 2
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Span:
    """The byte positions of an element in its part.

    Attributes:
        name: its local name
        parent: its parent's local name, "" for the root
        start: where its start tag begins
        inside: where its start tag ends
        close: where its end tag begins; equal to `inside` if it is self-closed
        end: after its end tag
    """

    name: str
    parent: str
    start: int
    inside: int
    close: int
    end: int

    @property
    def self_closed(self) -> bool:
        """Return whether it is written as `<name/>`."""
        return self.inside == self.end


class Edit(NamedTuple):
    """A replacement of `data[start:end]`."""

    start: int
    end: int
    replacement: bytes


def refuse_other_encodings(data: bytes, place: str) -> None:
    """Refuse XML that isn't UTF-8, the only encoding whose bytes are edited.

    Raises:
        WorkbookError: it is UTF-16 or declares another encoding.
    """
    declared = _DECLARED.search(data[:200])
    if data.startswith(_BYTE_ORDER_MARKS) or b"\0" in data[:200]:
        raise WorkbookError("its XML is UTF-16, which castmerge can't write", place=place, hint=SAVE_AGAIN)
    if declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}:
        encoding = declared[1].decode()
        raise WorkbookError(
            f"its XML is encoded as {encoding}, which castmerge can't write", place=place, hint=SAVE_AGAIN
        )


def outline(data: bytes, place: str, *parents: str) -> list[Span]:
    """Return the root of a part, its children, and the children of those named `parents`, in order.

    Raises:
        WorkbookError: it isn't well-formed, isn't UTF-8, or has a document type.
    """
    refuse_other_encodings(data, place)
    refuse_doctype(data, place)
    started: list[tuple[str, str, int]] = []
    path: list[tuple[str, int]] = []
    closes: dict[int, int] = {}
    parser = expat.ParserCreate()

    def start(name: str, _attributes: object) -> None:
        parent = path[-1][0] if path else ""
        recorded = len(path) < _CHILDREN_OF_ROOT or (len(path) == _CHILDREN_OF_ROOT and parent in parents)
        number = len(started) if recorded else -1
        local_name = name.rpartition(":")[2]
        path.append((local_name, number))
        if recorded:
            started.append((local_name, parent, parser.CurrentByteIndex))

    def end(_name: str) -> None:
        _, number = path.pop()
        if number >= 0:
            closes[number] = parser.CurrentByteIndex

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise WorkbookError(f"its XML is damaged ({error})", place=place, hint=SAVE_AGAIN) from error
    return [_span(data, *facts, closes[number]) for number, facts in enumerate(started)]


def _span(data: bytes, name: str, parent: str, start: int, close: int) -> Span:
    inside = start + len(start_tag(data, start))
    if data[inside - 2 : inside] == b"/>":
        return Span(name, parent, start, inside, inside, inside)
    return Span(name, parent, start, inside, close, data.index(b">", close) + 1)


def start_tag(data: bytes, start: int) -> bytes:
    """Return the start tag at `start` with its brackets.

    Raises:
        WorkbookError: there's none.
    """
    found = _TAG.match(data, start)
    if found is None:
        raise WorkbookError("its XML is damaged: a tag isn't one", hint=SAVE_AGAIN)
    return found[0]


def named(spans: Iterable[Span], name: str, parent: str | None = None) -> Iterator[Span]:
    """Yield the spans with this name and, if given, with a parent of that name."""
    return (span for span in spans if span.name == name and parent in {None, span.parent})


def get_attribute(tag: bytes, name: str) -> str | None:
    """Return an attribute's value in a start tag, with entities resolved; or None."""
    found = _attribute_pattern(name).search(tag)
    return unescape(found[2].decode(errors="replace")) if found else None


def set_attribute(tag: bytes, name: str, value: str) -> bytes:
    """Return a start tag with the attribute changed, or added at its end."""
    written = attribute(value).encode()
    found = _attribute_pattern(name).search(tag)
    if found:
        return tag[: found.start(2)] + written.replace(b"'", b"&apos;") + tag[found.end(2) :]
    closing = b"/>" if tag.endswith(b"/>") else b">"
    return b'%b %b="%b"%b' % (tag[: -len(closing)].rstrip(), name.encode(), written, closing)


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the bytes with every edit made; edits at the same place keep their order."""
    pieces: list[bytes] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit[:2]):
        assert edit.start >= done, "edits may not overlap"
        pieces += (data[done : edit.start], edit.replacement)
        done = edit.end
    return b"".join((*pieces, data[done:]))


def append_child(data: bytes, parent: Span, child: bytes) -> Edit:
    """Return the edit that appends a child to an element, which may be self-closed."""
    if not parent.self_closed:
        return Edit(parent.close, parent.close, child)
    tag = start_tag(data, parent.start)
    name = tag[1:-2].split(maxsplit=1)[0]
    opened = tag[:-2].rstrip() + b">"
    return Edit(parent.start, parent.end, opened + child + b"</" + name + b">")


def prefix_of(tag: bytes) -> str:
    """Return the namespace prefix of a start tag with its colon, or ""."""
    name = tag[1:].rstrip(b"/>").split(maxsplit=1)[0]
    return (name.rpartition(b":")[0] + b":").decode() if b":" in name else ""


@cache
def _attribute_pattern(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\s+%b\s*=\s*([\"'])(.*?)\1" % re.escape(name).encode(), re.DOTALL)
