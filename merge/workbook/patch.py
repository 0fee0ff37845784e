"""The rows of a worksheet with our cells in them; everything else passes through as it was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.refs import cell_address, column_letters
from merge.workbook.cellxml import Look, cell_xml, is_blank, is_too_long, look_of, shown_text
from merge.workbook.plan import Plan
from merge.workbook.rows import CellFinder, RawCell, RawRow, style_of
from merge.workbook.splice import Edit, apply, get_attribute, set_attribute
from merge.workbook.stylebook import StyleBook


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is known of the sheet whose rows are patched.

    Attributes:
        prefix: namespace prefix with its colon, or ""
        date1904: whether serial dates count from 1904
        linked: addresses of the cells that are hyperlinks
        has_dates: whether dates can have a date's format
        header_style: the format of new headers
        column_styles: format of whole columns, by column
    """

    prefix: str
    date1904: bool
    linked: frozenset[str]
    has_dates: bool
    header_style: int
    column_styles: Mapping[int, int]

    def stored(self, ref: str, value: ResultValue) -> ResultValue:
        """The value as it can stand in this sheet: what cannot be a link or a date stands there as text."""
        match value:
            case str():
                return value
            case Link() if ref not in self.linked:
                return value.url or value.text
            case datetime() if not self.has_dates:
                return shown_text(value)
            case _:
                return value


class RowPatcher:
    """Puts the cells of a plan into rows.

    Attributes:
        cut: addresses of the cells whose text was too long for Excel
    """

    def __init__(self, plan: Plan, sheet: Sheet, styles: StyleBook) -> None:
        self._plan = plan
        self._sheet = sheet
        self._styles = styles
        self._finder = CellFinder(sheet.prefix, plan.sheet.name)
        self._row_end = f"</{sheet.prefix}row>".encode()
        self._pending = plan.row_numbers()
        self._next = next(self._pending, None)
        self._letters = {column: column_letters(column) for column in plan.columns.values()}
        self._anchors = {column: _left_of(column, frozenset(self._letters)) for column in self._letters}
        self._fitted: defaultdict[tuple[bool, bool], dict[tuple[int, int], int]] = defaultdict(dict)
        self.cut: list[str] = []

    def patched(self, row: RawRow) -> list[bytes]:
        """The row as it is to be written, after rows that were not there before it."""
        if self._next is None or row.number < self._next:
            if row.inner is None:
                return [row.gap, row.tag]
            return [row.gap, row.tag, row.inner, self._row_end]
        before = list(self.missing_before(row.number))
        if row.number != self._next:
            return [*before, *self.patched(row)]
        self._next = next(self._pending, None)
        return [*before, self._patched(row)]

    def missing_before(self, number: int | None) -> Iterator[bytes]:
        """New rows for results above row `number`, or for all that are left."""
        while self._next is not None and (number is None or self._next < number):
            cells = self._new_cells(self._next, self._plan.cells(self._next), 0)
            if cells:
                tag = f'<{self._sheet.prefix}row r="{self._next}">'
                yield tag.encode() + cells + self._row_end
            self._next = next(self._pending, None)

    def _new_cells(self, row: int, targets: list[tuple[int, ResultValue]], style: int) -> bytes:
        return b"".join([self._cell(row, *cell, None, style) for cell in targets if not is_blank(cell[1])])

    def _patched(self, row: RawRow) -> bytes:
        targets = self._plan.cells(row.number)
        inner = self._merged(row, targets)
        if not inner and row.inner is None:
            return row.gap + row.tag
        tag = _numbered(row.tag[:-2].rstrip() + b">" if row.inner is None else row.tag, row.number)
        tag = _spanning(tag, targets[0][0], targets[-1][0])
        return row.gap + tag + inner + self._row_end

    def _merged(self, row: RawRow, targets: list[tuple[int, ResultValue]]) -> bytes:
        """The row's cells with ours among them, each in its column's place; blanks between them stay."""
        inner = row.inner or b""
        cut = self._cut(inner, targets[0][0])
        if cut == len(inner):
            return inner + self._new_cells(
                row.number, targets, self._row_style(row, inner, [], targets[0][0])
            )
        rest = inner[cut:]
        cells = self._finder.all(rest)
        style = self._row_style(row, inner[:cut], cells, targets[0][0])
        edits: list[Edit] = []
        for column, value in targets:
            old = next((cell for cell in cells if cell.column == column), None)
            new = self._cell(row.number, column, value, old, style)
            if old is not None:
                edits.append(Edit(old.start, old.end, new))
            else:
                before = max((cell.end for cell in cells if cell.column < column), default=0)
                edits.append(Edit(before, before, new))
        if cut == 0:
            edits += self._addresses(row.number, cells, frozenset(column for column, _ in targets))
        return inner[:cut] + apply(rest, edits)

    def _cut(self, inner: bytes, first: int) -> int:
        """How far a row passes through as it is: to its first cell at column `first` or right of it."""
        end = len(inner)
        while found := self._finder.last_before(inner, end):
            start, tag = found
            column = self._finder.column(tag)
            if column is None:
                return 0
            if column < first:
                break
            end = start
        return end

    def _addresses(self, row: int, cells: list[RawCell], ours: frozenset[int]) -> Iterator[Edit]:
        """Addresses for cells without one, since others now stand beside them."""
        for cell in cells:
            if cell.column not in ours and self._finder.column(cell.tag) is None:
                tag = set_attribute(cell.tag, "r", f"{column_letters(cell.column)}{row}")
                yield Edit(cell.start, cell.start + len(cell.tag), tag)

    def _row_style(self, row: RawRow, kept: bytes, cells: list[RawCell], first: int) -> int:
        """The format of new cells: the row's own, or that of the neighbour if it is plain."""
        if row.number == self._plan.header_row:
            return self._sheet.header_style
        if b"customFormat" in row.tag and get_attribute(row.tag, "customFormat") in {"1", "true"}:
            return style_of(row.tag)
        style = style_of(self._neighbour(kept, cells, self._anchors[first]))
        return style if self._styles.is_plain(style) else 0

    def _neighbour(self, kept: bytes, cells: list[RawCell], column: int) -> bytes:
        """The start tag of the cell in that column, b"" where there is none."""
        end = len(kept)
        while found := self._finder.last_before(kept, end):
            end, tag = found
            here = self._finder.column(tag)
            if here is None or here <= column:
                return tag if here == column else b""
        return next((cell.tag for cell in cells if cell.column == column), b"")

    def _cell(self, row: int, column: int, value: ResultValue, old: RawCell | None, style: int) -> bytes:
        ref = f"{self._letters[column]}{row}"
        if old is not None and b"<" + self._sheet.prefix.encode() + b"f" in old.body:
            raise WorkbookError(
                "a formula stands where a result is to be written",
                place=cell_address(self._plan.sheet.name, row, column),
                cure="Delete the formula, rename its column, or choose other names (--column-prefix).",
            )
        if is_blank(value):
            return self._blank(ref, old)
        value = self._sheet.stored(ref, value)
        if row != self._plan.header_row:
            style = self._fitting(value, column, old, style)
        if isinstance(value, str | Link) and is_too_long(shown_text(value)):
            self.cut.append(ref)
        return cell_xml(ref, style, value, self._sheet.prefix, date1904=self._sheet.date1904).encode()

    def _blank(self, ref: str, old: RawCell | None) -> bytes:
        """A cleared cell keeps its format; where there was no cell, there is none afterwards."""
        if old is None:
            return b""
        return cell_xml(ref, style_of(old.tag), None, self._sheet.prefix, date1904=False).encode()

    def _fitting(self, value: ResultValue, column: int, old: RawCell | None, usual: int) -> int:
        """The cell's own format where it has one that suits the value, else one like the usual."""
        look = look_of(value, date1904=self._sheet.date1904)
        style = (usual or self._sheet.column_styles.get(column, 0)) if old is None else style_of(old.tag)
        fitted = self._fitted[look is Look.LINK, look is Look.DATE]  # an Enum's own hash is slow
        known = fitted.get((style, usual))
        if known is None:
            fitting = self._styles.fitting(style, look)
            known = usual if look is Look.PLAIN and fitting == 0 else fitting
            fitted[style, usual] = known
        return known


def _numbered(tag: bytes, number: int) -> bytes:
    return tag if b' r="' in tag or get_attribute(tag, "r") else set_attribute(tag, "r", str(number))


def _spanning(tag: bytes, first: int, last: int) -> bytes:
    """Widens `spans`, a hint of the columns in use, where the row has one."""
    spans = get_attribute(tag, "spans") if b"spans" in tag else None
    numbers = [int(part) for part in (spans or "").replace(":", " ").split() if part.isdecimal()]
    if not numbers or (min(numbers) <= first and max(numbers) >= last):
        return tag
    return set_attribute(tag, "spans", f"{min(*numbers, first)}:{max(*numbers, last)}")


def _left_of(column: int, ours: frozenset[int]) -> int:
    """The nearest column at the left that is not one of ours."""
    while column in ours:
        column -= 1
    return column
