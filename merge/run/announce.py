"""Which rows are about to be submitted, said in journal and workbook before the first request leaves.

Where the journal is lost together with the process, the workbook still says which rows may have been
taken: a project that renders may be missing from the service's list, so nothing else could tell.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from merge.errors import JournalError, WriteBackError
from merge.journal import Journal
from merge.model import Entry, Row, State
from merge.results import RowResult, Status
from merge.run.clock import Clock
from merge.run.sheet import KnownSheet
from merge.run.submit import Order, entry_of
from merge.writeback import write_back

_LOG = logging.getLogger("merge.run")

NOTE = "Being submitted. If this still stands here when no run is at work: run the same command again."


def intended(order: Order, entry: Entry | None) -> Entry | None:
    """What the journal is to say of a row before its turn: certainly not taken yet; or None.

    A video that the journal still knows, and that the sheet may still need, is not written over.
    """
    row = order.row
    cleared = entry is not None and entry.written and not (row.job or row.status)
    return entry_of(order, State.NOT_TAKEN) if entry is None or cleared else None


def mark(known: KnownSheet, rows: Iterable[Row], journal: Journal, clock: Clock) -> None:
    """Call these rows doubtful in the workbook, until their results stand there.

    A workbook that cannot be written now is left as it is: then the journal alone knows.
    """
    marks = [
        RowResult(row.number, row.key, Status.CHECK, video_id=row.job, url=row.url, note=NOTE) for row in rows
    ]
    try:
        write_back(known, marks, journal, clock.now())
    except (WriteBackError, JournalError) as error:
        _LOG.warning("the workbook could not be marked before submitting: %s", error.message)
