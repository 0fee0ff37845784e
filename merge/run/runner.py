"""Carry out a plan: submit, follow and recover rows until none is open or the run is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from merge.errors import JournalError, ServiceError, Unreachable
from merge.journal import Queue, QueuedProject, identity_of
from merge.model import Entry, JobId, RowKey, State, Tag
from merge.plan.decide import Action
from merge.plan.limits import CreditLimit, prices_in
from merge.plan.plan import Plan
from merge.plan.planned_rows import PlannedRow
from merge.run.clock import Clock
from merge.run.delays import retry_delay
from merge.run.follow import JobPoller, WebhookListener, listen_for_webhooks
from merge.run.others import HandedOver, RowsOfOthers
from merge.run.rate_limiter import RateLimiter
from merge.run.state import Outcome, RunContext, RunState, results_of
from merge.run.stop import StopSignal, unless_stopped
from merge.run.submit import (
    ExportTask,
    QueuedTask,
    SubmitTask,
    Submitter,
    Task,
    Tasks,
    entry_from_sheet,
    not_sent_entry,
    queued_project,
)
from merge.run.unconfirmed import RecoveryResult, UnconfirmedSubmissions
from merge.services.protocol import VideoService
from merge.settings import Settings
from merge.sheet.columns import Header
from merge.sheet.packed import HashSet

BeforeSending: TypeAlias = Callable[[Collection[Task]], Collection[RowKey]]
"""Called with all tasks before any is sent; returns the rows that another run has taken."""
LeaveToWorkers: TypeAlias = Callable[[Iterable[QueuedProject]], object]

_REPORT_GRACE = 30.0
"""Seconds within which a report of credits may arrive after its video is ready."""
_OFFLINE_AFTER = 3.0
"""A run that hasn't reached the service at all ends after this many seconds of failing connections."""
_LOOK_FOR_HALT_EVERY = 1.0
_LOOK_EVERY = 5.0
"""Seconds between two looks of a worker for what other workers have left."""
_CLAIM_EVERY = 1.0
"""Seconds between two looks of a worker for rows, unless it is woken."""
_IN_HAND = 2
"""A worker has at most this many times as many rows as it submits at once."""
_ABANDONED_TOGETHER = 500
_TICK = 0.2
"""The longest pause between two checks of what is due, in seconds; a check costs nothing."""


class Runner:
    """Carries out one plan, once."""

    def __init__(
        self,
        service: VideoService,
        state: RunState,
        clock: Clock,
        settings: Settings,
        stop: StopSignal,
        *,
        listen: WebhookListener = listen_for_webhooks,
    ) -> None:
        self._service = service
        self._state = state
        self._clock = clock
        self._settings = settings
        self._stop = stop
        self._listen = listen
        rate = settings.effective_timing.requests_per_second
        self._limiter = RateLimiter(
            clock, rate, stopped=self._stopped, budget=state.budget, at_once=settings.at_once
        )
        self._paused = False
        self._next_look = clock.seconds()
        self._next_claim = clock.seconds()
        self._queue: Queue | None = None
        context = RunContext(service, state, self._limiter, clock, settings)
        self._poller = JobPoller(context)
        self._unconfirmed = UnconfirmedSubmissions(context)
        self._others = RowsOfOthers(context)
        prices = prices_in(state.entries()) if settings.credit_limit is not None else ()
        self._credit_limit = CreditLimit(settings.credit_limit, prices, reports=settings.reports_credits)
        self._submitter = Submitter(
            context,
            self._credit_limit,
            stopped=self._stopped,
            on_sent=self._on_sent,
            on_unsent=self._on_unsent,
            webhook_of=self._webhook_url,
        )
        self._webhook_of: Callable[[RowKey], str] = str
        self._workers: set[asyncio.Task[None]] = set()
        self._header: Header | None = None
        self._idle_since: float | None = None

    async def carry_out(
        self,
        plan: Plan,
        before_sending: BeforeSending | None = None,
        leave_to_workers: LeaveToWorkers | None = None,
    ) -> Outcome:
        """Carry out a plan; a problem with one row never stops the others.

        Args:
            plan: what is to be done
            before_sending: called before anything is sent
            leave_to_workers: queues the new videos; None makes them here

        Raises:
            InputError: webhooks are requested, and their address is invalid or in use; nothing was sent
        """
        with self._listen(self._settings.webhook, self._on_webhook, self._state.webhook_token) as webhook_of:
            self._webhook_of = webhook_of
            try:
                return await self._carry_out(plan, before_sending, leave_to_workers)
            finally:
                # If the task is cancelled, ids that aren't on disk yet are written here.
                self._state.flush()

    async def _carry_out(
        self, plan: Plan, before_sending: BeforeSending | None, leave_to_workers: LeaveToWorkers | None
    ) -> Outcome:
        self._header = plan.sheet.header
        held = self._held_by_others(plan)
        if self._settings.wait:
            self._follow_earlier(plan, held)
        self._search_earlier(plan, held)
        tasks = Tasks(plan, self._planned_task)
        await self._look_for_earlier(plan, tasks)
        if leave_to_workers:
            if not self._stopped():
                self._hand_over(tasks, leave_to_workers)
            return self._outcome(plan)
        if tasks and before_sending and not self._stopped():
            await self._leave_out_taken(before_sending(tasks), tasks)
        if not self._stopped():
            self._submitter.add(tasks)
        while not self._stopped() and not self._done():
            self._raise_worker_errors()
            self._look_for_halt()
            self._start_workers()
            await self._poll()
            await self._apply(await self._search(), plan)
            self._go_on_with(self._others.look(), plan)
            await self._clock.sleep(self._pause())
        if not self._settings.wait and not self._stopped():
            await self._apply(await self._search(), plan)
            self._others.look()
        await self._shut_down()
        return self._outcome(plan)

    async def serve(self, queue: Queue) -> None:
        """Make what waits in a queue, and follow what other workers left, until the run is stopped."""
        self._queue = queue
        while not self._stopped():
            self._raise_worker_errors()
            self._take_in(queue)
            self._start_workers()
            await self._poll()
            recovery = await self._search()
            for entry in recovery.adopted:
                self._poller.follow(entry, at_once=True)
            await self._unconfirmed.leave(recovery.absent)
            await self._unconfirmed.leave(recovery.unknown, unknown=True)
            # A person has to look at these.
            self._give_back([*recovery.absent, *recovery.unknown], queued=False)
            await self._clock.sleep(self._pause())
        await self._shut_down()
        self._state.flush()

    def _take_in(self, queue: Queue) -> None:
        """Take as many rows as are sent soon, and now and then what was abandoned."""
        if self._stopped():
            return
        now = self._clock.seconds()
        wanted = _IN_HAND * self._settings.at_once - self._submitter.waiting
        try:
            if wanted >= self._settings.at_once and (queue.is_woken() or now >= self._next_claim):
                claimed = queue.claim(wanted)
                self._submitter.add([QueuedTask(each) for each in claimed])
                self._next_claim = now if len(claimed) == wanted else now + _CLAIM_EVERY
            if now >= self._next_look:
                for entry in queue.abandoned(_ABANDONED_TOGETHER):
                    self._go_on(entry)
                self._next_look = now + _LOOK_EVERY
        except JournalError as error:
            self._state.stopped_by = error

    def _go_on(self, entry: Entry) -> None:
        if entry.state is State.SUBMITTED:
            self._poller.follow(entry, at_once=True)
        else:
            self._state.remember(entry)
            self._unconfirmed.add(entry)

    def _hand_over(self, tasks: Tasks, leave_to_workers: LeaveToWorkers) -> None:
        """Leave the rows to the workers; what another run is making stays there."""
        try:
            leave_to_workers(map(queued_project, _submits(tasks)))
        except JournalError as error:
            self._state.stopped_by = error

    def _on_unsent(self, task: Task) -> None:
        """Let other workers have a row that this one didn't submit, and watch one that another run has."""
        if isinstance(task, QueuedTask):
            self._give_back([task.queued.entry])
            return
        intent = task.request("").intent
        if self._state.is_held(intent):
            self._others.add(replace(intent, submitted_at=self._clock.now()))

    def _give_back(self, entries: Collection[Entry], *, queued: bool = True) -> None:
        try:
            if self._queue and entries:
                self._queue.give_back(entries, queued=queued)
        except JournalError as error:
            self._state.stopped_by = error

    def _look_for_halt(self) -> None:
        """Once a second, look whether somebody has paused or stopped this workbook's videos.

        What AI Studios is making already is still waited for.
        """
        if self._clock.seconds() < self._next_look:
            return
        self._next_look = self._clock.seconds() + _LOOK_FOR_HALT_EVERY
        try:
            halted = self._state.halted()
        except JournalError as error:
            self._state.stopped_by = error
            return
        self._paused = halted == "paused"
        if halted == "stopped" and self._submitter.waiting:
            self._state.stopped_by = JournalError(
                "someone stopped this workbook's videos in the shared journal",
                hint="To make the rest, run again",
            )

    def _outcome(self, plan: Plan) -> Outcome:
        rows = results_of(plan, self._state)
        left = 0 if self._stopped() else self._submitter.waiting
        held_back = self._credit_limit.note(left) if left else ""
        return Outcome(rows, self._stop.requested, self._state.stopped_by, held_back)

    def _webhook_url(self, key: RowKey) -> str:
        return self._webhook_of(key)

    def _on_webhook(self, key: RowKey, credits_used: float | None, may_be_ready: bool) -> None:  # noqa: FBT001 - an OnWebhook
        if credits_used is not None:
            self._state.record_credits(key, credits_used)
            self._credit_limit.record_cost(key, credits_used)
        self._poller.expedite(key, may_be_ready=may_be_ready)

    def _stopped(self) -> bool:
        return self._stop.requested or self._state.stopped_by is not None

    def _done(self) -> bool:
        if self._submitter.busy or self._submitter.may_send or (self._paused and self._submitter.waiting):
            return False
        if not self._settings.wait:
            return True
        if not (self._poller.idle and self._unconfirmed.idle and self._others.idle):
            self._idle_since = None
            return False
        return not self._waits_for_report()

    def _waits_for_report(self) -> bool:
        """Whether the credit limit holds rows back, and an outstanding report may still make room."""
        if not self._submitter.waiting or not self._credit_limit.cost_may_arrive:
            return False
        now = self._clock.seconds()
        self._idle_since = now if self._idle_since is None else self._idle_since
        return now - self._idle_since < _REPORT_GRACE

    def _pause(self) -> float:
        if self._poller.idle:
            return _TICK
        return max(0.0, min(_TICK, self._poller.next_due - self._clock.seconds()))

    def _held_by_others(self, plan: Plan) -> Collection[str]:
        """Take over the open rows of runs that have ended; returns those of runs that go on."""
        try:
            opened = (planned.entry for action in (Action.FOLLOW, Action.LOOK) for planned in plan.of(action))
            known = [entry for entry in opened if entry]
            queued = [identity_of(entry) for entry in known if entry.state is State.QUEUED]
            others = [identity_of(entry) for entry in known if entry.state is not State.QUEUED]
            return {*self._state.take_over(others), *queued}
        except JournalError as error:
            self._state.stopped_by = error
            return ()

    def _follow_earlier(self, plan: Plan, held: Collection[str]) -> None:
        for planned in plan.of(Action.FOLLOW):
            # It reports to the address that it was given when it was submitted, even on another day.
            self._webhook_of(planned.row.key)
            entry = planned.entry or entry_from_sheet(planned.row)
            self._follow_or_watch(entry, held)

    def _follow_or_watch(self, entry: Entry, held: Collection[str]) -> None:
        if identity_of(entry) in held:
            self._others.add(entry)
        else:
            self._poller.follow(entry, at_once=True)

    def _search_earlier(self, plan: Plan, held: Collection[str]) -> None:
        for planned in plan.of(Action.LOOK):
            self._webhook_of(planned.row.key)
            if planned.entry and identity_of(planned.entry) in held:
                self._others.add(planned.entry)
                continue
            candidates = [planned.entry] if planned.entry else self._candidates(planned)
            if candidates:
                self._unconfirmed.add(candidates[0], candidates[1:])

    def _candidates(self, planned: PlannedRow) -> list[Entry]:
        """Return the possible generations of a row that only the sheet shows as unconfirmed.

        They are searched for by their tags, which need the filled-in project.
        """
        if planned.fingerprint is None:
            return []
        # A video id next to it means that the row was being remade.
        first = self._task(planned, 1 if planned.row.job else 0)
        now = self._clock.now()
        return [replace(task.entry(State.SUBMITTING), submitted_at=now) for task in first.candidates]

    def _task(self, planned: PlannedRow, generation: int) -> SubmitTask:
        assert self._header is not None
        return SubmitTask(planned, self._header, generation, self._settings.project_options.draft)

    def _planned_task(self, planned: PlannedRow) -> Task | None:
        match planned.action:
            case Action.SUBMIT:
                return self._task(planned, planned.decision.generation)
            case Action.EXPORT:
                draft = planned.entry or entry_from_sheet(planned.row, State.DRAFT)
                return ExportTask(planned.row, draft, self._settings.project_options)
            case _:
                return None

    async def _look_for_earlier(self, plan: Plan, tasks: Tasks) -> None:
        """Look at the service's list once for the tags of all rows to submit.

        Listed projects were submitted before, from a journal that was lost or is newer than this one.
        """
        if not plan.actions[Action.SUBMIT]:
            return
        tags = HashSet(lambda: (each.tag for task in _submits(tasks) for each in task.candidates))
        try:
            found = await unless_stopped(self._find_with_retries(tags), self._stopped)
        except ServiceError as error:
            self._state.stopped_by = error
            return
        if found is None:
            return
        latest = (
            [each for each in task.candidates if each.tag in found][-1:]
            for task in (_submits(tasks) if found else ())
        )
        adopted = [
            replace(task.entry(State.SUBMITTED), job=found[task.tag], submitted_at=self._clock.now())
            for last in latest
            for task in last
        ]
        tasks.leave_out(entry.key for entry in adopted)
        waiting = (not_sent_entry(task) for task in _submits(tasks))
        # In one transaction: half of them would look like a full journal.
        self._state.record_waiting(adopted, filter(None, waiting))
        held = [identity_of(entry) for entry in adopted if self._state.is_held(entry)]
        for entry in adopted:
            self._webhook_of(entry.key)
            if self._settings.wait:
                self._follow_or_watch(entry, held)

    async def _find_with_retries(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        began = self._clock.seconds()
        for attempt in count(1):
            await self._limiter.acquire(priority=True)
            try:
                return await self._service.find(tags)
            except ServiceError as error:
                delay = retry_delay(error, attempt, jitter=self._clock.random())
                if delay is None or self._stopped() or self._is_offline(error, began):
                    raise
            await self._clock.sleep(delay)
        raise AssertionError

    def _is_offline(self, error: ServiceError, began: float) -> bool:
        """Whether there has been no connection from the start, so that the user should be told."""
        never_answered = isinstance(error, Unreachable) and self._service.clock_offset is None
        return never_answered and self._clock.seconds() - began > _OFFLINE_AFTER

    def _raise_worker_errors(self) -> None:
        """Raise unexpected errors of background tasks, so that the run doesn't wait for them."""
        for worker in self._workers:
            if worker.done() and not worker.cancelled():
                worker.result()
        self._state.raise_background_error()

    async def _leave_out_taken(self, taken: Collection[RowKey], tasks: Tasks) -> None:
        """Leave out the tasks that another run has taken; they become unconfirmed, as if sent."""
        now = self._clock.now()
        intents = [task.request("").intent for task in tasks if task.row.key in taken] if taken else []
        unconfirmed = [replace(intent, submitted_at=now) for intent in intents]
        await self._state.record(*unconfirmed, notify=False)
        for entry in unconfirmed:
            self._unconfirmed.add(entry, fresh=True)
        tasks.leave_out(entry.key for entry in unconfirmed)

    def _start_workers(self) -> None:
        self._workers = {worker for worker in self._workers if not worker.done()}
        if self._submitter.may_send and not self._paused:
            for _ in range(self._settings.at_once - len(self._workers)):
                self._workers.add(asyncio.ensure_future(self._submitter.work()))

    def _on_sent(self, entry: Entry) -> None:
        if entry.state is not State.SUBMITTED:
            self._unconfirmed.add(entry, fresh=True)
        elif self._settings.wait:
            self._poller.follow(entry)
        if self._queue:
            # Not only in the next round: all that this worker had may have been sent by then.
            self._take_in(self._queue)
            self._start_workers()

    async def _search(self) -> RecoveryResult:
        found = None
        if self._unconfirmed.is_due:
            found = await unless_stopped(self._unconfirmed.search(), self._stopped)
        return found or RecoveryResult()

    async def _poll(self) -> None:
        if self._poller.is_due:
            await unless_stopped(self._poller.poll_due(self._stopped), self._stopped)

    async def _apply(self, recovery: RecoveryResult, plan: Plan) -> None:
        for entry in recovery.adopted:
            self._poller.follow(entry, at_once=True)
        absent = {entry.key: entry for entry in recovery.absent} if self._settings.resubmit_in_doubt else {}
        tasks = [
            task
            for planned in (plan.rows if absent else ())
            if (lost := absent.get(planned.row.key)) and (task := self._resubmission(planned, lost))
        ]
        resubmitted = {task.row.key for task in tasks}
        await self._unconfirmed.leave(entry for entry in recovery.absent if entry.key not in resubmitted)
        await self._unconfirmed.leave(recovery.unknown, unknown=True)
        self._submitter.add(tasks)

    def _go_on_with(self, handed: HandedOver, plan: Plan) -> None:
        """Go on with the rows of a run that has ended: what may have been sent is looked for first."""
        again = {}
        for entry in handed.entries:
            match entry.state:
                case State.SUBMITTED:
                    self._poller.follow(entry, at_once=True)
                case State.NOT_TAKEN | State.QUEUED:
                    if plan.may_submit:
                        again[entry.key] = entry
                        # They may have been stopped just now.
                        self._next_look = self._clock.seconds()
                case _:
                    self._unconfirmed.add(entry)
        for entry in handed.unknown:
            self._unconfirmed.add(entry, fresh=True)
        self._submitter.add(
            [
                self._task(planned, again[planned.row.key].generation)
                for planned in (plan.rows if again else ())
                if planned.row.key in again and planned.fingerprint
            ]
        )

    def _resubmission(self, planned: PlannedRow, entry: Entry) -> Task | None:
        if entry.exporting:
            return ExportTask(planned.row, entry, self._settings.project_options)
        return self._task(planned, entry.generation + 1) if planned.fingerprint else None

    async def _shut_down(self) -> None:
        """Wait briefly for outstanding responses, then cancel the workers."""
        until = self._clock.seconds() + self._settings.effective_timing.shutdown_grace
        while self._submitter.busy and self._clock.seconds() < until:
            await self._clock.sleep(_TICK)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._state.wait_until_durable()


def _submits(tasks: Iterable[Task]) -> Iterator[SubmitTask]:
    return (task for task in tasks if isinstance(task, SubmitTask))
