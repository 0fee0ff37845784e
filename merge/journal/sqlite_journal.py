"""A journal in a SQLite file."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from merge.errors import JournalError
from merge.journal.journal import QueuedProject, identity_of
from merge.journal.lock import hard_link_lock, run_lock
from merge.journal.records import Value, as_text, from_row, latest_by_key, to_row
from merge.journal.schema import NOT_WRITTEN, PUT, SELECT, SELECT_ELSEWHERE, change, migrate
from merge.journal.sqlite import (
    folder_mode,
    is_on_local_drive,
    make_private,
    set_durable,
    translate_errors,
    wal_mode,
)
from merge.model import JSON, Entry, RowKey, SheetVideos
from merge.sheet.packed import Packed

__all__ = ["SqliteFile", "SqliteJournal"]

Clock: TypeAlias = Callable[[], datetime]

_BUSY_TIMEOUT = 4.0
"""Seconds to wait while another process is writing; Ctrl-C is noticed afterwards, so fewer than 5."""
_BATCH = 1000
"""Records that are looked at together."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqliteJournal:
    """An open journal in a file. A change is on disk when its method returns."""

    def __init__(
        self,
        path: Path,
        database: sqlite3.Connection,
        clock: Clock,
        on_local_drive: Callable[[Path], bool],
        mode: int,
    ) -> None:
        self.path = path
        self._database = database
        self._clock = clock
        self._on_local_drive = on_local_drive
        self._mode = mode
        self._identity = _identity_of_file(path)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = True,
        mode: int = 0o600,
        clock: Clock = _utc_now,
        on_local_drive: Callable[[Path], bool] = is_on_local_drive,
    ) -> SqliteJournal:
        """Open the journal and upgrade it; create it if it doesn't exist.

        Args:
            path: its file
            create: whether to create it, and its folder, if it doesn't exist
            mode: its permissions, and those of the files next to it; applied to a more readable journal too
            clock: the time in UTC, for the lock's note
            on_local_drive: whether no other computer writes to a file's drive

        Raises:
            JournalError: it doesn't exist, is damaged, newer than this castmerge, or can't be written
        """
        with translate_errors(path):
            is_new = not path.exists()
            if is_new and not create:
                raise JournalError(
                    "there's no journal for this workbook",
                    place=str(path),
                    hint="Make videos first, or add --journal with the path of its journal",
                )
            if path.exists() and not path.is_file():
                raise JournalError(
                    "this is a folder, a device or a pipe, not a journal",
                    place=str(path),
                    hint="Choose another file with --journal",
                )
            path.parent.mkdir(folder_mode(mode), parents=True, exist_ok=True)
            make_private(path, mode)
            database = sqlite3.connect(path, timeout=_BUSY_TIMEOUT, isolation_level=None)
            try:
                set_durable(database)
                migrate(database, path)
            except BaseException:
                database.close()
                raise
        if is_new:
            _sync_folders(path)
        return cls(path, database, clock, on_local_drive, mode)

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._database.close()

    @contextmanager
    def lock(self, workbook: Path | None = None) -> Iterator[None]:
        """Hold the journal for one run: `with journal.lock():`. Reading needs no lock.

        Args:
            workbook: locked as well, in case it has several names and therefore several journals
        """
        with run_lock(self.path, now=self._clock(), mode=self._mode), ExitStack() as until_the_end:
            if workbook is not None:
                until_the_end.enter_context(hard_link_lock(workbook))
            with translate_errors(self.path):
                local_drive = self._on_local_drive(self.path)
                until_the_end.enter_context(wal_mode(self._database, local_drive=local_drive))
            yield

    @property
    def budget(self) -> None:
        """Nothing is shared."""

    def queue(self, _sheet: str, _projects: Iterable[QueuedProject], _service: str) -> Collection[str]:
        """Refuse: no worker can reach a file."""
        raise _no_workers()

    def waiting(self) -> int:
        """Nothing waits for workers."""
        return 0

    def workers(self) -> int:
        """Workers don't know files."""
        return 0

    def halt(self, _word: str) -> None:
        """Refuse, for the same reason."""
        raise _no_workers()

    def halted(self) -> str:
        """Nobody else can pause or stop this run."""
        return ""

    def videos(self, sheet: str) -> tuple[Entry, ...]:
        """Return all records of a sheet, in the order of submission."""
        return tuple(self.each(sheet))

    def each(self, sheet: str) -> Iterator[Entry]:
        """Yield all records of a sheet one by one, in the order of submission."""
        with translate_errors(self.path):
            yield from map(from_row, self._database.execute(SELECT, (sheet,)))

    def known(self, sheet: str) -> SheetVideos:
        """Return everything that the rows of a sheet are matched with."""
        with translate_errors(self.path):
            own, elsewhere = (
                Packed(self._database.execute(query, (sheet,)), lambda *row: from_row(row))
                for query in (SELECT, SELECT_ELSEWHERE)
            )
        return SheetVideos(own, elsewhere, self.stamp(sheet))

    def entries(self, sheet: str) -> dict[RowKey, Entry]:
        """Return the latest record of each key of a sheet, in the order of the rows as last seen."""
        return latest_by_key(self.each(sheet))

    def put(self, sheet: str, entries: Iterable[Entry]) -> frozenset[str]:
        """Record submissions, new or known by their tags: all of them at once, or none.

        Returns:
            Nothing: only one run holds a file.
        """
        with self._change():
            self._database.executemany(PUT, (to_row(sheet, entry) for entry in entries))
        return frozenset()

    def take_over(self, sheet: str, identities: Collection[str]) -> frozenset[str]:
        """Take over records whose run has ended: all are this run's, as only one run holds a file."""
        del sheet, identities
        return frozenset()

    def recall(self, sheet: str, identities: Collection[str]) -> Iterator[Entry]:
        """Yield the records with these identities, as they are now."""
        wanted = set(identities)
        return (entry for entry in self.each(sheet) if identity_of(entry) in wanted)

    def require_lease(self) -> None:
        """Do nothing: the lock of the file ends with its process."""

    def mark_written(self, sheet: str, jobs: Container[str], stamp: datetime | None = None) -> None:
        """Record that these ids are in the workbook, by one new write-back."""
        with self._change():
            [(written,)] = self._rows(
                "SELECT coalesce(max(written), 0) + 1 FROM videos WHERE sheet = ?", sheet
            )
            last = -1
            while rows := self._database.execute(NOT_WRITTEN, (sheet, last, _BATCH)).fetchall():
                now = [(written, number) for number, job in rows if job in jobs]
                self._database.executemany("UPDATE videos SET written = ? WHERE number = ?", now)
                last = rows[-1][0]
            if stamp is not None:
                self._database.execute(
                    "INSERT OR REPLACE INTO stamps (sheet, written_at) VALUES (?, ?)", (sheet, as_text(stamp))
                )

    def stamp(self, sheet: str) -> datetime | None:
        """Return the newest time in `Video Updated` after the last write-back, UTC; None before the first."""
        with translate_errors(self.path):
            rows = self._rows("SELECT written_at FROM stamps WHERE sheet = ?", sheet)
            return datetime.fromisoformat(str(rows[0][0])) if rows else None

    def save_sheet(self, sheet: str, settings: Mapping[str, JSON]) -> None:
        """Record the settings that later commands need for a sheet; never secrets."""
        with self._change():
            self._database.execute(
                "INSERT OR REPLACE INTO sheets (sheet, settings) VALUES (?, ?)",
                (sheet, json.dumps(dict(settings))),
            )

    def load_sheet(self, sheet: str) -> dict[str, JSON] | None:
        """Return the settings recorded for a sheet, or None if there are none."""
        with translate_errors(self.path):
            rows = self._rows("SELECT settings FROM sheets WHERE sheet = ?", sheet)
            if not rows:
                return None
            settings: JSON = json.loads(str(rows[0][0]))
            match settings:
                case dict():
                    return settings
                case _:
                    raise ValueError(f"what was settled for the sheet {sheet} cannot be read")

    def webhook_secret(self) -> bytes:
        """Return the secret from which rows' webhook addresses are derived; it is created on the first call.

        Anyone who has it can trigger polls and report wrong credits, but nothing else.
        """
        with self._change():
            self._database.execute(
                "INSERT OR IGNORE INTO webhook (number, secret) VALUES (1, ?)", (secrets.token_bytes(32),)
            )
            rows = self._rows("SELECT secret FROM webhook")
        with translate_errors(self.path):
            match rows:
                case [(bytes() as secret,)]:
                    return secret
                case _:
                    raise ValueError("the webhook's secret is none")

    def sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets that have recorded settings."""
        with translate_errors(self.path):
            return tuple(str(name) for (name,) in self._rows("SELECT sheet FROM sheets ORDER BY sheet"))

    def _rows(self, question: str, *values: str) -> list[tuple[Value, ...]]:
        return self._database.execute(question, values).fetchall()

    @contextmanager
    def _change(self) -> Iterator[None]:
        if _identity_of_file(self.path) != self._identity:
            # The system would let a run go on in the removed file, which nobody finds afterwards.
            raise JournalError(
                "the journal was removed or replaced while castmerge was using it",
                place=str(self.path),
                hint="Put it back if you can, and then run again. Without it, castmerge goes by the "
                "workbook's result columns and the projects in AI Studios",
            )
        with translate_errors(self.path), change(self._database):
            yield


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A journal's file.

    Attributes:
        path: its path
        mode: its permissions, and those of the files next to it
    """

    path: Path
    mode: int = 0o600

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    def open(self, *, create: bool = True) -> SqliteJournal:
        """Open the file and upgrade it; create it if it doesn't exist."""
        return SqliteJournal.open(self.path, create=create, mode=self.mode)

    def check_writable(self) -> None:
        """Check whether its folder can be written to."""
        probe = self.path.with_name(f"{self.path.name}.probe")
        try:
            made = not self.path.parent.exists()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
            if made:
                self.path.parent.rmdir()
        except OSError as error:
            raise JournalError(
                f"castmerge can't save to {self.path.parent} ({error.strerror})",
                hint="Add --journal with a file in a folder that you can write to",
            ) from error


def _identity_of_file(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _sync_folders(path: Path) -> None:
    """Sync the directory entries of a new file and of its folder, if the system allows it."""
    for folder in (path.parent, path.parent.parent):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _no_workers() -> JournalError:
    return JournalError(
        "only a shared journal has workers",
        place="--journal",
        hint="Add --journal with its address, such as postgresql://anna@db.example.com/castmerge",
    )
