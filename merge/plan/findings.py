"""Problems and warnings of a plan: what a user should see before anything is spent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from merge.checks.project_checks import warnings_of
from merge.checks.sheet_checks import RegionalFormats, SameVideos, hidden_rows, unused_columns, unused_names
from merge.checks.sheet_content import SheetContent
from merge.checks.warning import RowWarning, WarningKind
from merge.input.template_file import JINJA
from merge.model import JSON, Problem, RowKey
from merge.plan.decide import Action
from merge.plan.plan import Plan, PlannedRow
from merge.plan.selection import no_rows
from merge.project.scripts import is_script, is_shown
from merge.project.tree import Setter, setters
from merge.settings import Settings
from merge.sheet.columns import Column
from merge.sheet.result_columns import Status
from merge.template.name_resolution import ResolvedNames, RowCellLocator
from merge.template.render_json import FilledIn

Finding = TypeVar("Finding")
_ORDER = {kind: order for order, kind in enumerate(WarningKind)}
_QUOTED_OR_NUMBER = re.compile(r"'[^\n]*?'(?!\w)|“[^”]*”|\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A problem, and the row that it stops."""

    problem: Problem
    row: int

    @property
    def place(self) -> str:
        """The cell, or the row if it isn't about a single cell."""
        return self.problem.place if "!" in self.problem.place else f"row {self.row}"

    @property
    def path(self) -> str:
        """The JSON path that it is about, or ""."""
        problem = self.problem
        return problem.path or (problem.place if problem.place.startswith("$") else "")

    def to_dict(self) -> dict[str, JSON]:
        """The problem as `check --json` prints it."""
        return {
            "row": self.row,
            "place": self.place,
            "message": self.problem.message,
            "hint": self.problem.hint,
            "path": self.path,
        }


class Findings:
    """Collects the problems and warnings of a plan, one row at a time.

    Attributes:
        problems: in the order of the rows
    """

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self.problems: list[RowProblem] = []
        self._plan = plan
        self._settings = settings
        self._project = ReusedProjectTree(plan)
        self._rows: dict[RowWarning, list[int]] = {}
        self._hidden: list[int] = []
        self._same_videos = SameVideos()
        used = plan.names.used if plan.names and settings.locale_assumed else ()
        self._regional = RegionalFormats(used, plan.sheet.worksheet.name, settings.locale)
        worksheet = plan.sheet.worksheet
        self._content = SheetContent(
            plan.sheet.header,
            said_columns(plan.names) if plan.names else (),
            worksheet.name,
            date1904=worksheet.date1904,
            locale=settings.locale,
        )

    def add(self, planned: PlannedRow) -> None:
        """Check the next row of the sheet."""
        self.problems.extend(problems_of(planned))
        if planned.action is not Action.SUBMIT or planned.filled_in is None:
            return
        number = planned.row.number
        for warning in self._warnings_of(planned, planned.filled_in):
            self._rows.setdefault(warning, []).append(number)
        if planned.row.hidden:
            self._hidden.append(number)
        self._same_videos.add(number, planned.filled_in.strings)
        date1904 = self._plan.sheet.worksheet.date1904
        self._regional.add(number, planned.row.cells, planned.filled_in.strings.values(), date1904=date1904)
        self._content.add(planned.row)

    def warnings(self) -> tuple[RowWarning, ...]:
        """The warnings about the rows added so far and about the sheet, most costly first."""
        found = [replace(warning, rows=tuple(numbers)) for warning, numbers in self._rows.items()]
        return by_cost([*found, *self._warnings_of_sheet()])

    def _warnings_of(self, planned: PlannedRow, filled_in: FilledIn) -> tuple[RowWarning, ...]:
        project = self._project.of(filled_in, planned.row.key)
        # Locating cells is slow, and most rows have no warnings.
        if not warnings_of(project):
            return ()
        return warnings_of(project, cell_locator(planned, self._plan, self._settings))

    def _warnings_of_sheet(self) -> Iterator[RowWarning]:
        plan, selection = self._plan, self._settings.selection
        sheet = plan.sheet.worksheet.name
        yield from plan.sheet.warnings
        hidden = (row.number for row in plan.sheet.data_rows if row.hidden)
        if selection.where and plan.left_out and not plan.rows:
            yield no_rows(plan.sheet, self._settings)
        yield from hidden_rows(self._hidden, list(hidden) if selection.visible_only else [], sheet)
        yield from self._same_videos.warnings(sheet)
        yield from self._regional.warnings()
        yield from self._content.warnings()
        if plan.names:
            keys = plan.sheet.columns(selection.key)
            yield from unused_columns(plan.sheet.header, (*plan.names.used, *keys), sheet)
            yield from unused_names(_unused_constants(plan.names, self._settings))


def said_columns(names: ResolvedNames) -> tuple[Column, ...]:
    """The columns whose values are spoken or shown; those that only fill URLs or options aren't.

    In a project written as Jinja text, places are lines, so all of its columns count.
    """
    by_place = [(path, column.number) for path, columns in names.places.items() for column in columns]
    said = {
        number for path, number in by_place if not path.startswith("$") or is_script(path) or is_shown(path)
    }
    elsewhere = {number for _, number in by_place} - said
    return tuple(column for column in names.used if column.number not in elsewhere)


def find(plan: Plan, settings: Settings) -> Findings:
    """Collect the findings of all rows of a plan."""
    findings = Findings(plan, settings)
    for planned in plan.rows:
        findings.add(planned)
    return findings


def problems_of(planned: PlannedRow) -> Iterator[RowProblem]:
    """The problems that stop a row."""
    if planned.decision.status is Status.INVALID:
        problems = [planned.row.problem] if planned.row.problem else planned.problems
        yield from (RowProblem(problem, planned.row.number) for problem in problems)


def by_cost(warnings: Iterable[RowWarning]) -> tuple[RowWarning, ...]:
    """Sort warnings by kind, most costly first; warnings of one kind keep their order."""
    return tuple(sorted(warnings, key=lambda warning: _ORDER[warning.kind]))


def group_problems(problems: Iterable[RowProblem]) -> list[list[RowProblem]]:
    """Group problems whose messages and hints differ only in quoted text and numbers, largest group first."""

    def pattern(found: RowProblem) -> tuple[str, ...]:
        problem = found.problem
        return tuple(_QUOTED_OR_NUMBER.sub("…", text) for text in (problem.message, problem.hint))

    return sorted(_grouped(problems, pattern), key=len, reverse=True)


def group_warnings(warnings: Iterable[RowWarning]) -> list[list[RowWarning]]:
    """Group warnings of one kind that share a hint, most costly kind first."""
    return _grouped(by_cost(warnings), lambda warning: (warning.kind, warning.hint))


def _grouped(findings: Iterable[Finding], key: Callable[[Finding], Hashable]) -> list[list[Finding]]:
    groups: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


class ReusedProjectTree:
    """A row's project as parsed JSON; only its strings are replaced from row to row.

    A template written as Jinja text may give rows different structures, so its projects are parsed each time.
    """

    def __init__(self, plan: Plan) -> None:
        self._same_structure = plan.template.suffix.lower() != JINJA
        self._tree: JSON = None
        self._setters: dict[str, Setter] = {}

    def of(self, filled_in: FilledIn, key: RowKey) -> JSON:
        """The row's project; the next call may change it."""
        if not self._same_structure or self._tree is None:
            self._tree = json.loads(filled_in.project(key).body)
            self._setters = dict(setters(self._tree, filled_in.strings))
        for path, text in filled_in.strings.items():
            self._setters[path](text)
        return self._tree


def cell_locator(planned: PlannedRow, plan: Plan, settings: Settings) -> RowCellLocator:
    """A function that finds the cell of a JSON path in the row's project."""
    assert plan.names is not None
    values = plan.sheet.values_of(planned.row, plan.names.used, settings.locale)
    return RowCellLocator(plan.names, plan.sheet.worksheet.name, planned.row.number, values)


def _unused_constants(names: ResolvedNames, settings: Settings) -> Iterator[str]:
    """Names given with `--set` that neither the template nor `--where` nor the download name mentions."""
    others = f"{settings.selection.where or ''} {settings.download.name if settings.download else ''}"
    return (name for name in names.unused if name not in others)
