"""A record's values, in the order of the columns that every journal has for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import NoneType
from typing import NewType, Protocol, TypeAlias, cast, get_args, get_type_hints

from merge.journal.journal import identity_of
from merge.model import Entry, Problem, RowKey, State

__all__ = ["NAMES", "Value", "as_text", "from_row", "latest_by_key", "to_row"]

Value: TypeAlias = str | int | float | bytes | None
"""What a column holds; a time is its text in UTC."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of `videos` that holds a field of `Entry`.

    Attributes:
        stored: the type in which a database returns it
        read: converts a stored text to the field's type; None if it is stored as is
        optional: whether it may be NULL
    """

    name: str
    stored: type
    read: Callable[[str], object] | None
    optional: bool


def latest_by_key(videos: Iterable[Entry]) -> dict[RowKey, Entry]:
    """Return the latest record of each key, in the order of the rows as last seen."""
    latest = {video.key: video for video in videos}
    return dict(sorted(latest.items(), key=lambda each: (each[1].row_number, each[0])))


def as_text(at: datetime) -> str:
    """Return a time as ISO 8601 in UTC, ending in Z; a time without a zone is UTC."""
    in_utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return in_utc.isoformat().replace("+00:00", "Z")


def _as_time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"the time {text} has no zone")
    return at


_FROM_TEXT: Mapping[type, Callable[[str], object]] = {State: State, datetime: _as_time}


def _column(name: str, hint: object) -> _Column:
    kinds = get_args(hint) or (hint,)  # `int | None` is (int, NoneType)
    kind = kinds[0].__supertype__ if isinstance(kinds[0], NewType) else kinds[0]
    assert isinstance(kind, type)
    read = _FROM_TEXT.get(kind)
    return _Column(name, str if read else kind, read, NoneType in kinds)


_FIELDS = tuple(
    _column(field.name, get_type_hints(Entry)[field.name])
    for field in fields(Entry)
    if field.name != "problem"
)
_PROBLEM = tuple(
    _Column(f"problem_{name}", str, None, optional=True) for name in ("message", "place", "cure")
)
_COLUMNS = (*_FIELDS, *_PROBLEM)
NAMES = tuple(column.name for column in _COLUMNS)


class _MakeEntry(Protocol):
    def __call__(self, **fields: object) -> Entry: ...


_make_entry = cast("_MakeEntry", Entry)
"""`Entry` from values whose types `from_row` has checked against its fields."""


def to_row(sheet: str, entry: Entry) -> Mapping[str, object]:
    """Return an entry as named parameters for the columns, with `sheet` and `identity`."""
    problem = entry.problem
    values = {column.name: getattr(entry, column.name) for column in _FIELDS}
    return {
        "sheet": sheet,
        "identity": identity_of(entry),
        **{name: as_text(value) if isinstance(value, datetime) else value for name, value in values.items()},
        "problem_message": problem.message if problem else None,
        "problem_place": problem.place if problem else None,
        "problem_cure": problem.hint if problem else None,
    }


def from_row(row: Sequence[object]) -> Entry:
    """Return the entry in a row of the columns `NAMES`.

    Raises:
        ValueError: a value has another type than castmerge writes there
    """
    values = {column.name: _read(column, value) for column, value in zip(_COLUMNS, row, strict=True)}
    message, place, hint = (values.pop(column.name) for column in _PROBLEM)
    problem = None if message is None else Problem(str(message), str(place or ""), str(hint or ""))
    return _make_entry(**values, problem=problem)


def _read(column: _Column, value: object) -> object:
    if value is None and column.optional:
        return None
    if not isinstance(value, column.stored):
        raise ValueError(f"{type(value).__name__} as the {column.name} of an entry")  # noqa: TRY004 - damaged data
    return column.read(str(value)) if column.read else value
