"""Follow submitted jobs until they end: by polls, by the project list, and by webhooks."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from merge.errors import Rejected, ServiceError, Unauthorized
from merge.model import Entry, ExportState, JobId, Problem, Progress, RowKey, State
from merge.run.delays import SAFETY, ProgressSample, next_poll
from merge.run.state import RunContext
from merge.settings import Webhook

POLLS_AT_ONCE = 4
_MAX_REJECTIONS = 3
"""How often in a row the service must report a job as unknown before that is believed."""
_MIN_JOBS_FOR_LIST = 36
"""From this many jobs on, one request to the list costs less than polling each."""
_RECORDED_TOGETHER = 500
"""The maximum number of outcomes in one list that are recorded in one transaction."""
_LIST_SHARE = 20
"""The list is requested for at most 1/20 of the time, because its answer may be megabytes."""

OnWebhook: TypeAlias = Callable[[RowKey, float | None, bool], None]
"""Called with a row's key, the credits if reported, and whether its video may be ready."""
UrlOf: TypeAlias = Callable[[RowKey], str]
WebhookListener: TypeAlias = Callable[
    [Webhook | None, OnWebhook, Callable[[], UrlOf]], AbstractContextManager[UrlOf]
]
"""The type of `listen_for_webhooks`."""


@contextmanager
def listen_for_webhooks(
    webhook: Webhook | None, on_webhook: OnWebhook, tokens: Callable[[], UrlOf]
) -> Iterator[UrlOf]:
    """Receive webhooks during a run; a webhook only makes the next poll of its job happen earlier.

    Yields:
        A function that returns a row's webhook address, or "" without webhooks. Requests to an address are
        accepted once it was returned.

    Raises:
        InputError: the address is invalid, or its port is in use
    """
    if webhook is None:
        yield lambda _: ""
        return
    from merge.services.webhook import Delivery, WebhookReceiver  # noqa: PLC0415 - starlette and uvicorn are heavy

    loop = asyncio.get_running_loop()

    def deliver(delivery: Delivery) -> None:
        may_be_ready = delivery.done or delivery.percent is None
        loop.call_soon_threadsafe(on_webhook, delivery.key, delivery.credits, may_be_ready)

    with WebhookReceiver(webhook.url, deliver, listen=webhook.listen, token=tokens()) as receiver:
        yield receiver.url_for


class ProjectList:
    """Polls many jobs with one request to the project list, as long as the list has proved reliable.

    The list may lack projects in progress, other workspaces, or all but its first page. So it can only show
    that a job has ended, and it is reliable once it has shown a job that is known to be complete.

    Attributes:
        is_reliable: whether a job that isn't in the list counts as unfinished
    """

    def __init__(self, context: RunContext) -> None:
        self._service = context.service
        self._state = context.state
        self._limiter = context.limiter
        self._clock = context.clock
        self._poll = context.settings.effective_timing.poll
        self._must_show: set[JobId] = set()
        self._next = self._clock.seconds() + self._poll.poll_min
        self._rejected = False
        self.is_reliable = False

    def must_show(self, job: JobId) -> None:
        """Expect the next list to show this job, which is complete."""
        self._must_show.add(job)

    def is_due(self, jobs: int) -> bool:
        """Whether `finished` has something to do, given the number of jobs that are polled."""
        if jobs < _MIN_JOBS_FOR_LIST:
            return self.is_reliable
        return not self._rejected and self._clock.seconds() >= self._next

    async def finished(self, jobs: Collection[JobId], *, rarely: bool) -> dict[JobId, Progress]:
        """Return the jobs that the list shows as ended; it isn't requested for a few.

        Args:
            jobs: the jobs that are polled
            rarely: whether webhooks report them too, so that the list is needed less often
        """
        wanted = frozenset(jobs)
        if len(wanted) < _MIN_JOBS_FOR_LIST:
            # Jobs that are polled one by one need the usual intervals.
            self.is_reliable = False
            return {}
        # With priority, because it is rare: otherwise many submissions would delay every finished video.
        await self._limiter.acquire(priority=True)
        asked = self._clock.seconds()
        try:
            ended = await self._service.finished(wanted | self._must_show)
        except ServiceError as error:
            self._failed(error)
            return {}
        now = self._clock.seconds()
        if not self._must_show <= set(ended):
            self.is_reliable = False
        elif ended:
            self.is_reliable = True
        self._must_show.clear()
        wait = self._poll.poll_min if self.is_reliable and not rarely else self._poll.poll_max
        self._next = now + max(wait, _LIST_SHARE * (now - asked))
        return {job: progress for job, progress in ended.items() if job in wanted}

    def _failed(self, error: ServiceError) -> None:
        self._limiter.pause_after(error)
        self.is_reliable = False
        self._next = self._clock.seconds() + self._poll.poll_max
        if isinstance(error, Unauthorized):
            self._state.stopped_by = error
        self._rejected = isinstance(error, Rejected)


@dataclass(slots=True)
class PolledJob:
    """One job that is polled; times are the clock's seconds.

    Attributes:
        key: its row's key
        job: its id
        began: when polling began
        polled: when it was last polled; at first, when polling began
        changed: when its progress last changed, moved forward by time in which it couldn't be polled
        due: when to poll it next
        turn: number of its latest place in the queue; older places are ignored
        reported: when its last webhook arrived
        reports: webhooks so far that said its video may be ready
        reports_at_poll: `reports` when the last poll was sent
        nearly_done: whether its video is nearly or probably ready, so that nothing may delay a poll
        has_webhook: whether it reports to this run, if any job does
    """

    key: RowKey
    job: JobId
    began: float
    polled: float
    changed: float
    due: float = 0.0
    turn: int = 0
    reported: float = -math.inf
    reports: int = 0
    reports_at_poll: int = 0
    nearly_done: bool = False
    has_webhook: bool = True
    samples: tuple[ProgressSample, ...] = ()
    errors: int = 0
    rejections: int = 0


class JobPoller:
    """Polls jobs when they are due, and the project list if there are many."""

    def __init__(self, context: RunContext) -> None:
        self._service = context.service
        self._state = context.state
        self._limiter = context.limiter
        self._clock = context.clock
        self._timing = context.settings.effective_timing
        self._jobs: dict[RowKey, PolledJob] = {}
        self._queue: list[tuple[float, int, RowKey]] = []
        self._turn = 0
        self._list = ProjectList(context)
        self._webhooks_arrive = False

    @property
    def idle(self) -> bool:
        """Whether no job is polled."""
        return not self._jobs

    @property
    def is_due(self) -> bool:
        """Whether there is something to request now."""
        waiting = self._queue and self._queue[0][0] <= self._clock.seconds()
        return bool(waiting) or self._list.is_due(len(self._jobs))

    @property
    def next_due(self) -> float:
        """When the next poll is due, in the clock's seconds."""
        return self._queue[0][0] if self._queue else self._clock.seconds()

    def follow(self, entry: Entry, *, at_once: bool = False) -> None:
        """Poll a job until it ends; `at_once` if an earlier run submitted it."""
        assert entry.job is not None
        self._state.remember(entry)
        now = self._clock.seconds()
        job = PolledJob(entry.key, entry.job, now, now, now, nearly_done=at_once, has_webhook=not at_once)
        self._jobs[entry.key] = job
        self._schedule(job, now if at_once else now + next_poll(self._timing.poll, ()))

    def expedite(self, key: RowKey, *, may_be_ready: bool) -> None:
        """Handle a webhook: poll its job now if its video may be ready."""
        # If one webhook arrives, the others will too, so regular polls become rare.
        self._webhooks_arrive = True
        job = self._jobs.get(key)
        if job:
            job.has_webhook, job.reported = True, self._clock.seconds()
        if job and may_be_ready:
            job.nearly_done = True
            job.reports += 1
            self._schedule(job, min(job.due, job.reported))

    async def poll_due(self, stopped: Callable[[], bool]) -> None:
        """Request the list if it is due, then poll a few of the due jobs at once."""
        if stopped():
            return
        was_reliable = self._list.is_reliable
        if self._list.is_due(len(self._jobs)):
            await self._poll_list()
        if was_reliable and not self._list.is_reliable:
            self._restore_usual_intervals()
        started = self._clock.seconds()
        due = list(islice(self._take_due(), POLLS_AT_ONCE))
        if due and not stopped():
            await asyncio.gather(*(self._poll(job, started) for job in due))

    async def _poll_list(self) -> None:
        keys = {job.job: job.key for job in self._jobs.values()}
        finished = await self._list.finished(keys, rarely=self._webhooks_arrive)
        for number, (job_id, progress) in enumerate(finished.items()):
            if number and number % _RECORDED_TOGETHER == 0:
                # Each outcome takes memory until it is in the journal.
                await self._state.wait_until_durable()
            # The job may have ended while the list was requested.
            job = self._jobs.get(keys[job_id])
            if job and job.job == job_id:
                self._take_progress(job, progress)

    def _restore_usual_intervals(self) -> None:
        for job in self._jobs.values():
            usual = job.polled + next_poll(self._timing.poll, job.samples, errors=job.errors)
            if usual < job.due:
                self._schedule(job, usual)

    def _take_due(self) -> Iterator[PolledJob]:
        """Yield the due jobs, except those that webhooks or the list report on."""
        now = self._clock.seconds()
        while self._queue and self._queue[0][0] <= now:
            due, turn, key = heapq.heappop(self._queue)
            job = self._jobs.get(key)
            if job is None or job.turn != turn:
                continue
            if self._is_covered(job) and not job.nearly_done and self._safety_poll(job) > now:
                self._schedule(job, self._safety_poll(job))
                continue
            self._discount(job, now - due)
            yield job

    def _discount(self, job: PolledJob, seconds: float) -> None:
        """Don't count time without polls as a stall, as when a laptop slept or the rate limit applied."""
        job.changed += max(seconds - self._timing.poll.poll_max, 0.0)

    def _is_covered(self, job: PolledJob) -> bool:
        return self._list.is_reliable or (self._webhooks_arrive and job.has_webhook)

    def _safety_poll(self, job: PolledJob) -> float:
        """When a job that is reported on is polled anyway; endless reports only delay it so far."""
        safety = SAFETY * self._timing.poll.poll_max
        return min(max(job.polled, job.reported) + safety, job.polled + SAFETY * safety)

    def _schedule(self, job: PolledJob, due: float) -> None:
        self._turn += 1
        job.due, job.turn = due, self._turn
        heapq.heappush(self._queue, (due, self._turn, job.key))

    async def _poll(self, job: PolledJob, started: float) -> None:
        await self._limiter.acquire()
        job.reports_at_poll = job.reports
        try:
            progress = await self._service.progress(job.job)
        except ServiceError as error:
            self._discount(job, self._clock.seconds() - started)
            await self._take_error(job, error)
        else:
            self._discount(job, self._clock.seconds() - started)
            self._take_progress(job, progress)

    def _take_progress(self, job: PolledJob, progress: Progress) -> None:
        now = self._clock.seconds()
        if not job.samples or progress.percent != job.samples[-1].percent:
            job.changed = now
        job.samples = (*job.samples[-1:], ProgressSample(now - job.began, progress.percent))
        # A webhook that arrived during the poll may be newer than its answer.
        job.nearly_done = job.reports > job.reports_at_poll
        job.polled = now
        job.errors = job.rejections = 0
        match progress.state:
            case ExportState.COMPLETE:
                self._finish(job, State.COMPLETE, video_url=progress.video_url)
            case ExportState.FAILED:
                reason = progress.failure or progress.reported or "no reason given"
                problem = Problem(
                    f"AI Studios couldn't make this video: {reason}",
                    hint="Look at the project in AI Studios. Then choose Try again in castmerge",
                )
                self._finish(job, State.FAILED, problem=problem)
            case ExportState.DRAFT:
                self._finish(job, State.DRAFT)
            case ExportState.RENDERING:
                self._state.report_progress(self._entry(job), progress.percent)
                self._go_on(job, progress.percent)

    def _go_on(self, job: PolledJob, percent: float) -> None:
        stalled = self._clock.seconds() - job.changed
        if percent >= 100 and stalled > 2 * self._timing.poll.poll_max:  # noqa: PLR2004 - percent
            problem = Problem(
                "The video is complete, but AI Studios returned no link", hint="Open the video in AI Studios"
            )
            self._finish(job, State.COMPLETE, problem=problem)
        else:
            now = job.nearly_done
            job.nearly_done = now or percent >= 100  # noqa: PLR2004 - percent
            self._schedule_next(job, now=now)

    def _schedule_next(self, job: PolledJob, *, now: bool = False) -> None:
        """Schedule the next poll, or leave a job that has stalled for too long open for another run."""
        seconds = self._clock.seconds()
        if seconds - job.changed < self._timing.give_up_after:
            wait = next_poll(self._timing.poll, job.samples, errors=job.errors)
            self._schedule(job, seconds if now else seconds + wait)
        else:
            del self._jobs[job.key]

    async def _take_error(self, job: PolledJob, error: ServiceError) -> None:
        self._limiter.pause_after(error)
        job.errors += 1
        if isinstance(error, Unauthorized):
            self._state.stopped_by = error
            return
        job.rejections += isinstance(error, Rejected)
        if job.rejections < _MAX_REJECTIONS:
            self._schedule_next(job)
        elif await self._is_gone(job):
            problem = Problem(
                f"AI Studios can't find this video: {error.message}",
                hint="If it was deleted, choose Try again in castmerge",
            )
            self._finish(job, State.FAILED, problem=problem)
        else:
            problem = Problem(
                f"AI Studios didn't report progress for this video: {error.message}",
                hint="Look at the video in AI Studios",
            )
            self._record_end(replace(self._entry(job), problem=problem))

    async def _is_gone(self, job: PolledJob) -> bool:
        """Whether the project is unknown too: a wrong progress URL must not fail paid videos."""
        await self._limiter.acquire()
        try:
            await self._service.fetch(str(job.job))
        except Rejected:
            return True
        except ServiceError:
            return False
        return False

    def _finish(
        self, job: PolledJob, state: State, *, video_url: str | None = None, problem: Problem | None = None
    ) -> None:
        if state is State.COMPLETE:
            self._list.must_show(job.job)
        ended = replace(
            self._entry(job),
            state=state,
            video_url=video_url,
            problem=problem,
            completed_at=self._clock.now(),
        )
        self._record_end(ended)

    def _entry(self, job: PolledJob) -> Entry:
        entry = self._state.get(job.key)
        assert entry is not None
        return entry

    def _record_end(self, entry: Entry) -> None:
        del self._jobs[entry.key]
        # Not awaited, so that jobs that end at one poll of the list share a transaction.
        self._state.record_later(entry)
