"""Extend an Excel Table by the result columns at its right edge (ECMA-376 part 1, 18.5)."""

from __future__ import annotations

from collections.abc import Sequence

from merge.sheet.addresses import LAST_COLUMN, CellRange, known_range
from merge.sheet.columns import normalize
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.xml.parse import children, descendants, number, parse
from merge.workbook.xml.splice import (
    Edit,
    append_child,
    apply,
    get_attribute,
    named,
    outline,
    prefix_of,
    set_attribute,
    start_tag,
)


def adjoining_table(package: Package, sheet: SheetPart, header_row: int, last_column: int) -> str | None:
    """Find the Table that starts in the header row and ends in the data's last column; None if there is none.

    A Table that is filled by a query or an XML map isn't extended: a refresh decides its columns.

    Raises:
        WorkbookError: a table part is damaged.
    """
    for part in package.related(sheet.part, "table"):
        root = parse(package.read(part), f"{package.path} ({part})")
        filled = root.get("tableType", "worksheet") != "worksheet" or root.get("connectionId")
        where = known_range(root.get("ref", ""))
        if where is None or filled or root.get("headerRowCount", "1") == "0":
            continue
        if where.first_row == header_row and where.last_column == last_column:
            return part
    return None


def can_take(package: Package, part: str, headers: Sequence[str]) -> bool:
    """Whether none of the Table's own columns has one of these names.

    Raises:
        WorkbookError: the table part is damaged.
    """
    root = parse(package.read(part), f"{package.path} ({part})")
    taken = {normalize(column.get("name", "")) for column in descendants(root, "tableColumn")}
    return bool(list(children(root, "tableColumns"))) and not taken & {normalize(it) for it in headers}


def grown_table(data: bytes, headers: Sequence[str], place: str) -> bytes:
    """Return the Table's part with these columns at its right.

    Raises:
        WorkbookError: the part is damaged.
    """
    spans = outline(data, place, "tableColumns")
    edits = [_widened(data, spans[0].start, spans[0].inside, len(headers))]
    filters = named(spans, "autoFilter", "table")
    edits += (_widened(data, span.start, span.inside, len(headers)) for span in filters)
    columns = next(named(spans, "tableColumns", "table"))
    tags = [start_tag(data, span.start) for span in named(spans, "tableColumn", "tableColumns")]
    prefix = prefix_of(start_tag(data, columns.start))
    next_id = max((number(get_attribute(tag, "id")) for tag in tags), default=0) + 1
    added = b"".join(_column(prefix, next_id + n, header) for n, header in enumerate(headers))
    count = set_attribute(start_tag(data, columns.start), "count", str(len(tags) + len(headers)))
    edits += (Edit(columns.start, columns.inside, count), append_child(data, columns, added))
    return apply(data, edits)


def _widened(data: bytes, start: int, end: int, by: int) -> Edit:
    tag = data[start:end]
    where = known_range(get_attribute(tag, "ref") or "")
    if where is None or where.last_column + by > LAST_COLUMN:
        return Edit(start, end, tag)
    wider = CellRange(where.first_row, where.last_row, where.first_column, where.last_column + by)
    return Edit(start, end, set_attribute(tag, "ref", wider.text))


def _column(prefix: str, number: int, header: str) -> bytes:
    tag = f'<{prefix}tableColumn id="{number}"/>'.encode()
    # Unlike in its cell, a line break is escaped in a Table column's name.
    return set_attribute(tag, "name", header.replace("\r", "_x000d_").replace("\n", "_x000a_"))
