"""Check that a workbook has its results and is otherwise unchanged, with lxml and two other readers.

None of the package's own reading or comparing is used for the result.
"""

from __future__ import annotations

import posixpath
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import openpyxl
from lxml import etree
from openpyxl.utils import column_index_from_string, get_column_letter
from python_calamine import CalamineWorkbook

from merge.model import Link, ResultValue, WrittenCells
from merge.workbook import write_columns
from tests.support.sample_workbooks import Shown, filled, raw_members

Grid: TypeAlias = Mapping[tuple[int, int], Shown]
Sheets: TypeAlias = Mapping[str, Grid]
Reader: TypeAlias = Callable[[Path], Sheets | None]
FormulaReader: TypeAlias = Callable[[Path, str], Mapping[str, str] | None]

URL = "https://videos.example/v/7?a=1&b=2#start"
WHEN = datetime(2026, 11, 22, 10, 30)
RESULT: Mapping[str, ResultValue] = {
    "Video ID": "id-7",
    "Video Status": "Complete",
    "Video URL": Link(URL),
    "Video Note": "=1+1 & <two>",
    "Video Updated": WHEN,
}
SHOWN: Mapping[str, Shown] = {
    "Video ID": "id-7",
    "Video Status": "Complete",
    "Video URL": URL,
    "Video Note": "=1+1 & <two>",
    "Video Updated": WHEN,
}
ROWS = 5
"""The number of rows below the header that get results."""
_MAY_GROW = ("dimension", "cols", "hyperlinks", "sheetData")
_CELL = re.compile(r"([A-Za-z]{1,3})(\d+)")


@dataclass(frozen=True, slots=True)
class RequestedCells:
    """The requested cells: headers, and values by row and column, with "" to clear a cell."""

    sheet: str
    header_row: int
    written: WrittenCells
    cells: Mapping[tuple[int, int], Shown]


def put_results(path: Path, sheet: str, header_row: int) -> RequestedCells:
    """Write results into the rows below the header row."""
    rows = dict.fromkeys(range(header_row + 1, header_row + 1 + ROWS), RESULT)
    written = write_columns(path, sheet=sheet, header_row=header_row, rows=rows, columns=tuple(RESULT))
    shown = dict(SHOWN)
    if any("dates were added as text" in note for note in written.notes):
        shown["Video Updated"] = WHEN.isoformat(" ")
    cells: dict[tuple[int, int], Shown] = {}
    for header, column in written.columns.items():
        cells[header_row, column] = header
        cells |= {(row, column): shown[header] for row in rows}
    return RequestedCells(sheet, header_row, written, cells)


def differences(
    before: Path,
    after: Path,
    part: str,
    asked: RequestedCells,
    *,
    thorough: bool = True,
    reader: Reader | None = None,
    formulas: FormulaReader | None = None,
) -> list[str]:
    """The forbidden differences in parts, in elements of the sheet, and in what two other readers see.

    Args:
        before: the original workbook
        after: the workbook with results
        part: the sheet's part
        asked: what was written
        thorough: whether to use openpyxl too, which is slow
        reader: reads with calamine; by default in this process
        formulas: reads with openpyxl; by default in this process
    """
    found = [f"{name} is damaged" for name in _damaged_members(after) - _damaged_members(before)]
    found += _changed_parts(before, after, part, asked)
    found += _other_values(before, after, asked, reader or seen_by_calamine)
    if thorough:
        found += _other_formulas(before, after, asked, formulas or seen_by_openpyxl)
    return found


def _damaged_members(path: Path) -> set[str]:
    found: set[str] = set()
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            try:
                archive.read(info)
            except Exception:  # noqa: BLE001 - any error of zipfile counts
                found.add(info.orig_filename)
    return found


def _changed_parts(before: Path, after: Path, part: str, asked: RequestedCells) -> Iterator[str]:
    old, new = raw_members(before), raw_members(after)
    if list(new)[: len(old)] != list(old):
        yield "members are missing or in another order"
    rels = f"{posixpath.dirname(part)}/_rels/{posixpath.basename(part)}.rels"
    damaged = _damaged_members(before)
    for name in [name for name in old if name in new and old[name] != new[name] and name not in damaged]:
        plain = name.replace("\\", "/").lstrip("/")
        then, now = _tree(before, name), _tree(after, name)
        if plain.casefold() == part.casefold():
            yield from _sheet_changes(then, now, asked)
        elif plain.casefold() == rels.casefold() or plain == "[Content_Types].xml":
            yield from _only_appended(then, now, plain)
        elif etree.QName(then).localname == "styleSheet":
            yield from _style_changes(then, now)
        elif etree.QName(then).localname == "workbook":
            if _plain(_without_filter_ranges(then)) != _plain(_without_filter_ranges(now)):
                yield f"{name} has changed in more than a filter's range"
        elif etree.QName(then).localname == "table":
            yield from _table_changes(then, now)
        else:
            yield f"{name} has changed"
    yield from (f"{name} is new" for name in new if name not in old and name != rels)


def _tree(path: Path, name: str) -> etree._Element:
    with zipfile.ZipFile(path) as archive:
        info = next(info for info in archive.infolist() if info.orig_filename == name)
        return etree.fromstring(archive.read(info), etree.XMLParser(huge_tree=True, resolve_entities=False))


def _plain(element: etree._Element) -> bytes:
    if "<" in str(element.tag):  # a comment's tag is a function, and on its own it has no canonical form
        return etree.tostring(element, with_tail=False)
    try:
        return etree.tostring(element, method="c14n", with_tail=False)
    except etree.C14NError:  # invalid namespaces have no canonical form either
        return etree.tostring(element, with_tail=False)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _only_appended(then: etree._Element, now: etree._Element, what: str) -> Iterator[str]:
    if [_plain(child) for child in now][: len(then)] != [_plain(child) for child in then]:
        yield f"{what} has not only grown"


def _style_changes(then: etree._Element, now: etree._Element) -> Iterator[str]:
    lists = ("cellXfs", "fonts", "numFmts")
    others = [[_plain(it) for it in root if _local(it) not in lists] for root in (then, now)]
    if others[0] != others[1]:
        yield "the formats have changed elsewhere than at their lists' ends"
    for name in lists:
        first, second = (next((it for it in root if _local(it) == name), None) for root in (then, now))
        if first is None:
            continue
        if second is None:
            yield f"the formats' {name} are gone"
            continue
        yield from _only_appended(first, second, name)
        kinds = Counter(_local(it) for it in second).most_common(1)
        if second.get("count") not in {None, first.get("count"), *(str(count) for _, count in kinds)}:
            yield f"{name} are counted wrongly"


def _table_changes(then: etree._Element, now: etree._Element) -> Iterator[str]:
    columns = [next(it for it in root if _local(it) == "tableColumns") for root in (then, now)]
    yield from _only_appended(columns[0], columns[1], "the table's columns")
    ids = [it.get("id") for it in columns[1]]
    names = [str(it.get("name")).casefold() for it in columns[1]]
    if len(set(ids)) < len(ids) and len({it.get("id") for it in columns[0]}) == len(columns[0]):
        yield "two of the table's columns have one id"
    if len(set(names)) < len(names):
        yield "two of the table's columns have one name"


def _sheet_changes(then: etree._Element, now: etree._Element, asked: RequestedCells) -> Iterator[str]:
    if sorted(then.items()) != sorted(now.items()):
        yield "the worksheet's own attributes have changed"
    yield from _filter_changes(then, now)
    frames = [
        [_plain(it) for it in _without_filter_ranges(root) if _local(it) not in _MAY_GROW]
        for root in (then, now)
    ]
    if frames[0] != frames[1]:
        yield "something around the rows has changed"
    yield from _width_changes(then, now, asked)
    yield from _link_changes(then, now, asked)
    old, new = _rows(then), _rows(now)
    ours = {(row, column) for row, column in asked.cells}
    for number, (attributes, cells) in old.items():
        if number not in new:
            yield f"row {number} is gone"
            continue
        if attributes != new[number][0]:
            yield f"row {number} has other attributes"
        changed = [
            c for c, cell in cells.items() if (number, c) not in ours and new[number][1].get(c) != cell
        ]
        yield from (f"{get_column_letter(column)}{number} has changed" for column in changed)
    for number, (_, cells) in new.items():
        there = old.get(number, ({}, {}))[1]
        added = [column for column in cells if column not in there and (number, column) not in ours]
        yield from (f"{get_column_letter(column)}{number} is new" for column in added)
        if list(cells) != sorted(cells) and list(there) == sorted(there):
            yield f"the cells of row {number} are out of order"


def _without_filter_ranges(root: etree._Element) -> etree._Element:
    """A copy without the ranges of the sheet's filter, or of the workbook's names for filters."""
    copied = deepcopy(root)
    for element in copied.iter():
        above = element.getparent()
        sorts = _local(element) == "sortState" and above is not None and _local(above) == "autoFilter"
        if (_local(element) == "autoFilter" and above is copied) or sorts:
            element.attrib.pop("ref", "")
        elif element.get("name") == "_xlnm._FilterDatabase":
            element.text = ""
    return copied


def _filter_changes(then: etree._Element, now: etree._Element) -> Iterator[str]:
    """Only the right edge of the filter may have moved."""
    old, new = ([str(it.get("ref")) for it in root if _local(it) == "autoFilter"] for root in (then, now))
    for before, after in zip(old, new, strict=False):
        first, last = (re.split("[A-Z]+", ref.replace("$", "")) for ref in (before, after))
        if before.partition(":")[0] != after.partition(":")[0] or first[1:] != last[1:]:
            yield f"the filter on {before} is now on {after}"


def _link_changes(then: etree._Element, now: etree._Element, asked: RequestedCells) -> Iterator[str]:
    ours = {f"{get_column_letter(column)}{row}" for row, column in asked.cells}
    old, new = (
        [
            _plain(it)
            for holder in root
            if _local(holder) == "hyperlinks"
            for it in holder
            if it.get("ref") not in ours
        ]
        for root in (then, now)
    )
    if [it for it in new if it in old] != old:
        yield "the sheet's hyperlinks have lost something"


def _width_changes(then: etree._Element, now: etree._Element, asked: RequestedCells) -> Iterator[str]:
    """A definition of hidden columns up to the sheet's end may have been split."""
    ours = set(asked.written.columns.values())
    old, new = (_column_formats(root) for root in (then, now))
    edges = {edge for reach in (*old, *new) for edge in reach} - ours
    if any(_format_at(old, column) != _format_at(new, column) for column in edges):
        yield "the sheet's columns look otherwise"


Formats = dict[tuple[int, int], dict[str, str]]


def _column_formats(root: etree._Element) -> Formats:
    found: Formats = {}
    for holder in root:
        for col in holder if _local(holder) == "cols" else ():
            facts = {str(key): str(value) for key, value in col.items()}
            with suppress(KeyError, ValueError):
                found[int(facts.pop("min")), int(facts.pop("max"))] = facts
    return found


def _format_at(formats: Formats, column: int) -> dict[str, str]:
    return next((facts for (first, last), facts in formats.items() if first <= column <= last), {})


Cells = dict[int, bytes]


def _rows(root: etree._Element) -> dict[int, tuple[dict[str, str], Cells]]:
    found: dict[int, tuple[dict[str, str], Cells]] = {}
    number = 0
    for row in next(it for it in root if _local(it) == "sheetData"):
        number = int(row.get("r") or number + 1)
        attributes = {str(key): str(value) for key, value in row.items() if key not in {"r", "spans"}}
        cells: Cells = {}
        column = 0
        for cell in (child for child in row if _local(child) == "c"):
            place = _CELL.fullmatch(str(cell.attrib.pop("r", "")))
            column = column_index_from_string(place[1].upper()) if place else column + 1
            cells[column] = _plain(cell)
        found[number] = (attributes, cells)
    return found


def seen_by_calamine(path: Path) -> Sheets | None:
    """Values by sheet, row and column, or None if calamine can't read the workbook."""
    found: dict[str, Grid] = {}
    try:
        book = CalamineWorkbook.from_path(path)
        for sheet in book.sheets_metadata:
            with suppress(Exception):  # if it can't read the original, it needn't read the result
                found[sheet.name] = filled(
                    book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
                )
    except Exception:  # noqa: BLE001 - same
        return None
    return found


def _other_values(before: Path, after: Path, asked: RequestedCells, reader: Reader) -> Iterator[str]:
    then = reader(before)
    if then is None:
        return
    now = reader(after) or {}
    for name, known in then.items():
        expected = dict(known)
        expected.update(asked.cells if name == asked.sheet else {})
        seen = now.get(name, {})
        wrong = [
            place for place in seen.keys() | expected.keys() if seen.get(place, "") != expected.get(place, "")
        ]
        for row, column in sorted(wrong)[:3]:
            shown = (expected.get((row, column)), seen.get((row, column)))
            yield f"calamine sees {shown[1]!r} in {name}!{get_column_letter(column)}{row}, not {shown[0]!r}"


def seen_by_openpyxl(path: Path, sheet: str) -> Mapping[str, str] | None:
    """Values and formulas by address, or None if openpyxl can't read the workbook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # From memory, because openpyxl leaves files open that it can't read.
            page = openpyxl.load_workbook(BytesIO(path.read_bytes()), read_only=True)[sheet]
            page.reset_dimensions()  # they may be wrong
            return {
                cell.coordinate: repr(getattr(cell.value, "text", cell.value))
                for row in page.iter_rows()
                for cell in row
                if cell.value is not None
            }
        except Exception:  # noqa: BLE001 - if it can't read the original, it needn't read the result
            return None


def _other_formulas(before: Path, after: Path, asked: RequestedCells, reader: FormulaReader) -> Iterator[str]:
    expected = reader(before, asked.sheet)
    if expected is None:
        return
    seen = reader(after, asked.sheet)
    if seen is None:
        yield "openpyxl cannot read it any more"
        return
    ours = {f"{get_column_letter(column)}{row}": value for (row, column), value in asked.cells.items()}
    for ref in seen.keys() | expected.keys():
        if ref not in ours and seen.get(ref) != expected.get(ref):
            yield f"openpyxl sees {seen.get(ref)} in {ref}, not {expected.get(ref)}"
    missing = [ref for ref, value in ours.items() if ref not in seen and value != ""]
    if missing and expected:
        yield f"openpyxl sees nothing in {', '.join(missing[:3])}"


def header_row_of(path: Path, sheet: str, reader: Reader = seen_by_calamine) -> int:
    """The first row with a value according to another reader, or 1 if there is none."""
    return min((row for row, _ in (reader(path) or {}).get(sheet, {})), default=1)
