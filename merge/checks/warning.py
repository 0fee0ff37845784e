"""Warnings about a row, the template or the sheet. A warning never stops a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from merge.model import JSON


class WarningKind(StrEnum):
    """What a warning is about, most costly first."""

    NO_ROWS = "no rows"
    """No row meets the condition that selects rows."""
    SHIFTED = "shifted columns"
    """The values of a row are in the neighboring columns."""
    TOTALS = "totals row"
    TEST_ROW = "test row"
    STRUCK = "struck out"
    """Text that is crossed out in Excel."""
    ENCODING = "encoding"
    """The encoding of a CSV file, which may be wrong for every row."""
    LEFTOVER = "leftover"
    """Text that a program left behind, such as `nan`, or a single brace."""
    STAND_IN = "stand-in"
    """A value that stands for a missing one, such as `N/A` or `xxx`."""
    NOTE = "note"
    """A note for colleagues in a cell that is spoken."""
    DAMAGED = "damaged text"
    """Characters that were read in the wrong encoding, or their codes."""
    CONDITION = "condition"
    """A word such as `No` that a condition of the template takes for true."""
    SCIENTIFIC = "scientific notation"
    UNLIKE = "unlike its column"
    """A value of another type, size or date than the others."""
    DECIMALS = "decimals"
    NEGATIVE = "negative number"
    RUNAWAY = "runaway text"
    """A text that is far longer than the others, or repeats the same words."""
    CAPITALS = "capitals"
    TWO_SCRIPTS = "two scripts"
    """The two copies of a script in the project differ."""
    SILENT = "silent scene"
    """A scene with an avatar that says nothing."""
    LINK = "link"
    MARKUP = "markup"
    LONG_SCRIPT = "long script"
    ALIKE = "rows alike"
    TEXT_FIT = "text fit"
    CANVAS = "canvas"
    LAYER = "layer"
    REGIONAL = "regional format"
    """A date or amount whose format depends on the computer's region, because none was given."""
    HIDDEN_ROWS = "hidden rows"
    UNUSED_COLUMN = "unused column"
    UNUSED_NAME = "unused name"


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A warning: its rows are submitted, but the user should look at it first.

    Attributes:
        kind: its kind
        place: the cell (`Contacts!D14`), or the JSON path if it isn't about a single cell
        message: one sentence without a full stop
        hint: what to do
        path: the JSON path that it is about, or ""
        about: the words in question, or ""
        rows: numbers of the rows that it is about; empty for the sheet as a whole
    """

    kind: WarningKind
    place: str
    message: str
    hint: str
    path: str = ""
    about: str = ""
    rows: tuple[int, ...] = ()

    @property
    def note(self) -> str:
        """The warning as one text."""
        return f"{self.place}: {self.message}. {self.hint}."

    def to_dict(self) -> dict[str, JSON]:
        """The warning as `check --json` prints it."""
        return {
            "kind": str(self.kind),
            "place": self.place,
            "message": self.message,
            "hint": self.hint,
            "path": self.path,
            "rows": list(self.rows),
        }
