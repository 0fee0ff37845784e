"""The title of a row on a page: its project's name or, if all rows have the same, its first cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from merge.errors import CellError
from merge.input.data_sheet import DataSheet
from merge.model import Row

_CELLS = 2


@dataclass(frozen=True, slots=True)
class RowNames:
    """The values that a row's title can be made of.

    Attributes:
        number: its number as Excel shows it
        name: its project's name, or ""
        texts: the texts of its cells, in the order of the sheet
    """

    number: int
    name: str
    texts: Sequence[str]


def titles_of(rows: Sequence[RowNames]) -> list[str]:
    """A title for each row."""
    names = {row.name for row in rows if row.name}
    names_differ = len(names) > 1 or len(rows) == 1
    return [row.name if row.name and names_differ else _by_cells(row) for row in rows]


def _by_cells(row: RowNames) -> str:
    return " ".join([text for text in row.texts if text][:_CELLS]) or f"Row {row.number}"


def texts_of(row: Row, sheet: DataSheet, locale: str) -> Iterator[str]:
    """The texts of a row's cells, in the order of the sheet; "" for errors."""
    for value in sheet.values_of(row, sheet.header.columns, locale).values():
        try:
            yield str(value)
        except CellError:
            yield ""
