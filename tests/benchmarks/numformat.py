"""The time to format a value: `python tests/benchmarks/numformat.py`.

Every format shows a list of different values, like a column. The public Python port of SheetJS's formatter is
compared if it was installed with `pip install ssf-reducto`; castmerge doesn't depend on it.
"""

from __future__ import annotations

import random
import statistics
import time
import timeit
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from merge.model import Cell, CellKind
from merge.sheet.number_format import format_value
from merge.sheet.number_format.sections import parse_format
from merge.sheet.values import template_value

ROUNDS = 20_000
VALUES = 2_000
REPEATS = 7
RANDOM = random.Random(2024)

Draw = Callable[[], float]
Formatter = Callable[[float, str], object]


def price() -> float:
    """An amount of money, sometimes negative."""
    return round(RANDOM.uniform(-2_000, 20_000), 2)


def measured() -> float:
    """A number with all the decimals of a double."""
    return RANDOM.uniform(0, 5_000)


def whole() -> float:
    """A whole number; half of them are doubles."""
    number = RANDOM.randrange(10**9)
    return number if number % 2 else float(number)


def moment() -> float:
    """A time between 2009 and 2064, to the second."""
    return RANDOM.randrange(40_000 * 86_400, 60_000 * 86_400) / 86_400


CASES: tuple[tuple[str, Draw], ...] = (
    ("General", price),
    ("General", measured),
    ("0", whole),
    ("0", measured),
    ("#,##0.00", price),
    ("#,##0.00", measured),
    ('_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)', price),
    ("0.0%", lambda: RANDOM.uniform(-0.5, 2)),
    ("##0.0E+0", measured),
    ("# ??/??", measured),
    ("000-00-0000", whole),
    ("m/d/yyyy", lambda: float(RANDOM.randrange(40_000, 60_000))),
    ("d-mmm-yy", moment),
    ("h:mm AM/PM", moment),
    ("yyyy-mm-dd hh:mm:ss", moment),
    ("[h]:mm:ss", lambda: RANDOM.randrange(1, 10**6) / 86_400),
)


def different(draw: Draw) -> list[float]:
    """This many values, all different."""
    found: set[float] = set()
    while len(found) < VALUES:
        found.add(draw())
    return RANDOM.sample(sorted(found), VALUES)


def microseconds(shows: list[Formatter], code: str, values: list[float]) -> list[float]:
    """The time per value once its format is compiled: the best of several rounds for each formatter.

    The formatters take turns, so that load on the machine affects all of them.
    """
    for show in shows:
        show(values[0], code)
    walks = [[_walk(show, code, values) for show in shows] for _ in range(REPEATS)]
    return [min(times) / len(values) * 1e6 for times in zip(*walks, strict=True)]


def _walk(show: Formatter, code: str, values: list[float]) -> float:
    start = time.process_time()
    for value in values:
        show(value, code)
    return time.process_time() - start


def port() -> Formatter | None:
    """The public port's formatter, or None if it isn't installed."""
    if find_spec("ssf") is None:
        return None
    formatter = import_module("ssf").SSF()
    return lambda value, code: formatter.format(code, value)


def main() -> None:
    """Print a line for every format, and one each for compiling a code and for creating a value."""
    other, ratios = port(), []
    shows: list[Formatter] = [format_value, *([other] if other else [])]
    for code, draw in CASES:
        ours, *theirs = microseconds(shows, code, different(draw))
        line = f"{ours:8.2f} µs  {code}"
        if theirs:
            ratios.append(theirs[0] / ours)
            line += f"   (port: {theirs[0]:.0f} µs, {ratios[-1]:.0f} times)"
        print(line)
    if ratios:
        print(f"the port takes {statistics.median(ratios):.0f} times as long (median; aim: at least 20)")
    else:
        print("the port is not installed (pip install ssf-reducto): nothing to compare with")
    fresh = timeit.timeit(lambda: parse_format.__wrapped__(CASES[6][0]), number=1000) / 1000 * 1e6
    print(f"{fresh:8.1f} µs  to understand {CASES[6][0]}")
    cell = Cell(CellKind.NUMBER, 1234.5, "#,##0.00")
    made = timeit.timeit(lambda: template_value(cell, address="A1", header="Price"), number=ROUNDS)
    print(f"{made / ROUNDS * 1e6:8.1f} µs  to make a template's value")


if __name__ == "__main__":
    main()
