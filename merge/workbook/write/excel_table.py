"""An Excel Table that takes in the result columns at its right edge (ECMA-376 part 1, 18.5)."""

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
    """The table whose header is the header row and whose right edge is the data's; None where there is none.

    Tables that a query or an XML map fills are left as they are: a refresh decides their columns.

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
    """Whether none of the table's own columns bears one of these names.

    Raises:
        WorkbookError: the table part is damaged.
    """
    root = parse(package.read(part), f"{package.path} ({part})")
    taken = {normalize(column.get("name", "")) for column in descendants(root, "tableColumn")}
    return bool(list(children(root, "tableColumns"))) and not taken & {normalize(it) for it in headers}


def grown_table(data: bytes, headers: Sequence[str], place: str) -> bytes:
    """The table's part with these columns at its right.

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
    # A line break in a table's header is escaped in its name, unlike in its cell.
    return set_attribute(tag, "name", header.replace("\r", "_x000d_").replace("\n", "_x000a_"))
