"""The progress of a run: the latest status of every row, and what follows from it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from merge.cli.summary_text import without_cell
from merge.reports.visible_text import visible_line
from merge.results import format_duration
from merge.run.state import RowEvent
from merge.sheet.result_columns import Status

ENDED = frozenset({Status.COMPLETE, Status.FAILED, Status.CHECK, Status.DRAFT})
"""Statuses that a row usually keeps until the run ends; if it continues after all, it is counted again."""
PROBLEMS = frozenset({Status.FAILED, Status.CHECK, Status.INVALID})
_NOT_MADE = frozenset({Status.FAILED, Status.CHECK})
_IN_PROGRESS = frozenset({Status.SUBMITTED, Status.RENDERING})
MAX_PROBLEMS = 3
_LABELS = {
    Status.COMPLETE: "complete",
    Status.DRAFT: "saved as drafts",
    Status.FAILED: "failed",
    Status.CHECK: "unconfirmed",
}
_MIN_SHARE = 0.03
"""Share of the work that must be done before the remaining time is estimated."""


class Progress:
    """The latest status of every row. Times are seconds of a monotonic clock, passed in.

    Attributes:
        total: how many rows are to be worked on
        problems: the last rows that failed or are unconfirmed, with the latest last
    """

    def __init__(self, total: int, began: float) -> None:
        self.total = total
        self.problems: deque[RowEvent] = deque(maxlen=MAX_PROBLEMS)
        self._began = began
        self._statuses: dict[str, Status] = {}
        self._counts: Counter[Status] = Counter()
        self._under_way: dict[str, RowEvent] = {}
        self._refused: set[str] = set()
        self._kinds: set[tuple[Status, str]] = set()

    def add(self, event: RowEvent) -> bool:
        """Record a change; returns whether the row's status is a new one."""
        before = self._statuses.get(event.key)
        if event.status in ENDED:
            self._under_way.pop(event.key, None)
        else:
            self._under_way[event.key] = event
        if event.status in _NOT_MADE and before not in _IN_PROGRESS:
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
        """Whether this is a problem that no other row had before; true only once for each."""
        kind = event.status, without_cell(event.note)
        if event.status not in PROBLEMS or kind in self._kinds:
            return False
        self._kinds.add(kind)
        return True

    @property
    def done(self) -> int:
        """How many rows have ended."""
        return sum(self._counts[status] for status in ENDED)

    @property
    def work(self) -> float:
        """Ended rows plus the fractional progress of rows in flight."""
        return self.done + sum(event.percent or 0 for event in self._under_way.values()) / 100

    @property
    def under_way(self) -> int:
        """How many rows are in flight."""
        return len(self._under_way)

    def in_flight(self, limit: int) -> list[RowEvent]:
        """The rows in flight with the most progress, in the sheet's order."""
        rows = sorted(self._under_way.values(), key=lambda event: (-(event.percent or 0), event.row))
        return sorted(rows[:limit], key=lambda event: event.row)

    def counts(self) -> Iterator[tuple[int, str]]:
        """Rows by status with its label; those not yet started come last."""
        for status, label in _LABELS.items():
            if self._counts[status]:
                yield self._counts[status], label
        in_progress = sum(self._counts[status] for status in _IN_PROGRESS)
        if in_progress:
            yield in_progress, "in progress"
        waiting = self.total - self.done - in_progress
        if waiting > 0:
            yield waiting, "waiting"

    def time_left(self, now: float) -> str:
        """The estimated time left, as text; "" while it isn't known."""
        # Rows that were refused at once don't show how long a video takes.
        done, total = self.work - len(self._refused), self.total - len(self._refused)
        if done < total * _MIN_SHARE or self.done >= self.total:
            return ""
        seconds = (now - self._began) / done * (total - done)
        if seconds < 60:  # noqa: PLR2004 - a minute
            return "less than a minute left"
        return f"about {format_duration(seconds, rounded=True)} left"


def event_line(event: RowEvent) -> str:
    """One row's change, as a line."""
    note = f": {event.note}" if event.note else ""
    return visible_line(f"row {event.row}: {event.status}{note}")


def progress_line(progress: Progress, now: float) -> str:
    """The progress of all rows, as a line."""
    counts = ", ".join(f"{number:,} {word}" for number, word in progress.counts())
    left = progress.time_left(now)
    return f"{progress.done:,} of {progress.total:,} done ({counts}){f'; {left}' if left else ''}"
