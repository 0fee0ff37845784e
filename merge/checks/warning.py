"""A doubt about a row, the template or the sheet: said before credits are spent, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from merge.model import JSON


class WarningKind(StrEnum):
    """What a doubt is about; those first are the ones that cost most."""

    LEFTOVER = "leftover"
    """A word that a program left behind, such as `nan`, or single braces."""
    TWO_SCRIPTS = "two scripts"
    """The two places of a script say different things."""
    SILENT = "silent scene"
    """There is an avatar, and nothing to say."""
    LINK = "link"
    MARKUP = "markup"
    LONG_SCRIPT = "long script"
    ALIKE = "rows alike"
    TEXT_FIT = "text fit"
    CANVAS = "canvas"
    LAYER = "layer"
    HIDDEN_ROWS = "hidden rows"
    UNUSED_COLUMN = "unused column"
    UNUSED_NAME = "unused name"


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A doubt: the row is submitted all the same, but somebody should look first.

    Attributes:
        kind: what it is about
        place: the cell (`Contacts!D14`), or the JSON path where no single cell is concerned
        message: what is doubtful, one sentence without a full stop at its end
        hint: what to do
        path: the JSON path that is concerned, or ""
        about: the very words that are doubtful, or ""
    """

    kind: WarningKind
    place: str
    message: str
    hint: str
    path: str = ""
    about: str = ""

    @property
    def note(self) -> str:
        """The doubt as one text."""
        return f"{self.place}: {self.message}. {self.hint}."

    def to_dict(self) -> dict[str, JSON]:
        """For the JSON of `check`."""
        return {
            "kind": str(self.kind),
            "place": self.place,
            "message": self.message,
            "hint": self.hint,
            "path": self.path,
        }
