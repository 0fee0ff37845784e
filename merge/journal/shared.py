"""Shared journals, whose library isn't part of every installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from merge.errors import JournalError
from merge.journal.journal import JournalPlace, Queue
from merge.journal.overview import Campaign
from merge.journal.shared_workbook import SharedWorkbook

__all__ = ["shared_campaigns", "shared_journal", "shared_queue"]


def shared_journal(address: str, workbook: SharedWorkbook) -> JournalPlace:
    """The shared journal at an address.

    Raises:
        JournalError: the library for it isn't installed, or the address can't be read
    """
    with _library():
        from merge.journal.postgres_journal import PostgresPlace  # noqa: PLC0415 - few installations have it
    place = PostgresPlace(address, workbook)
    # Report an address that can't be read now, before anything is done with it.
    str(place)
    return place


def shared_queue(address: str, service: str) -> Queue:
    """Open the queue of a shared journal, for the service at this host.

    Raises:
        JournalError: the library for it isn't installed, or the journal can't be used
    """
    with _library():
        from merge.journal.postgres_queue import open_queue  # noqa: PLC0415 - few installations have it
    return open_queue(address, service)


def shared_campaigns(address: str) -> tuple[Campaign, ...]:
    """Everything that the shared journal at an address knows, by workbook and sheet.

    Raises:
        JournalError: the library for it isn't installed, or the journal can't be read
    """
    with _library():
        from merge.journal.postgres_overview import campaigns  # noqa: PLC0415 - few installations have it
    return campaigns(address)


@contextmanager
def _library() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise JournalError(
            "castmerge was installed without support for PostgreSQL journals",
            place="--journal",
            hint="Install it with: pip install 'castmerge[teams]'",
        ) from error
