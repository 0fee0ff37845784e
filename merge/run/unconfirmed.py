"""Submissions that were left without an answer: looked for by their tags, never repeated blindly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from merge.errors import Rejected, ServiceError, Unauthorized
from merge.model import Entry, JobId, Problem, RowKey, State, Tag
from merge.run.state import RunContext
from merge.run.submit import is_begun

_NEIGHBOURS = 5
_TIRED = 120.0
"""Seconds without any readable list; a service that stumbles for a moment is asked again."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecoveryResult:
    """What a look brought.

    Attributes:
        adopted: rows whose job was found
        absent: rows that did not appear while the longest export lasts
        unseen: rows of which nothing can be said: the list lacks what is known to be there, or cannot be read
    """

    adopted: tuple[Entry, ...] = ()
    absent: tuple[Entry, ...] = ()
    unseen: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class _Doubt:
    """One row in doubt.

    Attributes:
        entry: what is in doubt
        since: when this run began to look for it, in the clock's seconds
        fresh: whether this run left it so, and thus need not believe the time of day
        later: the same row submitted again, where nobody remembers whether it was
    """

    entry: Entry
    since: float
    fresh: bool = False
    later: tuple[Entry, ...] = field(default=())

    @property
    def candidates(self) -> tuple[Entry, ...]:
        return (self.entry, *self.later)


class UnconfirmedSubmissions:
    """The rows in doubt. The list of projects may lack what still renders, so absence needs time."""

    def __init__(self, desk: RunContext) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._patience = desk.settings.effective_timing
        self._rows: dict[RowKey, _Doubt] = {}
        self.next_due = desk.clock.seconds()

    @property
    def idle(self) -> bool:
        """Whether no row is in doubt."""
        return not self._rows

    def add(self, entry: Entry, later: Iterable[Entry] = (), *, fresh: bool = False) -> None:
        """Look for a row, at once and again.

        Args:
            entry: what is in doubt: a submission by its tag, the export of a draft by its id
            later: the same row submitted again, where nobody remembers whether it was; the last found counts
            fresh: whether it was left without an answer just now
        """
        self._rows[entry.key] = _Doubt(entry, self._clock.seconds(), fresh, tuple(later))
        self.next_due = self._clock.seconds()

    async def look(self) -> RecoveryResult:
        """Look once for all, where it is due."""
        if self.idle or self._clock.seconds() < self.next_due:
            return RecoveryResult()
        expired = [doubt for doubt in self._rows.values() if self._is_expired(doubt)]
        witnesses = {doubt.entry.key: self._witnesses(doubt.entry) for doubt in expired}
        try:
            listed = await self._listed(tag for tags in witnesses.values() for tag in tags)
            adopted = [*self._adopted(listed), *await self._begun()]
        except ServiceError as error:
            self._gate.slow_down(error)
            if isinstance(error, Unauthorized):
                self._book.stopped_by = error
            return self._tired()
        finally:
            self.next_due = self._clock.seconds() + self._patience.poll.poll_stalled
        await self._book.record(*adopted)
        here = {entry.key for entry in adopted}
        # The answer has told whether this computer's clock was right about it.
        gone = [doubt.entry for doubt in expired if doubt.entry.key not in here and self._is_expired(doubt)]
        unseen = [
            entry
            for entry in gone
            # Who was told that the list proves nothing, and asks again, has looked for himself.
            if _is_unreliable(witnesses[entry.key], listed) and entry.problem != _list_in_doubt(entry.tag)
        ]
        for key in (*here, *(entry.key for entry in gone)):
            del self._rows[key]
        absent = (entry for entry in gone if entry not in unseen)
        return RecoveryResult(tuple(adopted), tuple(absent), tuple(unseen))

    def _tired(self) -> RecoveryResult:
        """Give up, until another run, what could not be looked for during twice the longest export."""
        until = self._clock.seconds() - max(2 * self._patience.longest_export, _TIRED)
        left = tuple(doubt.entry for doubt in self._rows.values() if doubt.since < until)
        for entry in left:
            del self._rows[entry.key]
        return RecoveryResult(unseen=left)

    async def leave(self, entries: Iterable[Entry], *, unseen: bool = False) -> None:
        """Say of rows that did not appear what is known and what to do."""
        minutes = round(self._patience.longest_export / 60) or 1
        left = []
        for entry in entries:
            if entry.exporting:
                problem = _draft_in_doubt(minutes)
            else:
                problem = _list_in_doubt(entry.tag) if unseen else _row_in_doubt(entry.tag, minutes)
            left.append(replace(entry, problem=problem))
        await self._book.record(*left)

    async def _listed(self, witnesses: Iterable[Tag]) -> dict[Tag, JobId]:
        tags = {
            entry.tag
            for doubt in self._rows.values()
            if not doubt.entry.exporting
            for entry in doubt.candidates
        }
        if not tags:
            return {}
        await self._gate.enter()
        return await self._service.find(tags | set(witnesses))

    def _adopted(self, listed: dict[Tag, JobId]) -> list[Entry]:
        return [
            replace(there[-1], state=State.SUBMITTED, job=listed[there[-1].tag], problem=None)
            for doubt in self._rows.values()
            if not doubt.entry.exporting
            and (there := [entry for entry in doubt.candidates if entry.tag in listed])
        ]

    async def _begun(self) -> list[Entry]:
        """The drafts whose export has begun: there is no list to look at, each is asked for itself."""
        begun = []
        for entry in [doubt.entry for doubt in self._rows.values() if doubt.entry.exporting]:
            assert entry.job is not None
            await self._gate.enter()
            try:
                seen = await self._service.progress(entry.job)
            except Rejected:
                continue
            if is_begun(seen):
                begun.append(replace(entry, state=State.SUBMITTED, problem=None))
        return begun

    def _witnesses(self, entry: Entry) -> Sequence[Tag]:
        """Tags that the list must know if it shows this row's time at all: of videos made at about it."""
        if entry.exporting:
            return ()
        at = entry.submitted_at or _NEVER
        made = [
            one
            for one in self._book.entries()
            if one.state is State.COMPLETE and one.tag and one.submitted_at
        ]
        near = sorted(made, key=lambda one: abs((one.submitted_at or _NEVER) - at))
        return [one.tag for one in near[:_NEIGHBOURS]]

    def _is_expired(self, doubt: _Doubt) -> bool:
        timing = self._patience.longest_export
        if self._clock.seconds() - doubt.since > timing:
            return True
        if doubt.fresh:
            # The time of day may be set while a run lasts; the clock that only grows is not.
            return False
        at = doubt.entry.submitted_at
        return at is None or self._clock.now() - at > timedelta(seconds=timing)


def _is_unreliable(witnesses: Sequence[Tag], listed: dict[Tag, JobId]) -> bool:
    return bool(witnesses) and not any(tag in listed for tag in witnesses)


def _row_in_doubt(tag: Tag, minutes: int) -> Problem:
    return Problem(
        "It is not known whether AI Studios took this row: its answer was lost, "
        f"and no project with [{tag}] in its name was listed within {minutes} min",
        hint="Look for that name in AI Studios; if it is missing: castmerge run --resubmit-in-doubt",
    )


def _list_in_doubt(tag: Tag) -> Problem:
    return Problem(
        "It is not known whether AI Studios took this row: its answer was lost, and the list of projects "
        "cannot be relied on: it lacks even videos that were made, or cannot be read",
        hint=f"Look for [{tag}] in AI Studios, in every workspace; if no project's name has it: "
        "castmerge run --resubmit-in-doubt",
    )


def _draft_in_doubt(minutes: int) -> Problem:
    return Problem(
        "It is not known whether AI Studios exports this draft: its answer was lost, "
        f"and the project did not begin within {minutes} min",
        hint="Look at it in AI Studios; if it is still a draft: castmerge export-drafts --resubmit-in-doubt",
    )
