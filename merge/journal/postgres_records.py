"""Record videos in a shared journal: who may change a record, and what mustn't be sent again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from merge.journal.journal import identity_of
from merge.journal.postgres_schema import FREE, Connection
from merge.journal.records import NAMES, to_row
from merge.model import Entry, State

__all__ = ["SENT_ELSEWHERE", "ForWorkers", "Sheet", "Writer", "put_entries"]

Record: TypeAlias = Mapping[str, object]

_TYPES = {
    "workbook": "bigint",
    "row_number": "bigint",
    "generation": "integer",
    "credits": "double precision",
    "submitted_at": "timestamptz",
    "completed_at": "timestamptz",
    "written": "bigint",
}
_CHANGED = ", ".join(
    "cells = coalesce(nullif(new.cells, ''), videos.cells)" if name == "cells" else f"{name} = new.{name}"
    for name in NAMES
).replace("new.", "EXCLUDED.")
_GIVEN = ", ".join(
    f"{name} {_TYPES.get(name, 'text')}"
    for name in ("workbook", "sheet", "identity", *NAMES, "body", "service")
)

# Whether another workbook or sheet has sent a tag: copies that were saved differently.
SENT_ELSEWHERE = """
    EXISTS (
        SELECT FROM castmerge.videos AS other JOIN castmerge.workbooks ON workbooks.id = other.workbook
        WHERE other.tag = {0}.tag AND other.tag <> '' AND practice = %(practice)s
        AND (other.workbook, other.sheet) <> ({0}.workbook, {0}.sheet)
        AND other.state NOT IN ('not taken', 'queued', 'failed')
    )
"""
# A run may change its own records. It may change another's only once that run has ended, and only as what
# comes next for the same submission: nothing that was sent can be sent again under the same tag. A worker
# sends only what it has claimed, and what is still to be sent.
MAY_CHANGE = f"""
    CASE WHEN %(claimed)s AND EXCLUDED.state = 'submitting' AND EXCLUDED.problem_message IS NULL THEN
        videos.holder = %(holder)s AND videos.state = 'queued'
        AND (SELECT halt FROM castmerge.workbooks WHERE id = videos.workbook) = ''
    ELSE
        videos.holder IS NOT DISTINCT FROM %(holder)s OR (
            {FREE} AND (
                videos.state IN ('not taken', 'queued')
                OR CASE EXCLUDED.state
                    WHEN 'submitting' THEN
                        videos.state = 'draft' AND videos.job = EXCLUDED.job
                        OR videos.state = 'submitting'
                        AND videos.submitted_at IS NOT DISTINCT FROM EXCLUDED.submitted_at
                    ELSE
                        videos.job = EXCLUDED.job
                        OR videos.state = 'submitting' AND videos.job IS NULL AND EXCLUDED.job IS NOT NULL
                END
            )
        )
    END
"""  # noqa: S608 - no value in it
_LOCK_TAGS = b"SELECT pg_advisory_xact_lock(hashtextextended(tag, 0)) FROM unnest(%s::text[]) AS tag"
# What waits belongs to nobody, unless a worker has it in hand. Its project stays until the service has it.
PUT = f"""
    INSERT INTO castmerge.videos AS videos
        (workbook, sheet, identity, {", ".join(NAMES)}, body, service, holder)
    SELECT
        workbook, sheet, identity, {", ".join(NAMES)}, body, service,
        CASE WHEN state = 'not taken' OR body IS NOT NULL THEN NULL ELSE %(holder)s::bigint END
    FROM json_to_recordset(%(records)s) AS given ({_GIVEN})
    WHERE NOT (state = 'submitting' AND job IS NULL AND tag <> '' AND {SENT_ELSEWHERE.format("given")})
    ON CONFLICT (workbook, sheet, identity) DO UPDATE
    SET {_CHANGED}, holder = EXCLUDED.holder, updated_at = clock_timestamp(),
        service = coalesce(EXCLUDED.service, videos.service),
        body = CASE
            WHEN EXCLUDED.state IN ('queued', 'submitting') THEN coalesce(EXCLUDED.body, videos.body)
        END
    WHERE {MAY_CHANGE}
    RETURNING identity
""".encode()  # noqa: S608 - names of fields


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook in a shared journal, by the workbook's number and the worksheet's name."""

    workbook: int
    name: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Who records.

    Attributes:
        holder: the run's number, or None
        practice: whether the videos are simulated
        claimed: whether it is a worker, which only sends what it has claimed
    """

    holder: int | None
    practice: bool = False
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class ForWorkers:
    """What workers need to submit rows.

    Attributes:
        service: the host that they are submitted to
        bodies: the project of each row as JSON text, by the identity of its record
    """

    service: str
    bodies: Mapping[str, str]


def put_entries(
    database: Connection,
    entries: Iterable[tuple[Sheet, Entry]],
    writer: Writer,
    queued: ForWorkers | None = None,
) -> Iterator[str]:
    """Record entries within a transaction; yields the identities of those that another run has.

    Args:
        database: in a transaction
        entries: with their sheets, in the order of their changes
        writer: the run
        queued: the projects, if workers are to submit them
    """
    records = [_record(sheet, entry, queued) for sheet, entry in entries]
    # Of two that are about to send the same from different workbooks, the second one sees the first.
    if tags := sorted({str(record["tag"]) for record in records if _is_new(record)}):
        database.execute(_LOCK_TAGS, (tags,))
    for batch in _without_duplicates(records):
        parameters = {
            "holder": writer.holder,
            "practice": writer.practice,
            "claimed": writer.claimed,
            "records": json.dumps(batch, ensure_ascii=False),
        }
        put = {identity for (identity,) in database.execute(PUT, parameters)}
        yield from (str(each["identity"]) for each in batch if each["identity"] not in put)


def _record(sheet: Sheet, entry: Entry, queued: ForWorkers | None) -> Record:
    record = {"workbook": sheet.workbook, **to_row(sheet.name, entry)}
    if queued is None:
        return record
    return {**record, "body": queued.bodies[identity_of(entry)], "service": queued.service}


def _without_duplicates(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Batches in each of which a record changes once: one statement can't change it twice."""
    batch: dict[object, Record] = {}
    for record in records:
        if record["identity"] in batch:
            yield list(batch.values())
            batch = {}
        batch[record["identity"]] = record
    if batch:
        yield list(batch.values())


def _is_new(record: Record) -> bool:
    """Whether a record is the intent to submit a project."""
    return record["state"] == State.SUBMITTING and not record["job"] and bool(record["tag"])
