"""Recover submissions whose response was lost: search the project list for their tag; never just resubmit.

The list may lack a project whose video is still being made, so a tag counts as absent only after the longest
export time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import nsmallest

from merge.errors import Rejected, ServiceError, Unauthorized
from merge.model import Entry, JobId, Problem, RowKey, State, Tag
from merge.run.state import RunContext
from merge.run.submit import export_has_begun

_CONTROLS = 5
"""A reliable list has to show at least one of this many finished videos."""
_UNREADABLE_AFTER = 120.0
"""Seconds without a readable list before giving up, because a service may fail for a moment."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecoveryResult:
    """The rows that one search has resolved.

    Attributes:
        adopted: their job was found
        absent: they didn't appear within the longest export time
        unknown: the list is unreliable or unreadable, so nothing is known
    """

    adopted: tuple[Entry, ...] = ()
    absent: tuple[Entry, ...] = ()
    unknown: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class _Unconfirmed:
    """One unconfirmed row.

    Attributes:
        entry: its submission or export
        since: when this run began to search, in the clock's seconds
        fresh: whether its response was lost in this run, so that the time of day doesn't matter
        later: possible later generations of the row; the last one found is the current one
    """

    entry: Entry
    since: float
    fresh: bool
    later: tuple[Entry, ...]

    @property
    def candidates(self) -> tuple[Entry, ...]:
        return (self.entry, *self.later)


class UnconfirmedSubmissions:
    """The unconfirmed rows of a run."""

    def __init__(self, context: RunContext) -> None:
        self._service = context.service
        self._state = context.state
        self._limiter = context.limiter
        self._clock = context.clock
        self._timing = context.settings.effective_timing
        self._rows: dict[RowKey, _Unconfirmed] = {}
        self._next_search = context.clock.seconds()

    @property
    def idle(self) -> bool:
        """Whether no row is unconfirmed."""
        return not self._rows

    def add(self, entry: Entry, later: Iterable[Entry] = (), *, fresh: bool = False) -> None:
        """Search for a row, now and repeatedly.

        Args:
            entry: a submission, found by its tag, or the export of a draft, found by its id
            later: possible later generations of the row, if only the sheet knows that it was submitted
            fresh: whether its response was lost just now
        """
        self._rows[entry.key] = _Unconfirmed(entry, self._clock.seconds(), fresh, tuple(later))
        self._next_search = self._clock.seconds()

    @property
    def is_due(self) -> bool:
        """Whether to search now."""
        return not self.idle and self._clock.seconds() >= self._next_search

    async def search(self) -> RecoveryResult:
        """Search for all rows."""
        expired = [row for row in self._rows.values() if self._is_expired(row)]
        controls = self._controls([row.entry for row in expired])
        try:
            listed = await self._find(tag for tags in controls.values() for tag in tags)
            adopted = [*self._adopted(listed), *await self._begun_exports()]
        except ServiceError as error:
            self._limiter.pause_after(error)
            if isinstance(error, Unauthorized):
                self._state.stopped_by = error
            return self._give_up_unreadable()
        finally:
            self._next_search = self._clock.seconds() + self._timing.poll.poll_stalled
        await self._state.record(*adopted)
        found = {entry.key for entry in adopted}
        # Checked again: the response may have shown that the computer's clock was wrong.
        gone = [row.entry for row in expired if row.entry.key not in found and self._is_expired(row)]
        unknown = [
            entry
            for entry in gone
            # If a row that was left as unknown is tried again, a person has looked it up.
            if _is_unreliable(controls[entry.key], listed) and entry.problem != _list_unreliable(entry.tag)
        ]
        for key in (*found, *(entry.key for entry in gone)):
            del self._rows[key]
        absent = (entry for entry in gone if entry not in unknown)
        return RecoveryResult(tuple(adopted), tuple(absent), tuple(unknown))

    async def leave(self, entries: Iterable[Entry], *, unknown: bool = False) -> None:
        """Record a problem for rows that weren't found, with what to do about it."""
        minutes = round(self._timing.longest_export / 60) or 1
        left = []
        for entry in entries:
            if entry.exporting:
                problem = _export_unconfirmed(minutes)
            else:
                problem = _list_unreliable(entry.tag) if unknown else _row_unconfirmed(entry.tag, minutes)
            left.append(replace(entry, problem=problem))
        await self._state.record(*left)

    def _give_up_unreadable(self) -> RecoveryResult:
        """Leave rows to another run if the list wasn't readable for twice the longest export time."""
        until = self._clock.seconds() - max(2 * self._timing.longest_export, _UNREADABLE_AFTER)
        left = tuple(row.entry for row in self._rows.values() if row.since < until)
        for entry in left:
            del self._rows[entry.key]
        return RecoveryResult(unknown=left)

    async def _find(self, controls: Iterable[Tag]) -> Mapping[Tag, JobId]:
        tags = {entry.tag for row in self._submissions() for entry in row.candidates}
        if not tags:
            return {}
        await self._limiter.acquire()
        return await self._service.find(tags | set(controls))

    def _submissions(self) -> list[_Unconfirmed]:
        return [row for row in self._rows.values() if not row.entry.exporting]

    def _adopted(self, listed: Mapping[Tag, JobId]) -> list[Entry]:
        return [
            replace(found[-1], state=State.SUBMITTED, job=listed[found[-1].tag], problem=None)
            for row in self._submissions()
            if (found := [entry for entry in row.candidates if entry.tag in listed])
        ]

    async def _begun_exports(self) -> list[Entry]:
        """Poll each unconfirmed export, as the list doesn't show drafts."""
        begun = []
        for entry in [row.entry for row in self._rows.values() if row.entry.exporting]:
            assert entry.job is not None
            await self._limiter.acquire()
            try:
                progress = await self._service.progress(entry.job)
            except Rejected:
                continue
            if export_has_begun(progress):
                begun.append(replace(entry, state=State.SUBMITTED, problem=None))
        return begun

    def _controls(self, entries: Sequence[Entry]) -> Mapping[RowKey, Sequence[Tag]]:
        """Tags of finished videos submitted at about the same time: a reliable list shows at least one."""
        searched = [entry for entry in entries if not entry.exporting]
        finished = [
            (one.submitted_at, one.tag)
            for one in (self._state.entries() if searched else ())
            if one.state is State.COMPLETE and one.tag and one.submitted_at
        ]
        found: dict[RowKey, Sequence[Tag]] = {entry.key: () for entry in entries}
        for entry in searched:
            at = entry.submitted_at or _NEVER
            nearest = nsmallest(_CONTROLS, finished, key=lambda one: abs(one[0] - at))
            found[entry.key] = [tag for _, tag in nearest]
        return found

    def _is_expired(self, row: _Unconfirmed) -> bool:
        longest = self._timing.longest_export
        if self._clock.seconds() - row.since > longest:
            return True
        if row.fresh:
            # The time of day may be changed during a run; the monotonic clock can't.
            return False
        at = row.entry.submitted_at
        return at is None or self._clock.now() - at > timedelta(seconds=longest)


def _is_unreliable(controls: Sequence[Tag], listed: Mapping[Tag, JobId]) -> bool:
    return bool(controls) and not any(tag in listed for tag in controls)


def _row_unconfirmed(tag: Tag, minutes: int) -> Problem:
    return Problem(
        "AI Studios didn't confirm this row, "
        f"and no project with [{tag}] in its name showed up within {minutes} min",
        hint="Look for that name in AI Studios. If it's missing, choose Send again in castmerge",
    )


def _list_unreliable(tag: Tag) -> Problem:
    return Problem(
        "AI Studios didn't confirm this row, and castmerge can't rely on its list of projects, which is "
        "incomplete or can't be read",
        hint=f"Look for [{tag}] in AI Studios, in every workspace. If no project's name has it, choose "
        "Send again in castmerge",
    )


def _export_unconfirmed(minutes: int) -> Problem:
    return Problem(
        "AI Studios didn't confirm that it's making this draft's video, "
        f"and it didn't start within {minutes} min",
        hint="Look at it in AI Studios. If it's still a draft, choose Send again in castmerge",
    )
