"""All benchmarks, one after the other: `python -m tests.benchmarks`; with `quick`, small sizes; or by name.

Each one compares castmerge with something else in the same run, because ratios depend less on the machine and
its load than seconds do. Modules are compiled first, as in an installation. A table at the end says which
aims are met; the exit code is the number of benchmarks that miss one or fail. `quick` takes less than 3
minutes on a quiet machine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

QUICK = {
    "startup": ("5",),
    "reading": ("--rows", "10000"),
    "checking": ("--rows", "10000"),
    "rendering": ("120",),
    "writing": ("--links", "--rows", "10000"),
    "submitting": ("300",),
    "path": ("--rows", "1000", "5000"),
}
FULL = {
    "startup": (),
    "reading": (),
    "checking": (),
    "rendering": (),
    "numformat": (),
    "writing": ("--links",),
    "submitting": (),
    "polling": (),
    "pages": (),
    "teams": (),
    "app": (),
    "path": ("--rows", "1000", "10000", "100000"),
}
AIM = re.compile(r"\s*([\d,]*)\s*(met|not met)\s+(.*)")


class Aim(NamedTuple):
    """An aim as a benchmark prints it: the rows of the run, whether it is met, what it is, and the figure."""

    benchmark: str
    rows: str
    met: str
    text: str
    figure: str

    @classmethod
    def of(cls, benchmark: str, line: str) -> Aim | None:
        """The aim in a line of output, or None."""
        found = AIM.fullmatch(line.rstrip())
        if found is None:
            return None
        text, _, figure = found[3].rpartition(": ")
        return cls(benchmark, found[1], found[2], text or figure, figure if text else "")


def environment() -> Mapping[str, str]:
    """The environment of a benchmark: this package, with its modules compiled once."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = Path(gettempdir()) / "castmerge-benchmark-modules"
    return inherited | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(compiled)}


def run(name: str, options: Iterable[str], surroundings: Mapping[str, str]) -> tuple[list[Aim], bool]:
    """Run a benchmark; return its aims, and whether it has ended well."""
    print(f"\n== {name}", flush=True)
    began = time.perf_counter()
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *options]
    aims: list[Aim] = []
    with subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            aims += [aim for aim in [Aim.of(name, line)] if aim]
    print(f"   {time.perf_counter() - began:.0f} s", flush=True)
    return aims, process.returncode == 0


def table(aims: Iterable[Aim]) -> str:
    """All aims, those that are missed first."""
    rows = [("", "benchmark", "rows", "aim", "figure")]
    rows += [
        (aim.met, aim.benchmark, aim.rows, aim.text, aim.figure)
        for aim in sorted(aims, key=lambda aim: (aim.met == "met", aim.benchmark))
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def main() -> int:
    """Run the benchmarks and print which aims are met."""
    chosen = sys.argv[1:]
    sizes = QUICK if "quick" in chosen else FULL
    names = [name for name in chosen if name != "quick"] or list(sizes)
    if unknown := set(names) - set(FULL):
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(FULL)}, and quick.")
        return 2
    surroundings = environment()
    compiling = [sys.executable, "-m", "compileall", "-q", "merge"]
    subprocess.run(compiling, cwd=ROOT, env=surroundings, check=True)
    found = {name: run(name, sizes.get(name, FULL[name]), surroundings) for name in names}
    print(f"\n== aims\n{table(aim for aims, _ in found.values() for aim in aims)}")
    missed = [name for name, (aims, ended) in found.items() if not ended or any(a.met != "met" for a in aims)]
    if missed:
        print(f"\nAims missed, or failed: {', '.join(missed)}")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main())
