"""The rows that wait for workers in a shared journal, of all its workbooks."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

import psycopg

from merge.journal.budget import SharedBudget
from merge.journal.journal import QueuedProject, identity_of, own_key, queued_key
from merge.journal.postgres import connect, shown_address, translate_errors
from merge.journal.postgres_records import SENT_ELSEWHERE, Sheet, Writer, put_entries
from merge.journal.postgres_schema import CHANNEL, COLUMNS, FREE, Connection, migrate
from merge.journal.records import from_row
from merge.journal.shared_database import SharedDatabase
from merge.model import Entry

__all__ = ["PostgresQueue", "open_queue"]
_CONTROLS = 500
"""How many of the last videos show whether the service's list is complete."""
_WORKBOOK = "SELECT name FROM castmerge.workbooks WHERE id = videos.workbook"
_PLACE = f"videos.workbook, ({_WORKBOOK}), videos.sheet, videos.body, {COLUMNS}"
# One row of each sheet in turn, the sheet that was served longest ago first. Sheets in which nothing waits
# aren't looked at, nor more of the waiting rows than are needed, because there may be very many of both.
_CLAIM = f"""
    WITH RECURSIVE waiting AS (
        (SELECT workbook, sheet FROM castmerge.videos WHERE state = 'queued' ORDER BY 1, 2 LIMIT 1)
        UNION ALL
        SELECT next.workbook, next.sheet FROM waiting CROSS JOIN LATERAL (
            SELECT workbook, sheet FROM castmerge.videos
            WHERE state = 'queued' AND (workbook, sheet) > (waiting.workbook, waiting.sheet)
            ORDER BY 1, 2 LIMIT 1
        ) AS next
    ), turns AS (
        SELECT sheets.workbook, sheets.sheet, sheets.served_at
        FROM waiting JOIN castmerge.sheets USING (workbook, sheet)
        JOIN castmerge.workbooks ON workbooks.id = sheets.workbook
        CROSS JOIN LATERAL (
            SELECT FROM castmerge.videos
            WHERE videos.workbook = sheets.workbook AND videos.sheet = sheets.sheet
            AND state = 'queued' AND service = %(service)s AND {FREE} LIMIT 1
        ) AS first
        WHERE halt = ''
        ORDER BY served_at NULLS FIRST LIMIT %(most)s
    ), free AS (
        SELECT turns.*, free.number,
            row_number() OVER (PARTITION BY turns.workbook, turns.sheet ORDER BY free.number) AS turn
        FROM turns CROSS JOIN LATERAL (
            SELECT number FROM castmerge.videos
            WHERE videos.workbook = turns.workbook AND videos.sheet = turns.sheet
            AND state = 'queued' AND service = %(service)s AND {FREE}
            ORDER BY number LIMIT %(most)s FOR UPDATE SKIP LOCKED
        ) AS free
    ), chosen AS (
        SELECT * FROM free ORDER BY turn, served_at NULLS FIRST LIMIT %(most)s
    ), served AS (
        UPDATE castmerge.sheets SET served_at = clock_timestamp()
        WHERE (workbook, sheet) IN (
            SELECT workbook, sheet FROM castmerge.sheets
            WHERE (workbook, sheet) IN (SELECT workbook, sheet FROM chosen) FOR UPDATE SKIP LOCKED
        )
    )
    UPDATE castmerge.videos SET holder = %(holder)s FROM chosen WHERE videos.number = chosen.number
    RETURNING {_PLACE}
""".encode()  # noqa: S608 - names of fields
_ABANDONED = f"""
    UPDATE castmerge.videos SET holder = %(holder)s
    WHERE number IN (
        SELECT number FROM castmerge.videos
        WHERE service = %(service)s AND state IN ('submitting', 'submitted') AND {FREE}
        ORDER BY number LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    RETURNING {_PLACE}
""".encode()  # noqa: S608 - names of fields
# Another workbook has sent the same: the next worker looks for it at the service.
_UNCONFIRMED = f"""
    UPDATE castmerge.videos SET state = 'submitting', submitted_at = clock_timestamp(), holder = NULL
    WHERE tag = ANY(%(tags)s) AND tag <> '' AND holder = %(holder)s AND state = 'queued'
    AND {SENT_ELSEWHERE.format("videos")}
""".encode()  # noqa: S608 - no value in it
_GIVE_BACK = b"""
    UPDATE castmerge.videos SET holder = NULL, service = CASE WHEN %s THEN service END
    WHERE workbook = %s AND sheet = %s AND identity = ANY(%s) AND holder = %s
"""
_FINISHED = f"""
    SELECT {COLUMNS} FROM castmerge.videos
    WHERE service = %s AND state = 'complete' ORDER BY number DESC LIMIT {_CONTROLS}
""".encode()  # noqa: S608 - names of fields
_COUNTS = b"""
    SELECT state, count(*) FROM castmerge.videos WHERE service = %s
    AND (state = 'queued' OR state IN ('submitting', 'submitted')) GROUP BY state
"""
_LISTEN = 1.0
"""Seconds after which a listener looks whether it should end."""


class PostgresQueue:
    """The queue for one service. A row's key is that of its record, after its workbook and sheet.

    As a run's records, it belongs to no single sheet, so that the names of sheets are ignored.
    """

    def __init__(self, database: SharedDatabase, service: str) -> None:
        self._database = database
        self._service = service
        self._listener = _Listener(database.address)
        self._budget = SharedBudget(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self._database.close()

    @property
    def budget(self) -> SharedBudget:
        """What the account may send."""
        return self._budget

    def is_woken(self) -> bool:
        """Whether there may be something new since the last call."""
        woken = self._listener.woken.is_set()
        self._listener.woken.clear()
        return woken

    @property
    def name(self) -> str:
        """The journal's address without the password."""
        return self._database.name

    def lock(self) -> AbstractContextManager[None]:
        """Register as a worker for the block; its rows are free for others afterwards."""
        return self._database.leased(None)

    def require_lease(self) -> None:
        """Check that no other worker can have taken over."""
        self._database.require_lease()

    def claim(self, most: int) -> tuple[QueuedProject, ...]:
        """Take rows that wait, from all workbooks in turn; those that are paused or stopped are left out."""
        return tuple(QueuedProject(_entry(*row), str(row[3])) for row in self._taken(_CLAIM, most))

    def abandoned(self, most: int) -> tuple[Entry, ...]:
        """Take submissions whose run has ended before their videos were there."""
        return tuple(_entry(*row) for row in self._taken(_ABANDONED, most))

    def _taken(self, statement: bytes, most: int) -> list[tuple[object, ...]]:
        parameters = {"service": self._service, "most": most, "holder": self._database.holder}
        return self._database.change(lambda database: database.execute(statement, parameters).fetchall())

    def give_back(self, entries: Iterable[Entry], *, queued: bool = True) -> None:
        """Let others have these rows: other workers or, if they leave the queue, only people."""

        def give(database: Connection) -> None:
            for sheet, those in _by_sheet(entries):
                identities = [identity_of(entry) for entry in those]
                database.execute(
                    _GIVE_BACK, (queued, sheet.workbook, sheet.name, identities, self._database.holder)
                )

        self._database.change(give)

    def put(self, _sheet: str, entries: Iterable[Entry]) -> Collection[str]:
        """Record changes; returns the identities of those that may not be sent, or belong to others."""
        changed = [(sheet, entry) for sheet, those in _by_sheet(entries) for entry in those]

        def put(database: Connection) -> frozenset[str]:
            writer = Writer(self._database.holder, claimed=True)
            held = frozenset(put_entries(database, changed, writer))
            if held:
                elsewhere = {"tags": list(held), "holder": writer.holder, "practice": writer.practice}
                database.execute(_UNCONFIRMED, elsewhere)
            return held

        return self._database.change(put)

    def halted(self) -> str:
        """Nothing: rows that are paused or stopped aren't claimed, nor sent."""
        return ""

    def take_over(self, _sheet: str, _identities: Collection[str]) -> Collection[str]:
        """Nothing: a worker only has what it took from the queue."""
        return ()

    def recall(self, _sheet: str, _identities: Collection[str]) -> Iterator[Entry]:
        """Nothing, for the same reason."""
        return iter(())

    def webhook_secret(self) -> bytes:
        """No secret: what is queued was filled in without an address to report to."""
        return b""

    def each(self, _sheet: str) -> Iterator[Entry]:
        """Yield the last finished videos."""
        found = self._database.retried(
            lambda database: database.execute(_FINISHED, (self._service,)).fetchall()
        )
        return (from_row(row) for row in found)

    def counts(self) -> dict[str, int]:
        """How many rows wait, are unconfirmed, and are being made."""
        found = self._database.retried(
            lambda database: database.execute(_COUNTS, (self._service,)).fetchall()
        )
        return {str(state): count for state, count in found if isinstance(count, int)}


def _entry(workbook: object, name: object, sheet: object, _body: object, *record: object) -> Entry:
    assert isinstance(workbook, int)
    entry = from_row(record)
    return replace(entry, key=queued_key(workbook, str(name), str(sheet), entry.key))


def _by_sheet(entries: Iterable[Entry]) -> Iterator[tuple[Sheet, list[Entry]]]:
    """Entries with their own keys, by sheet."""
    found: dict[Sheet, list[Entry]] = {}
    for entry in entries:
        workbook, sheet, key = own_key(entry.key)
        found.setdefault(Sheet(workbook, sheet), []).append(replace(entry, key=key))
    yield from found.items()


class _Listener:
    """Listens, in a thread with a connection of its own, for what wakes workers."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._ended = threading.Event()
        self.woken = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="castmerge-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; the thread ends within a second."""
        self._ended.set()

    def _listen(self) -> None:
        while not self._ended.is_set():
            with suppress(psycopg.Error), connect(self._address) as database:
                database.execute(f"LISTEN {CHANNEL}".encode())
                # Something may have happened while nobody listened.
                self.woken.set()
                while not self._ended.is_set():
                    for _ in database.notifies(timeout=_LISTEN):
                        self.woken.set()
            self._ended.wait(_LISTEN)


def open_queue(address: str, service: str) -> PostgresQueue:
    """Connect, and upgrade the schema.

    Raises:
        JournalError: the journal can't be used
    """
    place = shown_address(address)
    with translate_errors(place), ExitStack() as on_error:
        database = connect(address)
        on_error.callback(database.close)
        migrate(database, place)
        on_error.pop_all()
    return PostgresQueue(SharedDatabase(address, database), service)
