"""Read worksheets: rows, Tables and merged ranges (ECMA-376 part 1, 18.3).

Streaming: in addition to the result, memory holds the shared strings and one row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product, takewhile
from pathlib import Path

from merge.errors import WorkbookError
from merge.model import MergedRange, SheetRow, TableRange, Worksheet
from merge.sheet.addresses import parse_range
from merge.sheet.columns import PRONUNCIATION, normalize, suggest
from merge.sheet.packed_rows import PackedRows
from merge.workbook.package.package import Package, SheetPart, open_package
from merge.workbook.read.cells import RowReader, cell_styles, shared_strings
from merge.workbook.xml.parse import (
    DOCUMENT_RELATIONSHIPS,
    SAVE_AGAIN,
    TRUSTED,
    Element,
    decode_xstring,
    local,
    parse,
)

Links = Mapping[int, Mapping[int, str]]
"""Targets of hyperlinks by row number and column number."""
_LARGEST_LINK = 1000
_MOST_LINKED = 1_000_000
"""The maximum number of cells with a link; the links of further cells aren't read."""

_MOST_MERGED = 100_000
"""The maximum number of merged ranges; there are sheets of 20,000 rows with several in each row."""


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's worksheets in the order of their tabs, hidden ones last.

    Raises:
        WorkbookError: the workbook can't be opened.
    """
    with open_package(path) as package:
        return tuple(sheet.name for sheet in _worksheets(package))


def read_worksheet(path: Path, sheet: str | None = None) -> Worksheet:
    """Read one worksheet.

    Args:
        path: the workbook
        sheet: its name, in any case and spacing; None is the first visible one with a value

    Raises:
        WorkbookError: the workbook can't be opened, is damaged, or has no such worksheet.
    """
    with open_package(path) as package:
        reader = _row_reader(package)
        found = (_read(package, candidate, reader) for candidate in _candidates(package, sheet))
        first = next(found)
        return first if first.rows else next((other for other in found if other.rows), first)


def read_chosen(
    path: Path,
    sheet: str | None,
    choose: Callable[[Sequence[Worksheet]], int],
    *,
    rows: int,
    most: int | None = None,
) -> Worksheet:
    """Read the worksheet that is chosen by the first rows of all that may have the data.

    Args:
        path: the workbook
        sheet: its name, as for `read_worksheet`, so that there's nothing to choose; or None
        choose: returns the position of the chosen worksheet among the visible ones with a value; called if
            there are several
        rows: how many of the first rows are read to choose, as for `read_top`
        most: how many of the chosen worksheet's rows are read, without its merged ranges, which are behind
            the last row; None is all of them

    Raises:
        WorkbookError: the workbook can't be opened, is damaged, or has no such worksheet.
    """
    with open_package(path) as package:
        reader = _row_reader(package)
        candidates = _candidates(package, sheet)
        merged = most is None
        several = candidates if len(candidates) > 1 else []
        tops = [_top(package, it, reader, rows=rows, merged=merged) for it in several]
        filled = [(it, top) for it, top in zip(candidates, tops, strict=False) if top.rows]
        if len(filled) > 1:
            candidates = [filled[choose([top for _, top in filled])][0]]
        elif filled:
            candidates = [filled[0][0]]
        if most is not None:
            return _top(package, candidates[0], reader, rows=most, merged=False)
        return _read(package, candidates[0], reader)


def read_tops(path: Path, *, rows: int) -> tuple[Worksheet, ...]:
    """Read the first rows of every worksheet, hidden ones last; arguments and errors as for `read_top`."""
    with open_package(path) as package:
        reader = _row_reader(package)
        return tuple(_top(package, it, reader, rows=rows) for it in _worksheets(package))


def read_top(path: Path, sheet: str | None = None, *, rows: int, down_to: int = 0) -> Worksheet:
    """Read a worksheet's first rows, and all its Tables and merged ranges.

    Args:
        path: the workbook
        sheet: its name, as for `read_worksheet`
        rows: how many rows with a value are read; all rows down to the one below the last Table's header are
            read in any case
        down_to: number of a row down to which all rows are read in any case

    Raises:
        WorkbookError: the workbook can't be opened, is damaged, or has no such worksheet.
    """
    with open_package(path) as package:
        reader = _row_reader(package)
        chosen = _first_filled(package, _candidates(package, sheet), reader)
        return _top(package, chosen, reader, rows=rows, down_to=down_to)


def stream_rows(
    path: Path, sheet: str | None = None, *, columns: Collection[int] | None = None
) -> Iterator[SheetRow]:
    """Yield a worksheet's rows one by one.

    Memory holds the shared strings and one row. Rows come in the order of the file, which is from top to
    bottom except in the workbooks of a few programs; those without a value in `columns` are left out.

    Args:
        path: the workbook; it stays open until the last row was read
        sheet: its name, as for `read_worksheet`
        columns: numbers of the columns to read (A is 1); None is all of them

    Raises:
        WorkbookError: with the first row, if the workbook can't be opened or has no such worksheet; with a
            later one, if it is damaged there.
    """
    with open_package(path) as package:
        reader = _row_reader(package)
        chosen = _first_filled(package, _candidates(package, sheet), reader)
        wanted = None if columns is None else frozenset(columns)
        links = _links(package, chosen)
        for row in _rows(package, chosen, replace(reader, columns=wanted)):
            yield _with_links(row, links)


def _row_reader(package: Package) -> RowReader:
    return RowReader(shared_strings(package), *cell_styles(package), package.date1904)


def _first_filled(package: Package, candidates: list[SheetPart], reader: RowReader) -> SheetPart:
    """Return the first worksheet with a value; reads no further than that value."""
    filled = (it for it in candidates if next(_rows(package, it, reader), None) is not None)
    return candidates[0] if len(candidates) == 1 else next(filled, candidates[0])


def _top(
    package: Package,
    sheet: SheetPart,
    reader: RowReader,
    *,
    rows: int,
    down_to: int = 0,
    merged: bool = True,
) -> Worksheet:
    tables = tuple(_tables(package, sheet))
    # With the row below each header, to distinguish a Table without rows from one with rows.
    lowest = max([down_to, *(table.first_row + 1 for table in tables)])
    kept = tuple(islice(_rows(package, sheet, reader), rows))
    if kept and kept[-1].number < lowest:
        kept = tuple(takewhile(lambda row: row.number <= lowest, _rows(package, sheet, reader)))
    merges = tuple(_merges(package, sheet)) if merged else ()
    return Worksheet(str(package.path), sheet.name, kept, tables, merges, package.date1904)


def _worksheets(package: Package) -> list[SheetPart]:
    worksheets = [sheet for sheet in package.sheets if sheet.kind == "worksheet"]
    return sorted(worksheets, key=lambda sheet: sheet.state != "visible")


def _candidates(package: Package, name: str | None) -> list[SheetPart]:
    """Return the worksheet with that name or, without a name, the visible ones that may have the data."""
    if name is not None:
        return [_named(package, name)]
    worksheets = _worksheets(package)
    if not worksheets:
        raise WorkbookError(
            "it has no worksheet", place=str(package.path), hint="Choose a workbook that has rows and columns"
        )
    data = [sheet for sheet in worksheets if normalize(sheet.name) != normalize(PRONUNCIATION)] or worksheets
    return [sheet for sheet in data if sheet.state == "visible"] or data


def _named(package: Package, name: str) -> SheetPart:
    for form in (str, normalize):
        for sheet in package.sheets:
            if form(sheet.name) == form(name):
                return _a_worksheet(package, sheet)
    names = [sheet.name for sheet in _worksheets(package)]
    listed = "Its worksheets: " + ", ".join(f"“{known}”" for known in names) + "."
    likely = suggest(name, names)
    raise WorkbookError(
        f"it has no worksheet “{name}”",
        place=str(package.path),
        hint=f"Did you mean “{likely}”? {listed}" if likely else listed,
    )


def _a_worksheet(package: Package, sheet: SheetPart) -> SheetPart:
    if sheet.kind != "worksheet":
        raise WorkbookError(
            f"its sheet “{sheet.name}” is a {sheet.kind}, not a worksheet",
            place=str(package.path),
            hint="Choose a sheet that has rows and columns with --sheet",
        )
    return sheet


def _read(package: Package, sheet: SheetPart, reader: RowReader) -> Worksheet:
    merges: list[MergedRange] = []
    links = _links(package, sheet)
    rows = _in_order(PackedRows(_with_links(row, links) for row in _rows(package, sheet, reader, merges)))
    tables = tuple(_tables(package, sheet))
    return Worksheet(
        str(package.path), sheet.name, rows, tables, tuple(merges), package.date1904, rows.struck
    )


def _rows(
    package: Package, sheet: SheetPart, reader: RowReader, merges: list[MergedRange] | None = None
) -> Iterator[SheetRow]:
    """Yield the rows with a value in the order of the file, and append merged ranges to `merges`."""
    number = 0
    names = ("row",) if merges is None else ("row", "mergeCells")
    try:
        for element in package.elements(sheet.part, *names):
            if merges is not None and local(element) == "mergeCells":
                merges += _merged(package, element)
                continue
            row = reader.row(element, number)
            number = row.number
            if row.cells:
                yield row
    except (ValueError, IndexError) as error:
        raise _damaged(package, sheet, number, error) from error


def _damaged(package: Package, sheet: SheetPart, number: int, error: Exception) -> WorkbookError:
    return WorkbookError(
        f"its worksheet “{sheet.name}” is damaged after row {number} ({error})",
        place=str(package.path),
        hint=SAVE_AGAIN,
    )


def _in_order(rows: PackedRows) -> PackedRows:
    """Sort rows, and join those with the same number; a few programs write them in any order."""
    if rows.are_in_order:
        return rows
    joined: dict[int, SheetRow] = {}
    for row in rows:
        first = joined.get(row.number, row)
        struck = (*first.struck, *(row.struck if row is not first else ()))
        hidden = first.hidden or row.hidden
        joined[row.number] = SheetRow(row.number, {**first.cells, **row.cells}, hidden, struck)
    return PackedRows(joined[number] for number in sorted(joined))


def _links(package: Package, sheet: SheetPart) -> Links:
    """The targets of hyperlinks by row and column; the sheet's rows are read again only if it has any.

    A link over more than `_LARGEST_LINK` cells isn't read.
    """
    targets = package.links(sheet.part)
    links: dict[int, dict[int, str]] = {}
    linked = 0
    if not targets:
        return links
    for element in package.elements(sheet.part, "row", "hyperlink"):
        target = targets.get(element.get(f"{{{DOCUMENT_RELATIONSHIPS[package.namespace]}}}id", ""), "")
        found = _corners(element.get("ref", "")) if target else None
        if found is None:
            continue
        top, bottom, left, right = found
        size = (bottom - top + 1) * (right - left + 1)
        linked += size
        if size > _LARGEST_LINK or linked > _MOST_LINKED:
            continue
        place = element.get("location", "")
        for row, column in product(range(top, bottom + 1), range(left, right + 1)):
            links.setdefault(row, {})[column] = f"{target}#{place}" if place else target
    return links


def _with_links(row: SheetRow, links: Links) -> SheetRow:
    own = links.get(row.number)
    if not own:
        return row
    cells = {
        number: cell._replace(link=own[number]) if number in own else cell
        for number, cell in row.cells.items()
    }
    return row._replace(cells=cells)


def _merges(package: Package, sheet: SheetPart) -> Iterator[MergedRange]:
    """Yield the merged ranges, which come after the rows; those are skipped without using memory."""
    for element in package.elements(sheet.part, "row", "mergeCells"):
        if local(element) == "mergeCells":
            yield from _merged(package, element)


def _merged(package: Package, element: Element) -> Iterator[MergedRange]:
    if len(element) > _MOST_MERGED:
        raise WorkbookError(
            f"it has more than {_MOST_MERGED:,} merged ranges", place=str(package.path), hint=TRUSTED
        )
    for merged in element:
        if corners := _corners(merged.get("ref", "")):
            yield MergedRange(*corners)


def _tables(package: Package, sheet: SheetPart) -> Iterator[TableRange]:
    for part in package.related(sheet.part, "table"):
        table = parse(package.read(part), f"{package.path} ({part})")
        if corners := _corners(table.get("ref", "")):
            yield TableRange(
                _name(table), *corners, header_rows=_header_rows(table), totals_rows=_totals_rows(table)
            )


def _name(table: Element) -> str:
    return decode_xstring(table.get("displayName", table.get("name", "")))


def _header_rows(table: Element) -> int:
    return 0 if table.get("headerRowCount") == "0" else 1


def _totals_rows(table: Element) -> int:
    return 1 if table.get("totalsRowCount", "0") != "0" else 0


def _corners(reference: str) -> tuple[int, int, int, int] | None:
    """Return first row, last row, first column, last column of `B2:D9` or `B2`; None for anything else."""
    try:
        found = parse_range(reference)
    except ValueError:
        return None
    return found.first_row, found.last_row, found.first_column, found.last_column
