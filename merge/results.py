"""The status of a row and the result of a run, as `--json` and the Python API report them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import IntEnum
from functools import cached_property
from typing import cast

from merge.model import JSON, Entry, JobId, Link, Problem, ResultValue, RowKey, State
from merge.sheet.packed import Make, Packed
from merge.sheet.result_columns import WATCH, ResultHeaders, Status

_MINUTE, _HOUR = 60, 3600
_HOURS_FROM = 90
"""The number of minutes from which a rounded duration is given in hours."""


class ExitCode(IntEnum):
    """Exit codes of the command."""

    COMPLETE = 0
    SOME_FAILED = 1
    WRONG_INPUT = 2
    STOPPED = 3
    OPEN = 4
    NOT_WRITTEN = 5
    FAULT = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStatus:
    """The status of one row. pandas and polars make a DataFrame directly from a list of them.

    Each field has the same type in every row, or is None. `row["url"]` is `row.url`, and `dict(row)` is the
    row in the JSON summary.

    Attributes:
        row: its number as Excel showed it when the run ended; not a permanent identifier
        key: its permanent identifier
        video_id: the project's id at the service
        status: as in the column Video Status; "" means to do
        url: the video's address
        note: why it isn't done and what to do, for people
        credits: what it cost; None if the service didn't report it
        submitted_at: UTC, ISO 8601, such as `2026-03-01T12:00:00Z`
        completed_at: in the same format
    """

    row: int
    key: RowKey
    video_id: str | None = None
    status: Status
    url: str | None = None
    note: str | None = None
    credits: float | None = None
    submitted_at: str | None = None
    completed_at: str | None = None

    def keys(self) -> tuple[str, ...]:
        """The field names, in order."""
        return _NAMES

    def __getitem__(self, name: str) -> str | float | None:
        if name not in _NAMES:
            raise KeyError(name)
        value: str | float | None = getattr(self, name)
        return str(value) if isinstance(value, Status) else value

    def cells(
        self, headers: ResultHeaders, now: datetime, *, practice: bool = False
    ) -> dict[str, ResultValue]:
        """What the row's result cells should hold.

        Args:
            headers: of the cells
            now: the time of this change, UTC
            practice: whether the run was for practice, so that there's no video to watch
        """
        is_made_up = practice and self.status is Status.COMPLETE
        return {
            headers.job: self.video_id,
            headers.status: str(Status.PRACTICE if is_made_up else self.status) or None,
            headers.url: Link("", "") if practice or not self.url else Link(self.url, WATCH),
            headers.note: self.note,
            headers.updated: now.replace(microsecond=0),
        }


_NAMES = tuple(field.name for field in fields(RowStatus))


def pack_statuses(rows: Iterable[RowStatus]) -> Packed[RowStatus]:
    """The statuses of many rows in little memory."""
    return Packed(((*map(row.__getitem__, _NAMES),) for row in rows), cast("Make[RowStatus]", _status))


def _status(  # noqa: PLR0913, PLR0917 - the parts of a record
    row: int,
    key: RowKey,
    video_id: str | None,
    status: str,
    url: str | None,
    note: str | None,
    credits_used: float | None,
    submitted_at: str | None,
    completed_at: str | None,
) -> RowStatus:
    return RowStatus(
        row=row,
        key=key,
        video_id=video_id,
        status=Status(status),
        url=url,
        note=note,
        credits=credits_used,
        submitted_at=submitted_at,
        completed_at=completed_at,
    )


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


QUEUED_NOTE = "Waiting for a worker."


def status_of_entry(entry: Entry) -> Status:
    """Return the status that the sheet shows for an entry."""
    match entry.state:
        case State.SUBMITTING:
            return Status.CHECK
        case State.NOT_TAKEN | State.QUEUED:
            return Status.TO_DO
        case State.SUBMITTED:
            return Status.SUBMITTED
        case State.COMPLETE:
            return Status.COMPLETE
        case State.FAILED:
            return Status.FAILED
        case State.DRAFT:
            return Status.DRAFT


def result_of_entry(row: int, entry: Entry, *, status: Status | None = None, note: str = "") -> RowStatus:
    """Return a row's status from its journal entry; `status` and `note` override those of the entry."""
    return RowStatus(
        row=row,
        key=entry.key,
        video_id=entry.job,
        status=status_of_entry(entry) if status is None else status,
        url=entry.video_url,
        note=note or note_of(entry.problem) or (QUEUED_NOTE if entry.state is State.QUEUED else None),
        credits=entry.credits,
        submitted_at=_iso(entry.submitted_at),
        completed_at=_iso(entry.completed_at),
    )


def note_of(problem: Problem | None) -> str:
    """Return a problem as the sheet shows it, or ""."""
    return problem.note if problem else ""


COUNTED = ("complete", "failed", "invalid", "rendering", "check", "skipped")
"""The counts of the JSON summary."""

_COUNTED_AS: Mapping[str, str] = {
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


def count_rows(rows: Iterable[RowStatus]) -> dict[str, int]:
    """Count the rows per outcome; every key is present, also with 0."""
    counts = dict.fromkeys(COUNTED, 0)
    for row in rows:
        counts[_COUNTED_AS[row.status]] += 1
    return counts


def exit_code_of(counts: Mapping[str, int], *, unsent: int = 0) -> ExitCode:
    """Return the exit code of a run that was neither stopped nor interrupted.

    Args:
        counts: from `count_rows`
        unsent: rows that should have been submitted but weren't, because the service couldn't be reached
    """
    if counts["rendering"] or counts["check"] or unsent:
        return ExitCode.OPEN
    if counts["failed"] or counts["invalid"]:
        return ExitCode.SOME_FAILED
    return ExitCode.COMPLETE


@dataclass(frozen=True, slots=True)
class Download:
    """The result of downloading one video.

    Attributes:
        row: the number of its row as Excel showed it when the run ended
        key: of its row
        video_id: the project's id at the service
        file: the path of its file; None if it couldn't be downloaded
        error: why not, for people; None if it was downloaded
    """

    row: int
    key: RowKey
    video_id: JobId
    file: str | None = None
    error: str | None = None


SCHEMA = 1


@dataclass(frozen=True)
class MergeResult:
    """The status of every selected row of a worksheet.

    Attributes:
        workbook: the path as given
        sheet: the worksheet's name
        template: the template's path, or "" if no template was used
        rows: one for each selected row, in the sheet's order
        exit_code: the command's exit code
        unselected: how many rows weren't selected; they count as skipped
        notes: further messages, including the next step
        downloads: the result of each requested download
        practice: whether the rows are those of a practice run, which makes no videos
    """

    workbook: str
    sheet: str
    template: str
    rows: Sequence[RowStatus]
    exit_code: ExitCode
    unselected: int = 0
    notes: tuple[str, ...] = ()
    downloads: Sequence[Download] = ()
    practice: bool = False

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many rows are complete, failed, invalid, rendering, to be checked, and skipped."""
        counts = count_rows(self.rows)
        return counts | {"skipped": counts["skipped"] + self.unselected}

    @property
    def credits(self) -> float | None:
        """The credits of all rows, as far as the service reported them; None if it reported none."""
        known = [row.credits for row in self.rows if row.credits is not None]
        return sum(known) if known else None

    def to_dict(self) -> dict[str, JSON]:
        """Return the JSON summary."""
        return {
            "schema": SCHEMA,
            "workbook": self.workbook,
            "sheet": self.sheet,
            "template": self.template,
            "counts": dict(self.counts),
            "credits": self.credits,
            "exit_code": int(self.exit_code),
            "practice": self.practice,
            "rows": [dict(row) for row in self.rows],
            "downloads": [asdict(download) for download in self.downloads],
        }
