"""Find free columns to the right of the data, where there may be more than cells."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from html import unescape
from itertools import chain, islice, product
from math import ceil
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.sheet.addresses import (
    LAST_COLUMN,
    LAST_ROW,
    CellRange,
    column_letters,
    column_number,
    parse_ranges,
)
from merge.workbook.package.package import Package, SheetPart
from merge.workbook.xml.parse import Element, children, descendants, is_on, local, number, parse

_COLUMN_WIDTH, _ROW_HEIGHT = 609_600, 190_500
"""EMUs of a column and a row of Excel's default size, for drawings whose size isn't given in cells."""
_CHUNK = 1 << 19
_MOST_OCCUPANTS = 150_000
"""A sheet may have 100,000 merged ranges."""
_LAST_LETTERS = column_letters(LAST_COLUMN)
_WIDEST_REFERENCE = 30
"""Columns. A wider reference is about whole rows, and would push results far to the right."""
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_CELLS = re.compile(
    r"(?<![\w.!$])\$?([A-Z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Z]{1,3})\$?([1-9]\d{0,6}))?(?![\w.(!])"
)
_TEXT = re.compile(r"\"(?:[^\"]|\"\")*\"")
_COLUMNS = re.compile(r"(?<![\w.!$])\$?([A-Z]{1,3}):\$?([A-Z]{1,3})(?![\w.(!])")


class Occupant(NamedTuple):
    """Something that results must not be written over: a description for messages, and its range."""

    what: str
    where: CellRange


def find_occupants(
    package: Package,
    sheet: SheetPart,
    skeleton: Element,
    arrays: tuple[CellRange, ...],
    colored: Iterable[Collection[str]],
) -> list[Occupant]:
    """Return everything on the sheet that covers cells, except for values and our own colors.

    Args:
        package: the workbook
        sheet: the worksheet
        skeleton: its XML without its rows
        arrays: ranges that array formulas fill
        colored: texts that castmerge colors in a column, for each such column

    Raises:
        WorkbookError: a part that belongs to the sheet is damaged.
    """
    found = [Occupant("an array formula", where) for where in arrays]
    everything = chain(
        _on_the_sheet(skeleton, [set(texts) for texts in colored]), _in_its_parts(package, sheet)
    )
    found += islice(everything, _MOST_OCCUPANTS + 1)
    if len(found) > _MOST_OCCUPANTS:
        raise WorkbookError(
            f"there are more than {_MOST_OCCUPANTS:,} merged cells, drawings and formats on it",
            place=f"{package.path}, sheet {sheet.name!r}",
            hint="Copy the values of the data into a new workbook, and use that one.",
        )
    return found


def _in_its_parts(package: Package, sheet: SheetPart) -> Iterator[Occupant]:
    for part in package.related(sheet.part, "table"):
        yield from _with_ref(parse(package.read(part), part), "ref", "a table")
    for part in package.related(sheet.part, "pivotTable"):
        for location in children(parse(package.read(part), part), "location"):
            yield from _with_ref(location, "ref", "a pivot table")
    for part in package.related(sheet.part, "drawing"):
        yield from _drawn(parse(package.read(part), part))


def formula_occupants(package: Package, sheet: SheetPart, prefix: str) -> list[Occupant]:
    """Return the cells of this sheet that its own formulas use: a result there would change their values.

    References over more than 30 columns are left out.

    Args:
        package: the workbook
        sheet: the worksheet
        prefix: the namespace prefix of its elements with its colon, or ""

    Raises:
        WorkbookError: the part is damaged.
    """
    rows_by_columns: dict[tuple[int, int], tuple[int, int]] = {}
    for formula in _formulas(package, sheet, prefix):
        for where in _references(_QUOTED.sub("", formula)):
            columns = (where.first_column, where.last_column)
            first, last = rows_by_columns.get(columns, (where.first_row, where.last_row))
            rows_by_columns[columns] = min(first, where.first_row), max(last, where.last_row)
    return [
        Occupant("cells that formulas use", CellRange(*rows, *columns))
        for columns, rows in rows_by_columns.items()
    ]


def first_free_column(
    start: int, count: int, rows: tuple[int, int], taken: list[Occupant], place: str
) -> int:
    """Return the first of `count` adjacent free columns, from column `start` on.

    Args:
        start: the column to the right of the data
        count: how many columns are needed
        rows: the first and the last row that must be free
        taken: what is on the sheet
        place: the sheet, for the message

    Raises:
        WorkbookError: the sheet ends before there are enough of them.
    """
    first, what = start, "values"
    beside = CellRange(*rows, start, LAST_COLUMN)
    blockers = (it for it in taken if it.where.touches(beside) and _counts(it, start))
    for occupant, where in sorted(blockers, key=lambda it: it.where.first_column):
        if where.first_column >= first + count:
            break
        if where.last_column >= first:
            first, what = where.last_column + 1, occupant
    if first + count - 1 <= LAST_COLUMN:
        return first
    raise WorkbookError(
        f"there's no room for the {count} result columns, because {what} reach to the last columns "
        "of the sheet",
        place=f"{place}, from column {column_letters(min(start, LAST_COLUMN))} on",
        hint=f"Make {count} empty columns to the right of the data: delete, move or unhide what's there",
    )


def refuse_merged(merges: tuple[CellRange, ...], cells: Iterator[tuple[int, int]], place: str) -> None:
    """Refuse to write a result under merged cells: Excel discards such values.

    Args:
        merges: merged ranges that touch the result columns
        cells: row and column of each cell to write
        place: the sheet, for the message

    Raises:
        WorkbookError: a cell is inside a merge and isn't its first cell.
    """
    for row, column, merge in _covered(merges, cells):
        if (row, column) != (merge.first_row, merge.first_column):
            raise WorkbookError(
                f"the cells {merge.text} are merged, so castmerge can't write into "
                f"{column_letters(column)}{row}",
                place=place,
                hint="Unmerge them (Home > Merge & Center)",
            )


def refuse_filled(arrays: tuple[CellRange, ...], cells: Iterator[tuple[int, int]], place: str) -> None:
    """Refuse to write into a cell that an array formula or a data table fills.

    Args:
        arrays: ranges filled by formulas that touch the result columns
        cells: row and column of each cell to write
        place: the sheet, for the message

    Raises:
        WorkbookError: a cell is inside such a range.
    """
    for row, column, array in _covered(arrays, cells):
        raise WorkbookError(
            f"an array formula fills {array.text}, so castmerge can't write into "
            f"{column_letters(column)}{row}",
            place=place,
            hint="Delete the formula, rename its column, or use other names for the results with "
            "--column-prefix",
        )


def _covered(
    ranges: tuple[CellRange, ...], cells: Iterator[tuple[int, int]]
) -> Iterator[tuple[int, int, CellRange]]:
    """Yield the first two of the cells that a range covers in each column; one of them is enough."""
    rows: dict[int, list[int]] = {}
    for row, column in cells if ranges else ():
        rows.setdefault(column, []).append(row)
    for it, (column, numbers) in product(ranges, rows.items()):
        if it.first_column <= column <= it.last_column:
            first = bisect_left(numbers, it.first_row)
            yield from ((row, column, it) for row in numbers[first : first + 2] if row <= it.last_row)


def merged_ranges(skeleton: Element) -> list[CellRange]:
    """Return the sheet's merged cells; a `ref` that isn't a range is ignored."""
    return [it.where for cells in descendants(skeleton, "mergeCell") for it in _with_ref(cells, "ref", "")]


def _counts(occupant: Occupant, start: int) -> bool:
    """Rules that also cover the data don't block columns; rules only to the right of it reserve them."""
    if occupant.what == "a conditional format":
        return occupant.where.first_column >= start and occupant.where.last_column < LAST_COLUMN
    if occupant.what == "a data validation":
        return occupant.where.last_column < LAST_COLUMN
    return True


def rule_texts(formats: Element) -> set[str]:
    """Return the texts that a `conditionalFormatting` element compares cells with."""
    return {text for rule in children(formats, "cfRule") if (text := rule_text(rule)) is not None}


def rule_text(rule: Element) -> str | None:
    """Return the text that a conditional format compares cells with; None if it does anything else."""
    formulas = [(it.text or "").strip() for it in children(rule, "formula")]
    equal = rule.get("type") == "cellIs" and rule.get("operator") == "equal"
    if not equal or len(formulas) != 1 or not _TEXT.fullmatch(formulas[0]):
        return None
    return formulas[0][1:-1].replace('""', '"')


def _on_the_sheet(skeleton: Element, colored: list[set[str]]) -> Iterator[Occupant]:
    kinds = {
        "mergeCell": ("ref", "merged cells"),
        "autoFilter": ("ref", "a filter"),
        "conditionalFormatting": ("sqref", "a conditional format"),
        "dataValidation": ("sqref", "a data validation"),
    }
    for element in skeleton.iter():
        name = local(element)
        if name == "conditionalFormatting" and any(texts <= rule_texts(element) for texts in colored):
            continue
        if name in kinds:
            yield from _with_ref(element, *kinds[name])
        elif name == "col" and is_on(element.get("hidden")):
            first, last = number(element.get("min"), 1), number(element.get("max"), 1)
            if last < LAST_COLUMN:  # hidden up to the sheet's end: just the unused columns
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
        return  # Excel repairs an invalid range by leaving it out


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


def _formulas(package: Package, sheet: SheetPart, prefix: str) -> Iterator[str]:
    name = re.escape(f"{prefix}f".encode())
    pattern = re.compile(rb"<%b(?:\s[^>]*)?>([^<]+)</%b\s*>" % (name, name))
    rest = b""
    with package.open(sheet.part) as source:
        while chunk := source.read(_CHUNK):
            buffer = rest + chunk
            done = 0
            for found in pattern.finditer(buffer):
                done = found.end()
                yield unescape(found[1].decode("utf-8", "replace"))
            # The last formula may be incomplete; Excel's longest has 8,192 characters.
            rest = buffer[max(done, len(buffer) - _CHUNK) :]


def _references(formula: str) -> Iterator[CellRange]:
    for first, top, last, bottom in _CELLS.findall(formula):
        yield from _between(first, last or first, int(top), int(bottom or top))
    for first, last in _COLUMNS.findall(formula):
        yield from _between(first, last, 1, LAST_ROW)


def _between(first: str, last: str, top: int, bottom: int) -> Iterator[CellRange]:
    if not _is_column(first) or not _is_column(last):
        return
    left, right = sorted((column_number(first), column_number(last)))
    high, low = sorted((top, bottom))
    if right - left < _WIDEST_REFERENCE and low <= LAST_ROW:
        yield CellRange(high, low, left, right)


def _is_column(letters: str) -> bool:
    """Beyond the last column, letters and digits are a defined name, such as `YTD2026`."""
    return len(letters) < len(_LAST_LETTERS) or letters <= _LAST_LETTERS
