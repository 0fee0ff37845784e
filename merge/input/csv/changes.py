"""What changed in a CSV file since its workbook was made, and the resulting changes of cells.

The workbook may have been edited, too. Rows are recognized by their content first, in any order, and then by
key: the columns given with `--key` or, without any, the first column in which all rows differ. If that column
was edited, the next such column counts, provided that half of the row is unchanged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.model import Cell, CellKind, ResultValue, SheetRow
from merge.sheet.columns import Column, find_column, is_blank, normalize
from merge.sheet.number_format import format_value
from merge.sheet.result_columns import Status

Signature: TypeAlias = tuple[tuple[str, str], ...]
Cells: TypeAlias = dict[int, Mapping[str, ResultValue]]

_WITHOUT_VIDEO = (Status.TO_DO, Status.FAILED, Status.INVALID)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One data row as text.

    Attributes:
        number: its row number in the file or worksheet
        values: by normalized header; blank values are left out
        made: whether it has a video or may have one; only rows of the workbook can
    """

    number: int
    values: Mapping[str, str]
    made: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """The rows of a CSV file compared with those of its workbook.

    Attributes:
        same: unchanged rows, by row number in the workbook
        edited: edited rows as they are now, by row number in the workbook
        added: rows that the workbook doesn't have
        gone: row numbers in the workbook of deleted rows without a video
        kept: row numbers in the workbook of deleted rows with a video; these rows stay
        disputed: rows edited in both places: the row number in the workbook, and the row in the file
    """

    same: Mapping[int, CsvRow]
    edited: Mapping[int, CsvRow]
    added: tuple[CsvRow, ...]
    gone: tuple[int, ...]
    kept: tuple[int, ...]
    disputed: tuple[tuple[int, CsvRow], ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """The change that brings a workbook up to date.

    Attributes:
        cells: values by row number and header; None clears a cell
        headers: new columns
        summary: the change in one sentence
    """

    cells: Cells
    headers: tuple[str, ...]
    summary: str


def rows_as_text(sheet: DataSheet) -> Iterator[CsvRow]:
    """The data rows of a worksheet as text, for comparison."""
    results = sheet.results
    for row in sheet.data_rows:
        made = bool(results.job_of(row)) or Status.of(results.status_of(row)) not in _WITHOUT_VIDEO
        texts = ((column.name, _text(row.cells.get(column.number))) for column in sheet.header.columns)
        yield CsvRow(row.number, {name: text for name, text in texts if text}, made)


def _text(cell: Cell | None) -> str:
    if cell is None or is_blank(cell):
        return ""
    if cell.kind in (CellKind.NUMBER, CellKind.BOOLEAN):
        return format_value(cell.value, "General")
    return str(cell.value).strip()


def find_update(
    csv: DataSheet,
    csv_rows: Sequence[CsvRow],
    sheet: DataSheet,
    before: Sequence[CsvRow] | None,
    key: Sequence[str],
    *,
    csv_path: Path,
) -> Update:
    """Compare a CSV file with its workbook.

    Args:
        csv: the file's content as a worksheet
        csv_rows: its rows as text
        sheet: the workbook's worksheet
        before: the file's rows at the last import; None if they aren't known
        key: headers of the key columns
        csv_path: the file, for messages

    Raises:
        InputError: no row is recognized, a row was edited in both places, or there's no room for new rows
    """
    columns = csv.header.columns
    names = {column.name for column in sheet.header.columns}
    key_columns = (find_column(csv.header, header) for header in key)
    known = {row.number: row for row in rows_as_text(sheet)}
    changes = find_changes(
        tuple(known.values()),
        csv_rows,
        before,
        [column.name for column in columns if column.name in names],
        [column.name for column in key_columns if column],
    )
    _refuse_another_list(changes, sheet, csv_path)
    _refuse_disputed(changes, sheet, csv_path)
    _refuse_below_table(changes, sheet)
    return Update(
        _cells(csv, sheet, known, changes),
        tuple(column.header for column in columns if column.name not in names),
        f"{csv_path.name} has changed: {_summary(changes)}.",
    )


def updated_rows(sheet: DataSheet, update: Update) -> tuple[SheetRow, ...]:
    """The worksheet's rows as they would be after the update."""
    rows = {row.number: row for row in sheet.worksheet.rows}
    numbers = {column.name: column.number for column in sheet.header.columns}
    numbers |= {normalize(header): number for header, number in sheet.results.numbers.items()}
    free = max(max(row.cells, default=0) for row in rows.values()) + 1
    numbers |= {normalize(header): number for number, header in enumerate(update.headers, start=free)}
    titles: dict[str, ResultValue] = {header: header for header in update.headers}
    for number, values in ({sheet.header.row: titles} | update.cells).items():
        row = rows.get(number, SheetRow(number, {}))
        changed = {numbers[normalize(header)]: value for header, value in values.items()}
        unchanged = {column: cell for column, cell in row.cells.items() if column not in changed}
        rows[number] = row._replace(cells=unchanged | dict(_as_cells(changed)))
    return tuple(row for _, row in sorted(rows.items()) if row.cells)


def _as_cells(values: Mapping[int, ResultValue]) -> Iterator[tuple[int, Cell]]:
    for column, value in values.items():
        match value:
            case str():
                yield column, Cell(CellKind.TEXT, value)
            case int() | float():
                yield column, Cell(CellKind.NUMBER, value)
            case _:
                continue


def _cells(csv: DataSheet, sheet: DataSheet, known: Mapping[int, CsvRow], changes: Changes) -> Cells:
    typed = {row.number: row for row in csv.worksheet.rows}
    columns = csv.header.columns
    cells: Cells = {}
    for number, row in {**changes.same, **changes.edited}.items():
        cells[number] = _differences(known[number], row, typed[row.number], columns)
    last = max(row.number for row in sheet.worksheet.rows)
    for number, row in enumerate(changes.added, start=last + 1):
        cells[number] = _differences(CsvRow(number, {}), row, typed[row.number], columns)
    headers = [column.header for column in sheet.header.columns] + list(sheet.results.numbers)
    cells.update((number, dict.fromkeys(headers)) for number in changes.gone)
    return {number: values for number, values in cells.items() if values}


def _differences(
    known: CsvRow, row: CsvRow, typed: SheetRow, columns: Sequence[Column]
) -> dict[str, ResultValue]:
    return {
        column.header: typed.cells[column.number].value if column.name in row.values else None
        for column in columns
        if known.values.get(column.name, "") != row.values.get(column.name, "")
    }


def _refuse_another_list(changes: Changes, sheet: DataSheet, csv_path: Path) -> None:
    """Stop if no row is recognized: all videos would be made again, although rows may only look different."""
    if changes.kept and changes.added and not (changes.same or changes.edited):
        raise InputError(
            f"castmerge doesn't recognize any of its {len(changes.added)} rows, and "
            f"{len(changes.kept)} others "
            "have videos",
            place=str(csv_path),
            hint="If its IDs or dates were only reformatted, as Excel does when it saves a CSV "
            "file, add --key with "
            "a column that still identifies rows. If it's another list, rename "
            f"{sheet.path.name}",
        )


def _refuse_disputed(changes: Changes, sheet: DataSheet, csv_path: Path) -> None:
    for number, row in changes.disputed:
        raise InputError(
            f"row {row.number} of {csv_path.name} was edited, and so was the same row in the workbook",
            place=f"{sheet.path}, row {number}",
            hint="Make both rows match, or continue with one of the two files and rename the other",
        )


def _refuse_below_table(changes: Changes, sheet: DataSheet) -> None:
    if changes.added and sheet.header.last_row is not None:
        raise InputError(
            f"castmerge can't add {len(changes.added)} new rows, because its rows are now an Excel Table",
            place=str(sheet.path),
            hint="Add them there yourself, or turn the Table into a range (Table Design > Convert to Range)",
        )


def _summary(changes: Changes) -> str:
    amounts = (
        (len(changes.added), "new"),
        (len(changes.edited), "edited"),
        (len(changes.gone), "gone"),
        (len(changes.kept), "deleted, but kept in the workbook because they have a video"),
    )
    listed = ", ".join(f"{amount:,} {words}" for amount, words in amounts if amount)
    return listed or "no rows differ"


def find_changes(
    known: Sequence[CsvRow],
    now: Sequence[CsvRow],
    before: Sequence[CsvRow] | None,
    columns: Sequence[str],
    key: Sequence[str] = (),
) -> Changes:
    """Compare the rows of a workbook with those of its CSV file.

    Args:
        known: the workbook's rows
        now: the file's rows
        before: the file's rows at the last import; None if they aren't known, so that the file takes
            precedence over edits in the workbook
        columns: normalized headers that both have, from left to right
        key: those of them that identify a row, if given
    """
    keys = [tuple(key)] if key else [(name,) for name in _distinct_columns(columns, known, now)]
    same = equal_rows(known, now, columns)
    known, now = _without(known, now, same)
    left, new = list(known), list(now)
    edited_by_hand: list[CsvRow] = []
    if before is not None:
        counts = Counter(_signature(row, columns) for row in before)
        counts.subtract(_signature(row, columns) for row in same.values())
        left, edited_by_hand = _split(known, counts, columns)
        _, new = _split(now, counts, columns)
    edited, left, new = _pair_by_keys(keys, left, new)
    disputed, _, new = _pair_by_keys(keys, edited_by_hand, new)
    return Changes(
        same=same,
        edited=edited,
        added=tuple(new),
        gone=tuple(row.number for row in left if not row.made),
        kept=tuple(row.number for row in left if row.made),
        disputed=tuple(disputed.items()),
    )


def _signature(row: CsvRow, columns: Iterable[str]) -> Signature:
    return tuple((name, row.values[name]) for name in columns if name in row.values)


def equal_rows(known: Sequence[CsvRow], now: Sequence[CsvRow], columns: Sequence[str]) -> dict[int, CsvRow]:
    """Pair each row with the first equal one that isn't paired yet."""
    waiting: defaultdict[Signature, list[int]] = defaultdict(list)
    for row in reversed(known):
        waiting[_signature(row, columns)].append(row.number)
    found = ((row, waiting.get(_signature(row, columns))) for row in now)
    return {numbers.pop(): row for row, numbers in found if numbers}


def _split(
    rows: Sequence[CsvRow], before: Mapping[Signature, int], columns: Sequence[str]
) -> tuple[list[CsvRow], list[CsvRow]]:
    """Split rows into those that the file had at the last import, each as often as then, and the others."""
    counts = dict(before)
    found: list[CsvRow] = []
    others: list[CsvRow] = []
    for row in rows:
        signature = _signature(row, columns)
        known = counts.get(signature, 0) > 0
        (found if known else others).append(row)
        counts[signature] = counts.get(signature, 0) - known
    return found, others


def _distinct_columns(columns: Sequence[str], *tables: Sequence[CsvRow]) -> list[str]:
    """The columns without blank or repeated values."""
    return [
        name
        for name in columns
        if all(_all_differ([row.values.get(name, "") for row in table]) for table in tables)
    ]


def _all_differ(values: Sequence[str]) -> bool:
    return all(values) and len(set(values)) == len(values)


def _pair_by_keys(
    keys: Sequence[Sequence[str]], known: Sequence[CsvRow], now: Sequence[CsvRow]
) -> tuple[dict[int, CsvRow], list[CsvRow], list[CsvRow]]:
    """Pair rows by one key after the other; returns the pairs and the rows left over on either side."""
    pairs: dict[int, CsvRow] = {}
    left, new = list(known), list(now)
    for turn, names in enumerate(keys):
        found = _pair(left, new, names, similar_only=turn > 0)
        left, new = _without(left, new, found)
        pairs |= found
    return pairs, left, new


def _pair(
    known: Iterable[CsvRow], now: Sequence[CsvRow], names: Sequence[str], *, similar_only: bool
) -> dict[int, CsvRow]:
    """Pair rows that share a key which no other row on either side has."""
    there, here = _by_key(known, names), _by_key(now, names)
    keys = [key for key in there if len(there[key]) == len(here.get(key, ())) == 1]
    return {
        old.number: new
        for old, new in ((there[key][0], here[key][0]) for key in keys)
        if all(old.values.get(name) for name in names) and not (similar_only and _are_different(old, new))
    }


def _are_different(old: CsvRow, new: CsvRow) -> bool:
    """Whether less than half of the values are the same."""
    names = old.values.keys() | new.values.keys()
    return 2 * sum(old.values.get(name) == new.values.get(name) for name in names) < len(names)


def _by_key(rows: Iterable[CsvRow], names: Sequence[str]) -> dict[tuple[str, ...], list[CsvRow]]:
    found: defaultdict[tuple[str, ...], list[CsvRow]] = defaultdict(list)
    for row in rows:
        values = tuple(row.values.get(name, "") for name in names)
        found[values if all(values) else ()].append(row)
    return found


def _without(
    known: Sequence[CsvRow], now: Sequence[CsvRow], pairs: Mapping[int, CsvRow]
) -> tuple[list[CsvRow], list[CsvRow]]:
    paired = {row.number for row in pairs.values()}
    return (
        [row for row in known if row.number not in pairs],
        [row for row in now if row.number not in paired],
    )
