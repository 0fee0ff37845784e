from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path

from merge.journal import QueuedProject, SharedWorkbook, shared_journal, shared_queue
from merge.model import Entry, ExportState, Fingerprint, JobId, Progress, Project, RowKey, State, Tag
from merge.run.clock import SystemClock
from merge.run.stop import StopSignal
from merge.run.worker import Worker
from merge.settings import PollPolicy, Settings, Timing
from tests.support.fake_service import FakeService

RATE, AT_ONCE, ROWS = 5.0, 2, 6
PACE = Settings(at_once=AT_ONCE, timing=Timing(poll=PollPolicy(0.1, 0.1, 0.2, 0.2), requests_per_second=RATE))


class SlowService(FakeService):
    """Takes half a second for each submission, and notes when each request was sent."""

    def __init__(self, stop: StopSignal) -> None:
        super().__init__(SystemClock())
        self.sent: list[float] = []
        self.most = self._now = 0
        self._stop = stop

    async def submit(self, project: Project) -> JobId:
        self.sent.append(time.monotonic())
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0.5)
        self._now -= 1
        return JobId(project.tag)

    async def progress(self, job: JobId) -> Progress:
        self.sent.append(time.monotonic())
        self.accepted[job] = (Project(RowKey(job), "", Fingerprint(""), Tag(job)), 0.0)
        self._stop.requested = len(self.accepted) == ROWS
        return Progress(100, ExportState.COMPLETE, f"https://x.y/{job}.mp4")

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        raise AssertionError(jobs)


def test_two_workers_keep_to_one_rate_and_one_number_of_submissions(database: str, tmp_path: Path) -> None:
    """Together they send no more than one run would, whichever of them has the rows."""
    path = tmp_path / "people.xlsx"
    path.touch()
    place = shared_journal(database, SharedWorkbook(path, practice=False, lock=tmp_path / "people.db"))
    with place.open() as journal, journal.lock():
        journal.save_sheet("S", {})
        rows = [
            Entry(RowKey(f"{row}"), row, "c", Fingerprint("f"), Tag(f"t{row}"), State.QUEUED)
            for row in range(ROWS)
        ]
        journal.queue("S", [QueuedProject(row, "{}") for row in rows], "a service")
    stop = StopSignal()
    service = SlowService(stop)
    queue = partial(shared_queue, database, "a service")

    async def both() -> None:
        workers = (Worker(queue, service, SystemClock(), PACE, stop) for _ in range(2))
        async with asyncio.timeout(30):
            await asyncio.gather(*(worker.work() for worker in workers))

    asyncio.run(both())
    assert len(service.accepted) == ROWS
    assert service.most == AT_ONCE
    burst = RATE / 2
    assert service.sent[-1] - service.sent[0] > (len(service.sent) - burst) / RATE - 0.3
