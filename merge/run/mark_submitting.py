"""Which rows are about to be submitted, said in journal and workbook before the first request leaves.

Where the journal is lost together with the process, the workbook still says which rows may have been
taken: a project that renders may be missing from the service's list, so nothing else could tell.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from merge.errors import InputError, JournalError, WriteBackError
from merge.input.data_sheet import KnownSheet
from merge.journal import Journal
from merge.model import Entry, Row, RowKey, State
from merge.results import RowResult
from merge.run.clock import Clock
from merge.run.orders import SubmitTask, Task, entry_of
from merge.run.write_back import write_back
from merge.sheet.result_columns import Status

_LOG = logging.getLogger("merge.run")

NOTE = "Being submitted. If this still stands here when no run is at work: run the same command again."
EXPORT_NOTE = "Being exported. If this still stands here when no run is at work: castmerge collect."


def not_sent_entry(order: SubmitTask, entry: Entry | None) -> Entry | None:
    """What the journal is to say of a row before its turn: certainly not taken yet; or None.

    A video that the journal still knows, and that the sheet may still need, is not written over.
    """
    return entry_of(order, State.NOT_TAKEN) if entry is None or order.row.cleared else None


def mark(known: KnownSheet, orders: Sequence[Task], journal: Journal, clock: Clock) -> frozenset[RowKey]:
    """Call these rows doubtful in the workbook, until their results stand there.

    A workbook that cannot be written now is left as it is: then the journal alone knows.

    Returns:
        The rows beside which somebody else has written since the plan was made: they must not be ordered.
    """
    try:
        now = known.as_it_is_now(journal.entries(known.sheet.worksheet.name))
        taken = _taken_meanwhile(now, [order.row for order in orders])
        marks = [_mark(order) for order in orders if order.row.key not in taken]
        write_back(now, marks, journal, clock.now())
    except (WriteBackError, InputError, JournalError) as error:
        _LOG.warning("the workbook could not be marked before submitting: %s", error.message)
        return frozenset()
    return taken


def _taken_meanwhile(now: KnownSheet, rows: Sequence[Row]) -> frozenset[RowKey]:
    """Rows that another computer's run has marked or made, which has a journal of its own."""
    stands = {row.key: (row.job, Status.of(row.status)) for row in now.rows}
    blank = ("", Status.TO_DO)
    return frozenset(
        row.key for row in rows if stands.get(row.key, blank) not in (blank, (row.job, Status.of(row.status)))
    )


def _mark(order: Task) -> RowResult:
    row = order.row
    if isinstance(order, SubmitTask):
        return RowResult(row.number, row.key, Status.CHECK, video_id=row.job, url=row.url, note=NOTE)
    # Its id is known: whoever has the workbook alone can ask how far it is.
    job = order.draft.job or ""
    return RowResult(row.number, row.key, Status.SUBMITTED, video_id=job, note=EXPORT_NOTE)
