"""Follow submitted rows until their videos are there: polls, the project list, webhooks."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from merge.errors import Rejected, ServiceError, Unauthorized
from merge.model import Entry, ExportState, JobId, Problem, Progress, RowKey, State
from merge.run.delays import SAFETY, ProgressSample, next_poll
from merge.run.state import RunContext
from merge.settings import Webhook

OnWebhook = Callable[[RowKey, float | None, bool], None]
"""Told of a row, of its credits where the service said them, and whether its video may be there."""


AddressOf = Callable[[RowKey], str]
WebhookListener = Callable[
    [Webhook | None, OnWebhook, Callable[[], AddressOf]], AbstractContextManager[AddressOf]
]
"""How webhooks are heard: as `listen_for_webhooks` does."""


@contextmanager
def listen_for_webhooks(
    webhook: Webhook | None, on_webhook: OnWebhook, tokens: Callable[[], AddressOf]
) -> Iterator[AddressOf]:
    """Listen as long as the block lasts; gives each row's address, or "" where nobody listens.

    A row's address is heard once it was asked for.

    Raises:
        InputError: the address is none, or its port is taken
    """
    if webhook is None:
        yield lambda _: ""
        return
    from merge.services.webhook import Delivery, WebhookReceiver  # noqa: PLC0415 - starlette and uvicorn are heavy

    loop = asyncio.get_running_loop()

    def hand_over(delivery: Delivery) -> None:
        news = delivery.done or delivery.percent is None
        loop.call_soon_threadsafe(on_webhook, delivery.key, delivery.credits, news)

    with WebhookReceiver(webhook.url, hand_over, listen=webhook.listen, token=tokens()) as receiver:
        yield receiver.url_for


MANY = 36
"""From so many jobs on one look at the list costs less than looks at each."""
_SHARE_OF_TIME = 20
"""A list that takes long is asked for less often: its answer may be megabytes."""


class ProjectList:
    """Looks at the list from time to time.

    Attributes:
        list_is_reliable: whether jobs that it does not name may be taken for unfinished ones
    """

    def __init__(self, desk: RunContext) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._poll = desk.settings.effective_timing.poll
        self._expected: set[JobId] = set()
        self._next = self._clock.seconds() + self._poll.poll_min
        self._gone = False
        self.list_is_reliable = False

    def must_list(self, job: JobId) -> None:
        """This job was seen complete: the next list has to name it."""
        self._expected.add(job)

    def is_due(self, followed: int) -> bool:
        """Whether it is worth a look, by the number of jobs that are followed."""
        if followed < MANY:
            # Whoever goes on looking at each must do so at the usual pace.
            self.list_is_reliable = False
        return followed >= MANY and not self._gone and self._clock.seconds() >= self._next

    async def look(self, jobs: Collection[JobId], *, calm: bool) -> dict[JobId, Progress]:
        """Those of the jobs that have come to their end, as far as the list tells.

        Args:
            jobs: whose end is waited for
            calm: whether something else tells of it as well, so that the list need not be asked so often
        """
        wanted = frozenset(jobs)
        # Once in a while among many submissions: those who wait for videos are not to starve.
        await self._gate.enter(urgent=True)
        asked = self._clock.seconds()
        try:
            ended = await self._service.finished(wanted | self._expected)
        except ServiceError as error:
            self._failed(error)
            return {}
        now = self._clock.seconds()
        self._judge(ended)
        often = self.list_is_reliable and not calm
        wait = self._poll.poll_min if often else self._poll.poll_max
        self._next = now + max(wait, _SHARE_OF_TIME * (now - asked))
        return {job: seen for job, seen in ended.items() if job in wanted}

    def _judge(self, ended: Collection[JobId]) -> None:
        """A list that lacks what is there is not trusted any more; one that names what is there is."""
        if not self._expected <= set(ended):
            self.list_is_reliable = False
        elif ended:
            self.list_is_reliable = True
        self._expected.clear()

    def _failed(self, error: ServiceError) -> None:
        self._gate.slow_down(error)
        self.list_is_reliable = False
        self._next = self._clock.seconds() + self._poll.poll_max
        if isinstance(error, Unauthorized):
            self._book.stopped_by = error
        self._gone = isinstance(error, Rejected)


LOOKS_AT_ONCE = 4
_REJECTIONS = 3
"""How often in a row the service may say that it does not know a job before it is believed."""


@dataclass(slots=True)
class PolledJob:
    """One job that is followed; times are the clock's seconds.

    Attributes:
        looked: when it was last looked at, or submitted
        heard: when it was last heard of
        hints: how often it was said that there is news; `asked` is how often before the last look
        changed: when its progress last moved; time in which nobody could look does not count
        due: when it is to be looked at next; `turn` tells an older wish from this one
        news: whether its end is near or there, so that nothing else is waited for
        reports: whether it reports to this run, where any does
    """

    entry: Entry
    began: float
    looked: float
    changed: float
    due: float = 0.0
    turn: int = 0
    heard: float = -math.inf
    hints: int = 0
    asked: int = 0
    news: bool = False
    reports: bool = True
    samples: tuple[ProgressSample, ...] = ()
    errors: int = 0
    rejections: int = 0


class JobPoller:
    """Looks at jobs when they are due, and at the list of projects where many are followed."""

    def __init__(self, desk: RunContext) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._patience = desk.settings.effective_timing
        self._watches: dict[RowKey, PolledJob] = {}
        self._due: list[tuple[float, int, RowKey]] = []
        self._turn = 0
        self._list = ProjectList(desk)
        self._hears = False

    @property
    def idle(self) -> bool:
        """Whether no job is followed."""
        return not self._watches

    @property
    def next_due(self) -> float:
        """When the next look is due, in the clock's seconds."""
        return self._due[0][0] if self._due else self._clock.seconds()

    def follow(self, entry: Entry, *, at_once: bool = False) -> None:
        """Begin to follow a job; `at_once` where it was submitted by an earlier run."""
        now = self._clock.seconds()
        watch = self._watches[entry.key] = PolledJob(entry, now, now, now, news=at_once, reports=not at_once)
        self._schedule(watch, now if at_once else now + next_poll(self._patience.poll, ()))

    def expedite(self, key: RowKey, *, news: bool) -> None:
        """Somebody was heard of a row; where it is `news`, its next look is due now."""
        # Where one report arrives the others will, so looks become the exception.
        self._hears = True
        watch = self._watches.get(key)
        if watch:
            watch.reports, watch.heard = True, self._clock.seconds()
        if watch and news:
            watch.news = True
            watch.hints += 1
            self._schedule(watch, min(watch.due, watch.heard))

    async def look(self, stopped: Callable[[], bool]) -> None:
        """Look at what is due: at the list for all, then at a few jobs at once."""
        if stopped():
            return
        trusted = self._list.list_is_reliable
        if self._list.is_due(len(self._watches)):
            await self._look_at_list()
        if trusted and not self._list.list_is_reliable:
            self._look_at_each_again()
        taken_at = self._clock.seconds()
        due = list(islice(self._taken(), LOOKS_AT_ONCE))
        if due and not stopped():
            await asyncio.gather(*(self._look_at(watch, taken_at) for watch in due))

    async def _look_at_list(self) -> None:
        followed = {watch.entry.job: watch.entry.key for watch in self._watches.values() if watch.entry.job}
        for job, seen in (await self._list.look(followed, calm=self._hears)).items():
            # A job may have been left while the list was on its way.
            watch = self._watches.get(followed[job])
            if watch and watch.entry.job == job:
                self._seen(watch, seen)

    def _look_at_each_again(self) -> None:
        for watch in self._watches.values():
            usual = watch.looked + next_poll(self._patience.poll, watch.samples, errors=watch.errors)
            if usual < watch.due:
                self._schedule(watch, usual)

    def _taken(self) -> Iterator[PolledJob]:
        """The jobs that are due, one after the other, those left out that something else watches."""
        now = self._clock.seconds()
        while self._due and self._due[0][0] <= now:
            due, turn, key = heapq.heappop(self._due)
            watch = self._watches.get(key)
            if watch is None or watch.turn != turn:
                continue
            if self._is_covered(watch) and not watch.news and self._until(watch) > now:
                self._schedule(watch, self._until(watch))
                continue
            self._leave_out(watch, now - due)
            yield watch

    def _leave_out(self, watch: PolledJob, seconds: float) -> None:
        """A laptop that slept, or a full budget: that is not the job's standing still."""
        watch.changed += max(seconds - self._patience.poll.poll_max, 0.0)

    def _is_covered(self, watch: PolledJob) -> bool:
        return self._list.list_is_reliable or (self._hears and watch.reports)

    def _until(self, watch: PolledJob) -> float:
        """How long a job may go without a look; reports that never end do not keep it from one."""
        safety = SAFETY * self._patience.poll.poll_max
        return min(max(watch.looked, watch.heard) + safety, watch.looked + SAFETY * safety)

    def _schedule(self, watch: PolledJob, due: float) -> None:
        self._turn += 1
        watch.due, watch.turn = due, self._turn
        heapq.heappush(self._due, (due, self._turn, watch.entry.key))

    async def _look_at(self, watch: PolledJob, taken_at: float) -> None:
        job = watch.entry.job
        assert job is not None
        await self._gate.enter()
        watch.asked = watch.hints
        try:
            progress = await self._service.progress(job)
        except ServiceError as error:
            self._leave_out(watch, self._clock.seconds() - taken_at)
            await self._missed(watch, error)
        else:
            self._leave_out(watch, self._clock.seconds() - taken_at)
            self._seen(watch, progress)

    def _seen(self, watch: PolledJob, progress: Progress) -> None:
        now = self._clock.seconds()
        if not watch.samples or progress.percent != watch.samples[-1].percent:
            watch.changed = now
        watch.samples = (*watch.samples[-1:], ProgressSample(now - watch.began, progress.percent))
        # What was heard while the answer was on its way may be newer than the answer.
        watch.news = watch.hints > watch.asked
        watch.looked = now
        watch.errors = watch.rejections = 0
        match progress.state:
            case ExportState.COMPLETE:
                self._finish(watch, State.COMPLETE, video_url=progress.video_url)
            case ExportState.FAILED:
                reason = progress.failure or progress.said or "no reason given"
                problem = Problem(
                    f"AI Studios could not make this video: {reason}",
                    hint="Look at the project in AI Studios; to try again: castmerge run --retry-failed",
                )
                self._finish(watch, State.FAILED, problem=problem)
            case ExportState.DRAFT:
                self._finish(watch, State.DRAFT)
            case ExportState.RENDERING:
                self._book.see_progress(watch.entry, progress.percent)
                self._go_on(watch, progress.percent)

    def _go_on(self, watch: PolledJob, percent: float) -> None:
        still = self._clock.seconds() - watch.changed
        if percent >= 100 and still > 2 * self._patience.poll.poll_max:  # noqa: PLR2004 - percent
            problem = Problem(
                "The video is complete, but the service gave no link", hint="Open it in AI Studios"
            )
            self._finish(watch, State.COMPLETE, problem=problem)
        else:
            soon = watch.news
            watch.news = soon or percent >= 100  # noqa: PLR2004 - likewise
            self._look_again(watch, soon=soon)

    def _look_again(self, watch: PolledJob, *, soon: bool = False) -> None:
        """Come back later, unless the job has not moved for so long that it stays open for another run."""
        now = self._clock.seconds()
        if now - watch.changed < self._patience.give_up_after:
            wait = next_poll(self._patience.poll, watch.samples, errors=watch.errors)
            self._schedule(watch, now if soon else now + wait)
        else:
            del self._watches[watch.entry.key]

    async def _missed(self, watch: PolledJob, error: ServiceError) -> None:
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
                hint="If it was deleted, make it again: castmerge run --retry-failed",
            )
            self._finish(watch, State.FAILED, problem=problem)
        else:
            problem = Problem(
                f"AI Studios does not tell how far this video is: {error.message}",
                hint="Look at it in AI Studios; if --progress-path is set, check it",
            )
            self._leave(replace(watch.entry, problem=problem))

    async def _is_gone(self, watch: PolledJob) -> bool:
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
        self, watch: PolledJob, state: State, *, video_url: str | None = None, problem: Problem | None = None
    ) -> None:
        if state is State.COMPLETE and watch.entry.job:
            self._list.must_list(watch.entry.job)
        ended = replace(
            watch.entry, state=state, video_url=video_url, problem=problem, completed_at=self._clock.now()
        )
        self._leave(ended)

    def _leave(self, entry: Entry) -> None:
        del self._watches[entry.key]
        # Many that come to their end at one look are recorded in one step.
        self._book.record_later(entry)
