"""How long a value takes to be shown: `python tests/benchmarks/numformat.py`.

Beside the public Python port of SheetJS's formatter where `pip install ssf-reducto` has brought it; it is no
dependency of castmerge.
"""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

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


def microseconds(
    show: Callable[[float, str], object], code: str, value: float, rounds: int = ROUNDS
) -> float:
    """The time of one value whose format is known already."""
    show(value, code)
    return timeit.timeit(lambda: show(value, code), number=rounds) / rounds * 1e6


def port() -> Callable[[float, str], object] | None:
    """The public port's formatter, or None where it is not installed."""
    if find_spec("ssf") is None:
        return None
    formatter = import_module("ssf").SSF()
    return lambda value, code: formatter.format(code, value)


def main() -> None:
    """Prints a line for every format, and one each for understanding a code and for making a value."""
    other, ratios = port(), []
    for code, value in CASES:
        ours = microseconds(format_value, code, value)
        line = f"{ours:8.1f} µs  {code}"
        if other:
            theirs = microseconds(other, code, value, ROUNDS // 100)
            ratios.append(theirs / ours)
            line += f"   (port: {theirs:.0f} µs, {ratios[-1]:.0f} times)"
        print(line)
    if ratios:
        print(f"the port takes {statistics.median(ratios):.0f} times as long (median; aim: at least 20)")
    else:
        print("the port is not installed (pip install ssf-reducto): nothing to compare with")
    fresh = timeit.timeit(lambda: compiled.__wrapped__(CASES[3][0]), number=1000) / 1000 * 1e6
    print(f"{fresh:8.1f} µs  to understand {CASES[3][0]}")
    cell = Cell(CellKind.NUMBER, 1234.5, "#,##0.00")
    made = timeit.timeit(lambda: template_value(cell, address="A1", header="Price"), number=ROUNDS)
    print(f"{made / ROUNDS * 1e6:8.1f} µs  to make a template's value")


if __name__ == "__main__":
    main()
