"""The account's requests and submissions, shared by all runs and workers with one journal."""

from __future__ import annotations

from contextlib import suppress

from merge.errors import JournalError
from merge.journal.shared_database import SharedDatabase

__all__ = ["SharedBudget"]

# Losing these in a crash of the server does no harm, so that they needn't wait for its disk.
_LAZILY = "set_config('synchronous_commit', 'off', true)"
_TAKE = f"""
    UPDATE castmerge.budget
    SET full_at = greatest(full_at, clock_timestamp()) + make_interval(secs => %(interval)s)
    RETURNING extract(epoch FROM greatest(
        full_at - make_interval(secs => %(interval)s + %(slack)s), paused_until
    ) - clock_timestamp())::double precision, {_LAZILY}
""".encode()  # noqa: S608 - no value in it
_PAUSED = b"""
    SELECT extract(epoch FROM paused_until - clock_timestamp())::double precision FROM castmerge.budget
"""
_PAUSE = f"""
    UPDATE castmerge.budget
    SET paused_until = greatest(paused_until, clock_timestamp() + make_interval(secs => %(seconds)s)),
        full_at = greatest(full_at, clock_timestamp() + make_interval(secs => %(seconds)s + %(slack)s))
    RETURNING {_LAZILY}
""".encode()  # noqa: S608 - no value in it
_ENTER = f"""
    UPDATE castmerge.places SET holder = %s
    WHERE number = (
        SELECT number FROM castmerge.places
        WHERE number <= %s AND (holder IS NULL OR EXISTS (
            SELECT FROM castmerge.holders WHERE holders.id = places.holder AND ended_at IS NOT NULL
        ))
        ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING number, {_LAZILY}
""".encode()  # noqa: S608 - no value in it
_LEAVE = f"""
    UPDATE castmerge.places SET holder = NULL WHERE number = %s AND holder = %s RETURNING {_LAZILY}
""".encode()  # noqa: S608 - no value in it


class SharedBudget:
    """A budget in the database. While that can't be reached, every run keeps to the rate by itself."""

    def __init__(self, database: SharedDatabase) -> None:
        self._database = database

    def take(self, interval: float, slack: float) -> float:
        """Reserve one request; returns the seconds to wait before it may leave."""
        return self._seconds(_TAKE, {"interval": interval, "slack": slack})

    def paused(self) -> float:
        """Seconds for which nothing may be sent."""
        return self._seconds(_PAUSED, {})

    def pause(self, seconds: float, slack: float) -> None:
        """Let nothing be sent for this long."""
        self._seconds(_PAUSE, {"seconds": seconds, "slack": slack})

    def enter(self, at_once: int) -> int | None:
        """Take one of the places for submissions; None if all are taken.

        Raises:
            JournalError: the database can't be used
        """
        found = self._database.retried(
            lambda database: database.execute(_ENTER, (self._database.holder, at_once)).fetchone()
        )
        return found[0] if found and isinstance(found[0], int) else None

    def leave(self, place: int) -> None:
        """Give a place back."""
        with suppress(JournalError):
            self._database.retried(
                lambda database: database.execute(_LEAVE, (place, self._database.holder)).fetchone()
            )

    def _seconds(self, question: bytes, parameters: dict[str, float]) -> float:
        with suppress(JournalError):
            found = self._database.retried(
                lambda database: database.execute(question, parameters).fetchone(), again=False
            )
            if found and isinstance(found[0], float):
                return found[0]
        return 0.0
