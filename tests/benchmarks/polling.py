"""Requests per video and the delay until its end is noticed: `python tests/benchmarks/polling.py [--quick]`.

The real runner, from the first submission to the last video, on a virtual clock. A video takes 60 to 600 s,
its progress is uneven and starts late, and a request takes 50 ms. The delay is from the end of a video to its
record in the journal. For comparison, the same runner polls like the vendor's two samples (every 3 s and
every 60 s).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, quantiles
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from merge.errors import Rejected  # noqa: E402 - the repository's own packages are importable from here on
from merge.input.open_sheet import open_sheet  # noqa: E402
from merge.journal import SqliteJournal  # noqa: E402 - same
from merge.model import JSON, ExportState, JobId, Progress, Project, RowKey, SheetVideos, Tag  # noqa: E402
from merge.plan.plan import Plan, make_plan  # noqa: E402
from merge.run.follow import OnWebhook  # noqa: E402
from merge.run.runner import Runner  # noqa: E402
from merge.run.state import RowEvent, RunState  # noqa: E402
from merge.run.stop import StopSignal  # noqa: E402
from merge.settings import PollPolicy, Selection, Settings, Timing, Webhook  # noqa: E402
from merge.sheet.result_columns import Status  # noqa: E402
from tests.support.fake_service import EmptyAccount  # noqa: E402
from tests.support.virtual_time import LoopClock, run_free  # noqa: E402

LATENCY = 0.05
LOST = 0.01
TEMPLATE = ROOT / "tests" / "data" / "seed_project.json"
USUAL = PollPolicy()


@dataclass(frozen=True)
class Policy:
    """A way to follow jobs.

    Attributes:
        poll: how often jobs are polled
        lists: whether the project list shows complete videos
        reports: whether there are webhooks, one in a hundred of them lost
    """

    name: str
    poll: PollPolicy = USUAL
    lists: bool = False
    reports: bool = False


POLICIES = (
    Policy("every 3 s (the vendor's sample)", PollPolicy(3, 3, 3, 3)),
    Policy("every 60 s (the vendor's other sample)", PollPolicy(60, 60, 60, 60)),
    Policy("castmerge, a list that shows nothing"),
    Policy("castmerge", lists=True),
    Policy("castmerge, webhooks, no list", reports=True),
    Policy("castmerge, webhooks (1 % lost)", lists=True, reports=True),
)


@dataclass
class Studio(EmptyAccount):
    """A service whose videos depend only on time."""

    policy: Policy
    chance: random.Random
    ends: dict[JobId, tuple[float, float, float, float]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    times: deque[float] = field(default_factory=deque)
    keys: dict[JobId, RowKey] = field(default_factory=dict)
    on_webhook: OnWebhook | None = None

    async def _request(self, kind: str) -> float:
        self.asked[kind] += 1
        self.times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(LATENCY)
        return asyncio.get_running_loop().time()

    async def submit(self, project: Project) -> JobId:
        """Accept a project; its video starts at once."""
        now = await self._request("submit")
        job = JobId(f"video{len(self.ends):06d}")
        takes = self.chance.uniform(60, 600)
        self.ends[job] = (now, takes, self.chance.uniform(0, 0.1) * takes, self.chance.uniform(0.8, 1.25))
        self.keys[job] = project.key
        if self.policy.reports and self.on_webhook:
            self._report(project.key, takes)
        return job

    def _report(self, key: RowKey, takes: float) -> None:
        """Send four webhooks on the way and one at the end, each of which may be lost."""
        loop = asyncio.get_running_loop()
        for part in (0.2, 0.4, 0.6, 0.8, 1.0):
            if self.on_webhook and self.chance.random() >= LOST:
                loop.call_later(takes * part, self.on_webhook, key, 1.0 if part == 1.0 else None, part == 1.0)

    async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
        """Not needed: there are no drafts."""
        raise Rejected(f"{job} with {dict(options)}")

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """Find nothing: there was no earlier run."""
        await self._request(f"find {len(tags) > 0}")
        return {}

    async def progress(self, job: JobId) -> Progress:
        """The progress of a video."""
        return self._seen(job, await self._request("progress"))

    async def tags_of(self, jobs: Collection[JobId]) -> dict[JobId, Tag]:
        return {}

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        """The videos that have ended."""
        now = await self._request("survey")
        if not self.policy.lists:
            return {}
        seen = {job: self._seen(job, now) for job in jobs}
        return {job: one for job, one in seen.items() if one.state is ExportState.COMPLETE}

    async def fetch(self, project_id: str) -> JSON:
        """Not needed."""
        raise Rejected(project_id)

    def _seen(self, job: JobId, now: float) -> Progress:
        began, takes, queue, bend = self.ends[job]
        age = now - began
        if age >= takes:
            return Progress(100, ExportState.COMPLETE, f"https://x.y/{job}.mp4")
        share = max(age - queue, 0) / (takes - queue)
        return Progress(round(99 * share**bend, 2), ExportState.RENDERING)

    def end_of(self, job: str) -> float:
        """The time at which its video was done."""
        began, takes, *_ = self.ends[JobId(job)]
        return began + takes


@dataclass(frozen=True)
class Measured:
    """The figures for one way of polling."""

    looks: float
    mean: float
    p95: float
    busiest: float
    cpu: float


def follow(policy: Policy, plan: Plan, folder: Path, rate: float) -> Measured:
    """Carry out a plan and count the requests."""
    studio = Studio(policy, random.Random(7))
    seen: dict[str, float] = {}

    @contextmanager
    def listen(
        _webhook: Webhook | None, on_webhook: OnWebhook, _tokens: object
    ) -> Iterator[Callable[[RowKey], str]]:
        studio.on_webhook = on_webhook
        yield str

    async def carry_out(journal: SqliteJournal) -> None:
        def observe(event: RowEvent) -> None:
            if event.status is Status.COMPLETE:
                seen.setdefault(event.video_id, asyncio.get_running_loop().time())

        settings = Settings(
            selection=Selection(key=("Name",)),
            timing=Timing(poll=policy.poll, requests_per_second=rate),
            webhook=Webhook("http://127.0.0.1/hook") if policy.reports else None,
            at_once=8,
        )
        state = RunState(journal, "People", observe)
        await Runner(studio, state, LoopClock(), settings, StopSignal(), listen=listen).carry_out(plan)

    begun = time.process_time()
    with SqliteJournal.open(
        folder / f"{policy.name.partition(' (')[0].replace(' ', '-')}-{rate}.db"
    ) as journal:
        run_free(carry_out(journal))
    assert len(seen) == len(plan.rows), (len(seen), len(plan.rows))
    lags = [at - studio.end_of(job) for job, at in seen.items()]
    looks = sum(count for kind, count in studio.asked.items() if kind != "submit")
    return Measured(
        looks / len(seen),
        fmean(lags),
        quantiles(lags, n=20)[-1],
        _busiest(studio.times),
        time.process_time() - begun,
    )


def _busiest(times: Collection[float]) -> float:
    """The highest average of requests per second within ten seconds, so that a burst doesn't count."""
    window: deque[float] = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] <= at - 10:
            window.popleft()
        most = max(most, len(window))
    return most / 10


def make_rows(folder: Path, rows: int) -> Plan:
    """A plan with this many rows."""
    import xlsxwriter

    path = folder / f"people-{rows}.xlsx"
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet("People")
    page.write_row(0, 0, ["Name"])
    for number in range(1, rows + 1):
        page.write_row(number, 0, [f"Person {number:05}"])
    book.close()
    template = folder / "hello.json"
    template.write_text(
        TEMPLATE.read_text(encoding="utf-8").replace('"name":', '"name": "Hello {{ name }}", "was":', 1),
        encoding="utf-8",
    )
    settings = Settings(selection=Selection(key=("Name",)))
    return make_plan(open_sheet(path, settings), template, settings, SheetVideos())


def main() -> int:
    """Measure and print the tables; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smaller of both sizes alone")
    quick = parser.parse_args().quick
    measurements: dict[tuple[int, str], Measured] = {}
    # In memory if possible, because the disk isn't measured here.
    shared = Path("/dev/shm")  # noqa: S108 - used because it is in memory
    with TemporaryDirectory(prefix="castmerge-polling-", dir=shared if shared.is_dir() else None) as name:
        for rows, rate in ((200, 10.0),) if quick else ((200, 10.0), (10_000, 50.0)):
            plan = make_rows(Path(name), rows)
            print(f"\n{rows} jobs, {rate:g} requests a second at most")
            print(f"{'way':42}{'looks a job':>12}{'mean lag s':>12}{'p95':>8}{'busiest/s':>11}{'CPU s':>8}")
            for policy in POLICIES:
                one = measurements[rows, policy.name] = follow(policy, plan, Path(name), rate)
                figures = f"{one.looks:12.2f}{one.mean:12.1f}{one.p95:8.1f}{one.busiest:11.1f}{one.cpu:8.1f}"
                print(f"{policy.name:42}{figures}", flush=True)
                assert one.busiest <= rate * 1.06, "above the budget"
    plain, webhooks = measurements[200, "castmerge"], measurements[200, "castmerge, webhooks (1 % lost)"]
    print("\naims for 200 jobs: at most 8 looks a job at a mean lag of 4 s; 1.5 at 2 s with webhooks")
    missed = plain.looks > 8 or plain.mean > 4 or webhooks.looks > 1.5 or webhooks.mean > 2
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
