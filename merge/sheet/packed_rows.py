"""A worksheet's rows in little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from merge.model import Cell, CellKind, Scalar, SheetRow
from merge.sheet.packed import Make, Packed, Record

_KINDS: Final = tuple(CellKind)
_KIND_NUMBERS: Final[Mapping[CellKind, int]] = {kind: number for number, kind in enumerate(_KINDS)}


class PackedRows(Packed[SheetRow]):
    """Rows of a worksheet, taken in one after the other.

    Attributes:
        are_in_order: whether each is below the one before it
    """

    __slots__ = ("_last", "are_in_order", "struck")

    def __init__(self, rows: Iterable[SheetRow]) -> None:
        self.are_in_order = True
        self._last = 0
        self.struck: dict[int, tuple[int, ...]] = {}
        super().__init__(map(self._record, rows), cast("Make[SheetRow]", _row))

    def _record(self, row: SheetRow) -> Record:
        self.are_in_order = self.are_in_order and row.number > self._last
        self._last = row.number
        if row.struck:
            self.struck[row.number] = row.struck
        return _record(row)


def _record(row: SheetRow) -> Record:
    cells = tuple(
        [
            (number, _KIND_NUMBERS[cell.kind], cell.value, cell.number_format, cell.link)
            for number, cell in row.cells.items()
        ]
    )
    return row.number, row.hidden, cells


def _row(number: int, hidden: bool, cells: tuple[tuple[int, int, Scalar, str, str], ...]) -> SheetRow:  # noqa: FBT001 - a part of a record
    return SheetRow(
        number,
        {column: Cell(_KINDS[kind], value, code, link) for column, kind, value, code, link in cells},
        hidden,
    )


class RowCells(Mapping[int, Cell]):
    """The cells of one row of many by column number, read from these when they are first used."""

    __slots__ = ("_cells", "_place", "_rows")

    def __init__(self, rows: Sequence[SheetRow], place: int) -> None:
        self._rows = rows
        self._place = place
        self._cells: Mapping[int, Cell] | None = None

    def _own(self) -> Mapping[int, Cell]:
        if self._cells is None:
            self._cells = self._rows[self._place].cells
        return self._cells

    def __getitem__(self, number: int) -> Cell:
        return self._own()[number]

    def get(self, number: int, default: Cell | None = None) -> Cell | None:  # type: ignore[override]
        """The cell of a column, or the default."""
        return self._own().get(number, default)

    def __iter__(self) -> Iterator[int]:
        return iter(self._own())

    def __len__(self) -> int:
        return len(self._own())
