"""Submit rows, each exactly once: the intent is durable before the request, the id before anything else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from merge.errors import JournalError, Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
from merge.model import Entry, JobId, Problem, Project, Row, RowKey, State
from merge.pace import retry_delay
from merge.render import Rendered
from merge.run.desk import Desk

_NAP = 0.5
"""Seconds between two looks whether the run was stopped, while a wait lasts."""


@dataclass(frozen=True, slots=True)
class Order:
    """A row to submit: its project is made when its turn comes."""

    row: Row
    rendered: Rendered
    generation: int = 0

    def project(self, webhook: str = "") -> Project:
        """The project to submit, with the row's own address to report to, if there is one."""
        return self.rendered.project(self.row.key, self.generation, webhook)


def entry_of(order: Order, state: State, made: Project | None = None) -> Entry:
    """A fresh entry for an order; credits and outcome of an older generation stay in the history."""
    project = made or order.project()
    return Entry(
        key=order.row.key,
        row_number=order.row.number,
        content=order.row.content,
        fingerprint=project.fingerprint,
        tag=project.tag,
        state=state,
        generation=order.generation,
    )


class Submitter:
    """Takes orders one after the other; several of its `work` may run at once."""

    def __init__(
        self,
        desk: Desk,
        *,
        stopped: Callable[[], bool],
        accepted: Callable[[Entry], None],
        webhook_of: Callable[[RowKey], str],
    ) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._draft = desk.settings.delivery.draft
        self._stopped = stopped
        self._accepted = accepted
        self._webhook_of = webhook_of
        self._orders: deque[Order] = deque()
        self._under_way = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is waiting and nothing is under way."""
        return not (self._orders or self._under_way)

    @property
    def under_way(self) -> bool:
        """Whether an answer is being waited for."""
        return bool(self._under_way)

    def take(self, orders: Iterable[Order]) -> None:
        """Queue orders."""
        self._orders.extend(orders)

    async def work(self) -> None:
        """Submit what is queued until nothing is left or the run is stopped."""
        while self._orders and not self._stopped():
            order = self._orders.popleft()
            self._under_way += 1
            try:
                await self._submit(order)
            except JournalError as error:
                self._book.stopped_by = error
            finally:
                self._under_way -= 1

    async def _submit(self, order: Order) -> None:
        project = order.project(self._webhook_of(order.row.key))
        attempt = 1
        while True:
            await self._gate.enter(urgent=True)
            if self._stopped():
                return
            intent = replace(entry_of(order, State.SUBMITTING, project), submitted_at=self._clock.now())
            await self._book.intend(intent)
            try:
                job = await self._service.submit(project)
            except Unavailable as error:
                self._gate.slow_down(error)
                self._book.record(replace(intent, state=State.NOT_TAKEN, problem=problem_of(error)))
                delay = retry_delay(error, attempt, dice=self._clock.dice())
                if delay is None or not await self._waited(delay):
                    return
                attempt += 1
            except ServiceError as error:
                self._give_in(intent, error)
                return
            else:
                self._accept(intent, job)
                return

    async def _waited(self, delay: float) -> bool:
        """Wait, unless the run is stopped meanwhile."""
        until = self._clock.seconds() + delay
        while not self._stopped() and self._clock.seconds() < until:
            await self._clock.sleep(min(_NAP, delay))
        return not self._stopped()

    def _accept(self, intent: Entry, job: JobId) -> None:
        if self._draft:
            self._book.record(replace(intent, state=State.DRAFT, job=job, completed_at=self._clock.now()))
            return
        entry = replace(intent, state=State.SUBMITTED, job=job)
        self._under_way += 1

        def recorded() -> None:
            self._under_way -= 1
            self._accepted(entry)

        # The next intent is recorded in the same step.
        self._book.record_soon(entry, recorded)

    def _give_in(self, intent: Entry, error: ServiceError) -> None:
        problem = problem_of(error)
        match error:
            case Unauthorized():
                self._book.record(replace(intent, state=State.NOT_TAKEN, problem=problem))
                self._book.stopped_by = error
            case Rejected():
                failed = replace(intent, state=State.FAILED, problem=problem, completed_at=self._clock.now())
                self._book.record(failed)
            case Uncertain() | _:
                doubtful = replace(intent, problem=problem)
                self._book.record(doubtful)
                self._accepted(doubtful)


def problem_of(error: ServiceError) -> Problem:
    """A service error as the problem of a row."""
    return Problem(error.message, error.place, error.cure)
