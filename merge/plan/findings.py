"""What is to be said of a plan before anything is spent: what stands against rows, what is doubtful."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from merge.checks.project_checks import warnings_of
from merge.checks.sheet_checks import VideosAlike, hidden_rows, unused_columns, unused_names
from merge.checks.warning import RowWarning, WarningKind
from merge.input.template_file import JINJA
from merge.model import JSON, Problem, RowKey
from merge.plan.decide import Action
from merge.plan.plan import Plan, PlannedRow, values_of
from merge.project.tree import Setter, setters
from merge.settings import Settings
from merge.sheet.columns import data_rows
from merge.sheet.result_columns import Status
from merge.template.cell_origin import RowCellLocator
from merge.template.name_resolution import ResolvedNames
from merge.template.render_json import FilledIn

_ORDER = {kind: order for order, kind in enumerate(WarningKind)}


@dataclass(frozen=True, slots=True)
class Warned:
    """A doubt, and the numbers of the rows that it is about; none where it is about the sheet."""

    warning: RowWarning
    rows: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, JSON]:
        """For the JSON of `check`."""
        return {**self.warning.to_dict(), "rows": list(self.rows)}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What stands against one row."""

    problem: Problem
    row: int

    @property
    def place(self) -> str:
        """The cell, or the row where no cell is concerned."""
        return self.problem.place if "!" in self.problem.place else f"row {self.row}"

    @property
    def path(self) -> str:
        """The JSON path that is concerned, or ""."""
        said = self.problem
        return said.path or (said.place if said.place.startswith("$") else "")

    def to_dict(self) -> dict[str, JSON]:
        """For the JSON of `check`."""
        said = self.problem
        return {
            "row": self.row,
            "place": self.place,
            "message": said.message,
            "hint": said.hint,
            "path": self.path,
        }


def refusals(plan: Plan) -> tuple[RowProblem, ...]:
    """What stands against the rows that cannot be submitted, in the sheet's order."""
    return tuple(refused for planned in plan.rows for refused in refusals_of(planned))


def refusals_of(planned: PlannedRow) -> Iterator[RowProblem]:
    """What stands against one row."""
    if planned.decision.status is Status.INVALID:
        problems = [planned.row.problem] if planned.row.problem else planned.problems
        yield from (RowProblem(problem, planned.row.number) for problem in problems)


def by_weight(warned: Iterable[Warned]) -> tuple[Warned, ...]:
    """Doubts, worst first."""
    return tuple(sorted(warned, key=lambda each: _ORDER[each.warning.kind]))


def warnings(plan: Plan, settings: Settings) -> tuple[Warned, ...]:
    """What is doubtful about the rows that would be submitted, and about the sheet; worst first."""
    to_submit = plan.of(Action.SUBMIT)
    trees = ReusedProjectTree.of(plan)
    rows: dict[RowWarning, list[int]] = {}
    for planned in to_submit:
        for warning in warnings_of_row(planned, trees, plan, settings):
            rows.setdefault(warning, []).append(planned.row.number)
    warned = [Warned(warning, tuple(numbers)) for warning, numbers in rows.items()]
    warned += [Warned(warning) for warning in _of_sheet(to_submit, plan, settings)]
    return by_weight(warned)


class ReusedProjectTree:
    """Filled-in projects as trees; where only texts change from row to row, one tree serves them all."""

    def __init__(self, *, fixed: bool) -> None:
        self._fixed = fixed
        self._tree: JSON = None
        self._setters: dict[str, Setter] = {}

    @classmethod
    def of(cls, plan: Plan) -> ReusedProjectTree:
        """Those of a plan's template."""
        return cls(fixed=plan.template.suffix.lower() != JINJA)

    def tree(self, filled_in: FilledIn, key: RowKey) -> JSON:
        """The row's project, to be read before the next one is asked for."""
        if not self._fixed or self._tree is None:
            self._tree = json.loads(filled_in.project(key).body)
            self._setters = dict(setters(self._tree, filled_in.strings))
        for path, text in filled_in.strings.items():
            self._setters[path](text)
        return self._tree


def warnings_of_row(
    planned: PlannedRow, trees: ReusedProjectTree, plan: Plan, settings: Settings
) -> tuple[RowWarning, ...]:
    """What is doubtful about one row that would be submitted, worst first."""
    if planned.filled_in is None or plan.names is None:
        return ()
    project = trees.tree(planned.filled_in, planned.row.key)
    return warnings_of(project, places_of(planned, plan, settings)) if warnings_of(project) else ()


def places_of(planned: PlannedRow, plan: Plan, settings: Settings) -> RowCellLocator:
    """Which cells a row's project is filled from."""
    assert plan.names is not None
    values = values_of(planned.row, plan.names.used, plan.sheet, settings.locale)
    return RowCellLocator(plan.names, plan.sheet.worksheet.name, planned.row.number, values)


def _of_sheet(to_submit: Iterable[PlannedRow], plan: Plan, settings: Settings) -> Iterator[RowWarning]:
    odd = SheetWarnings(plan, settings)
    for planned in to_submit:
        odd.add(planned)
    return odd.warnings(_left_out(plan) if settings.selection.visible_only else [])


class SheetWarnings:
    """Gathers what is odd about a sheet as a whole, row after row."""

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self._plan = plan
        self._settings = settings
        self._hidden = array("L")
        self._alike = VideosAlike()

    def add(self, planned: PlannedRow) -> None:
        """Take note of a row that would be submitted."""
        if planned.row.hidden:
            self._hidden.append(planned.row.number)
        if planned.filled_in:
            self._alike.add(planned.row.number, planned.filled_in.strings)

    def warnings(self, left_out: Sequence[int]) -> Iterator[RowWarning]:
        """What is doubtful about the sheet, by the numbers of the hidden rows that are left out."""
        plan, settings = self._plan, self._settings
        sheet = plan.sheet.worksheet.name
        yield from hidden_rows(self._hidden, left_out, sheet)
        yield from self._alike.warnings(sheet)
        if plan.names:
            keys = plan.sheet.columns(settings.selection.key)
            yield from unused_columns(plan.sheet.header, (*plan.names.used, *keys), sheet)
            yield from unused_names(_idle(plan.names, settings))


def _left_out(plan: Plan) -> list[int]:
    ours = plan.sheet.results.headers.all
    found = data_rows(plan.sheet.worksheet, plan.sheet.header, result_columns=ours)
    return [row.number for row in found if row.hidden]


def _idle(names: ResolvedNames, settings: Settings) -> Iterator[str]:
    """Names that neither the template nor another text over rows mentions."""
    others = f"{settings.selection.where or ''} {settings.download.name if settings.download else ''}"
    return (name for name in names.idle if name not in others)
