"""The links that a plan puts into a sheet: looked up where they are asked for, not held in memory."""

from __future__ import annotations

from collections.abc import Iterator

from merge.model import Link
from merge.sheet.addresses import column_letters, split_ref
from merge.workbook.write.column_plan import Plan
from merge.workbook.write.hyperlinks import MOST_LINKS, followable


class WantedLinks:
    """The first links that can be followed, from top to bottom and from left to right."""

    def __init__(self, plan: Plan) -> None:
        self._rows = plan.asked.rows
        self._plan = plan
        self._headers = {column: header for header, column in plan.columns.items()}
        self._letters = {column: column_letters(column) for column in self._headers}
        self._last: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((f"{self._letters[column]}{row}", url) for row, column, url in self._links())

    def get(self, ref: str) -> str | None:
        """The address that is wanted for a cell; None where none is."""
        try:
            column, row = split_ref(ref)
        except ValueError:
            return None
        if column not in self._headers:
            return None
        value = self._rows.get(row, {}).get(self._headers[column])
        if not isinstance(value, Link) or (row, column) > self._last_place():
            return None
        return followable(value.url)

    def _last_place(self) -> tuple[int, int]:
        if self._last is None:
            self._last = (0, 0)
            for row, column, _ in self._links():
                self._last = (row, column)
        return self._last

    def _links(self) -> Iterator[tuple[int, int, str]]:
        count = 0
        for row in self._plan.asked.numbers() if self._plan.asked.links else ():
            values = self._rows[row]
            for column, header in self._headers.items():
                value = values.get(header)
                if isinstance(value, Link) and (url := followable(value.url)) is not None:
                    yield row, column, url
                    count += 1
                    if count == MOST_LINKS:
                        return
