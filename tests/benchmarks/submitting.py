"""Submitting, compared with a bare httpx loop with the same bodies: `python tests/benchmarks/submitting.py`.

Each side runs in its own process against one simulator, with the same number of concurrent requests
and no rate limit. What counts is the ratio; the cost of durability is printed next to it.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
ROWS = 10_000
AT_ONCE = 4
TEMPLATE = ROOT / "tests" / "data" / "seed_project.json"
MOST_MIB = 200
MOST_RATIO = 1.3
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """The figures of one side: seconds of submitting, seconds of the rest, peak memory in MiB."""

    seconds: float
    rest: float
    mib: float


def main() -> int:
    """Measure both sides in turn and print the table; return 1 if a target is missed."""
    if len(sys.argv) > 2:
        _side(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        return 0
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with TemporaryDirectory(prefix="castmerge-submit-") as name:
        folder = Path(name)
        _make_workbook(folder / "people.xlsx", rows)
        _make_template(folder / "hello.json")
        print(f"{'side':34}{'rows/s':>9}{'ratio':>8}{'else s':>8}{'MiB':>8}")
        # The sides take turns, so that noise affects all of them.
        rounds = [{side: _measure(side, folder, rows) for side in SIDES} for _ in range(ROUNDS)]
        found = {side: [one[side] for one in rounds] for side in SIDES}
    best = {side: min(runs, key=lambda one: one.seconds) for side, runs in found.items()}
    for side, one in best.items():
        ratio = one.seconds / best["bare"].seconds
        print(f"{SIDES[side]:34}{rows / one.seconds:9.0f}{ratio:8.2f}{one.rest:8.1f}{one.mib:8.0f}")
    ours = best["castmerge"]
    ratio = ours.seconds / best["bare"].seconds
    for text, met in (
        (f"at most {MOST_RATIO} times a bare httpx loop: {ratio:.2f} times", ratio <= MOST_RATIO),
        (f"below {MOST_MIB} MiB: {ours.mib:.0f} MiB", ours.mib < MOST_MIB),
    ):
        print(f"{rows:>9,}  {'met    ' if met else 'not met'} submit {AT_ONCE} at once, {text}")
    return int(ratio > MOST_RATIO or ours.mib >= MOST_MIB)


SIDES = {
    "bare": "bare httpx",
    "castmerge": "castmerge",
    "network": "castmerge, as on a network drive",
    "volatile": "castmerge, nothing synced to disk",
}


def _make_workbook(path: Path, rows: int) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet("People")
    page.write_row(0, 0, ["Name", "Town"])
    for number in range(1, rows + 1):
        page.write_row(number, 0, [f"Person {number:05}", "Bonn"])
    book.close()


def _make_template(path: Path) -> None:
    project = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    project["name"] = "Hello {{ name }} of {{ town }}"
    path.write_text(json.dumps(project), encoding="utf-8")


def _measure(side: str, folder: Path, rows: int) -> Measured:
    for old in folder.glob(".castmerge/*"):
        old.unlink()
    _make_workbook(folder / "people.xlsx", rows)
    with _service() as url:
        ran = subprocess.run(
            [sys.executable, __file__, side, str(folder), url, str(rows)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    seconds, rest, mib = (float(figure) for figure in ran.stdout.split())
    return Measured(seconds, rest, mib)


@contextmanager
def _service() -> Iterator[str]:
    command = [sys.executable, "-m", "merge", "simulate", "--port", "0", "--seconds", "1"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _side(side: str, folder: Path, url: str, rows: int) -> None:
    """Run one side's process and return its three figures."""
    begun = time.perf_counter()
    seconds = asyncio.run(_bare(folder, url) if side == "bare" else _castmerge(folder, url, side, rows))
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(seconds, time.perf_counter() - begun - seconds, mib)


async def _bare(folder: Path, url: str) -> float:
    """The minimum: bodies are prepared, and each worker sends the next one."""
    import httpx

    bodies = iter([body.encode() for body in _bodies(folder)])
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=url, limits=limits, trust_env=False) as client:

        async def work() -> None:
            for body in bodies:
                answer = await client.post(
                    "/api/odin/v3/editor/project",
                    content=body,
                    headers={"Authorization": "key", "Content-Type": "application/json"},
                )
                assert answer.json()["data"]["projectId"]

        begun = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return time.perf_counter() - begun


def _bodies(folder: Path) -> list[str]:
    from merge.input.open_sheet import open_sheet
    from merge.model import SheetVideos
    from merge.plan.plan import make_plan
    from merge.settings import Settings

    settings = Settings()
    plan = make_plan(
        open_sheet(folder / "people.xlsx", settings), folder / "hello.json", settings, SheetVideos()
    )
    return [row.filled_in.project(row.row.key).body for row in plan.rows if row.filled_in]


async def _castmerge(folder: Path, url: str, side: str, rows: int) -> float:
    import merge.journal.sqlite
    from merge.model import JobId, Project
    from merge.run.clock import SystemClock
    from merge.run.session import open_session
    from merge.run.stop import StopSignal
    from merge.services.aistudios import AiStudios, AiStudiosSettings, ApiKey
    from merge.settings import DEFAULT_TIMING, Settings

    times: list[float] = []

    class Timed(AiStudios):
        async def submit(self, project: Project) -> JobId:
            times.append(time.perf_counter())
            try:
                return await super().submit(project)
            finally:
                times.append(time.perf_counter())

    timing = replace(DEFAULT_TIMING, requests_per_second=1e6)
    settings = Settings(timing=timing, wait=False, at_once=AT_ONCE, trust_simulated=True)
    # The first mode is used on an unknown drive; the second would lose ids in a power cut and isn't offered.
    if side == "network":
        merge.journal.sqlite.__dict__["_LOCAL_FILE_SYSTEMS"] = set()
    if side == "volatile":
        merge.journal.sqlite.__dict__["_SYNC_SETTINGS"] = ("PRAGMA synchronous = OFF",)
    with open_session(folder / "people.xlsx", folder / "hello.json", settings) as session:
        place = AiStudiosSettings(base_url=url)
        async with Timed(ApiKey("key"), place, trust_env=False) as service:
            result = await session.carry_out(service, SystemClock(), StopSignal(), lambda _: None)
    assert result.counts["rendering"] == rows, result.counts
    return times[-1] - times[0]


if __name__ == "__main__":
    sys.exit(main())
