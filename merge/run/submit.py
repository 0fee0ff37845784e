"""Submit rows, each exactly once: the intent is durable before the request, the id before anything else."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
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
from merge.input.row_identity import hashed_cells
from merge.journal import Journal, QueuedProject
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
from merge.plan.decide import Action
from merge.plan.known_sheet import KnownSheet
from merge.plan.limits import CreditLimit
from merge.plan.match import GENERATIONS
from merge.plan.plan import Plan
from merge.plan.planned_rows import PlannedRow
from merge.project.fingerprint import make_tag
from merge.results import RowStatus, pack_statuses
from merge.run.clock import Clock
from merge.run.delays import retry_delay
from merge.run.rate_limiter import Seat
from merge.run.state import RunContext
from merge.run.write_back import Results, write_back
from merge.services.protocol import VideoService
from merge.sheet.columns import Header
from merge.sheet.result_columns import Status
from merge.template.document import ProjectOptions

_CHECK_STOPPED_EVERY = 0.5
"""Seconds between two checks whether the run was stopped, during a longer wait."""

SUBMIT_NOTE = "Submitting… If you still see this later, open castmerge again."
EXPORT_NOTE = "Making the video… If you still see this later, open castmerge again."

_LOG = logging.getLogger("merge.run")


@dataclass(frozen=True, slots=True)
class PaidRequest:
    """A request that costs credits, ready to be sent.

    Attributes:
        intent: the entry to record before it is sent
        send: sends it
        not_taken: the row's state if the service certainly didn't accept it
        refused: the row's state if the service refuses it
        is_draft: whether it only saves a draft
    """

    intent: Entry
    send: Callable[[VideoService], Awaitable[JobId]]
    not_taken: State = State.NOT_TAKEN
    refused: State = State.FAILED
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class SubmitTask:
    """A row to submit; its project is filled in when it is sent.

    Attributes:
        planned: the row
        header: the worksheet's columns
        generation: how often this content was submitted before
        is_draft: whether only a draft is saved
    """

    planned: PlannedRow
    header: Header
    generation: int = 0
    is_draft: bool = False

    @property
    def row(self) -> Row:
        """The row."""
        return self.planned.row

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of its project."""
        assert self.planned.fingerprint is not None
        return self.planned.fingerprint

    @property
    def candidates(self) -> tuple[SubmitTask, ...]:
        """This submission and later ones of the same content, one of which another journal may have sent."""
        return tuple(replace(self, generation=self.generation + number) for number in range(GENERATIONS))

    @property
    def tag(self) -> Tag:
        """The tag of the project's name."""
        return make_tag(self.row.tag_key, self.fingerprint, self.generation)

    def project(self, webhook: str = "") -> Project:
        """Return the project, with the row's webhook address if there is one."""
        filled_in = self.planned.filled_in
        assert filled_in is not None
        return filled_in.project(self.row.tag_key, self.generation, webhook)

    def request(self, webhook: str) -> PaidRequest:
        """Return the request that submits the project."""
        project, before = self.project(webhook), self.planned.entry
        return PaidRequest(
            self.entry(State.SUBMITTING),
            lambda service: service.submit(project),
            # It stays in the workers' queue if it was there.
            not_taken=State.QUEUED if before and before.state is State.QUEUED else State.NOT_TAKEN,
            is_draft=self.is_draft,
        )

    def entry(self, state: State) -> Entry:
        """Return a new entry for the row, without the credits and outcome of an earlier generation."""
        return Entry(
            key=self.row.key,
            row_number=self.row.number,
            content=self.row.content,
            # By these, `--key` can recognize the row later.
            cells=hashed_cells(self.row, self.header),
            fingerprint=self.fingerprint,
            tag=self.tag,
            state=state,
            generation=self.generation,
        )


@dataclass(frozen=True, slots=True)
class ExportTask:
    """A draft to export, in its current state at the service.

    Attributes:
        row: its row
        draft: its entry; the job is the draft's id
        options: the resolution and workspace to export with, if given
    """

    row: Row
    draft: Entry
    options: ProjectOptions = field(default_factory=ProjectOptions)

    def request(self, webhook: str) -> PaidRequest:
        """Return the request that exports the draft; unless it is accepted, the draft stays one."""
        assert self.draft.job is not None
        job = self.draft.job
        options = {
            "resolution": self.options.resolution,
            "workspaceId": self.options.workspace,
            "webhookUrl": webhook or None,
        }
        given = {name: value for name, value in options.items() if value}
        intent = replace(self.draft, state=State.SUBMITTING, problem=None, completed_at=None)
        return PaidRequest(intent, lambda service: service.export(job, given), State.DRAFT, State.DRAFT)


@dataclass(frozen=True, slots=True)
class QueuedTask:
    """A row that a worker submits, as it was filled in on another computer.

    Attributes:
        queued: its record and its project
    """

    queued: QueuedProject

    @property
    def row(self) -> Row:
        """The row, without its cells."""
        entry = self.queued.entry
        return Row(entry.row_number, entry.content, {}, key=entry.key)

    def request(self, _webhook: str) -> PaidRequest:
        """Return the request that submits the project."""
        entry, body = self.queued.entry, self.queued.body
        project = Project(entry.key, body, entry.fingerprint, entry.tag)
        saved = json.loads(body)
        return PaidRequest(
            replace(entry, state=State.SUBMITTING, problem=None),
            lambda service: service.submit(project),
            not_taken=State.QUEUED,
            is_draft=isinstance(saved, dict) and saved.get("isExport") is False,
        )


Task: TypeAlias = SubmitTask | ExportTask | QueuedTask


class Tasks(Collection[Task]):
    """The tasks of a plan, made again whenever they are asked for.

    Args:
        plan: the plan
        task_of: makes a row's task
    """

    def __init__(self, plan: Plan, task_of: Callable[[PlannedRow], Task | None]) -> None:
        self._plan = plan
        self._task_of = task_of
        self._left_out: set[RowKey] = set()

    def leave_out(self, keys: Iterable[RowKey]) -> None:
        """Leave out the tasks of rows with these keys."""
        self._left_out |= set(keys)

    def __iter__(self) -> Iterator[Task]:
        actions = self._plan.actions
        for planned in self._plan.rows if actions[Action.SUBMIT] or actions[Action.EXPORT] else ():
            task = self._task_of(planned)
            if task and planned.row.key not in self._left_out:
                yield task

    def __len__(self) -> int:
        actions = self._plan.actions
        return actions[Action.SUBMIT] + actions[Action.EXPORT] - len(self._left_out)

    def __contains__(self, task: object) -> bool:
        return any(task == each for each in self)


def entry_from_sheet(row: Row, state: State = State.SUBMITTED) -> Entry:
    """Return an entry for a row whose video id is only in the sheet."""
    return Entry(row.key, row.number, row.content, Fingerprint(""), Tag(""), state, job=JobId(row.job))


def export_has_begun(progress: Progress) -> bool:
    """Whether a draft's progress proves that its export was started, by anyone."""
    # At 0 % in an unknown state it may still be a draft that nobody has exported.
    return progress.state in (ExportState.COMPLETE, ExportState.FAILED) or progress.percent > 0


class Submitter:
    """Carries out tasks one after the other; several workers may run `work` at once.

    Attributes:
        waiting: how many tasks are waiting
    """

    def __init__(
        self,
        context: RunContext,
        credit_limit: CreditLimit,
        *,
        stopped: Callable[[], bool],
        on_sent: Callable[[Entry], None],
        on_unsent: Callable[[Task], None],
        webhook_of: Callable[[RowKey], str],
    ) -> None:
        self._service = context.service
        self._state = context.state
        self._limiter = context.limiter
        self._clock = context.clock
        self._credit_limit = credit_limit
        self._stopped = stopped
        self._on_sent = on_sent
        self._on_unsent = on_unsent
        self._webhook_of = webhook_of
        self._tasks: Iterator[Task] = iter(())
        self._in_flight = 0
        self.waiting = 0

    @property
    def may_send(self) -> bool:
        """Whether a task is waiting and the credit limit allows it."""
        return self.waiting > 0 and self._credit_limit.allows

    @property
    def busy(self) -> bool:
        """Whether a response or its record is outstanding."""
        return bool(self._in_flight)

    def add(self, tasks: Collection[Task]) -> None:
        """Queue tasks; they are made one by one."""
        self._tasks = chain(self._tasks, tasks)
        self.waiting += len(tasks)

    async def work(self) -> None:
        """Carry out queued tasks until none is left, the credit limit is reached, or the run is stopped."""
        seat = self._limiter.seat()
        try:
            await self._work(seat)
        finally:
            seat.leave()

    async def _work(self, seat: Seat) -> None:
        while self.may_send and not self._stopped():
            task = next(self._tasks)
            self.waiting -= 1
            self._in_flight += 1
            self._credit_limit.reserve(task.row.key)
            try:
                if not await self._carry_out(task, seat):
                    self._credit_limit.release(task.row.key)
                    self._on_unsent(task)
            except JournalError as error:
                self._state.stopped_by = error
            finally:
                self._in_flight -= 1

    async def _carry_out(self, task: Task, seat: Seat) -> bool:
        """Carry out one task; False if it certainly costs nothing."""
        if isinstance(task, ExportTask) and not await self._is_still_a_draft(task):
            return False
        return await self._send(task.request(self._webhook_of(task.row.key)), seat)

    async def _send(self, request: PaidRequest, seat: Seat) -> bool:
        """Record the intent, send the request, and record the outcome; retry if it wasn't accepted."""
        attempt = 1
        while True:
            async with seat.submission():
                if self._stopped():
                    return False
                intent = replace(request.intent, submitted_at=self._clock.now())
                if not await self._state.record_intent(intent):
                    return False
                try:
                    job = await request.send(self._service)
                except Unavailable as error:
                    self._limiter.pause_after(error)
                    delay = retry_delay(error, attempt, jitter=self._clock.random())
                    busy = replace(intent, state=request.not_taken, problem=_problem_of(error))
                    await self._state.record(busy)
                except ServiceError as error:
                    return await self._record_failure(intent, request, error)
                else:
                    self._record_job(intent, job, is_draft=request.is_draft)
                    return True
            seat.leave()
            if delay is None or not await self._wait(delay):
                return False
            attempt += 1

    async def _is_still_a_draft(self, task: ExportTask) -> bool:
        """Poll a draft before it is exported: someone may have exported it in the editor."""
        assert task.draft.job is not None
        attempt = 1
        while not self._stopped():
            await self._limiter.acquire(priority=True)
            try:
                progress = await self._service.progress(task.draft.job)
            except ServiceError as error:
                self._limiter.pause_after(error)
                delay = retry_delay(error, attempt, jitter=self._clock.random())
                if delay is None:
                    if isinstance(error, Unauthorized):
                        self._state.stopped_by = error
                    await self._state.record(replace(task.draft, problem=_problem_of(error)))
                    return False
                await self._wait(delay)
                attempt += 1
            else:
                begun = export_has_begun(progress)
                if begun:
                    draft = replace(task.draft, problem=None, completed_at=None)
                    self._record_job(draft, task.draft.job, is_draft=False)
                return not begun
        return False

    async def _wait(self, delay: float) -> bool:
        """Wait, and return whether the run continues."""
        until = self._clock.seconds() + delay
        while not self._stopped() and self._clock.seconds() < until:
            await self._clock.sleep(min(_CHECK_STOPPED_EVERY, delay))
        return not self._stopped()

    def _record_job(self, intent: Entry, job: JobId, *, is_draft: bool) -> None:
        entry = replace(intent, state=State.SUBMITTED, job=job)
        if is_draft:
            entry = replace(entry, state=State.DRAFT, completed_at=self._clock.now())
        self._in_flight += 1

        def recorded() -> None:
            self._in_flight -= 1
            if not is_draft:
                self._on_sent(entry)

        # Not awaited, so that the next intent is recorded in the same transaction.
        self._state.record_later(entry, recorded)

    async def _record_failure(self, intent: Entry, request: PaidRequest, error: ServiceError) -> bool:
        """Record why a request failed; False if it certainly costs nothing."""
        problem = _problem_of(error)
        match error:
            case Unauthorized():
                self._state.stopped_by = error
                await self._state.record(replace(intent, state=request.not_taken, problem=problem))
                return False
            case Rejected():
                refused = replace(
                    intent, state=request.refused, problem=problem, completed_at=self._clock.now()
                )
                await self._state.record(refused)
                return False
            case Uncertain() | _:
                unconfirmed = replace(intent, problem=problem)
                await self._state.record(unconfirmed)
                self._on_sent(unconfirmed)
                return True


def _problem_of(error: ServiceError) -> Problem:
    return Problem(error.message, error.place, error.hint)


def not_sent_entry(task: SubmitTask) -> Entry | None:
    """Return the entry of a row that waits for its submission: certainly not taken yet.

    None if the journal has an entry that must be kept: its video may still belong to the row.
    """
    return task.entry(State.NOT_TAKEN) if task.planned.entry is None or task.row.cleared else None


def queued_project(task: SubmitTask) -> QueuedProject:
    """Return the row as the workers get it."""
    return QueuedProject(task.entry(State.QUEUED), task.project().body)


def mark_submitting(
    known: KnownSheet,
    tasks: Iterable[Task],
    others: Iterable[RowStatus],
    journal: Journal,
    clock: Clock,
    notes: list[str],
) -> tuple[KnownSheet, frozenset[RowKey]]:
    """Mark rows in the workbook as `Check` before their requests are sent, and write all other results.

    With both, a workbook that is left by a killed run is still one in which a blank row was cleared.

    If the journal is lost together with the process, the workbook still shows which rows may have been
    accepted: a project whose video is still being made may be missing from the service's list. A workbook
    that can't be written now isn't changed.

    Args:
        known: the worksheet and its rows
        tasks: what is about to be sent
        others: what is known of all rows, in the order of the tasks
        journal: of the workbook
        clock: the time of the change
        notes: receives messages about exceptions, in sentences

    Returns:
        The worksheet afterwards; and the rows that another run has marked or made since the plan was made,
        which must not be sent.
    """
    try:
        now, taken = known, frozenset[RowKey]()
        if not known.sheet.is_current:
            now = known.reread(journal.known(known.sheet.worksheet.name))
            taken = _taken_by_another_run(now, (task.row for task in tasks))
        marks = pack_statuses(each for each in _marked(tasks, others) if each.key not in taken)
        written = write_back(now, Results(marks), journal, clock.now())
    except (WriteBackError, InputError, JournalError) as error:
        _LOG.warning("castmerge can't mark the rows in the workbook before submitting: %s", error.message)
        return known, frozenset()
    notes.extend(written.notes)
    return written.known, taken


def _taken_by_another_run(now: KnownSheet, rows: Iterable[Row]) -> frozenset[RowKey]:
    """Rows with another id or status than planned, written by another computer with its own journal."""
    cells = {row.key: (row.id_cell, row.status_cell) for row in now.rows if row.id_cell or row.status_cell}
    return frozenset(
        row.key
        for row in rows
        if cells.get(row.key, ("", "")) not in (("", ""), (row.id_cell, row.status_cell))
    )


def _marked(tasks: Iterable[Task], others: Iterable[RowStatus]) -> Iterator[RowStatus]:
    """What all rows should show while these are submitted; both are in the same order."""
    waiting = iter(tasks)
    task = next(waiting, None)
    for other in others:
        if task and task.row.key == other.key:
            yield _mark(task)
            task = next(waiting, None)
        else:
            yield other


def _mark(task: Task) -> RowStatus:
    row = task.row
    if not isinstance(task, ExportTask):
        return RowStatus(
            row=row.number,
            key=row.key,
            status=Status.CHECK,
            video_id=row.job or None,
            url=row.url or None,
            note=SUBMIT_NOTE,
        )
    # With its id in the workbook, another computer can poll it without the journal.
    return RowStatus(
        row=row.number, key=row.key, status=Status.SUBMITTED, video_id=task.draft.job, note=EXPORT_NOTE
    )
