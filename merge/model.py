"""Values shared by all layers: frozen dataclasses without behavior beyond a property.

The types of a row, in the order in which a row passes through them:

| type | module | is |
| --- | --- | --- |
| `SheetRow` | `merge.model` | one row of a worksheet: its number and cells |
| `Row` | `merge.model` | a data row, identified by its key, with its result cells |
| `PlannedRow` | `merge.plan.plan` | a row, its project, and what to do about it |
| `Entry` | `merge.model` | the journal's record of a row's video |
| `RowEvent` | `merge.run.state` | one change of a row during a run, for observers |
| `RowStatus` | `merge.results` | the status of a row, for result cells, `--json` and the Python API |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import NamedTuple, NewType, TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

RowKey = NewType("RowKey", str)
"""Identifies a row, even if its number changes."""
JobId = NewType("JobId", str)
"""The service's id of one project's export (`projectId` at AI Studios, `Video ID` in the sheet)."""
Tag = NewType("Tag", str)
"""Ten characters in square brackets at the end of the project's name."""
Fingerprint = NewType("Fingerprint", str)
"""SHA-256 (hex) of the filled-in project's canonical JSON, without tag and webhook."""

Scalar: TypeAlias = str | int | float | bool
"""A cell's stored value; a date is a serial number with a date format."""
ResultValue: TypeAlias = "str | int | float | bool | datetime | Link | None"
"""A value for a result cell; None clears it."""


class CellKind(StrEnum):
    """The kind of a cell's stored value."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ERROR = "error"
    UNCALCULATED = "uncalculated"


class Cell(NamedTuple):
    """One cell as it is stored. Blank cells aren't stored.

    Attributes:
        kind: determines the meaning of the value
        value: the text; the number (an int if it is whole); the boolean; the error code such as `#N/A`; or ""
            for a formula without a cached value
        number_format: the format code, such as `General` or `yyyy-mm-dd`
        link: the target of its hyperlink, or ""
    """

    kind: CellKind
    value: Scalar
    number_format: str = "General"
    link: str = ""


class SheetRow(NamedTuple):
    """One row of a worksheet: its number as Excel shows it, and its cells by column number (A is 1).

    Attributes:
        number: the row number
        cells: those that show something
        hidden: whether Excel hides it
        struck: the columns of cells whose text is struck out; only while it is read
    """

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False
    struck: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRange:
    """An Excel Table on a worksheet; rows and columns count from 1, and ranges include both ends."""

    name: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int
    header_rows: int = 1
    totals_rows: int = 0


@dataclass(frozen=True, slots=True)
class MergedRange:
    """Merged cells on a worksheet; rows and columns count from 1, and ranges include both ends."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A worksheet as it was read.

    Attributes:
        workbook: the path as given, for messages
        name: the sheet's name
        rows: all rows that have a cell with a value, in order
        tables: its Excel Tables
        merges: its merged cells
        date1904: whether serial dates count from 1904
        struck: the columns of cells whose text is struck out, by row number
    """

    workbook: str
    name: str
    rows: Sequence[SheetRow]
    tables: tuple[TableRange, ...] = ()
    merges: tuple[MergedRange, ...] = ()
    date1904: bool = False
    struck: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


class Row(NamedTuple):
    """One data row of a worksheet.

    Attributes:
        number: its number in Excel, for messages only
        content: hash of all its data cells
        cells: its cells by column number
        name: the text of its key columns or, without `--key`, a hash of the cells that the template uses
        key: identifies it within the sheet; "" before the row is recognized
        tag_key: the tag of its next submission is made from this
        hidden: whether Excel hides it
        job: the id of its video in its result column, or ""; blank if that is another row's video
        status: the text in its status column, or ""; blank in the same case
        url: the link in its result column, or ""; blank in the same case
        id_cell: the text in its id column, even if that is another row's video
        status_cell: the text in its status column, even if it is about another row's video
        updated: the serial number in its `Video Updated`, or 0
        problem: why it can't be submitted whatever its cells say, or None
        cleared: whether somebody removed its id and status to ask for another video
        place: its position among the rows of the worksheet
    """

    number: int
    content: str
    cells: Mapping[int, Cell]
    name: str = ""
    key: RowKey = RowKey("")
    tag_key: RowKey = RowKey("")
    hidden: bool = False
    job: str = ""
    status: str = ""
    url: str = ""
    id_cell: str = ""
    status_cell: str = ""
    updated: float = 0.0
    problem: Problem | None = None
    cleared: bool = False
    place: int = 0


class Color(StrEnum):
    """A color of result cells."""

    GREEN = "green"
    RED = "red"
    YELLOW = "yellow"
    BLUE = "blue"
    GRAY = "gray"


@dataclass(frozen=True, slots=True)
class Link:
    """A hyperlink cell: its target and its text."""

    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """A possible encoding of a CSV file.

    Attributes:
        encoding: as `--encoding` takes it, such as `cp1250`
        name: for people, such as `Central European Windows`
        samples: up to three values as read in this encoding
    """

    encoding: str
    name: str
    samples: tuple[str, ...]


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop; commands and lists at its end get none, to be copied.

    >>> sentence("there's no such file"), sentence("a.csv is empty"), sentence("castmerge can't read it.")
    ("There's no such file.", 'a.csv is empty.', "castmerge can't read it.")
    """
    if not text:
        return ""
    first = text.split(maxsplit=1)[0].rstrip(",;:")
    begun = f"{text[:1].upper()}{text[1:]}" if first.isalpha() and first != "castmerge" else text
    begun = f"{text[:1].upper()}{text[1:]}" if "'" in first and first.replace("'", "").isalpha() else begun
    last = begun.rpartition("\n")[2]
    ends = last.endswith((".", "?", "!", "…")) or last.startswith("  ") or "run: castmerge" in last
    return begun if ends else f"{begun}."


def shell_word(path: object) -> str:
    """A path in a command to copy: in quotation marks if it has blanks."""
    text = str(path)
    return f'"{text}"' if set(text) & set(" &()'") else text


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row can't be made, for people.

    Attributes:
        message: what is wrong
        place: the cell (`Sheet1!C5`), or ""
        hint: what to do next
        path: the JSON path in the template, or ""
    """

    message: str
    place: str = ""
    hint: str = ""
    path: str = ""

    @property
    def note(self) -> str:
        """The problem as one text, for the sheet."""
        place = f"{self.place}: " if self.place else ""
        return " ".join(each for each in (f"{place}{sentence(self.message)}", sentence(self.hint)) if each)


@dataclass(frozen=True, slots=True)
class Project:
    """A template filled in from one row.

    Attributes:
        key: the row's key
        body: the project as JSON text, its name ending with the tag
        fingerprint: hash of the project without tag and webhook
        tag: the last part of its name
    """

    key: RowKey
    body: str
    fingerprint: Fingerprint
    tag: Tag


class ExportState(StrEnum):
    """The state of a job at the service."""

    RENDERING = "rendering"
    COMPLETE = "complete"
    FAILED = "failed"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one job.

    Attributes:
        percent: 0 to 100
        state: COMPLETE only with a `video_url`
        video_url: the video's address, or None
        failure: why it failed, in the service's words, or ""
        reported: the service's own name of the state, or ""
    """

    percent: float
    state: ExportState
    video_url: str | None = None
    failure: str = ""
    reported: str = ""


class State(StrEnum):
    """The state of a row in the journal."""

    SUBMITTING = "submitting"
    """The intent is recorded; whether the request arrived is unknown."""
    NOT_TAKEN = "not taken"
    """The service certainly didn't accept it: safe to submit."""
    QUEUED = "queued"
    """It waits for a worker: safe to submit."""
    SUBMITTED = "submitted"
    COMPLETE = "complete"
    FAILED = "failed"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Entry:
    """The journal's record of one row's video. Times are UTC.

    Attributes:
        key: the row's key
        row_number: its number when last seen, for messages only
        content: hash of the whole row, to recognize it after its key has changed
        fingerprint: of the project that was submitted
        tag: of the project that was submitted
        state: its progress
        generation: how many times the row was submitted before
        job: the service's id, once known
        video_url: the video's address, once known
        problem: why it isn't done, or None
        credits: what it cost, if the service reported it
        submitted_at: when the intent was recorded
        completed_at: when the outcome was recorded
        written: sequence number of the write-back that first put the job id into the workbook; 0 if never
            written
        cells: hashes of the row's cells by header, as JSON; "" if they weren't recorded
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
    cells: str = ""

    @property
    def may_exist(self) -> bool:
        """Whether the service has this video, or may have it."""
        return self.job is not None or self.state is State.SUBMITTING

    @property
    def exporting(self) -> bool:
        """Whether the export of a draft is unconfirmed: its id is known, but not whether it was accepted."""
        return self.state is State.SUBMITTING and self.job is not None


@dataclass(frozen=True, slots=True)
class SheetVideos:
    """What the journal knows for one sheet.

    Attributes:
        own: all records of the sheet, oldest first
        elsewhere: all records of the workbook's other sheets, oldest first
        stamp: the newest time that castmerge wrote into `Video Updated`, UTC; None before the first
    """

    own: Sequence[Entry] = ()
    elsewhere: Sequence[Entry] = ()
    stamp: datetime | None = None

    @property
    def jobs(self) -> frozenset[str]:
        """All ids that the journal knows."""
        return frozenset(str(video.job) for video in chain(self.own, self.elsewhere) if video.job)


@dataclass(frozen=True, slots=True)
class FileVersion:
    """Identifies the state of a file."""

    size: int
    modified_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class WrittenCells:
    """The result of writing to a workbook.

    Attributes:
        columns: header to column number, for every result column
        rows: how many rows were written
        notes: messages about exceptions
        version: of the file afterwards
    """

    columns: Mapping[str, int]
    rows: int
    notes: tuple[str, ...] = field(default=())
    version: FileVersion | None = None
