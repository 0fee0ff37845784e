"""Read the data rows of a worksheet: how each can be recognized, and what is wrong with it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from merge.input.data_sheet import DataSheet
from merge.model import JSON, Cell, CellKind, Problem, Row, RowKey, SheetRow
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
        used: the columns that the template uses; they count if no key is given
    """

    named: tuple[Column, ...]
    used: tuple[Column, ...]


def read_rows(sheet: DataSheet, key_columns: KeyColumns) -> Iterator[Row]:
    """Read the data rows of a worksheet one by one; until they are matched, their names are their keys.

    Rows that have nothing in a key column, or more values than headers in their CSV file, get a problem.
    """
    by_content = key_columns == KeyColumns((), sheet.header.columns)
    for place, line in sheet.placed_rows:
        yield _row(sheet, place, line, key_columns, by_content=by_content)


def _row(sheet: DataSheet, place: int, line: SheetRow, key_columns: KeyColumns, *, by_content: bool) -> Row:
    results, columns, cells = sheet.results, sheet.header.columns, line.cells
    content = content_hash((column.name, cells.get(column.number)) for column in columns)
    name = content if by_content else _name(line, key_columns)
    job, status, url, updated = "", "", "", 0.0
    if results.numbers:
        job, status = results.job_of(line), results.status_of(line)
        url, updated = results.url_of(line), results.updated_of(line)
    return Row(
        number=line.number,
        name=name,
        key=RowKey(name),
        tag_key=RowKey(name),
        content=content,
        cells=cells,
        hidden=line.hidden,
        job=job,
        id_cell=job,
        status=status,
        status_cell=status,
        url=url,
        updated=updated,
        problem=sheet.problems.get(line.number) or _blank_key(line, key_columns),
        place=place,
    )


def _name(row: SheetRow, key_columns: KeyColumns) -> str:
    if key_columns.named:
        return " | ".join(_shown(row.cells.get(column.number)) for column in key_columns.named)
    return content_hash((column.name, row.cells.get(column.number)) for column in key_columns.used)


def _shown(cell: Cell | None) -> str:
    if cell is None or cell.kind in (CellKind.ERROR, CellKind.UNCALCULATED):
        return ""
    return " ".join(format_value(cell.value, cell.number_format).split())


def duplicates(
    rows: Iterable[Row], key_columns: KeyColumns, suspected: Collection[int]
) -> dict[int, Problem]:
    """The problems of rows that can't be told apart, by their position.

    Args:
        rows: all data rows
        key_columns: the columns that identify rows
        suspected: the hashes of what several rows have alike where each row must be different: names if key
            columns are named, else contents
    """
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for position, row in enumerate(rows if suspected else ()):
        text = row.name if key_columns.named else row.content
        if hash(text) in suspected:
            groups[text].append((position, row.number))
    problems: dict[int, Problem] = {}
    for group in groups.values():
        if len(group) > 1:
            first = [number for _, number in group[: _LISTED + 1]]
            problems |= {position: _duplicate(number, first, key_columns) for position, number in group}
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


def _blank_key(line: SheetRow, key_columns: KeyColumns) -> Problem | None:
    blank = [column for column in key_columns.named if not _shown(line.cells.get(column.number))]
    if not blank:
        return None
    header = blank[-1].header
    return Problem(
        f"{header} is blank in this row, so castmerge can't identify it",
        hint=f"Fill in {header}",
    )


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
    stored = [f"{name}\x1f{cell.kind}\x1f{cell.value}" for name, cell in cells if cell is not None]
    stored.sort()
    return sha256_text("\x1e".join(stored))[:20]
