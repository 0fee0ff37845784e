"""Decide what to do about a row: the rule that spends money.

A row is submitted only if neither the journal, the workbook's result columns nor an unconfirmed submission
suggests that its video exists or may exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from merge.model import Entry, Problem, Row, State
from merge.results import note_of
from merge.settings import RerunOptions
from merge.sheet.result_columns import Status
from merge.template.render_json import FilledIn


class Action(StrEnum):
    """What to do about a row."""

    SUBMIT = "submit"
    EXPORT = "export"
    """Make a video of a saved draft."""
    FOLLOW = "follow"
    LOOK = "look"
    """Unconfirmed: look for its tag at the service."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about a row, and why.

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
    "The row or the template changed since this video was made. To make it again: castmerge run --changed."
)
FAILED_NOTE = "To try again: castmerge run --retry-failed."
DRAFT_NOTE = "Saved as a draft in AI Studios. To make its video: castmerge export-drafts."


def made_elsewhere(row: Row, entry: Entry | None) -> bool:
    """Whether the sheet has a video that the journal never saw submitted, so another computer made it."""
    return bool(row.job and entry and entry.state is State.NOT_TAKEN and entry.generation == 0)


def decide(
    row: Row,
    entry: Entry | None,
    outcome: FilledIn | tuple[Problem, ...],
    rerun: RerunOptions,
    *,
    cleared: bool,
) -> Decision:
    """Decide about one row.

    Args:
        row: as read from the sheet
        entry: its entry in the journal, or None
        outcome: its filled-in project, or the problems that prevent it
        rerun: which rows to make again
        cleared: whether somebody removed its written video id and status, which asks for a new video
    """
    if entry is None:
        return _by_the_sheet(row, outcome, rerun)
    if cleared and entry.job:
        return _submit(row, outcome, entry.generation + 1)
    match entry.state:
        case State.SUBMITTING:
            return Decision(Action.LOOK, Status.CHECK)
        case State.NOT_TAKEN:
            return _submit(row, outcome, entry.generation)
        case State.SUBMITTED:
            return Decision(Action.FOLLOW, Status.SUBMITTED)
        case State.FAILED:
            return _failed(row, entry, outcome, rerun)
        case State.COMPLETE | State.DRAFT:
            return _made(row, entry, outcome, rerun)


def _submit(row: Row, outcome: FilledIn | tuple[Problem, ...], generation: int) -> Decision:
    if row.problem:
        return Decision(Action.NOTHING, Status.INVALID, note=row.problem.note)
    if not isinstance(outcome, FilledIn):
        return Decision(Action.NOTHING, Status.INVALID, note=" ".join(problem.note for problem in outcome))
    return Decision(Action.SUBMIT, Status.TO_DO, generation)


def _failed(row: Row, entry: Entry, outcome: FilledIn | tuple[Problem, ...], rerun: RerunOptions) -> Decision:
    # A refused submission made nothing, so the row may be submitted again once it has changed.
    fixed = entry.job is None and _changed(entry, outcome)
    if rerun.retry_failed or fixed:
        return _submit(row, outcome, entry.generation + 1)
    return Decision(Action.NOTHING, Status.FAILED, note=f"{note_of(entry.problem)} {FAILED_NOTE}".strip())


def _made(row: Row, entry: Entry, outcome: FilledIn | tuple[Problem, ...], rerun: RerunOptions) -> Decision:
    if _changed(entry, outcome):
        if rerun.changed:
            return _submit(row, outcome, entry.generation + 1)
        return Decision(Action.NOTHING, Status.OUT_OF_DATE, note=OUT_OF_DATE_NOTE)
    if entry.state is State.DRAFT:
        return Decision(Action.NOTHING, Status.DRAFT, note=DRAFT_NOTE)
    return Decision(Action.NOTHING, Status.COMPLETE)


def _changed(entry: Entry, outcome: FilledIn | tuple[Problem, ...]) -> bool:
    # A row that was collected by its id has no fingerprint to compare.
    return isinstance(outcome, FilledIn) and entry.fingerprint not in ("", outcome.fingerprint)


def _by_the_sheet(row: Row, outcome: FilledIn | tuple[Problem, ...], rerun: RerunOptions) -> Decision:
    """Without an entry in the journal, the workbook's result columns are trusted."""
    match Status.of(row.status):
        case Status.COMPLETE:
            return Decision(Action.NOTHING, Status.COMPLETE)
        case Status.DRAFT:
            return Decision(Action.NOTHING, Status.DRAFT, note=DRAFT_NOTE)
        case Status.OUT_OF_DATE if not rerun.changed:
            return Decision(Action.NOTHING, Status.OUT_OF_DATE, note=OUT_OF_DATE_NOTE)
        case Status.FAILED if row.job and not rerun.retry_failed:
            return Decision(Action.NOTHING, Status.FAILED, note=FAILED_NOTE)
        case Status.FAILED | Status.OUT_OF_DATE:
            return _submit(row, outcome, 1)
        case Status.CHECK:
            return Decision(Action.LOOK, Status.CHECK)
        case _ if row.job:
            return Decision(Action.FOLLOW, Status.SUBMITTED)
        case _:
            return _submit(row, outcome, 0)
