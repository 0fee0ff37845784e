from __future__ import annotations

from pathlib import Path

from merge.input.data_sheet import DataSheet
from merge.input.row_identity import KeyColumns, duplicates, read_rows
from merge.model import Cell, CellKind, Row, SheetRow, Worksheet
from merge.sheet.columns import Column, Header
from merge.sheet.packed import repeated
from merge.sheet.result_columns import ResultColumns, ResultHeaders

NAME, PLAN = Column(1, "Name", "name", "name"), Column(2, "Plan", "plan", "plan")
HEADER = Header(1, (NAME, PLAN), 2)
HEADERS = ResultHeaders.with_prefix()
RESULTS = ResultColumns(HEADERS, {header: 3 + place for place, header in enumerate(HEADERS.all)})
BY_NAME, BY_CONTENT = KeyColumns((NAME,), (NAME, PLAN)), KeyColumns((), (NAME,))


def _line(number: int, *texts: str) -> SheetRow:
    cells = {place: Cell(CellKind.TEXT, text) for place, text in enumerate(texts, start=1) if text}
    return SheetRow(number, cells)


def _rows(*lines: SheetRow, key_columns: KeyColumns = BY_CONTENT) -> list[Row]:
    worksheet = Worksheet("people.xlsx", "People", lines)
    rows = list(read_rows(DataSheet(Path("people.xlsx"), worksheet, HEADER, RESULTS), key_columns))
    told_apart_by = (row.name if key_columns.named else row.content for row in rows)
    problems = duplicates(rows, key_columns, repeated(told_apart_by))
    return [row._replace(problem=row.problem or problems.get(place)) for place, row in enumerate(rows)]


def test_a_key_is_the_text_of_its_cells() -> None:
    """The key of a row is the shown text of its key columns."""
    assert _rows(_line(2, " Ana ", "Gold"), key_columns=BY_NAME)[0].name == "Ana"


def test_rows_with_one_key_name_each_other() -> None:
    """Both rows have a problem that names the other one."""
    first, second = _rows(_line(2, "Ana", "Gold"), _line(5, "Ana", "Free"), key_columns=BY_NAME)
    assert first.problem is not None
    assert second.problem is not None
    assert ("Row 5" in first.problem.note, "Row 2" in second.problem.note) == (True, True)


def test_a_blank_key_is_a_problem() -> None:
    """A row with a blank key cell can't be identified by it."""
    problem = _rows(_line(2, "", "Gold"), key_columns=BY_NAME)[0].problem
    assert problem is not None
    assert "Name" in problem.note


def test_identical_rows_name_each_other() -> None:
    """Without a key, rows that are identical in every column are assumed to be a mistake."""
    rows = _rows(_line(2, "Ana", "Gold"), _line(3, "Ana", "Gold"), _line(4, "Ana", "Gold"))
    notes = [row.problem.note if row.problem else "" for row in rows]
    assert ["rows 3, 4" in notes[0], "rows 2, 4" in notes[1], "rows 2, 3" in notes[2]] == [True] * 3


def test_rows_that_differ_only_in_unused_columns_are_accepted() -> None:
    """Two people with the same name get a video each."""
    first, second = _rows(_line(2, "Ana", "Gold"), _line(3, "Ana", "Free"))
    assert first.problem is second.problem is None
    assert first.name == second.name


def test_rows_carry_their_result_cells() -> None:
    """Id, status and time are read as they are, even if they belong to another row."""
    line = _line(2, "Ana", "Gold", "Complete", "", "", "", "v1")
    updated = RESULTS.numbers[HEADERS.updated]
    [row] = _rows(line._replace(cells={**line.cells, updated: Cell(CellKind.NUMBER, 46000.5)}))
    assert (row.id_cell, row.status_cell, row.updated) == ("v1", "Complete", 46000.5)
