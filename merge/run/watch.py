"""Follow submitted rows until their videos are there."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from merge.errors import Rejected, ServiceError, Unauthorized
from merge.model import Entry, ExportState, Problem, Progress, RowKey, State
from merge.pace import Look, next_look
from merge.run.desk import Desk

LOOKS_AT_ONCE = 4
_REJECTIONS = 3
"""How often in a row the service may say that it does not know a job before it is believed."""


@dataclass(slots=True)
class Watch:
    """One job that is followed; times are the clock's seconds."""

    entry: Entry
    began: float
    changed: float
    looks: list[Look] = field(default_factory=list)
    errors: int = 0
    rejections: int = 0


class Watcher:
    """Looks at jobs when they are due."""

    def __init__(self, desk: Desk) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._patience = desk.settings.waits
        self._due: list[tuple[float, int, Watch]] = []
        self._turn = 0

    @property
    def idle(self) -> bool:
        """Whether no job is followed."""
        return not self._due

    @property
    def next_due(self) -> float:
        """When the next look is due, in the clock's seconds."""
        return self._due[0][0]

    def follow(self, entry: Entry, *, at_once: bool = False) -> None:
        """Begin to follow a job; `at_once` where it was submitted by an earlier run."""
        now = self._clock.seconds()
        watch = Watch(entry, now, now)
        self._schedule(watch, 0.0 if at_once else next_look(self._patience.poll, ()))

    def hint(self, key: RowKey) -> None:
        """Somebody says that there is news of a row: its next look is due now."""
        now = self._clock.seconds()
        self._due = [
            (min(due, now) if watch.entry.key == key else due, turn, watch) for due, turn, watch in self._due
        ]
        heapq.heapify(self._due)

    async def look(self, stopped: Callable[[], bool]) -> None:
        """Look at the jobs that are due, a few at once."""
        now = self._clock.seconds()
        due: list[Watch] = []
        while self._due and self._due[0][0] <= now and len(due) < LOOKS_AT_ONCE:
            due.append(heapq.heappop(self._due)[2])
        if due and not stopped():
            await asyncio.gather(*(self._look_at(watch) for watch in due))

    def _schedule(self, watch: Watch, wait: float) -> None:
        self._turn += 1
        heapq.heappush(self._due, (self._clock.seconds() + wait, self._turn, watch))

    async def _look_at(self, watch: Watch) -> None:
        job = watch.entry.job
        assert job is not None
        await self._gate.enter()
        try:
            progress = await self._service.progress(job)
        except ServiceError as error:
            await self._missed(watch, error)
        else:
            self._seen(watch, progress)

    def _seen(self, watch: Watch, progress: Progress) -> None:
        now = self._clock.seconds()
        if not watch.looks or progress.percent != watch.looks[-1].percent:
            watch.changed = now
        watch.looks.append(Look(now - watch.began, progress.percent))
        watch.errors = watch.rejections = 0
        match progress.state:
            case ExportState.COMPLETE:
                self._finish(watch, State.COMPLETE, video_url=progress.video_url)
            case ExportState.FAILED:
                reason = progress.failure or progress.said or "no reason given"
                problem = Problem(
                    f"AI Studios could not make this video: {reason}",
                    cure="Look at the project in AI Studios; to try again: castmerge run --retry-failed",
                )
                self._finish(watch, State.FAILED, problem=problem)
            case ExportState.DRAFT:
                self._finish(watch, State.DRAFT)
            case ExportState.RENDERING:
                self._book.see_progress(watch.entry, progress.percent)
                self._go_on(watch, progress.percent)

    def _go_on(self, watch: Watch, percent: float) -> None:
        still = self._clock.seconds() - watch.changed
        if percent >= 100 and still > 2 * self._patience.poll.poll_max:  # noqa: PLR2004 - percent
            problem = Problem(
                "The video is complete, but the service gave no link", cure="Open it in AI Studios"
            )
            self._finish(watch, State.COMPLETE, problem=problem)
        else:
            self._look_again(watch)

    def _look_again(self, watch: Watch) -> None:
        """Come back later, unless the job has not moved for so long that it stays open for another run."""
        if self._clock.seconds() - watch.changed < self._patience.give_up_after:
            self._schedule(watch, next_look(self._patience.poll, watch.looks[-2:], errors=watch.errors))

    async def _missed(self, watch: Watch, error: ServiceError) -> None:
        self._gate.slow_down(error)
        watch.errors += 1
        if isinstance(error, Unauthorized):
            self._book.stopped_by = error
            return
        watch.rejections += isinstance(error, Rejected)
        if watch.rejections < _REJECTIONS:
            self._look_again(watch)
        elif await self._is_gone(watch):
            problem = Problem(
                f"AI Studios does not know this video: {error.message}",
                cure="If it was deleted, make it again: castmerge run --retry-failed",
            )
            self._finish(watch, State.FAILED, problem=problem)
        else:
            problem = Problem(
                f"AI Studios does not tell how far this video is: {error.message}",
                cure="Look at it in AI Studios; if --progress-path is set, check it",
            )
            self._book.record(replace(watch.entry, problem=problem))

    async def _is_gone(self, watch: Watch) -> bool:
        """Whether the project itself is unknown too: a wrong progress address must not fail paid videos."""
        await self._gate.enter()
        try:
            await self._service.fetch(str(watch.entry.job))
        except Rejected:
            return True
        except ServiceError:
            return False
        return False

    def _finish(
        self, watch: Watch, state: State, *, video_url: str | None = None, problem: Problem | None = None
    ) -> None:
        self._book.record(
            replace(
                watch.entry, state=state, video_url=video_url, problem=problem, completed_at=self._clock.now()
            )
        )
