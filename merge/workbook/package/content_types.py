"""`[Content_Types].xml`: whether a new part's kind is known there (ECMA-376 part 2, 7.3)."""

from __future__ import annotations

from merge.workbook.xml.parse import attribute, children, parse
from merge.workbook.xml.splice import append_child, apply, outline, prefix_of, start_tag

PART = "[Content_Types].xml"
_RELATIONSHIPS = "application/vnd.openxmlformats-package.relationships+xml"


def with_relationships(data: bytes, part: str, place: str) -> bytes | None:
    """The content types with a new relationships part named; None where their ending is known.

    LibreOffice names each one by itself.

    Raises:
        WorkbookError: the content types are damaged.
    """
    root = parse(data, place)
    if any(it.get("Extension", "").lower() == "rels" for it in children(root, "Default")):
        return None
    span = outline(data, place)[0]
    prefix = prefix_of(start_tag(data, span.start))
    named = f'<{prefix}Override PartName="/{attribute(part)}" ContentType="{_RELATIONSHIPS}"/>'
    return apply(data, [append_child(data, span, named.encode())])
