"""What a run knows of its rows, made durable in groups; what its parts share; and where its rows stand."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from merge.errors import JournalError, MergeError
from merge.journal import Journal
from merge.model import Entry, Row, RowKey, State
from merge.plan.decide import Action
from merge.plan.plan import Plan, PlannedRow
from merge.results import RowStatus, note_of, result_of_entry, status_of_entry
from merge.run.clock import Clock
from merge.run.rate_limiter import RateLimiter
from merge.services.protocol import VideoService
from merge.settings import Settings
from merge.sheet.result_columns import Status

Put: TypeAlias = Callable[[Sequence[Entry]], None]
"""Makes entries durable, all of them or none; raises a `JournalError` where it cannot."""
Told: TypeAlias = Callable[[BaseException | None], None]

_TURNS = 4
"""Turns of the event loop, about as many as an answer that has arrived takes to come to its entry."""
_MANY = 100
"""Entries that are worth a step of their own, however many more are coming."""


class GroupCommit:
    """Entries on their way to the disk, in the order in which they came.

    Args:
        put: writes them
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._waiting: list[tuple[Sequence[Entry], Told]] = []
        self._work: asyncio.Task[None] | None = None

    def add(self, entries: Sequence[Entry], told: Told) -> None:
        """Have entries made durable, all in one step; `told` is called then, with what went wrong or None."""
        self.raise_background_error()
        self._waiting.append((entries, told))
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._write())

    def flush(self) -> None:
        """Write here and now whatever waits."""
        waiting, self._waiting = self._waiting, []
        wrong: BaseException | None = None
        try:
            if entries := [entry for entries, _ in waiting for entry in entries]:
                self._put(entries)
        except BaseException as error:
            wrong = error
            if not isinstance(error, JournalError):
                raise
        finally:
            # Whatever it was: nobody is left waiting.
            for _, told in waiting:
                told(wrong)

    async def wait_until_durable(self) -> None:
        """Wait until nothing is on its way."""
        while self._work and not self._work.done():
            await asyncio.wait({self._work})
        self.raise_background_error()

    def raise_background_error(self) -> None:
        """Raise what ended the writing although it should never have: nobody would be told any more."""
        if self._work and self._work.done() and not self._work.cancelled():
            self._work.result()

    async def _write(self) -> None:
        while self._waiting:
            await self._gathered()
            self.flush()

    async def _gathered(self) -> None:
        """Wait while more keeps coming, and not for anything that has not arrived yet."""
        seen = 0
        while seen < len(self._waiting) < _MANY:
            seen = len(self._waiting)
            for _ in range(_TURNS):
                await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class RowEvent:
    """One change of one row, for whoever watches.

    Attributes:
        row: its number as Excel shows it
        status: where it stands now
        percent: how far its video is, 0 to 100, or None where that is not known
        note: what there is to say, or ""
        video_id: its video's id, or "" where there is none yet
    """

    row: int
    key: RowKey
    status: Status
    percent: float | None = None
    note: str = ""
    video_id: str = ""


_TOKEN_LETTERS = 48
"""192 bits."""

Observer = Callable[[RowEvent], None]

_LOG = logging.getLogger("merge.rows")
_VALUES = logging.getLogger("merge.values")
"""What may hold a recipient's data: keys and notes. At DEBUG alone, so that nobody gets them unasked."""


def _nothing_more() -> None:
    """What was recorded needs nothing else."""


class RunState:
    """The entries of one worksheet while a run lasts.

    Attributes:
        percents: the progress last seen of each row
        stopped_by: the error that stops the run, or None
    """

    def __init__(
        self, journal: Journal, sheet: str, entries: Mapping[RowKey, Entry], observe: Observer
    ) -> None:
        self._journal = journal
        self._sheet = sheet
        self._entries = dict(entries)
        self._observe = observe
        self._credits: dict[RowKey, float] = {}
        self._commits = GroupCommit(self._put)
        self.percents: dict[RowKey, float] = {}
        self.stopped_by: MergeError | None = None

    def get(self, key: RowKey) -> Entry | None:
        """What is known of a row, or None."""
        return self._entries.get(key)

    def webhook_token(self) -> Callable[[RowKey], str]:
        """What makes the end of a row's webhook address: the same on every day, and not to be guessed."""
        secret, sheet = self._journal.webhook_secret(), self._sheet

        def token(key: RowKey) -> str:
            named = f"{sheet}\x1f{key}".encode("utf-8", "surrogatepass")
            return hmac.new(secret, named, hashlib.sha256).hexdigest()[:_TOKEN_LETTERS]

        return token

    def entries(self) -> Iterable[Entry]:
        """All that is known."""
        return self._entries.values()

    async def record_intent(self, entry: Entry) -> None:
        """Make the intent to submit durable, before anything is sent.

        Raises:
            JournalError: it could not be recorded, so nothing may be sent
        """
        await self._durable([entry])
        self._entries[entry.key] = entry
        _log(entry)
        self._observe(RowEvent(entry.row_number, entry.key, Status.TO_DO))

    async def record(self, *entries: Entry) -> None:
        """Make durable what the service has said of rows, in one step.

        Where the journal breaks it is kept in memory, so that it still reaches the workbook; the run stops.
        """
        await self.record_all(entries)
        for entry in entries:
            self._tell(entry)

    async def record_all(self, entries: Sequence[Entry]) -> None:
        """Make several durable in one step: a kill leaves all of them or none."""
        for entry in entries:
            self._entries[entry.key] = self._with_credits(entry)
            _log(entry)
        try:
            if entries:
                await self._durable(entries)
        except JournalError as error:
            self.stopped_by = error

    def record_later(self, entry: Entry, then: Callable[[], None] = _nothing_more) -> None:
        """As `record`, for those who do not wait for it; `then` is called after it."""
        entry = self._with_credits(entry)
        self._entries[entry.key] = entry

        def told(error: BaseException | None) -> None:
            if isinstance(error, JournalError):
                self.stopped_by = error
            _log(entry)
            self._tell(entry)
            then()

        self._commits.add([entry], told)

    async def wait_until_durable(self) -> None:
        """Wait until all that was recorded is durable."""
        await self._commits.wait_until_durable()

    def flush(self) -> None:
        """Make durable here and now what is still on its way."""
        self._commits.flush()

    def raise_background_error(self) -> None:
        """Raise what has ended the recording, where it is no `JournalError`."""
        self._commits.raise_background_error()

    async def _durable(self, entries: Sequence[Entry]) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def told(error: BaseException | None) -> None:
            if written.done():
                return
            if error:
                written.set_exception(error)
            else:
                written.set_result(None)

        self._commits.add(entries, told)
        await written

    def _put(self, entries: Sequence[Entry]) -> None:
        self._journal.put(self._sheet, [self._with_credits(entry) for entry in entries])

    def _with_credits(self, entry: Entry) -> Entry:
        """A report may come between an entry's making and its writing."""
        known = self._credits.get(entry.key, entry.credits)
        return entry if known == entry.credits else replace(entry, credits=known)

    def _tell(self, entry: Entry) -> None:
        status, note = status_of_entry(entry), note_of(entry.problem)
        self._observe(RowEvent(entry.row_number, entry.key, status, None, note, entry.job or ""))

    def learn_credits(self, key: RowKey, credits_used: float) -> None:
        """What a video cost; repeats say the same again."""
        self._credits[key] = credits_used
        entry = self._entries.get(key)
        if entry and entry.state is State.COMPLETE and entry.credits != credits_used:
            self.record_later(entry)

    def see_progress(self, entry: Entry, percent: float) -> None:
        """Progress needs no journal entry: it can be asked for again."""
        self.percents[entry.key] = percent
        self._observe(
            RowEvent(entry.row_number, entry.key, Status.RENDERING, percent, video_id=entry.job or "")
        )


def _log(entry: Entry) -> None:
    facts = {"row": entry.row_number, "state": str(entry.state), "tag": entry.tag, "video_id": entry.job}
    _LOG.info("row %d: %s %s", entry.row_number, entry.state, entry.job or "", extra=facts)
    if _VALUES.isEnabledFor(logging.DEBUG):
        said = note_of(entry.problem)
        values = facts | {"key": entry.key, "note": said}
        _VALUES.debug("row %d: key %s. %s", entry.row_number, entry.key, said, extra=values)


@dataclass(frozen=True, slots=True)
class RunContext:
    """The service, what is known, the gate that all requests pass, the time, and what was asked for."""

    service: VideoService
    book: RunState
    gate: RateLimiter
    clock: Clock
    settings: Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        rows: where each selected row stands, in the sheet's order
        interrupted: whether it was asked to stop
        stopped_by: the error that stopped it, or None
        held_back: why a ceiling held rows back, as a note, or ""
    """

    rows: tuple[RowStatus, ...]
    interrupted: bool = False
    stopped_by: MergeError | None = None
    held_back: str = ""


def status_before_run(plan: Plan) -> Outcome:
    """Where the rows of a plan stand before anything is done."""
    return Outcome(tuple(result_of(planned, planned.entry, None) for planned in plan.rows))


def result_of(planned: PlannedRow, entry: Entry | None, percent: float | None) -> RowStatus:
    """Where one row stands, by what the journal knows of it now and what was to be done."""
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
        note = f"{percent:.0f} % when last seen."
        return result_of_entry(row.number, entry, status=Status.RENDERING, note=note)
    return result_of_entry(row.number, entry)


def _untouched(row: Row, entry: Entry, status: Status, note: str) -> RowStatus:
    """A row about which nothing was to be done: what was made of it stays beside it."""
    if status in (Status.TO_DO, Status.INVALID) and row.job == "":
        return RowStatus(row=row.number, key=row.key, status=status, note=note or None)
    return result_of_entry(row.number, entry, status=status, note=note or note_of(entry.problem))
