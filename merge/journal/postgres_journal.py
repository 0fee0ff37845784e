"""A shared journal in PostgreSQL: many workbooks, and many runs at a time, on many computers."""

from __future__ import annotations

import getpass
import json
import os
import platform
import secrets
import time
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, starmap
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

import psycopg
from psycopg.errors import DeadlockDetected

from merge.errors import JournalError
from merge.journal.lease import Lease
from merge.journal.lock import hard_link_lock, run_lock
from merge.journal.postgres import connect, shown_address, translate_errors
from merge.journal.postgres_schema import (
    HELD,
    LOCKS,
    NOT_WRITTEN,
    PUT,
    RECALL,
    TAKE_OVER,
    Connection,
    Page,
    migrate,
    require_known,
    select,
    version_of,
)
from merge.journal.records import as_text, from_row, latest_by_key, to_row
from merge.journal.shared_workbook import SharedWorkbook
from merge.model import JSON, Entry, RowKey, SheetVideos, State
from merge.sheet.packed import Packed

__all__ = ["PostgresJournal", "PostgresPlace"]

T = TypeVar("T")
Record: TypeAlias = Mapping[str, object]
_NEW_WORKBOOK = 2
_RECONNECTING = 4.0
"""Seconds for which a lost connection is tried again, as while the server restarts."""
_PAUSE = 0.2


class PostgresJournal:
    """The open journal of one workbook. A change is committed when its method returns."""

    def __init__(self, address: str, workbook: SharedWorkbook, database: Connection, number: int) -> None:
        self._address = address
        self._workbook = workbook
        self._database = database
        self._number = number
        self._name = shown_address(address)
        self._lease: Lease | None = None

    @property
    def name(self) -> str:
        """Its address without the password."""
        return self._name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self._database.close()

    @contextmanager
    def lock(self, workbook: Path | None = None) -> Iterator[None]:
        """Take part in making this workbook's videos; other computers may do so at the same time.

        On this computer the file is locked, so that only one run at a time writes to it.
        """
        local = self._workbook.lock
        with ExitStack() as until_the_end:
            with translate_errors(self._name):
                local.parent.mkdir(parents=True, exist_ok=True)
            now = datetime.now(UTC)
            until_the_end.enter_context(run_lock(local, now=now, mode=self._workbook.mode))
            if workbook is not None:
                until_the_end.enter_context(hard_link_lock(workbook))
            with translate_errors(self._name):
                holder = self._begin()
            self._lease = until_the_end.enter_context(Lease(lambda: connect(self._address), holder))
            try:
                yield
            finally:
                self._lease = None

    def _begin(self) -> int:
        return _number(
            self._database.execute(
                "INSERT INTO castmerge.holders (workbook, account, host, process) "
                "VALUES (%s, %s, %s, %s) RETURNING id",
                (self._number, _account(), platform.node(), os.getpid()),
            ).fetchone()
        )

    def require_lease(self) -> None:
        """Check that no other run can have taken over this run's records."""
        if self._lease:
            self._lease.require(self._name)

    def videos(self, sheet: str) -> tuple[Entry, ...]:
        """Return all records of a sheet, in the order of submission."""
        return tuple(self.each(sheet))

    def each(self, sheet: str) -> Iterator[Entry]:
        """Yield all records of a sheet one by one, in the order of submission."""
        with translate_errors(self._name):
            yield from starmap(_entry, self._records(sheet, elsewhere=False))

    def known(self, sheet: str) -> SheetVideos:
        """Return everything that the rows of a sheet are matched with."""
        with translate_errors(self._name):
            own, elsewhere = (
                Packed(self._records(sheet, elsewhere=others), _entry) for others in (False, True)
            )
        return SheetVideos(own, elsewhere, self.stamp(sheet))

    def entries(self, sheet: str) -> dict[RowKey, Entry]:
        """Return the latest record of each key of a sheet, in the order of the rows as last seen."""
        return latest_by_key(self.each(sheet))

    def put(self, sheet: str, entries: Iterable[Entry]) -> frozenset[str]:
        """Record submissions, new or known by their tags: all of them at once, or none.

        Returns:
            The identities of those that weren't recorded, because another run has them.
        """
        rest = iter(entries)
        first = list(islice(rest, Page))
        held: set[str] = set()

        def put(database: Connection) -> None:
            held.clear()
            batch = first
            while batch:
                held.update(self._put(database, sheet, [self._record(sheet, entry) for entry in batch]))
                batch = list(islice(rest, Page))

        # What is left of an iterator can't be put again.
        self._change(put, again=len(first) < Page)
        return frozenset(held)

    def _record(self, sheet: str, entry: Entry) -> Record:
        return {**to_row(sheet, entry), "workbook": self._number, "holder": self._holder}

    def _put(self, database: Connection, sheet: str, records: Sequence[Record]) -> Iterator[str]:
        """Record a batch; yields the identities of those that another run has."""
        elsewhere = self._sent_elsewhere(database, sheet, records)
        ours = []
        for record in records:
            if _is_new(record) and record["tag"] in elsewhere:
                yield str(record["identity"])
            else:
                ours.append(record)
        if not ours:
            return
        cursor = database.cursor()
        cursor.executemany(PUT, ours, returning=True)
        for record in ours:
            if cursor.fetchone() is None:
                yield str(record["identity"])
            cursor.nextset()

    def _sent_elsewhere(self, database: Connection, sheet: str, records: Sequence[Record]) -> frozenset[str]:
        """The tags to be sent that another workbook or sheet has sent: copies that were saved differently."""
        tags = sorted(str(record["tag"]) for record in records if _is_new(record))
        if not tags:
            return frozenset()
        database.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(tag, 0)) FROM unnest(%s::text[]) AS tag", (tags,)
        )
        found = database.execute(
            """
            SELECT DISTINCT tag FROM castmerge.videos JOIN castmerge.workbooks ON workbooks.id = workbook
            WHERE tag = ANY(%s) AND practice = %s AND (workbook, sheet) <> (%s, %s)
            AND state NOT IN ('not taken', 'failed')
            """,
            (tags, self._workbook.practice, self._number, sheet),
        )
        return frozenset(str(tag) for (tag,) in found)

    def take_over(self, sheet: str, identities: Collection[str]) -> frozenset[str]:
        """Take over records whose run has ended; returns the identities that another run still has."""
        wanted = list(identities)

        def take(database: Connection) -> frozenset[str]:
            database.execute(TAKE_OVER, (self._holder, self._number, sheet, wanted))
            found = database.execute(HELD, (self._number, sheet, wanted, self._holder))
            return frozenset(str(identity) for (identity,) in found)

        return self._change(take)

    def recall(self, sheet: str, identities: Collection[str]) -> Iterator[Entry]:
        """Yield the records with these identities, as they are now."""
        found = self._retried(
            lambda database: database.execute(RECALL, (self._number, sheet, list(identities))).fetchall()
        )
        return starmap(_entry, found)

    def mark_written(self, sheet: str, jobs: Container[str], stamp: datetime | None = None) -> None:
        """Record that these ids are in the workbook, by one new write-back."""

        def mark(database: Connection) -> None:
            written = _number(
                database.execute(
                    "SELECT coalesce(max(written), 0) + 1 FROM castmerge.videos "
                    "WHERE workbook = %s AND sheet = %s",
                    (self._number, sheet),
                ).fetchone()
            )
            last = -1
            while rows := database.execute(NOT_WRITTEN, (self._number, sheet, last, Page)).fetchall():
                database.execute(
                    "UPDATE castmerge.videos SET written = %s WHERE workbook = %s AND number = ANY(%s)",
                    (written, self._number, [number for number, job in rows if str(job) in jobs]),
                )
                last = _number(rows[-1])
            if stamp is not None:
                database.execute(
                    "INSERT INTO castmerge.sheets (workbook, sheet, written_at) VALUES (%s, %s, %s) "
                    "ON CONFLICT (workbook, sheet) DO UPDATE SET written_at = EXCLUDED.written_at",
                    (self._number, sheet, as_text(stamp)),
                )

        self._change(mark)

    def stamp(self, sheet: str) -> datetime | None:
        """Return the newest time in `Video Updated` after the last write-back, UTC; None before the first."""
        match self._row("SELECT written_at FROM castmerge.sheets WHERE workbook = %s AND sheet = %s", sheet):
            case (datetime() as stamp,):
                return stamp.astimezone(UTC)
            case _:
                return None

    def save_sheet(self, sheet: str, settings: Mapping[str, JSON]) -> None:
        """Record the settings that later commands need for a sheet; never secrets."""
        text = json.dumps(dict(settings))
        self._change(
            lambda database: database.execute(
                "INSERT INTO castmerge.sheets (workbook, sheet, settings) VALUES (%s, %s, %s) "
                "ON CONFLICT (workbook, sheet) DO UPDATE SET settings = EXCLUDED.settings",
                (self._number, sheet, text),
            )
        )

    def load_sheet(self, sheet: str) -> dict[str, JSON] | None:
        """Return the settings recorded for a sheet, or None if there are none."""
        match self._row("SELECT settings FROM castmerge.sheets WHERE workbook = %s AND sheet = %s", sheet):
            case (str() as text,):
                settings: JSON = json.loads(text)
                return settings if isinstance(settings, dict) else None
            case _:
                return None

    def sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets that have recorded settings."""
        found = self._retried(
            lambda database: database.execute(
                "SELECT sheet FROM castmerge.sheets WHERE workbook = %s AND settings IS NOT NULL",
                (self._number,),
            ).fetchall()
        )
        return tuple(sorted(str(name) for (name,) in found))

    def webhook_secret(self) -> bytes:
        """Return the secret from which rows' webhook addresses are derived."""
        match self._retried(
            lambda database: database.execute(
                "SELECT webhook_secret FROM castmerge.workbooks WHERE id = %s", (self._number,)
            ).fetchone()
        ):
            case (bytes() as secret,):
                return secret
            case _:
                raise JournalError(
                    "the journal no longer has this workbook",
                    place=self._name,
                    hint="Someone removed it from the database. Run again to add it",
                )

    @property
    def _holder(self) -> int | None:
        return self._lease.holder if self._lease else None

    def _row(self, question: str, sheet: str) -> tuple[object, ...] | None:
        return self._retried(
            lambda database: database.execute(question.encode(), (self._number, sheet)).fetchone()
        )

    def _records(self, sheet: str, *, elsewhere: bool) -> Iterator[tuple[object, ...]]:
        """The records of a sheet, or of the others, in pages: nothing stays open in between."""
        question, last = select(elsewhere=elsewhere), -1
        while rows := self._page(question, sheet, last):
            yield from (row[1:] for row in rows)
            last = _number(rows[-1])

    def _page(self, question: bytes, sheet: str, last: int) -> list[tuple[object, ...]]:
        return self._retried(
            lambda database: database.execute(question, (self._number, sheet, last)).fetchall()
        )

    def _change(self, work: Callable[[Connection], T], *, again: bool = True) -> T:
        """Do a change in one transaction, in which this run is shown to be alive."""

        def changed(database: Connection) -> T:
            with database.transaction():
                if self._lease:
                    self._lease.renew(database, self._name)
                return work(database)

        return self._retried(changed, again=again)

    def _retried(self, work: Callable[[Connection], T], *, again: bool = True) -> T:
        """Do something, and again if the connection is lost, as while the server restarts.

        Two runs that change the same records in another order may have to wait for each other; the server
        then undoes one of the changes.
        """
        until = time.monotonic() + _RECONNECTING
        with translate_errors(self._name):
            while True:
                try:
                    if self._database.broken:
                        self._database = connect(self._address)
                    return work(self._database)
                except psycopg.OperationalError as error:
                    is_over = self._database.broken or isinstance(error, DeadlockDetected)
                    if not (again and is_over) or time.monotonic() > until:
                        raise
                time.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """A shared journal's address.

    Attributes:
        address: `postgresql://user@host/database`
        workbook: what the workbook is known by
    """

    address: str
    workbook: SharedWorkbook

    def __str__(self) -> str:
        return shown_address(self.address)

    def exists(self) -> bool:
        """Whether the journal knows the workbook."""
        with translate_errors(str(self)), connect(self.address) as database:
            require_known(version := version_of(database), str(self))
            return bool(version) and _find(database, self.workbook) is not None

    def open(self, *, create: bool = True) -> PostgresJournal:
        """Connect, and upgrade the schema; add the workbook if it isn't known."""
        with translate_errors(str(self)), ExitStack() as on_error:
            database = connect(self.address)
            on_error.callback(database.close)
            migrate(database, str(self))
            number = _found_or_added(database, self.workbook) if create else _find(database, self.workbook)
            if number is None:
                raise JournalError(
                    "this journal doesn't know this workbook",
                    place=str(self),
                    hint="Make videos first, or check the address in --journal",
                )
            on_error.pop_all()
        return PostgresJournal(self.address, self.workbook, database, number)

    def check_writable(self) -> None:
        """Check whether the server can be reached and lets this account write; changes nothing."""
        with translate_errors(str(self)), connect(self.address) as database:
            require_known(version := version_of(database), str(self))
            with database.transaction(force_rollback=True):
                database.execute(
                    "UPDATE castmerge.version SET number = number" if version else "CREATE SCHEMA castmerge"
                )


def _find(database: Connection, workbook: SharedWorkbook) -> int | None:
    """The number of a workbook: by its content or its path, or else by the ids in its cells."""
    traces = list(workbook.traces())
    found = database.execute(
        "SELECT workbook FROM castmerge.traces WHERE practice = %s AND trace = ANY(%s) "
        "ORDER BY array_position(%s::text[], trace) LIMIT 1",
        (workbook.practice, traces, traces),
    ).fetchone()
    shown = list(workbook.shown()) if found is None else []
    if shown:
        found = database.execute(
            "SELECT workbook FROM castmerge.videos JOIN castmerge.workbooks ON workbooks.id = workbook "
            "WHERE job = ANY(%s) AND practice = %s "
            "GROUP BY workbook ORDER BY count(*) DESC, workbook LIMIT 1",
            (shown, workbook.practice),
        ).fetchone()
    return None if found is None else _number(found)


def _found_or_added(database: Connection, workbook: SharedWorkbook) -> int:
    """The number of a workbook, which is known by its present content and path from now on."""
    with database.transaction():
        # Two computers may open copies of a new workbook at the same time.
        database.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS, _NEW_WORKBOOK))
        number = _find(database, workbook)
        if number is None:
            number = _number(
                database.execute(
                    "INSERT INTO castmerge.workbooks (name, practice, webhook_secret) VALUES (%s, %s, %s) "
                    "RETURNING id",
                    (workbook.path.name, workbook.practice, secrets.token_bytes(32)),
                ).fetchone()
            )
        database.execute(
            "INSERT INTO castmerge.traces (practice, trace, workbook) "
            "SELECT %s, trace, %s FROM unnest(%s::text[]) AS trace "
            "ON CONFLICT (practice, trace) DO UPDATE SET workbook = EXCLUDED.workbook",
            (workbook.practice, number, list(workbook.traces())),
        )
    return number


def _is_new(record: Record) -> bool:
    """Whether a record is the intent to submit a project."""
    return record["state"] == State.SUBMITTING and not record["job"] and bool(record["tag"])


def _entry(*record: object) -> Entry:
    return from_row(record)


def _number(row: tuple[object, ...] | None) -> int:
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def _account() -> str:
    with suppress(KeyError, OSError, ImportError):  # an account in a container may have no name
        return getpass.getuser()
    return ""
