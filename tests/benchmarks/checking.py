"""`check`, compared with plain Jinja2 from the same workbook: `python tests/benchmarks/checking.py`.

The other way is what people write themselves: openpyxl reads the rows (read-only), Jinja2 fills in the JSON
text, and json.loads checks that it's still JSON. Each runs in its own process, start-up included; the
faster of two runs counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
LEAST_GAIN = 1.5


def with_castmerge(workbook: Path) -> None:
    """Fill in and check every row."""
    from merge.reports.check import check_plan
    from merge.run.session import plan_without_lock
    from merge.settings import Settings

    check_plan(plan_without_lock(workbook, workbook.with_suffix(".json"), Settings()))


def with_jinja(workbook: Path) -> None:
    """Fill in every row's JSON text and parse it."""
    import openpyxl
    from jinja2 import Environment

    text = workbook.with_suffix(".json").read_text(encoding="utf-8")
    filled_in = Environment().from_string(text)  # noqa: S701 - the usual way
    book = openpyxl.load_workbook(workbook, read_only=True, data_only=True)
    header, *rows = book["People"].iter_rows(values_only=True)
    names = [str(name).strip().lower().replace(" ", "_") for name in header]
    for row in rows:
        values = {name: "" if value is None else value for name, value in zip(names, row, strict=False)}
        json.loads(filled_in.render(values))


WAYS: Mapping[str, Callable[[Path], None]] = {"castmerge": with_castmerge, "openpyxl and Jinja2": with_jinja}


def measured(way: str, workbook: Path) -> tuple[float, float]:
    """CPU seconds and peak memory in MiB of a separate process."""
    command = [sys.executable, __file__, "--way", way, "--file", str(workbook)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    cpu, memory = map(float, ran.stdout.split())
    return cpu, memory


def main() -> None:
    """Print a line for each way at each size; with `--way`, run one way and print its figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="*", default=[20_000])
    options.add_argument("--way", choices=WAYS)
    options.add_argument("--file", type=Path)
    chosen = options.parse_args()
    if chosen.way:
        WAYS[chosen.way](chosen.file)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        return
    from tests.benchmarks.path import TEMPLATE, make

    with TemporaryDirectory() as folder:
        for rows in chosen.rows:
            path = Path(folder) / f"{rows}.xlsx"
            make(path, rows)
            path.with_suffix(".json").write_text(TEMPLATE, encoding="utf-8")
            found = {way: min(measured(way, path) for _ in range(2)) for way in WAYS}
            for way, (cpu, memory) in found.items():
                print(f"{rows:>9,}  {way:<24}{cpu:8.2f} s CPU {memory:8.0f} MiB", flush=True)
            gain = found["openpyxl and Jinja2"][0] / found["castmerge"][0]
            word = "met    " if gain >= LEAST_GAIN else "not met"
            print(f"{rows:>9,}  {word} check {LEAST_GAIN} times as fast as plain Jinja2: {gain:.2f} times")


if __name__ == "__main__":
    main()
