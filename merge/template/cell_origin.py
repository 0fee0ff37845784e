"""Which cell of a row a place of the template is filled from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from merge.errors import CellError
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column
from merge.sheet.values import TemplateValue
from merge.template.name_resolution import ResolvedNames


@dataclass(frozen=True, slots=True)
class RowCellLocator:
    """Where the values of one row stand.

    Attributes:
        names: what the names in the template mean
        sheet: the worksheet's name
        row: the row's number
        values: the row's values by column number
    """

    names: ResolvedNames
    sheet: str
    row: int
    values: Mapping[int, TemplateValue]

    def __call__(self, path: str, about: str = "", /) -> str:
        """The one cell that fills a path; where words are given, the one that holds them; else ""."""
        columns = self.names.places.get(path, self.names.used if about else ())
        match tuple(column for column in columns if about in self._text(column)):
            case [column]:
                return cell_address(self.sheet, self.row, column.number)
            case _:
                return ""

    def _text(self, column: Column) -> str:
        """What stands in the cell; a blank holds nothing but could be what is missing."""
        try:
            return str(self.values.get(column.number, ""))
        except CellError:
            return ""
