"""The rows of a worksheet with our cells in them; everything else passes through as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.refs import cell_address, column_letters
from merge.workbook.cellxml import Look, cell_xml, date_as_text, is_blank, is_too_long, look_of, shown_text
from merge.workbook.plan import Plan
from merge.workbook.rows import CellFinder, RawCell, RawRow, style_of
from merge.workbook.splice import get_attribute, set_attribute
from merge.workbook.stylebook import StyleBook


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is known of the sheet whose rows are patched.

    Attributes:
        prefix: namespace prefix with its colon, or ""
        date1904: whether serial dates count from 1904
        linked: addresses of the cells that are hyperlinks
        header_style: the format of new headers
        column_styles: format of whole columns, by column
    """

    prefix: str
    date1904: bool
    linked: frozenset[str]
    header_style: int
    column_styles: dict[int, int]


class RowPatcher:
    """Puts the cells of a plan into rows.

    Attributes:
        cut: addresses of the cells whose text was too long for Excel
    """

    def __init__(self, plan: Plan, sheet: Sheet, styles: StyleBook) -> None:
        self._plan = plan
        self._sheet = sheet
        self._styles = styles
        self._finder = CellFinder(sheet.prefix)
        self._row_end = f"</{sheet.prefix}row>".encode()
        self._pending = iter(plan.row_numbers())
        self._next = next(self._pending, None)
        self._letters = {column: column_letters(column) for column in plan.columns.values()}
        self.cut: list[str] = []

    def patched(self, row: RawRow) -> Iterator[bytes]:
        """The row as it is to be written, after rows that were not there before it."""
        yield from self.missing_before(row.number)
        if row.number == self._next:
            self._next = next(self._pending, None)
            yield self._patched(row)
            return
        yield row.gap
        yield row.tag
        if row.inner is not None:
            yield row.inner
            yield self._row_end

    def missing_before(self, number: int | None) -> Iterator[bytes]:
        """New rows for results above row `number`, or for all that are left."""
        while self._next is not None and (number is None or self._next < number):
            cells = self._new_cells(self._next, 0)
            if cells:
                tag = f'<{self._sheet.prefix}row r="{self._next}">'
                yield tag.encode() + cells + self._row_end
            self._next = next(self._pending, None)

    def _new_cells(self, row: int, style: int) -> bytes:
        cells = self._plan.cells(row)
        return b"".join(self._cell(row, *cell, None, style) for cell in cells if not is_blank(cell[1]))

    def _patched(self, row: RawRow) -> bytes:
        targets = self._plan.cells(row.number)
        inner = self._merged(row, targets)
        if not inner and row.inner is None:
            return row.gap + row.tag
        tag = _numbered(row.tag[:-2].rstrip() + b">" if row.inner is None else row.tag, row.number)
        tag = _spanning(tag, targets[0][0], targets[-1][0])
        return row.gap + tag + inner + self._row_end

    def _merged(self, row: RawRow, targets: list[tuple[int, ResultValue]]) -> bytes:
        """The row's cells with ours among them, each in its column's place."""
        kept, cells = self._split(row.inner or b"", targets[0][0])
        style = self._row_style(row, kept, targets[0][0])
        pieces = [kept]
        position = 0
        for column, value in targets:
            while position < len(cells) and cells[position].column < column:
                pieces.append(self._addressed(row.number, cells[position]))
                position += 1
            old = None
            if position < len(cells) and cells[position].column == column:
                old = cells[position]
                position += 1
            pieces.append(self._cell(row.number, column, value, old, style))
        pieces += (self._addressed(row.number, cell) for cell in cells[position:])
        return b"".join(pieces)

    def _split(self, inner: bytes, first: int) -> tuple[bytes, list[RawCell]]:
        """What stands left of column `first`, untouched, and the cells from there on."""
        end = len(inner)
        while found := self._finder.last_before(inner, end):
            start, tag = found
            column = self._finder.column(tag)
            if column is None:
                return b"", self._finder.all(inner)
            if column < first:
                break
            end = start
        cut = self._end_of_cell(inner, end)
        return inner[:cut], self._finder.all(inner[cut:])

    def _end_of_cell(self, inner: bytes, end: int) -> int:
        """Behind the last cell before `end`, so that blanks between cells stay with the cell they follow."""
        return len(inner[:end].rstrip()) if end < len(inner) else end

    def _addressed(self, row: int, cell: RawCell) -> bytes:
        """A cell of others; it gets its address where it had none, since cells now stand beside it."""
        tag = cell.tag
        if self._finder.column(tag) is None:
            tag = set_attribute(tag, "r", f"{column_letters(cell.column)}{row}")
        if tag.endswith(b"/>"):
            return tag
        return tag + cell.body + f"</{self._sheet.prefix}c>".encode()

    def _row_style(self, row: RawRow, kept: bytes, first: int) -> int:
        """The format of new cells: the row's own, or that of the neighbour if it is plain."""
        if row.number == self._plan.header_row:
            return self._sheet.header_style
        if get_attribute(row.tag, "customFormat") in {"1", "true"}:
            return style_of(row.tag)
        neighbour = self._finder.last_before(kept, len(kept))
        if neighbour and self._finder.column(neighbour[1]) == first - 1:
            style = style_of(neighbour[1])
            return style if self._styles.is_plain(style) else 0
        return 0

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
        if row != self._plan.header_row:
            style = self._fitting(ref, column, value, style if old is None else style_of(old.tag), style)
        if is_too_long(shown_text(value)):
            self.cut.append(ref)
        if not self._styles.can_grow:
            value = date_as_text(value, date1904=self._sheet.date1904)
        return cell_xml(ref, style, value, self._sheet.prefix, date1904=self._sheet.date1904).encode()

    def _blank(self, ref: str, old: RawCell | None) -> bytes:
        """A cleared cell keeps its format; where there was no cell, there is none afterwards."""
        if old is None:
            return b""
        return cell_xml(ref, style_of(old.tag), None, self._sheet.prefix, date1904=False).encode()

    def _fitting(self, ref: str, column: int, value: ResultValue, style: int, usual: int) -> int:
        look = look_of(value, date1904=self._sheet.date1904)
        if look is Look.LINK and ref not in self._sheet.linked:
            look = Look.PLAIN
        style = style or self._sheet.column_styles.get(column, 0)
        fitting = self._styles.fitting(style, look)
        return usual if look is Look.PLAIN and fitting == 0 else fitting


def _numbered(tag: bytes, number: int) -> bytes:
    return tag if get_attribute(tag, "r") else set_attribute(tag, "r", str(number))


def _spanning(tag: bytes, first: int, last: int) -> bytes:
    """Widens `spans`, a hint of the columns in use, where the row has one."""
    spans = get_attribute(tag, "spans") if b"spans" in tag else None
    numbers = [int(part) for part in (spans or "").replace(":", " ").split() if part.isdecimal()]
    if not numbers or (min(numbers) <= first and max(numbers) >= last):
        return tag
    return set_attribute(tag, "spans", f"{min(*numbers, first)}:{max(*numbers, last)}")
