from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from merge import MergeResult, Settings, merge_workbook, merge_workbook_async
from merge.cli.summary_text import intent_lines
from merge.connect import connected
from merge.errors import WriteBackError
from merge.journal import SqliteJournal
from merge.results import ExitCode, RowStatus
from merge.run.clock import SystemClock
from merge.run.session import Session, open_session, plan_without_lock
from merge.run.stop import StopSignal
from merge.run.write_back import Results, write_back
from merge.services.simulator import Faults, Simulator, SimulatorSettings
from merge.settings import ServiceOptions
from merge.sheet.result_columns import ResultHeaders, Status
from merge.workbook import write_columns
from tests.support.callables import MakeTemplate, MakeWorkbook

SIMULATED = Settings(simulate=True)
QUICKLY = ServiceOptions(simulate_seconds=0.2)


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """Three people with plans."""
    return make_workbook([["Name", "Plan"], ["Ana", "Gold"], ["Ben", "Free"], ["Cem", "Gold"]])


def _by_name(workbook: Path) -> dict[object, object]:
    header, *rows = openpyxl.load_workbook(workbook)["People"].iter_rows(values_only=True)
    return {row[header.index("Name")]: row[header.index("Video ID")] for row in rows if row[0]}


def test_a_library_call_makes_the_videos(people: Path, make_template: MakeTemplate) -> None:
    """`merge_workbook` does the same as the command and returns the result."""
    template = make_template()
    result = merge_workbook(people, template, settings=SIMULATED, service=QUICKLY)
    assert (result.exit_code, result.counts["complete"], result.credits) == (ExitCode.COMPLETE, 3, None)
    assert [row["video_id"] for row in result.rows] == list(_by_name(people).values())
    again = merge_workbook(str(people), str(template), settings=SIMULATED)
    assert again.rows == result.rows


def test_a_run_can_be_awaited_in_a_running_loop(people: Path, make_template: MakeTemplate) -> None:
    """`merge_workbook_async` runs in the caller's loop, and can be asked to stop."""

    async def two_at_once() -> MergeResult:
        return await merge_workbook_async(
            people, make_template(), settings=SIMULATED, service=QUICKLY, stop=StopSignal(requested=True)
        )

    assert asyncio.run(two_at_once()).exit_code is ExitCode.INTERRUPTED


def _carry_out(session: Session, people: Path) -> MergeResult:
    async def run() -> MergeResult:
        async with connected(QUICKLY, people, session.settings) as service:
            return await session.carry_out(service, SystemClock(), StopSignal(), lambda _: None)

    return asyncio.run(run())


def test_rows_are_found_again_after_sorting_during_a_run(
    people: Path, make_template: MakeTemplate, make_workbook: MakeWorkbook
) -> None:
    """Results are matched by key, not by row number."""
    with open_session(people, make_template(), SIMULATED) as session:
        make_workbook([["Name", "Plan"], ["Cem", "Gold"], ["New", "Free"], ["Ana", "Gold"], ["Ben", "Free"]])
        result = _carry_out(session, people)
    made = {row.row: row.video_id for row in result.rows}
    assert _by_name(people) == {"Cem": made[4], "New": None, "Ana": made[2], "Ben": made[3]}


def test_a_row_deleted_during_a_run_is_reported(
    people: Path, make_template: MakeTemplate, make_workbook: MakeWorkbook
) -> None:
    """Its video stays in the journal, and no other row gets it."""
    with open_session(people, make_template(), SIMULATED) as session:
        make_workbook([["Name", "Plan"], ["Ana", "Gold"], ["Cem", "Gold"]])
        result = _carry_out(session, people)
    assert any("(row 3 when the run began) was deleted or changed" in note for note in result.notes)
    assert set(_by_name(people)) == {"Ana", "Cem"}


@pytest.mark.parametrize("gone", [True, False], ids=["deleted", "damaged"])
def test_results_of_a_missing_workbook_stay_in_the_journal(
    people: Path, make_template: MakeTemplate, make_workbook: MakeWorkbook, gone: bool
) -> None:
    """The exit code is 5, and a later run writes them."""
    template = make_template()
    with open_session(people, template, SIMULATED) as session:
        people.unlink()
        if not gone:
            people.write_text("not a workbook", encoding="utf-8")
        result = _carry_out(session, people)
    assert result.exit_code is ExitCode.NOT_WRITTEN
    make_workbook([["Name", "Plan"], ["Ana", "Gold"], ["Ben", "Free"], ["Cem", "Gold"]])
    again = merge_workbook(people, template, settings=SIMULATED)
    assert [row.video_id for row in again.rows] == [row.video_id for row in result.rows]
    assert all(_by_name(people).values())


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            "CREATE TRIGGER broken BEFORE INSERT ON stamps BEGIN SELECT RAISE(ABORT, 'no'); END",
            id="when it records the write",
        ),
        pytest.param("DROP TABLE stamps", id="before the write"),
    ],
)
def test_a_journal_that_fails_at_the_end_keeps_no_result_from_the_workbook(
    people: Path, make_template: MakeTemplate, fault: str
) -> None:
    """The run ends with exit code 3 and says what the journal couldn't record."""
    with open_session(people, make_template(), SIMULATED) as session:
        with closing(sqlite3.connect(session.journal.name)) as other:
            other.execute(fault)
            other.commit()
        result = _carry_out(session, people)
    assert (result.exit_code, [row.status for row in result.rows]) == (
        ExitCode.STOPPED,
        [Status.COMPLETE] * 3,
    )
    assert any("The journal couldn't record what is in the workbook" in each for each in result.notes)
    assert openpyxl.load_workbook(people)["People"].max_column == 7


def test_results_written_before_the_lock_are_read(people: Path, make_template: MakeTemplate) -> None:
    """The workbook is read again once the lock is held."""
    template = make_template()
    merge_workbook(people, template, settings=SIMULATED, service=QUICKLY)
    with open_session(people, template, SIMULATED) as session:
        assert not session.needs_service


def test_a_stopped_run_reports_the_reason(people: Path, make_template: MakeTemplate, tmp_path: Path) -> None:
    """A refused key has exit code 3, and the notes give the next step."""
    with (
        Simulator(
            SimulatorSettings(key="right", faults=Faults(), state_file=tmp_path / "s.jsonl")
        ) as service,
        open_session(people, make_template(), Settings(journal=tmp_path / "j.db")) as session,
    ):
        from merge.services.aistudios import AiStudios, AiStudiosSettings, ApiKey  # noqa: PLC0415 - one test needs it

        async def run() -> MergeResult:
            place = AiStudiosSettings(base_url=service.base_url)
            async with AiStudios(ApiKey("wrong"), place) as aistudios:
                return await session.carry_out(aistudios, SystemClock(), StopSignal(), lambda _: None)

        result = asyncio.run(run())
    assert (result.exit_code, result.notes[0].startswith("Stopped:")) == (ExitCode.STOPPED, True)


def test_a_workbook_that_cannot_be_patched_is_exit_code_5(people: Path, make_template: MakeTemplate) -> None:
    """The results stay in the journal."""
    with (
        open_session(people, make_template(), SIMULATED) as session,
        SqliteJournal.open(people.with_name("x.db")) as journal,
    ):
        book = openpyxl.load_workbook(people)
        page = book["People"]
        for number, header in enumerate(ResultHeaders.with_prefix().all, start=3):
            page.cell(1, number, header)
        page["C2"] = "={1,2}"
        page.merge_cells("C3:D4")
        book.save(people)
        known = session.plan.known
        result = RowStatus(row=3, key=session.plan.rows[1].row.key, status=Status.COMPLETE, video_id="v1")
        with pytest.raises(WriteBackError):
            write_back(known, Results([result]), journal, SystemClock().now())


def test_a_changed_workbook_is_not_written(people: Path, make_workbook: MakeWorkbook) -> None:
    """Row numbers of an older file are never used for a newer one."""
    from merge.workbook import file_version  # noqa: PLC0415 - one test needs it

    since = file_version(people)
    make_workbook([["Name", "Plan"], ["Zoe", "Gold"]])
    before = people.read_bytes()
    with pytest.raises(WriteBackError, match="someone else saved"):
        write_columns(people, sheet="People", header_row=1, rows={2: {"Video ID": "v1"}}, since=since)
    assert people.read_bytes() == before


def test_rows_below_a_table_are_mentioned(tmp_path: Path, make_template: MakeTemplate) -> None:
    """A note mentions rows just outside the Table, which aren't part of the data."""
    path = tmp_path / "table.xlsx"
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in (["Name"], ["Ana"], ["Ben"], ["Cem"]):
        page.append(row)
    page.add_table(Table(displayName="People", ref="A1:A3"))
    book.save(path)
    plan = plan_without_lock(path, make_template(), Settings())
    assert (len(plan.rows), plan.sheet.rows_below_table) == (2, 1)
    assert any("1 row is below the Excel Table" in line for line in intent_lines(plan, Settings()))


def test_another_computers_locale_changes_nothing(people: Path, make_template: MakeTemplate) -> None:
    """Without --locale the locale of the last run is kept; an explicit one is used."""
    assumed = replace(SIMULATED, locale="de_DE", locale_assumed=True)
    with open_session(people, make_template(), assumed) as session:
        session.conclude_without_service(SystemClock())
    for settings, locale in (
        (replace(assumed, locale="en_US"), "de_DE"),
        (replace(assumed, locale="fr_FR", locale_assumed=False), "fr_FR"),
    ):
        with open_session(people, make_template(), settings) as again:
            assert again.plan.saved.fill_options.locale == locale
