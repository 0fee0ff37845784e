"""Color cells by their text: conditional formats on whole result columns (ECMA-376 part 1, 18.3.1.18).

They are added together with a new column, once. Later writes find them by their texts and only extend them,
so that colors that somebody has changed or removed stay that way. Other conditional formats aren't changed,
and come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import TypeAlias

from merge.model import Color
from merge.sheet.addresses import CellRange, parse_ranges
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.free_columns import rule_texts
from merge.workbook.write.hyperlinks import BEFORE_LINKS
from merge.workbook.write.scan_sheet import SheetScan
from merge.workbook.write.styles import Stylesheet
from merge.workbook.xml.parse import children, escape, parse
from merge.workbook.xml.splice import Edit, Span, named, outline, prefix_of, set_attribute, start_tag

_BEFORE_FORMATS = BEFORE_LINKS - {"dataValidations"}
_PRIORITY = re.compile(rb"\spriority\s*=\s*[\"'](\d{1,9})[\"']")
_Found: TypeAlias = tuple[Span, tuple[CellRange, ...]]


def color_edits(scan: SheetScan, plan: Plan, styles: Stylesheet, place: str) -> Iterator[Edit]:
    """Yield the edits of the sheet without its rows that color the plan's columns.

    Args:
        scan: the sheet as it is
        plan: what is written
        styles: the workbook's formats, to which those that are missing are appended
        place: the sheet, for messages

    Raises:
        WorkbookError: the sheet's XML is damaged.
    """
    skeleton = scan.skeleton
    if not plan.colors or (not plan.new and b"conditionalFormatting" not in skeleton):
        return
    spans = outline(skeleton, place)
    end = [it for it in spans if it.parent == "worksheet" and it.name in _BEFORE_FORMATS][-1].end
    prefix = prefix_of(start_tag(skeleton, spans[0].start))
    priorities = count(max((int(it) for it in _PRIORITY.findall(skeleton)), default=0) + 1)
    first, last = plan.header_row + 1, max(scan.last_row, plan.header_row + 1, *plan.numbers[-1:])
    for header, colors in plan.colors.items():
        column = plan.columns.get(header)
        if column is None:
            continue
        where = CellRange(first, last, column, column)
        there = [it for it in _ours(skeleton, spans, colors, place) if any(r.touches(where) for r in it[1])]
        if there:
            yield from _extended(skeleton, there, where)
        elif column in plan.new and styles.can_grow:
            added = _conditional_format(prefix, where, colors, styles, priorities)
            yield Edit(end, end, added.encode())


def _ours(skeleton: bytes, spans: list[Span], colors: Mapping[str, Color], place: str) -> Iterator[_Found]:
    """Yield the conditional formats for these texts, and their ranges."""
    if b"conditionalFormatting" not in skeleton:
        return
    elements = children(parse(skeleton, place), "conditionalFormatting")
    for span, element in zip(named(spans, "conditionalFormatting", "worksheet"), elements, strict=True):
        if colors.keys() <= rule_texts(element):
            try:
                yield span, parse_ranges(element.get("sqref", ""))
            except ValueError:
                continue


def _extended(skeleton: bytes, there: Iterable[_Found], where: CellRange) -> Iterator[Edit]:
    """Widen the first conditional format over all rows, unless one of them covers these already."""
    found = [(span, ranges, it) for span, ranges in there for it in ranges if it.touches(where)]
    if any(it.first_row <= where.first_row and it.last_row >= where.last_row for _, _, it in found):
        return
    span, ranges, old = found[0]
    wider = CellRange(
        min(old.first_row, where.first_row),
        max(old.last_row, where.last_row),
        old.first_column,
        old.last_column,
    )
    refs = " ".join((wider if it == old else it).text for it in ranges)
    yield Edit(span.start, span.inside, set_attribute(start_tag(skeleton, span.start), "sqref", refs))


def _conditional_format(
    prefix: str, where: CellRange, colors: Mapping[str, Color], styles: Stylesheet, priorities: Iterator[int]
) -> str:
    rules: list[str] = []
    for text, color in colors.items():
        formula = escape('"' + text.replace('"', '""') + '"')
        facts = f'dxfId="{styles.differential(color)}" priority="{next(priorities)}" operator="equal"'
        inside = f"<{prefix}formula>{formula}</{prefix}formula>"
        rules.append(f'<{prefix}cfRule type="cellIs" {facts}>{inside}</{prefix}cfRule>')
    name = f"{prefix}conditionalFormatting"
    return f'<{name} sqref="{where.text}">{"".join(rules)}</{name}>'
