"""What a row is called on a page: its project's name or, where that says the same of all, its first cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from merge.errors import CellError
from merge.input.data_sheet import DataSheet
from merge.model import Row

_CELLS = 2


@dataclass(frozen=True, slots=True)
class Named:
    """A row and what it may be called by.

    Attributes:
        number: its number as Excel shows it
        name: its project's name, or ""
        texts: what its cells show, in the sheet's order
    """

    number: int
    name: str
    texts: Sequence[str]


def titles_of(rows: Sequence[Named]) -> list[str]:
    """A title for each row."""
    names = {row.name for row in rows if row.name}
    tell = len(names) > 1 or len(rows) == 1
    return [row.name if row.name and tell else _by_cells(row) for row in rows]


def _by_cells(row: Named) -> str:
    return " ".join([text for text in row.texts if text][:_CELLS]) or f"Row {row.number}"


def texts_of(row: Row, sheet: DataSheet, locale: str) -> Iterator[str]:
    """What a row's cells show, in the sheet's order; nothing for those that show an error."""
    for value in sheet.values_of(row, sheet.header.columns, locale).values():
        try:
            yield str(value)
        except CellError:
            yield ""
