"""Record videos in a shared journal: who may change a record, and what mustn't be sent again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from merge.journal.journal import identity_of
from merge.journal.postgres_schema import FREE, Connection
from merge.journal.records import NAMES, to_row
from merge.model import Entry, State

__all__ = ["Sheet", "put_entries"]

Record: TypeAlias = Mapping[str, object]

_TYPES = {
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
_GIVEN = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in ("identity", *NAMES, "body", "service"))

# A run may change its own records. It may change another's only once that run has ended, and only as what
# comes next for the same submission: nothing that was sent can be sent again under the same tag.
MAY_CHANGE = f"""
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
"""
# What waits belongs to nobody, unless a worker has it in hand. Its project stays until the service has it.
PUT = f"""
    INSERT INTO castmerge.videos AS videos
        (workbook, sheet, identity, {", ".join(NAMES)}, body, service, holder)
    SELECT
        %(workbook)s, %(sheet)s, identity, {", ".join(NAMES)}, body, service,
        CASE WHEN state = 'not taken' OR body IS NOT NULL THEN NULL ELSE %(holder)s::bigint END
    FROM json_to_recordset(%(records)s) AS given ({_GIVEN})
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
    """A sheet of a workbook in a shared journal.

    Attributes:
        workbook: the workbook's number
        name: the worksheet's name
        practice: whether its videos are simulated
    """

    workbook: int
    name: str
    practice: bool = False


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
    sheet: Sheet,
    entries: Iterable[Entry],
    holder: int | None,
    queued: ForWorkers | None = None,
) -> Iterator[str]:
    """Record entries of a sheet within a transaction; yields the identities of those that another run has.

    Args:
        database: in a transaction
        sheet: their sheet
        entries: in the order of their changes
        holder: the run's number
        queued: the projects, if workers are to submit them
    """
    records = [_record(sheet, entry, queued) for entry in entries]
    elsewhere = _sent_elsewhere(database, sheet, records)
    ours = [each for each in records if not (_is_new(each) and each["tag"] in elsewhere)]
    yield from (str(each["identity"]) for each in records if _is_new(each) and each["tag"] in elsewhere)
    for batch in _without_duplicates(ours):
        parameters = {
            "workbook": sheet.workbook,
            "sheet": sheet.name,
            "holder": holder,
            "records": json.dumps(batch, ensure_ascii=False),
        }
        put = {identity for (identity,) in database.execute(PUT, parameters)}
        yield from (str(each["identity"]) for each in batch if each["identity"] not in put)


def _record(sheet: Sheet, entry: Entry, queued: ForWorkers | None) -> Record:
    record = to_row(sheet.name, entry)
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


def _sent_elsewhere(database: Connection, sheet: Sheet, records: Sequence[Record]) -> frozenset[str]:
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
        AND state NOT IN ('not taken', 'queued', 'failed')
        """,
        (tags, sheet.practice, sheet.workbook, sheet.name),
    )
    return frozenset(str(tag) for (tag,) in found)
