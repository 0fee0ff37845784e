"""`castmerge check`: render and judge every row; touch nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from merge.cli.chosen import Chosen, settings_of
from merge.cli.console import Console
from merge.cli.words import plan_lines
from merge.results import ExitCode, Status
from merge.run.runner import standing
from merge.run.session import plan_without_lock
from merge.summary import MergeResult


def perform(values: Mapping[str, object]) -> int:
    """Plan as a run would, and tell."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    plan = plan_without_lock(chosen.workbook, chosen.template, settings_of(chosen))
    invalid = plan.statuses[Status.INVALID]
    code = ExitCode.SOME_FAILED if invalid else ExitCode.COMPLETE
    result = MergeResult(
        workbook=str(chosen.workbook),
        sheet=plan.sheet.worksheet.name,
        template=str(chosen.template),
        row_results=standing(plan).rows,
        exit_code=code,
        unselected=plan.left_out,
    )
    if chosen.flag("as_json"):
        click.echo(json.dumps(result.to_dict(), ensure_ascii=False))
    console.say(plan_lines(plan))
    console.say(["Nothing was sent and nothing was changed."])
    return int(code)
