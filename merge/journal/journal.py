"""What castmerge needs of a journal, wherever it is kept."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from merge.model import JSON, Entry, RowKey, SheetVideos

__all__ = ["Journal", "JournalPlace", "identity_of"]


class Journal(Protocol):
    """The open journal of one workbook: its videos, one record per submission, and each sheet's settings.

    A change is durable when its method returns. Every method raises a `JournalError` and nothing else. Not
    for use by several threads at once.
    """

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

    def each(self, sheet: str) -> Iterator[Entry]:
        """Yield all records of a sheet one by one, in the order of submission."""
        ...

    def known(self, sheet: str) -> SheetVideos:
        """Return everything that the rows of a sheet are matched with."""
        ...

    def entries(self, sheet: str) -> dict[RowKey, Entry]:
        """Return the latest record of each key of a sheet, in the order of the rows as last seen."""
        ...

    def put(self, sheet: str, entries: Iterable[Entry]) -> Collection[str]:
        """Record submissions, new or known by their tags: all of them at once, or none.

        Returns:
            The identities of those that weren't recorded, because another run has them.
        """
        ...

    def take_over(self, sheet: str, identities: Collection[str]) -> Collection[str]:
        """Take over records whose run has ended; returns the identities that another run still has."""
        ...

    def recall(self, sheet: str, identities: Collection[str]) -> Iterator[Entry]:
        """Yield the records with these identities, as they are now."""
        ...

    def require_lease(self) -> None:
        """Check, right before something is sent, that no other run can have taken over.

        Raises:
            JournalError: one can have
        """
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

    def webhook_secret(self) -> bytes:
        """Return the secret from which rows' webhook addresses are derived; it is created on the first call.

        Anyone who has it can trigger polls and report wrong credits, but nothing else.
        """
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
