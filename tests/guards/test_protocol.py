"""The whole protocol under random faults and kills: no row is paid for twice, no id is lost.

A kill is an exception that is never handled: after it the journal stores nothing and the service gets no
request, until the next run starts with what is on the disk.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import merge.run.session
from merge.errors import Unavailable, Uncertain
from merge.input.open_sheet import open_sheet
from merge.journal import SqliteJournal
from merge.model import Entry, JobId, Progress, Project, Tag
from merge.plan.plan import make_plan
from merge.run.session import Session
from merge.run.state import RunState
from merge.run.stop import StopSignal
from merge.settings import Settings
from tests.conftest import PROJECT
from tests.support.fake_service import SHEET, FakeService, FastClock

pytestmark = pytest.mark.untraced

NAMES = ("Ana", "Ben", "Cem")
EXAMPLES = 12
COARSE = 2.0
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - hundreds of journals are synced there


class Killed(BaseException):
    """The process was killed."""


class Answer(StrEnum):
    """The outcome of one request that costs credits."""

    TAKEN = "taken"
    LOST = "taken, the answer lost"
    DROPPED = "not taken, and no answer"
    BUSY = "turned away"


class Between(StrEnum):
    """What people do between two runs."""

    NOTHING = "nothing"
    SORT = "sort and save"
    OLDER = "put the first copy of the workbook back"
    FORGET = "delete the journal"
    WAIT = "come back the next day"


@dataclass(frozen=True)
class Attempt:
    """One run.

    Attributes:
        dies_at: the step at which it is killed, or beyond its last step for never
        answers: the outcomes of its submissions in order, then `TAKEN`
        between: what happens after it
        again: whether it may submit unconfirmed rows again
    """

    dies_at: int
    answers: tuple[Answer, ...]
    between: Between
    again: bool


attempts = st.builds(
    Attempt,
    dies_at=st.integers(1, 60),
    answers=st.lists(st.sampled_from(Answer), max_size=5).map(tuple),
    between=st.sampled_from(Between),
    again=st.booleans(),
)


@dataclass
class Life:
    """The steps that a process has made, and the one at which it ends."""

    dies_at: int
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps >= self.dies_at:
            raise Killed


class MortalJournal(SqliteJournal):
    """A journal that stores nothing once its process is killed, either before or after a change."""

    life = Life(10**9)

    def put(self, sheet: str, entries: Iterable[Entry]) -> frozenset[str]:
        self.life.step()
        held = super().put(sheet, entries)
        self.life.step()
        return held

    def mark_written(self, sheet: str, jobs: Container[str], stamp: datetime | None = None) -> None:
        self.life.step()
        super().mark_written(sheet, jobs, stamp)
        self.life.step()


class MortalClock(FastClock):
    """A clock that stops with the process; each wait lasts at least `COARSE` seconds, which saves steps."""

    life = Life(10**9)

    async def sleep(self, seconds: float) -> None:
        if self.life.steps >= self.life.dies_at:
            raise Killed
        await super().sleep(max(seconds, COARSE))


@dataclass
class Studio(FakeService):
    """A service that accepts, loses and drops as scripted; the process may be killed at any request."""

    life: Life = field(default_factory=lambda: Life(10**9))
    script: list[Answer] = field(default_factory=list)
    blind: bool = False

    async def submit(self, project: Project) -> JobId:
        self.life.step()
        answer = self.script.pop(0) if self.script else Answer.TAKEN
        await asyncio.sleep(0)
        if answer is Answer.BUSY:
            raise Unavailable("429", retry_after=3)
        if answer is Answer.DROPPED:
            raise Uncertain("reset")
        job = JobId(f"v{len(self.accepted) + 1}")
        self.accepted[job] = (project, self.clock.seconds())
        self.life.step()
        if answer is Answer.LOST:
            raise Uncertain("500")
        return job

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        self.life.step()
        return {} if self.blind else await super().find(tags)

    async def progress(self, job: JobId) -> Progress:
        self.life.step()
        return await super().progress(job)


@dataclass
class World:
    """A folder with a workbook, and a service; both survive a kill."""

    folder: Path
    clock: MortalClock = field(default_factory=MortalClock)
    ids: set[str] = field(default_factory=set)
    """Every id that was in a journal that was deleted later."""
    journal_deleted: bool = False
    """Whether the journal was deleted, so that an older copy of the workbook would know nothing."""

    def __post_init__(self) -> None:
        self.studio = Studio(self.clock)
        book = xlsxwriter.Workbook(str(self.workbook))
        page = book.add_worksheet(SHEET)
        page.write_column(0, 0, ["Name", *NAMES])
        page.write_column(0, 1, ["Town", *("Bonn" for _ in NAMES)])
        book.close()
        shutil.copy(self.workbook, self.folder / "first.xlsx")
        self.template.write_text(PROJECT % "<p>Hello {{ name }}.</p>", encoding="utf-8")

    @property
    def workbook(self) -> Path:
        return self.folder / "people.xlsx"

    @property
    def template(self) -> Path:
        return self.folder / "hello.json"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.db"

    def run(self, attempt: Attempt) -> None:
        """Run one process until it ends or is killed."""
        life = MortalJournal.life = self.clock.life = self.studio.life = Life(attempt.dies_at)
        self.studio.script = list(attempt.answers)
        asked = Settings(resubmit_in_doubt=attempt.again, at_once=2)
        try:
            with MortalJournal.open(self.journal) as journal:
                known = journal.known(SHEET)
                plan = make_plan(open_sheet(self.workbook, asked), self.template, asked, known)
                session = Session(plan, asked, journal)
                asyncio.run(session.carry_out(self.studio, self.clock, StopSignal(), lambda _: None))
        except Killed:
            assert life.steps >= attempt.dies_at

    def act(self, between: Between) -> None:
        """Do what people do between runs."""
        match between:
            case Between.SORT:
                _sort(self.workbook)
            case Between.OLDER if not self.journal_deleted:
                shutil.copy(self.folder / "first.xlsx", self.workbook)
            case Between.WAIT:
                self.clock.sleep_through(86_400)
            case Between.FORGET if self._is_marked():
                self.ids |= self.known()
                self.journal_deleted = True
                self.journal.unlink(missing_ok=True)
            case _:
                pass

    def _is_marked(self) -> bool:
        """Without the journal and the marks, nothing is known; losing both at once isn't covered."""
        statuses = _column(self.workbook, "Video Status")
        return bool(statuses) and all(statuses.values())

    def known(self) -> set[str]:
        """Every id in the workbook or the journal."""
        found = {str(job) for job in _column(self.workbook, "Video ID").values() if job}
        if self.journal.exists():
            with SqliteJournal.open(self.journal) as journal:
                found |= {str(entry.job) for entry in journal.entries(SHEET).values() if entry.job}
        return found

    def faults(self) -> list[str]:
        """The violations so far."""
        taken = Counter(_person(project) for project, _ in self.studio.accepted.values())
        twice = [f"{name} was paid for {count} times" for name, count in taken.items() if count > 1]
        lost = set(self.studio.accepted) - self.known() - self.ids
        return twice + [f"{job} was lost" for job in sorted(lost)]


def _person(project: Project) -> str:
    return project.body.partition('"name":')[2].partition("[")[0].strip(' "')


def _column(workbook: Path, header: str) -> Mapping[str, object]:
    first, *rows = openpyxl.load_workbook(workbook)[SHEET].iter_rows(values_only=True)
    return {str(row[0]): row[first.index(header)] for row in rows} if header in first else {}


def _sort(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    page = book[SHEET]
    rows = sorted(([cell.value for cell in row] for row in page.iter_rows(min_row=2)), key=str, reverse=True)
    for number, row in enumerate(rows, start=2):
        for place, value in enumerate(row, start=1):
            page.cell(number, place).value = value
    book.save(workbook)


CALM = Attempt(10**9, (), Between.WAIT, again=True)


def play(history: Iterable[Attempt], *, blind: bool = False) -> list[str]:
    """Play a history, then run without faults to the end; return the violations.

    Args:
        history: the runs
        blind: whether the search for tags is disabled
    """
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with TemporaryDirectory(prefix="castmerge-protocol-", dir=MEMORY) as name:
        world = World(Path(name))
        world.studio.blind = blind
        for attempt in history:
            world.run(attempt)
            world.act(attempt.between)
        world.run(CALM)
        world.act(CALM.between)
        world.run(CALM)
        statuses = _column(world.workbook, "Video Status")
        unfinished = [f"{name} is {status}" for name, status in statuses.items() if status != "Complete"]
        return world.faults() + unfinished


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # Histories are short, so there is no need to shrink them.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.lists(attempts, min_size=1, max_size=4))
def test_no_history_pays_twice_or_loses_an_id(history: list[Attempt]) -> None:
    """Kills at any step, lost and dropped answers, sorted and older workbooks, and deleted journals."""
    assert play(history) == []


class Careless(RunState):
    """A run state that records no intent."""

    async def record_intent(self, entry: Entry) -> bool:
        self._keep(entry)
        return True


KILLED_EVERYWHERE = [[Attempt(step, (), Between.NOTHING, again=False)] for step in range(1, 31)]


@pytest.mark.long
def test_without_the_intent_on_disk_a_kill_causes_a_second_video(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent is necessary: at some step, only its record prevents a second submission."""
    assert not any(map(play, KILLED_EVERYWHERE))
    assert "RunState" in vars(merge.run.session)
    monkeypatch.setitem(merge.run.session.__dict__, "RunState", Careless)
    assert any("was paid for 2 times" in " ".join(play(history)) for history in KILLED_EVERYWHERE)


def test_without_the_search_for_tags_a_lost_answer_causes_a_second_video() -> None:
    """The search is necessary for submissions that were accepted without an answer."""
    lost = [Attempt(10**9, (Answer.LOST,), Between.NOTHING, again=True)]
    assert play(lost) == []
    assert "was paid for 2 times" in " ".join(play(lost, blind=True))
