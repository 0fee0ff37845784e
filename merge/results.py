"""The result columns, what stands in them, and what a run amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from merge.columns import normalise
from merge.model import JSON, Cell, Entry, Link, Problem, ResultValue, RowKey, SheetRow, State
from merge.standing import RowStanding

DEFAULT_PREFIX = "Video"


class Status(StrEnum):
    """What `Video Status` says of a row; a blank cell is to do."""

    TO_DO = ""
    SUBMITTED = "Submitted"
    RENDERING = "Rendering"
    COMPLETE = "Complete"
    FAILED = "Failed"
    INVALID = "Invalid"
    CHECK = "Check"
    DRAFT = "Draft"
    OUT_OF_DATE = "Out of date"

    @classmethod
    def of(cls, text: str) -> Status:
        """What a status cell says; anything that castmerge would not have written is to do."""
        folded = " ".join(text.split()).casefold()
        return next((status for status in cls if status.casefold() == folded), cls.TO_DO)


class ExitCode(IntEnum):
    """What the command's exit code means."""

    COMPLETE = 0
    SOME_FAILED = 1
    WRONG_INPUT = 2
    STOPPED = 3
    OPEN = 4
    NOT_WRITTEN = 5
    FAULT = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class ResultHeaders:
    """The headers of the result columns, in their order on the sheet."""

    job: str
    status: str
    url: str
    note: str
    updated: str

    @classmethod
    def with_prefix(cls, prefix: str = DEFAULT_PREFIX) -> ResultHeaders:
        """The five headers, `Video ID` and so on, with another word than "Video" where it is asked for."""
        return cls(*(f"{prefix} {word}" for word in ("ID", "Status", "URL", "Note", "Updated")))

    @property
    def all(self) -> tuple[str, ...]:
        """All five, in their order on the sheet."""
        return (self.job, self.status, self.url, self.note, self.updated)

    @property
    def widths(self) -> Mapping[str, int]:
        """Characters that their usual values need; they are opened before the first video is there."""
        return {self.job: 24, self.url: 46, self.note: 46, self.updated: 16}


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """Where the result columns are on a worksheet: column numbers by header, none before the first run."""

    headers: ResultHeaders
    numbers: Mapping[str, int]

    @classmethod
    def located(cls, headers: ResultHeaders, header_row: SheetRow | None) -> ResultColumns:
        """Find the result columns by their headers, wherever they are by now."""
        wanted = {normalise(header): header for header in headers.all}
        cells = header_row.cells.items() if header_row else ()
        names = {number: normalise(str(cell.value)) for number, cell in cells}
        return cls(headers, {wanted[name]: number for number, name in names.items() if name in wanted})

    def job_of(self, row: SheetRow) -> str:
        """The video id that stands beside a row, or ""."""
        return self._text(row, self.headers.job)

    def status_of(self, row: SheetRow) -> str:
        """The status that stands beside a row, or ""."""
        return self._text(row, self.headers.status)

    def url_of(self, row: SheetRow) -> str:
        """The link that stands beside a row, or ""."""
        return self._text(row, self.headers.url)

    def note_beside(self, row: SheetRow) -> str:
        """The note that stands beside a row, or ""."""
        return self._text(row, self.headers.note)

    def has_rest(self, row: SheetRow) -> bool:
        """Whether anything stands beside a row besides id and status."""
        return any(
            self._text(row, header) for header in (self.headers.url, self.headers.note, self.headers.updated)
        )

    def says(self, row: SheetRow, cells: Mapping[str, ResultValue]) -> bool:
        """Whether a row's result cells already say what is asked, the time of the last change left aside."""
        return all(
            self._text(row, header) == _plain(value)
            for header, value in cells.items()
            if header != self.headers.updated
        )

    def _text(self, row: SheetRow, header: str) -> str:
        cell = row.cells.get(self.numbers.get(header, 0))
        return "" if cell is None else _cell_text(cell)


def _cell_text(cell: Cell) -> str:
    return str(cell.value).strip()


def _plain(value: ResultValue) -> str:
    match value:
        case None:
            return ""
        case Link(url, text):
            return (text or url).strip()
        case _:
            return str(value).strip()


@dataclass(frozen=True, slots=True)
class RowResult:
    """Where one row stands. Times are UTC; `credits` is None where the service did not say."""

    row: int
    key: RowKey
    status: Status
    video_id: str = ""
    url: str = ""
    note: str = ""
    credits: float | None = None
    submitted_at: datetime | None = None
    completed_at: datetime | None = None

    def cells(self, headers: ResultHeaders, now: datetime) -> dict[str, ResultValue]:
        """What the row's result cells should hold; `now` is UTC."""
        return {
            headers.job: self.video_id or None,
            headers.status: str(self.status) or None,
            headers.url: Link(self.url) if self.url else None,
            headers.note: self.note or None,
            headers.updated: now.replace(microsecond=0),
        }

    @property
    def standing(self) -> RowStanding:
        """The row in plain values, as programs read it."""
        return RowStanding(
            row=self.row,
            key=str(self.key),
            video_id=self.video_id or None,
            status=str(self.status),
            url=self.url or None,
            note=self.note or None,
            credits=None if self.credits is None else float(self.credits),
            submitted_at=_iso(self.submitted_at),
            completed_at=_iso(self.completed_at),
        )

    def to_dict(self) -> dict[str, JSON]:
        """The row as one flat object of the JSON summary."""
        return dict(self.standing)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def status_of_entry(entry: Entry) -> Status:
    """What the sheet says of a row that the journal knows."""
    match entry.state:
        case State.SUBMITTING:
            return Status.CHECK
        case State.NOT_TAKEN:
            return Status.TO_DO
        case State.SUBMITTED:
            return Status.SUBMITTED
        case State.COMPLETE:
            return Status.COMPLETE
        case State.FAILED:
            return Status.FAILED
        case State.DRAFT:
            return Status.DRAFT


def result_of_entry(row: int, entry: Entry, *, status: Status | None = None, note: str = "") -> RowResult:
    """A row's result from the journal; `status` and `note` say otherwise where the plan knows better."""
    return RowResult(
        row=row,
        key=entry.key,
        status=status_of_entry(entry) if status is None else status,
        video_id=entry.job or "",
        url=entry.video_url or "",
        note=note or note_of(entry.problem),
        credits=entry.credits,
        submitted_at=entry.submitted_at,
        completed_at=entry.completed_at,
    )


def note_of(problem: Problem | None) -> str:
    """A problem as it stands in the sheet, or ""."""
    return problem.note if problem else ""


COUNTED = ("complete", "failed", "invalid", "rendering", "check", "skipped")
"""The counts of the JSON summary."""

_COUNTED_AS = {
    Status.COMPLETE: "complete",
    Status.FAILED: "failed",
    Status.INVALID: "invalid",
    Status.SUBMITTED: "rendering",
    Status.RENDERING: "rendering",
    Status.CHECK: "check",
    Status.DRAFT: "complete",
    Status.TO_DO: "skipped",
    Status.OUT_OF_DATE: "skipped",
}


def count_rows(rows: Iterable[RowResult]) -> dict[str, int]:
    """How many rows came to what, every count present."""
    counts = dict.fromkeys(COUNTED, 0)
    for row in rows:
        counts[_COUNTED_AS[row.status]] += 1
    return counts


def exit_code_of(counts: Mapping[str, int], *, unsent: int = 0) -> ExitCode:
    """The exit code of a run that was neither stopped nor interrupted.

    Args:
        counts: as `count_rows` gives them
        unsent: rows that should have been submitted and were not, because the service was not to be reached
    """
    if counts["rendering"] or counts["check"] or unsent:
        return ExitCode.OPEN
    if counts["failed"] or counts["invalid"]:
        return ExitCode.SOME_FAILED
    return ExitCode.COMPLETE
