"""Hold a run to what somebody approved: the code of a plan, and the refusal of any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path

from merge.errors import InputError, TemplateError
from merge.model import State
from merge.plan.approval_code import ApprovalCheck, Made, approval_code, check_code
from merge.plan.decide import Action
from merge.plan.plan import Plan
from merge.settings import Settings

_NEW_PROOF = "Make a new proof (castmerge proof), have it approved, and give its code"
_REFUSALS = {
    ApprovalCheck.UNREADABLE: (
        "'{}' is no approval code",
        "Copy the code from the proof; it looks like K7F3-9X2M",
    ),
    ApprovalCheck.OTHER_TEMPLATE: (
        "the template is not the one that was approved with {}; nothing was sent",
        _NEW_PROOF,
    ),
    ApprovalCheck.OTHER_ROWS: (
        "the rows to be made are not those that were approved with {}; nothing was sent",
        f"Select the same rows with the same options as for the proof; if cells have changed: {_NEW_PROOF}",
    ),
}


def code_of(plan: Plan) -> str:
    """The approval code of what a plan would submit; "" where it would submit nothing."""
    to_make = list(_to_make(plan))
    return approval_code(to_make, _template(plan.template)) if to_make else ""


def hold_to_approval(plan: Plan, settings: Settings) -> None:
    """Let a plan pass only where it is the one that was approved.

    A run that was cut short may go on with its code: what it has submitted counts as approved.

    Raises:
        InputError: rows or template are others than those of the code, or it is none
    """
    if settings.approved is None:
        return
    to_make, code = list(_to_make(plan)), settings.approved
    verdict = check_code(code, to_make, _made(plan), _template(plan.template))
    if verdict is not ApprovalCheck.UNREADABLE and not _spends(plan, settings):
        return
    if verdict is ApprovalCheck.APPROVED and not (settings.resubmit_in_doubt and _changed_in_doubt(plan)):
        return
    verdict = ApprovalCheck.OTHER_ROWS if verdict is ApprovalCheck.APPROVED else verdict
    message, hint = _REFUSALS[verdict]
    raise InputError(message.format(code), place="--approved", hint=hint)


def _spends(plan: Plan, settings: Settings) -> bool:
    """Whether anything could be submitted at all."""
    return bool(plan.of(Action.SUBMIT)) or (settings.resubmit_in_doubt and bool(plan.of(Action.LOOK)))


def _changed_in_doubt(plan: Plan) -> bool:
    """Whether a row in doubt would be submitted again as another project than before."""
    return any(
        planned.entry and planned.filled_in and planned.entry.fingerprint != planned.filled_in.fingerprint
        for planned in plan.of(Action.LOOK)
    )


def _to_make(plan: Plan) -> Iterator[Made]:
    for planned in plan.of(Action.SUBMIT):
        assert planned.filled_in is not None
        yield planned.row.key, planned.filled_in.fingerprint


def _made(plan: Plan) -> list[Made]:
    """What was submitted before, the latest first."""
    made: list[tuple[datetime, Made]] = []
    for planned in plan.rows:
        entry = planned.entry
        if entry is None or planned.action is Action.SUBMIT or entry.state is State.NOT_TAKEN:
            continue
        when = entry.submitted_at or datetime.min.replace(tzinfo=UTC)
        made.append((when, (entry.key, entry.fingerprint)))
    return [each for _, each in sorted(made, key=itemgetter(0), reverse=True)]


def _template(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TemplateError(
            "the template cannot be read any more", place=str(path), hint="Put it back, and try again"
        ) from error
