"""Extend an Excel Table by the result columns at its right edge (ECMA-376 part 1, 18.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_COLUMN, CellRange, known_range
from merge.sheet.columns import normalize
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.xml.parse import TRUSTED, children, decode_xstring, descendants, number, parse
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


@dataclass(frozen=True, slots=True)
class TablePart:
    """An Excel Table of the worksheet.

    Attributes:
        part: its part
        name: as formulas and `--table` name it
        where: its range
        can_grow: whether it has a header row and isn't filled by a query or an XML map, whose refresh would
            decide its columns
    """

    part: str
    name: str
    where: CellRange
    can_grow: bool


def table_parts(package: Package, sheet: SheetPart) -> tuple[TablePart, ...]:
    """Find the Tables of a worksheet.

    Raises:
        WorkbookError: a table part is damaged.
    """
    found: list[TablePart] = []
    for part in package.related(sheet.part, "table"):
        root = parse(package.read(part), f"{package.path} ({part})")
        filled = root.get("tableType", "worksheet") != "worksheet" or root.get("connectionId")
        if max(map(len, root), default=0) > LAST_COLUMN:
            raise WorkbookError(
                f"its Table has more than {LAST_COLUMN:,} columns",
                place=f"{package.path} ({part})",
                hint=TRUSTED,
            )
        where = known_range(root.get("ref", ""))
        if where is not None:
            name = decode_xstring(root.get("displayName", root.get("name", "")))
            can_grow = not filled and root.get("headerRowCount", "1") != "0"
            found.append(TablePart(part, name, where, can_grow))
    return tuple(found)


def adjoining_table(
    tables: Iterable[TablePart], header_row: int, last_column: int, name: str | None = None
) -> str | None:
    """Find the Table that starts in the header row and ends in the data's last column; None if there's none.

    Args:
        tables: of the worksheet
        header_row: number of the header row
        last_column: the last column with a value
        name: the Table that holds the data, "" if none does; no other Table takes in columns. None if that
            isn't known
    """
    return next(
        (
            table.part
            for table in tables
            if table.can_grow
            and table.where.first_row == header_row
            and table.where.last_column == last_column
            and name in (None, table.name)
        ),
        None,
    )


def columns_of_others(tables: Iterable[TablePart], row: int, name: str | None) -> frozenset[int]:
    """The columns of a row that belong to other Tables than the one that holds the data.

    Args:
        tables: of the worksheet
        row: the row's number
        name: as for `adjoining_table`
    """
    others = (table.where for table in tables if name not in (None, table.name))
    return frozenset(
        column
        for where in others
        if where.first_row <= row <= where.last_row
        for column in range(where.first_column, where.last_column + 1)
    )


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
