"""`castmerge check`: fill in and check every row; send and change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from merge.cli.check_text import problem_lines, warning_lines
from merge.cli.console import Console
from merge.cli.option_values import Chosen, address_of, settings_of
from merge.cli.safe_streams import say_json
from merge.cli.summary_text import intent_lines
from merge.connect import connected
from merge.reports.check import CheckReport, check_plan
from merge.run.session import plan_without_lock
from merge.settings import Settings


def perform(values: Mapping[str, object]) -> int:
    """Plan as a run would, and print the findings."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    settings = settings_of(chosen)
    if chosen.flag("online"):
        report = asyncio.run(_online(settings, chosen))
    else:
        report = check_plan(plan_without_lock(chosen.workbook, chosen.template, settings), settings)
    if chosen.flag("as_json"):
        say_json(report.to_dict())
    console.say(intent_lines(report.plan))
    console.say(problem_lines(report.problems))
    console.say(warning_lines(report.warnings))
    console.say(["Nothing was sent and nothing was changed."])
    return int(report.exit_code)


async def _online(settings: Settings, chosen: Chosen) -> CheckReport:
    from merge.reports.online_check import account_of, check_online  # noqa: PLC0415 - httpx is heavy, and mostly not needed

    plan = plan_without_lock(chosen.workbook, chosen.template, settings)
    options = address_of(chosen)
    async with connected(options, chosen.workbook, settings) as service:
        account = await account_of(service, options.region)
    plan, warnings = await check_online(plan, settings, account)
    return check_plan(plan, settings, warnings)
