from __future__ import annotations

from collections import Counter
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
from merge.journal import SqliteJournal
from merge.model import Entry, State
from merge.results import ExitCode
from merge.run.collect import write_back_from_journal
from merge.settings import ServiceOptions
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

SIMULATED, QUICKLY = Settings(simulate=True), ServiceOptions(simulate_seconds=0.1)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Case = Callable[[Path, Path], None]


@pytest.fixture
def made(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> Path:
    """Four people, three with videos that aren't in the workbook yet."""
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
    with SqliteJournal.open(path) as journal:
        journal.put("People", [change(entry) for entry in journal.entries("People").values()])


def _cells(workbook: Path) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(workbook)["People"].iter_rows(values_only=True))


def _edit(workbook: Path, change: Callable[[Worksheet], object]) -> None:
    book = openpyxl.load_workbook(workbook)
    change(book["People"])
    book.save(workbook)


def _as_before(_workbook: Path, _journal: Path) -> None:
    """Assert that nothing was written yet."""


def _written_already(workbook: Path, _journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)


def _half_written(workbook: Path, _journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)
    _edit(workbook, lambda page: page.cell(2, 2, "Rendering"))


def _not_taken(workbook: Path, journal: Path) -> None:
    copy(workbook.with_name("after.xlsx"), workbook)

    def change(page: Worksheet) -> None:
        for column in (6, 3):
            page.cell(2, column).value = None
        page.cell(2, 2, "Check")

    _edit(workbook, change)
    _change(journal, lambda entry: _untaken(entry) if entry.row_number == 2 else entry)


def _untaken(entry: Entry) -> Entry:
    return replace(entry, state=State.NOT_TAKEN, job=None, video_url=None)


def _sorted(workbook: Path, _journal: Path) -> None:
    names = ["Dan", "Cem", "Ana", "Ben"]
    _edit(workbook, lambda page: [page.cell(at, 1, name) for at, name in enumerate(names, start=2)])


@pytest.mark.parametrize("case", [_as_before, _written_already, _half_written, _not_taken, _sorted])
def test_results_are_written_next_to_their_rows(made: Path, case: Case) -> None:
    """Each row gets its entry from the journal, whatever the workbook showed before."""
    case(made, _journal(made))
    result, _ = write_back_from_journal(made, SIMULATED, NOW)
    expected = {"Ana": "Practice", "Ben": "Practice", "Cem": "Practice", "Dan": None}
    if case is _not_taken:
        expected["Ana"] = None
    assert _statuses(made) == expected
    assert result.exit_code is ExitCode.COMPLETE
    assert result.counts["complete"] == Counter(expected.values())["Practice"]
    with SqliteJournal.open(_journal(made)) as journal:
        assert all(entry.written for entry in journal.entries("People").values() if entry.job)


def _statuses(workbook: Path) -> dict[object, object]:
    header, *rows = _cells(workbook)
    status = header.index("Video Status")
    return {row[0]: row[status] for row in rows}


def test_a_deleted_row_does_not_affect_the_others(made: Path, castmerge: Castmerge) -> None:
    """The command can be repeated, and lists the rows that aren't written yet."""
    _edit(made, lambda page: page.delete_rows(3))
    ran = castmerge("write-back", made, "--simulate")
    header, *rows = _cells(made)
    assert [row[header.index("Video Status")] for row in rows] == ["Practice", "Practice", None]
    assert (ran.code, len(ran.out.splitlines())) == (0, 3)
    assert castmerge("write-back", made, "--simulate").code == 0


def test_an_open_workbook_is_refused(made: Path) -> None:
    """The results stay in the journal."""
    made.with_name(f"~${made.name}").write_bytes(b"\x03Ana".ljust(165, b" "))
    with pytest.raises(WriteBackError, match="open in Excel"):
        write_back_from_journal(made, SIMULATED, NOW)
