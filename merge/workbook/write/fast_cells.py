"""A column's cells for many rows at once: what they hold is looked at as a whole, not one by one.

What is not as usual (kinds mixed, text with line breaks, dates before 1900, …) is left to `cellxml`, whose
cells these are to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import compress, repeat
from operator import mod, not_
from typing import NamedTuple, TypeGuard

from merge.model import Link, ResultValue
from merge.sheet.serial_dates import EPOCH_1900, EPOCH_1904, MARCH_1900
from merge.workbook.write.cell_xml import CellStyle, cell_xml
from merge.workbook.write.sheet_info import Sheet
from merge.workbook.xml.parse import escape

_SURELY_SHORT = 16_000
_BLANKS = {str, type(None)}
_DAY = timedelta(days=1)


class CellPosition(NamedTuple):
    """Where a cell goes, as far as its format depends on it.

    Attributes:
        old: the format of the cell that stands there; None where there is none
        usual: the format of a new cell in this row
    """

    old: int | None
    usual: int


class Content(NamedTuple):
    """What a column's cells hold.

    Attributes:
        look: which style they need
        numeric: whether they are numbers, as dates are; else they are texts
        texts: the cells' contents as XML has them
    """

    look: CellStyle
    numeric: bool
    texts: Sequence[bytes]


Styled = Callable[[CellStyle, int, CellPosition], int]
"""The format for a look, in a column, at a place."""
Exactly = Callable[[int, int, ResultValue, CellPosition], bytes]
"""The cell with this value in a row and column, at a place."""


class ManyCells:
    """Makes the cells of a sheet."""

    def __init__(self, sheet: Sheet, letters: Mapping[int, str], styled: Styled, exactly: Exactly) -> None:
        self._sheet = sheet
        self._letters = letters
        self._styled = styled
        self._exactly = exactly
        self._patterns: dict[tuple[CellStyle, bool, int, CellPosition], bytes] = {}

    def column(
        self,
        column: int,
        numbers: Sequence[int],
        values: Sequence[ResultValue],
        places: Sequence[CellPosition],
    ) -> list[bytes]:
        """The cells of one column, b"" where there is none.

        Args:
            column: its number
            numbers: of the rows
            values: one for each row
            places: likewise
        """
        if not all(values) and set(map(type, compress(values, map(not_, values)))) <= _BLANKS:
            filled = [*map(bool, values)]
            full = [list(compress(these, filled)) for these in (numbers, values, places)]
            cells = iter(self.column(column, *full) if full[0] else ())  # type: ignore[arg-type]  # - a list of three kinds
            return [
                next(cells) if is_filled else self._blank(column, number, place)
                for number, place, is_filled in zip(numbers, places, filled, strict=True)
            ]
        content = self._content(self._letters[column], numbers, values)
        if content is None:
            return [*map(self._exactly, numbers, repeat(column), values, places)]
        patterns = self._pattern_for_each(content, column, places)
        return [*map(mod, patterns, zip(numbers, content.texts, strict=True))]

    def _blank(self, column: int, row: int, place: CellPosition) -> bytes:
        """A cleared cell keeps its format; where there was no cell, there is none afterwards."""
        if place.old is None:
            return b""
        ref = f"{self._letters[column]}{row}"
        return cell_xml(ref, place.old, None, self._sheet.prefix, date1904=False).encode()

    def _pattern_for_each(
        self, content: Content, column: int, places: Sequence[CellPosition]
    ) -> Iterable[bytes]:
        if places.count(places[0]) == len(places):
            return repeat(self._pattern(content, column, places[0]))
        patterns = {place: self._pattern(content, column, place) for place in set(places)}
        return map(patterns.__getitem__, places)

    def _pattern(self, content: Content, column: int, place: CellPosition) -> bytes:
        """A cell with gaps for its row and its content."""
        key = (content.look, content.numeric, column, place)
        known = self._patterns.get(key)
        if known is None:
            p, letters = self._sheet.prefix, self._letters[column]
            style = self._styled(content.look, column, place)
            start = f'<{p}c r="{letters}%d"' + (f' s="{style}"' if style else "")
            if content.numeric:
                cell = f"{start}><{p}v>%b</{p}v></{p}c>"
            else:
                cell = f'{start} t="inlineStr"><{p}is><{p}t>%b</{p}t></{p}is></{p}c>'
            known = self._patterns[key] = cell.encode()
        return known

    def _content(self, letters: str, numbers: Sequence[int], values: Sequence[ResultValue]) -> Content | None:
        if _are_texts(values):
            return _of_texts(values)
        if _are_links(values):
            linked = self._sheet.linked.count(letters, numbers)
            if linked == len(numbers):
                return _of_texts([link.text or link.url for link in values], CellStyle.LINK)
            if linked == 0:
                return _of_texts([link.url or link.text for link in values])
        if _are_dates(values) and self._sheet.has_dates:
            return _of_dates(values, date1904=self._sheet.date1904)
        return None


def _are_texts(values: Sequence[ResultValue]) -> TypeGuard[Sequence[str]]:
    return all(issubclass(kind, str) for kind in set(map(type, values)))


def _are_links(values: Sequence[ResultValue]) -> TypeGuard[Sequence[Link]]:
    return set(map(type, values)) == {Link}


def _are_dates(values: Sequence[ResultValue]) -> TypeGuard[Sequence[datetime]]:
    return set(map(type, values)) == {datetime}


def _of_texts(values: Sequence[str], look: CellStyle = CellStyle.PLAIN) -> Content | None:
    """Texts that need no more than the escapes of any XML, as nearly all results; None where one does."""
    printable = all(map(str.isprintable, values)) and all(values)
    if not printable or list(map(str.strip, values)) != list(values):
        return None
    if max(map(len, values)) > _SURELY_SHORT:
        return None
    joined = "\0".join(values)
    return None if "_x" in joined else Content(look, False, escape(joined).encode().split(b"\0"))


def _of_dates(values: Sequence[datetime], *, date1904: bool) -> Content | None:
    """Dates of the workbook's calendar; None where one is older, or only some have a time zone."""
    zone = UTC if values[0].tzinfo else None
    epoch = (EPOCH_1904 if date1904 else EPOCH_1900).replace(tzinfo=zone)
    first = (EPOCH_1904 if date1904 else MARCH_1900).replace(tzinfo=zone)
    try:
        if min(values) < first:
            return None
        # Mostly it is one moment for all of them: that at which they are written.
        moments = values[:1] if values.count(values[0]) == len(values) else values
        texts = [b"%r" % ((when - epoch) / _DAY) for when in moments]
    except TypeError:
        return None
    return Content(CellStyle.DATE, True, texts if len(texts) == len(values) else texts * len(values))
