"""How long a value takes to be shown: `python tests/benchmarks/numformat.py`."""

from __future__ import annotations

import timeit

from merge.model import Cell, CellKind
from merge.numformat import format_value
from merge.numformat.sections import compiled
from merge.values import template_value

ROUNDS = 20_000
CASES: tuple[tuple[str, float], ...] = (
    ("General", 1234.5),
    ("0", 7),
    ("#,##0.00", 1234.5),
    ('_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)', -1234.5),
    ("0.0%", 0.123),
    ("##0.0E+0", 1234.56),
    ("# ??/??", 1234.567),
    ("000-00-0000", 123456789),
    ("m/d/yyyy", 45000),
    ("yyyy-mm-dd hh:mm:ss", 45000.75),
    ("[h]:mm:ss", 1.5),
)


def microseconds(code: str, value: float) -> float:
    """The time of one value whose format is known already."""
    return timeit.timeit(lambda: format_value(value, code), number=ROUNDS) / ROUNDS * 1e6


def main() -> None:
    """Prints a line for every format, and one each for understanding a code and for making a value."""
    for code, value in CASES:
        print(f"{microseconds(code, value):8.1f} µs  {code}")
    fresh = timeit.timeit(lambda: compiled.__wrapped__(CASES[3][0]), number=1000) / 1000 * 1e6
    print(f"{fresh:8.1f} µs  to understand {CASES[3][0]}")
    cell = Cell(CellKind.NUMBER, 1234.5, "#,##0.00")
    made = timeit.timeit(lambda: template_value(cell, address="A1", header="Price"), number=ROUNDS)
    print(f"{made / ROUNDS * 1e6:8.1f} µs  to make a template's value")


if __name__ == "__main__":
    main()
