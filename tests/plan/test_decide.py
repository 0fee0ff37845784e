from __future__ import annotations

from dataclasses import replace

import pytest

from merge.model import Entry, Fingerprint, JobId, Problem, Row, RowKey, State, Tag
from merge.plan.decide import Action, Decision, decide
from merge.plan.match import MatchedBy
from merge.plan.recognize import RecognizedRow
from merge.settings import RerunOptions
from merge.sheet.result_columns import Status

NOW, OLD = Fingerprint("now"), Fingerprint("old")
FILLED_IN = NOW
BROKEN = (Problem("the cell is blank", "People!A2", "Enter a value"),)
ROW = Row(number=2, content="c", cells={}, key=RowKey("k"))
DUPLICATE = ROW._replace(problem=Problem("row 3 is the same"))
ENTRY = Entry(RowKey("k"), 2, "c", NOW, Tag("t"), State.COMPLETE, job=JobId("v1"), written=True)
JOBLESS = replace(ENTRY, job=None, written=False)
PLAIN, CHANGED, RETRY = RerunOptions(), RerunOptions(changed=True), RerunOptions(retry_failed=True)


def _decided(
    row: Row, entry: Entry | None, rerun: RerunOptions = PLAIN, *, cleared: bool = False
) -> Decision:
    by = None if entry or not row.job else MatchedBy.SHEET
    return decide(RecognizedRow(row._replace(cleared=cleared), entry, FILLED_IN, by), rerun)


@pytest.mark.parametrize(
    ("row", "entry", "rerun", "action", "status", "generation"),
    [
        pytest.param(ROW, None, PLAIN, Action.SUBMIT, Status.TO_DO, 0, id="new"),
        pytest.param(DUPLICATE, None, PLAIN, Action.NOTHING, Status.INVALID, 0, id="new, ambiguous"),
        pytest.param(ROW, ENTRY, PLAIN, Action.NOTHING, Status.COMPLETE, 0, id="complete"),
        pytest.param(
            DUPLICATE, ENTRY, PLAIN, Action.NOTHING, Status.COMPLETE, 0, id="complete, copied later"
        ),
        pytest.param(
            ROW, replace(ENTRY, fingerprint=OLD), PLAIN, Action.NOTHING, Status.OUT_OF_DATE, 0, id="changed"
        ),
        pytest.param(
            ROW,
            replace(ENTRY, fingerprint=OLD),
            CHANGED,
            Action.SUBMIT,
            Status.TO_DO,
            0,
            id="changed, requested",
        ),
        pytest.param(
            ROW,
            replace(ENTRY, state=State.SUBMITTED),
            CHANGED,
            Action.FOLLOW,
            Status.SUBMITTED,
            0,
            id="submitted",
        ),
        pytest.param(
            ROW,
            replace(JOBLESS, state=State.SUBMITTING),
            RETRY,
            Action.LOOK,
            Status.CHECK,
            0,
            id="unconfirmed",
        ),
        pytest.param(
            ROW,
            replace(JOBLESS, state=State.NOT_TAKEN, generation=2),
            PLAIN,
            Action.SUBMIT,
            Status.TO_DO,
            2,
            id="not taken",
        ),
        pytest.param(
            ROW, replace(ENTRY, state=State.FAILED), PLAIN, Action.NOTHING, Status.FAILED, 0, id="failed"
        ),
        pytest.param(
            ROW,
            replace(ENTRY, state=State.FAILED),
            RETRY,
            Action.SUBMIT,
            Status.TO_DO,
            1,
            id="failed, requested",
        ),
        pytest.param(
            ROW,
            replace(JOBLESS, state=State.FAILED, fingerprint=OLD),
            PLAIN,
            Action.SUBMIT,
            Status.TO_DO,
            0,
            id="refused, fixed later",
        ),
        pytest.param(
            ROW,
            replace(ENTRY, state=State.FAILED, fingerprint=OLD),
            PLAIN,
            Action.NOTHING,
            Status.FAILED,
            0,
            id="failed while rendering, changed later",
        ),
        pytest.param(
            ROW, replace(ENTRY, state=State.DRAFT), PLAIN, Action.NOTHING, Status.DRAFT, 0, id="draft"
        ),
    ],
)
def test_each_state_has_its_action(
    row: Row, entry: Entry | None, rerun: RerunOptions, action: Action, status: Status, generation: int
) -> None:
    """A row is submitted only if nothing suggests that its video exists or may exist."""
    decision = _decided(row, entry, rerun)
    assert (decision.action, decision.status, decision.generation) == (action, status, generation)


@pytest.mark.parametrize(
    ("job", "shown", "rerun", "action", "status"),
    [
        pytest.param("v1", "Complete", PLAIN, Action.NOTHING, Status.COMPLETE, id="complete"),
        pytest.param("v1", "Draft", PLAIN, Action.NOTHING, Status.DRAFT, id="draft"),
        pytest.param("v1", "Out of date", PLAIN, Action.NOTHING, Status.OUT_OF_DATE, id="out of date"),
        pytest.param("v1", "Out of date", CHANGED, Action.SUBMIT, Status.TO_DO, id="out of date, requested"),
        pytest.param("v1", "Failed", PLAIN, Action.NOTHING, Status.FAILED, id="failed"),
        pytest.param("v1", "Failed", RETRY, Action.SUBMIT, Status.TO_DO, id="failed, requested"),
        pytest.param("", "Failed", PLAIN, Action.SUBMIT, Status.TO_DO, id="refused"),
        pytest.param("", "Check", PLAIN, Action.LOOK, Status.CHECK, id="unconfirmed"),
        pytest.param("v1", "Rendering", PLAIN, Action.FOLLOW, Status.SUBMITTED, id="rendering"),
        pytest.param("v1", "", PLAIN, Action.FOLLOW, Status.SUBMITTED, id="only an id"),
        pytest.param("", "Invalid", PLAIN, Action.SUBMIT, Status.TO_DO, id="invalid"),
        pytest.param("", "my own word", PLAIN, Action.SUBMIT, Status.TO_DO, id="unknown status"),
    ],
)
def test_without_a_journal_the_sheet_is_trusted(
    job: str, shown: str, rerun: RerunOptions, action: Action, status: Status
) -> None:
    """If the journal is missing, the result columns determine the action."""
    decision = _decided(ROW._replace(job=job, status=shown), None, rerun)
    assert (decision.action, decision.status) == (action, status)


def test_clearing_the_cells_requests_the_row_again() -> None:
    """A row whose id and status were removed gets a new video with a new tag."""
    assert _decided(ROW, ENTRY, cleared=True) == Decision(Action.SUBMIT, Status.TO_DO, 1)


@pytest.mark.parametrize(
    ("entry", "action", "generation"),
    [
        pytest.param(None, Action.SUBMIT, 0, id="new"),
        pytest.param(ENTRY, Action.SUBMIT, 1, id="complete"),
        pytest.param(replace(ENTRY, state=State.SUBMITTED), Action.SUBMIT, 1, id="in progress"),
        pytest.param(replace(JOBLESS, state=State.SUBMITTING), Action.LOOK, 0, id="unconfirmed"),
    ],
)
def test_a_named_row_is_made_again(entry: Entry | None, action: Action, generation: int) -> None:
    """`--remake` requests it explicitly; an unconfirmed submission is searched for first."""
    decision = decide(RecognizedRow(ROW, entry, FILLED_IN, None), PLAIN, remake=True)
    assert (decision.action, decision.generation) == (action, generation)


def test_an_edited_row_that_cannot_be_filled_in_is_out_of_date() -> None:
    """Its video no longer matches the row, and the note gives the row's problem."""
    edited = RecognizedRow(ROW._replace(content="d"), ENTRY, BROKEN, MatchedBy.ID)
    decision = decide(edited, PLAIN)
    assert (decision.action, decision.status) == (Action.NOTHING, Status.OUT_OF_DATE)
    assert "People!A2: The cell is blank" in decision.note


def test_two_rows_with_one_id_are_not_submitted() -> None:
    """The problem names the other row."""
    row = ROW._replace(job="v1", problem=Problem("row 3 shows the same video ID"))
    decision = decide(RecognizedRow(row, None, FILLED_IN, MatchedBy.CONTESTED), PLAIN)
    assert (decision.action, decision.status) == (Action.NOTHING, Status.INVALID)


def test_clearing_never_repeats_an_unconfirmed_submission() -> None:
    """The submission is searched for, whichever cells were cleared."""
    unconfirmed = replace(JOBLESS, state=State.SUBMITTING)
    assert _decided(ROW, unconfirmed, cleared=True).action is Action.LOOK


def test_a_row_that_cannot_be_rendered_has_a_note() -> None:
    """The note has the cell and the hint."""
    decision = decide(RecognizedRow(ROW, None, BROKEN, None), PLAIN)
    assert (decision.status, decision.note) == (
        Status.INVALID,
        "People!A2: The cell is blank. Enter a value.",
    )


def test_a_complete_row_with_a_new_error_stays_complete() -> None:
    """A formula that fails later doesn't affect an existing video."""
    assert decide(RecognizedRow(ROW, ENTRY, BROKEN, MatchedBy.CONTENT), PLAIN).status is Status.COMPLETE
