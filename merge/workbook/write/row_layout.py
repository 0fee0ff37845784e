"""Where our cells go in a row that is written in the usual way, found without a look at its other cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from merge.sheet.addresses import LAST_COLUMN, column_letters
from merge.workbook.write.fast_cells import CellPosition
from merge.workbook.xml.sheet_xml import style_of

_REMEMBERED = 4_096
_NEARBY = 100
"""Columns at the right of ours that are known by their letters; beyond them, a row is not usual."""

_Key: TypeAlias = tuple[bytes, bytes, bytes, tuple[bytes | None, ...]]


class Layout(NamedTuple):
    """Where our cells go in a row.

    Attributes:
        start: where they begin; None is the row's end
        end: behind those that are there; None is the row's end
        places: the place of each
    """

    start: int | None
    end: int | None
    places: tuple[CellPosition, ...]


class Layouts:
    """Finds the layouts of rows.

    Args:
        columns: ours, from left to right
        prefix: the sheet's namespace prefix with its colon, or ""
        usual_style: the format of new cells by the row's start tag and that of the cell at the left of ours
    """

    def __init__(
        self, columns: Sequence[int], prefix: str, usual_style: Callable[[bytes, bytes], int]
    ) -> None:
        p = prefix.encode()
        self._usual_style = usual_style
        self._cell = b"<%bc" % p
        self._match = re.compile(rb"<%bc r=\"([A-Z]{1,3})\d{1,7}\"([^<>]*)>" % re.escape(p)).match
        first, last = (columns[0], columns[-1]) if columns else (1, 1)
        self._beside = column_letters(first - 1).encode() if first > 1 else b""
        self._left = {column_letters(it).encode() for it in range(1, first)}
        self._right = {
            column_letters(it).encode() for it in range(last + 1, min(last + _NEARBY, LAST_COLUMN) + 1)
        }
        letters = [column_letters(column).encode() for column in columns]
        self._starts = [b'<%bc r="%b' % (p, it) for it in letters]
        self._ours = re.compile(b"".join(_one_cell(re.escape(p), it) for it in letters))
        self._none = (None,) * len(letters)
        self._known: dict[_Key, tuple[CellPosition, ...]] = {}
        self._at_the_end: dict[tuple[bytes, ...], Layout] = {}

    def of_all(self, pieces: Sequence[bytes], rests: Sequence[bytes]) -> list[Layout | None]:
        """The layouts of rows, as `of` finds them."""
        match, cell = self._match, self._cell
        known = self._at_the_end.get
        ends = [match(piece, piece.rfind(cell)) for piece in pieces]
        return [
            known((rest, *last.groups())) or self.of(piece, rest) if last else None
            for piece, rest, last in zip(pieces, rests, ends, strict=True)
        ]

    def of(self, piece: bytes, rest: bytes) -> Layout | None:
        """The layout of a row; None where it is not usual.

        Args:
            piece: the row from its start tag to its last cell
            rest: what stands in its start tag beside number and spans
        """
        last = self._match(piece, piece.rfind(self._cell))
        if last is None:
            return None
        key = (rest, last[1], last[2])
        known = self._at_the_end.get(key)
        if known is None and key[1] in self._left:
            self._forget()
            known = self._at_the_end[key] = Layout(None, None, self._places((*key, self._none)))
        return known or self._among_others(piece, rest)

    def _among_others(self, piece: bytes, rest: bytes) -> Layout | None:
        """The layout where some of our cells are there; others may follow behind them."""
        start = next((at for at in map(piece.find, self._starts) if at >= 0), -1)
        ours = self._ours.match(piece, start) if start >= 0 else None
        if ours is None or ours.end() == start:
            return None
        if ours.end() < len(piece):
            following = self._match(piece, ours.end())
            if following is None or following[1] not in self._right:
                return None
        before = self._match(piece, piece.rfind(self._cell, 0, start))
        if before is None or before[1] not in self._left:
            return None
        return Layout(start, ours.end(), self._places((rest, before[1], before[2], ours.groups())))

    def _forget(self) -> None:
        """A sheet has a few dozen kinds of rows; one with more may not fill the memory."""
        if len(self._at_the_end) >= _REMEMBERED or len(self._known) >= _REMEMBERED:
            self._at_the_end.clear()
            self._known.clear()

    def _places(self, key: _Key) -> tuple[CellPosition, ...]:
        known = self._known.get(key)
        if known is None:
            self._forget()
            rest, letters, attributes, ours = key
            neighbour = b"<c%b>" % attributes if letters == self._beside else b""
            usual = self._usual_style(b"<row%b>" % rest, neighbour)
            olds = (None if it is None else style_of(b"<c%b>" % it) for it in ours)
            known = self._known[key] = tuple(CellPosition(old, usual) for old in olds)
        return known


def _one_cell(prefix: bytes, letters: bytes) -> bytes:
    """A cell that may be there, without a formula; its attributes are kept."""
    value = rb"<%bv>[^<]*</%bv>|<%bis><%bt[^<>]*>[^<]*</%bt></%bis>".replace(b"%b", prefix)
    body = rb"(?:/>|>(?:%b)?</%bc>)" % (value, prefix)
    cell = rb'(?:<%bc r="%b\d{1,7}"((?:\s[\w:]+="[^"<>]*")*)%b)?'
    return cell % (prefix, letters, body)
