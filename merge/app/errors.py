"""Errors for the page: a status, a kind that the page's script checks, and three texts to show."""

from __future__ import annotations

import re

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
from merge.model import JSON, sentence
from merge.project.places import with_place_labels

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


COMMANDS = (
    "open|run|check|proof|submit|collect|export-drafts|status|report|write-back"
    "|init|projects|pull|doctor|login|logout|help|schema|simulate"
)
"""The commands of the command line, which people on a page can't type, as a pattern."""
_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_COMMAND = rf"castmerge (?:{COMMANDS})\b"
_FOR_TERMINALS = re.compile(rf"(?<![\w-])--[a-z]|{_COMMAND}")
_FALLBACK = re.compile(r"set a fallback in the template: (?:\{\{.*?\}\}|\| default\(…\))")


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


def page_text(text: str) -> str:
    """A text for the page: whole sentences, without commands, options, filters and JSON paths.

    >>> page_text("row 12 is hidden. To skip hidden rows, add --visible-only")
    'Row 12 is hidden.'
    """
    text = _FALLBACK.sub("set what to say if it's empty, in Script", text.strip())
    kept = " ".join(each for each in _SENTENCES.split(text) if not _FOR_TERMINALS.search(each))
    return sentence(with_place_labels(kept))
