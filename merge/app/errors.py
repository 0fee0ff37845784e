"""Errors for the page: a status, a kind that the page's script checks, and three texts to show."""

from __future__ import annotations

from merge.errors import (
    EncodingError,
    InputError,
    MergeError,
    Rejected,
    ServiceError,
    Unauthorized,
    Unavailable,
    UnplacedVideosError,
    Unreachable,
)
from merge.model import JSON
from merge.project.places import with_place_labels
from merge.reports.page_text import page_text

STATUSES = {
    "input": 422,
    "forbidden": 403,
    "missing": 404,
    "conflict": 409,
    "busy": 409,
    "locked": 409,
    "unplaced": 409,
    "too_large": 413,
    "key": 401,
    "network": 503,
    "service": 502,
    "encoding": 422,
    "fault": 500,
}
"""The HTTP status of each kind of error."""

_KINDS: tuple[tuple[type[MergeError], str], ...] = (
    (EncodingError, "encoding"),
    (UnplacedVideosError, "unplaced"),
    (InputError, "input"),
    (Unauthorized, "key"),
    (Unreachable, "network"),
    (Unavailable, "service"),
    (Rejected, "service"),
    (ServiceError, "service"),
)


class AppError(MergeError):
    """The page asked for something that isn't possible now.

    Attributes:
        kind: a key of `STATUSES`
    """

    exit_code = 2

    def __init__(self, kind: str, message: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(message, place=place, hint=hint)
        self.kind = kind


def kind_of(error: MergeError) -> str:
    """The kind by which the page decides what to offer."""
    if isinstance(error, AppError):
        return error.kind
    return next((kind for type_, kind in _KINDS if isinstance(error, type_)), "input")


def error_json(error: MergeError) -> dict[str, JSON]:
    """An error for the page; message and hint are whole sentences."""
    facts: dict[str, JSON] = {
        "kind": kind_of(error),
        "message": page_text(error.message),
        "place": with_place_labels(error.place),
        "hint": page_text(error.hint),
    }
    if isinstance(error, EncodingError):
        facts["guesses"] = [
            {"name": guess.encoding, "label": guess.name, "sample": ", ".join(guess.samples)}
            for guess in error.guesses
        ]
    return facts
