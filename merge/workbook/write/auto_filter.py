"""Extend a plain list's AutoFilter over the result columns, so that sorting keeps rows whole.

The filter has its range in two places: in the sheet's `autoFilter` (ECMA-376 part 1, 18.3.1.2) and in the
workbook's hidden name `_xlnm._FilterDatabase` (18.2.5). Its columns are counted from its left edge, which
doesn't move, so the chosen filters stay valid. An Excel Table has a filter of its own; see `excel_table.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from merge.sheet.addresses import CellRange, known_range
from merge.workbook.package.package import SheetPart
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.scan_sheet import SheetScan
from merge.workbook.xml.splice import (
    Edit,
    Span,
    apply,
    get_attribute,
    named,
    outline,
    set_attribute,
    start_tag,
)

FILTER_NAME = "_xlnm._FilterDatabase"


class FilterGrowth(NamedTuple):
    """The current range of a filter and its new range."""

    old: CellRange
    new: CellRange


def sheet_filter(skeleton: bytes, place: str) -> CellRange | None:
    """Return the range of the sheet's own AutoFilter, or None if it has none.

    Raises:
        WorkbookError: the sheet's XML is damaged.
    """
    if b"autoFilter" not in skeleton:
        return None
    span = next(named(outline(skeleton, place), "autoFilter", "worksheet"), None)
    return _range(start_tag(skeleton, span.start)) if span is not None else None


def filter_growth(scan: SheetScan, plan: Plan, old: CellRange | None) -> FilterGrowth | None:
    """Return how the filter grows, or None if it doesn't change.

    A filter is the data's if it starts in the header row and covers every header up to the result columns.
    Any other filter belongs to another list.

    Args:
        scan: the sheet before the write
        plan: what is written
        old: the filter's range, or None if there's none
    """
    ours = set(plan.columns.values())
    last = max(ours, default=0)
    if old is None or old.first_row != plan.header_row or last <= old.last_column:
        return None
    theirs = [column for column, text in scan.headers.items() if text.strip() and column not in ours]
    covered = all(old.first_column <= column <= old.last_column for column in theirs if column < last)
    if not theirs or not covered:
        return None
    return FilterGrowth(old, CellRange(old.first_row, old.last_row, old.first_column, last))


def filter_edits(skeleton: bytes, spans: list[Span], grown: FilterGrowth) -> Iterator[Edit]:
    """Yield the edits that widen the sheet's filter, and the range it sorts if it sorts all columns.

    Args:
        skeleton: the worksheet's XML without its rows
        spans: its outline, with the children of `autoFilter`
        grown: the filter's range before and after
    """
    columns = (grown.old.first_column, grown.old.last_column)
    for span in spans:
        here = (span.name, span.parent) in {("autoFilter", "worksheet"), ("sortState", "autoFilter")}
        tag = start_tag(skeleton, span.start) if here else b""
        where = _range(tag)
        if where is not None and (where.first_column, where.last_column) == columns:
            wider = CellRange(where.first_row, where.last_row, where.first_column, grown.new.last_column)
            yield Edit(span.start, span.inside, set_attribute(tag, "ref", wider.text))


def with_filter_name(workbook: bytes, sheet: SheetPart, new: CellRange, place: str) -> bytes | None:
    """Return the workbook part with the filter's new range in its hidden name; None if it has no such name.

    If the name is anything but one range, which Excel doesn't write, it isn't changed.

    Args:
        workbook: the workbook part
        sheet: the filter's sheet
        new: the filter's range
        place: the workbook part, for messages

    Raises:
        WorkbookError: the part is damaged.
    """
    spans = outline(workbook, place, "sheets", "definedNames")
    tags = [start_tag(workbook, span.start) for span in named(spans, "sheet", "sheets")]
    position = next((n for n, it in enumerate(tags) if get_attribute(it, "name") == sheet.name), None)
    edits: list[Edit] = []
    for span in named(spans, "definedName", "definedNames"):
        tag = start_tag(workbook, span.start)
        owner = get_attribute(tag, "localSheetId") or ""
        if get_attribute(tag, "name") == FILTER_NAME and owner.strip() == str(position):
            start = workbook.rfind(b"!", span.inside, span.close) + 1
            if start and known_range(workbook[start : span.close].decode().strip()) is not None:
                edits.append(Edit(start, span.close, _absolute(new).encode()))
    after = apply(workbook, edits)
    return after if after != workbook else None


def _range(tag: bytes) -> CellRange | None:
    return known_range(get_attribute(tag, "ref") or "")


def _absolute(where: CellRange) -> str:
    return re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", where.text)
