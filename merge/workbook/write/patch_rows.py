"""Write our cells into the rows of a worksheet; everything else passes through byte for byte.

A few hundred rows are handled at a time: first `_places` finds where our cells go in each row, then `_filled`
makes the cells column by column and joins everything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice, repeat
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.sheet.addresses import LAST_ROW, cell_address, column_letters, column_number
from merge.workbook.write.cell_xml import BLANK, LONGEST_TEXT, CellStyle, CellWriter, is_too_long
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.styles import Stylesheet
from merge.workbook.xml.parse import SAVE_AGAIN
from merge.workbook.xml.sheet_xml import AdjacentCells, CellFinder, RawCell, RawRow, SheetXml, style_of
from merge.workbook.xml.splice import Edit, apply, get_attribute, set_attribute

_NO_MORE_ROWS = LAST_ROW + 1
_AT_ONCE = 1024
"""Rows below the sheet's last one that are made at once."""
_UNKNOWN = (b"", 0)
_REMEMBERED = 4_096
"""Kinds of rows; a sheet has a few dozen."""


class _Place(NamedTuple):
    """Where our cells go in a row.

    Attributes:
        number: the row's number
        head: the row's bytes before our cells
        rest: its bytes after each of our cells, b"" between adjacent ones
        old: format of each existing cell, None where there is none; empty if there are none at all
        style: format of new cells
        values: what to write, if that is known already
        if_empty: what replaces the row if it gets no cells; None to keep it
    """

    number: int
    head: bytes
    rest: tuple[bytes, ...]
    old: Sequence[int | None]
    style: int
    values: Mapping[str, ResultValue] | None = None
    if_empty: bytes | None = None


class RowPatcher:
    """Writes a plan's cells into the rows of its sheet, from top to bottom.

    Args:
        plan: what goes where
        writer: makes the cells
        styles: the workbook's cell formats, to which those that are missing are appended
        header_style: format of new headers
        column_styles: format of whole columns, by column
        narrow: columns in which a time with its zone has no room
    """

    def __init__(
        self,
        plan: Plan,
        writer: CellWriter,
        styles: Stylesheet,
        header_style: int,
        column_styles: Mapping[int, int],
        narrow: Collection[int],
    ) -> None:
        self._plan = plan
        self._narrow = narrow
        self._writer = writer
        self._stylesheet = styles
        self._styles = _StyleAttributes(styles, column_styles)
        self._header_style = header_style
        self._columns = tuple(plan.columns.values())
        self._left = self._columns[0] - 1 if self._columns else 0
        self._wrapped = {plan.columns[header] for header in plan.wrapped if header in plan.columns}
        self._letters = {column: column_letters(column) for column in self._columns}
        self._prefix = writer.prefix.encode()
        self._finder = CellFinder(writer.prefix, plan.sheet.name)
        self._adjacent = AdjacentCells(writer.prefix, [*self._letters.values()])
        p = re.escape(self._prefix)
        self._row_tag = re.compile(rb"\s*<%brow r=\"(\d{1,7})\"([^<>]*)>" % p).match
        self._cell_tag = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d{1,7}\"([^<>]*)>" % p).match
        self._cell_start = b"<%bc" % self._prefix
        self._row_start = b"<%brow" % self._prefix
        self._row_end = b"</%brow>" % self._prefix
        self._only_the_end = (*[b""] * (len(self._columns) - 1), self._row_end)
        self._formula = b"<%bf" % self._prefix
        self._appended: dict[tuple[bytes, ...], tuple[bytes, int] | None] = {}
        self._written_styles = _WrittenStyles({None: None, b"": 0})
        self._cut: list[tuple[int, int]] = []
        self.digests: dict[int, bytes] = {}
        """Digest of our cells in each stretch of rows, by the number of its last row."""

    @property
    def cut(self) -> list[str]:
        """Addresses of the cells whose text was too long for Excel."""
        return [f"{self._letters[column]}{row}" for row, column in sorted(self._cut)]

    def rows(self, sheet: SheetXml) -> Iterator[bytes]:
        """Yield the sheet's rows with our cells, in pieces.

        Raises:
            WorkbookError: rows are out of order, or there is a formula in one of our cells.
        """
        numbers = self._plan.row_numbers()
        wanted = next(numbers, _NO_MORE_ROWS)
        last = 0
        while block := sheet.block():
            before, last = last, sheet.last_number(block, last)
            here: list[int] = []
            while wanted <= last:
                here.append(wanted)
                wanted = next(numbers, _NO_MORE_ROWS)
            if not here:
                yield block
                continue
            rows, places = self._places(sheet, block, before, here)
            for index, row in zip(places, self._filled(last, list(places.values())), strict=True):
                rows[index] = row
            yield b"".join(rows)
        while wanted < _NO_MORE_ROWS:
            here = [wanted, *islice(numbers, _AT_ONCE)]
            wanted = next(numbers, _NO_MORE_ROWS)
            yield b"".join(self._filled(here[-1], [self._new_row(number) for number in here]))

    def _places(
        self, sheet: SheetXml, block: bytes, last: int, here: list[int]
    ) -> tuple[list[bytes], dict[int, _Place]]:
        """Split a block into rows and find where our cells go.

        Args:
            sheet: the sheet
            block: whole rows
            last: number of the row before them
            here: rows to write into, none of them after the block

        Returns:
            The rows, and by index in these the place in each row to write into.
        """
        rows: list[bytes] = []
        places: dict[int, _Place] = {}
        coming = iter(here)
        wanted = next(coming)
        pieces = block.split(self._row_end)
        is_plain = not pieces.pop() and block.count(self._row_start) == len(pieces)
        for piece in pieces if is_plain else [block]:
            found = self._row_tag(piece) if is_plain else None
            number = int(found[1]) if found else 0
            if last < number < wanted:
                last = number
                rows.append(piece + self._row_end)
            elif (
                found
                and last < number == wanted <= LAST_ROW
                and (place := self._at_the_end(piece, number, found) or self._replacing(piece, number, found))
            ):
                last, wanted = number, next(coming, _NO_MORE_ROWS)
                places[len(rows)] = place
                rows.append(piece)
            else:
                for row in sheet.rows_of(piece + self._row_end if is_plain else block, last):
                    last = row.number
                    while wanted < last:
                        places[len(rows)] = self._new_row(wanted)
                        rows.append(b"")
                        wanted = next(coming, _NO_MORE_ROWS)
                    if wanted == last:
                        places[len(rows)] = self._place(row)
                        wanted = next(coming, _NO_MORE_ROWS)
                    rows.append(sheet.written(row))
        return rows, places

    def _at_the_end(self, piece: bytes, number: int, row: re.Match[bytes]) -> _Place | None:
        """Return the place after a row's last cell; None if it isn't clear that all of our cells go there.

        It only depends on the attributes of the row and of its last cell, so it is cached by these.
        """
        cell = self._cell_tag(piece, piece.rfind(self._cell_start))
        if cell is None or number == self._plan.header_row:
            return None
        known = self._append_to_known(row[2], cell[1], cell[2])
        if known is None:
            return None
        attributes, style = known
        if attributes != row[2]:
            piece = piece[: row.start(2)] + attributes + piece[row.end(2) :]
        return _Place(number, piece, self._only_the_end, (), style)

    def _replacing(self, piece: bytes, number: int, row: re.Match[bytes]) -> _Place | None:
        """Return the place of our cells in a row that has some, next to each other and all of them wanted.

        None if it isn't clear that nothing of ours is elsewhere in the row.
        """
        found = self._adjacent.find(piece, row.end())
        if found is None or number == self._plan.header_row:
            return None
        start, end = found.span()
        left = self._cell_tag(piece, piece.rfind(self._cell_start, row.end(), start))
        right = self._cell_tag(piece, end)
        values = self._plan.values(number)
        if left is None or (right is None and end < len(piece)) or len(values) < len(self._columns):
            return None
        known = self._append_to_known(row[2], left[1], left[2])
        if known is None or (right and column_number(right[1].decode()) <= self._columns[-1]):
            return None
        attributes, style = known
        head = piece[: row.start(2)] + attributes + piece[row.end(2) : start]
        rest = (*self._only_the_end[:-1], piece[end:] + self._row_end)
        old = [*map(self._written_styles.__getitem__, found.groups())]
        return _Place(number, head, rest, old, style, values)

    def _append_to_known(self, *key: bytes) -> tuple[bytes, int] | None:
        """Return `_append_to` of a row's attributes and its last cell, which few kinds of rows differ in."""
        known = self._appended.get(key, _UNKNOWN)
        if known is _UNKNOWN:
            if len(self._appended) == _REMEMBERED:
                self._appended.clear()
            known = self._appended[key] = self._append_to(*key)
        return known

    def _append_to(self, row: bytes, letters: bytes, cell: bytes) -> tuple[bytes, int] | None:
        """Return a row's attributes with our cells at its end, and their format.

        Args:
            row: the row's attributes
            letters: the column of its last cell
            cell: that cell's attributes
        """
        try:
            column = column_number(letters.decode())
        except ValueError:
            return None
        if column > self._left or row.endswith(b"/"):
            return None
        row_tag = b"<row%b>" % row
        style = self._style_of_new_cells(0, row_tag, b"<c%b>" % cell if column == self._left else b"")
        return self._spanning(row_tag)[len(b"<row") : -1], style

    def _new_row(self, number: int) -> _Place:
        tag = b'<%brow r="%d">' % (self._prefix, number)
        return _Place(number, tag, self._only_the_end, (), 0, if_empty=b"")

    def _place(self, row: RawRow) -> _Place:
        """Find where our cells go in a row, however it is written."""
        inner = row.inner or b""
        position = self._start_of_ours(inner)
        before, inner = inner[:position], inner[position:]
        if position == 0:
            inner = apply(inner, self._missing_addresses(row.number, self._finder.all(inner)))
        cells = self._finder.all(inner)
        requested = {column for column, _ in self._plan.cells(row.number)}
        old = {cell.column: cell for cell in reversed(cells) if cell.column in requested}
        around: list[bytes] = []
        done = 0
        for column in self._columns:
            start = end = done
            if column in old:
                self._refuse_formula(row.number, old[column])
                start, end = old[column].start, old[column].end
            elif column in requested:
                start = end = max((cell.end for cell in cells if cell.column < column), default=0)
            if start < done:
                raise WorkbookError(
                    f"the cells of row {row.number} are out of order",
                    place=self._plan.sheet.name,
                    hint=SAVE_AGAIN,
                )
            around.append(inner[done:start])
            done = end
        around.append(inner[done:] + self._row_end)
        left = next((cell.tag for cell in cells if cell.column == self._left), b"")
        style = self._style_of_new_cells(row.number, row.tag, left)
        if_empty = row.gap + row.tag if row.inner is None else None
        head = self._start_of(row) + before + around[0]
        styles = [style_of(old[it].tag) if it in old else None for it in self._columns] if old else ()
        return _Place(row.number, head, tuple(around[1:]), styles, style, if_empty=if_empty)

    def _start_of_ours(self, inner: bytes) -> int:
        """Return where a row's cells from the one to the left of ours on begin; 0 if one has no address."""
        start = position = len(inner)
        while found := self._finder.last_before(inner, start):
            start, column, _ = found
            if column is None:
                return 0
            if column < self._left:
                break
            position = start
        return position

    def _start_of(self, row: RawRow) -> bytes:
        """Return a row's start tag, opened, numbered and spanning our columns."""
        tag = row.tag if row.inner is not None else row.tag[:-2].rstrip() + b">"
        if b' r="' not in tag and get_attribute(tag, "r") is None:
            tag = set_attribute(tag, "r", str(row.number))
        return row.gap + self._spanning(tag)

    def _refuse_formula(self, row: int, cell: RawCell) -> None:
        if self._formula in cell.body:
            raise WorkbookError(
                "there's a formula where a result would go",
                place=cell_address(self._plan.sheet.name, row, cell.column),
                hint="Delete the formula, rename its column, or use other names for the results "
                "with --column-prefix",
            )

    def _missing_addresses(self, row: int, cells: list[RawCell]) -> Iterator[Edit]:
        """Add addresses to cells without one, because ours come next to them."""
        for cell in cells:
            if b' r="' not in cell.tag and self._finder.column(cell.tag) is None:
                tag = set_attribute(cell.tag, "r", f"{column_letters(cell.column)}{row}")
                yield Edit(cell.start, cell.start + len(cell.tag), tag)

    def _style_of_new_cells(self, row: int, tag: bytes, left: bytes) -> int:
        """Return the row's own format, or else that of the cell to the left of ours if it is plain.

        Args:
            row: number of the row
            tag: its start tag
            left: start tag of the cell to the left of ours; b"" if there is none
        """
        if row == self._plan.header_row:
            return self._header_style
        if b"customFormat" in tag and get_attribute(tag, "customFormat") in {"1", "true"}:
            return style_of(tag)
        style = style_of(left)
        return style if self._stylesheet.is_plain(style) else 0

    def _spanning(self, tag: bytes) -> bytes:
        """Widen a row's `spans`, a hint about the columns in use, if it has one."""
        spans = get_attribute(tag, "spans") if b"spans" in tag else None
        numbers = [int(part) for part in (spans or "").replace(":", " ").split() if part.isdecimal()]
        first, last = self._columns[0], self._columns[-1]
        if not numbers or (min(numbers) <= first and max(numbers) >= last):
            return tag
        return set_attribute(tag, "spans", f"{min(*numbers, first)}:{max(*numbers, last)}")

    def _filled(self, last: int, places: list[_Place]) -> list[bytes]:
        """Return the rows with our cells.

        Args:
            last: number of the last row of this stretch
            places: where our cells go
        """
        numbers = [place.number for place in places]
        values = [self._plan.values(it.number) if it.values is None else it.values for it in places]
        new_styles = [place.style for place in places]
        columns: list[list[bytes]] = []
        parts: list[Sequence[bytes]] = [[place.head for place in places]]
        for index, (header, column) in enumerate(self._plan.columns.items()):
            old_styles: Iterable[int | None] = repeat(None)
            if any(place.old for place in places):
                old_styles = [place.old[index] if place.old else None for place in places]
            asked = [row.get(header) for row in values]
            columns.append(self._cells(column, numbers, asked, old_styles, new_styles))
            rest = [place.rest[index] for place in places]
            parts += [columns[-1], rest] if any(rest) else [columns[-1]]
        cells = [*map(b"".join, zip(*columns, strict=True))]
        self.digests[last] = cells_digest(cells)
        return [
            place.if_empty if place.if_empty is not None and not made else row
            for row, place, made in zip(map(b"".join, zip(*parts, strict=True)), places, cells, strict=True)
        ]

    def _cells(
        self,
        column: int,
        numbers: list[int],
        values: list[ResultValue],
        old_styles: Iterable[int | None],
        new_styles: Iterable[int],
    ) -> list[bytes]:
        """Return our cells in one column, b"" where there is none.

        Args:
            column: its number
            numbers: of the rows
            values: a value for each row
            old_styles: format of the cell that is there now, for each row; None if there is none
            new_styles: format of a new cell, for each row
        """
        letters = self._letters[column]
        kinds, contents = self._writer.contents(letters, numbers, values)
        if numbers[0] == self._plan.header_row:
            kinds[0] = CellStyle.HEADER if contents[0] != BLANK else CellStyle.BLANK
        if max(map(len, contents)) > LONGEST_TEXT // 2:
            texts = (self._writer.text(f"{letters}{n}", it) for n, it in zip(numbers, values, strict=True))
            self._cut += [(n, column) for n, text in zip(numbers, texts, strict=True) if is_too_long(text)]
        if column in self._wrapped:
            kinds = [CellStyle.WRAPPED if kind is CellStyle.PLAIN else kind for kind in kinds]
        if column in self._narrow:
            kinds = [CellStyle.DATE if kind is CellStyle.UTC else kind for kind in kinds]
        keys = zip(kinds, repeat(column), old_styles, new_styles, strict=False)
        start = b'<%bc r="%b' % (self._prefix, letters.encode())
        return [
            b'%b%d"%b%b' % (start, number, style, content) if style is not None else b""
            for number, style, content in zip(
                numbers, map(self._styles.__getitem__, keys), contents, strict=True
            )
        ]


class _WrittenStyles(dict[bytes | None, int | None]):
    """The formats by the `s` attribute of cells; None for no cell."""

    def __missing__(self, written: bytes) -> int:
        self[written] = style = style_of(written)
        return style


class _StyleAttributes(dict[tuple[CellStyle, int, int | None, int], bytes | None]):
    """The `s` attribute of our cells by kind of value, column, old format (None if no cell), new format.

    It is None if there is to be no cell: none is made in order to be blank.
    """

    def __init__(self, stylesheet: Stylesheet, column_styles: Mapping[int, int]) -> None:
        super().__init__()
        self._stylesheet = stylesheet
        self._column_styles = column_styles

    def __missing__(self, key: tuple[CellStyle, int, int | None, int]) -> bytes | None:
        style = self._style(*key)
        self[key] = None if style is None else b' s="%d"' % style if style else b""
        return self[key]

    def _style(self, kind: CellStyle, column: int, old: int | None, new: int) -> int | None:
        """Return the cell's own format if it suits the kind of value, else one like that of new cells."""
        if kind is CellStyle.BLANK:
            return old
        if kind is CellStyle.HEADER:
            return new
        if kind is CellStyle.WRAPPED and old is not None:
            kind = CellStyle.PLAIN  # how the user has formatted it
        base = old if old is not None else new or self._column_styles.get(column, 0)
        fitting = self._stylesheet.fitting(base, kind)
        return new if kind is CellStyle.PLAIN and fitting == 0 else fitting


def cells_digest(rows: list[bytes]) -> bytes:
    """Return a digest of our cells in some rows, of which each has an entry."""
    return blake2b(b"\0".join(rows), digest_size=16).digest()
