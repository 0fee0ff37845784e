"""Submit rows, each exactly once: the intent is durable before the request, the id before anything else."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from merge.errors import (
    InputError,
    JournalError,
    Rejected,
    ServiceError,
    Unauthorized,
    Unavailable,
    Uncertain,
    WriteBackError,
)
from merge.input.open_sheet import KnownSheet
from merge.journal import Journal
from merge.model import (
    Entry,
    ExportState,
    Fingerprint,
    JobId,
    Problem,
    Progress,
    Project,
    Row,
    RowKey,
    State,
    Tag,
)
from merge.plan.limits import CreditLimit
from merge.results import RowStatus
from merge.run.clock import Clock
from merge.run.delays import retry_delay
from merge.run.state import RunContext
from merge.run.write_back import write_back
from merge.services.protocol import VideoService
from merge.sheet.result_columns import Status
from merge.template.document import ProjectOptions
from merge.template.render_json import FilledIn


@dataclass(frozen=True, slots=True)
class PaidRequest:
    """One request that costs credits, ready to leave.

    Attributes:
        intent: what the journal says of the row before the request leaves
        send: the request
        not_taken: what the row is where the service certainly has not taken it
        refused: what it is where the service refuses it
    """

    intent: Entry
    send: Callable[[VideoService], Awaitable[JobId]]
    not_taken: State = State.NOT_TAKEN
    refused: State = State.FAILED


@dataclass(frozen=True, slots=True)
class SubmitTask:
    """A row to submit: its project is made when its turn comes."""

    row: Row
    filled_in: FilledIn
    generation: int = 0

    def project(self, webhook: str = "") -> Project:
        """The project to submit, with the row's own address to report to, if there is one."""
        return self.filled_in.project(self.row.key, self.generation, webhook)

    def sending(self, webhook: str) -> PaidRequest:
        """The submission."""
        project = self.project(webhook)
        return PaidRequest(entry_of(self, State.SUBMITTING, project), lambda service: service.submit(project))


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """A draft to export, as it is at the service by now.

    Attributes:
        row: its row
        draft: what is known of it; its job is the draft's id
        asked: resolution and workspace, where they are asked for
    """

    row: Row
    draft: Entry
    asked: ProjectOptions = field(default_factory=ProjectOptions)

    def sending(self, webhook: str) -> PaidRequest:
        """The export; a draft that is not taken or refused stays what it is."""
        assert self.draft.job is not None
        job = self.draft.job
        options = {
            "resolution": self.asked.resolution,
            "workspaceId": self.asked.workspace,
            "webhookUrl": webhook or None,
        }
        given = {name: value for name, value in options.items() if value}
        intent = replace(self.draft, state=State.SUBMITTING, problem=None, completed_at=None)
        return PaidRequest(intent, lambda service: service.export(job, given), State.DRAFT, State.DRAFT)


Task: TypeAlias = SubmitTask | ExportOrder


def entry_of(order: SubmitTask, state: State, made: Project | None = None) -> Entry:
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


def entry_from_sheet(row: Row, state: State = State.SUBMITTED) -> Entry:
    """An entry for a row whose video id stands in the sheet alone."""
    return Entry(row.key, row.number, row.content, Fingerprint(""), Tag(""), state, job=JobId(row.job))


def is_begun(progress: Progress) -> bool:
    """Whether a look proves that a draft's export was begun, by whomever."""
    # At 0 % in an unknown state it may as well be a draft that nobody has exported.
    return progress.state in (ExportState.COMPLETE, ExportState.FAILED) or progress.percent > 0


def problem_of(error: ServiceError) -> Problem:
    """A service error as the problem of a row."""
    return Problem(error.message, error.place, error.hint)


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
            self._purse.reserve(order.row.key)
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


_LOG = logging.getLogger("merge.run")

NOTE = "Being submitted. If this still stands here when no run is at work: run the same command again."
EXPORT_NOTE = "Being exported. If this still stands here when no run is at work: castmerge collect."


def not_sent_entry(order: SubmitTask, entry: Entry | None) -> Entry | None:
    """What the journal is to say of a row before its turn: certainly not taken yet; or None.

    A video that the journal still knows, and that the sheet may still need, is not written over.
    """
    return entry_of(order, State.NOT_TAKEN) if entry is None or order.row.cleared else None


def mark(known: KnownSheet, orders: Sequence[Task], journal: Journal, clock: Clock) -> frozenset[RowKey]:
    """Call these rows doubtful in the workbook, until their results stand there.

    A workbook that cannot be written now is left as it is: then the journal alone knows.

    Returns:
        The rows beside which somebody else has written since the plan was made: they must not be ordered.
    """
    try:
        now = known.reread(journal.entries(known.sheet.worksheet.name))
        taken = _taken_meanwhile(now, [order.row for order in orders])
        marks = [_mark(order) for order in orders if order.row.key not in taken]
        write_back(now, marks, journal, clock.now())
    except (WriteBackError, InputError, JournalError) as error:
        _LOG.warning("the workbook could not be marked before submitting: %s", error.message)
        return frozenset()
    return taken


def _taken_meanwhile(now: KnownSheet, rows: Sequence[Row]) -> frozenset[RowKey]:
    """Rows that another computer's run has marked or made, which has a journal of its own."""
    stands = {row.key: (row.job, Status.of(row.status)) for row in now.rows}
    blank = ("", Status.TO_DO)
    return frozenset(
        row.key for row in rows if stands.get(row.key, blank) not in (blank, (row.job, Status.of(row.status)))
    )


def _mark(order: Task) -> RowStatus:
    row = order.row
    if isinstance(order, SubmitTask):
        return RowStatus(
            row=row.number,
            key=row.key,
            status=Status.CHECK,
            video_id=row.job or None,
            url=row.url or None,
            note=NOTE,
        )
    # With its id in the workbook, another computer can poll it without the journal.
    return RowStatus(
        row=row.number, key=row.key, status=Status.SUBMITTED, video_id=order.draft.job, note=EXPORT_NOTE
    )
