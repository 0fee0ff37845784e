"""The result columns, what stands in them, and what a run amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import IntEnum
from functools import cached_property

from merge.model import JSON, Entry, Link, Problem, ResultValue, RowKey, State
from merge.sheet.result_columns import ResultHeaders, Status

_MINUTE, _HOUR = 60, 3600
_HOURS_FROM = 90
"""Minutes from which a rounded duration is given in hours."""


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
    def as_status(self) -> RowStatus:
        """The row in plain values, as programs read it."""
        return RowStatus(
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
        return dict(self.as_status)


def format_duration(seconds: float, *, rounded: bool = False) -> str:
    """`18 s`, `3 min 20 s` or `2 h 5 min`; rounded for estimates, to one unit: `3 min`, `1.5 h`."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{max(1, whole) if rounded else whole} s"
    if rounded:
        minutes = seconds / _MINUTE
        return f"{round(minutes)} min" if minutes < _HOURS_FROM else f"{minutes / 60:.1f} h"
    if whole < _HOUR:
        return _two_units(whole, _MINUTE, "min", "s")
    return _two_units(whole // _MINUTE, 60, "h", "min")


def _two_units(amount: int, size: int, large: str, small: str) -> str:
    whole, rest = divmod(amount, size)
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"


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


@dataclass(frozen=True, slots=True)
class RowStatus:
    """Where one row stands, in plain values; a list of them makes a DataFrame of pandas or polars as it is.

    Each value has the same type in every row, or is None. `as_status["url"]` is `as_status.url`, and
    `dict(as_status)` the row as it is in the JSON summary.

    Attributes:
        row: its number as Excel shows it when the run ended; names no row for good
        key: what names it for good
        video_id: the project's id at the service, or None
        status: as in the column Video Status; "" is still to do
        url: the video's address, or None
        note: why it is not done, and what to do, in words for people; or None
        credits: what it cost, or None where the service did not say
        submitted_at: UTC, ISO 8601, such as `2026-03-01T12:00:00Z`; or None
        completed_at: likewise
    """

    row: int
    key: str
    video_id: str | None
    status: str
    url: str | None
    note: str | None
    credits: float | None
    submitted_at: str | None
    completed_at: str | None

    def keys(self) -> tuple[str, ...]:
        """The names of all values, in their order."""
        return _NAMES

    def __getitem__(self, name: str) -> str | float | None:
        if name not in _NAMES:
            raise KeyError(name)
        value: str | float | None = getattr(self, name)
        return value


_NAMES = tuple(field.name for field in fields(RowStatus))


SCHEMA = 1


@dataclass(frozen=True)
class MergeResult:
    """Where every selected row of a worksheet stands.

    Attributes:
        workbook: the path as it was given
        sheet: the worksheet's name
        template: the template's path, or "" where no template was used
        row_results: one for each selected row, in the sheet's order
        exit_code: what the command exits with
        unselected: rows that were not selected; they count as skipped
        notes: what else is to be said, in words, the next step among it
    """

    workbook: str
    sheet: str
    template: str
    row_results: Sequence[RowResult]
    exit_code: ExitCode
    unselected: int = 0
    notes: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> list[RowStatus]:
        """Each row in plain values: makes a DataFrame of pandas or polars as it is."""
        return [row.as_status for row in self.row_results]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many rows are complete, failed, invalid, rendering, to be checked, skipped."""
        counts = count_rows(self.row_results)
        return counts | {"skipped": counts["skipped"] + self.unselected}

    @property
    def credits(self) -> float | None:
        """The credits of all rows, as far as the service said; None where it never did."""
        known = [row.credits for row in self.row_results if row.credits is not None]
        return sum(known) if known else None

    def to_dict(self) -> dict[str, JSON]:
        """The JSON summary."""
        return {
            "schema": SCHEMA,
            "workbook": self.workbook,
            "sheet": self.sheet,
            "template": self.template,
            "counts": dict(self.counts),
            "credits": self.credits,
            "exit_code": int(self.exit_code),
            "rows": [dict(row) for row in self.rows],
        }
