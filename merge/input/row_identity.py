"""Read the data rows of a worksheet: how each can be recognized, and what is wrong with it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from merge.input.data_sheet import DataSheet
from merge.model import JSON, Cell, CellKind, Problem, Row, SheetRow
from merge.project.fingerprint import sha256_text
from merge.sheet.columns import Column, Header
from merge.sheet.number_format import format_value

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


def read_rows(sheet: DataSheet, key_columns: KeyColumns) -> tuple[Row, ...]:
    """Read all data rows of a worksheet; they have no keys yet.

    Identical rows, rows with a blank key, and rows with more values than headers in their CSV file get a
    problem.
    """
    rows = [_row(sheet, line, key_columns) for line in sheet.data_rows]
    problems = _duplicates(rows, key_columns) | _blank_keys(rows, key_columns)
    if sheet.problems:
        found = ((position, sheet.problems.get(row.number)) for position, row in enumerate(rows))
        problems |= {position: problem for position, problem in found if problem}
    return tuple(
        replace(row, problem=problems[position]) if position in problems else row
        for position, row in enumerate(rows)
    )


def _row(sheet: DataSheet, line: SheetRow, key_columns: KeyColumns) -> Row:
    results = sheet.results
    return Row(
        number=line.number,
        name=_name(line, key_columns),
        content=content_hash((column.name, line.cells.get(column.number)) for column in sheet.header.columns),
        cells=line.cells,
        hidden=line.hidden,
        job=results.job_of(line),
        id_cell=results.job_of(line),
        status=results.status_of(line),
        status_cell=results.status_of(line),
        url=results.url_of(line),
        updated=results.updated_of(line),
    )


def _name(row: SheetRow, key_columns: KeyColumns) -> str:
    if key_columns.named:
        return " | ".join(_shown(row.cells.get(column.number)) for column in key_columns.named)
    return content_hash((column.name, row.cells.get(column.number)) for column in key_columns.used)


def _shown(cell: Cell | None) -> str:
    if cell is None or cell.kind in (CellKind.ERROR, CellKind.UNCALCULATED):
        return ""
    return " ".join(format_value(cell.value, cell.number_format).split())


def _duplicates(rows: Sequence[Row], key_columns: KeyColumns) -> dict[int, Problem]:
    groups: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        groups[row.name if key_columns.named else row.content].append(position)
    problems: dict[int, Problem] = {}
    for group in groups.values():
        if len(group) > 1:
            first = [rows[position].number for position in group[: _LISTED + 1]]
            problems |= {each: _duplicate(rows[each].number, first, key_columns) for each in group}
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
        f"this row is identical to {others}",
        hint="Delete one of them. If you need both, add a column, such as Customer ID, with a "
        "different value in each",
    )


def _blank_keys(rows: Sequence[Row], key_columns: KeyColumns) -> dict[int, Problem]:
    problems: dict[int, Problem] = {}
    for position, row in enumerate(rows):
        blank = [column for column in key_columns.named if not _shown(row.cells.get(column.number))]
        if blank:
            header = blank[-1].header
            problems[position] = Problem(
                f"{header} is blank in this row, so castmerge can't identify it",
                hint=f"Fill in {header}",
            )
    return problems


def hashed_cells(row: Row, header: Header) -> str:
    """Hashes of a row's cells by header, as JSON: enough to compare columns later, without their content."""
    hashes = {
        column.name: _cell_hash(cell)
        for column in header.columns
        if (cell := row.cells.get(column.number)) is not None
    }
    return json.dumps(hashes, ensure_ascii=False, separators=(",", ":"))


def hashed_name(cells: str, key_columns: KeyColumns) -> str:
    """The text of the key columns at the time when cells were hashed, only to be compared; "" if unknown."""
    known: JSON = json.loads(cells) if cells else {}
    if not key_columns.named or not isinstance(known, dict):
        return ""
    hashes = [known.get(column.name) for column in key_columns.named]
    return " ".join(map(str, hashes)) if all(hashes) else ""


def _cell_hash(cell: Cell) -> str:
    return sha256_text(f"{cell.kind}\x1f{cell.value}")[:12]


def content_hash(cells: Iterable[tuple[str, Cell | None]]) -> str:
    """A hash of cells that doesn't depend on the order and number formats of their columns.

    Args:
        cells: pairs of normalized header and cell; blank cells are ignored
    """
    stored = sorted(f"{name}\x1f{cell.kind}\x1f{cell.value}" for name, cell in cells if cell is not None)
    return sha256_text("\x1e".join(stored))[:20]
