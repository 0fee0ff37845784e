"""Write our cells into the rows of a worksheet; everything else passes through byte for byte.

A few hundred rows are handled at a time, and our cells in them are made column by column. Where rows are as
Excel and castmerge write them, `_usual` takes them apart all at once; of others, `_places` looks at each one.
What comes out is compared with what was there by `compare_sheet.py`, which takes nothing from here on trust.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from operator import add, lt
from typing import NamedTuple

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.sheet.addresses import LAST_ROW, cell_address, column_letters, column_number
from merge.workbook.write.cell_xml import LONGEST_TEXT, CellStyle, CellWriter, is_too_long
from merge.workbook.write.column_plan import Plan, UnlistedHeaderError
from merge.workbook.write.hyperlinks import SheetLinks
from merge.workbook.write.sheet_frame import ColumnFormats
from merge.workbook.write.styles import Stylesheet
from merge.workbook.xml.parse import SAVE_AGAIN
from merge.workbook.xml.sheet_xml import CellFinder, RawCell, RawRow, SheetXml, UsualCells, style_of
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


class Stretch(NamedTuple):
    """Some rows of a sheet, before and after our cells are written into them.

    Attributes:
        before: number of the row before them
        last: number of the last one
        was: their bytes
        now: their new bytes
        made: our cells in each of the rows that are written into
    """

    before: int
    last: int
    was: bytes
    now: bytes
    made: Sequence[bytes]


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
        p = re.escape(self._prefix)
        self._usual_cells = UsualCells(writer.prefix, self._columns)
        self._last_cells = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d{1,7}\"([^<>\0]*)>" % p).findall
        self._cell_start = b"<%bc" % self._prefix
        self._row_end = b"</%brow>" % self._prefix
        self._only_the_end = (*[b""] * (len(self._columns) - 1), self._row_end)
        self._formula = b"<%bf" % self._prefix
        self._styles_behind = _StylesBehind(self._style_behind)
        self._numbers = [*plan.row_numbers()]
        self._next = 0
        self._cut: list[tuple[int, int]] = []
        self.filled = 0
        """Rows that have got values."""

    @property
    def cut(self) -> list[str]:
        """Addresses of the cells whose text was too long for Excel."""
        return [f"{self._letters[column]}{row}" for row, column in sorted(self._cut)]

    def within(self, sheet: SheetXml, block: bytes, before: int, last: int) -> Stretch:
        """Write into the next rows of the sheet.

        Args:
            sheet: the sheet
            block: whole rows
            before: number of the row before them
            last: number of the last one

        Raises:
            WorkbookError: rows are out of order, or there is a formula in one of our cells.
        """
        here = self._up_to(last)
        if not here:
            return Stretch(before, last, block, block, ())
        written = self._usual(block, before, here)
        if written is None:
            rows, places = self._places(sheet, block, before, here)
            filled, made = self._filled([*places.values()])
            for index, row in zip(places, filled, strict=True):
                rows[index] = row
            written = b"".join(rows), made
        return Stretch(before, last, block, *written)

    def below(self, last: int) -> Iterator[Stretch]:
        """Add the rows below the last one of the sheet."""
        while self._next < len(self._numbers):
            here = self._up_to(self._numbers[self._next : self._next + _AT_ONCE][-1])
            rows, made = self._filled([self._new_row(number) for number in here])
            yield Stretch(last, here[-1], b"", b"".join(rows), made)
            last = here[-1]

    def _up_to(self, last: int) -> list[int]:
        """Take the next rows to write into, up to a number."""
        start, self._next = self._next, bisect_right(self._numbers, last, self._next)
        return self._numbers[start : self._next]

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

    def _usual(self, block: bytes, before: int, here: list[int]) -> tuple[bytes, list[bytes]] | None:
        """Write into rows whose cells are behind all others, or in the place of adjacent ones.

        Args:
            block: whole rows
            before: number of the row before them
            here: rows to write into

        Returns:
            The rows and our cells; None if one of them is written in an unusual way, or isn't there.
        """
        *rows, rest = block.split(self._row_end)
        tags = self._usual_cells.tags(rows) if rows and not rest else None
        if tags is None or here[0] == self._plan.header_row:
            return None
        numbers, kinds = tags
        if numbers == here:
            written = self._usual_rows(rows, block, kinds, here)
            return written and (self._row_end.join([*written[0], b""]), written[1])
        wanted = frozenset(here)
        chosen = [place for place, number in enumerate(numbers) if number in wanted]
        if len(chosen) < len(here) or not all(map(lt, [before, *numbers], numbers)):
            return None
        written = self._usual_rows([rows[it] for it in chosen], block, [kinds[it] for it in chosen], here)
        for place, row in zip(chosen, written[0] if written else (), strict=False):
            rows[place] = row
        return written and (self._row_end.join([*rows, b""]), written[1])

    def _usual_rows(
        self, rows: list[bytes], block: bytes, kinds: list[bytes], numbers: list[int]
    ) -> tuple[list[bytes], list[bytes]] | None:
        """Write into rows that all get cells.

        Args:
            rows: without their end tags
            block: these and maybe more
            kinds: their attributes after the number
            numbers: their numbers
        """
        split = self._usual_cells.split(rows, block)
        if split is None:
            return None
        values = self._values(numbers)
        start, old = self._cell_start, None
        if split.there:
            if not all(len(row) == len(self._columns) for row in values):
                return None
            old = [self._styles_of(column) for column in split.there]
        ends = b"\0".join([row[(at := row.rfind(start)) : at + _LONGEST_TAG] for row in split.left])
        cells_before = self._last_cells(ends)
        if len(cells_before) < len(rows):
            return None
        styles = [
            *map(self._styles_behind.__getitem__, zip(kinds, *zip(*cells_before, strict=True), strict=True))
        ]
        known = [style for style in styles if style is not None]
        if len(known) < len(rows):
            return None
        made = self._rows_of_cells(numbers, values, old, known)
        left = self._all_spanning(split.left, kinds)
        if split.right:
            return [*map(b"".join, zip(left, made, split.right, strict=True))], made
        return [*map(add, left, made)], made

    @staticmethod
    def _styles_of(cells: Sequence[bytes]) -> list[int | None]:
        """Return the formats of our cells in a column, by the end of each one's address."""
        styles = {it: int(it[len(b'" s="') : -1] or 0) if it else None for it in {*cells}}
        return [styles[it] for it in cells]

    def _style_behind(self, row: bytes, letters: bytes, cell: bytes) -> int | None:
        """Return the format of our cells behind others; None if they can't be there.

        Args:
            row: the row's attributes
            letters: the column of its last cell before ours
            cell: that cell's attributes
        """
        column = column_number(letters.decode())
        if column > self._left or row.endswith(b"/") or row.count(b'"') % 2 or b"<" in row:
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

    def _all_spanning(self, rows: list[bytes], kinds: list[bytes]) -> list[bytes]:
        """Widen the `spans` of rows.

        Args:
            rows: their beginnings
            kinds: their attributes after the number
        """
        wide = {it: self._spanning(b'<row r="1"%b>' % it)[10:-1] for it in {*kinds} if b"spans" in it}
        if all(old == new for old, new in wide.items()):
            return rows
        return [
            row.replace(kind, wide[kind], 1) if kind in wide else row
            for row, kind in zip(rows, kinds, strict=True)
        ]

    def _values(self, numbers: Sequence[int]) -> list[Mapping[str, ResultValue]]:
        """Return what to write into some rows.

        Raises:
            UnlistedHeaderError: there's more in one of them than the plan has columns.
        """
        is_header = numbers[0] == self._plan.header_row
        values = [*map(self._plan.values if is_header else self._plan.rows.__getitem__, numbers)]
        if not self._plan.columns.keys() >= set[str]().union(*values):
            raise UnlistedHeaderError("a row has a header that isn't listed")
        return values

    def _filled(self, places: list[_Place]) -> tuple[list[bytes], list[bytes]]:
        """Return the rows, and our cells in them.

        Args:
            places: where our cells go
        """
        olds = None
        if any(place.old for place in places):
            none = (None,) * len(self._columns)
            olds = [*zip(*(place.old or none for place in places), strict=True)]
        numbers = [place.number for place in places]
        values = self._values(numbers)
        styles = [place.style for place in places]
        columns = [
            [*map(template.__mod__, zip(*given, strict=True))] if given else [template] * len(places)
            for template, given in self._columns_of_cells(numbers, values, olds, styles)
        ]
        parts: list[Sequence[bytes]] = [[place.head for place in places]]
        for index, column in enumerate(columns):
            parts += [column, [place.rest[index] for place in places]]
        made = [*map(b"".join, zip(*columns, strict=True))]
        rows = map(b"".join, zip(*parts, strict=True))
        return [
            place.if_empty if place.if_empty is not None and not cells else row
            for row, place, cells in zip(rows, places, made, strict=True)
        ], made

    def _rows_of_cells(
        self,
        numbers: list[int],
        values: list[Mapping[str, ResultValue]],
        olds: Sequence[Sequence[int | None]] | None,
        styles: Sequence[int],
    ) -> list[bytes]:
        """Return our cells, row by row; arguments as for `_columns_of_cells`."""
        columns = [*self._columns_of_cells(numbers, values, olds, styles)]
        template = b"".join(template for template, _ in columns)
        given = [each for _, column in columns for each in column]
        return [*map(template.__mod__, zip(*given, strict=True))] if given else [template] * len(numbers)

    def _columns_of_cells(
        self,
        numbers: list[int],
        values: list[Mapping[str, ResultValue]],
        olds: Sequence[Sequence[int | None]] | None,
        styles: Sequence[int],
    ) -> Iterator[tuple[bytes, list[Sequence[bytes]]]]:
        """Yield our cells, column by column: a template, and what it takes for each row.

        Args:
            numbers: of the rows
            values: what to write into each row
            olds: format of the cells that are there now, column by column; None if there are none at all
            styles: format of new cells, for each row
        """
        self.filled += sum(map(bool, values)) - (numbers[0] == self._plan.header_row)
        digits = [b"%d" % number for number in numbers]
        is_below = numbers[0] != self._plan.header_row
        is_complete = is_below and all(len(row) == len(self._columns) for row in values)
        for index, (header, column) in enumerate(self._plan.columns.items()):
            old = (None,) * len(numbers) if olds is None else olds[index]
            asked = [row.get(header) for row in values]
            self._link(header, numbers, asked, None if is_complete else [header in row for row in values])
            yield self._cells(column, numbers, digits, asked, old, styles)

    def _link(
        self,
        header: str,
        numbers: list[int],
        asked: list[ResultValue],
        written: list[bool] | None,
    ) -> None:
        """Link the cells of a column; those without a value, and its header, aren't written.

        Args:
            header: of the column
            numbers: of the rows
            asked: their values
            written: which of them have one; None if all have
        """
        if written is not None:
            written[0] = written[0] and numbers[0] != self._plan.header_row
            numbers, asked = [*compress(numbers, written)], [*compress(asked, written)]
        self._links.put(header, numbers, asked)

    def _cells(
        self,
        column: int,
        numbers: list[int],
        digits: list[bytes],
        values: list[ResultValue],
        old_styles: Sequence[int | None],
        new_styles: Sequence[int],
    ) -> tuple[bytes, list[Sequence[bytes]]]:
        """Return our cells in one column: a template, and what it takes for each row.

        Args:
            column: its number
            numbers: of the rows
            digits: the same as text
            values: a value for each row
            old_styles: format of the cell that is there now, for each row; None if there's none
            new_styles: format of a new cell, for each row
        """
        letters = self._letters[column]
        kinds, template, contents = self._writer.contents(letters, numbers, values)
        if numbers[0] == self._plan.header_row and kinds[0] is not CellStyle.BLANK:
            kinds[0] = CellStyle.HEADER
        if max(map(len, contents), default=len(template)) > LONGEST_TEXT // 2:
            texts = (self._writer.text(f"{letters}{n}", it) for n, it in zip(numbers, values, strict=True))
            self._cut += [(n, column) for n, text in zip(numbers, texts, strict=True) if is_too_long(text)]
        if column in self._wrapped:
            kinds = [CellStyle.WRAPPED if kind is CellStyle.PLAIN else kind for kind in kinds]
        if column in self._narrow:
            kinds = [CellStyle.DATE if kind is CellStyle.UTC else kind for kind in kinds]
        given: list[Sequence[bytes]] = [contents] if contents else []
        start = b'<%bc r="%b%%b"' % (self._prefix, letters.encode())
        if _are_equal(kinds) and _are_equal(old_styles) and _are_equal(new_styles):
            style = self._styles[kinds[0], column, old_styles[0], new_styles[0]]
            return (b"", []) if style is None else (start + style + template, [digits, *given])
        keys = zip(kinds, repeat(column), old_styles, new_styles, strict=False)
        styles = [*map(self._styles.__getitem__, keys)]
        cell = start + b"%b" + template
        rows = zip(digits, [style or b"" for style in styles], *given, strict=True)
        cells = [b"" if style is None else cell % row for style, row in zip(styles, rows, strict=True)]
        return b"%b", [cells]


def _are_equal(items: Sequence[object]) -> bool:
    return items.count(items[0]) == len(items)


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
