"""The command's start-up time, compared with Python importing click: `python tests/benchmarks/startup.py`.

Each round runs every command line once in a fresh interpreter, so that noise affects all of them; what counts
is the ratio of the medians.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 15
AIM = 1.6
FLOOR = "python -c 'import click'"
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    FLOOR: ("-c", "import click"),
    "castmerge --version": ("-m", "merge", "--version"),
    "castmerge --help": ("-m", "merge", "--help"),
    "castmerge run --help-all": ("-m", "merge", "run", "--help"),
    "castmerge status --help": ("-m", "merge", "status", "--help"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    """The wall time of one fresh interpreter."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def medians(rounds: int) -> dict[str, float]:
    """The median of each command line; the first round only fills the caches."""
    for arguments in COMMANDS.values():
        seconds(arguments)
    taken = [{name: seconds(arguments) for name, arguments in COMMANDS.items()} for _ in range(rounds)]
    return {name: statistics.median(each[name] for each in taken) for name in COMMANDS}


def main() -> None:
    """Measure and print the table."""
    found = medians(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(f"{'command':28}{'ms':>8}{'ratio':>8}")
    for name, median in found.items():
        print(f"{name:28}{median * 1000:8.1f}{median / found[FLOOR]:8.2f}")
    ratio = found["castmerge --version"] / found[FLOOR]
    print(f"castmerge --version takes {ratio:.2f} times what importing click takes (aim: at most {AIM})")


if __name__ == "__main__":
    main()
