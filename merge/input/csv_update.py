"""What a changed text changes in the workbook that was made from it: its cells, and words about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from merge.errors import InputError
from merge.input.csv import Changes, TextRow, find_changes
from merge.input.csv_file import TextFile, text_row
from merge.input.data_sheet import DataSheet
from merge.model import Cell, CellKind, ResultValue, SheetRow
from merge.sheet.columns import Column, data_rows, find_column, normalize
from merge.sheet.result_columns import Status

_UNMADE = (Status.TO_DO, Status.FAILED, Status.INVALID)

Cells = dict[int, Mapping[str, ResultValue]]


@dataclass(frozen=True, slots=True)
class Update:
    """What is to be done to the workbook.

    Attributes:
        cells: values by row number and header; None clears
        headers: columns that are new
        said: the same in words
    """

    cells: Cells
    headers: tuple[str, ...]
    said: str


def update_of(
    text: TextFile, sheet: DataSheet, before: Sequence[TextRow] | None, key: Sequence[str]
) -> Update:
    """Compare the text with the workbook that was made from it.

    Args:
        text: as it is now
        sheet: the workbook's sheet
        before: the text's rows when they were last taken in, or None where that is not known
        key: headers of the columns that name a row; or none

    Raises:
        InputError: a row was changed in both, or there is no room for new ones
    """
    columns = text.sheet.header.columns
    names = {column.name for column in sheet.header.columns}
    named = (find_column(text.sheet.header, header) for header in key)
    known = {row.number: row for row in _known_rows(sheet)}
    changes = find_changes(
        tuple(known.values()),
        text.rows,
        before,
        [column.name for column in columns if column.name in names],
        [column.name for column in named if column],
    )
    _refuse_another_list(changes, text)
    _refuse_disputed(changes, text)
    _refuse_below_table(changes, sheet)
    return Update(
        _cells(text, sheet, known, changes),
        tuple(column.header for column in columns if column.name not in names),
        f"{text.path.name} has changed: {_told(changes)}.",
    )


def applied(sheet: DataSheet, update: Update) -> tuple[SheetRow, ...]:
    """The worksheet's rows as they would be with these cells in them."""
    rows = {row.number: row for row in sheet.worksheet.rows}
    numbers = {column.name: column.number for column in sheet.header.columns}
    numbers |= {normalize(header): number for header, number in sheet.results.numbers.items()}
    free = max(max(row.cells, default=0) for row in rows.values()) + 1
    numbers |= {normalize(header): number for number, header in enumerate(update.headers, start=free)}
    titles: dict[str, ResultValue] = {header: header for header in update.headers}
    for number, values in ({sheet.header.row: titles} | update.cells).items():
        row = rows.get(number, SheetRow(number, {}))
        placed = {numbers[normalize(header)]: value for header, value in values.items()}
        kept = {column: cell for column, cell in row.cells.items() if column not in placed}
        rows[number] = replace(row, cells=kept | dict(_as_cells(placed)))
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


def _known_rows(sheet: DataSheet) -> Iterator[TextRow]:
    results = sheet.results
    for row in data_rows(sheet.worksheet, sheet.header, result_columns=results.headers.all):
        made = bool(results.job_of(row)) or Status.of(results.status_of(row)) not in _UNMADE
        yield text_row(row, sheet.header.columns, made=made)


def _cells(text: TextFile, sheet: DataSheet, known: Mapping[int, TextRow], changes: Changes) -> Cells:
    typed = {row.number: row for row in text.sheet.worksheet.rows}
    columns = text.sheet.header.columns
    cells: Cells = {}
    for number, row in {**changes.same, **changes.edited}.items():
        cells[number] = _differences(known[number], row, typed[row.number], columns)
    last = max(row.number for row in sheet.worksheet.rows)
    for number, row in enumerate(changes.added, start=last + 1):
        cells[number] = _differences(TextRow(number, {}), row, typed[row.number], columns)
    blank = [column.header for column in sheet.header.columns] + list(sheet.results.numbers)
    cells.update((number, dict.fromkeys(blank)) for number in changes.gone)
    return {number: values for number, values in cells.items() if values}


def _differences(
    known: TextRow, row: TextRow, typed: SheetRow, columns: Sequence[Column]
) -> dict[str, ResultValue]:
    return {
        column.header: typed.cells[column.number].value if column.name in row.values else None
        for column in columns
        if known.values.get(column.name, "") != row.values.get(column.name, "")
    }


def _refuse_another_list(changes: Changes, text: TextFile) -> None:
    """Where no row is known again, all would be made once more: after all, they may only look otherwise."""
    if changes.kept and changes.added and not (changes.same or changes.edited):
        raise InputError(
            f"none of its {len(changes.added)} rows is known any more, and {len(changes.kept)} others "
            "have videos",
            place=str(text.path),
            hint="If its ids or dates were only written anew (as Excel does when it saves a CSV file), name "
            "the column that still tells rows apart with --key; if it is another list, rename "
            f"{text.sheet.path.name}",
        )


def _refuse_disputed(changes: Changes, text: TextFile) -> None:
    for number, row in changes.disputed:
        raise InputError(
            f"row {row.number} of {text.path.name} was changed, and so was the same row in the workbook",
            place=f"{text.sheet.path}, row {number}",
            hint="Make both rows say the same, or go on with one of the two files and rename the other",
        )


def _refuse_below_table(changes: Changes, sheet: DataSheet) -> None:
    if changes.added and sheet.header.last_row is not None:
        raise InputError(
            f"{len(changes.added)} new rows cannot be put into it: its rows are an Excel Table by now",
            place=str(sheet.path),
            hint="Add them there by hand, or turn the Table into a range (Table Design, Convert to Range)",
        )


def _told(changes: Changes) -> str:
    amounts = (
        (len(changes.added), "new"),
        (len(changes.edited), "edited"),
        (len(changes.gone), "gone"),
        (len(changes.kept), "gone, but with a video, and kept in the workbook"),
    )
    said = ", ".join(f"{amount:,} {words}" for amount, words in amounts if amount)
    return said or "no row differs"
