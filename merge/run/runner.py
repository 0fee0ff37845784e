"""Carry out a plan: submit, follow, look for what is in doubt, until nothing is open or it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import count

from merge.errors import ServiceError
from merge.model import Entry, JobId, RowKey, State, Tag
from merge.plan.decide import Action
from merge.plan.limits import CreditLimit, prices_in
from merge.plan.plan import Plan, PlannedRow
from merge.run.clock import Clock
from merge.run.delays import retry_delay
from merge.run.follow import JobPoller, WebhookListener, listen_for_webhooks
from merge.run.rate_limiter import RateLimiter
from merge.run.state import Outcome, RunContext, RunState, result_of
from merge.run.submit import (
    ExportOrder,
    SubmitTask,
    Submitter,
    Task,
    entry_from_sheet,
    entry_of,
    not_sent_entry,
)
from merge.run.unconfirmed import RecoveryResult, UnconfirmedSubmissions
from merge.services.protocol import VideoService
from merge.settings import Settings

Announce = Callable[[Sequence[Task]], Collection[RowKey]]
"""Told what is about to be ordered; gives the rows that somebody else has taken meanwhile."""

_GENERATIONS = 5
"""How many submissions of one row are looked for where only the sheet remembers it."""
_REPORT_GRACE = 30.0
"""Seconds that a report of credits may take after its video is there."""
_TICK = 0.2
"""The longest wait between two looks at what is due, in seconds; it costs nothing."""


@dataclass(slots=True)
class StopSignal:
    """Set from a signal handler or another thread; the run sees it within a moment."""

    requested: bool = False


def _unsaid(_orders: Sequence[Task]) -> Collection[RowKey]:
    """Nobody is told."""
    return ()


class Runner:
    """Carries out one plan, once."""

    def __init__(
        self,
        service: VideoService,
        book: RunState,
        clock: Clock,
        settings: Settings,
        stop: StopSignal,
        *,
        ears: WebhookListener = listen_for_webhooks,
    ) -> None:
        self._ears = ears
        gate = RateLimiter(clock, settings.effective_timing.requests_per_second)
        desk = RunContext(service, book, gate, clock, settings)
        self._service = service
        self._book = book
        self._clock = clock
        self._settings = settings
        self._stop = stop
        self._gate = gate
        self._watcher = JobPoller(desk)
        self._doubts = UnconfirmedSubmissions(desk)
        prices = prices_in(book.entries())
        self._purse = CreditLimit(settings.credit_limit, prices, reports=settings.reports_credits)
        self._submitter = Submitter(
            desk,
            self._purse,
            stopped=self._stopped,
            accepted=self._submitted,
            webhook_of=self._webhook_of,
        )
        self._url_for: Callable[[RowKey], str] = str
        self._workers: set[asyncio.Task[None]] = set()
        self._quiet_since: float | None = None

    async def carry_out(self, plan: Plan, announce: Announce = _unsaid) -> Outcome:
        """Do all that the plan says; a row's trouble never stops its neighbours.

        Args:
            plan: what is to be done
            announce: is told what is about to be ordered, before any of it is

        Raises:
            InputError: webhooks were asked for, and their address is none or taken; nothing was sent
        """
        with self._ears(self._settings.webhook, self._heard, self._book.webhook_token) as self._url_for:
            try:
                return await self._carry_out(plan, announce)
            finally:
                # Who is told to leave at once is not to leave ids behind.
                self._book.flush()

    async def _carry_out(self, plan: Plan, announce: Announce) -> Outcome:
        if self._settings.wait:
            self._follow_earlier(plan)
        self._look_for_doubtful(plan)
        orders: list[Task] = [*await self._not_there_yet(plan), *self._exports(plan)]
        if orders and not self._stopped():
            orders = await self._without(announce(orders), orders)
        self._submitter.take(orders)
        by_key = {planned.row.key: planned for planned in plan.rows}
        while not self._stopped() and not self._done():
            self._reveal_faults()
            self._dispatch()
            await self._watcher.look(self._stopped)
            await self._settle(await self._doubts.look(), by_key)
            await self._clock.sleep(self._pause())
        if not self._settings.wait and not self._stopped():
            await self._settle(await self._doubts.look(), by_key)
        await self._farewell()
        return self._outcome(plan)

    def _outcome(self, plan: Plan) -> Outcome:
        rows = tuple(
            result_of(planned, self._book.get(planned.row.key), self._book.percents.get(planned.row.key))
            for planned in plan.rows
        )
        left = 0 if self._stopped() else self._submitter.waiting
        held_back = self._purse.note(left) if left else ""
        return Outcome(rows, self._stop.requested, self._book.stopped_by, held_back)

    def _webhook_of(self, key: RowKey) -> str:
        return self._url_for(key)

    def _heard(self, key: RowKey, credits_used: float | None, news: bool) -> None:  # noqa: FBT001 - its type is Heard
        if credits_used is not None:
            self._book.learn_credits(key, credits_used)
            self._purse.record_cost(key, credits_used)
        self._watcher.expedite(key, news=news)

    def _stopped(self) -> bool:
        return self._stop.requested or self._book.stopped_by is not None

    def _done(self) -> bool:
        if self._submitter.under_way or self._submitter.may_go_on:
            return False
        if not self._settings.wait:
            return True
        if not (self._watcher.idle and self._doubts.idle):
            self._quiet_since = None
            return False
        return not self._waits_for_a_report()

    def _waits_for_a_report(self) -> bool:
        """Whether the ceiling holds rows back, and what a video has cost may still be told."""
        if not self._submitter.waiting or not self._purse.cost_may_arrive:
            return False
        now = self._clock.seconds()
        self._quiet_since = now if self._quiet_since is None else self._quiet_since
        return now - self._quiet_since < _REPORT_GRACE

    def _pause(self) -> float:
        due = [_TICK]
        if not self._watcher.idle:
            due.append(self._watcher.next_due - self._clock.seconds())
        return max(0.0, min(due))

    def _follow_earlier(self, plan: Plan) -> None:
        for planned in plan.of(Action.FOLLOW):
            # It reports to the address that it was given when it was submitted, maybe yesterday.
            self._url_for(planned.row.key)
            entry = planned.entry or entry_from_sheet(planned.row)
            self._watcher.follow(entry, at_once=True)

    def _look_for_doubtful(self, plan: Plan) -> None:
        for planned in plan.of(Action.LOOK):
            self._url_for(planned.row.key)
            known = [planned.entry] if planned.entry else self._doubtful(planned)
            if known:
                self._doubts.add(known[0], known[1:])

    def _doubtful(self, planned: PlannedRow) -> list[Entry]:
        """A row that the sheet alone calls doubtful can be looked for where it can be rendered.

        The sheet does not tell how often it was submitted again, so its later tags are looked for too.
        """
        if planned.filled_in is None:
            return []
        # Where an id stands beside it the row was being made again.
        first = 1 if planned.row.job else 0
        orders = [
            SubmitTask(planned.row, planned.filled_in, generation)
            for generation in range(first, first + _GENERATIONS)
        ]
        now = self._clock.now()
        return [replace(entry_of(order, State.SUBMITTING), submitted_at=now) for order in orders]

    async def _not_there_yet(self, plan: Plan) -> list[SubmitTask]:
        """The orders of a plan; for those that the journal never saw sent the service is asked once first."""
        orders = [
            SubmitTask(planned.row, planned.filled_in, planned.decision.generation)
            for planned in plan.of(Action.SUBMIT)
            if planned.filled_in
        ]
        unsent = [order for order in orders if _never_sent(self._book.get(order.row.key))]
        try:
            found = await self._find_patiently(unsent) if unsent else {}
        except ServiceError as error:
            self._book.stopped_by = error
            return []
        there = [
            replace(entry_of(order, State.SUBMITTED), job=found[tag], submitted_at=self._clock.now())
            for order in unsent
            if (tag := order.project().tag) in found
        ]
        return await self._settled(orders, there)

    async def _settled(self, orders: Sequence[SubmitTask], there: Sequence[Entry]) -> list[SubmitTask]:
        """Adopt what is there and plan the rest, in one step: half of it would look like a whole journal."""
        adopted = {entry.key for entry in there}
        rest = [order for order in orders if order.row.key not in adopted]
        planned = (not_sent_entry(order, self._book.get(order.row.key)) for order in rest)
        await self._book.record_all([*there, *(entry for entry in planned if entry)])
        for entry in there:
            self._url_for(entry.key)
            if self._settings.wait:
                self._watcher.follow(entry, at_once=True)
        return rest

    async def _find_patiently(self, orders: Sequence[SubmitTask]) -> dict[Tag, JobId]:
        tags = {order.project().tag for order in orders}
        for attempt in count(1):
            await self._gate.enter(urgent=True)
            try:
                return await self._service.find(tags)
            except ServiceError as error:
                delay = retry_delay(error, attempt, jitter=self._clock.random())
                if delay is None or self._stopped():
                    raise
            await self._clock.sleep(delay)
        raise AssertionError

    def _reveal_faults(self) -> None:
        """A fault in a worker must not leave the run waiting for it."""
        for worker in self._workers:
            if worker.done() and not worker.cancelled():
                worker.result()
        self._book.raise_background_error()

    def _exports(self, plan: Plan) -> list[ExportOrder]:
        return [
            ExportOrder(
                planned.row,
                planned.entry or entry_from_sheet(planned.row, State.DRAFT),
                self._settings.project_options,
            )
            for planned in plan.of(Action.EXPORT)
        ]

    async def _without(self, taken: Collection[RowKey], orders: Sequence[Task]) -> list[Task]:
        """The orders that nobody else has taken; the others are in doubt, as if they had been sent."""
        now = self._clock.now()
        doubtful = [
            replace(order.sending("").intent, submitted_at=now) for order in orders if order.row.key in taken
        ]
        await self._book.record_all(doubtful)
        for entry in doubtful:
            self._doubts.add(entry, fresh=True)
        return [order for order in orders if order.row.key not in taken]

    def _dispatch(self) -> None:
        """See to it that workers are there for what is waiting and may leave."""
        self._workers = {worker for worker in self._workers if not worker.done()}
        if self._submitter.may_go_on:
            for _ in range(self._settings.at_once - len(self._workers)):
                self._workers.add(asyncio.ensure_future(self._submitter.work()))

    def _submitted(self, entry: Entry) -> None:
        if entry.state is State.SUBMITTED:
            if self._settings.wait:
                self._watcher.follow(entry)
        else:
            self._doubts.add(entry, fresh=True)

    async def _settle(self, verdict: RecoveryResult, by_key: dict[RowKey, PlannedRow]) -> None:
        for entry in verdict.adopted:
            self._watcher.follow(entry, at_once=True)
        again = [
            order
            for entry in verdict.absent
            if self._settings.resubmit_in_doubt and (order := self._again(by_key[entry.key], entry))
        ]
        repeated = {order.row.key for order in again}
        await self._doubts.leave(entry for entry in verdict.absent if entry.key not in repeated)
        await self._doubts.leave(verdict.unseen, unseen=True)
        self._submitter.take(again)

    def _again(self, planned: PlannedRow, entry: Entry) -> Task | None:
        if entry.exporting:
            return ExportOrder(planned.row, entry, self._settings.project_options)
        if planned.filled_in is None:
            return None
        return SubmitTask(planned.row, planned.filled_in, entry.generation + 1)

    async def _farewell(self) -> None:
        """Let the answers that are under way come in for a moment; then leave."""
        until = self._clock.seconds() + self._settings.effective_timing.shutdown_grace
        while self._submitter.under_way and self._clock.seconds() < until:
            await self._clock.sleep(_TICK)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._book.wait_until_durable()


def _never_sent(entry: Entry | None) -> bool:
    return entry is None or (entry.state is State.NOT_TAKEN and entry.generation == 0)
