from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from merge.errors import Unavailable, Uncertain
from merge.model import JobId, Project
from merge.results import MergeResult
from merge.run.session import Session, open_session
from merge.settings import Settings
from merge.sheet.result_columns import Status
from tests.support.fake_service import Scene


class Ended(BaseException):
    """A process that ends at once."""


@dataclass
class Desks:
    """Two computers with copies of one workbook and a shared journal."""

    scene: Scene
    hers: Path
    his: Path
    address: str

    def settings(self) -> Settings:
        return Settings(journal=self.address, at_once=1)

    def open(self, workbook: Path) -> ExitStack:
        """An opened run; it is carried out by `finish`."""
        stack = ExitStack()
        self.sessions[workbook] = stack.enter_context(
            open_session(workbook, self.scene.template, self.settings())
        )
        return stack

    def __post_init__(self) -> None:
        self.sessions: dict[Path, Session] = {}

    async def carry_out(self, workbook: Path) -> MergeResult:
        scene = self.scene
        return await self.sessions[workbook].carry_out(
            scene.service, scene.clock, scene.stop, scene.events.append
        )

    def run(self, workbook: Path) -> MergeResult:
        """One run from its beginning to its end."""
        with self.open(workbook):
            return asyncio.run(self.carry_out(workbook))

    def fall_silent(self) -> None:
        """Let all runs look as if they had been killed an hour ago."""
        with psycopg.connect(self.address) as connected:
            connected.execute(
                "UPDATE castmerge.holders SET seen_at = seen_at - interval '1 hour', ended_at = NULL"
            )


@pytest.fixture
def desks(scene: Scene, database: str, tmp_path: Path) -> Desks:
    """Two copies of the same five people."""
    his = tmp_path / "his" / "copy of people.xlsx"
    his.parent.mkdir()
    shutil.copy(scene.workbook, his)
    return Desks(scene, scene.workbook, his, database)


@pytest.fixture
def both(desks: Desks) -> Iterator[Callable[[], tuple[MergeResult, MergeResult]]]:
    """Carries out two runs at the same time, both of which were planned before either began."""
    with desks.open(desks.hers), desks.open(desks.his):

        async def together() -> tuple[MergeResult, MergeResult]:
            return await asyncio.gather(desks.carry_out(desks.hers), desks.carry_out(desks.his))

        yield lambda: asyncio.run(together())


def _statuses(result: MergeResult) -> Counter[Status]:
    return Counter(row.status for row in result.rows)


def test_two_runs_on_copies_at_once_pay_once(
    desks: Desks, both: Callable[[], tuple[MergeResult, MergeResult]]
) -> None:
    """They share the work, and each workbook gets all results."""
    results = both()
    assert [_statuses(result) for result in results] == [{Status.COMPLETE: 5}] * 2
    assert desks.scene.service.calls["submit"] == 5
    assert {row.video_id for row in results[0].rows} == {row.video_id for row in results[1].rows}


def test_two_runs_at_once_find_lost_answers_and_repeat_what_was_not_taken(
    desks: Desks, both: Callable[[], tuple[MergeResult, MergeResult]]
) -> None:
    """Whichever of the two gets them."""
    desks.scene.service.answers = {
        1: Uncertain("lost"),
        2: Unavailable("429", retry_after=2),
        4: Uncertain("lost"),
    }
    results = both()
    assert [_statuses(result) for result in results] == [{Status.COMPLETE: 5}] * 2
    assert len(desks.scene.service.accepted) == 5


@pytest.mark.parametrize(
    ("arrives", "statuses"),
    [
        pytest.param(True, {Status.COMPLETE: 5}, id="its request arrived"),
        pytest.param(False, {Status.COMPLETE: 4, Status.CHECK: 1}, id="its request didn't arrive"),
    ],
)
def test_the_next_owner_looks_for_what_a_killed_run_may_have_sent(
    desks: Desks, arrives: bool, statuses: dict[Status, int]
) -> None:
    """It adopts what the service has, makes what was never sent, and leaves the rest to a person."""
    service = desks.scene.service

    def end(project: Project) -> None:
        if service.calls["submit"] == 2:
            if arrives:
                service.accepted[JobId("late")] = (project, desks.scene.clock.seconds())
            raise Ended

    service.on_submit = end
    with pytest.raises(Ended):
        desks.run(desks.hers)
    service.on_submit = lambda _: None
    desks.fall_silent()
    assert _statuses(desks.run(desks.his)) == statuses
    assert service.calls["submit"] == 5
    assert max(Counter(service.tags).values()) == 1


def test_a_run_that_lost_its_rows_sends_and_records_nothing_more(desks: Desks) -> None:
    """Its computer slept while the other run began and took over."""
    service, others = desks.scene.service, ExitStack()

    def sleep(_: Project) -> None:
        if service.calls["submit"] == 2:
            desks.fall_silent()
            others.enter_context(desks.open(desks.his))

    service.on_submit = sleep
    with others:
        slept = desks.run(desks.hers)
        assert (slept.exit_code, service.calls["submit"]) == (3, 2)
        assert "silent for too long" in slept.notes[0]
        service.on_submit = lambda _: None
        went_on = asyncio.run(desks.carry_out(desks.his))
    assert _statuses(went_on) == {Status.COMPLETE: 5}
    assert max(Counter(service.tags).values()) == 1
