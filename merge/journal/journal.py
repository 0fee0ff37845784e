"""The journal's file: entries, their history, and what was settled for each sheet."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeAlias

from merge.errors import JournalError
from merge.journal.durability import is_on_own_drive, set_durable, wal_mode
from merge.journal.errors import translate_errors
from merge.journal.lock import run_lock
from merge.journal.rows import (
    AT,
    FIND,
    GET,
    PUT,
    Column,
    HistoryRecord,
    as_text,
    from_row,
    history_record,
    to_row,
)
from merge.journal.schema import change, migrate
from merge.model import JSON, Entry, RowKey

__all__ = ["Journal"]

Clock: TypeAlias = Callable[[], datetime]

_PATIENCE = 10.0  # seconds to wait for another process that is writing


class Tally(NamedTuple):
    """How many entries a sheet has, how many of them have a job, and how many jobs these are."""

    entries: int
    jobs: int
    different_jobs: int


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Journal:
    """An open journal. Whatever a method has changed is on disk when it returns.

    Every method raises a `JournalError` and nothing else. One thread at a time.
    """

    def __init__(
        self, path: Path, database: sqlite3.Connection, clock: Clock, on_own_drive: Callable[[Path], bool]
    ) -> None:
        self.path = path
        self._database = database
        self._clock = clock
        self._on_own_drive = on_own_drive

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = True,
        clock: Clock = _utc_now,
        on_own_drive: Callable[[Path], bool] = is_on_own_drive,
    ) -> Journal:
        """Open the journal, bring it up to date, and make it first where there is none.

        Args:
            path: where it is
            create: whether to make it, and its folder, where it is not there
            clock: the time in UTC, for the history
            on_own_drive: tells whether no other computer writes to the drive that a file is on

        Raises:
            JournalError: it is not there, damaged, newer than this castmerge, or cannot be written
        """
        with translate_errors(path):
            is_new = not path.exists()
            if is_new and not create:
                raise JournalError(
                    "there is no journal, so nothing is known of this workbook",
                    place=str(path),
                    hint="Run castmerge run first, or name the journal with --journal",
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
            try:
                set_durable(database)
                migrate(database, path)
            except BaseException:
                database.close()
                raise
        if is_new:
            _sync_folders(path)
        return cls(path, database, clock, on_own_drive)

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
    def lock(self) -> Iterator[None]:
        """Hold the journal for one run: `with journal.lock():`. Reading needs no lock."""
        with run_lock(self.path, now=self._clock()), ExitStack() as until_the_end:
            with translate_errors(self.path):
                until_the_end.enter_context(wal_mode(self._database, own_drive=self._on_own_drive(self.path)))
            yield

    def entries(self, sheet: str) -> dict[RowKey, Entry]:
        """Return all entries of a sheet by key, in the order of the rows as last seen."""
        with translate_errors(self.path):
            found = [from_row(line) for line in self._lines(GET, sheet)]
        return {entry.key: entry for entry in found}

    def find(self, sheet: str, key: RowKey) -> tuple[int, Entry] | None:
        """Return one entry and its place, by which `at` gives it until an entry is recorded; or None."""
        with translate_errors(self.path):
            lines = self._lines(FIND, sheet, key)
            return (int(str(lines[0][-1])), from_row(lines[0])) if lines else None

    def at(self, place: int) -> Entry:
        """Return the entry at a place that `find` gave."""
        with translate_errors(self.path):
            [line] = self._database.execute(AT, (place,))
            return from_row(line)

    def tally(self, sheet: str) -> Tally:
        """Return how many entries of a sheet there are, and how many jobs."""
        question = "SELECT count(*), count(job), count(DISTINCT job) FROM entries WHERE sheet = ?"
        with translate_errors(self.path):
            [(entries, jobs, different)] = self._lines(question, sheet)
            return Tally(int(str(entries)), int(str(jobs)), int(str(different)))

    def put(self, sheet: str, entries: Iterable[Entry]) -> None:
        """Record entries, new or known, with their history: all of them at once, or none."""
        told = list(entries)
        if told:
            with self._change():
                self._put(sheet, told)

    def put_one(self, sheet: str, entry: Entry) -> None:
        """Record one entry."""
        self.put(sheet, [entry])

    def rekey(self, sheet: str, old: RowKey, entry: Entry) -> None:
        """Record an entry whose row has another key by now; its history goes along.

        Raises:
            JournalError: the new key belongs to another row; that one's entry is kept
        """
        with self._change():
            taken = "SELECT 1 FROM entries WHERE sheet = ? AND key = ?"
            if entry.key != old and self._lines(taken, sheet, entry.key):
                raise JournalError(
                    f"row {entry.row_number} has taken the key of another row",
                    place=str(self.path),
                    hint="Name columns with --key that tell the rows apart",
                )
            self._database.execute("DELETE FROM entries WHERE sheet = ? AND key = ?", (sheet, old))
            self._database.execute(
                "UPDATE history SET key = ? WHERE sheet = ? AND key = ?", (entry.key, sheet, old)
            )
            self._put(sheet, [entry])

    def mark_written(self, sheet: str, keys: Iterable[RowKey], written: bool) -> None:  # noqa: FBT001 - the verb says it
        """Record whether the job ids of these rows stand in the workbook, and since which writing."""
        with self._change():
            [(latest,)] = self._lines("SELECT coalesce(max(written), 0) FROM entries WHERE sheet = ?", sheet)
            number = int(str(latest)) + 1
            news = "written = 0" if written else "written > 0"
            self._database.executemany(
                f"UPDATE entries SET written = ? WHERE sheet = ? AND key = ? AND {news}",  # noqa: S608 - one of two texts
                [(number if written else 0, sheet, key) for key in keys],
            )

    def mark_all_written(self, sheet: str) -> None:
        """Record that the job ids of all rows stand in the workbook, those of which it is not known yet."""
        latest = "(SELECT coalesce(max(written), 0) + 1 FROM entries WHERE sheet = :sheet)"
        change = (
            f"UPDATE entries SET written = {latest} WHERE sheet = :sheet AND job IS NOT NULL AND written = 0"  # noqa: S608 - no text of others
        )
        with self._change():
            self._database.execute(change, {"sheet": sheet})

    def history(self, sheet: str, key: RowKey) -> tuple[HistoryRecord, ...]:
        """Return everything that was ever recorded of a row, oldest first."""
        question = (
            "SELECT key, at, state, job, generation FROM history WHERE sheet = ? AND key = ? ORDER BY number"
        )
        with translate_errors(self.path):
            return tuple(history_record(line) for line in self._lines(question, sheet, key))

    def save_sheet(self, sheet: str, settings: Mapping[str, JSON]) -> None:
        """Record what later commands need to know of a sheet; secrets have no place in it."""
        with self._change():
            self._database.execute(
                "INSERT OR REPLACE INTO sheets (sheet, settings) VALUES (?, ?)",
                (sheet, json.dumps(dict(settings))),
            )

    def load_sheet(self, sheet: str) -> dict[str, JSON] | None:
        """Return what was recorded of a sheet, or None where nothing was."""
        with translate_errors(self.path):
            lines = self._lines("SELECT settings FROM sheets WHERE sheet = ?", sheet)
            if not lines:
                return None
            settings: JSON = json.loads(str(lines[0][0]))
            match settings:
                case dict():
                    return settings
                case _:
                    raise ValueError(f"what was settled for the sheet {sheet} cannot be read")

    def webhook_secret(self) -> bytes:
        """Return what the rows' webhook addresses are made from; drawn when it is first asked for.

        Who knows it can bring looks forward and lie about credits, no more.
        """
        with self._change():
            self._database.execute(
                "INSERT OR IGNORE INTO webhook (number, secret) VALUES (1, ?)", (secrets.token_bytes(32),)
            )
            lines = self._lines("SELECT secret FROM webhook")
        with translate_errors(self.path):
            match lines:
                case [(bytes() as secret,)]:
                    return secret
                case _:
                    raise ValueError("the webhook's secret is none")

    def sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets that something was recorded of."""
        with translate_errors(self.path):
            return tuple(str(name) for (name,) in self._lines("SELECT sheet FROM sheets ORDER BY sheet"))

    def _put(self, sheet: str, entries: Iterable[Entry]) -> None:
        at = as_text(self._clock())
        lines = [to_row(sheet, entry) for entry in entries]
        self._database.executemany(PUT, lines)
        self._database.executemany(
            """
            INSERT INTO history (sheet, key, at, state, job, generation)
            VALUES (:sheet, :key, :at, :state, :job, :generation)
            """,
            [{**line, "at": at} for line in lines],
        )

    def _lines(self, question: str, *values: str) -> list[tuple[Column, ...]]:
        return self._database.execute(question, values).fetchall()

    @contextmanager
    def _change(self) -> Iterator[None]:
        with translate_errors(self.path), change(self._database):
            yield


def _sync_folders(path: Path) -> None:
    """Bring the names of a new file and of its folder to disk, where a folder can be synced."""
    for folder in (path.parent, path.parent.parent):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
