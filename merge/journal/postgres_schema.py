"""The tables of a shared journal in PostgreSQL, and the steps that upgrade an older schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

import psycopg

from merge.errors import JournalError
from merge.journal.records import NAMES

__all__ = [
    "CHANNEL",
    "COLUMNS",
    "FREE",
    "HELD",
    "LOCKS",
    "NOT_WRITTEN",
    "RECALL",
    "STEPS",
    "STOP",
    "TAKE_OVER",
    "Connection",
    "Page",
    "migrate",
    "number_in",
    "select",
    "text_in",
    "version_of",
    "wake_workers",
]

Connection = psycopg.Connection[tuple[object, ...]]
Page = 2000
"""Records that are read together."""

CHANNEL = "castmerge"
"""Workers listen to this channel."""
LOCKS = 0x63617374
"""The namespace of castmerge's advisory locks: `cast`."""
_MIGRATION = 1

STEPS: Sequence[Sequence[LiteralString]] = (
    (
        "CREATE SCHEMA castmerge",
        "CREATE TABLE castmerge.version (number integer NOT NULL)",
        "INSERT INTO castmerge.version VALUES (0)",
        """
        CREATE TABLE castmerge.workbooks (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL,
            practice boolean NOT NULL,
            webhook_secret bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        )
        """,
        # What a workbook is known by: its path on a computer, or the content that castmerge read.
        """
        CREATE TABLE castmerge.traces (
            practice boolean NOT NULL,
            trace text NOT NULL,
            workbook bigint NOT NULL REFERENCES castmerge.workbooks,
            PRIMARY KEY (practice, trace)
        )
        """,
        """
        CREATE TABLE castmerge.sheets (
            workbook bigint NOT NULL REFERENCES castmerge.workbooks,
            sheet text NOT NULL,
            settings text,
            written_at timestamptz,
            PRIMARY KEY (workbook, sheet)
        )
        """,
        # A run holds its records until it ends, or until another one finds that it hasn't been seen for long.
        """
        CREATE TABLE castmerge.holders (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            workbook bigint NOT NULL REFERENCES castmerge.workbooks,
            account text NOT NULL,
            host text NOT NULL,
            process integer NOT NULL,
            began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            ended_at timestamptz
        )
        """,
        "CREATE INDEX ON castmerge.holders (workbook) WHERE ended_at IS NULL",
        # One record per submission; `identity` is its tag, or `id:` and the id of a video without a tag.
        # `holder` is the fencing number: only that run may change the record, until it has ended.
        """
        CREATE TABLE castmerge.videos (
            number bigint GENERATED ALWAYS AS IDENTITY,
            workbook bigint NOT NULL REFERENCES castmerge.workbooks,
            sheet text NOT NULL,
            identity text NOT NULL,
            key text NOT NULL,
            row_number bigint NOT NULL,
            content text NOT NULL,
            fingerprint text NOT NULL,
            tag text NOT NULL,
            state text NOT NULL,
            generation integer NOT NULL,
            job text,
            video_url text,
            problem_message text,
            problem_place text,
            problem_cure text,
            credits double precision,
            submitted_at timestamptz,
            completed_at timestamptz,
            written bigint NOT NULL,
            cells text NOT NULL DEFAULT '',
            holder bigint REFERENCES castmerge.holders,
            updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (workbook, sheet, identity)
        )
        """,
        "CREATE UNIQUE INDEX ON castmerge.videos (number)",
        "CREATE INDEX ON castmerge.videos (workbook, number)",
        "CREATE INDEX ON castmerge.videos (tag) WHERE tag <> ''",
        "CREATE INDEX ON castmerge.videos (job) WHERE job IS NOT NULL",
    ),
    (
        "CREATE INDEX ON castmerge.videos (workbook, sheet, key, number DESC)",
        # For people and their tools; castmerge itself reads the tables. Practice is left out.
        """
        CREATE VIEW castmerge.rows AS
        SELECT DISTINCT ON (videos.workbook, sheet, key)
            videos.workbook AS workbook_id, workbooks.name AS workbook, sheet, row_number, key,
            CASE state
                WHEN 'submitting' THEN 'Check' WHEN 'submitted' THEN 'Submitted'
                WHEN 'complete' THEN 'Complete' WHEN 'failed' THEN 'Failed'
                WHEN 'draft' THEN 'Draft' ELSE 'To do'
            END AS status,
            job AS video_id, video_url, problem_message AS note, credits, generation + 1 AS attempt,
            submitted_at, completed_at, updated_at, tag,
            CASE WHEN holders.ended_at IS NULL THEN holders.account || '@' || holders.host END AS worked_on_by
        FROM castmerge.videos
        JOIN castmerge.workbooks ON workbooks.id = videos.workbook
        LEFT JOIN castmerge.holders ON holders.id = videos.holder
        WHERE NOT practice
        ORDER BY videos.workbook, sheet, key, number DESC
        """,
        """
        CREATE VIEW castmerge.runs AS
        SELECT
            holders.id, holders.workbook AS workbook_id, workbooks.name AS workbook, account, host, process,
            began_at, seen_at, ended_at,
            ended_at IS NULL AND seen_at > now() - interval '30 seconds' AS is_running
        FROM castmerge.holders JOIN castmerge.workbooks ON workbooks.id = holders.workbook
        WHERE NOT practice
        """,
        """
        CREATE VIEW castmerge.spend AS
        SELECT
            (submitted_at AT TIME ZONE 'UTC')::date AS day, videos.workbook AS workbook_id,
            workbooks.name AS workbook, sheet, count(*) AS videos,
            count(*) FILTER (WHERE state = 'complete') AS complete,
            count(*) FILTER (WHERE state = 'failed') AS failed,
            sum(credits) AS credits, count(credits) AS with_known_credits
        FROM castmerge.videos JOIN castmerge.workbooks ON workbooks.id = videos.workbook
        WHERE NOT practice AND state <> 'not taken' AND submitted_at IS NOT NULL
        GROUP BY 1, 2, 3, 4
        """,
    ),
    (
        # What a worker submits to which service, until the service has it.
        "ALTER TABLE castmerge.videos ADD COLUMN body text, ADD COLUMN service text",
        "CREATE INDEX ON castmerge.videos (workbook, sheet, number) WHERE state = 'queued'",
        """
        CREATE INDEX ON castmerge.videos (number)
        WHERE service IS NOT NULL AND state IN ('submitting', 'submitted')
        """,
        # '', 'paused', or 'stopped' until somebody makes its videos again.
        "ALTER TABLE castmerge.workbooks ADD COLUMN halt text NOT NULL DEFAULT ''",
        "ALTER TABLE castmerge.sheets ADD COLUMN served_at timestamptz",
        # A worker works on all workbooks.
        "ALTER TABLE castmerge.holders ALTER COLUMN workbook DROP NOT NULL",
        # The account's requests and submissions: when the last request that was let through may leave, and
        # which run has which place.
        "CREATE TABLE castmerge.budget (full_at timestamptz NOT NULL, paused_until timestamptz NOT NULL)",
        "INSERT INTO castmerge.budget VALUES (now(), now())",
        """
        CREATE TABLE castmerge.places (
            number integer PRIMARY KEY, holder bigint REFERENCES castmerge.holders
        )
        """,
        "INSERT INTO castmerge.places SELECT generate_series(1, 8)",
        """
        CREATE OR REPLACE VIEW castmerge.rows AS
        SELECT DISTINCT ON (videos.workbook, sheet, key)
            videos.workbook AS workbook_id, workbooks.name AS workbook, sheet, row_number, key,
            CASE state
                WHEN 'submitting' THEN 'Check' WHEN 'submitted' THEN 'Submitted'
                WHEN 'complete' THEN 'Complete' WHEN 'failed' THEN 'Failed'
                WHEN 'draft' THEN 'Draft' WHEN 'queued' THEN 'Queued' ELSE 'To do'
            END AS status,
            job AS video_id, video_url, problem_message AS note, credits, generation + 1 AS attempt,
            submitted_at, completed_at, updated_at, tag,
            CASE WHEN holders.ended_at IS NULL THEN holders.account || '@' || holders.host END AS worked_on_by
        FROM castmerge.videos
        JOIN castmerge.workbooks ON workbooks.id = videos.workbook
        LEFT JOIN castmerge.holders ON holders.id = videos.holder
        WHERE NOT practice
        ORDER BY videos.workbook, sheet, key, number DESC
        """,
        """
        CREATE OR REPLACE VIEW castmerge.runs AS
        SELECT
            holders.id, holders.workbook AS workbook_id, workbooks.name AS workbook, account, host, process,
            began_at, seen_at, ended_at,
            ended_at IS NULL AND seen_at > now() - interval '30 seconds' AS is_running
        FROM castmerge.holders LEFT JOIN castmerge.workbooks ON workbooks.id = holders.workbook
        WHERE practice IS NOT TRUE
        """,
        """
        CREATE OR REPLACE VIEW castmerge.spend AS
        SELECT
            (submitted_at AT TIME ZONE 'UTC')::date AS day, videos.workbook AS workbook_id,
            workbooks.name AS workbook, sheet, count(*) AS videos,
            count(*) FILTER (WHERE state = 'complete') AS complete,
            count(*) FILTER (WHERE state = 'failed') AS failed,
            sum(credits) AS credits, count(credits) AS with_known_credits
        FROM castmerge.videos JOIN castmerge.workbooks ON workbooks.id = videos.workbook
        WHERE NOT practice AND state NOT IN ('not taken', 'queued') AND submitted_at IS NOT NULL
        GROUP BY 1, 2, 3, 4
        """,
    ),
    (
        # Videos are added day by day, so that this takes nearly no space: `spend` is asked for days.
        "CREATE INDEX ON castmerge.videos USING brin (((submitted_at AT TIME ZONE 'UTC')::date))",
        # With these columns, counting the rows of the view by their status needs nothing but the index.
        "DROP INDEX castmerge.videos_workbook_sheet_key_number_idx",
        """
        CREATE INDEX ON castmerge.videos (workbook, sheet, key, number DESC)
        INCLUDE (state, credits, holder)
        """,
    ),
)
"""Step n upgrades version n to n + 1; version 0 is a database without the schema. A released step never
changes, and none goes back."""

_TIMES = {"submitted_at", "completed_at"}
COLUMNS = ", ".join(
    f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""" if name in _TIMES else name
    for name in NAMES
)
# A run that began after this statement can't be seen by it, so it mustn't count as one that has ended.
FREE = """
    (videos.holder IS NULL OR EXISTS (
        SELECT FROM castmerge.holders WHERE holders.id = videos.holder AND holders.ended_at IS NOT NULL
    ))
"""
_MINE = "workbook = %s AND sheet = %s AND identity = ANY(%s)"
TAKE_OVER = f"""
    UPDATE castmerge.videos SET holder = %s
    WHERE number IN (
        SELECT number FROM castmerge.videos
        WHERE {_MINE} AND {FREE}
        FOR UPDATE SKIP LOCKED
    )
""".encode()  # noqa: S608 - no value in it
HELD = f"""
    SELECT identity FROM castmerge.videos WHERE {_MINE} AND holder IS DISTINCT FROM %s
""".encode()  # noqa: S608 - no value in it
RECALL = f"SELECT {COLUMNS} FROM castmerge.videos WHERE {_MINE} ORDER BY number".encode()  # noqa: S608 - same
STOP = b"""
    UPDATE castmerge.videos SET state = 'not taken', body = NULL, service = NULL, holder = NULL
    WHERE workbook = %s AND state = 'queued'
"""
NOT_WRITTEN = b"""
    SELECT number, job FROM castmerge.videos
    WHERE workbook = %s AND sheet = %s AND number > %s AND written = 0 AND job IS NOT NULL
    ORDER BY number LIMIT %s
"""


def select(*, elsewhere: bool) -> bytes:
    """Return the query for one page of records after a number, of a sheet or of the workbook's others."""
    compare = "<>" if elsewhere else "="
    return (
        f"SELECT number, {COLUMNS} FROM castmerge.videos "  # noqa: S608 - names of fields
        f"WHERE workbook = %s AND sheet {compare} %s AND number > %s ORDER BY number LIMIT {Page}"
    ).encode()


def text_in(row: tuple[object, ...] | None) -> str:
    """The text that is a row's first column, or "" without a row."""
    return str(row[0]) if row else ""


def wake_workers(database: Connection) -> None:
    """Tell the workers that there's something to do."""
    database.execute("SELECT pg_notify(%s, '')", (CHANNEL,))


def number_in(row: tuple[object, ...] | None) -> int:
    """The number that is a row's first column."""
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def version_of(database: Connection) -> int:
    """The version of the schema, 0 if there is none."""
    # A lookup by name could use what this connection remembers from before another process made the schema.
    found = database.execute(
        "SELECT FROM pg_catalog.pg_tables WHERE schemaname = 'castmerge' AND tablename = 'version'"
    ).fetchone()
    if found is None:
        return 0
    row = database.execute("SELECT number FROM castmerge.version").fetchone()
    return row[0] if row and isinstance(row[0], int) else 0


def migrate(database: Connection, place: str, steps: Sequence[Sequence[LiteralString]] = STEPS) -> None:
    """Upgrade the schema: all missing steps in one transaction, by one process at a time.

    Raises:
        JournalError: the schema belongs to a newer castmerge
    """
    require_known(version_of(database), place, steps)
    if version_of(database) == len(steps):
        return
    with database.transaction():
        database.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS, _MIGRATION))
        # Read again under the lock: another process may have made the steps since.
        version = version_of(database)
        require_known(version, place, steps)
        for step in steps[version:]:
            for statement in step:
                database.execute(statement)
        database.execute("UPDATE castmerge.version SET number = %s", (len(steps),))


def require_known(version: int, place: str, steps: Sequence[Sequence[LiteralString]] = STEPS) -> None:
    """Refuse a schema that a newer castmerge made.

    Raises:
        JournalError: it is newer
    """
    if version > len(steps):
        raise JournalError(
            f"a newer castmerge upgraded this journal (version {version}; this castmerge knows {len(steps)})",
            place=place,
            hint="Update castmerge on this computer. The journal wasn't changed",
        )
