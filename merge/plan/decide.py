"""Decide what to do with one row: the rule on which credits are spent.

A row is submitted only if nothing suggests that its video exists or may exist: neither the journal, nor the
workbook's result columns, nor a submission whose answer was lost.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from merge.model import Entry, State
from merge.plan.match import MatchedBy
from merge.plan.recognize import RecognizedRow
from merge.plan.records import Outcome
from merge.results import note_of
from merge.settings import RerunOptions
from merge.sheet.result_columns import Status


class Action(StrEnum):
    """What to do with a row."""

    SUBMIT = "submit"
    EXPORT = "export"
    """Make a video of a saved draft."""
    FOLLOW = "follow"
    LOOK = "look"
    """Unconfirmed: search for its tag at the service."""
    NOTHING = "nothing"


class Decision(NamedTuple):
    """What to do with a row, and why.

    Attributes:
        action: what to do
        status: the row's status until something happens
        generation: of the submission, if there is one
        note: for the sheet, or ""
    """

    action: Action
    status: Status = Status.TO_DO
    generation: int = 0
    note: str = ""


OUT_OF_DATE_NOTE = (
    "This row or the template has changed since the video was made. To remake it, choose Make it again in "
    "castmerge."
)
FAILED_NOTE = "To make it, choose Try again in castmerge."
DRAFT_NOTE = "Saved as a draft in AI Studios. Review it there. Then choose Make their videos in castmerge."


def decide(each: RecognizedRow, rerun: RerunOptions, *, remake: bool = False) -> Decision:
    """Decide what to do with one row.

    Args:
        each: the row and its video
        rerun: which rows with a video the user asked to make again
        remake: whether the user asked to make this very row again
    """
    entry = each.entry
    if entry is None:
        return _without_record(each, rerun, remake=remake)
    if (each.row.cleared or remake) and entry.job and not entry.exporting:
        return _submit(each, _generation(each, entry))
    match entry.state:
        case State.SUBMITTING:
            return Decision(Action.LOOK, Status.CHECK)
        case State.NOT_TAKEN | State.QUEUED:
            return _submit(each, entry.generation)
        case State.SUBMITTED:
            return Decision(Action.FOLLOW, Status.SUBMITTED)
        case State.FAILED:
            return _failed(each, entry, rerun)
        case State.COMPLETE | State.DRAFT:
            return _made(each, entry, rerun)


def _generation(each: RecognizedRow, entry: Entry) -> int:
    """How often this content was submitted before, so that its tag can be found without a journal."""
    return 0 if each.is_edited else entry.generation + 1


def _submit(each: RecognizedRow, generation: int) -> Decision:
    if each.row.problem:
        return Decision(Action.NOTHING, Status.INVALID, note=each.row.problem.note)
    if not isinstance(each.outcome, str):
        return Decision(Action.NOTHING, Status.INVALID, note=problem_note(each.outcome))
    return Decision(Action.SUBMIT, Status.TO_DO, generation)


def problem_note(outcome: Outcome) -> str:
    """Why a row can't be filled in, as the sheet shows it."""
    return "" if outcome is None or isinstance(outcome, str) else " ".join(each.note for each in outcome)


def _failed(each: RecognizedRow, entry: Entry, rerun: RerunOptions) -> Decision:
    # A refused submission created nothing: once the row is fixed, it may be submitted without a request.
    is_fixed = entry.job is None and each.is_edited
    if rerun.retry_failed or is_fixed:
        return _submit(each, _generation(each, entry))
    return Decision(Action.NOTHING, Status.FAILED, note=_with_next_step(note_of(entry.problem)))


def _with_next_step(note: str) -> str:
    return note if "Try again" in note else f"{note} {FAILED_NOTE}".strip()


def _made(each: RecognizedRow, entry: Entry, rerun: RerunOptions) -> Decision:
    if each.is_edited:
        if rerun.changed:
            return _submit(each, _generation(each, entry))
        note = f"{OUT_OF_DATE_NOTE} {problem_note(each.outcome)}".strip()
        return Decision(Action.NOTHING, Status.OUT_OF_DATE, note=note)
    if entry.state is State.DRAFT:
        return Decision(Action.NOTHING, Status.DRAFT, note=DRAFT_NOTE)
    return Decision(Action.NOTHING, Status.COMPLETE)


def _without_record(each: RecognizedRow, rerun: RerunOptions, *, remake: bool) -> Decision:
    """A new row, or one whose video is only in the sheet."""
    match each.matched_by:
        case MatchedBy.CONTESTED:
            return Decision(Action.NOTHING, Status.INVALID, note=note_of(each.row.problem))
        case MatchedBy.SHEET:
            return _by_the_sheet(each, rerun, remake=remake)
        case _ if Status.of(each.row.status) is Status.CHECK:
            return Decision(Action.LOOK, Status.CHECK)
        case _:
            return _submit(each, 0)


def _by_the_sheet(each: RecognizedRow, rerun: RerunOptions, *, remake: bool) -> Decision:
    status = Status.of(each.row.status)
    if status is Status.OUT_OF_DATE and (rerun.changed or remake):
        return _submit(each, 0)
    if status is not Status.CHECK and (remake or (status is Status.FAILED and rerun.retry_failed)):
        return _submit(each, 1)
    if status in _SETTLED:
        return Decision(Action.NOTHING, status, note=_SETTLED[status])
    if status is Status.CHECK:
        return Decision(Action.LOOK, Status.CHECK)
    return Decision(Action.FOLLOW, Status.SUBMITTED)


_SETTLED = {
    Status.COMPLETE: "",
    Status.DRAFT: DRAFT_NOTE,
    Status.OUT_OF_DATE: OUT_OF_DATE_NOTE,
    Status.FAILED: FAILED_NOTE,
}
"""Statuses that stay as the sheet shows them, with their notes."""
