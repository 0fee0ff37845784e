"""A service in memory, a clock that doesn't wait, and a workbook with its journal."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from merge.errors import Rejected, ServiceError, Uncertain
from merge.input.open_sheet import open_sheet
from merge.journal import SqliteJournal
from merge.model import JSON, ExportState, JobId, Progress, Project, Tag
from merge.plan.plan import Plan, make_plan
from merge.results import MergeResult
from merge.run.clock import Clock
from merge.run.collect import open_export
from merge.run.runner import Runner
from merge.run.session import open_session
from merge.run.state import Outcome, RowEvent, RunState
from merge.run.stop import StopSignal
from merge.services.protocol import Account, ListedProject
from merge.settings import Settings

SHEET = "People"
BEGAN = datetime(2026, 11, 22, tzinfo=UTC)


class FastClock:
    """A clock that doesn't wait: it jumps to the earliest deadline."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._moved = timedelta()
        self._deadlines: list[float] = []
        self._dice = random.Random(1)

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self._seconds) + self._moved

    def sleep_through(self, seconds: float) -> None:
        """Advance all clocks, as if the computer had been asleep."""
        self._seconds += seconds

    def set_by(self, moved: timedelta) -> None:
        """Shift the time of day without the monotonic seconds."""
        self._moved = moved

    def seconds(self) -> float:
        return self._seconds

    def random(self) -> float:
        return self._dice.random()

    async def sleep(self, seconds: float) -> None:
        deadline = self._seconds + seconds
        self._deadlines.append(deadline)
        try:
            await asyncio.sleep(0)
            while self._seconds < deadline:
                if deadline == min(self._deadlines):
                    self._seconds = deadline
                await asyncio.sleep(0)
        finally:
            self._deadlines.remove(deadline)


class EmptyAccount:
    """The account part of a `VideoService`, which accepts any key and is empty."""

    @property
    def clock_offset(self) -> float | None:
        return None

    async def check_auth(self) -> bool:
        return True

    async def projects(self) -> tuple[ListedProject, ...]:
        """No projects."""
        return ()

    async def account(self) -> Account:
        return Account()


@dataclass
class FakeService(EmptyAccount):
    """A service in memory that accepts everything, unless a script makes it fail."""

    clock: Clock
    export_seconds: float = 90.0
    answers: dict[int, ServiceError] = field(default_factory=dict)
    """Errors of the nth call of `submit`."""
    accepts_lost: bool = True
    """Whether a submission or export with an `Uncertain` error has been accepted."""
    accepted: dict[JobId, tuple[Project, float]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    progress_at: Callable[[float], Progress] | None = None
    """The progress by the seconds since the submission, instead of the usual one."""
    has_projects: bool = False
    on_submit: Callable[[Project], None] = lambda _: None
    hidden: set[JobId] = field(default_factory=set)
    """Jobs that are missing from the project list."""
    finished_errors: dict[int, ServiceError] = field(default_factory=dict)
    """Errors of the nth call of `finished`."""
    tags_errors: dict[int, ServiceError] = field(default_factory=dict)
    """Errors of the nth call of `tags_of`."""
    on_export: Callable[[JobId], None] = lambda _: None
    lists: bool = True
    """Whether the project list has any project."""
    export_errors: dict[int, ServiceError] = field(default_factory=dict)
    """Errors of the nth call of `export`."""
    exported: list[JobId] = field(default_factory=list)
    began: dict[JobId, float] = field(default_factory=dict)
    """When the export of each draft began."""

    async def submit(self, project: Project) -> JobId:
        self.calls["submit"] += 1
        error = self.answers.get(self.calls["submit"])
        self.on_submit(project)
        await asyncio.sleep(0)
        if error is None or (isinstance(error, Uncertain) and self.accepts_lost):
            job = JobId(f"v{len(self.accepted) + 1}")
            self.accepted[job] = (project, self.clock.seconds())
            if error is None:
                return job
        assert error is not None
        raise error

    async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
        self.calls["export"] += 1
        error = self.export_errors.get(self.calls["export"])
        self.on_export(job)
        await asyncio.sleep(0)
        if job not in self.accepted:
            raise Rejected(f"404: no project to export with {dict(options)}")
        if error is None or (isinstance(error, Uncertain) and self.accepts_lost):
            self.exported.append(job)
            self.began[job] = self.clock.seconds()
        if error is not None:
            raise error
        return job

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        self.calls["finished"] += 1
        if error := self.finished_errors.get(self.calls["finished"]):
            raise error
        ended = [job for job in jobs if job in self.accepted and self._is_made(job)]
        shown = [job for job in ended if self.lists and job not in self.hidden]
        return {job: await self._progress(job) for job in shown}

    async def tags_of(self, jobs: Collection[JobId]) -> dict[JobId, Tag]:
        self.calls["tags_of"] += 1
        if error := self.tags_errors.get(self.calls["tags_of"]):
            raise error
        shown = {job: project.tag for job, (project, _) in self.accepted.items()}
        return {job: tag for job, tag in shown.items() if job in jobs and self.lists and self._is_made(job)}

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        self.calls["find"] += 1
        listed = {
            project.tag: job
            for job, (project, _) in self.accepted.items()
            if self.lists and self._is_made(job)
        }
        return {tag: job for tag, job in listed.items() if tag in tags}

    async def progress(self, job: JobId) -> Progress:
        self.calls["progress"] += 1
        return await self._progress(job)

    async def _progress(self, job: JobId) -> Progress:
        if job not in self.accepted:
            raise Rejected("404: no such project")
        age = self._age(self._beginning(job))
        if self.progress_at:
            return self.progress_at(age)
        if self._is_draft(job):
            return Progress(0, ExportState.DRAFT)
        if age >= self.export_seconds:
            return Progress(100, ExportState.COMPLETE, f"https://x.y/{job}.mp4")
        return Progress(100 * age / self.export_seconds, ExportState.RENDERING)

    def _is_draft(self, job: JobId) -> bool:
        return '"isExport":false' in self.accepted[job][0].body.replace(" ", "") and job not in self.began

    def _is_made(self, job: JobId) -> bool:
        return not self._is_draft(job) and self._age(self._beginning(job)) >= self.export_seconds

    def _beginning(self, job: JobId) -> float:
        return self.began.get(job, self.accepted[job][1])

    async def fetch(self, project_id: str) -> JSON:
        if self.has_projects:
            return {"id": project_id}
        raise Rejected(project_id)

    def _age(self, at: float) -> float:
        return self.clock.seconds() - at

    @property
    def tags(self) -> list[Tag]:
        return [project.tag for project, _ in self.accepted.values()]


@dataclass
class Scene:
    """A workbook of people, a template, a journal and a service."""

    workbook: Path
    template: Path
    journal: SqliteJournal
    service: FakeService
    clock: FastClock
    events: list[RowEvent] = field(default_factory=list)
    stop: StopSignal = field(default_factory=StopSignal)

    def plan(self, settings: Settings) -> Plan:
        return make_plan(
            open_sheet(self.workbook, settings), self.template, settings, self.journal.known(SHEET)
        )

    def carry_out(self, settings: Settings | None = None, *, drafts: bool = False) -> MergeResult:
        """Run a whole session, from the lock to the write-back, or an export of drafts."""
        settings = replace(settings or Settings(), journal=self.journal.path)
        opening = (
            open_export(self.workbook, settings)
            if drafts
            else open_session(self.workbook, self.template, settings)
        )
        with opening as session:
            if not session.needs_service:
                return session.conclude_without_service(self.clock)
            carried = session.carry_out(self.service, self.clock, self.stop, self.events.append)
            return asyncio.run(carried)

    def run(self, settings: Settings | None = None) -> Outcome:
        settings = settings or Settings()
        plan = self.plan(settings)
        state = RunState(self.journal, SHEET, self.events.append)
        runner = Runner(self.service, state, self.clock, settings, self.stop)
        return asyncio.run(runner.carry_out(plan))
