"""The account's requests and submissions, shared by all runs and workers with one journal."""

from __future__ import annotations

from contextlib import suppress

from merge.errors import JournalError
from merge.journal.journal import Place
from merge.journal.postgres_schema import number_in
from merge.journal.shared_database import SharedDatabase

__all__ = ["SharedBudget"]

# Losing these in a crash of the server does no harm, so that they needn't wait for its disk.
_LAZILY = "set_config('synchronous_commit', 'off', true)"
_TAKE = f"""
    UPDATE castmerge.budget
    SET full_at = greatest(full_at, clock_timestamp()) + make_interval(secs => %(interval)s * %(requests)s)
    RETURNING extract(epoch FROM greatest(
        full_at - make_interval(secs => %(interval)s * %(requests)s + %(slack)s), paused_until
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
_FREE = """
    number <= %(at_once)s AND (holder IS NULL OR EXISTS (
        SELECT FROM castmerge.holders WHERE holders.id = places.holder AND ended_at IS NOT NULL
    ))
"""
_ENTER = f"""
    UPDATE castmerge.places SET holder = %(holder)s
    WHERE number = (
        SELECT number FROM castmerge.places WHERE {_FREE} ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    AND %(least)s <= (SELECT count(*) FROM castmerge.places WHERE {_FREE})
    RETURNING
        number, EXISTS (SELECT FROM castmerge.holders WHERE ended_at IS NULL AND id <> %(holder)s), {_LAZILY}
""".encode()  # noqa: S608 - no value in it
_LEAVE = f"""
    UPDATE castmerge.places SET holder = NULL WHERE number = %s AND holder = %s RETURNING {_LAZILY}
""".encode()  # noqa: S608 - no value in it


class SharedBudget:
    """A budget in the database. While that can't be reached, every run keeps to the rate by itself."""

    def __init__(self, database: SharedDatabase) -> None:
        self._database = database

    def take(self, requests: int, interval: float, slack: float) -> float:
        """Reserve requests; returns the seconds to wait before the first of them may leave."""
        return self._seconds(_TAKE, {"requests": requests, "interval": interval, "slack": slack})

    def paused(self) -> float:
        """Seconds for which nothing may be sent."""
        return self._seconds(_PAUSED, {})

    def pause(self, seconds: float, slack: float) -> None:
        """Let nothing be sent for this long."""
        self._seconds(_PAUSE, {"seconds": seconds, "slack": slack})

    def enter(self, at_once: int, least: int = 1) -> Place | None:
        """Take one of the places for submissions; None if fewer than `least` of them are free.

        Raises:
            JournalError: the database can't be used
        """
        parameters = {"holder": self._database.holder, "at_once": at_once, "least": least}
        found = self._database.retried(lambda database: database.execute(_ENTER, parameters).fetchone())
        return Place(number_in(found), bool(found[1])) if found else None

    def leave(self, place: Place) -> None:
        """Give a place back."""
        with suppress(JournalError):
            self._database.retried(
                lambda database: database.execute(_LEAVE, (place.number, self._database.holder)).fetchone()
            )

    def _seconds(self, question: bytes, parameters: dict[str, float]) -> float:
        with suppress(JournalError):
            found = self._database.retried(
                lambda database: database.execute(question, parameters).fetchone(), again=False
            )
            if found and isinstance(found[0], float):
                return found[0]
        return 0.0
