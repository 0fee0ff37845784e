"""The result of `castmerge check`: every row filled in and checked, nothing sent or changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from merge.checks.warning import RowWarning
from merge.model import JSON
from merge.plan.findings import RowProblem, by_cost
from merge.plan.plan import Plan
from merge.results import ExitCode, MergeResult
from merge.run.state import status_before_run
from merge.sheet.result_columns import Status


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A plan with its findings.

    Attributes:
        plan: made without a lock
        problems: in the order of the rows
        warnings: most costly first
    """

    plan: Plan
    problems: Sequence[RowProblem]
    warnings: Sequence[RowWarning]

    @property
    def exit_code(self) -> ExitCode:
        """1 if any row is invalid."""
        return ExitCode.SOME_FAILED if self.plan.statuses[Status.INVALID] else ExitCode.COMPLETE

    def to_dict(self) -> dict[str, JSON]:
        """The JSON summary."""
        result = MergeResult(
            workbook=str(self.plan.sheet.path),
            sheet=self.plan.sheet.worksheet.name,
            template=str(self.plan.template),
            rows=status_before_run(self.plan).rows,
            exit_code=self.exit_code,
            unselected=self.plan.left_out,
            practice=self.plan.recognizer.settings.simulate,
        )
        return {
            **result.to_dict(),
            "problems": [problem.to_dict() for problem in self.problems],
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


def check_plan(plan: Plan, more_warnings: Iterable[RowWarning] = ()) -> CheckReport:
    """Collect the findings of a plan, and add warnings that were found elsewhere."""
    found = plan.found
    return CheckReport(plan, found.problems, by_cost((*found.warnings, *more_warnings)))
