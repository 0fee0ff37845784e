"""Write our cells into the rows of a worksheet; everything else passes through byte for byte.

A few hundred rows are handled at a time, and our cells in them are made column by column. Where rows are as
Excel and castmerge write them, `_usual` takes them apart all at once; of others, `_places` looks at each one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain, compress, islice, repeat
from operator import lt
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.sheet.addresses import LAST_ROW, cell_address, column_letters, column_number
from merge.workbook.write.cell_xml import BLANK, LONGEST_TEXT, CellStyle, CellWriter, is_too_long
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.hyperlinks import SheetLinks
from merge.workbook.write.sheet_frame import ColumnFormats
from merge.workbook.write.styles import Stylesheet
from merge.workbook.xml.parse import SAVE_AGAIN
from merge.workbook.xml.sheet_xml import CellFinder, RawCell, RawRow, SheetXml, runs_of_cells, style_of
from merge.workbook.xml.splice import Edit, apply, get_attribute, set_attribute

_NO_MORE_ROWS = LAST_ROW + 1
_AT_ONCE = 1024
"""Rows below the sheet's last one that are made at once."""
_LONGEST_TAG = 64
"""Bytes of a usual cell's start tag."""
_REMEMBERED = 4_096
"""Kinds of rows; a sheet has a few dozen."""


class _Place(NamedTuple):
    """Where our cells go in a row.

    Attributes:
        number: the row's number
        head: the row's bytes before our cells
        rest: its bytes after each of our cells, b"" between adjacent ones
        old: format of each existing cell, None where there's none; empty if there are none at all
        style: format of new cells
        if_empty: what replaces the row if it gets no cells; None to keep it
    """

    number: int
    head: bytes
    rest: tuple[bytes, ...]
    old: Sequence[int | None]
    style: int
    if_empty: bytes | None = None


class RowPatcher:
    """Writes a plan's cells into the rows of its sheet, from top to bottom.

    Args:
        plan: what goes where
        writer: makes the cells
        links: the sheet's hyperlinks, which take in those of our cells
        styles: the workbook's cell formats, to which those that are missing are appended
        formats: of our columns before the write
    """

    def __init__(
        self,
        plan: Plan,
        writer: CellWriter,
        links: SheetLinks,
        styles: Stylesheet,
        formats: ColumnFormats,
    ) -> None:
        self._plan = plan
        self._narrow = formats.narrow
        self._writer = writer
        self._links = links
        self._stylesheet = styles
        self._styles = _StyleAttributes(styles, formats.whole)
        self._header_style = formats.header
        self._columns = tuple(plan.columns.values())
        self._left = self._columns[0] - 1 if self._columns else 0
        self._wrapped = {plan.columns[header] for header in plan.wrapped if header in plan.columns}
        self._letters = {column: column_letters(column) for column in self._columns}
        self._prefix = writer.prefix.encode()
        self._finder = CellFinder(writer.prefix, plan.sheet.name)
        p, letters = re.escape(self._prefix), [*self._letters.values()]
        self._is_adjacent = not self._columns or self._columns[-1] - self._left == len(self._columns)
        self._runs = re.compile(b"(%b)" % runs_of_cells(writer.prefix, letters))
        self._one_of_ours = re.compile(rb"<%bc r=\"(?:%b)\d" % (p, "|".join(letters).encode() or b"-")).search
        self._cells_in = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d{1,7}\"(?: s=\"(\d{1,9})\")?" % p).findall
        self._last_cells = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d{1,7}\"([^<>\0]*)>" % p).findall
        self._row_tags = re.compile(rb"<%brow r=\"(\d{1,7})\"([^<>]*)>" % p).findall
        self._spans = re.compile(rb"(<%brow r=\"\d{1,7}\"[^<>]*? spans=\")([\d:]*)(?=\")" % p)
        self._cell_start = b"<%bc" % self._prefix
        self._row_start = b"<%brow" % self._prefix
        self._row_end = b"</%brow>" % self._prefix
        self._only_the_end = (*[b""] * (len(self._columns) - 1), self._row_end)
        self._formula = b"<%bf" % self._prefix
        self._styles_behind = _StylesBehind(self._style_behind)
        self._styles_there = _StylesThere([it.encode() for it in letters])
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
            written = self._usual(block, before, here, last)
            if written is None:
                rows, places = self._places(sheet, block, before, here)
                for index, row in zip(places, self._filled(last, list(places.values())), strict=True):
                    rows[index] = row
                written = b"".join(rows)
            yield written
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
        for row in sheet.rows_of(block, last):
            while wanted < row.number:
                places[len(rows)] = self._new_row(wanted)
                rows.append(b"")
                wanted = next(coming, _NO_MORE_ROWS)
            if wanted == row.number:
                places[len(rows)] = self._place(row)
                wanted = next(coming, _NO_MORE_ROWS)
            rows.append(sheet.written(row))
        return rows, places

    def _usual(self, block: bytes, before: int, here: list[int], last: int) -> bytes | None:
        """Write into rows whose cells are behind all others, or in the place of adjacent ones.

        Args:
            block: whole rows
            before: number of the row before them
            here: rows to write into
            last: number of the last row

        Returns:
            The rows; None if one of them is written in an unusual way, or isn't there.
        """
        tags = self._row_tags(block)
        numbers = [int(number) for number, _ in tags]
        count, ends = block.count(self._row_start), block.count(self._row_end)
        is_usual = len(tags) == count == ends and block.endswith(self._row_end)
        if not is_usual or here[0] == self._plan.header_row:
            return None
        if numbers == here:
            return self._usual_rows(self._all_spanning(block), tags, here, last)
        wanted = frozenset(here)
        chosen = [place for place, number in enumerate(numbers) if number in wanted]
        if len(chosen) < len(here) or not all(map(lt, [before, *numbers], numbers)):
            return None
        rows = block.split(self._row_end)
        text = self._row_end.join([*map(rows.__getitem__, chosen), b""])
        written = self._usual_rows(self._all_spanning(text), [*map(tags.__getitem__, chosen)], here, last)
        if written is None:
            return None
        for place, row in zip(chosen, written.split(self._row_end), strict=False):
            rows[place] = row
        return self._row_end.join(rows)

    def _usual_rows(
        self, block: bytes, tags: list[tuple[bytes, bytes]], numbers: list[int], last: int
    ) -> bytes | None:
        """Write into rows that all get cells.

        Args:
            block: the rows, with wide spans
            tags: the number of each as text, and its attributes
            numbers: their numbers
            last: number of the last row of this stretch
        """
        values = [*map(self._plan.values, numbers)]
        olds: Sequence[Sequence[int | None]] | None = None
        parts = block.split(self._row_end)
        if self._one_of_ours(block):
            parts = self._runs.split(block)
            if not self._are_replaced(parts, values):
                return None
            there = [self._styles_there[(*self._cells_in(run),)] for run in parts[1::2]]
            olds = [*zip(*there, strict=True)]
        heads = parts[:-1] if olds is None else parts[:-1:2]
        start = self._cell_start
        ends = b"\0".join([row[(at := row.rfind(start)) : at + _LONGEST_TAG] for row in heads])
        cells_before = zip(tags, self._last_cells(ends), strict=False)
        styles = [self._styles_behind[row, *cell] for (_, row), cell in cells_before]
        known = [style for style in styles if style is not None]
        if len(known) < len(heads):
            return None
        columns = self._columns_of_cells(last, numbers, values, olds, known)
        cells = map(b"".join, zip(*columns, strict=True))
        if olds is None:
            return b"".join(chain.from_iterable(zip(heads, cells, repeat(self._row_end))))
        parts[1::2] = cells
        return b"".join(parts)

    def _are_replaced(self, parts: list[bytes], values: list[Mapping[str, ResultValue]]) -> bool:
        """Whether our cells are next to each other in each row, and all of them are written.

        Args:
            parts: our cells at odd places, what is around them at even ones
            values: what to write into each row
        """
        around = parts[::2]
        return (
            self._is_adjacent
            and len(around) == len(values) + 1
            and all(self._row_start in text for text in around[:-1])
            and all(text.startswith(self._row_end) or self._is_beyond(text) for text in around[1:])
            and all(len(row) == len(self._columns) for row in values)
        )

    def _is_beyond(self, cells: bytes) -> bool:
        """Whether cells begin with one to the right of ours."""
        found = self._cells_in(cells[:_LONGEST_TAG])
        return bool(found) and column_number(found[0][0].decode()) > self._columns[-1]

    def _style_behind(self, row: bytes, letters: bytes, cell: bytes) -> int | None:
        """Return the format of our cells behind others; None if they can't be there.

        Args:
            row: the row's attributes
            letters: the column of its last cell before ours
            cell: that cell's attributes
        """
        column = column_number(letters.decode())
        if column > self._left or row.endswith(b"/"):
            return None
        return self._style_of_new_cells(0, b"<row%b>" % row, b"<c%b>" % cell if column == self._left else b"")

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
            left: start tag of the cell to the left of ours; b"" if there's none
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

    def _all_spanning(self, rows: bytes) -> bytes:
        """Widen the `spans` of rows."""
        if b" spans=" not in rows:
            return rows
        wide = {it: self._spanning(b'<row spans="%b">' % it)[12:-2] for _, it in self._spans.findall(rows)}
        if all(old == new for old, new in wide.items()):
            return rows
        return self._spans.sub(lambda found: found[1] + wide[found[2]], rows)

    def _filled(self, last: int, places: list[_Place]) -> list[bytes]:
        """Return the rows with our cells.

        Args:
            last: number of the last row of this stretch
            places: where our cells go
        """
        olds = None
        if any(place.old for place in places):
            none = (None,) * len(self._columns)
            olds = [*zip(*(place.old or none for place in places), strict=True)]
        numbers = [place.number for place in places]
        values = [*map(self._plan.values, numbers)]
        columns = self._columns_of_cells(last, numbers, values, olds, [place.style for place in places])
        parts: list[Sequence[bytes]] = [[place.head for place in places]]
        for index, column in enumerate(columns):
            parts += [column, [place.rest[index] for place in places]]
        return [
            place.if_empty if place.if_empty is not None and not any(made) else row
            for row, place, made in zip(
                map(b"".join, zip(*parts, strict=True)), places, zip(*columns, strict=True), strict=True
            )
        ]

    def _columns_of_cells(
        self,
        last: int,
        numbers: list[int],
        values: list[Mapping[str, ResultValue]],
        olds: Sequence[Sequence[int | None]] | None,
        styles: Sequence[int],
    ) -> list[list[bytes]]:
        """Return our cells, column by column.

        Args:
            last: number of the last row of this stretch
            numbers: of the rows
            values: what to write into each row
            olds: format of the cells that are there now, column by column; None if there are none at all
            styles: format of new cells, for each row
        """
        columns: list[list[bytes]] = []
        for index, (header, column) in enumerate(self._plan.columns.items()):
            old = repeat(None) if olds is None else olds[index]
            asked = [row.get(header) for row in values]
            self._link(header, numbers, values, asked)
            columns.append(self._cells(column, numbers, asked, old, styles))
        self.digests[last] = cells_digest([*map(b"".join, zip(*columns, strict=True))])
        return columns

    def _link(
        self,
        header: str,
        numbers: list[int],
        values: list[Mapping[str, ResultValue]],
        asked: list[ResultValue],
    ) -> None:
        """Link the cells of a column; those without a value, and its header, aren't written."""
        written = [header in row for row in values]
        if numbers[0] == self._plan.header_row:
            written[0] = False
        if not all(written):
            numbers, asked = [*compress(numbers, written)], [*compress(asked, written)]
        self._links.put(header, numbers, asked)

    def _cells(
        self,
        column: int,
        numbers: list[int],
        values: list[ResultValue],
        old_styles: Iterable[int | None],
        new_styles: Iterable[int],
    ) -> list[bytes]:
        """Return our cells in one column, b"" where there's none.

        Args:
            column: its number
            numbers: of the rows
            values: a value for each row
            old_styles: format of the cell that is there now, for each row; None if there's none
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
        styles = [*map(self._styles.__getitem__, keys)]
        if contents.count(contents[0]) == styles.count(styles[0]) == len(numbers):
            rest = b"" if styles[0] is None else b'"%b%b' % (styles[0], contents[0])
            return [b"%b%d%b" % (start, number, rest) for number in numbers] if rest else [b""] * len(numbers)
        return [
            b'%b%d"%b%b' % (start, number, style, content) if style is not None else b""
            for number, style, content in zip(numbers, styles, contents, strict=True)
        ]


class _StylesThere(dict[tuple[tuple[bytes, bytes], ...], Sequence[int | None]]):
    """The formats of our cells in a row by their columns and `s` attributes; None where there is no cell."""

    def __init__(self, letters: Sequence[bytes]) -> None:
        super().__init__()
        self._letters = letters

    def __missing__(self, cells: tuple[tuple[bytes, bytes], ...]) -> Sequence[int | None]:
        there = dict(cells)
        styles = tuple(int(there[it] or 0) if it in there else None for it in self._letters)
        if len(self) < _REMEMBERED:
            self[cells] = styles
        return styles


class _StylesBehind(dict[tuple[bytes, bytes, bytes], int | None]):
    """The format of our cells behind others, by what it depends on: few kinds of rows differ in it."""

    def __init__(self, make: Callable[[bytes, bytes, bytes], int | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: tuple[bytes, bytes, bytes]) -> int | None:
        style = self._make(*key)
        if len(self) < _REMEMBERED:
            self[key] = style
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
    """Return a digest of our cells in some rows; each row has an entry."""
    return blake2b(b"\0".join(rows), digest_size=16).digest()
