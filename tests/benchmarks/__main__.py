"""All benchmarks, one after the other: `python -m tests.benchmarks`; with `quick`, small sizes; or by name.

Each one compares castmerge with something else in the same run, because ratios depend less on the machine and
its load than seconds do. Benchmarks with a target report whether it is met; the exit code is the number of
missed targets.
"""

from __future__ import annotations

import subprocess
import sys
import time

QUICK = {
    "startup": ("7",),
    "reading": ("--rows", "10000"),
    "rendering": (),
    "numformat": (),
    "writing": ("--rows", "1000", "10000"),
    "submitting": ("1000",),
    "polling": ("--quick",),
    "pages": ("500",),
    "path": ("--rows", "1000", "10000"),
}
FULL = {
    **dict.fromkeys(QUICK, ()),
    "path": ("--rows", "1000", "10000", "100000"),
}


def main() -> int:
    """Run the benchmarks and print which targets are missed."""
    chosen = sys.argv[1:]
    sizes = QUICK if "quick" in chosen else FULL
    names = [name for name in chosen if name != "quick"] or list(QUICK)
    if unknown := set(names) - set(QUICK):
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(QUICK)}, and quick.")
        return 2
    missed = []
    for name in names:
        print(f"\n== {name}", flush=True)
        began = time.perf_counter()
        ran = subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *sizes[name]], check=False)
        print(f"   {time.perf_counter() - began:.0f} s", flush=True)
        missed += [name] if ran.returncode else []
    if missed:
        print(f"\nAims missed, or failed: {', '.join(missed)}")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main())
