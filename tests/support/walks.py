"""What people do to a workbook between runs, and the laws that always hold.

*Money*: no content is accepted more often than requested. *Person*: the video of a Complete row was made
from the row's current content. No cell of the user changes, and no id is lost.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import openpyxl
import xlsxwriter

from merge.errors import MergeError, Rejected, ServiceError, Unavailable, Uncertain
from merge.journal import Journal
from merge.model import Project
from merge.results import ExitCode, MergeResult
from merge.run.session import open_session
from merge.run.stop import StopSignal
from merge.settings import RerunOptions, Settings
from tests.support.fake_service import SHEET, FakeService, FastClock

Value = str | float | datetime | None
Grid = list[list[Value]]

HEADERS = ("Name", "City", "Remark")
PROJECT = """{"name": "Hello {{ Name }} of {{ City }}", "scenes": [{"sceneIdx": 0, "clips": [{
"type": "aiModel",
"script": {"org": "<p>Hello {{ Name }} of {{ City }}.</p>"},
"model": {"ai_name": "M000045058", "emotion": "BG00002320"}}]}]}"""
JOB, STATUS = "Video ID", "Video Status"
MADE = "Complete"
ANSWERS = (None, None, Uncertain("reset"), Unavailable("429", retry_after=2), Rejected("no"))
"""The service's answer to a submission; None is an id."""


def read_grid(path: Path) -> Grid:
    """All values of the data sheet, the header first."""
    book = openpyxl.load_workbook(path)
    values: Grid = [
        [value if isinstance(value, str | float | datetime) else None for value in row]
        for row in book[SHEET].iter_rows(values_only=True)
    ]
    book.close()
    return values


def write_grid(path: Path, grid: Grid) -> None:
    """Save a workbook with these values."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet(SHEET)
    for number, row in enumerate(grid):
        for place, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, place, value)
            elif isinstance(value, str):
                sheet.write_string(number, place, value)
            elif value is not None:
                sheet.write_number(number, place, value)
    book.close()


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
        in_sheet: the largest number of rows with one content that a run has seen
    """

    folder: Path
    people: int = 4
    keyed: bool = False
    clock: FastClock = field(default_factory=FastClock)
    asked: Counter[str] = field(default_factory=Counter)
    in_sheet: Counter[str] = field(default_factory=Counter)
    snapshots: list[Path] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    journal_lost: bool = False

    def __post_init__(self) -> None:
        self.service = FakeService(self.clock)
        self.template = self.folder / "hello.json"
        self.template.write_text(PROJECT, encoding="utf-8")
        self.workbook = self.folder / "people.xlsx"
        self.names = 0
        write_grid(self.workbook, [list(HEADERS), *(self._person() for _ in range(self.people))])
        self._keep()

    def _person(self) -> list[Value]:
        self.names += 1
        return [f"Person {self.names}", "Oslo", "-"]

    def _keep(self) -> None:
        copy = self.folder / f"version {len(self.snapshots)}.xlsx.bak"
        shutil.copy(self.workbook, copy)
        self.snapshots.append(copy)

    def _edit(self, what: str, change: Callable[[Grid], None]) -> None:
        grid = read_grid(self.workbook)
        change(grid)
        write_grid(self.workbook, grid)
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
        """Change a column that the template doesn't use."""

        def change(grid: Grid) -> None:
            if len(grid) > 1:
                grid[1 + row % (len(grid) - 1)][2] = f"seen {len(self.log)}"

        self._edit(f"remark {row}", change)

    def sort(self, *, whole: bool, backwards: bool) -> None:
        """Sort rows by name, with the result columns or without."""

        def change(grid: Grid) -> None:
            end = None if whole else len(HEADERS)
            order = sorted(grid[1:], key=lambda line: (str(line[0]), str(line[1])), reverse=backwards)
            moved = [list(line[:end]) for line in order]
            for line, values in zip(grid[1:], moved, strict=True):
                line[:end] = values

        self._edit(f"sort whole={whole}", change)

    def rotate(self) -> None:
        """Paste the data columns one row further down."""

        def change(grid: Grid) -> None:
            moved = [list(line[: len(HEADERS)]) for line in grid[1:]]
            for line, values in zip(grid[1:], moved[-1:] + moved[:-1], strict=True):
                line[: len(HEADERS)] = values

        self._edit("paste further down", change)

    def copy_row(self, row: int, *, renamed: bool) -> None:
        """Copy a row with its result cells to the end, with another name or the same."""

        def change(grid: Grid) -> None:
            if len(grid) > 1:
                copied = list(grid[1 + row % (len(grid) - 1)])
                if renamed:
                    copied[0] = self._person()[0]
                copied[2] = f"copy {len(self.log)}"
                grid.append(copied)

        self._edit(f"copy {row} renamed={renamed}", change)

    def insert(self, row: int) -> None:
        """Insert a new person."""

        def change(grid: Grid) -> None:
            blank: list[Value] = [None] * (len(grid[0]) - len(HEADERS))
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
                self.asked[content_of_row(line)] += 1
                first = grid[0].index(JOB)
                line[first : first + (5 if all_cells else 2)] = [None] * (5 if all_cells else 2)

        self._edit(f"clear {row}", change)

    def drop_results(self) -> None:
        """Delete all result columns."""
        self._edit("drop results", lambda grid: grid.__setitem__(slice(None), [r[:3] for r in grid]))

    def restore(self, version: int) -> None:
        """Restore any older copy."""
        shutil.copy(self.snapshots[version % len(self.snapshots)], self.workbook)
        self._keep()
        self.log.append(f"restore {version % len(self.snapshots)}")

    def save_as(self) -> None:
        """Save under another name and continue with that; the journal keeps the old name."""
        path = self.workbook.with_name(f"people {len(self.log)}.xlsx")
        shutil.copy(self.workbook, path)
        self.workbook = path
        self.journal_lost = True
        self.log.append("save as")

    def other_folder(self) -> None:
        """Send the workbook to a colleague, without the journal."""
        folder = self.folder / f"folder {len(self.log)}"
        folder.mkdir()
        shutil.copy(self.workbook, folder / self.workbook.name)
        self.workbook = folder / self.workbook.name
        self.journal_lost = True
        self.log.append("other folder")

    def lose_journal(self) -> None:
        """Delete the journal's folder."""
        shutil.rmtree(self.workbook.parent / ".castmerge", ignore_errors=True)
        self.journal_lost = True
        self.log.append("lose journal")

    # Runs.

    def remake(self, row: int) -> MergeResult | MergeError:
        """Request a row by its number."""
        grid = read_grid(self.workbook)
        number = 2 + row % max(len(grid) - 1, 1)
        if number <= len(grid):
            self.asked[content_of_row(grid[number - 1])] += 1
        return self.run(RerunOptions(remake=str(number)))

    def run(
        self,
        rerun: RerunOptions | None = None,
        *,
        answers: Sequence[ServiceError | None] = (),
        open_in_excel: bool = False,
        again: bool = False,
        key: tuple[str, ...] = (),
    ) -> MergeResult | MergeError:
        """One run to its end, then check the laws."""
        rerun = rerun or RerunOptions()
        before = read_grid(self.workbook)
        self._count_what_is_asked(before, rerun, again=again)
        first = self.service.calls["submit"] + 1
        self.service.answers = {first + n: error for n, error in enumerate(answers) if error}
        settings = Settings(rerun=rerun, at_once=2, resubmit_in_doubt=again)
        if key or self.keyed:
            settings = replace(settings, selection=replace(settings.selection, key=key or ("Name",)))
        owner = self.workbook.with_name(f"~${self.workbook.name}")
        if open_in_excel:
            owner.write_bytes(b"\x03Ann" + b" " * 161)
        outcome: MergeResult | MergeError
        try:
            outcome = self._carried_out(settings)
        except MergeError as error:
            outcome = error
        finally:
            owner.unlink(missing_ok=True)
        self.log.append(f"run {rerun} excel={open_in_excel} -> {_short(outcome)}")
        in_workbook = isinstance(outcome, MergeError) or outcome.exit_code is not ExitCode.NOT_WRITTEN
        self._hold_laws(before, in_workbook=in_workbook)
        self._keep()
        return outcome

    def _carried_out(self, settings: Settings) -> MergeResult:
        with open_session(self.workbook, self.template, settings) as session:
            if not session.needs_service:
                return session.conclude_without_service(self.clock)
            return asyncio.run(session.carry_out(self.service, self.clock, StopSignal(), lambda _: None))

    def _count_what_is_asked(self, grid: Grid, rerun: RerunOptions, *, again: bool) -> None:
        here = Counter(content_of_row(row) for row in grid[1:])
        self.in_sheet |= here
        if STATUS in grid[0]:
            status = grid[0].index(STATUS)
            for row in grid[1:]:
                failed = rerun.retry_failed and row[status] == "Failed"
                unconfirmed = again and row[status] == "Check"
                self.asked[content_of_row(row)] += failed + unconfirmed

    def _hold_laws(self, before: Grid, *, in_workbook: bool) -> None:
        after = read_grid(self.workbook)
        if [row[:3] for row in after] != [row[:3] for row in before]:
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
        path = self.workbook.parent / ".castmerge" / f"{self.workbook.name}.db"
        if not path.exists():
            return set()
        with Journal.open(path) as journal:
            videos = journal.videos(SHEET)
        by_tag = self.accepted_tags()
        return {str(video.job or by_tag.get(video.tag, "")) for video in videos}

    def accepted_tags(self) -> dict[str, str]:
        """The ids that the service accepted, by tag."""
        return {project.tag: str(job) for job, (project, _) in self.service.accepted.items()}

    def why(self) -> str:
        """The violations, and the steps before them."""
        return "\n".join([*self.broken, "", *self.log])


def take_step(walk: Walk, chance: random.Random) -> None:
    """Take one random step."""
    row = chance.randint(0, 20)
    flag = chance.random() < 0.5
    steps: list[Callable[[], object]] = [
        lambda: walk.edit(row),
        lambda: walk.edit_back(row),
        lambda: walk.remark(row),
        lambda: walk.sort(whole=flag, backwards=row % 2 == 0),
        walk.rotate,
        lambda: walk.copy_row(row, renamed=flag),
        lambda: walk.insert(row),
        lambda: walk.delete(row),
        lambda: walk.clear(row, all_cells=row % 3 == 0),
        walk.drop_results,
        lambda: walk.restore(row),
        chance.choice((walk.save_as, walk.other_folder, walk.lose_journal)),
        lambda: walk.remake(row),
        lambda: walk.run(RerunOptions(new_rows=True)),
        lambda: walk.run(RerunOptions(changed=flag, retry_failed=row % 2 == 0), again=row % 3 == 0),
        *(lambda: walk.run(RerunOptions(changed=flag)),) * 3,
        lambda: walk.run(
            RerunOptions(changed=flag, retry_failed=row % 2 == 0),
            answers=[chance.choice(ANSWERS) for _ in range(row % 5)],
            open_in_excel=row % 3 == 0,
            again=row % 4 == 0,
        ),
    ]
    chance.choice(steps)()


def _short(outcome: MergeResult | MergeError) -> str:
    if isinstance(outcome, MergeError):
        return f"{type(outcome).__name__}: {outcome.message[:80]}"
    return f"exit {int(outcome.exit_code)} {dict(outcome.counts)}"
