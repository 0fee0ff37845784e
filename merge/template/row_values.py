"""The values of one row, each made when a template first asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from merge.model import Cell, CellKind
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column
from merge.sheet.values import TemplateValue, cell_format, template_value, usable_value

_TEXT: Final = CellKind.TEXT
_NUMBER: Final = CellKind.NUMBER


class RowValues(Mapping[int, TemplateValue]):
    """A row's values by column number; most cells are only printed, and need no value for that."""

    __slots__ = ("_cells", "_columns", "_date1904", "_locale", "_made", "_row", "_sheet")

    def __init__(
        self,
        cells: Mapping[int, Cell],
        columns: Sequence[Column],
        *,
        sheet: str,
        row: int,
        date1904: bool,
        locale: str,
    ) -> None:
        self._cells = cells
        self._columns = columns
        self._sheet = sheet
        self._row = row
        self._date1904 = date1904
        self._locale = locale
        self._made: dict[int, TemplateValue] = {}

    def __getitem__(self, number: int) -> TemplateValue:
        made = self._made.get(number)
        if made is None:
            cell = self._cells.get(number)
            made = usable_value(cell, self._date1904, self._locale) or self._refused(number, cell)
            self._made[number] = made
        return made

    def _refused(self, number: int, cell: Cell | None) -> TemplateValue:
        """A cell that cannot be said, and what is false; only then is it of use to know its address."""
        column = next((column for column in self._columns if column.number == number), None)
        if column is None:
            raise KeyError(number)
        return template_value(
            cell,
            address=cell_address(self._sheet, self._row, number),
            header=" ".join(column.header.split()),
            date1904=self._date1904,
            locale=self._locale,
        )

    def __iter__(self) -> Iterator[int]:
        return (column.number for column in self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def address_of(self, value: object) -> str:
        """The cell that a value is of, or ""."""
        number = next((number for number, made in self._made.items() if made is value), None)
        return "" if number is None else cell_address(self._sheet, self._row, number)

    def shown(self, number: int) -> str | None:
        """What Excel shows of a text or a number; None for every other cell, a blank one as well."""
        cell = self._cells.get(number)
        if cell is None:
            return None
        kind, value = cell.kind, cell.value
        if kind is _NUMBER or (kind is _TEXT and value != "" and not str(value).isspace()):
            return cell_format(cell.number_format, self._date1904, self._locale).shown(value)
        return None


def printable(values: Mapping[int, TemplateValue], number: int) -> TemplateValue | str:
    """What stands for a row's cell where it is only printed: its text, or the value where that is more."""
    text = values.shown(number) if isinstance(values, RowValues) else None
    return values[number] if text is None else text
