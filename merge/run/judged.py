"""What is to be said of a plan before anything is spent: what stands against rows, what is doubtful."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from merge.caution import Caution, Kind
from merge.cellplaces import CellPlaces
from merge.columns import data_rows
from merge.decide import Action
from merge.lint import warnings_of
from merge.model import JSON, Problem, RowKey
from merge.naming import RowNames
from merge.oddities import hidden_rows, rows_alike, unused_columns, unused_names
from merge.render import Rendered
from merge.results import Status
from merge.run.plan import Plan, PlannedRow, values_of
from merge.run.settings import Settings
from merge.run.templates import JINJA
from merge.tree import Setter, setters

_ORDER = {kind: order for order, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Warned:
    """A doubt, and the numbers of the rows that it is about; none where it is about the sheet."""

    caution: Caution
    rows: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, JSON]:
        """For the JSON of `check`."""
        return {**self.caution.to_dict(), "rows": list(self.rows)}


@dataclass(frozen=True, slots=True)
class Refused:
    """What stands against one row."""

    problem: Problem
    row: int

    @property
    def place(self) -> str:
        """The cell, or the row where no cell is concerned."""
        return self.problem.place if "!" in self.problem.place else f"row {self.row}"

    def to_dict(self) -> dict[str, JSON]:
        """For the JSON of `check`."""
        said = self.problem
        path = said.path or (said.place if said.place.startswith("$") else "")
        return {
            "row": self.row,
            "place": self.place,
            "message": said.message,
            "cure": said.cure,
            "path": path,
        }


def refusals(plan: Plan) -> tuple[Refused, ...]:
    """What stands against the rows that cannot be submitted, in the sheet's order."""
    return tuple(
        Refused(problem, planned.row.number)
        for planned in plan.rows
        if planned.decision.status is Status.INVALID
        for problem in ([planned.row.problem] if planned.row.problem else planned.problems)
    )


def by_weight(warned: Iterable[Warned]) -> tuple[Warned, ...]:
    """Doubts, worst first."""
    return tuple(sorted(warned, key=lambda each: _ORDER[each.caution.kind]))


def doubts(plan: Plan, settings: Settings) -> tuple[Warned, ...]:
    """What is doubtful about the rows that would be submitted, and about the sheet; worst first."""
    to_submit = plan.of(Action.SUBMIT)
    trees = Trees.of(plan)
    rows: dict[Caution, list[int]] = {}
    for planned in to_submit:
        for caution in _of_row(planned, trees, plan, settings):
            rows.setdefault(caution, []).append(planned.row.number)
    warned = [Warned(caution, tuple(numbers)) for caution, numbers in rows.items()]
    warned += [Warned(caution) for caution in _of_sheet(to_submit, plan, settings)]
    return by_weight(warned)


class Trees:
    """Rendered projects as trees; where only texts change from row to row, one tree serves them all."""

    def __init__(self, *, fixed: bool) -> None:
        self._fixed = fixed
        self._tree: JSON = None
        self._setters: dict[str, Setter] = {}

    @classmethod
    def of(cls, plan: Plan) -> Trees:
        """Those of a plan's template."""
        return cls(fixed=plan.template.suffix.lower() != JINJA)

    def tree(self, rendered: Rendered, key: RowKey) -> JSON:
        """The row's project, to be read before the next one is asked for."""
        if not self._fixed or self._tree is None:
            self._tree = json.loads(rendered.project(key).body)
            self._setters = dict(setters(self._tree, rendered.strings))
        for path, text in rendered.strings.items():
            self._setters[path](text)
        return self._tree


def _of_row(planned: PlannedRow, trees: Trees, plan: Plan, settings: Settings) -> tuple[Caution, ...]:
    if planned.rendered is None or plan.names is None:
        return ()
    project = trees.tree(planned.rendered, planned.row.key)
    return warnings_of(project, places_of(planned, plan, settings)) if warnings_of(project) else ()


def places_of(planned: PlannedRow, plan: Plan, settings: Settings) -> CellPlaces:
    """Which cells a row's project is filled from."""
    assert plan.names is not None
    values = values_of(planned.row, plan.names.used, plan.sheet, settings.locale)
    return CellPlaces(plan.names, plan.sheet.worksheet.name, planned.row.number, values)


def _of_sheet(to_submit: Iterable[PlannedRow], plan: Plan, settings: Settings) -> Iterator[Caution]:
    sheet, rows = plan.sheet.worksheet.name, list(to_submit)
    taken = [planned.row.number for planned in rows if planned.row.hidden]
    yield from hidden_rows(taken, _left_out(plan) if settings.selection.visible_only else [], sheet)
    strings = ((planned.row.number, planned.rendered.strings) for planned in rows if planned.rendered)
    yield from rows_alike(strings, sheet)
    if plan.names:
        keys = plan.sheet.columns(settings.selection.key)
        yield from unused_columns(plan.sheet.header, (*plan.names.used, *keys), sheet)
        yield from unused_names(_idle(plan.names, settings))


def _left_out(plan: Plan) -> list[int]:
    ours = plan.sheet.results.headers.all
    found = data_rows(plan.sheet.worksheet, plan.sheet.header, result_columns=ours)
    return [row.number for row in found if row.hidden]


def _idle(names: RowNames, settings: Settings) -> Iterator[str]:
    """Names that neither the template nor another text over rows mentions."""
    others = f"{settings.selection.where or ''} {settings.keeping.name if settings.keeping else ''}"
    return (name for name in names.idle if name not in others)
