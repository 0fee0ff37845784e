"""Rows and videos taken apart, so that many take little memory.

A hash is kept as its bytes, a row's cells as its place in the worksheet, and no filled-in project at all.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, cast

from merge.model import Entry, Fingerprint, JobId, Problem, Row, RowKey, SheetRow, State, Tag
from merge.sheet.packed import Make, Record
from merge.sheet.packed_rows import RowCells

Outcome: TypeAlias = Fingerprint | tuple[Problem, ...] | None
"""The fingerprint of a row's project, or the problems that prevent it; None if no template is available."""
ProblemRecord: TypeAlias = tuple[str, str, str, str]
_HASH_DIGITS = (20, 64)
OutcomeRecord: TypeAlias = bytes | str | tuple[ProblemRecord, ...] | None


def row_record(row: Row) -> Record:
    """A row's record."""
    return (
        row.place,
        row.number,
        _packed(row.name),
        _packed(row.content),
        None if row.key == row.name else _packed(row.key),
        None if row.tag_key == row.key else _packed(row.tag_key),
        row.hidden,
        row.job,
        str(row.status),
        row.url,
        row.id_cell,
        str(row.status_cell),
        row.updated,
        row.problem and problem_record(row.problem),
        row.cleared,
    )


def _row(  # noqa: PLR0913, PLR0917 - the parts of a record
    rows: Sequence[SheetRow],
    place: int,
    number: int,
    name: bytes | str,
    content: bytes | str,
    key: bytes | str | None,
    tag_key: bytes | str | None,
    hidden: bool,  # noqa: FBT001 - a part of a record
    job: str,
    status: str,
    url: str,
    id_cell: str,
    status_cell: str,
    updated: float,
    problem: ProblemRecord | None,
    cleared: bool,  # noqa: FBT001 - a part of a record
) -> Row:
    known = _unpacked(name)
    own = known if key is None else _unpacked(key)
    return Row(
        number,
        _unpacked(content),
        RowCells(rows, place),
        known,
        RowKey(own),
        RowKey(own if tag_key is None else _unpacked(tag_key)),
        hidden,
        job,
        status,
        url,
        id_cell,
        status_cell,
        updated,
        problem and Problem(*problem),
        cleared,
        place,
    )


def outcome_record(outcome: Outcome) -> OutcomeRecord:
    """The record of an outcome."""
    match outcome:
        case str():
            return _packed(outcome)
        case tuple():
            return tuple(map(problem_record, outcome))
        case None:
            return None


def outcome_of(record: OutcomeRecord) -> Outcome:
    """The outcome of a record."""
    match record:
        case tuple():
            return tuple(Problem(*each) for each in record)
        case None:
            return None
        case _:
            return Fingerprint(_unpacked(record))


def entry_record(entry: Entry) -> Record:
    """A video's record."""
    return (
        _packed(entry.key),
        entry.row_number,
        _packed(entry.content),
        _packed(entry.fingerprint),
        entry.tag,
        entry.state.value,
        entry.generation,
        entry.job,
        entry.video_url,
        entry.problem and problem_record(entry.problem),
        entry.credits,
        entry.submitted_at and entry.submitted_at.isoformat(),
        entry.completed_at and entry.completed_at.isoformat(),
        entry.written,
        entry.cells,
    )


def _entry(  # noqa: PLR0913, PLR0917 - the parts of a record
    key: bytes | str,
    row_number: int,
    content: bytes | str,
    fingerprint: bytes | str,
    tag: Tag,
    state: str,
    generation: int,
    job: JobId | None,
    video_url: str | None,
    problem: ProblemRecord | None,
    credits_used: float | None,
    submitted_at: str | None,
    completed_at: str | None,
    written: int,
    cells: str,
) -> Entry:
    return Entry(
        RowKey(_unpacked(key)),
        row_number,
        _unpacked(content),
        Fingerprint(_unpacked(fingerprint)),
        tag,
        State(state),
        generation,
        job,
        video_url,
        problem and Problem(*problem),
        credits_used,
        datetime.fromisoformat(submitted_at) if submitted_at else None,
        datetime.fromisoformat(completed_at) if completed_at else None,
        written,
        cells,
    )


class KeptEntries:
    """The latest record of each of many videos by its key."""

    def __init__(self) -> None:
        self._records: dict[RowKey, bytes] = {}

    def keep(self, entry: Entry) -> None:
        """Keep a video's record in place of an earlier one."""
        self._records[entry.key] = marshal.dumps([*entry_record(entry)])

    def drop(self, key: RowKey) -> None:
        """Forget a row's record."""
        self._records.pop(key, None)

    def get(self, key: RowKey) -> Entry | None:
        """A row's record, or None."""
        record = self._records.get(key)
        return None if record is None else entry_of(*marshal.loads(record))  # noqa: S302 - our own


def problem_record(problem: Problem) -> ProblemRecord:
    """A problem's record."""
    return problem.message, problem.place, problem.hint, problem.path


def _packed(text: str) -> bytes | str:
    """A hash as its bytes; any other text as it is."""
    if len(text) in _HASH_DIGITS:
        try:
            packed = bytes.fromhex(text)
        except ValueError:
            return text
        if packed.hex() == text:
            return packed
    return text


def _unpacked(packed: bytes | str) -> str:
    return packed if isinstance(packed, str) else packed.hex()


row_of = cast("Make[Row]", _row)
"""Makes a row of the rows of its worksheet and the parts of its record."""
entry_of = cast("Make[Entry]", _entry)
"""Makes a video of the parts of its record."""
