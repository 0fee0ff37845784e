"""Submissions that were left without an answer: looked for by their tags, never repeated blindly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from merge.errors import ServiceError, Unauthorized
from merge.model import Entry, Problem, RowKey, State
from merge.run.desk import Desk


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look brought: rows whose job was found, and rows that certainly are not there."""

    adopted: tuple[Entry, ...] = ()
    absent: tuple[Entry, ...] = ()


class Doubts:
    """The rows in doubt. The list of projects may lack what still renders, so absence needs time."""

    def __init__(self, desk: Desk) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._patience = desk.settings.waits
        self._rows: dict[RowKey, Entry] = {}
        self._later: dict[RowKey, tuple[Entry, ...]] = {}
        self.next_due = desk.clock.seconds()

    @property
    def idle(self) -> bool:
        """Whether no row is in doubt."""
        return not self._rows

    def add(self, entry: Entry, later: Iterable[Entry] = ()) -> None:
        """Look for a row's tag, at once and again.

        Args:
            entry: what is in doubt
            later: the same row submitted again, where nobody remembers whether it was; the last found counts
        """
        self._rows[entry.key] = entry
        self._later[entry.key] = tuple(later)
        self.next_due = self._clock.seconds()

    async def look(self) -> Verdict:
        """Look once for all, where it is due."""
        if self.idle or self._clock.seconds() < self.next_due:
            return Verdict()
        expired = [entry for entry in self._rows.values() if self._is_expired(entry)]
        await self._gate.enter()
        try:
            found = await self._service.find({one.tag for row in self._rows for one in self._candidates(row)})
        except ServiceError as error:
            self._gate.slow_down(error)
            if isinstance(error, Unauthorized):
                self._book.stopped_by = error
            self.next_due = self._clock.seconds() + self._patience.poll.standing_still
            return Verdict()
        self.next_due = self._clock.seconds() + self._patience.poll.standing_still
        adopted = [
            replace(there[-1], state=State.SUBMITTED, job=found[there[-1].tag], problem=None)
            for row in self._rows
            if (there := [one for one in self._candidates(row) if one.tag in found])
        ]
        for entry in adopted:
            self._book.record(entry)
        here = {entry.key for entry in adopted}
        absent = [entry for entry in expired if entry.key not in here]
        self._forget([*adopted, *absent])
        return Verdict(tuple(adopted), tuple(absent))

    def leave(self, entries: Iterable[Entry]) -> None:
        """Say of rows that did not appear what is known and what to do."""
        minutes = round(self._patience.longest_export / 60) or 1
        for entry in entries:
            problem = Problem(
                "It is not known whether AI Studios took this row: its answer was lost, "
                f"and no project with [{entry.tag}] in its name was listed within {minutes} min",
                cure="Look for that name in AI Studios; if it is missing: castmerge run --resubmit-in-doubt",
            )
            self._book.record(replace(entry, problem=problem))

    def _candidates(self, row: RowKey) -> tuple[Entry, ...]:
        return (self._rows[row], *self._later.get(row, ()))

    def _forget(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            del self._rows[entry.key]

    def _is_expired(self, entry: Entry) -> bool:
        if entry.submitted_at is None:
            return True
        return self._clock.now() - entry.submitted_at > timedelta(seconds=self._patience.longest_export)
