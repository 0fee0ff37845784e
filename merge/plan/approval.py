"""Approval codes: a short code for the rows and the template of a plan, and the check that a run matches it.

The first six characters depend on the rows and the template, the last two on the template only, so that a
mismatch can be explained. The code guards against accidents, not against forgery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

from merge.errors import InputError, TemplateError
from merge.model import Fingerprint, RowKey, State
from merge.plan.decide import Action
from merge.plan.plan import Plan
from merge.settings import Settings

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's Base32: no two characters look or sound the same."""
_MISREAD = str.maketrans("OIL", "011", " -‐‑–—.\u00a0")
_LENGTH, _TEMPLATE_LENGTH = 8, 2
_MODULUS = 1 << 256

Made: TypeAlias = tuple[RowKey, Fingerprint]
"""A row's key and the fingerprint of its project."""


class ApprovalCheck(StrEnum):
    """Whether an approval code matches a plan."""

    APPROVED = "approved"
    UNREADABLE = "unreadable"
    """Not a code at all, probably mistyped."""
    OTHER_TEMPLATE = "other template"
    OTHER_ROWS = "other rows"


_NEW_PROOF = "Make a new proof, and have it approved"
_REFUSALS = {
    ApprovalCheck.UNREADABLE: (
        "“{}” isn't an approval code",
        "Copy the code from the proof. It looks like K7F3-9X2M",
    ),
    ApprovalCheck.OTHER_TEMPLATE: (
        "the code {} doesn't match this template",
        _NEW_PROOF,
    ),
    ApprovalCheck.OTHER_ROWS: (
        "these aren't the rows that were approved with {}",
        f"Nothing was sent. Use the same options as for the proof. If cells have changed: {_NEW_PROOF}",
    ),
}


def code_of(plan: Plan) -> str:
    """The approval code of what a plan would submit, or "" if it would submit nothing."""
    return approval_code(_to_make(plan), _read(plan.template)) if plan.actions[Action.SUBMIT] else ""


def require_approval(plan: Plan, settings: Settings) -> None:
    """Check a plan against `--approved`, if it is set.

    An interrupted run may continue with its code: rows it has submitted count as approved.

    Raises:
        InputError: the code is unreadable, or it was given for other rows or another template
    """
    if settings.approved is None:
        return
    code = settings.approved
    result = check_code(code, _to_make(plan), _submitted(plan), _read(plan.template))
    if result is not ApprovalCheck.UNREADABLE and not _may_submit(plan, settings):
        return
    if result is ApprovalCheck.APPROVED:
        if not (settings.resubmit_in_doubt and _unconfirmed_changed(plan)):
            return
        result = ApprovalCheck.OTHER_ROWS
    message, hint = _REFUSALS[result]
    raise InputError(message.format(code), place="--approved", hint=hint)


def _may_submit(plan: Plan, settings: Settings) -> bool:
    return bool(plan.actions[Action.SUBMIT] or (settings.resubmit_in_doubt and plan.actions[Action.LOOK]))


def _unconfirmed_changed(plan: Plan) -> bool:
    """Whether an unconfirmed row would be submitted again with another project."""
    return any(
        planned.entry and planned.fingerprint and planned.entry.fingerprint != planned.fingerprint
        for planned in plan.of(Action.LOOK)
    )


def _to_make(plan: Plan) -> Iterator[Made]:
    for planned in plan.of(Action.SUBMIT):
        assert planned.fingerprint is not None
        yield planned.row.key, planned.fingerprint


def _submitted(plan: Plan) -> list[Made]:
    """The rows submitted before, latest first."""
    made: list[tuple[datetime, Made]] = []
    for planned in plan.rows:
        entry = planned.entry
        if entry is None or planned.action is Action.SUBMIT or entry.state in (State.NOT_TAKEN, State.QUEUED):
            continue
        when = entry.submitted_at or datetime.min.replace(tzinfo=UTC)
        made.append((when, (entry.key, entry.fingerprint)))
    return [each for _, each in sorted(made, key=itemgetter(0), reverse=True)]


def _read(template: Path) -> bytes:
    try:
        return template.read_bytes()
    except OSError as error:
        raise TemplateError(
            "castmerge can't read the template any more",
            place=str(template),
            hint="Put it back, and try again",
        ) from error


def approval_code(rows: Iterable[Made], template: bytes) -> str:
    """The code of rows and template, such as `K7F3-9X2M`.

    Args:
        rows: in any order
        template: the content of the template's file
    """
    return _code(sum(map(_row_number, rows)), template)


def check_code(code: str, to_make: Iterable[Made], made: Iterable[Made], template: bytes) -> ApprovalCheck:
    """Check whether a code was given for these rows; some may have been submitted since.

    Args:
        code: as typed; case, white space and hyphens don't count
        to_make: what would be submitted now
        made: what was submitted before, latest first
        template: the content of the template's file
    """
    given = read_code(code)
    if given is None:
        return ApprovalCheck.UNREADABLE
    total = sum(map(_row_number, to_make))
    if _code(total, template) == given:
        return ApprovalCheck.APPROVED
    for row in made:
        total += _row_number(row)
        if _code(total, template) == given:
            return ApprovalCheck.APPROVED
    same_template = _template_code(template) == given.replace("-", "")[-_TEMPLATE_LENGTH:]
    return ApprovalCheck.OTHER_ROWS if same_template else ApprovalCheck.OTHER_TEMPLATE


def read_code(code: str) -> str | None:
    """A typed code in its printed form, or None if it isn't one."""
    characters = code.upper().translate(_MISREAD)
    is_code = len(characters) == _LENGTH and set(characters) <= set(ALPHABET)
    return _printed(characters) if is_code else None


def _row_number(row: Made) -> int:
    """SHA-256 of a row as a number. A sum of them doesn't depend on the order of the rows."""
    key, fingerprint = row
    return int.from_bytes(hashlib.sha256(f"{key}\x1f{fingerprint}".encode("utf-8", "surrogatepass")).digest())


def _code(total: int, template: bytes) -> str:
    digest = hashlib.sha256((total % _MODULUS).to_bytes(32) + hashlib.sha256(template).digest()).digest()
    return _printed(_base32(digest, _LENGTH - _TEMPLATE_LENGTH) + _template_code(template))


def _template_code(template: bytes) -> str:
    return _base32(hashlib.sha256(b"template" + template).digest(), _TEMPLATE_LENGTH)


def _base32(digest: bytes, length: int) -> str:
    number = int.from_bytes(digest)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(length))


def _printed(characters: str) -> str:
    return f"{characters[: _LENGTH // 2]}-{characters[_LENGTH // 2 :]}"
