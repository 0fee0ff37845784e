"""The service's checks of a project before it accepts it; the first violation is reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from merge.model import JSON
from merge.project.required_fields import CHOICES, missing_fields

_TEXT_FIELDS = ("name", "workspaceId", "webhookUrl")


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
    return next(_violations(project), None)


def invalid_option(fields: dict[str, JSON]) -> Refusal | None:
    """Return the first violation in the options of an export, or None."""
    return next(_option_violations(fields), None)


def _violations(project: dict[str, JSON]) -> Iterator[Refusal]:
    yield from _option_violations(project)
    match project.get("scenes"):
        case None:
            yield _invalid("scenes", "is required")
        case []:
            yield _invalid("scenes", "must hold at least one scene")
        case scenes:
            for path, scene in _each("scenes", scenes):
                if isinstance(scene, Refusal):
                    yield scene
                    continue
                yield from (
                    clip
                    for _, clip in _each(f"{path}.clips", scene.get("clips"))
                    if isinstance(clip, Refusal)
                )
    for missing in missing_fields(project):
        yield _invalid(missing.path.removeprefix("$."), f"is not valid: {missing.message}")


def _option_violations(fields: dict[str, JSON]) -> Iterator[Refusal]:
    for name in _TEXT_FIELDS:
        if not isinstance(fields.get(name), str | None):
            yield _invalid(name, "must be a text")
    if not isinstance(fields.get("isExport"), bool | None):
        yield _invalid("isExport", "must be true or false")
    # The reference has it as text in some places and as a number in others.
    resolution, known = fields.get("resolution"), CHOICES["$.resolution"]
    if resolution is not None and str(resolution) not in known:
        yield _invalid("resolution", f"must be one of {', '.join(known)}")


def _each(path: str, value: JSON) -> Iterator[tuple[str, dict[str, JSON] | Refusal]]:
    """Yield the objects of a list with their paths, and a refusal for anything else."""
    if not isinstance(value, list):
        yield path, _invalid(path, "must be a list")
        return
    for number, item in enumerate(value):
        where = f"{path}[{number}]"
        yield where, item if isinstance(item, dict) else _invalid(where, "must be an object")


def _invalid(path: str, what: str) -> Refusal:
    return Refusal("INVALID_PARAMETER", f"{path} {what}")
