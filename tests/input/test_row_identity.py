from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.input.row_identity import KeyColumns, identify
from merge.model import Cell, CellKind, Entry, Fingerprint, JobId, Row, RowKey, SheetRow, State, Tag
from merge.sheet.columns import Column, Header
from merge.sheet.result_columns import ResultColumns, ResultHeaders

NAME, PLAN = Column(1, "Name", "name", "name"), Column(2, "Plan", "plan", "plan")
HEADER = Header(1, (NAME, PLAN), 2)
HEADERS = ResultHeaders.with_prefix()
RESULTS = ResultColumns(HEADERS, {header: 3 + place for place, header in enumerate(HEADERS.all)})
BY_NAME, BY_CONTENT = KeyColumns((NAME,), (NAME, PLAN)), KeyColumns((), (NAME,))


def _line(number: int, *texts: str) -> SheetRow:
    cells = {place: Cell(CellKind.TEXT, text) for place, text in enumerate(texts, start=1) if text}
    return SheetRow(number, cells)


def _rows(
    *lines: SheetRow, key_columns: KeyColumns = BY_CONTENT, entries: Mapping[RowKey, Entry] | None = None
) -> list[Row]:
    return list(identify(lines, HEADER, RESULTS, key_columns, entries or {}))


def _made(row: Row, job: str) -> Entry:
    return Entry(row.key, row.number, row.content, Fingerprint("f"), Tag("t"), State.COMPLETE, job=JobId(job))


def _known(*entries: Entry) -> dict[RowKey, Entry]:
    return {entry.key: entry for entry in entries}


def test_a_named_key_is_what_the_cell_shows() -> None:
    """The key of a row is the text of its key columns."""
    assert _rows(_line(2, " Ana ", "Gold"), key_columns=BY_NAME)[0].key == "Ana"


def test_rows_with_one_key_name_each_other() -> None:
    """Two rows with one key are both in error, and say which the other is."""
    first, second = _rows(_line(2, "Ana", "Gold"), _line(5, "Ana", "Free"), key_columns=BY_NAME)
    assert first.problem is not None
    assert second.problem is not None
    assert ("row 5" in first.problem.note, "row 2" in second.problem.note) == (True, True)
    assert first.key != second.key


def test_a_blank_key_is_a_problem() -> None:
    """A row that its key column leaves blank cannot be told by it."""
    problem = _rows(_line(2, "", "Gold"), key_columns=BY_NAME)[0].problem
    assert problem is not None
    assert "Name" in problem.note


def test_rows_alike_in_every_column_name_each_other() -> None:
    """Without a key, whole twins are taken for a mistake."""
    rows = _rows(_line(2, "Ana", "Gold"), _line(3, "Ana", "Gold"), _line(4, "Ana", "Gold"))
    notes = [row.problem.note if row.problem else "" for row in rows]
    assert ["rows 3, 4" in notes[0], "rows 2, 4" in notes[1], "rows 2, 3" in notes[2]] == [True] * 3


def test_rows_alike_in_what_is_used_are_counted() -> None:
    """Two people of one name get a video each, known by their count."""
    first, second = _rows(_line(2, "Ana", "Gold"), _line(3, "Ana", "Free"))
    assert first.problem is second.problem is None
    assert second.key == f"{first.key}-2"


def test_a_row_is_known_by_its_video_id_when_its_key_changed() -> None:
    """Somebody who mends a name does not make a new row of it."""
    entry = _made(_rows(_line(2, "Ana", "Gold"))[0], "v1")
    [row] = _rows(_line(2, "Anna", "Gold", "v1", "Complete"), entries=_known(entry))
    assert row.key == entry.key


def test_a_row_is_known_by_its_content_when_the_key_is_another() -> None:
    """A template that uses another column does not make all rows look new."""
    entry = _made(_rows(_line(2, "Ana", "Gold"))[0], "v1")
    [row] = _rows(_line(9, "Ana", "Gold"), key_columns=BY_NAME, entries=_known(entry))
    assert row.key == entry.key


def test_a_copied_row_does_not_borrow_the_video() -> None:
    """Of two rows with one video id, the one that still looks like it keeps it; the other says so."""
    entry = _made(_rows(_line(2, "Ana", "Gold"))[0], "v1")
    copy, original = _rows(
        _line(2, "Ben", "Gold", "v1", "Complete"),
        _line(3, "Ana", "Gold", "v1", "Complete"),
        entries=_known(entry),
    )
    assert original.key == entry.key
    assert copy.problem is not None
    assert "row 3" in copy.problem.note


def test_an_equal_row_that_is_added_above_does_not_take_the_video() -> None:
    """A new row of the same name, put first, is the new one: the other has the video id beside it."""
    entry = _made(_rows(_line(2, "Ana", "Gold"))[0], "v1")
    new, old = _rows(
        _line(2, "Ana", "Free"), _line(3, "Ana", "Gold", "v1", "Complete"), entries=_known(entry)
    )
    assert (new.key, old.key) == (f"{entry.key}-2", entry.key)


NAMES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=12, unique=True
)


@pytest.mark.parametrize("key_columns", [BY_NAME, BY_CONTENT], ids=["key", "content"])
@given(people=NAMES, seed=st.integers(0, 99))
def test_sorting_changes_no_rows_video(
    key_columns: KeyColumns, people: list[tuple[str, str]], seed: int
) -> None:
    """Whatever order rows come in, each keeps the key that its video is known by."""
    lines = [_line(2 + place, *person) for place, person in enumerate(people)]
    before = _rows(*lines, key_columns=key_columns)
    entries = _known(*(_made(row, f"v{row.number}") for row in before))
    shuffled = random.Random(seed).sample(list(zip(people, before, strict=True)), len(people))
    after = _rows(
        *(_line(2 + place, *person, f"v{row.number}") for place, (person, row) in enumerate(shuffled)),
        key_columns=key_columns,
        entries=entries,
    )
    assert [row.key for row in after] == [row.key for _, row in shuffled]
