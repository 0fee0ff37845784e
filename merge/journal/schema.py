"""The tables of a journal's file, and the steps that upgrade an older one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from merge.errors import JournalError
from merge.journal.records import NAMES

__all__ = [
    "NOT_WRITTEN",
    "PUT",
    "SELECT",
    "SELECT_ELSEWHERE",
    "STEPS",
    "change",
    "migrate",
    "one_number",
]

Step: TypeAlias = Sequence[str]

_APPLICATION_ID = 0x63617374  # "cast": marks the file as a journal

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
    (
        # One record per submission; `identity` is its tag, or `id:` and the id of a video without a tag.
        """
        CREATE TABLE videos (
            number INTEGER PRIMARY KEY,
            sheet TEXT NOT NULL,
            identity TEXT NOT NULL,
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
            cells TEXT NOT NULL DEFAULT '',
            UNIQUE (sheet, identity)
        )
        """,
        # Earlier videos of remade rows, whose ids are in the history; they come before the entries.
        """
        INSERT INTO videos (
            sheet, identity, key, row_number, content, fingerprint, tag, state, generation, job, written
        )
        SELECT sheet, 'id:' || job, key, 0, '', '', '',
            CASE WHEN sum(state = 'complete') THEN 'complete' WHEN sum(state = 'draft') THEN 'draft'
                WHEN sum(state = 'failed') THEN 'failed' ELSE 'submitted' END,
            max(generation), job, 1
        FROM history
        WHERE job IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM entries WHERE entries.sheet = history.sheet AND entries.job = history.job
        )
        GROUP BY sheet, key, job ORDER BY min(number)
        ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO videos (
            sheet, identity, key, row_number, content, fingerprint, tag, state, generation, job,
            video_url, problem_message, problem_place, problem_cure,
            credits, submitted_at, completed_at, written
        )
        SELECT
            sheet, CASE WHEN tag != '' THEN tag ELSE 'id:' || coalesce(job, key) END,
            key, row_number, content, fingerprint, tag, state, generation, job,
            video_url, problem_message, problem_place, problem_cure,
            credits, submitted_at, completed_at, written
        FROM entries WHERE true ORDER BY row_number, key
        ON CONFLICT DO NOTHING
        """,
        "DROP TABLE entries",
        "DROP TABLE history",
        # The newest time in `Video Updated` that castmerge wrote into each sheet.
        "CREATE TABLE stamps (sheet TEXT PRIMARY KEY, written_at TEXT NOT NULL)",
    ),
)
"""Step n upgrades version n to n + 1; version 0 is an empty file. A released step never changes."""


# UPSERT instead of REPLACE: the row keeps its rowid, so one page is written instead of three.
# Later states of a record come without the hashes of its cells, which don't change.
_CHANGED = ", ".join(
    "cells = coalesce(nullif(:cells, ''), cells)" if name == "cells" else f"{name} = :{name}"
    for name in NAMES
)
PUT = (
    f"INSERT INTO videos (sheet, identity, {', '.join(NAMES)}) "  # noqa: S608 - names of fields
    f"VALUES (:sheet, :identity, {', '.join(f':{name}' for name in NAMES)}) "
    f"ON CONFLICT (sheet, identity) DO UPDATE SET {_CHANGED}"
)
SELECT = f"SELECT {', '.join(NAMES)} FROM videos WHERE sheet = ? ORDER BY number"  # noqa: S608 - names of fields
NOT_WRITTEN = """
    SELECT number, job FROM videos WHERE sheet = ? AND number > ? AND written = 0 AND job IS NOT NULL
    ORDER BY number LIMIT ?
"""
SELECT_ELSEWHERE = SELECT.replace("sheet = ?", "sheet != ?")


@contextmanager
def change(database: sqlite3.Connection) -> Iterator[None]:
    """Run the block in one transaction: on disk at its end, or not at all."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def migrate(database: sqlite3.Connection, path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Upgrade the journal, each step and its version number in one transaction.

    Raises:
        JournalError: the file belongs to a newer castmerge, or to another program
        ValueError: its version is negative
    """
    while _is_older(database, path, steps):
        with change(database):
            # Read again inside the transaction: another process may have made the step since.
            version = one_number(database, "PRAGMA user_version")
            for statement in steps[version] if version < len(steps) else ():
                database.execute(statement)
            if version < len(steps):
                database.execute(f"PRAGMA user_version = {version + 1}")
                database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def one_number(database: sqlite3.Connection, question: str, *values: str) -> int:
    """Return the only value of a query's only row."""
    (number,) = database.execute(question, values).fetchone()
    return int(number)


def _is_older(database: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> bool:
    version = one_number(database, "PRAGMA user_version")
    is_ours = one_number(database, "PRAGMA application_id") == _APPLICATION_ID
    if not is_ours and one_number(database, "SELECT count(*) FROM sqlite_master"):
        raise JournalError(
            "this database belongs to another program",
            place=str(path),
            hint="Choose another file with --journal",
        )
    if version < 0:
        raise ValueError(f"its version is {version}")
    if version > len(steps):
        raise JournalError(
            f"a newer castmerge upgraded this journal (version {version}; this castmerge knows {len(steps)})",
            place=str(path),
            hint="Update castmerge on this computer. The journal wasn't changed",
        )
    return version < len(steps)
