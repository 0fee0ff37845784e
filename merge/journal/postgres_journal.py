"""A shared journal in PostgreSQL: many workbooks, and many runs at a time, on many computers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice, starmap
from pathlib import Path
from types import TracebackType
from typing import Self

from merge.errors import JournalError
from merge.journal.budget import SharedBudget
from merge.journal.journal import QueuedProject, identity_of
from merge.journal.lock import hard_link_lock, run_lock
from merge.journal.postgres import connect, shown_address, translate_errors
from merge.journal.postgres_records import ForWorkers, Sheet, Writer, put_entries
from merge.journal.postgres_schema import (
    HELD,
    LOCKS,
    NOT_WRITTEN,
    RECALL,
    STOP,
    TAKE_OVER,
    Connection,
    Page,
    migrate,
    number_in,
    require_known,
    select,
    text_in,
    version_of,
    wake_workers,
)
from merge.journal.records import as_text, from_row, latest_by_key
from merge.journal.shared_database import SharedDatabase
from merge.journal.shared_workbook import SharedWorkbook
from merge.model import JSON, Entry, RowKey, SheetVideos
from merge.sheet.packed import Packed

__all__ = ["PostgresJournal", "PostgresPlace"]

_NEW_WORKBOOK = 2
_QUEUED_TOGETHER = 200
"""Projects in one transaction; each may have many kilobytes."""


class PostgresJournal:
    """The open journal of one workbook. A change is committed when its method returns."""

    def __init__(self, workbook: SharedWorkbook, database: SharedDatabase, number: int) -> None:
        self._workbook = workbook
        self._database = database
        self._number = number
        self._name = database.name

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
            until_the_end.enter_context(self._database.leased(self._number))
            yield

    @property
    def budget(self) -> SharedBudget | None:
        """What the account may send; practice has no account."""
        return None if self._workbook.practice else SharedBudget(self._database)

    def waiting(self) -> int:
        """How many rows of this workbook wait for a worker."""
        question = b"SELECT count(*) FROM castmerge.videos WHERE workbook = %s AND state = 'queued'"
        return number_in(
            self._database.retried(lambda database: database.execute(question, (self._number,)).fetchone())
        )

    def workers(self) -> int:
        """How many workers have been seen lately."""
        question = b"SELECT count(*) FROM castmerge.runs WHERE workbook_id IS NULL AND is_running"
        return number_in(self._database.retried(lambda database: database.execute(question).fetchone()))

    def halt(self, word: str) -> None:
        """Pause or stop this workbook's videos everywhere, or go on. What is stopped leaves the queue."""

        def halt(database: Connection) -> None:
            database.execute("UPDATE castmerge.workbooks SET halt = %s WHERE id = %s", (word, self._number))
            if word == "stopped":
                database.execute(STOP, (self._number,))
            wake_workers(database)

        self._database.change(halt)

    def halted(self) -> str:
        """Whether somebody has paused or stopped this workbook's videos."""
        question = b"SELECT halt FROM castmerge.workbooks WHERE id = %s"
        return text_in(
            self._database.retried(lambda database: database.execute(question, (self._number,)).fetchone())
        )

    def require_lease(self) -> None:
        """Check that no other run can have taken over this run's records."""
        self._database.require_lease()

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
        into = Sheet(self._number, sheet)

        def put(database: Connection) -> None:
            held.clear()
            batch = first
            while batch:
                held.update(put_entries(database, ((into, entry) for entry in batch), self._writer))
                batch = list(islice(rest, Page))

        # What is left of an iterator can't be put again.
        self._database.change(put, again=len(first) < Page)
        return frozenset(held)

    def queue(self, sheet: str, projects: Iterable[QueuedProject], service: str) -> frozenset[str]:
        """Leave rows to the workers for a service, and wake them up."""
        waiting, held, into = iter(projects), set[str](), Sheet(self._number, sheet)
        while batch := list(islice(waiting, _QUEUED_TOGETHER)):
            queued = ForWorkers(service, {identity_of(each.entry): each.body for each in batch})
            held |= self._database.change(partial(self._put_queued, into, batch, queued))
        self._database.retried(wake_workers)
        return frozenset(held)

    def _put_queued(
        self, into: Sheet, batch: Sequence[QueuedProject], queued: ForWorkers, database: Connection
    ) -> set[str]:
        entries = ((into, each.entry) for each in batch)
        return set(put_entries(database, entries, self._writer, queued))

    @property
    def _writer(self) -> Writer:
        return Writer(self._database.holder, self._workbook.practice)

    def take_over(self, sheet: str, identities: Collection[str]) -> frozenset[str]:
        """Take over records whose run has ended; returns the identities that another run still has."""
        wanted = list(identities)

        def take(database: Connection) -> frozenset[str]:
            database.execute(TAKE_OVER, (self._database.holder, self._number, sheet, wanted))
            found = database.execute(HELD, (self._number, sheet, wanted, self._database.holder))
            return frozenset(str(identity) for (identity,) in found)

        return self._database.change(take)

    def recall(self, sheet: str, identities: Collection[str]) -> Iterator[Entry]:
        """Yield the records with these identities, as they are now."""
        found = self._database.retried(
            lambda database: database.execute(RECALL, (self._number, sheet, list(identities))).fetchall()
        )
        return starmap(_entry, found)

    def mark_written(self, sheet: str, jobs: Container[str], stamp: datetime | None = None) -> None:
        """Record that these ids are in the workbook, by one new write-back."""

        def mark(database: Connection) -> None:
            written = number_in(
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
                last = number_in(rows[-1])
            if stamp is not None:
                database.execute(
                    "INSERT INTO castmerge.sheets (workbook, sheet, written_at) VALUES (%s, %s, %s) "
                    "ON CONFLICT (workbook, sheet) DO UPDATE SET written_at = EXCLUDED.written_at",
                    (self._number, sheet, as_text(stamp)),
                )

        self._database.change(mark)

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
        self._database.change(
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
        found = self._database.retried(
            lambda database: database.execute(
                "SELECT sheet FROM castmerge.sheets WHERE workbook = %s AND settings IS NOT NULL",
                (self._number,),
            ).fetchall()
        )
        return tuple(sorted(str(name) for (name,) in found))

    def webhook_secret(self) -> bytes:
        """Return the secret from which rows' webhook addresses are derived."""
        match self._database.retried(
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

    def _row(self, question: str, sheet: str) -> tuple[object, ...] | None:
        return self._database.retried(
            lambda database: database.execute(question.encode(), (self._number, sheet)).fetchone()
        )

    def _records(self, sheet: str, *, elsewhere: bool) -> Iterator[tuple[object, ...]]:
        """The records of a sheet, or of the others, in pages: nothing stays open in between."""
        question, last = select(elsewhere=elsewhere), -1
        while rows := self._page(question, sheet, last):
            yield from (row[1:] for row in rows)
            last = number_in(rows[-1])

    def _page(self, question: bytes, sheet: str, last: int) -> list[tuple[object, ...]]:
        return self._database.retried(
            lambda database: database.execute(question, (self._number, sheet, last)).fetchall()
        )


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
        return PostgresJournal(self.workbook, SharedDatabase(self.address, database), number)

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
    return None if found is None else number_in(found)


def _found_or_added(database: Connection, workbook: SharedWorkbook) -> int:
    """The number of a workbook, which is known by its present content and path from now on."""
    with database.transaction():
        # Two computers may open copies of a new workbook at the same time.
        database.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS, _NEW_WORKBOOK))
        number = _find(database, workbook)
        if number is None:
            number = number_in(
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


def _entry(*record: object) -> Entry:
    return from_row(record)
