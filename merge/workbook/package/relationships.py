"""A sheet's relationships part: read its hyperlinks, and register a new part in the content types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.parsers import expat

from merge.errors import WorkbookError
from merge.workbook.xml.parse import SAVE_AGAIN, attribute, children, parse, refuse_doctype
from merge.workbook.xml.splice import append_child, apply, outline, prefix_of, start_tag

CONTENT_TYPES = "[Content_Types].xml"
_CONTENT_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_NUMBERED = re.compile(r"rId(\d{1,9})")


class Relationships(NamedTuple):
    """The relationships of a part.

    Attributes:
        sound: whether each has a unique id, a type and a target
        targets: target by id
        external: ids of the hyperlinks that lead outside the workbook
        highest: the highest number of an id such as rId7; 0 if there is none
    """

    sound: bool
    targets: Mapping[str, str]
    external: frozenset[str]
    highest: int

    @property
    def links(self) -> Iterator[tuple[str, str]]:
        """Yield id and target of each external hyperlink."""
        return ((rel_id, target) for rel_id, target in self.targets.items() if rel_id in self.external)


def read_relationships(data: bytes, place: str) -> Relationships:
    """Read a relationships part, which may have 65,530 hyperlinks, without building a tree.

    Raises:
        WorkbookError: its XML is damaged.
    """
    refuse_doctype(data, place)
    targets: dict[str, str] = {}
    external: set[str] = set()
    unsound = highest = depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal unsound, highest, depth
        depth += 1
        local = name.rpartition(":")[2]
        if depth == 1:
            unsound += local != "Relationships"
        elif depth == 2 and local == "Relationship":  # noqa: PLR2004 - the root's children
            rel_id, target = attributes.get("Id", ""), attributes.get("Target")
            whole = bool(rel_id and attributes.get("Type")) and target is not None
            unsound += not whole or rel_id in targets
            targets[rel_id] = target or ""
            if (
                attributes.get("Type", "").endswith("/hyperlink")
                and attributes.get("TargetMode") == "External"
            ):
                external.add(rel_id)
            numbered = _NUMBERED.fullmatch(rel_id)
            highest = max(highest, int(numbered[1]) if numbered else 0)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise WorkbookError(f"its XML is damaged ({error})", place=place, hint=SAVE_AGAIN) from error
    return Relationships(not unsound, targets, frozenset(external), highest)


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
