"""Where a row stands, for programs: what `--json` tells of it, typed."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class RowStanding:
    """Where one row stands, in plain values; a list of them makes a DataFrame of pandas or polars as it is.

    Each value has the same type in every row, or is None. `standing["url"]` is `standing.url`, and
    `dict(standing)` the row as it is in the JSON summary.

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


_NAMES = tuple(field.name for field in fields(RowStanding))
