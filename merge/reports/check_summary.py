"""What a check finds, row after row: counted, gathered by kind and packed, so that memory stays small."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from merge.checks.warning import RowWarning, WarningKind
from merge.plan.decide import Action
from merge.plan.findings import ReusedProjectTree, SheetWarnings, Warned, refusals_of, warnings_of_row
from merge.plan.plan import Plan, PlannedRow, Tally
from merge.reports.finding_groups import ProblemKinds, WarningKinds
from merge.reports.packed_texts import CompressedTextList
from merge.results import SCHEMA, ExitCode, count_rows
from merge.run.state import result_of
from merge.settings import Settings
from merge.sheet.result_columns import Status

_KEPT = 5_000
"""So many different doubts are told once for all their rows; further ones are told for each row."""


class CheckReport:
    """What is found of a sheet's rows.

    Attributes:
        plan: what the rows belong to; its own rows are not looked at
        tally: how many rows there are of which kind
        refused: what stands against rows
        doubtful: what is doubtful
    """

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self.plan = plan
        self.tally = Tally()
        self.refused = ProblemKinds()
        self.doubtful = WarningKinds()
        self._settings = settings
        self._trees = ReusedProjectTree.of(plan)
        self._odd = SheetWarnings(plan, settings)
        self._counts = count_rows(())
        self._credits: float | None = None
        self._rows, self._problems = CompressedTextList(), CompressedTextList()
        self._warnings: dict[WarningKind, CompressedTextList] = {}
        self._several: dict[RowWarning, array[int]] = {}

    def add(self, planned: PlannedRow) -> None:
        """Judge a row."""
        self.tally.add(planned)
        result = result_of(planned, planned.entry, None)
        for name, number in count_rows([result]).items():
            self._counts[name] += number
        if result.credits is not None:
            self._credits = (self._credits or 0.0) + result.credits
        self._rows.add(_json(result.to_dict()))
        for refused in refusals_of(planned):
            self.refused.add(refused)
            self._problems.add(_json(refused.to_dict()))
        if planned.action is Action.SUBMIT:
            self._odd.add(planned)
            for warning in warnings_of_row(planned, self._trees, self.plan, self._settings):
                self._doubt(warning, planned.row.number)

    def finish(self, *, left_out: int, below: int, hidden_left_out: Sequence[int]) -> None:
        """Judge the sheet, once every row is.

        Args:
            left_out: how many rows were not selected
            below: how many rows stand beneath the Excel Table
            hidden_left_out: the numbers of hidden rows that were left out for that
        """
        self.tally.left_out, self.tally.below = left_out, below
        for warning in self._odd.warnings(hidden_left_out):
            self.take(Warned(warning))

    def take(self, warned: Warned) -> None:
        """Take a doubt that was found elsewhere."""
        self.doubtful.take(warned)
        self._pack(warned)

    @property
    def exit_code(self) -> ExitCode:
        """1 where a row cannot be rendered."""
        return ExitCode.SOME_FAILED if self.tally.statuses[Status.INVALID] else ExitCode.COMPLETE

    def summary(self, workbook: Path) -> Iterator[str]:
        """The JSON summary in pieces, to be written one after the other."""
        counts = self._counts | {"skipped": self._counts["skipped"] + self.tally.left_out}
        head = {
            "schema": SCHEMA,
            "workbook": str(workbook),
            "sheet": self.plan.sheet.worksheet.name,
            "template": str(self.plan.template),
            "counts": counts,
            "credits": self._credits,
            "exit_code": int(self.exit_code),
        }
        for warning, numbers in self._several.items():
            self._pack(Warned(warning, tuple(numbers)))
        yield _json(head).removesuffix("}")
        yield from _listed("rows", [self._rows])
        yield from _listed("problems", [self._problems])
        yield from _listed(
            "warnings", [self._warnings[kind] for kind in WarningKind if kind in self._warnings]
        )
        yield "}"

    def _doubt(self, warning: RowWarning, number: int) -> None:
        self.doubtful.add(warning, number)
        known = self._several.get(warning)
        if known is not None:
            known.append(number)
        elif "!" in warning.place or len(self._several) >= _KEPT:
            self._pack(Warned(warning, (number,)))
        else:
            self._several[warning] = array("L", [number])

    def _pack(self, warned: Warned) -> None:
        self._warnings.setdefault(warned.warning.kind, CompressedTextList()).add(_json(warned.to_dict()))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(name: str, packed: Iterable[CompressedTextList]) -> Iterator[str]:
    yield f', "{name}": ['
    filled = [texts for texts in packed if texts.count]
    for place, texts in enumerate(filled):
        yield ", " if place else ""
        yield from texts.pieces()
    yield "]"
