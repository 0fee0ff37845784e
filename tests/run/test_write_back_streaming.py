from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from merge import Settings, merge_workbook
from merge.errors import WriteBackError
from merge.journal import Journal
from merge.model import Entry, State
from merge.results import MergeResult
from merge.run.collect import open_memory
from merge.run.write_back import write_back
from merge.run.write_back_streaming import filing, write_back_streaming
from merge.settings import ServiceOptions
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

SIMULATED, QUICKLY = Settings(simulate=True), ServiceOptions(simulate_seconds=0.1)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Case = Callable[[Path, Path], None]


@pytest.fixture
def made(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> Path:
    """Four people, three of whom have their videos; the workbook is as it was before."""
    people = make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"], ["Dan"]])
    before = copy(people, people.with_name("before.xlsx"))
    settings = replace(SIMULATED, selection=replace(SIMULATED.selection, limit=3))
    merge_workbook(people, make_template(), settings=settings, service=QUICKLY)
    copy(people, people.with_name("after.xlsx"))
    copy(before, people)
    journal = _journal(people)
    _change(journal, lambda entry: replace(entry, written=0))
    return people


def _journal(workbook: Path) -> Path:
    return workbook.parent / ".castmerge" / f"{workbook.name}.simulated.db"


def _change(path: Path, change: Callable[[Entry], Entry]) -> None:
    with Journal.open(path) as journal:
        journal.put("People", [change(entry) for entry in journal.entries("People").values()])


def _cells(workbook: Path) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(workbook)["People"].iter_rows(values_only=True))


def _edit(workbook: Path, change: Callable[[Worksheet], object]) -> None:
    book = openpyxl.load_workbook(workbook)
    change(book["People"])
    book.save(workbook)


def _as_before(_workbook: Path, _journal: Path) -> None:
    """Nothing was written yet."""


def _written_already(workbook: Path, _journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)


def _half_written(workbook: Path, _journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)
    _edit(workbook, lambda page: page.cell(2, 3, "Rendering"))


def _not_taken(workbook: Path, journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)

    def change(page: Worksheet) -> None:
        _blank(page, 2, 4)
        page.cell(2, 3, "Check")

    _edit(workbook, change)
    _change(journal, lambda entry: _untaken(entry) if entry.row_number == 2 else entry)


def _untaken(entry: Entry) -> Entry:
    return replace(entry, state=State.NOT_TAKEN, job=None, video_url=None)


def _sorted(workbook: Path, _journal: Path) -> None:
    names = ["Dan", "Cem", "Ana", "Ben"]
    _edit(workbook, lambda page: [page.cell(at, 1, name) for at, name in enumerate(names, start=2)])


@pytest.mark.parametrize("case", [_as_before, _written_already, _half_written, _not_taken, _sorted])
def test_row_by_row_writes_what_all_at_once_writes(made: Path, case: Case) -> None:
    """The workbook, the journal and the summary are the same."""
    case(made, _journal(made))
    other = made.parent / "other" / made.name
    (other.parent / ".castmerge").mkdir(parents=True)
    copy(made, other)
    copy(_journal(made), _journal(other))
    with open_memory(other, SIMULATED, lock=True) as known:
        sheet_status = known.sheet_status()
        whole = write_back(sheet_status.known, sheet_status.journaled, known.journal, NOW)
        expected = _told(sheet_status.summary())
    with open_memory(made, SIMULATED, lock=True) as known:
        filed = write_back_streaming(known, NOW)
        assert filed
        assert _told(filed.result) == expected
        assert filed.written == whole
    assert _cells(made) == _cells(other)
    with Journal.open(_journal(made)) as here, Journal.open(_journal(other)) as there:
        assert here.entries("People") == there.entries("People")


def _told(result: MergeResult) -> dict[str, object]:
    return {**result.to_dict(), "workbook": ""}


def _twice(workbook: Path, _journal: Path) -> None:
    _edit(workbook, lambda page: page.cell(3, 1, "Ana"))


def _edited(workbook: Path, _journal: Path) -> None:
    _edit(workbook, lambda page: page.cell(3, 1, "Benjamin"))


def _gone(workbook: Path, _journal: Path) -> None:
    _edit(workbook, lambda page: page.delete_rows(3))


def _cleared(workbook: Path, journal: Path) -> None:
    _half_written(workbook, journal)
    _change(journal, lambda entry: replace(entry, written=1))
    _edit(workbook, lambda page: _blank(page, 2, 3, 4))


def _blank(page: Worksheet, *columns: int) -> None:
    for column in columns:
        page.cell(2, column).value = None


def _of_another_row(workbook: Path, _journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)
    _edit(workbook, lambda page: page.cell(2, 2, page.cell(3, 2).value))


def _unknown(workbook: Path, _journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)
    _edit(workbook, lambda page: page.cell(5, 2, "somebody-elses"))


def _out_of_date(workbook: Path, _journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)
    _edit(workbook, lambda page: page.cell(2, 3, "Out of date"))


def _damaged(workbook: Path, _journal: Path) -> None:
    workbook.write_bytes(b"no workbook")


@pytest.mark.parametrize(
    "case", [_twice, _edited, _gone, _cleared, _of_another_row, _unknown, _out_of_date, _damaged]
)
def test_what_is_less_simple_is_left_alone(made: Path, case: Case) -> None:
    """Where a row is not what it looks like, nothing is touched, and all rows are looked at together."""
    case(made, _journal(made))
    before = made.read_bytes()
    with open_memory(made, SIMULATED, lock=True) as known:
        assert write_back_streaming(known, NOW) is None
        entries = known.journal.entries("People")
    assert made.read_bytes() == before
    with Journal.open(_journal(made)) as journal:
        assert journal.entries("People") == entries


def test_the_command_takes_either_way(made: Path, castmerge: Castmerge) -> None:
    """With a row that has left, all rows are looked at together; the others get their results."""
    _edit(made, lambda page: page.delete_rows(3))
    ran = castmerge("write-back", made, "--simulate")
    header, *rows = _cells(made)
    assert [row[header.index("Video Status")] for row in rows] == ["Complete", "Complete", None]
    assert (ran.code, len(ran.out.splitlines())) == (0, 3)
    assert castmerge("write-back", made, "--simulate").code == 0


def test_an_open_workbook_is_said(made: Path) -> None:
    """The results stay in the journal."""
    made.with_name(f"~${made.name}").write_bytes(b"\x03Ana".ljust(165, b" "))
    with pytest.raises(WriteBackError, match="open in Excel"), filing(made, SIMULATED, NOW):
        raise AssertionError
