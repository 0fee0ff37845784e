"""All benchmarks, one after the other: `python -m tests.benchmarks`; with `quick`, small sizes; or by name.

Each one compares castmerge with something else in the same run, because ratios depend less on the machine and
its load than seconds do. A table at the end says which aims are met; the exit code is the number of
benchmarks that miss one or fail. `quick` takes less than 3 minutes on a quiet machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time

QUICK = {
    "startup": ("7",),
    "reading": ("--rows", "10000"),
    "checking": ("--rows", "10000"),
    "rendering": ("120",),
    "writing": ("--links", "--rows", "10000"),
    "submitting": ("500",),
    "path": ("--rows", "1000", "10000"),
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
    "path": ("--rows", "1000", "10000", "100000"),
}
AIM = re.compile(r"\s*([\d,]*)\s*(met|not met)\s+(.*)")


def main() -> int:
    """Run the benchmarks and print which targets are missed."""
    chosen = sys.argv[1:]
    sizes = QUICK if "quick" in chosen else FULL
    names = [name for name in chosen if name != "quick"] or list(sizes)
    if unknown := set(names) - set(FULL):
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(FULL)}, and quick.")
        return 2
    missed: list[str] = []
    aims: list[str] = []
    for name in names:
        print(f"\n== {name}", flush=True)
        began = time.perf_counter()
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *sizes.get(name, FULL[name])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            here = []
            for line in process.stdout or ():
                print(line, end="", flush=True)
                here += [found.groups() for found in [AIM.fullmatch(line.rstrip())] if found]
        print(f"   {time.perf_counter() - began:.0f} s", flush=True)
        aims += [f"{met:8} {name:11} {f'{rows} rows: ' if rows else ''}{text}" for rows, met, text in here]
        missed += [name] if process.returncode or any(met != "met" for _, met, _ in here) else []
    print("\n== aims")
    print("\n".join(sorted(aims)))
    if missed:
        print(f"\nAims missed, or failed: {', '.join(missed)}")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main())
