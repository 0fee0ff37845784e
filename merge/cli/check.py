"""`castmerge check`: render and judge every row; touch nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from merge.cli.check_text import doubted_lines, refused_lines
from merge.cli.console import Console
from merge.cli.option_values import Chosen, address_of, settings_of
from merge.cli.safe_streams import say_json_pieces
from merge.cli.summary_text import tally_lines
from merge.connect import connected
from merge.reports.check import check_rows, verdicts_of
from merge.reports.check_summary import CheckReport
from merge.run.session import plan_without_lock
from merge.settings import Settings


def perform(values: Mapping[str, object]) -> int:
    """Judge as a run would, and tell."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    settings = settings_of(chosen)
    if chosen.flag("online"):
        verdicts = asyncio.run(_online(settings, chosen))
    else:
        verdicts = check_rows(chosen.workbook, chosen.template, settings)
    if chosen.flag("as_json"):
        say_json_pieces(verdicts.summary(verdicts.plan.sheet.path))
    console.say(tally_lines(verdicts.plan.sheet, verdicts.tally))
    console.say(refused_lines(verdicts.refused))
    console.say(doubted_lines(verdicts.doubtful))
    console.say(["Nothing was sent and nothing was changed."])
    return int(verdicts.exit_code)


async def _online(settings: Settings, chosen: Chosen) -> CheckReport:
    from merge.reports.online_check import account_of, judge_online  # noqa: PLC0415 - httpx is heavy, and mostly not needed

    plan = plan_without_lock(chosen.workbook, chosen.template, settings)
    options = address_of(chosen)
    async with connected(options, chosen.workbook, settings) as service:
        account = await account_of(service, options.region)
    plan, found = await judge_online(plan, settings, account)
    verdicts = verdicts_of(plan, settings)
    for warned in found:
        verdicts.take(warned)
    return verdicts
