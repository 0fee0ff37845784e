"""A sheet's relationships part: read its hyperlinks, and register a new part in the content types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat

from merge.errors import WorkbookError
from merge.workbook.xml.parse import SAVE_AGAIN, attribute, children, parse, refuse_doctype
from merge.workbook.xml.splice import append_child, apply, outline, prefix_of, start_tag

CONTENT_TYPES = "[Content_Types].xml"
_CONTENT_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_MOST_DIGITS = 9


class OtherRelationship(NamedTuple):
    """A relationship that isn't a link to an address: its id, type and target, and if it is outside."""

    rel_id: str
    type: str
    target: str
    external: bool


class Relationships(NamedTuple):
    """The relationships of a part.

    Attributes:
        sound: whether each has a unique id, a type and a target
        links: addresses of the hyperlinks that lead outside the workbook, by id
        others: all other relationships
        highest: the highest number of an id such as rId7; 0 if there is none
    """

    sound: bool
    links: Mapping[str, str]
    others: Sequence[OtherRelationship]
    highest: int


def read_relationships(data: bytes, place: str) -> Relationships:
    """Read a relationships part, which may have 65,530 hyperlinks, without building a tree.

    Raises:
        WorkbookError: its XML is damaged.
    """
    refuse_doctype(data, place)
    links: dict[str, str] = {}
    others: list[OtherRelationship] = []
    unsound = highest = depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal unsound, highest, depth
        depth += 1
        local = name.rpartition(":")[2]
        if depth == 1:
            unsound += local != "Relationships"
        elif depth == 2 and local == "Relationship":  # noqa: PLR2004 - the root's children
            rel_id, target, kind = (attributes.get(it, "") for it in ("Id", "Target", "Type"))
            unsound += not (rel_id and kind and "Target" in attributes) or rel_id in links
            outside = attributes.get("TargetMode") == "External"
            if outside and kind.endswith("/hyperlink"):
                links[rel_id] = target
            else:
                others.append(OtherRelationship(rel_id, kind, target, outside))
            digits = rel_id[3:]
            if rel_id.startswith("rId") and len(digits) <= _MOST_DIGITS and digits.isdecimal():
                highest = max(highest, int(digits))

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise WorkbookError(f"its XML is damaged ({error})", place=place, hint=SAVE_AGAIN) from error
    ids = {other.rel_id for other in others}
    sound = not unsound and len(ids) == len(others) and ids.isdisjoint(links)
    return Relationships(sound, links, others, highest)


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
