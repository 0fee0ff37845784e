"""The connection of a run to a shared journal, made again when it is lost, and its lease."""

from __future__ import annotations

import getpass
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, IdleInTransactionSessionTimeout

from merge.journal.lease import Lease
from merge.journal.postgres import connect, shown_address, translate_errors
from merge.journal.postgres_schema import Connection, number_in

__all__ = ["RECONNECTING", "SharedDatabase"]

T = TypeVar("T")
RECONNECTING = 4.0
"""Seconds for which a lost connection is tried again, as while the server restarts."""
_PAUSE = 0.2
_UNDONE = (DeadlockDetected, IdleInTransactionSessionTimeout)


class SharedDatabase:
    """A connection to a shared journal.

    Attributes:
        address: `postgresql://user@host/database`
        name: the address without the password
        holder: the number of the run that holds records, or None
    """

    def __init__(self, address: str, connection: Connection) -> None:
        self.address = address
        self.name = shown_address(address)
        self._connection = connection
        self._lease: Lease | None = None

    @property
    def holder(self) -> int | None:
        """The run's number."""
        return self._lease.holder if self._lease else None

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self._connection.close()

    @contextmanager
    def leased(self, workbook: int | None) -> Iterator[None]:
        """Register as a run that can hold records of this workbook, or of all if it's a worker."""
        with translate_errors(self.name):
            holder = number_in(
                self._connection.execute(
                    "INSERT INTO castmerge.holders (workbook, account, host, process) "
                    "VALUES (%s, %s, %s, %s) RETURNING id",
                    (workbook, _account(), platform.node(), os.getpid()),
                ).fetchone()
            )
        with ExitStack() as until_the_end:
            with translate_errors(self.name):
                lease = Lease(lambda: connect(self.address), holder)
                self._lease = until_the_end.enter_context(lease)
            try:
                yield
            finally:
                self._lease = None

    def require_lease(self) -> None:
        """Check that no other run can have taken over this run's records.

        Raises:
            JournalError: one can have
        """
        if self._lease:
            self._lease.require(self.name)

    def change(self, work: Callable[[Connection], T], *, again: bool = True) -> T:
        """Do a change in one transaction, in which this run is shown to be alive."""

        def changed(database: Connection) -> T:
            alive = self._lease.renewed(database, self.name) if self._lease else nullcontext()
            with _transaction(database), alive:
                return work(database)

        return self.retried(changed, again=again)

    def retried(self, work: Callable[[Connection], T], *, again: bool = True) -> T:
        """Do something, and again if the connection is lost, as while the server restarts.

        Two runs that change the same records in another order may have to wait for each other; the server
        then undoes one of the changes. It also undoes that of a process that is frozen in the middle.
        """
        until = time.monotonic() + RECONNECTING
        with translate_errors(self.name):
            while True:
                try:
                    if self._connection.closed:
                        self._connection = connect(self.address)
                    return work(self._connection)
                except (psycopg.OperationalError, IdleInTransactionSessionTimeout) as error:
                    is_over = self._connection.closed or isinstance(error, _UNDONE)
                    if not (again and is_over) or time.monotonic() > until:
                        raise
                time.sleep(_PAUSE)


@contextmanager
def _transaction(database: Connection) -> Iterator[None]:
    """A transaction whose statements are sent together; only one whose result is read is waited for."""
    try:
        with database.pipeline():
            database.execute("BEGIN")
            yield
            database.execute("COMMIT")
    except BaseException:
        with suppress(psycopg.Error):
            database.rollback()
        raise


def _account() -> str:
    with suppress(KeyError, OSError, ImportError):  # an account in a container may have no name
        return getpass.getuser()
    return ""
