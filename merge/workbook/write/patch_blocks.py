"""Rows patched many at once, where they are written in the usual way; the others are patched one by one.

The outcome is the same to the byte. Formats are added row by row alone, so that they keep their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from merge.model import ResultValue
from merge.sheet.addresses import column_letters
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.fast_cells import CellPosition, ManyCells
from merge.workbook.write.patch_rows import RowPatcher, spanning
from merge.workbook.write.requested_cells import AskedRows, by_column
from merge.workbook.write.row_layout import Layout, Layouts
from merge.workbook.write.sheet_info import Sheet
from merge.workbook.xml.sheet_xml import PlainRows, SheetXml

_FIRST_STEP = 16
"""Rows that are patched one by one before the rest of a block is tried again; then eight times as many."""


class BlockPatcher:
    """Puts the cells of a plan into a sheet, block by block.

    Args:
        source: the sheet, read as far as its rows
        plan: what goes where
        sheet: what is known of the sheet
        patcher: for the rows that are patched one by one
        quick: whether others may be patched at once
    """

    def __init__(
        self, source: SheetXml, plan: Plan, sheet: Sheet, patcher: RowPatcher, *, quick: bool
    ) -> None:
        self._source = source
        self._plan = plan
        self._patcher = patcher
        self._quick = quick and bool(plan.columns)
        self._columns = tuple(plan.columns.values())
        letters = {column: column_letters(column) for column in self._columns}
        self._cells = ManyCells(sheet, letters, patcher.known_fitting, self._exactly)
        self._layouts = Layouts(self._columns, sheet.prefix, patcher.usual_style)
        self._wider: dict[bytes, bytes] = {}

    def rows(self) -> Iterator[bytes]:
        """The patched rows, in pieces."""
        asked, before = AskedRows(self._plan.row_numbers()), 0
        while block := self._source.block():
            last = self._source.last_number(block, before)
            yield from self._patched(block, before, asked.up_to(last))
            before = last
        yield from map(self._patcher.new_row, asked.rest())

    def _patched(self, block: bytes, before: int, asked: list[int]) -> Iterator[bytes]:
        if not asked:
            yield block
            return
        plain = self._source.plain(block, before) if self._quick else None
        if plain is None:
            yield b"".join(self._patcher.patched(self._source.rows_of(block, before), asked))
            return
        step = _FIRST_STEP
        while plain.pieces:
            try:
                yield self._at_once(plain, asked)
            except KeyError:
                # The first rows are patched by themselves, then all others are tried again.
                first, plain = plain.part(0, step), plain.part(step)
                last, step = first.numbers[-1], step * 8
                yield self._one_by_one(first, before, [it for it in asked if it <= last])
                before, asked = last, [it for it in asked if it > last]
            else:
                return

    def _one_by_one(self, plain: PlainRows, before: int, asked: list[int]) -> bytes:
        block = b"".join(chain.from_iterable(zip(plain.pieces, repeat(self._source.row_end), strict=False)))
        return b"".join(self._patcher.patched(self._source.rows_of(block, before), asked))

    def _at_once(self, plain: PlainRows, asked: list[int]) -> bytes:
        """The rows with what is asked for.

        Raises:
            KeyError: one of them is asked for that is not there, needs a format that there is not yet, or
                is not to be filled in all columns.
        """
        if asked == plain.numbers:
            at: Sequence[int] = range(len(asked))
            layouts = self._layouts.of_all(plain.pieces, plain.rests)
        else:
            places = dict(zip(plain.numbers, range(len(plain.numbers)), strict=True))
            at = [places[number] for number in asked]
            layouts = [self._layouts.of(plain.pieces[it], plain.rests[it]) for it in at]
        if asked[:1] == [self._plan.header_row]:
            layouts[0] = None
        usual = [(it, layout) for it, layout in zip(at, layouts, strict=True) if layout is not None]
        if len(usual) == len(plain.pieces):
            return b"".join(self._filled(plain, [layout for _, layout in usual]))
        chosen = plain.at([it for it, _ in usual])
        filled = self._filled(chosen, [layout for _, layout in usual]) if usual else []
        whole = [piece + self._source.row_end for piece in plain.pieces]
        for (it, _), row in zip(usual, filled, strict=True):
            whole[it] = row
        for it, layout in zip(at, layouts, strict=True):
            if layout is None:
                number = plain.numbers[it]
                rows = self._source.rows_of(whole[it], number - 1)
                whole[it] = b"".join(self._patcher.patched(rows, [number]))
        return b"".join(whole)

    def _filled(self, rows: PlainRows, layouts: list[Layout]) -> list[bytes]:
        """Whole rows, of these layouts."""
        values = by_column(self._plan.asked.rows, rows.numbers, self._plan.columns)
        alike = layouts.count(layouts[0]) == len(layouts)
        cells = [
            self._cells.column(column, rows.numbers, asked, _places(layouts, index, alike=alike))
            for index, (column, asked) in enumerate(zip(self._columns, values, strict=True))
        ]
        end = self._source.row_end
        heads: Iterable[bytes] = rows.pieces
        tails: Iterable[bytes] = repeat(end)
        if not alike or layouts[0].start is not None:
            pairs = [*zip(rows.pieces, layouts, strict=True)]
            heads = [piece[: layout.start] for piece, layout in pairs]
            tails = [end if layout.end is None else piece[layout.end :] + end for piece, layout in pairs]
        if any(set(rows.spans)):
            heads = map(self._head, heads, rows.spans)
        return [*map(b"".join, zip(heads, *cells, tails, strict=False))]

    def _head(self, head: bytes, span: bytes) -> bytes:
        """A row up to our cells, its hint of the columns in use widened where it has one."""
        if not span:
            return head
        wider = self._wider.get(span)
        if wider is None:
            tag = spanning(b"<row%b>" % span, self._columns[0], self._columns[-1])
            wider = self._wider[span] = tag.removeprefix(b"<row").removesuffix(b">")
        return head.replace(span, wider, 1)

    def _exactly(self, row: int, column: int, value: ResultValue, place: CellPosition) -> bytes:
        return self._patcher.cell(row, column, value, place, self._patcher.known_fitting)


def _places(layouts: Sequence[Layout], index: int, *, alike: bool) -> list[CellPosition]:
    """The places of one column."""
    return [layouts[0].places[index]] * len(layouts) if alike else [it.places[index] for it in layouts]
