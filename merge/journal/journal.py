"""What castmerge needs of a journal, wherever it is kept."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from merge.model import JSON, Entry, RowKey, SheetVideos

__all__ = [
    "Budget",
    "Journal",
    "JournalPlace",
    "Place",
    "Queue",
    "QueuedProject",
    "Records",
    "identity_of",
    "own_key",
    "queued_key",
    "workbook_and_sheet",
]


@dataclass(frozen=True, slots=True)
class QueuedProject:
    """A row that waits for a worker.

    Attributes:
        entry: its record
        body: its project as JSON text
    """

    entry: Entry
    body: str


@dataclass(frozen=True, slots=True)
class Place:
    """One of an account's places for submissions.

    Attributes:
        number: from 1
        has_others: whether there are other runs or workers that may wait for one
    """

    number: int
    has_others: bool


class Budget(Protocol):
    """What an account may send, shared by several runs. Times are seconds by the server's clock."""

    def take(self, requests: int, interval: float, slack: float) -> float:
        """Reserve requests; returns the seconds to wait before the first of them may leave.

        Args:
            requests: how many
            interval: seconds between two requests
            slack: seconds by which requests may be early after a rest
        """
        ...

    def paused(self) -> float:
        """Seconds for which nothing may be sent; 0 or less if something may."""
        ...

    def pause(self, seconds: float, slack: float) -> None:
        """Let nothing be sent for this long, and then no burst."""
        ...

    def enter(self, at_once: int, least: int = 1) -> Place | None:
        """Take one of the places for submissions; None if fewer than `least` of them are free."""
        ...

    def leave(self, place: Place) -> None:
        """Give a place back. A run that ends gives back all of its own."""
        ...


class Records(Protocol):
    """Where a run records what happens to its rows.

    A change is durable when its method returns. Every method raises a `JournalError` and nothing else. Not
    for use by several threads at once.
    """

    @property
    def budget(self) -> Budget | None:
        """What the account may send, if others send too; None if only this run does."""
        ...

    def halted(self) -> str:
        """Whether somebody has `paused` or `stopped` this workbook's videos; "" if not."""
        ...

    def each(self, sheet: str, /) -> Iterator[Entry]:
        """Yield all records of a sheet one by one, in the order of submission."""
        ...

    def put(self, sheet: str, entries: Iterable[Entry], /) -> Collection[str]:
        """Record submissions, new or known by their tags: all of them at once, or none.

        Returns:
            The identities of those that weren't recorded, because another run has them.
        """
        ...

    def take_over(self, sheet: str, identities: Collection[str], /) -> Collection[str]:
        """Take over records whose run has ended; returns the identities that another run still has."""
        ...

    def recall(self, sheet: str, identities: Collection[str], /) -> Iterator[Entry]:
        """Yield the records with these identities, as they are now."""
        ...

    def require_lease(self) -> None:
        """Check, right before something is sent, that no other run can have taken over.

        Raises:
            JournalError: one can have
        """
        ...

    def webhook_secret(self) -> bytes:
        """Return the secret from which rows' webhook addresses are derived; it is created on the first call.

        Anyone who has it can trigger polls and report wrong credits, but nothing else.
        """
        ...


class Queue(Records, Protocol):
    """The rows of all workbooks that wait for workers, open for one worker.

    The key of a row begins with its workbook and sheet, as in `queued_key`.
    """

    @property
    def name(self) -> str:
        """The journal's address without the password."""
        ...

    def __enter__(self) -> Self:
        """The queue, which is closed at the end of the block."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Close it."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Register as a worker for the block; its rows are free for others afterwards."""
        ...

    def is_woken(self) -> bool:
        """Whether there may be something new since the last call."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many rows wait, are unconfirmed, and are being made, by state; for all workers."""
        ...

    def claim(self, most: int) -> Sequence[QueuedProject]:
        """Take rows that wait, from all workbooks in turn; those that are paused or stopped are left out."""
        ...

    def abandoned(self, most: int) -> Sequence[Entry]:
        """Take submissions whose run has ended before their videos were there."""
        ...

    def give_back(self, entries: Iterable[Entry], *, queued: bool = True) -> None:
        """Let others have these rows: other workers or, if they leave the queue, only people."""
        ...


class Journal(Records, Protocol):
    """The open journal of one workbook: its videos, one record per submission, and each sheet's settings."""

    def queue(self, sheet: str, projects: Iterable[QueuedProject], service: str) -> Collection[str]:
        """Leave rows to the workers for a service, given by its host.

        Returns:
            The identities of those that weren't queued, because another run has them.

        Raises:
            JournalError: this journal has no workers
        """
        ...

    def waiting(self) -> int:
        """How many rows of this workbook wait for a worker."""
        ...

    def workers(self) -> int:
        """How many workers are running, for any workbook."""
        ...

    def halt(self, word: str) -> None:
        """Say that this workbook's videos are `paused` or `stopped`, or "" to go on.

        Raises:
            JournalError: this journal has no workers
        """
        ...

    @property
    def name(self) -> str:
        """What messages call it: its path, or its address without the password."""
        ...

    def lock(self, workbook: Path | None = None) -> AbstractContextManager[None]:
        """Hold the journal for one run: `with journal.lock():`. Reading needs no lock.

        Args:
            workbook: locked as well, in case it has several names and therefore several journals
        """
        ...

    def videos(self, sheet: str) -> tuple[Entry, ...]:
        """Return all records of a sheet, in the order of submission."""
        ...

    def known(self, sheet: str) -> SheetVideos:
        """Return everything that the rows of a sheet are matched with."""
        ...

    def entries(self, sheet: str) -> dict[RowKey, Entry]:
        """Return the latest record of each key of a sheet, in the order of the rows as last seen."""
        ...

    def mark_written(self, sheet: str, jobs: Container[str], stamp: datetime | None = None) -> None:
        """Record that these ids are in the workbook, by one new write-back.

        Args:
            sheet: the worksheet's name
            jobs: the ids that were written, or were there already
            stamp: the newest time in `Video Updated` after this write-back, UTC; None if it wrote no time
        """
        ...

    def stamp(self, sheet: str) -> datetime | None:
        """Return the newest time in `Video Updated` after the last write-back, UTC; None before the first."""
        ...

    def save_sheet(self, sheet: str, settings: Mapping[str, JSON]) -> None:
        """Record the settings that later commands need for a sheet; never secrets."""
        ...

    def load_sheet(self, sheet: str) -> dict[str, JSON] | None:
        """Return the settings recorded for a sheet, or None if there are none."""
        ...

    def sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets that have recorded settings, in alphabetical order."""
        ...


class JournalPlace(Protocol):
    """Where a workbook's journal is kept, whether or not it's there yet; its `str` is for messages."""

    def exists(self) -> bool:
        """Whether there is one."""
        ...

    def open(self, *, create: bool = True) -> AbstractContextManager[Journal]:
        """Open the journal and upgrade it; create it if it doesn't exist.

        Raises:
            JournalError: it doesn't exist, is damaged, newer than this castmerge, or can't be written
        """
        ...

    def check_writable(self) -> None:
        """Check whether results could be recorded here; changes nothing.

        Raises:
            JournalError: they couldn't
        """
        ...


def identity_of(entry: Entry) -> str:
    """What identifies a record within its sheet: the tag, or the id of a video whose tag isn't known."""
    return entry.tag or f"id:{entry.job or entry.key}"


_BETWEEN = "\n"


def queued_key(workbook: int, name: str, sheet: str, key: RowKey) -> RowKey:
    """A row's key in the queue; neither the name of a file nor that of a sheet has a line break."""
    return RowKey(_BETWEEN.join((str(workbook), name.replace(_BETWEEN, " "), sheet, key)))


def own_key(key: RowKey) -> tuple[int, str, RowKey]:
    """The number of the workbook, the sheet, and the row's own key, from its key in the queue."""
    workbook, _, sheet, own = key.split(_BETWEEN, 3)
    return int(workbook), sheet, RowKey(own)


def workbook_and_sheet(key: RowKey) -> tuple[str, str]:
    """The names of the workbook and the sheet, from a row's key in the queue."""
    _, workbook, sheet, _ = key.split(_BETWEEN, 3)
    return workbook, sheet
