"""Submit rows, each exactly once: the intent is durable before the request, the id before anything else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from merge.errors import JournalError, Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
from merge.model import Entry, JobId, RowKey, State
from merge.plan.credit_ceiling import CreditLimit
from merge.run.orders import ExportOrder, PaidRequest, Task, is_begun, problem_of
from merge.run.run_context import RunContext
from merge.services.retry import retry_delay

_NAP = 0.5
"""Seconds between two looks whether the run was stopped, while a wait lasts."""


class Submitter:
    """Takes orders one after the other; several of its `work` may run at once."""

    def __init__(
        self,
        desk: RunContext,
        purse: CreditLimit,
        *,
        stopped: Callable[[], bool],
        accepted: Callable[[Entry], None],
        webhook_of: Callable[[RowKey], str],
    ) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._draft = desk.settings.project_options.draft
        self._purse = purse
        self._stopped = stopped
        self._accepted = accepted
        self._webhook_of = webhook_of
        self._orders: deque[Task] = deque()
        self._under_way = 0

    @property
    def waiting(self) -> int:
        """How many orders are waiting."""
        return len(self._orders)

    @property
    def may_go_on(self) -> bool:
        """Whether an order is waiting that may leave."""
        return bool(self._orders) and self._purse.allows

    @property
    def under_way(self) -> bool:
        """Whether an answer is being waited for."""
        return bool(self._under_way)

    def take(self, orders: Iterable[Task]) -> None:
        """Queue orders."""
        self._orders.extend(orders)

    async def work(self) -> None:
        """Submit what is queued until nothing is left, the ceiling is reached or the run is stopped."""
        while self.may_go_on and not self._stopped():
            order = self._orders.popleft()
            self._under_way += 1
            self._purse.order(order.row.key)
            try:
                if not await self._carry_out(order):
                    self._purse.release(order.row.key)
            except JournalError as error:
                self._book.stopped_by = error
            finally:
                self._under_way -= 1

    async def _carry_out(self, order: Task) -> bool:
        """Carry out one order; False where it certainly costs nothing."""
        if isinstance(order, ExportOrder) and not await self._is_still_a_draft(order):
            return False
        return await self._submit(order.sending(self._webhook_of(order.row.key)))

    async def _submit(self, sending: PaidRequest) -> bool:
        attempt = 1
        while True:
            await self._gate.enter(urgent=True)
            if self._stopped():
                return False
            intent = replace(sending.intent, submitted_at=self._clock.now())
            await self._book.record_intent(intent)
            try:
                job = await sending.send(self._service)
            except Unavailable as error:
                self._gate.slow_down(error)
                await self._book.record(replace(intent, state=sending.not_taken, problem=problem_of(error)))
                delay = retry_delay(error, attempt, jitter=self._clock.random())
                if delay is None or not await self._waited(delay):
                    return False
                attempt += 1
            except ServiceError as error:
                return await self._give_in(intent, sending, error)
            else:
                self._accept(intent, job)
                return True

    async def _is_still_a_draft(self, order: ExportOrder) -> bool:
        """Look at a draft before it is exported: somebody may have done so in the editor."""
        assert order.draft.job is not None
        attempt = 1
        while not self._stopped():
            await self._gate.enter(urgent=True)
            try:
                seen = await self._service.progress(order.draft.job)
            except ServiceError as error:
                self._gate.slow_down(error)
                delay = retry_delay(error, attempt, jitter=self._clock.random())
                if delay is None:
                    await self._leave_draft(order, error)
                    return False
                await self._waited(delay)
                attempt += 1
            else:
                if is_begun(seen):
                    self._accept(replace(order.draft, problem=None, completed_at=None), order.draft.job)
                return not is_begun(seen)
        return False

    async def _leave_draft(self, order: ExportOrder, error: ServiceError) -> None:
        if isinstance(error, Unauthorized):
            self._book.stopped_by = error
        await self._book.record(replace(order.draft, problem=problem_of(error)))

    async def _waited(self, delay: float) -> bool:
        """Wait, unless the run is stopped meanwhile."""
        until = self._clock.seconds() + delay
        while not self._stopped() and self._clock.seconds() < until:
            await self._clock.sleep(min(_NAP, delay))
        return not self._stopped()

    def _accept(self, intent: Entry, job: JobId) -> None:
        entry = replace(intent, state=State.SUBMITTED, job=job)
        if self._draft:
            entry = replace(entry, state=State.DRAFT, completed_at=self._clock.now())
        self._under_way += 1

        def recorded() -> None:
            self._under_way -= 1
            if not self._draft:
                self._accepted(entry)

        # The next intent is recorded in the same step.
        self._book.record_later(entry, recorded)

    async def _give_in(self, intent: Entry, sending: PaidRequest, error: ServiceError) -> bool:
        """Record what a failed request came to; False where it certainly costs nothing."""
        problem = problem_of(error)
        match error:
            case Unauthorized():
                self._book.stopped_by = error
                await self._book.record(replace(intent, state=sending.not_taken, problem=problem))
                return False
            case Rejected():
                refused = replace(
                    intent, state=sending.refused, problem=problem, completed_at=self._clock.now()
                )
                await self._book.record(refused)
                return False
            case Uncertain() | _:
                doubtful = replace(intent, problem=problem)
                await self._book.record(doubtful)
                self._accepted(doubtful)
                return True
