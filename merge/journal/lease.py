"""A run's lease on its records in a shared journal: renewed while it lives, taken over after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import psycopg

from merge.errors import JournalError
from merge.journal.postgres_schema import Connection

__all__ = ["SECONDS", "Lease"]

SECONDS = 30.0
"""How long a run may be silent before another one may take over its records; in the server's time."""
_BEATS = 4
"""How often a lease is renewed in that time."""
# A computer that sleeps stops the monotonic clock on Linux, but not this one.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)

# The transaction has to be on disk when it is committed, even where that is switched off: an intent that is
# lost in a crash of the server would be paid for twice. If its process is frozen in the middle, the server
# ends it, because its locks would keep others from taking over.
_RENEW = b"""
    UPDATE castmerge.holders SET seen_at = clock_timestamp() WHERE id = %s AND ended_at IS NULL
    RETURNING
        CASE current_setting('synchronous_commit') WHEN 'off'
            THEN set_config('synchronous_commit', 'on', true) END,
        set_config('idle_in_transaction_session_timeout', '10s', true)
"""
# Holders whose row is locked are renewing it at this moment.
_END_SILENT = b"""
    UPDATE castmerge.holders SET ended_at = clock_timestamp()
    WHERE id IN (
        SELECT id FROM castmerge.holders
        WHERE ended_at IS NULL AND id <> %s AND seen_at < clock_timestamp() - make_interval(secs => %s)
        FOR UPDATE SKIP LOCKED
    )
"""
_END = b"UPDATE castmerge.holders SET ended_at = clock_timestamp() WHERE id = %s AND ended_at IS NULL"


class Lease:
    """The lease of a run, kept by a thread with a connection of its own: `with Lease(connect, holder):`.

    Attributes:
        holder: the number of the run, which is the fencing number of its records
    """

    def __init__(self, connect: Callable[[], Connection], holder: int) -> None:
        self.holder = holder
        self._connect = connect
        self._seconds = SECONDS
        self._renewed_at = _now()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="castmerge-lease", daemon=True)

    def __enter__(self) -> Self:
        self._end_silent_ones()
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(self._seconds / _BEATS)
        # If the server can't be reached now, the lease runs out by itself.
        with suppress(psycopg.Error), self._connect() as database:
            database.execute(_END, (self.holder,))

    @contextmanager
    def renewed(self, database: Connection, place: str) -> Iterator[None]:
        """Renew the lease before a change in the same transaction, which fails if that wasn't possible.

        Raises:
            JournalError: another run has taken over
        """
        now = _now()
        renewed = database.execute(_RENEW, (self.holder,))
        yield
        if renewed.fetchone() is None:
            raise _lost(place)
        self._renewed_at = now

    def require(self, place: str) -> None:
        """Check that no other run can have taken over, without asking the server.

        Raises:
            JournalError: one can have
        """
        if _now() - self._renewed_at > self._seconds:
            raise _lost(place)

    def _keep(self) -> None:
        database: Connection | None = None
        while not self._ended.wait(self._seconds / _BEATS):
            try:
                if database is None or database.closed:
                    database = self._connect()
                now = _now()
                if database.execute(_RENEW, (self.holder,)).fetchone() is not None:
                    self._renewed_at = now
                database.execute(_END_SILENT, (self.holder, self._seconds))
            except psycopg.Error:
                if database is not None:
                    database.close()
                database = None
        if database is not None:
            database.close()

    def _end_silent_ones(self) -> None:
        with self._connect() as database:
            database.execute(_END_SILENT, (self.holder, self._seconds))


def _now() -> float:
    """Seconds that pass even while this process or this computer sleeps."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


def _lost(place: str) -> JournalError:
    return JournalError(
        "this run was silent for too long, so another run may have taken over its rows",
        place=place,
        hint="Run again to see how far they are. Nothing is made twice",
    )
