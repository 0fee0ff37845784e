"""What has changed in a text file since a workbook was made from it, which may have been edited as well.

A row is known again as it stands, in whatever order; an edited one by its key: the columns that are named as
the key or, without any, the first column in which all rows differ and, where that was edited as well, by the
next such column, if half of the row is still the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Signature = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row of data as text.

    Attributes:
        number: its number in its own table
        values: by normalised header, blanks left out
        made: whether it has a video, or may have one: only a row of the workbook can
    """

    number: int
    values: Mapping[str, str]
    made: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be done to the workbook.

    Attributes:
        same: the rows that are alike in the compared columns, by their numbers in the workbook
        edited: the row as it is now, by its number in the workbook
        added: rows that are not in the workbook
        gone: numbers in the workbook of rows that are not in the text any more, and have no video
        kept: likewise, but they have a video and stay
        disputed: rows that were edited in both: number in the workbook, and as it is in the text
    """

    same: Mapping[int, TextRow]
    edited: Mapping[int, TextRow]
    added: tuple[TextRow, ...]
    gone: tuple[int, ...]
    kept: tuple[int, ...]
    disputed: tuple[tuple[int, TextRow], ...] = ()


def find_changes(
    known: Sequence[TextRow],
    now: Sequence[TextRow],
    before: Sequence[TextRow] | None,
    columns: Sequence[str],
    key: Sequence[str] = (),
) -> Changes:
    """Compare the workbook with the text.

    Args:
        known: the workbook's rows
        now: the text's rows
        before: the text's rows when they were last taken in, or None where that is not known: then the text
            counts, whatever stands in the workbook
        columns: those that both have, from left to right, by normalised header
        key: those of them that name a row; or none
    """
    keys = [tuple(key)] if key else [(name,) for name in _telling(columns, known, now)]
    same = _alike(known, now, columns)
    known, now = _without(known, now, same)
    left, new = list(known), list(now)
    by_hand: list[TextRow] = []
    if before is not None:
        there = Counter(_signature(row, columns) for row in before)
        there.subtract(_signature(row, columns) for row in same.values())
        left, by_hand = _divided(known, there, columns)
        _, new = _divided(now, there, columns)
    edited, left, new = _paired_by(keys, left, new)
    disputed, _, new = _paired_by(keys, by_hand, new)
    return Changes(
        same=same,
        edited=edited,
        added=tuple(new),
        gone=tuple(row.number for row in left if not row.made),
        kept=tuple(row.number for row in left if row.made),
        disputed=tuple(disputed.items()),
    )


def _signature(row: TextRow, columns: Iterable[str]) -> Signature:
    return tuple((name, row.values[name]) for name in columns if name in row.values)


def _alike(known: Sequence[TextRow], now: Sequence[TextRow], columns: Sequence[str]) -> dict[int, TextRow]:
    """Each row with the first that is alike and not taken yet."""
    waiting: defaultdict[Signature, list[int]] = defaultdict(list)
    for row in reversed(known):
        waiting[_signature(row, columns)].append(row.number)
    signed = ((row, waiting.get(_signature(row, columns))) for row in now)
    return {numbers.pop(): row for row, numbers in signed if numbers}


def _divided(
    rows: Sequence[TextRow], before: Mapping[Signature, int], columns: Sequence[str]
) -> tuple[list[TextRow], list[TextRow]]:
    """The rows that the text had as often when it was last taken in, and the others."""
    there = dict(before)
    found: list[TextRow] = []
    others: list[TextRow] = []
    for row in rows:
        signature = _signature(row, columns)
        known = there.get(signature, 0) > 0
        (found if known else others).append(row)
        there[signature] = there.get(signature, 0) - known
    return found, others


def _telling(columns: Sequence[str], *tables: Sequence[TextRow]) -> list[str]:
    """The columns in which all rows differ."""
    return [
        name
        for name in columns
        if all(_all_differ([row.values.get(name, "") for row in table]) for table in tables)
    ]


def _all_differ(values: Sequence[str]) -> bool:
    return all(values) and len(set(values)) == len(values)


def _paired_by(
    keys: Sequence[Sequence[str]], known: Sequence[TextRow], now: Sequence[TextRow]
) -> tuple[dict[int, TextRow], list[TextRow], list[TextRow]]:
    """Pairs by one key after the other, and what is left on either side."""
    pairs: dict[int, TextRow] = {}
    left, new = list(known), list(now)
    for turn, names in enumerate(keys):
        found = _paired(left, new, names, like=turn > 0)
        left, new = _without(left, new, found)
        pairs |= found
    return pairs, left, new


def _paired(
    known: Iterable[TextRow], now: Sequence[TextRow], names: Sequence[str], *, like: bool
) -> dict[int, TextRow]:
    """Rows with the same key, where it is that of one row on either side."""
    there, here = _by_key(known, names), _by_key(now, names)
    alone = ((there[key][0], here[key][0]) for key in there if len(there[key]) == len(here.get(key, ())) == 1)
    return {
        old.number: new
        for old, new in alone
        if all(old.values.get(name) for name in names) and not (like and _are_different(old, new))
    }


def _are_different(old: TextRow, new: TextRow) -> bool:
    """Whether less than half of what stands in either is the same."""
    names = old.values.keys() | new.values.keys()
    return 2 * sum(old.values.get(name) == new.values.get(name) for name in names) < len(names)


def _by_key(rows: Iterable[TextRow], names: Sequence[str]) -> dict[tuple[str, ...], list[TextRow]]:
    found: defaultdict[tuple[str, ...], list[TextRow]] = defaultdict(list)
    for row in rows:
        values = tuple(row.values.get(name, "") for name in names)
        found[values if all(values) else ()].append(row)
    return found


def _without(
    known: Sequence[TextRow], now: Sequence[TextRow], pairs: Mapping[int, TextRow]
) -> tuple[list[TextRow], list[TextRow]]:
    paired = {row.number for row in pairs.values()}
    return (
        [row for row in known if row.number not in pairs],
        [row for row in now if row.number not in paired],
    )
