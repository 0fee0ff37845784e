"""Identify rows across runs, whatever was sorted, inserted or edited in between.

A row is recognized by the video id next to it, by its key, or by its whole content, in this order, never by
its number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from merge.input.data_sheet import DataSheet
from merge.model import Cell, CellKind, Entry, Problem, Row, RowKey, SheetRow
from merge.project.fingerprint import sha256_text
from merge.sheet.columns import Column, Header
from merge.sheet.number_format import format_value
from merge.sheet.result_columns import ResultColumns

SIMULATED_ID = "sim"
"""The start of every video id of the simulator."""
_LISTED = 5
"""Row numbers that a problem lists at most."""


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """The columns that identify rows.

    Attributes:
        named: the columns that the user named as the key; or none
        used: the columns that the template uses; they count if no key is named
    """

    named: tuple[Column, ...]
    used: tuple[Column, ...]

    @property
    def repeated_name(self) -> str:
        """Format of the key of the second and further rows with one name, from the name and their number."""
        return "{} ({})" if self.named else "{}-{}"


@dataclass(frozen=True, slots=True)
class _UnidentifiedRow:
    """A row without its key: `name` is what its key columns say, `content` a hash of all its cells."""

    row: SheetRow
    name: str
    content: str
    job: str
    status: str


Keys: TypeAlias = dict[int, RowKey]
"""The keys of the rows identified so far, by position."""


def identify_rows(
    sheet: DataSheet, key_columns: KeyColumns, entries: Mapping[RowKey, Entry], *, trust_simulated: bool
) -> tuple[Row, ...]:
    """Identify all data rows of a worksheet.

    Args:
        sheet: the worksheet
        key_columns: the columns that identify rows
        entries: the journal's entries of this worksheet
        trust_simulated: whether a video id of the simulator counts if the journal doesn't know it; otherwise
            such a cell is blank
    """
    rows = identify(sheet.data_rows, sheet.header, sheet.results, key_columns, entries)
    jobs = {entry.job for entry in entries.values()}
    cleared = _cleared(sheet, rows, entries)
    rows = tuple(replace(row, cleared=True) if row.key in cleared else row for row in rows)
    return tuple(row if trust_simulated or row.job in jobs else _without_simulated(row) for row in rows)


def _cleared(sheet: DataSheet, rows: Sequence[Row], entries: Mapping[RowKey, Entry]) -> frozenset[RowKey]:
    """Rows whose written id and status somebody has removed, which asks for a new video.

    In an older copy of the workbook these cells are blank, too, and its rows must not be paid for again. So
    the sheet has to prove that it is recent: by other results next to the row, or by an id that was written
    in the same write-back or a later one.
    """
    if not sheet.has_result_columns:
        return frozenset()
    blank = [row for row in rows if not (row.job or row.status)]
    written = {row.key: entry.written for row in rows if (entry := entries.get(row.key)) and entry.written}
    latest = max((written[row.key] for row in rows if row.job and row.key in written), default=0)
    with_results = {line.number for line in sheet.worksheet.rows if sheet.results.has_other_results(line)}
    return frozenset(
        row.key
        for row in blank
        if row.key in written and (row.number in with_results or written[row.key] <= latest)
    )


def _without_simulated(row: Row) -> Row:
    return replace(row, job="", status="", url="") if row.job.startswith(SIMULATED_ID) else row


def identify(
    rows: Iterable[SheetRow],
    header: Header,
    results: ResultColumns,
    key_columns: KeyColumns,
    entries: Mapping[RowKey, Entry],
) -> tuple[Row, ...]:
    """Give every row its key; rows that cannot be told apart get a problem that names the others.

    Args:
        rows: the data rows, in the order of the sheet
        header: the data columns, without result columns
        results: where the result columns are
        key_columns: the columns that identify rows
        entries: the journal's entries of this worksheet
    """
    unidentified = [_unidentified(row, header, results, key_columns) for row in rows]
    pattern = key_columns.repeated_name
    keys: Keys = {}
    keys |= _by_job(unidentified, entries)
    keys |= _by_name(unidentified, keys, pattern, is_known=entries.__contains__)
    keys |= _by_content(unidentified, keys, entries)
    keys |= _by_name(unidentified, keys, pattern, is_known=lambda _: True)
    problems = (
        _copied_ids(unidentified, keys, entries)
        | _duplicates(unidentified, key_columns)
        | _blank_keys(unidentified, key_columns)
    )
    return tuple(
        Row(
            number=each.row.number,
            key=keys[position],
            content=each.content,
            cells=each.row.cells,
            hidden=each.row.hidden,
            job=each.job,
            status=each.status,
            url=results.url_of(each.row) if each.job else "",
            problem=problems.get(position),
        )
        for position, each in enumerate(unidentified)
    )


def _unidentified(
    row: SheetRow, header: Header, results: ResultColumns, key_columns: KeyColumns
) -> _UnidentifiedRow:
    content = content_hash((column.name, row.cells.get(column.number)) for column in header.columns)
    return _UnidentifiedRow(
        row, _name(row, key_columns), content, results.job_of(row), results.status_of(row)
    )


def _name(row: SheetRow, key_columns: KeyColumns) -> str:
    if key_columns.named:
        return " | ".join(_shown(row.cells.get(column.number)) for column in key_columns.named)
    return content_hash((column.name, row.cells.get(column.number)) for column in key_columns.used)


def _shown(cell: Cell | None) -> str:
    if cell is None or cell.kind in (CellKind.ERROR, CellKind.UNCALCULATED):
        return ""
    return " ".join(format_value(cell.value, cell.number_format).split())


def _by_job(rows: Sequence[_UnidentifiedRow], entries: Mapping[RowKey, Entry]) -> Keys:
    """Identify rows by a video id that the journal knows.

    If several rows have one id (a copied row), the one most like the entry gets it.
    """
    owners = {str(entry.job): entry for entry in entries.values() if entry.job}
    claims: dict[RowKey, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        entry = owners.get(row.job)
        if entry:
            claims[entry.key].append(position)

    def likeness(position: int, entry: Entry) -> tuple[bool, bool]:
        row = rows[position]
        return row.content == entry.content, entry.key.startswith(row.name)

    return {
        max(positions, key=lambda position: likeness(position, entries[key])): key
        for key, positions in claims.items()
    }


def _by_name(
    rows: Sequence[_UnidentifiedRow], keys: Keys, pattern: str, *, is_known: Callable[[RowKey], bool]
) -> Keys:
    """Number the rows of each name in the order of the sheet; keys that are taken are skipped."""
    taken = set(keys.values())
    numbers: dict[str, int] = defaultdict(lambda: 1)
    found: Keys = {}
    for position, row in enumerate(rows):
        if position in keys:
            continue
        while (key := _numbered_key(row.name, numbers[row.name], pattern)) in taken:
            numbers[row.name] += 1
        if is_known(key):
            found[position] = key
            taken.add(key)
    return found


def _numbered_key(name: str, number: int, pattern: str) -> RowKey:
    """The key of the n-th row with this name: `name`, then `name-2`, `name-3` and so on."""
    return RowKey(name if number == 1 else pattern.format(name, number))


def _by_content(rows: Sequence[_UnidentifiedRow], keys: Keys, entries: Mapping[RowKey, Entry]) -> Keys:
    """Identify rows with a new key by the content of an entry without a row.

    Otherwise all rows would look new once the template uses another column.
    """
    free: dict[str, list[RowKey]] = defaultdict(list)
    taken = set(keys.values())
    for entry in entries.values():
        if entry.key not in taken:
            free[entry.content].append(entry.key)
    return {
        position: free[row.content].pop(0)
        for position, row in enumerate(rows)
        if position not in keys and free.get(row.content)
    }


def _copied_ids(
    rows: Sequence[_UnidentifiedRow], keys: Keys, entries: Mapping[RowKey, Entry]
) -> dict[int, Problem]:
    owners = {
        rows[position].job: rows[position].row.number
        for position, key in keys.items()
        if key in entries and entries[key].job == rows[position].job
    }
    return {
        position: Problem(
            f"the video id in this row is that of row {owners[row.job]}",
            hint="Clear its video id and video status to have a video made for this row too",
        )
        for position, row in enumerate(rows)
        if owners.get(row.job, row.row.number) != row.row.number
    }


def _duplicates(rows: Sequence[_UnidentifiedRow], key_columns: KeyColumns) -> dict[int, Problem]:
    groups: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        groups[row.name if key_columns.named else row.content].append(position)
    problems: dict[int, Problem] = {}
    for group in groups.values():
        if len(group) > 1:
            first = [rows[position].row.number for position in group[: _LISTED + 1]]
            problems |= {each: _duplicate(rows[each].row.number, first, key_columns) for each in group}
    return problems


def _duplicate(own: int, same: Sequence[int], key_columns: KeyColumns) -> Problem:
    numbers = [number for number in same if number != own][:_LISTED]
    others = f"row {numbers[0]}" if len(numbers) == 1 else f"rows {', '.join(map(str, numbers))}"
    if key_columns.named:
        names = " and ".join(column.header for column in key_columns.named)
        return Problem(
            f"{others} has the same {names}" if len(numbers) == 1 else f"{others} have the same {names}",
            hint=f"Give each row its own {names}, or delete one of them",
        )
    return Problem(
        f"this row is the same as {others} in every column",
        hint="Delete one of them; if both are meant, tell them apart in a column of its own",
    )


def _blank_keys(rows: Sequence[_UnidentifiedRow], key_columns: KeyColumns) -> dict[int, Problem]:
    problems: dict[int, Problem] = {}
    for position, row in enumerate(rows):
        blank = [column for column in key_columns.named if not _shown(row.row.cells.get(column.number))]
        if blank:
            header = blank[-1].header
            problems[position] = Problem(
                f"the key column {header} has nothing to tell this row by",
                hint=f"Fill in {header}, which names the row",
            )
    return problems


def content_hash(cells: Iterable[tuple[str, Cell | None]]) -> str:
    """A hash of cells that doesn't depend on the order and number formats of their columns.

    Args:
        cells: pairs of normalized header and cell; blank cells are ignored
    """
    stored = sorted(f"{name}\x1f{cell.kind}\x1f{cell.value}" for name, cell in cells if cell is not None)
    return sha256_text("\x1e".join(stored))[:20]
