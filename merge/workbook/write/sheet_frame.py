"""Patch a sheet's XML around its rows: the dimension, the column widths and the AutoFilter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice, pairwise
from typing import NamedTuple

from merge.model import ResultValue
from merge.sheet.addresses import LAST_COLUMN, CellRange, known_range
from merge.workbook.write.auto_filter import FilterGrowth, filter_edits
from merge.workbook.write.cell_xml import shown_text
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.scan_sheet import SheetScan
from merge.workbook.xml.parse import descendants, is_on, number, parse
from merge.workbook.xml.sheet_xml import style_of
from merge.workbook.xml.splice import (
    Edit,
    Span,
    append_child,
    apply,
    get_attribute,
    named,
    outline,
    prefix_of,
    set_attribute,
    start_tag,
)

_NARROWEST, _WIDEST = 10, 48
"""Widths of new columns, in characters of the default font."""
_MEASURED_ROWS = 1_000
TIME_WIDTH = 20
"""Characters of a time with its zone."""


def patch_frame(
    scan: SheetScan, plan: Plan, grown: FilterGrowth | None, more: Iterable[Edit], place: str
) -> tuple[bytes, bytes]:
    """Return the XML before `sheetData` and after it.

    Args:
        scan: the sheet before the write
        plan: what is written
        grown: how the AutoFilter grows, or None if it doesn't
        more: further edits of the sheet without its rows
        place: the sheet, for messages

    Raises:
        WorkbookError: the sheet's XML is damaged.
    """
    skeleton = scan.skeleton
    spans = outline(skeleton, place, "cols", "autoFilter")
    edits = [*_dimension(skeleton, spans, plan), *_widths(skeleton, spans, plan)]
    edits += filter_edits(skeleton, spans, grown) if grown else ()
    edits += more
    tail = len(skeleton) - len(scan.tail)
    before = [edit for edit in edits if edit.end <= len(scan.head)]
    after = [Edit(it.start - tail, it.end - tail, it.replacement) for it in edits if it.start >= tail]
    assert len(before) + len(after) == len(edits), "nothing is edited in between"
    return apply(scan.head, before), apply(scan.tail, after)


class ColumnFormats(NamedTuple):
    """What our columns look like before the write.

    Attributes:
        header: format of new headers: that of the header to the left of the first new column
        whole: format of whole columns, by column
        narrow: columns in which a time with its zone has no room; Excel would show it as ####
    """

    header: int
    whole: Mapping[int, int]
    narrow: Collection[int]


def column_formats(scan: SheetScan, plan: Plan, place: str) -> ColumnFormats:
    """Return the formats of our columns.

    Raises:
        WorkbookError: the sheet's XML is damaged.
    """
    ours = plan.columns.values()
    whole: dict[int, int] = {}
    narrow = {column for column in ours if column not in plan.new}
    for col in descendants(parse(scan.skeleton, place), "col"):
        first, last = number(col.get("min")), number(col.get("max"))
        here = {column for column in ours if first <= column <= last}
        if style := number(col.get("style")):
            whole |= dict.fromkeys(here, style)
        wide = number(col.get("width", "").partition(".")[0]) >= TIME_WIDTH
        narrow = narrow - here if wide or is_on(col.get("hidden")) else narrow | here
    left = [column for column in scan.header_tags if column < min(plan.new, default=0)]
    return ColumnFormats(style_of(scan.header_tags[max(left)]) if left else 0, whole, narrow)


def _dimension(skeleton: bytes, spans: list[Span], plan: Plan) -> Iterator[Edit]:
    rows = [plan.header_row] if plan.new else []
    rows += [*plan.numbers[:1], *plan.numbers[-1:]]
    span = next(named(spans, "dimension", "worksheet"), None)
    if span is None or not rows:
        return
    tag = skeleton[span.start : span.inside]
    old = known_range(get_attribute(tag, "ref") or "")
    if old is None:
        return
    first, last = min(plan.columns.values()), max(plan.columns.values())
    wider = CellRange(
        min(old.first_row, *rows),
        max(old.last_row, *rows),
        min(old.first_column, first),
        max(old.last_column, last),
    )
    if wider != old:
        yield Edit(span.start, span.inside, set_attribute(tag, "ref", wider.text))


def _widths(skeleton: bytes, spans: list[Span], plan: Plan) -> Iterator[Edit]:
    holders = list(named(spans, "cols", "worksheet"))
    existing = [(span, *_limits(skeleton, span)) for span in named(spans, "col", "cols")]
    new = {
        column: _width(header, plan)
        for column, header in sorted(plan.new.items())
        if not any(first <= column <= last for _, first, last in existing)
    }
    prefix = prefix_of(start_tag(skeleton, spans[0].start))
    written = {column: _col(prefix, column, width) for column, width in new.items()}
    yield from _unhidden(skeleton, existing, plan)
    if not holders:
        if written:
            data = next(named(spans, "sheetData", "worksheet"))
            cols = f"{prefix}cols".encode()
            whole = b"<%b>%b</%b>" % (cols, b"".join(written.values()), cols)
            yield Edit(data.start, data.start, whole)
        return
    for column, col in written.items():
        following = next((span for span, first, _ in existing if first > column), None)
        if following is None:
            yield append_child(skeleton, holders[-1], col)
        else:
            yield Edit(following.start, following.start, col)


def _unhidden(skeleton: bytes, existing: list[tuple[Span, int, int]], plan: Plan) -> Iterator[Edit]:
    """Unhide new columns in a range that is hidden up to the sheet's end; the rest of it stays hidden."""
    for span, first, last in existing:
        tag = skeleton[span.start : span.inside]
        ours = [column for column in sorted(plan.new) if first <= column <= last]
        if not ours or last < LAST_COLUMN or not is_on(get_attribute(tag, "hidden")):
            continue
        kept = [(first, ours[0] - 1)] if first < ours[0] else []
        kept += [(left + 1, right - 1) for left, right in pairwise(ours) if left + 1 < right]
        kept += [(ours[-1] + 1, last)] if ours[-1] < last else []
        tags = {start: _limited(tag, start, end) for start, end in kept}
        for column in ours:
            width = set_attribute(_limited(tag, column, column), "width", str(_width(plan.new[column], plan)))
            tags[column] = set_attribute(set_attribute(width, "customWidth", "1"), "hidden", "0")
        yield Edit(span.start, span.end, b"".join(_closed(it) for _, it in sorted(tags.items())))


def _limited(tag: bytes, first: int, last: int) -> bytes:
    return set_attribute(set_attribute(tag, "min", str(first)), "max", str(last))


def _closed(tag: bytes) -> bytes:
    return tag if tag.endswith(b"/>") else tag[:-1] + b"/>"


def _limits(skeleton: bytes, span: Span) -> tuple[int, int]:
    tag = skeleton[span.start : span.inside]
    return number(get_attribute(tag, "min")), number(get_attribute(tag, "max"))


def _col(prefix: str, column: int, width: int) -> bytes:
    return f'<{prefix}col min="{column}" max="{column}" width="{width}" customWidth="1"/>'.encode()


def _width(header: str, plan: Plan) -> int:
    rows: Iterable[Mapping[str, ResultValue]] = islice(plan.rows.values(), _MEASURED_ROWS)
    longest = max((len(shown_text(row.get(header))) for row in rows), default=0)
    expected = max(longest, plan.widths.get(header, 0))
    return min(max(len(header) + 4, expected + 2, _NARROWEST), _WIDEST)
