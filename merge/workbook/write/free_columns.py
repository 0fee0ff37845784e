"""Which columns at the right of the data are free: cells are not all that can lie there."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_COLUMN, LAST_ROW, CellRange, column_letters, parse_ranges
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.xml.parse import Element, children, descendants, is_on, local, number, parse

_COLUMN_WIDTH, _ROW_HEIGHT = 609_600, 190_500
"""EMUs of a column and a row of Excel's usual size, for drawings that give their size as such."""


class Occupant(NamedTuple):
    """Something that results must not be put upon, in words and where it lies."""

    what: str
    where: CellRange


def occupants(
    package: Package, sheet: SheetPart, skeleton: Element, arrays: tuple[CellRange, ...]
) -> list[Occupant]:
    """Everything on the sheet, other than values, that lies on cells.

    Raises:
        WorkbookError: a part that belongs to the sheet is damaged.
    """
    found = [Occupant("an array formula", where) for where in arrays]
    found += _on_the_sheet(skeleton)
    for part in package.related(sheet.part, "table"):
        found += _with_ref(parse(package.read(part), part), "ref", "a table")
    for part in package.related(sheet.part, "pivotTable"):
        for location in children(parse(package.read(part), part), "location"):
            found += _with_ref(location, "ref", "a pivot table")
    for part in package.related(sheet.part, "drawing"):
        found += _drawn(parse(package.read(part), part))
    return found


def free_columns(start: int, count: int, rows: tuple[int, int], taken: list[Occupant], place: str) -> int:
    """The first of `count` free columns side by side, from column `start` on.

    Args:
        start: the column right of the data
        count: how many are needed
        rows: the first and the last row that they need
        taken: what lies on the sheet
        place: the sheet, for the message

    Raises:
        WorkbookError: the sheet ends before there are enough of them.
    """
    first, what = start, "values"
    while first + count - 1 <= LAST_COLUMN:
        target = CellRange(*rows, first, first + count - 1)
        blockers = [it for it in taken if it.where.touches(target) and _counts(it, start)]
        if not blockers:
            return first
        furthest = max(blockers, key=lambda it: it.where.last_column)
        first, what = furthest.where.last_column + 1, furthest.what
    raise WorkbookError(
        f"there is no room for the {count} result columns: {what} reach to the sheet's last columns",
        place=f"{place}, from column {column_letters(min(start, LAST_COLUMN))} on",
        hint=f"Make {count} empty columns at the right of the data (delete, move or unhide what is there).",
    )


def refuse_merged(merges: tuple[CellRange, ...], cells: Iterator[tuple[int, int]], place: str) -> None:
    """Stops where a result would lie under merged cells: Excel throws such values away.

    Args:
        merges: merged ranges that touch the result columns
        cells: row and column of each cell to write
        place: the sheet, for the message

    Raises:
        WorkbookError: one of them is inside a merge and not its first cell.
    """
    for row, column, merge in _covered(merges, cells):
        if (row, column) != (merge.first_row, merge.first_column):
            raise WorkbookError(
                f"the cells {merge.text} are merged, so no result can stand in {column_letters(column)}{row}",
                place=place,
                hint="Unmerge them (Home, Merge & Center).",
            )


def refuse_filled(arrays: tuple[CellRange, ...], cells: Iterator[tuple[int, int]], place: str) -> None:
    """Stops where an array formula or a data table fills a cell that is to be written.

    Args:
        arrays: ranges that formulas fill, those that touch the result columns
        cells: row and column of each cell to write
        place: the sheet, for the message

    Raises:
        WorkbookError: one of them is inside such a range.
    """
    for row, column, array in _covered(arrays, cells):
        raise WorkbookError(
            f"an array formula fills {array.text}, so no result can stand in {column_letters(column)}{row}",
            place=place,
            hint="Delete the formula, rename its column, or choose other names (--column-prefix).",
        )


def _covered(
    ranges: tuple[CellRange, ...], cells: Iterator[tuple[int, int]]
) -> Iterator[tuple[int, int, CellRange]]:
    if ranges:
        for row, column in cells:
            here = CellRange(row, row, column, column)
            yield from ((row, column, it) for it in ranges if it.touches(here))


def merged_ranges(skeleton: Element) -> list[CellRange]:
    """The sheet's merged cells.

    Raises:
        WorkbookError: one of them is no range.
    """
    return [it.where for cells in descendants(skeleton, "mergeCell") for it in _with_ref(cells, "ref", "")]


def _counts(occupant: Occupant, start: int) -> bool:
    """Rules for whole rows reach over the data too and leave room; those at the right alone reserve it."""
    if occupant.what == "a conditional format":
        return occupant.where.first_column >= start and occupant.where.last_column < LAST_COLUMN
    if occupant.what == "a data validation":
        return occupant.where.last_column < LAST_COLUMN
    return True


def _on_the_sheet(skeleton: Element) -> Iterator[Occupant]:
    kinds = {
        "mergeCell": ("ref", "merged cells"),
        "autoFilter": ("ref", "a filter"),
        "conditionalFormatting": ("sqref", "a conditional format"),
        "dataValidation": ("sqref", "a data validation"),
    }
    for element in skeleton.iter():
        name = local(element)
        if name in kinds:
            yield from _with_ref(element, *kinds[name])
        elif name == "col" and is_on(element.get("hidden")):
            first, last = number(element.get("min"), 1), number(element.get("max"), 1)
            if last < LAST_COLUMN:  # up to the sheet's end it is only what nobody uses
                yield Occupant("hidden columns", CellRange(1, LAST_ROW, first, last))
        elif name == "sqref":
            yield from _ranges(element.text or "", _extension_name(element))


def _extension_name(element: Element) -> str:
    parent = element.getparent()
    names = {
        "dataValidation": "a data validation",
        "conditionalFormatting": "a conditional format",
        "sparkline": "a sparkline",
    }
    return names.get(local(parent), "an extension") if parent is not None else ""


def _with_ref(element: Element, attribute: str, what: str) -> Iterator[Occupant]:
    yield from _ranges(element.get(attribute, ""), what)


def _ranges(refs: str, what: str) -> Iterator[Occupant]:
    try:
        yield from (Occupant(what, where) for where in parse_ranges(refs))
    except ValueError:
        return  # Excel repairs a range that is none by leaving it out


def _drawn(drawing: Element) -> Iterator[Occupant]:
    """Charts, pictures and shapes that float above cells (ECMA-376 part 1, 20.5.2)."""
    for anchor in drawing.iter():
        match local(anchor):
            case "twoCellAnchor":
                first, last = _corner(anchor, "from"), _corner(anchor, "to")
                yield _floating(first, last)
            case "oneCellAnchor":
                column, row = _corner(anchor, "from")
                width, height = _size(anchor)
                yield _floating((column, row), (column + width, row + height))
            case "absoluteAnchor":
                column, row = _position(anchor)
                width, height = _size(anchor)
                yield _floating((column, row), (column + width, row + height))
            case _:
                pass


def _floating(first: tuple[int, int], last: tuple[int, int]) -> Occupant:
    where = CellRange(first[1], max(first[1], last[1]), first[0], max(first[0], last[0]))
    return Occupant("a drawing", where)


def _corner(anchor: Element, name: str) -> tuple[int, int]:
    corner = next(children(anchor, name), None)
    if corner is None:
        return 1, 1
    numbers = {local(child): number(child.text) for child in corner if local(child) in {"col", "row"}}
    return numbers.get("col", 0) + 1, numbers.get("row", 0) + 1


def _size(anchor: Element) -> tuple[int, int]:
    size = next(children(anchor, "ext"), None)
    if size is None:
        return 0, 0
    width, height = number(size.get("cx")), number(size.get("cy"))
    return ceil(width / _COLUMN_WIDTH), ceil(height / _ROW_HEIGHT)


def _position(anchor: Element) -> tuple[int, int]:
    position = next(children(anchor, "pos"), None)
    if position is None:
        return 1, 1
    x, y = number(position.get("x")), number(position.get("y"))
    return max(0, x) // _COLUMN_WIDTH + 1, max(0, y) // _ROW_HEIGHT + 1
