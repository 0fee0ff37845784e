"""What people do to a workbook between runs, and the laws that always hold.

*Money*: no content is accepted more often than requested. *Person*: the video of a Complete row was made from
the row's current content. No cell of the user changes, and no id is lost.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from merge.errors import MergeError, Rejected, ServiceError, Unavailable, Uncertain
from merge.model import Project
from merge.results import ExitCode, MergeResult
from merge.run.clock import Clock
from merge.run.session import open_session
from merge.run.stop import StopSignal
from merge.settings import PollPolicy, RerunOptions, Selection, Settings, Timing
from merge.sheet.result_columns import ResultHeaders
from tests.support.fake_service import SHEET, FastClock
from tests.support.mortal_service import Killed, MortalService
from tests.support.walk_files import DiskFiles, Grid, Value, WalkFiles

HEADERS = ("Name", "City", "Remark")
PROJECT = """{"name": "Hello {{ Name }} of {{ City }}", "scenes": [{"sceneIdx": 0, "clips": [{
"type": "aiModel",
"script": {"org": "<p>Hello {{ Name }} of {{ City }}.</p>"},
"model": {"ai_name": "M000045058", "emotion": "BG00002320"}}]}]}"""
REMARK = HEADERS.index("Remark")
JOB, STATUS = "Video ID", "Video Status"
OURS = ResultHeaders.with_prefix().all
MADE = "Complete"
ANSWERS = (None, None, Uncertain("reset"), Unavailable("429", retry_after=2), Rejected("no"))
"""The service's answer to a submission; None is an id."""
HALF = 0.5
EXPORT_SECONDS = 1.0
QUICK = Timing(
    PollPolicy(first_poll=0.4, poll_min=0.4, poll_max=0.8, poll_stalled=0.4),
    longest_export=3.0,
    requests_per_second=20.0,
)
"""A clock's seconds cost nothing, but each tick of a run costs a turn."""


def content_of(project: Project) -> str:
    """The content of a project: its name without the tag."""
    return str(json.loads(project.body)["name"]).rpartition(" [")[0]


def content_of_row(row: Sequence[Value]) -> str:
    """The content of a row's project."""
    return f"Hello {row[0]} of {row[1]}"


@dataclass
class Walk:
    """One workbook that many people use.

    Attributes:
        broken: descriptions of the violated laws
        asked: how often each content was requested explicitly, beyond being in a sheet
        cleared: the content requested by clearing a row, by the name in it
        moved: whether data was moved without the result cells next to it
        in_sheet: the largest number of rows with one content that a run has seen
        users: the user's cells when somebody last saved the workbook
        sheet: the worksheet with the data
        header_row: the number of its header row
        width: the number of the user's columns
        project: the template
    """

    folder: Path
    people: int = 4
    keyed: bool = False
    files: WalkFiles = field(default_factory=DiskFiles)
    clock: Clock = field(default_factory=FastClock)
    asked: Counter[str] = field(default_factory=Counter)
    in_sheet: Counter[str] = field(default_factory=Counter)
    cleared: dict[str, set[str]] = field(default_factory=dict)
    moved: bool = False
    snapshots: list[Path] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    journal_lost: bool = False
    users: Grid = field(default_factory=list)
    run_async: Callable[[Coroutine[object, object, MergeResult]], MergeResult] = asyncio.run
    sheet: str = SHEET
    header_row: int = 1
    width: int = len(HEADERS)
    project: str = PROJECT

    def __post_init__(self) -> None:
        self.service = MortalService(self.clock, EXPORT_SECONDS)
        self.template = self.folder / "hello.json"
        self.template.write_text(self.project, encoding="utf-8")
        self.workbook = self.folder / "people.xlsx"
        self.names = 0
        self._first_version()
        self._keep()

    def _first_version(self) -> None:
        self.files.write(self.workbook, [list(HEADERS), *(self._person() for _ in range(self.people))])

    def _person(self) -> list[Value]:
        self.names += 1
        return [f"Person {self.names}", "Oslo", "-"]

    def _keep(self) -> None:
        copy = self.folder / f"version {len(self.snapshots)}.xlsx.bak"
        self.files.copy(self.workbook, copy)
        self.snapshots.append(copy)

    def _edit(self, what: str, change: Callable[[Grid], None]) -> None:
        grid = self.files.read(self.workbook)
        change(grid)
        self.files.write(self.workbook, grid)
        self.users = grid
        self._keep()
        self.log.append(what)

    # User actions. Rows are given by any number, modulo the number of rows.

    def edit(self, row: int) -> None:
        """Type another city."""

        def change(grid: Grid) -> None:
            if len(grid) > 1:
                line = grid[1 + row % (len(grid) - 1)]
                line[1] = f"{line[1]} {len(self.log)}" if len(str(line[1])) < 30 else "Rome"

        self._edit(f"edit {row}", change)

    def edit_back(self, row: int) -> None:
        """Type a city that many rows have had."""

        def change(grid: Grid) -> None:
            if len(grid) > 1:
                grid[1 + row % (len(grid) - 1)][1] = "Oslo"

        self._edit(f"edit back {row}", change)

    def remark(self, row: int) -> None:
        """Change a column that the template doesn't use, if there is one."""

        def change(grid: Grid) -> None:
            if len(grid) > 1 and self.width > REMARK:
                grid[1 + row % (len(grid) - 1)][REMARK] = f"seen {len(self.log)}"

        self._edit(f"remark {row}", change)

    def sort(self, *, whole: bool, backwards: bool) -> None:
        """Sort rows by name, with the result columns or without."""

        def change(grid: Grid) -> None:
            end = None if whole else self.width
            order = sorted(grid[1:], key=lambda line: (str(line[0]), str(line[1])), reverse=backwards)
            moved = [list(line[:end]) for line in order]
            for line, values in zip(grid[1:], moved, strict=True):
                line[:end] = values

        self.moved |= not whole
        self._edit(f"sort whole={whole}", change)

    def rotate(self) -> None:
        """Paste the data columns one row further down."""

        def change(grid: Grid) -> None:
            moved = [list(line[: self.width]) for line in grid[1:]]
            for line, values in zip(grid[1:], moved[-1:] + moved[:-1], strict=True):
                line[: self.width] = values

        self.moved = True
        self._edit("paste further down", change)

    def copy_row(self, row: int, *, renamed: bool) -> None:
        """Copy a row with its result cells to the end, with another name or the same."""

        def change(grid: Grid) -> None:
            if len(grid) > 1:
                copied = list(grid[1 + row % (len(grid) - 1)])
                if renamed:
                    copied[0] = self._person()[0]
                if self.width > REMARK:
                    copied[REMARK] = f"copy {len(self.log)}"
                grid.append(copied)

        self._edit(f"copy {row} renamed={renamed}", change)

    def insert(self, row: int) -> None:
        """Insert a new person."""

        def change(grid: Grid) -> None:
            blank: list[Value] = [None] * (len(grid[0]) - self.width)
            grid.insert(1 + row % len(grid), self._person() + blank)

        self._edit(f"insert {row}", change)

    def delete(self, row: int) -> None:
        """Delete a row."""

        def change(grid: Grid) -> None:
            if len(grid) > 2:
                del grid[1 + row % (len(grid) - 1)]

        self._edit(f"delete {row}", change)

    def clear(self, row: int, *, all_cells: bool) -> None:
        """Clear id and status of a row, or all its results, which requests it again."""

        def change(grid: Grid) -> None:
            if JOB in grid[0] and len(grid) > 1:
                line = grid[1 + row % (len(grid) - 1)]
                self.cleared[str(line[0])] = set()
                for place, header in enumerate(grid[0]):
                    if header in (OURS if all_cells else (JOB, STATUS)):
                        line[place] = None

        self._edit(f"clear {row}", change)

    def drop_results(self) -> None:
        """Delete all result columns."""
        self._edit(
            "drop results", lambda grid: grid.__setitem__(slice(None), [r[: self.width] for r in grid])
        )

    def restore(self, version: int) -> None:
        """Restore any older copy."""
        self.files.copy(self.snapshots[version % len(self.snapshots)], self.workbook)
        self._keep()
        self.log.append(f"restore {version % len(self.snapshots)}")

    def _lose_journal(self) -> None:
        # A video that is still being made isn't listed, and the journal isn't lost while that is so.
        self.service.everything_is_made()
        self.journal_lost = True

    def save_as(self) -> None:
        """Save under another name and continue with that; the journal keeps the old name."""
        path = self.workbook.with_name(f"people {len(self.log)}.xlsx")
        self.files.copy(self.workbook, path)
        self.workbook = path
        self._lose_journal()
        self.log.append("save as")

    def other_folder(self) -> None:
        """Send the workbook to a colleague, without the journal."""
        folder = self.folder / f"folder {len(self.log)}"
        self.files.copy(self.workbook, folder / self.workbook.name)
        self.workbook = folder / self.workbook.name
        self._lose_journal()
        self.log.append("other folder")

    def lose_journal(self) -> None:
        """Delete the journal's folder."""
        self.files.lose_journal(self.workbook)
        self._lose_journal()
        self.log.append("lose journal")

    # Runs.

    def remake(self, row: int) -> MergeResult | MergeError:
        """Request a row by its number."""
        grid = self.files.read(self.workbook)
        place = 1 + row % max(len(grid) - 1, 1)
        if place < len(grid):
            self.asked[content_of_row(grid[place])] += 1
        return self.run(RerunOptions(remake=str(self.header_row + place)))

    def run(
        self,
        rerun: RerunOptions | None = None,
        *,
        answers: Sequence[ServiceError | None] = (),
        open_in_excel: bool = False,
        again: bool = False,
        killed_at: int = 0,
        during: Callable[[], object] | None = None,
        selection: Selection | None = None,
        practice: bool = False,
    ) -> MergeResult | MergeError:
        """One run to its end, then check the laws.

        Args:
            rerun: what is requested again
            answers: of the service to the next submissions
            open_in_excel: whether Excel has the workbook open, so that nothing can be written
            again: whether unconfirmed rows are submitted again once nothing is listed
            killed_at: the call of the service at which the process is killed, if this walk can do that; or 0
            selection: the rows; all by default
            practice: whether it is a practice run
            during: what someone does to the workbook when the first row is submitted
        """
        rerun = rerun or RerunOptions()
        before = self.users = self.files.read(self.workbook)
        self._count_what_is_asked(before, rerun, again=again)
        self.service.on_submit = self._once(during)
        self._count_what_is_asked(before, rerun, again=again)
        first = self.service.calls["submit"] + 1
        self.service.answers = {first + n: error for n, error in enumerate(answers) if error}
        selection = self._selected(selection or Selection())
        settings = Settings(
            rerun=rerun, selection=selection, at_once=2, resubmit_in_doubt=again, simulate=practice
        )
        outcome: MergeResult | MergeError
        with self.files.open_in_excel(self.workbook) if open_in_excel else nullcontext():
            try:
                outcome = self.carried_out(settings, killed_at=killed_at)
            except MergeError as error:
                outcome = error
        rows = f" rows {selection.rows}" if selection.rows else ""
        killed = f" killed at {killed_at}" if killed_at else ""
        self.log.append(f"run {_given(rerun)}{rows} excel={open_in_excel}{killed} -> {_short(outcome)}")
        # A run that is refused changes nothing: copies made by people are still there.
        in_workbook = isinstance(outcome, MergeResult) and outcome.exit_code is not ExitCode.NOT_WRITTEN
        self._hold_laws(in_workbook=in_workbook)
        self._keep()
        return outcome

    def _selected(self, selection: Selection) -> Selection:
        return replace(selection, key=("Name",) if self.keyed else ())

    def _once(self, during: Callable[[], object] | None) -> Callable[[Project], None]:
        waiting = [during] if during else []

        def on_submit(_: Project) -> None:
            if waiting:
                waiting.pop()()

        return on_submit

    def carried_out(self, settings: Settings, *, killed_at: int = 0) -> MergeResult:
        """Run in this process; a killed run leaves the files as they were at that moment."""
        as_killed: list[Callable[[], None]] = []
        self.service.left = killed_at or -1
        self.service.on_kill = lambda: as_killed.append(self.files.saved(self.folder))
        killed = MergeResult(str(self.workbook), self.sheet, str(self.template), (), ExitCode.NOT_WRITTEN)
        try:
            result = self._run_session(replace(settings, timing=QUICK))
        except Killed:
            result = killed
        finally:
            self.service.left = -1
            for put_back in as_killed:
                put_back()
        return killed if as_killed else result

    def _run_session(self, settings: Settings) -> MergeResult:
        with open_session(self.workbook, self.template, settings) as session:
            if not session.needs_service:
                return session.conclude_without_service(self.clock)
            return self.run_async(session.carry_out(self.service, self.clock, StopSignal(), lambda _: None))

    def _count_what_is_asked(self, grid: Grid, rerun: RerunOptions, *, again: bool) -> None:
        here = Counter(content_of_row(row) for row in grid[1:])
        self.in_sheet |= here
        if STATUS in grid[0]:
            status = grid[0].index(STATUS)
            for row in grid[1:]:
                failed = rerun.retry_failed and row[status] == "Failed"
                unconfirmed = again and row[status] == "Check"
                self.asked[content_of_row(row)] += (
                    failed + unconfirmed + self._asks_by_clearing(row, row[status])
                )

    def _asks_by_clearing(self, row: Sequence[Value], status: Value) -> bool:
        """Whether a row was cleared to request its current content; counted once per content."""
        if self.moved and self.cleared:
            # The cleared cells may be in anybody's row.
            self.cleared.setdefault(str(row[0]), set())
        counted = self.cleared.get(str(row[0]))
        if status is not None or counted is None or content_of_row(row) in counted:
            return False
        counted.add(content_of_row(row))
        return True

    def _hold_laws(self, *, in_workbook: bool) -> None:
        after = self.files.read(self.workbook)
        if [row[: self.width] for row in after] != [row[: self.width] for row in self.users]:
            self.broken.append("a cell of the user changed")
        accepted = self.accepted()
        for text, count in Counter(accepted.values()).items():
            allowed = self.in_sheet[text] + self.asked[text]
            if count > allowed:
                self.broken.append(f"money: {text} was accepted {count} times, asked for {allowed} times")
        if STATUS in after[0] and in_workbook:
            job, status = after[0].index(JOB), after[0].index(STATUS)
            for number, row in enumerate(after[1:], start=2):
                if row[status] == MADE and accepted.get(str(row[job])) != content_of_row(row):
                    self.broken.append(f"person: row {number} ({content_of_row(row)}) shows {row[job]}")
        if not self.journal_lost:
            lost = set(accepted) - self._known_ids()
            if lost:
                self.broken.append(f"lost: {sorted(lost)}")

    def accepted(self) -> dict[str, str]:
        """The projects that the service has accepted: their content by id."""
        return {str(job): content_of(project) for job, (project, _) in self.service.accepted.items()}

    def _known_ids(self) -> set[str]:
        """Every id in the journal, whichever row it belongs to now, and unconfirmed submissions."""
        with self.files.journal(self.workbook) as journal:
            videos = journal.videos(self.sheet) if journal else ()
        by_tag = self.accepted_tags()
        return {str(video.job or by_tag.get(video.tag, "")) for video in videos}

    def accepted_tags(self) -> dict[str, str]:
        """The ids that the service accepted, by tag."""
        return {project.tag: str(job) for job, (project, _) in self.service.accepted.items()}

    def why(self) -> str:
        """The violations, and the steps before them."""
        return "\n".join([*self.broken, "", *self.log])


def _run_with_answers(walk: Walk, row: int, flag: bool) -> None:
    answers = [ANSWERS[(row + turn) % len(ANSWERS)] for turn in range(row % 5)]
    rerun = RerunOptions(changed=flag, retry_failed=row % 2 == 0)
    walk.run(rerun, answers=answers, open_in_excel=row % 3 == 0, again=row % 4 == 0)


def _run_while_somebody_edits(walk: Walk, row: int, flag: bool) -> None:
    walk.run(RerunOptions(changed=flag), during=lambda: EDITS[row % len(EDITS)](walk, row, flag))


Step: TypeAlias = Callable[[Walk, int, bool], object]
"""A random user action, for any row number and in one of two ways."""
EDITS: tuple[Step, ...] = (
    lambda walk, row, _: walk.edit(row),
    lambda walk, row, _: walk.edit_back(row),
    lambda walk, row, _: walk.remark(row),
    lambda walk, row, flag: walk.sort(whole=flag, backwards=row % 2 == 0),
    lambda walk, *_: walk.rotate(),
    lambda walk, row, flag: walk.copy_row(row, renamed=flag),
    lambda walk, row, _: walk.insert(row),
    lambda walk, row, _: walk.delete(row),
)
RUNS: tuple[Step, ...] = (
    lambda walk, row, _: walk.remake(row),
    lambda walk, *_: walk.run(RerunOptions(new_rows=True)),
    lambda walk, row, flag: walk.run(
        RerunOptions(changed=flag, retry_failed=row % 2 == 0), again=row % 3 == 0
    ),
    *(lambda walk, _, flag: walk.run(RerunOptions(changed=flag)),) * 3,
    lambda walk, row, flag: walk.run(
        RerunOptions(changed=flag),
        selection=Selection(rows=str(walk.header_row + 1 + row % 4), limit=row % 2 or None),
    ),
    _run_with_answers,
    _run_while_somebody_edits,
    lambda walk, row, flag: walk.run(RerunOptions(changed=flag), killed_at=1 + row % 12),
)
STEPS: tuple[Step, ...] = (
    *EDITS,
    *RUNS,
    lambda walk, row, _: walk.clear(row, all_cells=row % 3 == 0),
    lambda walk, *_: walk.drop_results(),
    lambda walk, row, _: walk.restore(row),
    lambda walk, row, _: (Walk.save_as, Walk.other_folder, Walk.lose_journal)[row % 3](walk),
)


def take_step(walk: Walk, chance: random.Random, steps: Sequence[Step] = STEPS) -> None:
    """Take one random step."""
    chance.choice(steps)(walk, chance.randint(0, 20), chance.random() < HALF)


def _given(rerun: RerunOptions) -> str:
    return " ".join(f"{name}={value}" for name, value in asdict(rerun).items() if value)


def _short(outcome: MergeResult | MergeError) -> str:
    if isinstance(outcome, MergeError):
        return f"{type(outcome).__name__}: {outcome.message[:80]}"
    return (
        f"exit {int(outcome.exit_code)} { {name: count for name, count in outcome.counts.items() if count} }"
    )
