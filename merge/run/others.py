"""Rows that another run is making: their results are in the journal, and they are taken over if it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

from merge.errors import JournalError
from merge.journal import identity_of
from merge.model import Entry, State
from merge.run.state import RunContext

_LOOK_EVERY = 1.0
"""Seconds between two looks at the journal."""
_SETTLED = frozenset({State.COMPLETE, State.FAILED, State.DRAFT})


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What one look found that this run has to go on with.

    Attributes:
        entries: records whose run has ended; this run has them now
        unknown: submissions that the journal has under another workbook, so they are looked up at the service
    """

    entries: tuple[Entry, ...] = ()
    unknown: tuple[Entry, ...] = ()


class RowsOfOthers:
    """The rows of this run that another run has."""

    def __init__(self, context: RunContext) -> None:
        self._state = context.state
        self._clock = context.clock
        self._entries: dict[str, Entry] = {}
        self._next_look = context.clock.seconds()
        self._waits = context.settings.effective_timing.give_up_after > 0
        self._every = min(_LOOK_EVERY, context.settings.effective_timing.poll.poll_min)

    @property
    def idle(self) -> bool:
        """Whether there are none."""
        return not self._entries

    def add(self, entry: Entry) -> None:
        """Watch a row."""
        self._entries[identity_of(entry)] = entry

    def look(self) -> HandedOver:
        """Look at all rows, if that is due; those that are settled show their results."""
        if self.idle or self._clock.seconds() < self._next_look:
            return HandedOver()
        self._next_look = self._clock.seconds() + self._every
        try:
            # What waits for a worker is the workers' alone.
            ours_if_free = [name for name, row in self._entries.items() if row.state is not State.QUEUED]
            held = {*self._state.take_over(ours_if_free), *(self._entries.keys() - set(ours_if_free))}
            found = {identity_of(entry): entry for entry in self._state.recall(self._entries)}
        except JournalError as error:
            self._state.stopped_by = error
            return HandedOver()
        unknown = tuple(entry for identity, entry in self._entries.items() if identity not in found)
        ours = []
        for identity, entry in found.items():
            # Where the row is now, and what it says, is known here alone.
            row = self._entries[identity]
            self._state.show(entry, row)
            if entry.state not in _SETTLED and identity not in held:
                ours.append(entry)
        self._entries = {
            identity: replace(row, state=found[identity].state) if row.state is State.QUEUED else row
            for identity, row in self._entries.items()
            if identity in held
            and identity in found
            and found[identity].state not in _SETTLED
            and self._waits
        }
        return HandedOver(tuple(ours), unknown)
