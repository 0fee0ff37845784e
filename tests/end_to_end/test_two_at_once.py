"""Two computers with one workbook and a journal each; and project lists that can't be trusted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from merge.errors import Rejected, Uncertain
from merge.journal import SqliteJournal
from merge.model import JobId, Project, State, Tag
from merge.results import ExitCode, MergeResult
from merge.run.clock import ServerTimeClock
from merge.run.session import open_session
from merge.settings import Settings
from merge.sheet.result_columns import Status
from tests.support.fake_service import BEGAN, SHEET, FakeService, FastClock, Scene


def _ids(workbook: Path) -> list[object]:
    header, *rows = openpyxl.load_workbook(workbook)[SHEET].iter_rows(values_only=True)
    return [row[header.index("Video ID")] for row in rows]


class _Overtaken(BaseException):
    """The other computer was switched off."""


def _kill(_: Project) -> None:
    raise _Overtaken


@pytest.mark.parametrize(
    ("killed", "status", "submitted"),
    [
        pytest.param(False, Status.COMPLETE, 5, id="it completes them"),
        pytest.param(True, Status.CHECK, 1, id="it is killed at the first"),
    ],
)
def test_rows_submitted_by_another_computer_are_not_submitted_again(
    scene: Scene, killed: bool, status: Status, submitted: int
) -> None:
    """Rows that the other one has marked since the plan are searched for by tag, and share its videos."""
    settings = Settings(journal=scene.journal.path, at_once=1)
    with (
        SqliteJournal.open(scene.journal.path.with_name("other.db")) as journal,
        open_session(scene.workbook, scene.template, settings) as session,
    ):
        other = replace(scene, journal=journal)
        if killed:
            scene.service.on_submit = _kill
            with pytest.raises(_Overtaken):
                other.carry_out(settings)
            scene.service.on_submit = lambda _: None
        else:
            other.carry_out(settings)
        carried = session.carry_out(scene.service, scene.clock, scene.stop, scene.events.append)
        result = asyncio.run(carried)
    assert Counter(row.status for row in result.rows) == {status: 5}
    assert scene.service.calls["submit"] == submitted
    assert len(set(_ids(scene.workbook)) - {None}) == (0 if killed else 5)


def test_an_id_written_by_another_run_is_kept(scene: Scene) -> None:
    """A row that this run held back stays the way the other one left it."""
    made: list[bool] = []

    def on_submit(_: Project) -> None:
        if not made:
            made.append(True)
            _write_elsewhere(scene.workbook)

    scene.service.on_submit = on_submit
    result = scene.carry_out(Settings(max_videos=1))
    assert result.exit_code is ExitCode.STOPPED
    assert _ids(scene.workbook) == ["v1", None, None, None, "from elsewhere"]


def _write_elsewhere(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    page = book[SHEET]
    header = {str(cell.value): cell.column for cell in page[1] if cell.value}
    page.cell(6, header["Video ID"], "from elsewhere")
    page.cell(6, header["Video Status"], "Complete")
    book.save(workbook)


def test_a_list_that_lacks_known_projects_is_not_trusted(scene: Scene) -> None:
    """A list of another workspace is empty; a lost row isn't paid for again because of that."""
    scene.carry_out(Settings(max_videos=4))
    scene.service.lists = False
    scene.service.answers = {5: Uncertain("500")}
    result = scene.carry_out(Settings(resubmit_in_doubt=True))
    assert (result.exit_code, scene.service.calls["submit"]) == (ExitCode.OPEN, 5)
    [note] = [str(row.note) for row in result.rows if row.status is Status.CHECK]
    assert "in every workspace" in note
    scene.service.lists = True
    assert scene.carry_out(Settings(resubmit_in_doubt=True)).exit_code is ExitCode.COMPLETE
    assert len(scene.service.accepted) == 5


def test_asking_again_after_the_warning_resubmits(scene: Scene) -> None:
    """Once the note has said that the list proves nothing, the flag decides."""
    scene.carry_out(Settings(max_videos=4))
    scene.service.lists = False
    scene.service.accepts_lost = False
    scene.service.answers = {5: Uncertain("500")}
    scene.carry_out()
    assert scene.service.calls["submit"] == 5
    assert scene.carry_out(Settings(resubmit_in_doubt=True)).exit_code is ExitCode.COMPLETE
    assert scene.service.calls["submit"] == 6


class _NoList(FakeService):
    """A service whose list answers once before anything is sent, and never again."""

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        self.calls["find"] += 1
        if self.calls["find"] > 1:
            raise Rejected(f"404: no list of {len(tags)} tags")
        return {}


def test_a_missing_list_does_not_block_a_run_forever(scene: Scene) -> None:
    """The row stays unconfirmed and isn't paid for again, and the run ends."""
    scene.service = _NoList(scene.clock, answers={1: Uncertain("500")})
    result = scene.carry_out(Settings(resubmit_in_doubt=True))
    assert (result.exit_code, result.counts["check"]) == (ExitCode.OPEN, 1)
    assert scene.service.calls["submit"] == 5
    assert 1800 < scene.clock.seconds() < 2000


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(timedelta(days=-400), id="set back"),
        pytest.param(timedelta(hours=8), id="eight hours of sleep"),
        pytest.param(timedelta(days=400), id="set forward"),
    ],
)
def test_setting_the_clock_during_a_run_has_no_effect(scene: Scene, moved: timedelta) -> None:
    """A lost submission is searched for as long as usual, whatever happens to the time of day."""
    scene.service.answers = {1: Uncertain("500")}
    scene.service.export_seconds = 300.0
    scene.service.on_submit = lambda _: scene.clock.set_by(moved)
    result = scene.carry_out(Settings(resubmit_in_doubt=True))
    assert result.exit_code is ExitCode.COMPLETE
    assert len(scene.service.accepted) == 5
    assert scene.clock.seconds() < 3600


@pytest.mark.parametrize(
    ("ahead", "corrected"), [(None, 0), (0, 0), (59, 0), (-59, 0), (61, -61), (-7200, 7200)], ids=str
)
def test_the_service_clock_corrects_a_wrong_local_clock(ahead: float | None, corrected: int) -> None:
    """Offsets of a minute or less are ignored as network delay, and an unknown offset counts as zero."""
    clock = FastClock()
    in_step = ServerTimeClock(clock, lambda: ahead)
    assert in_step.now() == clock.now() + timedelta(seconds=corrected)
    asyncio.run(in_step.sleep(5))
    assert in_step.seconds() == clock.seconds() == 5
    assert 0 <= in_step.random() < 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(timedelta(), timedelta(hours=8), id="is set forward"),
        pytest.param(timedelta(hours=-8), timedelta(), id="was behind and is set right"),
        pytest.param(timedelta(days=400), timedelta(days=-400), id="jumps back"),
    ],
)
def test_a_clock_that_is_wrong_between_runs_has_no_effect(
    scene: Scene, first: timedelta, then: timedelta
) -> None:
    """The age of a submission is measured with the service's time, not with this computer's."""
    scene.service.answers = {1: Uncertain("500")}
    scene.service.export_seconds = 300.0

    def carry_out(moved: timedelta, settings: Settings) -> MergeResult:
        scene.clock.set_by(moved)
        in_step = ServerTimeClock(scene.clock, partial(timedelta.total_seconds, moved))
        asked = replace(settings, journal=scene.journal.path)
        with open_session(scene.workbook, scene.template, asked) as session:
            return asyncio.run(session.carry_out(scene.service, in_step, scene.stop, scene.events.append))

    assert carry_out(first, Settings(wait=False)).exit_code is ExitCode.OPEN
    assert carry_out(then, Settings(resubmit_in_doubt=True)).exit_code is ExitCode.COMPLETE
    assert len(scene.service.accepted) == 5


def test_a_submission_dated_in_the_future_is_searched_once(scene: Scene) -> None:
    """It is searched for during the longest export time, and then stays unconfirmed."""
    scene.service.answers = {1: Uncertain("500")}
    scene.service.accepts_lost = False
    scene.carry_out()
    entries = scene.journal.entries(SHEET).values()
    [unconfirmed] = [entry for entry in entries if entry.state is State.SUBMITTING]
    scene.journal.put(SHEET, [replace(unconfirmed, submitted_at=BEGAN + timedelta(days=900))])
    began = scene.clock.seconds()
    result = scene.carry_out()
    assert (result.exit_code, result.counts["check"]) == (ExitCode.OPEN, 1)
    assert 900 < scene.clock.seconds() - began < 1200
