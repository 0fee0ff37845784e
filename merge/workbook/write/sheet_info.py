"""What is known of the sheet whose rows are patched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from merge.model import Link, ResultValue
from merge.workbook.write.cell_xml import shown_text
from merge.workbook.write.linked_cells import LinkedCells


@dataclass(frozen=True, slots=True)
class Sheet:
    """How values can stand in a sheet.

    Attributes:
        prefix: namespace prefix with its colon, or ""
        date1904: whether serial dates count from 1904
        linked: addresses of the cells that are hyperlinks
        has_dates: whether dates can have a date's format
        header_style: the format of new headers
        column_styles: format of whole columns, by column
    """

    prefix: str
    date1904: bool
    linked: LinkedCells
    has_dates: bool
    header_style: int
    column_styles: Mapping[int, int]

    def stored(self, ref: str, value: ResultValue) -> ResultValue:
        """The value as it can stand in this sheet: what cannot be a link or a date stands there as text."""
        match value:
            case str():
                return value
            case Link() if ref not in self.linked:
                return value.url or value.text
            case datetime() if not self.has_dates:
                return shown_text(value)
            case _:
                return value
