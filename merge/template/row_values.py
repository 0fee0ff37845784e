"""The values of one row: by column number, and by header for templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from merge.errors import CellError
from merge.model import Cell
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column, Header, find_column
from merge.sheet.values import TemplateValue, template_value, usable_value


class RowValues(Mapping[int, TemplateValue]):
    """A row's values by column number, each made when it is first used."""

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
            made = usable_value(cell, self._date1904, self._locale) or self._unusable(number, cell)
            self._made[number] = made
        return made

    def _unusable(self, number: int, cell: Cell | None) -> TemplateValue:
        """A false value, or one that raises a problem; its address is only needed here."""
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
        """The address of the cell that a value comes from, or ""."""
        number = next((number for number, made in self._made.items() if made is value), None)
        return "" if number is None else cell_address(self._sheet, self._row, number)


class RowView(Mapping[str, TemplateValue]):
    """The row as a template sees it: `row["First Name"]`, `row.first_name`."""

    __slots__ = ("_header", "_values")

    def __init__(self, header: Header, values: Mapping[int, TemplateValue]) -> None:
        self._header = header
        self._values = values

    def __getitem__(self, name: str) -> TemplateValue:
        column = find_column(self._header, name)
        if column is None:
            raise KeyError(name)
        return self._values[column.number]

    def __iter__(self) -> Iterator[str]:
        return (column.header for column in self._header.columns)

    def __len__(self) -> int:
        return len(self._header.columns)

    def __str__(self) -> str:
        raise CellError(
            "the template prints the whole row", hint="Use one of its columns, such as {{ row.first_name }}"
        )
