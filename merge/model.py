"""The words that all layers share: frozen values without behaviour beyond a property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

RowKey = NewType("RowKey", str)
"""Names a row for good, whatever its number is by now."""
JobId = NewType("JobId", str)
"""The service's name of one project's export (`projectId` at AI Studios, `Video ID` in the sheet)."""
Tag = NewType("Tag", str)
"""Ten characters that the project's name ends with, in square brackets."""
Fingerprint = NewType("Fingerprint", str)
"""SHA-256 (hex) of the rendered project's canonical JSON, without tag and webhook."""

Scalar: TypeAlias = str | int | float | bool
"""What a cell can hold; a date is a serial number with a date's number format."""
ResultValue: TypeAlias = "str | int | float | bool | datetime | Link | None"
"""What can be written into a result column; None clears the cell."""


class CellKind(StrEnum):
    """What a cell's stored value is."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ERROR = "error"
    UNCALCULATED = "uncalculated"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it is stored. A blank cell is not there at all.

    Attributes:
        kind: which of the following the value is
        value: the text; the number (an int where it is whole); the boolean; the error's code such
            as `#N/A`; or "" for a formula without a cached value
        number_format: the format code, such as `General` or `yyyy-mm-dd`
    """

    kind: CellKind
    value: Scalar
    number_format: str = "General"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a worksheet: its number as Excel shows it, its cells by column number (A is 1)."""

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class TableRange:
    """An Excel Table on a worksheet; rows and columns count from 1, both ends are inside."""

    name: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int
    header_rows: int = 1
    totals_rows: int = 0


@dataclass(frozen=True, slots=True)
class MergedRange:
    """Merged cells on a worksheet; rows and columns count from 1, both ends are inside."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A worksheet as it was read.

    Attributes:
        workbook: the path as it was given, for messages
        name: the sheet's name
        rows: all rows that hold a cell with a value, in order
        tables: its Excel Tables
        merges: its merged cells
        date1904: whether serial numbers count from 1904
    """

    workbook: str
    name: str
    rows: tuple[SheetRow, ...]
    tables: tuple[TableRange, ...] = ()
    merges: tuple[MergedRange, ...] = ()
    date1904: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One data row of the worksheet, known for good by its key.

    Attributes:
        number: its number as Excel shows it, for messages only
        key: what names it
        content: hash of all its data cells
        cells: its cells by column number
        hidden: whether Excel hides it
        job: the video id that stands in its result column, or ""
        status: what stands in its status column, or ""
        url: what stands in its link column, or ""
        problem: why it cannot be told from another row, or None
        cleared: whether somebody removed its written id and status, which asks for it again
    """

    number: int
    key: RowKey
    content: str
    cells: Mapping[int, Cell]
    hidden: bool = False
    job: str = ""
    status: str = ""
    url: str = ""
    problem: Problem | None = None
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A hyperlink cell: what is shown, and where it leads."""

    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is not done, in words.

    Attributes:
        message: what is wrong
        place: the cell (`Sheet1!C5`), or ""
        hint: what to do next
        path: the JSON path in the template that is concerned, or ""
    """

    message: str
    place: str = ""
    hint: str = ""
    path: str = ""

    @property
    def note(self) -> str:
        """The problem as one text, as it stands in the sheet."""
        said = f"{self.place}: {self.message}" if self.place else self.message
        where = f"In the template: {self.path}" if self.path else ""
        sentences = (
            part if part.endswith((".", "?", "!")) else f"{part}."
            for part in (said, self.hint, where)
            if part
        )
        return " ".join(sentences)


@dataclass(frozen=True, slots=True)
class Project:
    """A template filled in from one row.

    Attributes:
        key: the row's key
        body: the project as JSON text, its name ending with the tag
        fingerprint: hash of the project without tag and webhook
        tag: what its name ends with
    """

    key: RowKey
    body: str
    fingerprint: Fingerprint
    tag: Tag


class ExportState(StrEnum):
    """What the service says of a job."""

    RENDERING = "rendering"
    COMPLETE = "complete"
    FAILED = "failed"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Progress:
    """The service's word on one job.

    Attributes:
        percent: 0 to 100
        state: what it amounts to; COMPLETE only with a `video_url`
        video_url: where the video is, or None
        failure: why it failed, in the service's words, or ""
        said: the service's own state as it came, or ""
    """

    percent: float
    state: ExportState
    video_url: str | None = None
    failure: str = ""
    said: str = ""


class State(StrEnum):
    """How far the journal knows a row to be."""

    SUBMITTING = "submitting"
    """The intent is recorded; whether the request arrived is not known."""
    NOT_TAKEN = "not taken"
    """The service has certainly not taken it: safe to submit."""
    SUBMITTED = "submitted"
    COMPLETE = "complete"
    FAILED = "failed"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: what is known of one row's video. Times are UTC.

    Attributes:
        key: the row's key
        row_number: where it was last seen, for messages only
        content: hash of the whole row, to know it again when its key has changed
        fingerprint: of the project that was submitted
        tag: of the project that was submitted
        state: how far it is
        generation: how many times the row was asked for again, from 0
        job: the service's id, once known
        video_url: where the video is, once known
        problem: why it is not done, or None
        credits: what it cost, where the service said so
        submitted_at: when the intent was recorded
        completed_at: when the outcome was recorded
        written: in the how-many-eth writing its job id came into the workbook; 0 where it never did
    """

    key: RowKey
    row_number: int
    content: str
    fingerprint: Fingerprint
    tag: Tag
    state: State
    generation: int = 0
    job: JobId | None = None
    video_url: str | None = None
    problem: Problem | None = None
    credits: float | None = None
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    written: int = 0

    @property
    def exporting(self) -> bool:
        """Whether the export of a draft is in doubt: its id is known, whether it was taken is not."""
        return self.state is State.SUBMITTING and self.job is not None


@dataclass(frozen=True, slots=True)
class WrittenCells:
    """What a write-back put where.

    Attributes:
        columns: header to column number, for every result column
        rows: how many rows were written
        notes: what could not be done as usual, in words
    """

    columns: Mapping[str, int]
    rows: int
    notes: tuple[str, ...] = field(default=())
