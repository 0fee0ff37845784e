"""How many bad cells the content check reports, and how many good ones.

`python -m tests.support.content_figures` prints the shares; `tests/checks/test_content.py` says which of
them the rules were written with.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from merge.checks.sheet_content import SheetContent
from merge.checks.warning import RowWarning
from merge.model import SheetRow
from merge.sheet.columns import Column, Header, identifier, normalize
from tests.support.content_cells import COLUMNS, Given, cell_of, columns_of_cells, made_cells

ROW = 5
"""The row of the cell in question, among others."""
SETS = ("seen", "unseen", "learned", "tried", "measured", "corrected", "fresh")


def warnings_of(
    headers: Sequence[str], rows: Iterable[Sequence[Given | None]], *, this_year: int | None = None
) -> list[RowWarning]:
    """The warnings about rows, starting at row 2; None is a blank cell."""
    columns = tuple(
        Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(headers, start=1)
    )
    lines = [
        SheetRow(number, {n: cell_of(value) for n, value in enumerate(values, start=1) if value is not None})
        for number, values in enumerate(rows, start=2)
    ]
    content = SheetContent(Header(1, columns, 2), columns, "People", lines, this_year=this_year)
    return list(content.warnings())


@dataclass(frozen=True, slots=True)
class Figures:
    """The cells of a set, each with its header.

    Attributes:
        bad: how many are bad
        missed: the bad ones without a warning
        good: how many are good
        false: the good ones with a warning, or one about another cell
    """

    bad: int
    missed: Sequence[tuple[str, Given]]
    good: int
    false: Sequence[tuple[str, Given]]

    def __str__(self) -> str:
        recall = 1 - len(self.missed) / self.bad
        found = f"{self.bad - len(self.missed)} of {self.bad} bad cells reported ({recall:.1%})"
        return f"{found}, {len(self.false)} of {self.good} good ones"


def figures(name: str) -> Figures:
    """Check every cell of a set in a column of ordinary values."""
    cells = list(_cells(name))
    checked = [
        (header, given, bad, warnings_of([header], [[value] for value in (*others[:3], given, *others[3:])]))
        for header, others, given, bad in cells
    ]
    missed = [
        (header, given)
        for header, given, bad, found in checked
        if bad and not any(ROW in warning.rows for warning in found)
    ]
    false = [(header, given) for header, given, bad, found in checked if not bad and found]
    bad_cells = sum(1 for *_, bad in cells if bad)
    return Figures(bad_cells, missed, len(cells) - bad_cells, false)


def _cells(name: str) -> Iterable[tuple[str, Sequence[Given], Given, bool]]:
    """The header, the other values, the value, and whether it is bad."""
    if name in {"seen", "unseen"}:
        for made in made_cells():
            if made.is_unseen is (name == "unseen"):
                yield (*COLUMNS[made.column], made.given, bool(made.bad))
        return
    for column in columns_of_cells(name):
        for given in column.bad:
            yield column.header, column.others, given, True
        for given in column.good:
            yield column.header, column.others, given, False


if __name__ == "__main__":
    for each in SETS:
        sys.stdout.write(f"{each}: {figures(each)}\n")
