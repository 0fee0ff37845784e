"""Where the rows of a plan stand, before and after it is carried out."""

from __future__ import annotations

from dataclasses import dataclass

from merge.errors import MergeError
from merge.model import Entry, Row, State
from merge.plan.decide import Action
from merge.plan.plan import Plan, PlannedRow
from merge.results import RowResult, note_of, result_of_entry
from merge.sheet.result_columns import Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        rows: where each selected row stands, in the sheet's order
        interrupted: whether it was asked to stop
        stopped_by: the error that stopped it, or None
        held_back: why a ceiling held rows back, as a note, or ""
    """

    rows: tuple[RowResult, ...]
    interrupted: bool = False
    stopped_by: MergeError | None = None
    held_back: str = ""


def status_before_run(plan: Plan) -> Outcome:
    """Where the rows of a plan stand before anything is done."""
    return Outcome(tuple(result_of(planned, planned.entry, None) for planned in plan.rows))


def result_of(planned: PlannedRow, entry: Entry | None, percent: float | None) -> RowResult:
    """Where one row stands, by what the journal knows of it now and what was to be done."""
    row, decision = planned.row, planned.decision
    if entry is None or (planned.entry is None and planned.action is Action.NOTHING):
        return RowResult(
            row.number, row.key, decision.status, video_id=row.job, url=row.url, note=decision.note
        )
    if planned.action is Action.NOTHING:
        return _untouched(row, entry, decision.status, decision.note)
    if entry.state is State.SUBMITTED and percent is not None:
        note = f"{percent:.0f} % when last seen."
        return result_of_entry(row.number, entry, status=Status.RENDERING, note=note)
    return result_of_entry(row.number, entry)


def _untouched(row: Row, entry: Entry, status: Status, note: str) -> RowResult:
    """A row about which nothing was to be done: what was made of it stays beside it."""
    if status in (Status.TO_DO, Status.INVALID) and row.job == "":
        return RowResult(row.number, row.key, status, note=note)
    return result_of_entry(row.number, entry, status=status, note=note or note_of(entry.problem))
