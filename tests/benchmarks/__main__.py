"""All benchmarks, one after the other: `python -m tests.benchmarks`, or `--quick` for small sizes.

Each measures castmerge beside something else in one run, so that ratios stand where seconds do not: another
machine, another load. What has an aim says whether it is met; the exit code is the number of those that are not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
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
    """Run them, and say which aims are missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: minutes instead of half an hour")
    parser.add_argument("only", nargs="*", help=f"some of them: {', '.join(QUICK)}")
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(QUICK):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    sizes = QUICK if asked.quick else FULL
    missed = []
    for name in asked.only or QUICK:
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
