"""An entry as a line of the journal's table, and back; both check every field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from merge.model import Entry, Fingerprint, JobId, Problem, RowKey, State, Tag

__all__ = [
    "AT",
    "FIND",
    "GET",
    "PUT",
    "Column",
    "HistoryRecord",
    "as_text",
    "from_row",
    "history_record",
    "to_row",
]

Column: TypeAlias = str | int | float | bytes | None

# A line stays in its place: one page to sync where replacing it would touch three.
PUT = """
    INSERT INTO entries (
        sheet, key, row_number, content, fingerprint, tag, state, generation, job, video_url,
        problem_message, problem_place, problem_cure, credits, submitted_at, completed_at, written
    ) VALUES (
        :sheet, :key, :row_number, :content, :fingerprint, :tag, :state, :generation, :job, :video_url,
        :problem_message, :problem_place, :problem_cure, :credits, :submitted_at, :completed_at, :written
    )
    ON CONFLICT (sheet, key) DO UPDATE SET
        row_number = :row_number, content = :content, fingerprint = :fingerprint, tag = :tag, state = :state,
        generation = :generation, job = :job, video_url = :video_url, problem_message = :problem_message,
        problem_place = :problem_place, problem_cure = :problem_cure, credits = :credits,
        submitted_at = :submitted_at, completed_at = :completed_at, written = :written
"""
_SELECT = """
    SELECT key, row_number, content, fingerprint, tag, state, generation, job, video_url,
        problem_message, problem_place, problem_cure, credits, submitted_at, completed_at, written, rowid
    FROM entries
"""
GET = f"{_SELECT} WHERE sheet = ? ORDER BY row_number, key"
FIND = f"{_SELECT} WHERE sheet = ? AND key = ?"
AT = f"{_SELECT} WHERE rowid = ?"


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """What an entry once was: one line of its history.

    Attributes:
        key: the row's key, as it is by now
        at: when it was recorded, in UTC
        state: how far the row was
        job: the service's id, once known
        generation: how many times the row had been asked for again
    """

    key: RowKey
    at: datetime
    state: State
    job: JobId | None
    generation: int


def to_row(sheet: str, entry: Entry) -> Mapping[str, Column]:
    """Return the entry as the columns of its line."""
    problem = entry.problem
    return {
        "sheet": sheet,
        "key": entry.key,
        "row_number": entry.row_number,
        "content": entry.content,
        "fingerprint": entry.fingerprint,
        "tag": entry.tag,
        "state": entry.state.value,
        "generation": entry.generation,
        "job": entry.job,
        "video_url": entry.video_url,
        "problem_message": problem.message if problem else None,
        "problem_place": problem.place if problem else None,
        "problem_cure": problem.hint if problem else None,
        "credits": entry.credits,
        "submitted_at": as_text(entry.submitted_at) if entry.submitted_at else None,
        "completed_at": as_text(entry.completed_at) if entry.completed_at else None,
        "written": entry.written,
    }


def from_row(line: tuple[Column, ...]) -> Entry:
    """Return the entry that a line holds.

    Raises:
        ValueError: a field is not what castmerge writes there
    """
    match line:
        case (
            str(key),
            int(row_number),
            str(content),
            str(fingerprint),
            str(tag),
            str(state),
            int(generation),
            (str() | None) as job,
            (str() | None) as video_url,
            (str() | None) as message,
            (str() | None) as place,
            (str() | None) as hint,
            (float() | None) as cost,
            (str() | None) as submitted_at,
            (str() | None) as completed_at,
            int(written),
            int(),
        ):
            return Entry(
                key=RowKey(key),
                row_number=row_number,
                content=content,
                fingerprint=Fingerprint(fingerprint),
                tag=Tag(tag),
                state=State(state),
                generation=generation,
                job=JobId(job) if job is not None else None,
                video_url=video_url,
                problem=Problem(message, place or "", hint or "") if message is not None else None,
                credits=cost,
                submitted_at=_as_time(submitted_at) if submitted_at else None,
                completed_at=_as_time(completed_at) if completed_at else None,
                written=written,
            )
        case _:
            raise ValueError("an entry has a field of another kind")


def history_record(line: tuple[Column, ...]) -> HistoryRecord:
    """Return the moment that a line of the history holds; raise ValueError as `from_row` does."""
    match line:
        case (str(key), str(at), str(state), (str() | None) as job, int(generation)):
            known = JobId(job) if job is not None else None
            return HistoryRecord(RowKey(key), _as_time(at), State(state), known, generation)
        case _:
            raise ValueError("a line of the history has a field of another kind")


def as_text(at: datetime) -> str:
    """Return a time as ISO 8601 in UTC, ending in Z; a time without a zone is UTC."""
    in_utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return in_utc.isoformat().replace("+00:00", "Z")


def _as_time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"the time {text} has no zone")
    return at
