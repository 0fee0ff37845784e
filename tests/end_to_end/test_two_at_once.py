"""Two computers with one workbook, each with a journal of its own; and a list that cannot be believed."""

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
from merge.journal import Journal
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
    """The other computer is switched off."""


def _dies(_: Project) -> None:
    raise _Overtaken


@pytest.mark.parametrize(
    ("dies", "status", "submitted"),
    [
        pytest.param(False, Status.COMPLETE, 5, id="and makes them"),
        pytest.param(True, Status.CHECK, 1, id="and dies at the first"),
    ],
)
def test_rows_that_another_computer_takes_meanwhile_are_not_submitted_again(
    scene: Scene, dies: bool, status: Status, submitted: int
) -> None:
    """What the other one has marked since this one made its plan is looked for by its tag, and shared."""
    settings = Settings(journal=scene.journal.path, at_once=1)
    with (
        Journal.open(scene.journal.path.with_name("other.db")) as journal,
        open_session(scene.workbook, scene.template, settings) as session,
    ):
        other = replace(scene, journal=journal)
        if dies:
            scene.service.on_submit = _dies
            with pytest.raises(_Overtaken):
                other.carry_out(settings)
            scene.service.on_submit = lambda _: None
        else:
            other.carry_out(settings)
        carried = session.carry_out(scene.service, scene.clock, scene.stop, scene.events.append)
        result = asyncio.run(carried)
    assert Counter(row.status for row in result.rows) == {status: 5}
    assert scene.service.calls["submit"] == submitted
    assert len(set(_ids(scene.workbook)) - {None}) == (0 if dies else 5)


def test_an_id_that_another_run_has_written_is_not_wiped_out(scene: Scene) -> None:
    """A row that this run held back stays as the other one left it meanwhile."""
    made: list[bool] = []

    def on_submit(_: Project) -> None:
        if not made:
            made.append(True)
            _write_beside(scene.workbook)

    scene.service.on_submit = on_submit
    result = scene.carry_out(Settings(max_videos=1))
    assert result.exit_code is ExitCode.STOPPED
    assert _ids(scene.workbook) == ["v1", None, None, None, "from elsewhere"]


def _write_beside(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    page = book[SHEET]
    header = {str(cell.value): cell.column for cell in page[1] if cell.value}
    page.cell(6, header["Video ID"], "from elsewhere")
    page.cell(6, header["Video Status"], "Complete")
    book.save(workbook)


def test_a_list_without_what_is_known_to_be_there_proves_nothing(scene: Scene) -> None:
    """A list of another workspace shows nothing; a lost row is not paid for again because of that."""
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


def test_who_was_told_and_asks_again_is_believed(scene: Scene) -> None:
    """Where the note has said that the list proves nothing, the flag is somebody's own word."""
    scene.carry_out(Settings(max_videos=4))
    scene.service.lists = False
    scene.service.accepts_lost = False
    scene.service.answers = {5: Uncertain("500")}
    scene.carry_out()
    assert scene.service.calls["submit"] == 5
    assert scene.carry_out(Settings(resubmit_in_doubt=True)).exit_code is ExitCode.COMPLETE
    assert scene.service.calls["submit"] == 6


class _NoList(FakeService):
    """A service whose list answers before anything is sent, and never again."""

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        self.calls["find"] += 1
        if self.calls["find"] > 1:
            raise Rejected(f"404: no list of {len(tags)} tags")
        return {}


def test_a_list_that_is_never_there_does_not_hold_a_run_for_ever(scene: Scene) -> None:
    """The doubt is left to be checked, not paid for, and the run ends."""
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
def test_a_clock_that_is_set_while_a_run_lasts_decides_nothing(scene: Scene, moved: timedelta) -> None:
    """A lost submission is waited for as long as ever, however the time of day jumps, and not for ever."""
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
def test_a_clock_in_step_tells_the_services_time_where_its_own_is_wrong(
    ahead: float | None, corrected: int
) -> None:
    """What an answer takes on its way is no fault of the clock, and where nothing is told it is believed."""
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
def test_a_clock_that_is_wrong_from_one_run_to_the_next_decides_nothing(
    scene: Scene, first: timedelta, then: timedelta
) -> None:
    """How long ago a row was submitted is told by the service's time, not by this computer's."""
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


def test_a_clock_that_was_set_back_since_the_last_run_is_no_trap(scene: Scene) -> None:
    """A doubt from the future is looked for during the longest export, and then left to be checked."""
    scene.service.answers = {1: Uncertain("500")}
    scene.service.accepts_lost = False
    scene.carry_out()
    entries = scene.journal.entries(SHEET).values()
    [doubtful] = [entry for entry in entries if entry.state is State.SUBMITTING]
    scene.journal.put(SHEET, [replace(doubtful, submitted_at=BEGAN + timedelta(days=900))])
    began = scene.clock.seconds()
    result = scene.carry_out()
    assert (result.exit_code, result.counts["check"]) == (ExitCode.OPEN, 1)
    assert 900 < scene.clock.seconds() - began < 1200
