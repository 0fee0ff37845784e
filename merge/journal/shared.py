"""Shared journals, whose library isn't part of every installation."""

from __future__ import annotations

from merge.errors import JournalError
from merge.journal.journal import JournalPlace
from merge.journal.shared_workbook import SharedWorkbook

__all__ = ["shared_journal"]


def shared_journal(address: str, workbook: SharedWorkbook) -> JournalPlace:
    """The shared journal at an address.

    Raises:
        JournalError: the library for it isn't installed, or the address can't be read
    """
    try:
        from merge.journal.postgres_journal import PostgresPlace  # noqa: PLC0415 - few installations have it
    except ImportError as error:
        raise JournalError(
            "this installation can't use a PostgreSQL journal",
            place="--journal",
            hint="Add what it needs with: pip install 'castmerge[teams]'",
        ) from error
    place = PostgresPlace(address, workbook)
    str(place)
    return place
