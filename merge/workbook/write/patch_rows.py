"""The rows of a worksheet with our cells in them; everything else passes through as it was written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.sheet.addresses import cell_address, column_letters
from merge.workbook.write.cell_xml import CellStyle, cell_xml, is_blank, is_too_long, shown_text, usual_style
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.fast_cells import CellPosition, Styled
from merge.workbook.write.sheet_info import Sheet
from merge.workbook.write.styles import StyleBook
from merge.workbook.xml.sheet_xml import CellFinder, RawCell, RawRow, style_of
from merge.workbook.xml.splice import Edit, apply, get_attribute, set_attribute


class RowPatcher:
    """Puts the cells of a plan into rows, one by one, however they are written."""

    def __init__(self, plan: Plan, sheet: Sheet, styles: StyleBook) -> None:
        self._plan = plan
        self._sheet = sheet
        self._styles = styles
        self._finder = CellFinder(sheet.prefix, plan.sheet.name)
        self._row_end = f"</{sheet.prefix}row>".encode()
        self._formula = f"<{sheet.prefix}f".encode()
        self._letters = {column: column_letters(column) for column in plan.columns.values()}
        self._anchors = {column: left_of(column, self._letters) for column in self._letters}
        self._fitted: dict[tuple[CellStyle, int, int], int] = {}
        self._too_long: set[tuple[int, int]] = set()

    @property
    def cut(self) -> list[str]:
        """Addresses of the cells whose text was too long for Excel."""
        return [f"{self._letters[column]}{row}" for row, column in sorted(self._too_long)]

    def patched(self, rows: Iterable[RawRow], asked: Iterable[int]) -> Iterator[bytes]:
        """The rows as they are to be written, and those that were not there between and behind them.

        Args:
            rows: as they are
            asked: numbers of the rows to write into, none that lies before the first of `rows` and was
                there already
        """
        coming = iter(asked)
        following = next(coming, None)
        for row in rows:
            while following is not None and following < row.number:
                yield self.new_row(following)
                following = next(coming, None)
            if following == row.number:
                yield self._patched(row)
                following = next(coming, None)
            else:
                yield row.gap + row.tag
                yield row.inner + self._row_end if row.inner is not None else b""
        if following is not None:
            yield self.new_row(following)
        yield from map(self.new_row, coming)

    def new_row(self, number: int) -> bytes:
        """A row that was not there; b"" where it would hold nothing."""
        cells = self._new_cells(number, self._plan.cells(number), 0)
        return f'<{self._sheet.prefix}row r="{number}">'.encode() + cells + self._row_end if cells else b""

    def usual_style(self, row_tag: bytes, neighbour: bytes) -> int:
        """The format of new cells below the header: the row's own, or that of the neighbour if it is plain.

        Args:
            row_tag: the row's start tag
            neighbour: start tag of the cell at the left of ours; b"" where there is none
        """
        if b"customFormat" in row_tag and get_attribute(row_tag, "customFormat") in {"1", "true"}:
            return style_of(row_tag)
        style = style_of(neighbour)
        return style if self._styles.is_plain(style) else 0

    def fitting(self, look: CellStyle, column: int, place: CellPosition) -> int:
        """The cell's own format where it has one that suits the value, else one like the usual."""
        key = self._wanted(look, column, place)
        known = self._fitted.get(key)
        if known is None:
            fitting = self._styles.fitting(key[1], look)
            known = place.usual if look is CellStyle.PLAIN and fitting == 0 else fitting
            self._fitted[key] = known
        return known

    def known_fitting(self, look: CellStyle, column: int, place: CellPosition) -> int:
        """The same, but formats are not added: that is done row by row, so that they keep their order.

        Raises:
            KeyError: it would have to be added.
        """
        if look is CellStyle.PLAIN:
            return self.fitting(look, column, place)
        return self._fitted[self._wanted(look, column, place)]

    def cell(self, row: int, column: int, value: ResultValue, place: CellPosition, styled: Styled) -> bytes:
        """The cell with this value, whatever it is; b"" where there is none.

        Raises:
            KeyError: `styled` does.
        """
        ref = f"{self._letters[column]}{row}"
        if is_blank(value):
            # A cleared cell keeps its format; where there was no cell, there is none afterwards.
            return (
                b""
                if place.old is None
                else cell_xml(ref, place.old, None, self._sheet.prefix, date1904=False).encode()
            )
        value = self._sheet.stored(ref, value)
        style = place.usual
        if row != self._plan.header_row:
            style = styled(usual_style(value, date1904=self._sheet.date1904), column, place)
        if isinstance(value, str | Link) and is_too_long(shown_text(value)):
            self._too_long.add((row, column))
        return cell_xml(ref, style, value, self._sheet.prefix, date1904=self._sheet.date1904).encode()

    def _wanted(self, look: CellStyle, column: int, place: CellPosition) -> tuple[CellStyle, int, int]:
        new = place.usual or self._sheet.column_styles.get(column, 0)
        return look, new if place.old is None else place.old, place.usual

    def _new_cells(self, row: int, targets: list[tuple[int, ResultValue]], style: int) -> bytes:
        place = CellPosition(None, style)
        return b"".join([self.cell(row, *target, place, self.fitting) for target in targets])

    def _patched(self, row: RawRow) -> bytes:
        targets = self._plan.cells(row.number)
        inner = self._merged(row, targets)
        if not inner and row.inner is None:
            return row.gap + row.tag
        tag = _numbered(row.tag[:-2].rstrip() + b">" if row.inner is None else row.tag, row.number)
        tag = spanning(tag, targets[0][0], targets[-1][0])
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
        """The format of new cells."""
        if row.number == self._plan.header_row:
            return self._sheet.header_style
        return self.usual_style(row.tag, self._neighbour(kept, cells, self._anchors[first]))

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
        if old is not None and self._formula in old.body:
            raise WorkbookError(
                "a formula stands where a result is to be written",
                place=cell_address(self._plan.sheet.name, row, column),
                hint="Delete the formula, rename its column, or choose other names (--column-prefix).",
            )
        place = CellPosition(None if old is None else style_of(old.tag), style)
        return self.cell(row, column, value, place, self.fitting)


def _numbered(tag: bytes, number: int) -> bytes:
    return tag if b' r="' in tag or get_attribute(tag, "r") else set_attribute(tag, "r", str(number))


def spanning(tag: bytes, first: int, last: int) -> bytes:
    """Widens `spans`, a hint of the columns in use, where the row has one."""
    spans = get_attribute(tag, "spans") if b"spans" in tag else None
    numbers = [int(part) for part in (spans or "").replace(":", " ").split() if part.isdecimal()]
    if not numbers or (min(numbers) <= first and max(numbers) >= last):
        return tag
    return set_attribute(tag, "spans", f"{min(*numbers, first)}:{max(*numbers, last)}")


def left_of(column: int, ours: Container[int]) -> int:
    """The nearest column at the left that is not one of ours."""
    while column in ours:
        column -= 1
    return column
