"""A relationships part: read its lines, and register a new one in the content types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.parsers import expat

from merge.errors import WorkbookError
from merge.workbook.xml.parse import SAVE_AGAIN, Source, attribute, children, parse, refuse_doctype
from merge.workbook.xml.splice import append_child, apply, outline, prefix_of, start_tag

CONTENT_TYPES = "[Content_Types].xml"
_CONTENT_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_CHUNK = 1 << 18


class RelationshipLine(NamedTuple):
    """A relationship: its id, type and target, and whether that is outside the workbook."""

    rel_id: str
    type: str
    target: str
    external: bool

    @property
    def is_link(self) -> bool:
        """Whether it is a hyperlink that leads outside the workbook."""
        return self.external and self.type.endswith("/hyperlink")


class RelationshipsXml:
    """The lines of a relationships part, which may have 65,530 hyperlinks, read once from beginning to end.

    Attributes:
        prefix: namespace prefix of its elements with its colon, or ""; known when all lines were read
        sound: whether its root is the right one and each line so far has an id, a type and a target
    """

    def __init__(self, stream: Source, place: str) -> None:
        self._stream = stream
        self._place = place
        self.prefix = ""
        self.sound = True

    def __iter__(self) -> Iterator[RelationshipLine]:
        """Yield the lines.

        Raises:
            WorkbookError: the XML is damaged.
        """
        found: list[tuple[str, dict[str, str]]] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, attributes: found.append((name, attributes))
        parser.StartDoctypeDeclHandler = lambda *_: refuse_doctype(b"<!DOCTYPE", self._place)
        is_root = True
        while True:
            chunk = self._stream.read(_CHUNK)
            try:
                parser.Parse(chunk, not chunk)
            except expat.ExpatError as error:
                message = f"its XML is damaged ({error})"
                raise WorkbookError(message, place=self._place, hint=SAVE_AGAIN) from error
            for name, attributes in found:
                if is_root:
                    self.sound = name.rpartition(":")[2] == "Relationships"
                    self.prefix = name.removesuffix("Relationships") if ":" in name else ""
                    is_root = False
                elif name.endswith("Relationship"):
                    yield self._line(attributes)
            found.clear()
            if not chunk:
                return

    def _line(self, attributes: Mapping[str, str]) -> RelationshipLine:
        rel_id, kind, target = attributes.get("Id", ""), attributes.get("Type", ""), attributes.get("Target")
        if not (rel_id and kind and target is not None):
            self.sound = False
        return RelationshipLine(rel_id, kind, target or "", attributes.get("TargetMode") == "External")


def with_relationships(data: bytes, part: str, place: str) -> bytes | None:
    """Return the content types with an override for a relationships part; None if it needs none.

    Excel declares the extension `rels` once, LibreOffice overrides every part. ECMA-376 part 2, 7.3.

    Raises:
        WorkbookError: the content types are damaged.
    """
    root = parse(data, place)
    if any(it.get("Extension", "").lower() == "rels" for it in children(root, "Default")):
        return None
    span = outline(data, place)[0]
    prefix = prefix_of(start_tag(data, span.start))
    named = f'<{prefix}Override PartName="/{attribute(part)}" ContentType="{_CONTENT_TYPE}"/>'
    return apply(data, [append_child(data, span, named.encode())])
