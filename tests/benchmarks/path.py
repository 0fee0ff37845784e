"""The whole path and how it scales: `python tests/benchmarks/path.py`, with `--rows 100000` for another size.

A workbook of ten columns; each phase is a separate process: `check` (render and check every row), `run`
(plan, journal, submit, follow, write back) with a service inside the process that answers at once, so that
only castmerge and the disk are measured, and `write-back` from the journal into a fresh copy of the workbook.
Prints seconds and memory, with the time per row next to that of the smallest size.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

PHASES = ("check", "run", "write-back")
AT, GROWS_FROM, MOST_A_ROW = 100_000, 10_000, 1.5
MOST_MEMORY = {"check": 80, "run": 200, "write-back": 200}
"""MiB, from `AT` rows."""
ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = """{"name": "For {{ name }}", "orientation": "landscape", "scenes": [{"sceneIdx": 0, "clips": [
{"id": "a", "type": "aiModel", "layer": 1, "top": 100, "left": 100, "width": 800, "height": 900,
"script": {"org": "<p>Hello {{ name }} of {{ town }}: {{ amount }} are due on {{ renewal }}.</p>"},
"model": {"ai_name": "M000045058", "emotion": "BG00002320", "language": "en"}}]}]}"""


def make(path: Path, rows: int) -> None:
    """A workbook with text, plain numbers, an amount and a date; all rows differ."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet("People")
    money, day = (book.add_format({"num_format": code}) for code in ("$#,##0.00", "yyyy-mm-dd"))
    page.write_row(
        0, 0, ["ID", "Name", "Town", "Plan", "Mail", "Count", "Ratio", "Amount", "Renewal", "Note"]
    )
    for row in range(1, rows + 1):
        page.write_row(
            row, 0, [row, f"Person {row}", f"Town {row % 97}", "Gold", f"p{row}@example.com", row, row / 7]
        )
        page.write_number(row, 7, row * 1.01, money)
        page.write_number(row, 8, 45_000 + row % 900, day)
        page.write_string(row, 9, "A phrase & more")
    book.close()


def check(folder: Path) -> None:
    """Render and check every row."""
    from merge.reports.check import check_plan
    from merge.run.session import plan_without_lock
    from merge.settings import Selection, Settings

    settings = Settings(selection=Selection(key=("ID",)))
    check_plan(plan_without_lock(folder / "people.xlsx", folder / "hello.json", settings))


def run(folder: Path) -> None:
    """Submit, follow, and write back."""
    from merge.model import ExportState, JobId, Progress, Project, Tag
    from merge.run.clock import SystemClock
    from merge.run.session import open_session
    from merge.run.stop import StopSignal
    from merge.settings import PollPolicy, Selection, Settings, Timing
    from tests.support.fake_service import EmptyAccount

    class AtOnce(EmptyAccount):
        """A service that accepts everything and is done by the first poll."""

        def __init__(self) -> None:
            self._numbers = count(1)

        async def submit(self, project: Project) -> JobId:
            return JobId(f"video{next(self._numbers):08d}")

        async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
            return {}

        async def progress(self, job: JobId) -> Progress:
            return Progress(100.0, ExportState.COMPLETE, f"https://example.com/{job}.mp4")

        async def tags_of(self, jobs: Collection[JobId]) -> dict[JobId, Tag]:
            return {}

        async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
            return {job: await self.progress(job) for job in jobs}

        async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
            return job

        async def fetch(self, project_id: str) -> None:
            return None

    timing = Timing(poll=PollPolicy(0.01, 0.01, 0.02, 0.01), requests_per_second=1e6)
    settings = Settings(selection=Selection(key=("ID",)), timing=timing)
    with open_session(folder / "people.xlsx", folder / "hello.json", settings) as session:
        result = asyncio.run(session.carry_out(AtOnce(), SystemClock(), StopSignal(), lambda _event: None))
    assert result.counts["complete"] == len(result.rows), result.counts


def write_back(folder: Path) -> None:
    """Write the journal's results into a fresh copy of the workbook."""
    from merge.cli import castmerge

    shutil.copy(folder / "before.xlsx", folder / "people.xlsx")
    castmerge.main(["write-back", str(folder / "people.xlsx"), "--quiet"], standalone_mode=False)


WAYS: dict[str, Callable[[Path], None]] = {"check": check, "run": run, "write-back": write_back}


def measured(phase: str, folder: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in MiB of a phase in its own process."""
    command = [sys.executable, __file__, "--phase", phase, "--folder", str(folder)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    wall, cpu, peak = map(float, output.split())
    return wall, cpu, peak


def print_phase(phase: str, folder: Path) -> None:
    """Run one phase and print its figures."""
    began = time.perf_counter()
    WAYS[phase](folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> int:
    """Measure every size; return 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--phase", choices=PHASES)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if asked.phase:
        print_phase(asked.phase, asked.folder)
        return 0
    print(f"{'rows':>8} {'phase':12} {'seconds':>8} {'CPU s':>8} {'MiB':>6} {'ms/row':>8} {'KiB/row':>8}")
    taken: dict[str, list[tuple[int, float, float]]] = {phase: [] for phase in PHASES}
    for rows in asked.rows:
        with TemporaryDirectory() as name:
            folder = Path(name)
            make(folder / "people.xlsx", rows)
            shutil.copy(folder / "people.xlsx", folder / "before.xlsx")
            (folder / "hello.json").write_text(TEMPLATE, encoding="utf-8")
            for phase in PHASES:
                wall, cpu, peak = measured(phase, folder)
                taken[phase].append((rows, cpu, peak))
                each = f"{wall / rows * 1000:8.2f} {peak * 1024 / rows:8.2f}"
                print(f"{rows:8,} {phase:12} {wall:8.2f} {cpu:8.2f} {peak:6.0f} {each}", flush=True)
    return growth(taken)


def growth(taken: Mapping[str, Sequence[tuple[int, float, float]]]) -> int:
    """Print how each phase grows between sizes, and whether the aims are met; return 1 if one isn't."""
    missed = 0
    for phase, sizes in taken.items():
        for (rows, cpu, peak), (more_rows, more_cpu, more_peak) in pairwise(sizes):
            times = f"CPU time x {more_cpu / cpu:.1f}, memory x {more_peak / peak:.2f}"
            print(f"{phase:12} {rows:,} to {more_rows:,} rows: {times}")
        (rows, _, peak), (more_rows, _, more_peak) = [*sizes, *sizes][-2:]
        a_row = (more_peak - peak) * 1024 / max(more_rows - rows, 1)
        aims: list[tuple[str, str, bool]] = []
        if rows >= GROWS_FROM:
            aims.append(
                (f"{phase} grows by at most {MOST_A_ROW} KiB a row", f"{a_row:.2f}", a_row <= MOST_A_ROW)
            )
        if more_rows >= AT:
            met = more_peak <= MOST_MEMORY[phase]
            aims.append((f"{phase} takes at most {MOST_MEMORY[phase]} MiB", f"{more_peak:.0f}", met))
        for aim, figure, met in aims:
            print(f"{more_rows:>9,}  {'met    ' if met else 'not met'} {aim}: {figure}")
            missed |= not met
    return missed


if __name__ == "__main__":
    sys.exit(main())
