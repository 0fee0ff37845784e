"""What a run knows about its rows: every change goes to the journal first, then to the observer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from merge.errors import JournalError, MergeError
from merge.journal import Budget, Records, identity_of
from merge.model import Entry, Row, RowKey, State
from merge.plan.decide import OUT_OF_DATE_NOTE, Action
from merge.plan.match import doubled_id, doubled_ids
from merge.plan.plan import Plan
from merge.plan.planned_rows import PlannedRow
from merge.plan.records import KeptEntries
from merge.results import RowStatus, note_of, pack_statuses, result_of_entry, status_of_entry
from merge.run.clock import Clock
from merge.run.rate_limiter import RateLimiter
from merge.services.protocol import VideoService
from merge.settings import Settings
from merge.sheet.packed import repeated
from merge.sheet.result_columns import Status


@dataclass(frozen=True, slots=True)
class RowEvent:
    """One change of one row, for the observer of a run.

    Attributes:
        row: its number as Excel shows it
        status: its new status
        percent: the progress of its video, 0 to 100, or None if unknown
        note: a message for people, or ""
        video_id: its video's id, or "" before there is one
    """

    row: int
    key: RowKey
    status: Status
    percent: float | None = None
    note: str = ""
    video_id: str = ""


Observer: TypeAlias = Callable[[RowEvent], None]
Put: TypeAlias = Callable[[Sequence[Entry]], None]
"""Makes entries durable, all of them or none; raises a `JournalError` if it can't."""
OnDurable: TypeAlias = Callable[[BaseException | None], None]
"""Called when entries are durable, or with the error that prevented it."""

_EXTRA_TURNS = 4
"""Event-loop iterations to wait for more entries before committing."""
_FULL_BATCH = 100
"""A commit of this many entries doesn't wait for more."""
_TOKEN_LETTERS = 48
"""Hex digits: 192 bits."""

_LOG = logging.getLogger("merge.rows")
_VALUES = logging.getLogger("merge.values")
"""Keys and notes may contain recipients' data, so they are only logged at DEBUG level."""


class GroupCommit:
    """Group commit: entries that arrive at about the same time are written in one transaction."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._waiting: list[tuple[Sequence[Entry], OnDurable]] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, entries: Sequence[Entry], on_durable: OnDurable) -> None:
        """Write entries soon, in order and in one transaction."""
        self.raise_background_error()
        self._waiting.append((entries, on_durable))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write())

    def flush(self) -> None:
        """Write what is waiting, before returning."""
        waiting, self._waiting = self._waiting, []
        failure: BaseException | None = None
        try:
            if entries := [entry for entries, _ in waiting for entry in entries]:
                self._put(entries)
        except BaseException as error:
            failure = error
            if not isinstance(error, JournalError):
                raise
        finally:
            # Whatever the error, no caller is left waiting.
            for _, on_durable in waiting:
                on_durable(failure)

    async def wait_until_durable(self) -> None:
        """Wait until everything that was added is written."""
        while self._task and not self._task.done():
            await asyncio.wait({self._task})
        self.raise_background_error()

    def raise_background_error(self) -> None:
        """Raise the unexpected error that ended the background task, if any."""
        if self._task and self._task.done() and not self._task.cancelled():
            self._task.result()

    async def _write(self) -> None:
        while self._waiting:
            await self._gather()
            self.flush()

    async def _gather(self) -> None:
        """Wait as long as further entries arrive within a few turns of the event loop."""
        before = 0
        while before < len(self._waiting) < _FULL_BATCH:
            before = len(self._waiting)
            for _ in range(_EXTRA_TURNS):
                await asyncio.sleep(0)


class RunState:
    """The entries of one worksheet during a run.

    Args:
        journal: where they are recorded
        sheet: the worksheet's name
        observe: called for every change
        forgets: whether it goes on for ever, so that only open rows may take memory

    Attributes:
        percents: the last known progress of each row
        stopped_by: the error that stops the run, or None
    """

    def __init__(self, journal: Records, sheet: str, observe: Observer, *, forgets: bool = False) -> None:
        self._journal = journal
        self._sheet = sheet
        self._forgets = forgets
        self._changed = KeptEntries()
        """The last entry of each row that this run has changed; the journal may become unreadable."""
        self._not_written: dict[RowKey, Entry] = {}
        """Entries that aren't in the journal yet, or never will be, because it has failed."""
        self._held: set[str] = set()
        """The identities of the records that another run had when this one last recorded them."""
        self._observe = observe
        self._credits: dict[RowKey, float] = {}
        self._commits = GroupCommit(self._put)
        self.percents: dict[RowKey, float] = {}
        self.stopped_by: MergeError | None = None

    def get(self, key: RowKey) -> Entry | None:
        """Return a row's entry if this run has changed or followed it; its cells may be blank."""
        return self._changed.get(key)

    def entries(self) -> Iterator[Entry]:
        """Yield all entries of the sheet."""
        yield from self._not_written.values()
        for entry in self._journal.each(self._sheet):
            if entry.key not in self._not_written:
                yield entry

    def remember(self, entry: Entry) -> None:
        """Remember an entry of an earlier run, or of the sheet alone."""
        self._changed.keep(entry)

    def _keep(self, entry: Entry) -> None:
        self._changed.keep(replace(entry, cells=""))
        self._not_written[entry.key] = entry
        if entry.state is not State.SUBMITTED:
            self.percents.pop(entry.key, None)

    def webhook_token(self) -> Callable[[RowKey], str]:
        """Return a function that makes the last part of a row's webhook address: lasting and unguessable."""
        secret, sheet = self._journal.webhook_secret(), self._sheet

        def token(key: RowKey) -> str:
            message = f"{sheet}\x1f{key}".encode("utf-8", "surrogatepass")
            return hmac.new(secret, message, hashlib.sha256).hexdigest()[:_TOKEN_LETTERS]

        return token

    async def record_intent(self, entry: Entry) -> bool:
        """Make the intent to submit durable, before anything is sent.

        Returns:
            Whether this run may send it; another run may have been faster.

        Raises:
            JournalError: it couldn't be recorded, so nothing may be sent
        """
        await self._make_durable([entry])
        if self.is_held(entry):
            return False
        self._changed.keep(replace(entry, cells=""))
        _log(entry)
        self._observe(RowEvent(entry.row_number, entry.key, Status.TO_DO))
        # The process may have been stopped, or its computer asleep, since the intent was recorded.
        self._journal.require_lease()
        return True

    @property
    def budget(self) -> Budget | None:
        """What the account may send, if others send too."""
        return self._journal.budget

    def halted(self) -> str:
        """Whether somebody has `paused` or `stopped` these videos."""
        return self._journal.halted()

    def is_held(self, entry: Entry) -> bool:
        """Whether another run had this record when this one last recorded it."""
        return identity_of(entry) in self._held

    def take_over(self, identities: Collection[str]) -> Collection[str]:
        """Take over the records of runs that have ended; returns those that another run still has."""
        return self._journal.take_over(self._sheet, identities) if identities else ()

    def recall(self, identities: Collection[str]) -> Iterator[Entry]:
        """Yield the records with these identities, as they are now."""
        return self._journal.recall(self._sheet, identities)

    def show(self, entry: Entry, row: Entry) -> None:
        """Show another run's record in this run's row."""
        before = self._changed.get(row.key)
        shown = replace(entry, key=row.key, row_number=row.row_number, content=row.content)
        if before is None or (before.state, before.job) != (shown.state, shown.job):
            self._changed.keep(replace(shown, cells=""))
            self._notify(shown)

    async def record(self, *entries: Entry, notify: bool = True) -> None:
        """Make entries durable in one transaction, then notify the observer.

        If the journal fails, the run stops, and the entries stay in memory so that they still reach the
        workbook.
        """
        for entry in entries:
            self._keep(self._with_credits(entry))
            _log(entry)
        try:
            if entries:
                await self._make_durable(entries)
                self._written(entries)
        except JournalError as error:
            self.stopped_by = error
        if notify:
            for entry in entries:
                self._notify(entry)

    def record_waiting(self, adopted: Sequence[Entry], waiting: Iterable[Entry]) -> None:
        """Make what was found and what waits for its submission durable, in one transaction."""
        for entry in adopted:
            self._keep(entry)

        def all_of_them() -> Iterator[Entry]:
            for entry in chain(adopted, waiting):
                self._changed.keep(replace(entry, cells=""))
                _log(entry)
                yield entry

        try:
            self._commits.flush()
            self._put(all_of_them())
            self._written(adopted)
        except JournalError as error:
            self.stopped_by = error

    def record_later(self, entry: Entry, on_recorded: Callable[[], None] | None = None) -> None:
        """Record an entry like `record`, without waiting for it."""
        entry = self._with_credits(entry)
        self._keep(entry)

        def recorded(error: BaseException | None) -> None:
            if isinstance(error, JournalError):
                self.stopped_by = error
            elif error is None:
                self._written([entry])
            _log(entry)
            self._notify(entry)
            if on_recorded:
                on_recorded()

        self._commits.add([entry], recorded)

    def record_credits(self, key: RowKey, credits_used: float) -> None:
        """Record what a video cost; repeated reports are harmless."""
        self._credits[key] = credits_used
        entry = self.get(key)
        if entry and entry.state is State.COMPLETE and entry.credits != credits_used:
            self.record_later(entry)

    def report_progress(self, entry: Entry, percent: float) -> None:
        """Notify the observer of progress, which isn't recorded: it can be polled again."""
        self.percents[entry.key] = percent
        self._observe(
            RowEvent(entry.row_number, entry.key, Status.RENDERING, percent, video_id=entry.job or "")
        )

    async def wait_until_durable(self) -> None:
        """Wait until everything is written."""
        await self._commits.wait_until_durable()

    def flush(self) -> None:
        """Write what is waiting, before returning."""
        self._commits.flush()

    def raise_background_error(self) -> None:
        """Raise an unexpected error of the background task, if any."""
        self._commits.raise_background_error()

    async def _make_durable(self, entries: Sequence[Entry]) -> None:
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_durable(error: BaseException | None) -> None:
            if durable.done():
                return
            if error:
                durable.set_exception(error)
            else:
                durable.set_result(None)

        self._commits.add(entries, on_durable)
        await durable

    def _put(self, entries: Iterable[Entry]) -> None:
        put = []

        def each() -> Iterator[Entry]:
            for entry in map(self._with_credits, entries):
                if self._held:
                    put.append(identity_of(entry))
                yield entry

        held = self._journal.put(self._sheet, each())
        self._held.difference_update(put)
        self._held.update(held)

    def _written(self, entries: Iterable[Entry]) -> None:
        """Forget what the journal knows, unless it has changed again."""
        for entry in entries:
            waiting = self._not_written.get(entry.key)
            if waiting and (waiting.tag, waiting.state) == (entry.tag, entry.state):
                del self._not_written[entry.key]

    def _with_credits(self, entry: Entry) -> Entry:
        """Add reported credits, which may arrive between an entry's creation and its commit."""
        known = self._credits.get(entry.key, entry.credits)
        return entry if known == entry.credits else replace(entry, credits=known)

    def _notify(self, entry: Entry) -> None:
        if self._forgets and entry.state not in (State.SUBMITTING, State.SUBMITTED):
            self._changed.drop(entry.key)
        status, note = status_of_entry(entry), note_of(entry.problem)
        self._observe(RowEvent(entry.row_number, entry.key, status, None, note, entry.job or ""))


def _log(entry: Entry) -> None:
    facts = {"row": entry.row_number, "state": str(entry.state), "tag": entry.tag, "video_id": entry.job}
    _LOG.info("row %d: %s %s", entry.row_number, entry.state, entry.job or "", extra=facts)
    if _VALUES.isEnabledFor(logging.DEBUG):
        note = note_of(entry.problem)
        values = facts | {"key": entry.key, "note": note}
        _VALUES.debug("row %d: key %s. %s", entry.row_number, entry.key, note, extra=values)


@dataclass(frozen=True, slots=True)
class RunContext:
    """Dependencies shared by the submitter, the poller and the recovery of one run."""

    service: VideoService
    state: RunState
    limiter: RateLimiter
    clock: Clock
    settings: Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of carrying out a plan.

    Attributes:
        rows: the status of each selected row, in the sheet's order
        interrupted: whether it was asked to stop
        stopped_by: the error that stopped it, or None
        held_back: a note on rows that a limit held back, or ""
    """

    rows: Sequence[RowStatus]
    interrupted: bool = False
    stopped_by: MergeError | None = None
    held_back: str = ""


def status_before_run(plan: Plan) -> Outcome:
    """Return the status of a plan's rows before anything is done."""
    return Outcome(pack_statuses(result_of(planned, planned.entry) for planned in plan.rows))


def _doubled_ids(state: RunState) -> Mapping[str, tuple[int, ...]]:
    try:
        several = repeated(entry.job for entry in state.entries() if entry.job)
        return (
            doubled_ids(entry for entry in state.entries() if hash(entry.job) in several) if several else {}
        )
    except JournalError as error:
        # What was sent is still known here, and has to reach the workbook.
        state.stopped_by = state.stopped_by or error
        return {}


def results_of(plan: Plan, state: RunState) -> Sequence[RowStatus]:
    """Return the status of every planned row at the end of a run."""
    doubled = _doubled_ids(state)

    def result(planned: PlannedRow) -> RowStatus:
        entry = state.get(planned.row.key) or planned.entry
        if entry and entry.job in doubled:
            problem = doubled_id(doubled[str(entry.job)])
            entry = replace(entry, state=State.FAILED, video_url=None, problem=problem)
        return result_of(planned, entry, state.percents.get(planned.row.key))

    return pack_statuses(map(result, plan.rows))


def result_of(planned: PlannedRow, entry: Entry | None, percent: float | None = None) -> RowStatus:
    """Return a row's status.

    Args:
        planned: the row and what was planned for it
        entry: its journal entry now, or None
        percent: its last known progress, or None
    """
    row, decision = planned.row, planned.decision
    if entry is None or (planned.entry is None and planned.action is Action.NOTHING):
        return RowStatus(
            row=row.number,
            key=row.key,
            status=decision.status,
            video_id=row.job or None,
            url=row.url or None,
            note=decision.note or None,
        )
    if planned.action is Action.NOTHING:
        return _untouched(row, entry, decision.status, decision.note)
    if entry.state is State.SUBMITTED and percent is not None:
        note = f"At the last check: {percent:.0f}% done."
        return result_of_entry(row.number, entry, status=Status.RENDERING, note=note)
    if entry.state in (State.COMPLETE, State.DRAFT) and planned.is_outdated(entry):
        return result_of_entry(row.number, entry, status=Status.OUT_OF_DATE, note=OUT_OF_DATE_NOTE)
    return result_of_entry(row.number, entry)


def _untouched(row: Row, entry: Entry, status: Status, note: str) -> RowStatus:
    """Return the status of a row that the run leaves alone: it keeps its results."""
    if status in (Status.TO_DO, Status.INVALID) and row.job == "":
        return RowStatus(row=row.number, key=row.key, status=status, note=note or None)
    return result_of_entry(row.number, entry, status=status, note=note or note_of(entry.problem))
