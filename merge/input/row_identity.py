"""Which row is which, whatever was sorted, inserted or edited since the last run.

A row is known again, in this order: by the video id that stands beside it, by its key, by its whole content.
Its number is never asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from merge.model import Cell, CellKind, Entry, Problem, Row, RowKey, SheetRow
from merge.project.fingerprint import sha256_text
from merge.sheet.columns import Column, Header
from merge.sheet.number_format import format_value
from merge.sheet.result_columns import ResultColumns

_LISTED = 5
"""Row numbers that a problem lists at most."""


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """What rows are told apart by.

    Attributes:
        key_columns: the columns that the user named as the key; or none
        used: the columns that the template uses, which stand in where no key is named
    """

    key_columns: tuple[Column, ...]
    used: tuple[Column, ...]

    @property
    def ordinal(self) -> str:
        """How the second and further rows of one name are called, from the name and their number."""
        return "{} ({})" if self.key_columns else "{}-{}"


@dataclass(frozen=True, slots=True)
class _UnidentifiedRow:
    """A row before it is known: what it would be called by its cells alone."""

    row: SheetRow
    base: str
    content: str
    job: str
    status: str


Keys = dict[int, RowKey]
"""The key of each sighting that is known, by its position."""


def identify(
    rows: Iterable[SheetRow],
    header: Header,
    results: ResultColumns,
    basis: KeyColumns,
    entries: Mapping[RowKey, Entry],
) -> tuple[Row, ...]:
    """Give every row its key; rows that cannot be told apart carry a problem that names the other.

    Args:
        rows: the data rows in the sheet's order
        header: the data columns, result columns left out
        results: where the result columns are
        basis: what tells rows apart
        entries: what the journal knows of this sheet
    """
    sightings = tuple(_sight(row, header, results, basis) for row in rows)
    ordinal = basis.ordinal
    keys: Keys = {}
    keys |= _by_job(sightings, entries)
    keys |= _by_base(sightings, keys, ordinal, known=entries.__contains__)
    keys |= _by_content(sightings, keys, entries)
    keys |= _by_base(sightings, keys, ordinal, known=lambda _: True)
    problems = (
        _borrowed_jobs(sightings, keys, entries) | _equals(sightings, basis) | _blank_keys(sightings, basis)
    )
    return tuple(
        Row(
            number=sighting.row.number,
            key=keys[position],
            content=sighting.content,
            cells=sighting.row.cells,
            hidden=sighting.row.hidden,
            job=sighting.job,
            status=sighting.status,
            url=results.url_of(sighting.row) if sighting.job else "",
            problem=problems.get(position),
        )
        for position, sighting in enumerate(sightings)
    )


def _sight(row: SheetRow, header: Header, results: ResultColumns, basis: KeyColumns) -> _UnidentifiedRow:
    return _UnidentifiedRow(
        row, base_of(row, basis), content_of(row, header), results.job_of(row), results.status_of(row)
    )


def content_of(row: SheetRow, header: Header) -> str:
    """A hash of all data cells of a row."""
    return content_hash((column.name, row.cells.get(column.number)) for column in header.columns)


def base_of(row: SheetRow, basis: KeyColumns) -> str:
    """What a row is called by its cells alone; rows that are called alike are numbered."""
    if basis.key_columns:
        return " | ".join(_shown(row.cells.get(column.number)) for column in basis.key_columns)
    return content_hash((column.name, row.cells.get(column.number)) for column in basis.used)


def _shown(cell: Cell | None) -> str:
    if cell is None or cell.kind in (CellKind.ERROR, CellKind.UNCALCULATED):
        return ""
    return " ".join(format_value(cell.value, cell.number_format).split())


def _by_job(sightings: Sequence[_UnidentifiedRow], entries: Mapping[RowKey, Entry]) -> Keys:
    """A row whose video id the journal knows is the row that the video was made for.

    Of several rows with one video id (a copied row), the one that still looks like it wins.
    """
    owner = {str(entry.job): entry for entry in entries.values() if entry.job}
    claims: dict[RowKey, list[int]] = defaultdict(list)
    for position, sighting in enumerate(sightings):
        entry = owner.get(sighting.job)
        if entry:
            claims[entry.key].append(position)

    def likeness(position: int, entry: Entry) -> tuple[bool, bool]:
        sighting = sightings[position]
        return sighting.content == entry.content, entry.key.startswith(sighting.base)

    return {
        max(positions, key=lambda position: likeness(position, entries[key])): key
        for key, positions in claims.items()
    }


def _by_base(
    sightings: Sequence[_UnidentifiedRow], known_keys: Keys, ordinal: str, *, known: Callable[[RowKey], bool]
) -> Keys:
    """Number the rows of one base in the sheet's order, past the keys that are taken."""
    taken = set(known_keys.values())
    ordinals: dict[str, int] = defaultdict(lambda: 1)
    keys: Keys = {}
    for position, sighting in enumerate(sightings):
        if position in known_keys:
            continue
        while (key := numbered_key(sighting.base, ordinals[sighting.base], ordinal)) in taken:
            ordinals[sighting.base] += 1
        if known(key):
            keys[position] = key
            taken.add(key)
    return keys


def numbered_key(base: str, number: int, ordinal: str) -> RowKey:
    """The key of the so-manieth row of one name."""
    return RowKey(base if number == 1 else ordinal.format(base, number))


def _by_content(
    sightings: Sequence[_UnidentifiedRow], known_keys: Keys, entries: Mapping[RowKey, Entry]
) -> Keys:
    """A row whose key is new but whose content is that of one lost entry is that entry's row.

    So a template that begins to use another column does not make all rows look new.
    """
    lost: dict[str, list[RowKey]] = defaultdict(list)
    claimed = set(known_keys.values())
    for entry in entries.values():
        if entry.key not in claimed:
            lost[entry.content].append(entry.key)
    return {
        position: lost[sighting.content].pop(0)
        for position, sighting in enumerate(sightings)
        if position not in known_keys and lost.get(sighting.content)
    }


def _borrowed_jobs(
    sightings: Sequence[_UnidentifiedRow], keys: Keys, entries: Mapping[RowKey, Entry]
) -> dict[int, Problem]:
    owners = {
        sightings[position].job: sightings[position].row.number
        for position, key in keys.items()
        if key in entries and entries[key].job == sightings[position].job
    }
    return {
        position: Problem(
            f"the video id in this row is that of row {owners[sighting.job]}",
            hint="Clear its video id and video status to have a video made for this row too",
        )
        for position, sighting in enumerate(sightings)
        if owners.get(sighting.job, sighting.row.number) != sighting.row.number
    }


def _equals(sightings: Sequence[_UnidentifiedRow], basis: KeyColumns) -> dict[int, Problem]:
    groups: dict[str, list[int]] = defaultdict(list)
    for position, sighting in enumerate(sightings):
        groups[sighting.base if basis.key_columns else sighting.content].append(position)
    found: dict[int, Problem] = {}
    for group in groups.values():
        numbers = tuple(sightings[position].row.number for position in group[: _LISTED + 1])
        if len(group) > 1:
            found |= {each: twin_problem(sightings[each].row.number, numbers, basis) for each in group}
    return found


def twin_problem(own: int, alike: Sequence[int], basis: KeyColumns) -> Problem:
    """What stands against a row that has its like.

    Args:
        own: its number
        alike: the numbers of the first rows that are alike, perhaps its own among them
        basis: what they are alike in
    """
    numbers = [number for number in alike if number != own][:_LISTED]
    others = f"row {numbers[0]}" if len(numbers) == 1 else f"rows {', '.join(map(str, numbers))}"
    if basis.key_columns:
        names = " and ".join(column.header for column in basis.key_columns)
        return Problem(
            f"{others} has the same {names}" if len(numbers) == 1 else f"{others} have the same {names}",
            hint=f"Give each row its own {names}, or delete one of them",
        )
    return Problem(
        f"this row is the same as {others} in every column",
        hint="Delete one of them; if both are meant, tell them apart in a column of its own",
    )


def blank_key(row: SheetRow, basis: KeyColumns) -> Problem | None:
    """What stands against a row without anything in a key column, or None."""
    blank = [column for column in basis.key_columns if not _shown(row.cells.get(column.number))]
    if not blank:
        return None
    header = blank[-1].header
    return Problem(
        f"the key column {header} has nothing to tell this row by",
        hint=f"Fill in {header}, which names the row",
    )


def _blank_keys(sightings: Sequence[_UnidentifiedRow], basis: KeyColumns) -> dict[int, Problem]:
    found = ((position, blank_key(sighting.row, basis)) for position, sighting in enumerate(sightings))
    return {position: problem for position, problem in found if problem}


def content_hash(cells: Iterable[tuple[str, Cell | None]]) -> str:
    """A hash of cells by header, whatever their columns' order and number formats are.

    Args:
        cells: pairs of normalised header and cell; a blank cell counts as not there
    """
    stored = sorted(f"{name}\x1f{cell.kind}\x1f{cell.value}" for name, cell in cells if cell is not None)
    return sha256_text("\x1e".join(stored))[:20]
