"""The journal's tables, the steps that upgrade an older file, and the conversion of entries."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import NewType, Protocol, TypeAlias, cast, get_args, get_type_hints

from merge.errors import JournalError
from merge.journal.journal import identity_of
from merge.model import Entry, Problem, State

__all__ = [
    "NOT_WRITTEN",
    "PUT",
    "SELECT",
    "SELECT_ELSEWHERE",
    "STEPS",
    "Value",
    "as_text",
    "change",
    "from_row",
    "migrate",
    "one_number",
    "to_row",
]

Step: TypeAlias = Sequence[str]
Value: TypeAlias = str | int | float | bytes | None
"""What SQLite stores in a column."""

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


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of `videos` that holds a field of `Entry`.

    Attributes:
        stored: the type that SQLite returns for it
        read: converts a stored text to the field's type; None if it is stored as is
        optional: whether it may be NULL
    """

    name: str
    stored: type
    read: Callable[[str], object] | None
    optional: bool


def as_text(at: datetime) -> str:
    """Return a time as ISO 8601 in UTC, ending in Z; a time without a zone is UTC."""
    in_utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return in_utc.isoformat().replace("+00:00", "Z")


def _as_time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"the time {text} has no zone")
    return at


_FROM_TEXT: Mapping[type, Callable[[str], object]] = {State: State, datetime: _as_time}


def _column(name: str, hint: object) -> _Column:
    kinds = get_args(hint) or (hint,)  # `int | None` is (int, NoneType)
    kind = kinds[0].__supertype__ if isinstance(kinds[0], NewType) else kinds[0]
    assert isinstance(kind, type)
    read = _FROM_TEXT.get(kind)
    return _Column(name, str if read else kind, read, NoneType in kinds)


_FIELDS = tuple(
    _column(field.name, get_type_hints(Entry)[field.name])
    for field in fields(Entry)
    if field.name != "problem"
)
_PROBLEM = tuple(
    _Column(f"problem_{name}", str, None, optional=True) for name in ("message", "place", "cure")
)
_COLUMNS = (*_FIELDS, *_PROBLEM)
_NAMES = tuple(column.name for column in _COLUMNS)

# UPSERT instead of REPLACE: the row keeps its rowid, so one page is written instead of three.
# Later states of a record come without the hashes of its cells, which don't change.
_CHANGED = ", ".join(
    "cells = coalesce(nullif(:cells, ''), cells)" if name == "cells" else f"{name} = :{name}"
    for name in _NAMES
)
PUT = (
    f"INSERT INTO videos (sheet, identity, {', '.join(_NAMES)}) "  # noqa: S608 - names of fields
    f"VALUES (:sheet, :identity, {', '.join(f':{name}' for name in _NAMES)}) "
    f"ON CONFLICT (sheet, identity) DO UPDATE SET {_CHANGED}"
)
SELECT = f"SELECT {', '.join(_NAMES)} FROM videos WHERE sheet = ? ORDER BY number"  # noqa: S608 - names of fields
NOT_WRITTEN = """
    SELECT number, job FROM videos WHERE sheet = ? AND number > ? AND written = 0 AND job IS NOT NULL
    ORDER BY number LIMIT ?
"""
SELECT_ELSEWHERE = SELECT.replace("sheet = ?", "sheet != ?")


class _MakeEntry(Protocol):
    def __call__(self, **fields: object) -> Entry: ...


_make_entry = cast("_MakeEntry", Entry)
"""`Entry` from values whose types `from_row` has checked against its fields."""


def to_row(sheet: str, entry: Entry) -> Mapping[str, object]:
    """Return an entry as the parameters of `PUT`."""
    problem = entry.problem
    values = {column.name: getattr(entry, column.name) for column in _FIELDS}
    return {
        "sheet": sheet,
        "identity": identity_of(entry),
        **{name: as_text(value) if isinstance(value, datetime) else value for name, value in values.items()},
        "problem_message": problem.message if problem else None,
        "problem_place": problem.place if problem else None,
        "problem_cure": problem.hint if problem else None,
    }


def from_row(row: Sequence[Value]) -> Entry:
    """Return the entry in a row of `SELECT`.

    Raises:
        ValueError: a value has another type than castmerge writes there
    """
    values = {column.name: _read(column, value) for column, value in zip(_COLUMNS, row, strict=True)}
    message, place, hint = (values.pop(column.name) for column in _PROBLEM)
    problem = None if message is None else Problem(str(message), str(place or ""), str(hint or ""))
    return _make_entry(**values, problem=problem)


def _read(column: _Column, value: Value) -> object:
    if value is None and column.optional:
        return None
    if not isinstance(value, column.stored):
        raise ValueError(f"{type(value).__name__} as the {column.name} of an entry")  # noqa: TRY004 - damaged data
    return column.read(str(value)) if column.read else value


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
            "this is a database of another program",
            place=str(path),
            hint="Choose another file with --journal",
        )
    if version < 0:
        raise ValueError(f"its version is {version}")
    if version > len(steps):
        raise JournalError(
            f"a newer castmerge wrote this journal (version {version}; this castmerge knows {len(steps)})",
            place=str(path),
            hint="Update castmerge on this computer. The journal wasn't changed",
        )
    return version < len(steps)
