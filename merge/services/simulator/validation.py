"""The service's checks of a project before it accepts it; the first violation is reported."""

from __future__ import annotations

from dataclasses import dataclass

from merge.model import JSON
from merge.project.required_fields import MissingField, invalid_options, refusals


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused.

    A body that isn't JSON is answered with 400, an unknown key with 401, an unknown id with 404; a
    well-formed request with invalid values with HTTP 200 and `success: false`.

    Attributes:
        code: the error's code
        message: the error's text
        status: the HTTP status
    """

    code: str
    message: str
    status: int = 200


def invalid_project(project: dict[str, JSON]) -> Refusal | None:
    """Return the first violation in a whole project, or None."""
    return _refusal(next(refusals(project), None))


def invalid_option(fields: dict[str, JSON]) -> Refusal | None:
    """Return the first violation in the options of an export, or None."""
    return _refusal(next(invalid_options(fields), None))


def _refusal(found: MissingField | None) -> Refusal | None:
    if found is None:
        return None
    what = found.message if found.message.startswith(("must", "is ")) else f"is not valid: {found.message}"
    return Refusal("INVALID_PARAMETER", f"{found.path.removeprefix('$.')} {what}")
