"""A worker makes what waits in a shared journal until it is stopped, through every outage of the journal."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from merge.errors import JournalError, ServiceError
from merge.journal import Queue, workbook_and_sheet
from merge.run.clock import Clock
from merge.run.runner import Runner
from merge.run.state import RowEvent, RunState
from merge.run.stop import StopSignal, unless_stopped
from merge.services.protocol import VideoService
from merge.settings import Settings

AGAIN_AFTER = 5.0
"""Seconds between two attempts while the journal can't be used."""
_COUNT_EVERY = 5.0
_TICK = 0.2
_LOG = logging.getLogger("merge.worker")


@dataclass(slots=True)
class WorkerFigures:
    """What a worker did since it began, and what waits for all workers.

    Attributes:
        changes: changes of rows by their new status
        waiting: rows of all workbooks by their state in the journal: `queued`, `submitting`, `submitted`
    """

    changes: Counter[str] = field(default_factory=Counter)
    waiting: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker.

    Attributes:
        open_queue: opens the queue
        service: makes the videos
        clock: that of the service
        settings: its pace; everything else is as each row was filled in
        stop: ends it
        figures: are kept current
        report: called with sentences for people
    """

    open_queue: Callable[[], Queue]
    service: VideoService
    clock: Clock
    settings: Settings
    stop: StopSignal
    figures: WorkerFigures = field(default_factory=WorkerFigures)
    report: Callable[[str], None] = lambda _: None

    async def work(self) -> None:
        """Work until it is stopped.

        Raises:
            JournalError: the journal can't be used from the start
            ServiceError: the service refuses the key
        """
        has_begun = False
        while not self.stop.requested:
            try:
                with self.open_queue() as queue, queue.lock():
                    if not has_begun:
                        self.report(f"Working on {queue.name}. To stop, press Ctrl-C.")
                    has_begun = True
                    await self._serve(queue)
            except JournalError as error:
                if not has_begun:
                    raise
                _LOG.info("the journal failed: %s", error)
                self.report(f"The journal failed, so the worker tries again: {error}.")
                await self._wait()

    async def _serve(self, queue: Queue) -> None:
        """Make what waits until the worker is stopped, or the error that ends it is raised."""
        _LOG.info("the worker began", extra={"journal": queue.name})
        state = RunState(queue, "", self._observe, forgets=True)
        runner = Runner(self.service, state, self.clock, self.settings, self.stop)
        counting = asyncio.create_task(self._count(queue))
        try:
            # Every response has the service's time, by which computers with different clocks agree.
            with suppress(ServiceError):
                await unless_stopped(self.service.check_auth(), lambda: self.stop.requested)
            await runner.serve(queue)
        finally:
            counting.cancel()
        _LOG.info("the worker ended", extra={"journal": queue.name})
        if state.stopped_by:
            raise state.stopped_by

    async def _count(self, queue: Queue) -> None:
        while True:
            try:
                self.figures.waiting = queue.counts()
            except JournalError:
                self.figures.waiting = {}
            await asyncio.sleep(_COUNT_EVERY)

    def _observe(self, event: RowEvent) -> None:
        status = str(event.status) or "To do"
        self.figures.changes[status] += 1
        workbook, sheet = workbook_and_sheet(event.key)
        facts = {"workbook": workbook, "sheet": sheet, "row": event.row, "video_id": event.video_id}
        _LOG.info("%s, sheet %s, row %d: %s", workbook, sheet, event.row, status, extra=facts)

    async def _wait(self) -> None:
        for _ in range(int(AGAIN_AFTER / _TICK)):
            if not self.stop.requested:
                await self.clock.sleep(_TICK)
