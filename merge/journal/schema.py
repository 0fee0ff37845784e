"""The tables of the journal, and the steps that bring an older journal up to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from merge.errors import JournalError

__all__ = ["STEPS", "change", "migrate", "one_number"]

Step: TypeAlias = Sequence[str]

_MARK = 0x63617374  # "cast": tells a journal from other SQLite files

STEPS: Sequence[Step] = (
    (
        """
        CREATE TABLE entries (
            sheet TEXT NOT NULL,
            key TEXT NOT NULL,
            row_number INTEGER NOT NULL,
            content TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            tag TEXT NOT NULL,
            state TEXT NOT NULL,
            generation INTEGER NOT NULL,
            job TEXT,
            video_url TEXT,
            problem_message TEXT,
            problem_place TEXT,
            problem_cure TEXT,
            credits REAL,
            submitted_at TEXT,
            completed_at TEXT,
            written INTEGER NOT NULL,
            PRIMARY KEY (sheet, key)
        )
        """,
        """
        CREATE TABLE history (
            number INTEGER PRIMARY KEY,
            sheet TEXT NOT NULL,
            key TEXT NOT NULL,
            at TEXT NOT NULL,
            state TEXT NOT NULL,
            job TEXT,
            generation INTEGER NOT NULL
        )
        """,
        "CREATE INDEX history_by_key ON history (sheet, key)",
        "CREATE TABLE sheets (sheet TEXT PRIMARY KEY, settings TEXT NOT NULL)",
    ),
    ("CREATE TABLE webhook (number INTEGER PRIMARY KEY CHECK (number = 1), secret BLOB NOT NULL)",),
)
"""What leads from version 0, an empty file, to 1, and so on; a step that was once released never changes."""


@contextmanager
def change(database: sqlite3.Connection) -> Iterator[None]:
    """Make what happens inside one transaction: on disk at its end, or not at all."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def migrate(database: sqlite3.Connection, path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Bring the journal forward, each step and its version number in one transaction.

    Raises:
        JournalError: the file belongs to a newer castmerge, or to another program
        ValueError: its version is none
    """
    while _missing(database, path, steps):
        with change(database):
            # Asked again inside: another process may have made the step in the meantime.
            version = one_number(database, "PRAGMA user_version")
            for statement in steps[version] if version < len(steps) else ():
                database.execute(statement)
            if version < len(steps):
                database.execute(f"PRAGMA user_version = {version + 1}")
                database.execute(f"PRAGMA application_id = {_MARK}")


def one_number(database: sqlite3.Connection, question: str) -> int:
    """Return the one number that a question is answered with."""
    (number,) = database.execute(question).fetchone()
    return int(number)


def _missing(database: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> bool:
    version = one_number(database, "PRAGMA user_version")
    is_ours = one_number(database, "PRAGMA application_id") == _MARK
    if not is_ours and one_number(database, "SELECT count(*) FROM sqlite_master"):
        raise JournalError(
            "this is a database of another program",
            place=str(path),
            hint="Name another file with --journal",
        )
    if version < 0:
        raise ValueError(f"its version is {version}")
    if version > len(steps):
        raise JournalError(
            f"the journal was written by a newer castmerge (its version {version}, known here {len(steps)})",
            place=str(path),
            hint="Update castmerge on this computer; the journal is untouched",
        )
    return version < len(steps)
