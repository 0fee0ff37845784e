"""Which saved drafts are to become videos: the rows that were chosen, without the template."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from merge.model import State
from merge.plan.decide import Action, Decision
from merge.plan.plan import Plan, PlannedRow, select, within_ceilings
from merge.run.collect import open_collection
from merge.run.session import Session
from merge.settings import Settings
from merge.sheet.result_columns import Status


@contextmanager
def open_export(workbook: Path, settings: Settings) -> Iterator[Session]:
    """Lock the journal and plan to export the chosen drafts, and to follow what of them is exported already.

    Raises:
        InputError: the workbook cannot be read, or the selection is wrong
        JournalError: another run holds the journal, or it cannot be used
    """
    with open_collection(workbook, settings) as session:
        yield replace(session, plan=_exporting(session.plan, session.settings, session))


def _exporting(plan: Plan, settings: Settings, session: Session) -> Plan:
    chosen = {row.key for row in select([planned.row for planned in plan.rows], plan.sheet, settings)}
    rows = [_to_export(planned) for planned in plan.rows if planned.row.key in chosen]
    entries = session.journal.entries(plan.sheet.worksheet.name)
    bounded, note = within_ceilings(rows, settings, entries.values())
    return replace(
        plan,
        rows=tuple(bounded),
        left_out=len(plan.rows) - len(rows),
        ceiling_reached=bounded != rows,
        ceiling_note=note,
    )


def _to_export(planned: PlannedRow) -> PlannedRow:
    row, entry = planned.row, planned.entry
    if entry is None:
        is_draft = bool(row.job) and Status.of(row.status) is Status.DRAFT
    else:
        is_draft = (
            entry.state is State.DRAFT and entry.job is not None and planned.decision.status is Status.DRAFT
        )
    if not is_draft:
        return planned
    return replace(planned, decision=Decision(Action.EXPORT, Status.DRAFT, note=planned.decision.note))
