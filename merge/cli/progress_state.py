"""Where the rows of a run stand, as it is shown while the run lasts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from merge.cli.summary_text import without_cell
from merge.results import format_duration
from merge.run.state import RowEvent
from merge.sheet.result_columns import Status

ENDED = frozenset({Status.COMPLETE, Status.FAILED, Status.CHECK, Status.DRAFT})
"""The statuses that a row keeps for the rest of the run, as a rule; one that goes on is counted anew."""
PROBLEMS = frozenset({Status.FAILED, Status.CHECK, Status.INVALID})
_NOT_MADE = frozenset({Status.FAILED, Status.CHECK})
_AT_WORK = frozenset({Status.SUBMITTED, Status.RENDERING})
KEPT_PROBLEMS = 3
_WORDS = {
    Status.COMPLETE: "complete",
    Status.DRAFT: "saved as drafts",
    Status.FAILED: "failed",
    Status.CHECK: "to be checked",
    Status.RENDERING: "rendering",
    Status.SUBMITTED: "submitted",
}
_LEAST = 0.03
"""Of all work, before which how long the rest takes is anybody's guess."""


class Board:
    """The latest word on every row, and what follows from it. Seconds are handed in.

    Attributes:
        total: how many rows are to be worked on
        problems: the last rows that failed or are in doubt, the latest last
    """

    def __init__(self, total: int, began: float) -> None:
        self.total = total
        self.problems: deque[RowEvent] = deque(maxlen=KEPT_PROBLEMS)
        self._began = began
        self._statuses: dict[str, Status] = {}
        self._counts: Counter[Status] = Counter()
        self._under_way: dict[str, RowEvent] = {}
        self._refused: set[str] = set()
        self._kinds: set[tuple[Status, str]] = set()

    def tell(self, event: RowEvent) -> bool:
        """Take note of a change; tell whether the row has another status than before."""
        before = self._statuses.get(event.key)
        if event.status in ENDED:
            self._under_way.pop(event.key, None)
        else:
            self._under_way[event.key] = event
        if event.status in _NOT_MADE and before not in _AT_WORK:
            self._refused.add(event.key)
        elif event.status not in ENDED:
            self._refused.discard(event.key)
        if before is event.status:
            return False
        if before is not None:
            self._counts[before] -= 1
        self._counts[event.status] += 1
        self._statuses[event.key] = event.status
        if event.status in PROBLEMS:
            self.problems.append(event)
        return True

    def is_news(self, event: RowEvent) -> bool:
        """Whether this is a problem that no other row had before; it is news once."""
        kind = event.status, without_cell(event.note)
        if event.status not in PROBLEMS or kind in self._kinds:
            return False
        self._kinds.add(kind)
        return True

    @property
    def done(self) -> int:
        """How many rows have come to an end."""
        return sum(self._counts[status] for status in ENDED)

    @property
    def work(self) -> float:
        """How many rows' work is done, those under way counted by their progress."""
        return self.done + sum(event.percent or 0 for event in self._under_way.values()) / 100

    @property
    def under_way(self) -> int:
        """How many rows are being worked on."""
        return len(self._under_way)

    def latest(self, most: int) -> list[RowEvent]:
        """The rows under way, those that are furthest first, so that they move little on the screen."""
        rows = sorted(self._under_way.values(), key=lambda event: (-(event.percent or 0), event.row))
        return sorted(rows[:most], key=lambda event: event.row)

    def counts(self) -> Iterator[tuple[int, str]]:
        """How many rows stand where, those that wait for their turn last."""
        for status, words in _WORDS.items():
            if self._counts[status]:
                yield self._counts[status], words
        waiting = self.total - self.done - self._counts[Status.RENDERING] - self._counts[Status.SUBMITTED]
        if waiting > 0:
            yield waiting, "waiting"

    def time_left(self, now: float) -> str:
        """How long the rest will take if it goes on like this, in words; "" while that is not known."""
        # What is refused at once says nothing about how long a video takes.
        done, total = self.work - len(self._refused), self.total - len(self._refused)
        if done < total * _LEAST or self.done >= self.total:
            return ""
        seconds = (now - self._began) / done * (total - done)
        if seconds < 60:  # noqa: PLR2004 - a minute
            return "less than a minute left"
        return f"about {format_duration(seconds, rounded=True)} left"


def event_line(event: RowEvent) -> str:
    """A row's change, for a screen without a table."""
    note = f": {event.note}" if event.note else ""
    return f"row {event.row}: {event.status}{note}"


def progress_line(board: Board, now: float) -> str:
    """Where all rows stand, in one line."""
    said = ", ".join(f"{number:,} {word}" for number, word in board.counts())
    left = board.time_left(now)
    return f"{board.done:,} of {board.total:,} done ({said}){f'; {left}' if left else ''}"
