"""`castmerge check`: render and judge every row; touch nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from merge.cli.chosen import Chosen, address_of, settings_of
from merge.cli.console import Console
from merge.cli.streams import say_json
from merge.cli.verdict import doubt_lines, refusal_lines
from merge.cli.words import intent_lines
from merge.connect import connected
from merge.results import ExitCode, Status
from merge.run.judged import Warned, by_weight, doubts, refusals
from merge.run.outcome import standing
from merge.run.plan import Plan
from merge.run.session import plan_without_lock
from merge.run.settings import Settings
from merge.summary import MergeResult


def perform(values: Mapping[str, object]) -> int:
    """Plan as a run would, and tell."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    settings = settings_of(chosen)
    plan = plan_without_lock(chosen.workbook, chosen.template, settings)
    found: tuple[Warned, ...] = ()
    if chosen.flag("online"):
        plan, found = asyncio.run(_online(plan, settings, chosen))
    invalid = plan.statuses[Status.INVALID]
    code = ExitCode.SOME_FAILED if invalid else ExitCode.COMPLETE
    result = MergeResult(
        workbook=str(plan.sheet.path),
        sheet=plan.sheet.worksheet.name,
        template=str(chosen.template),
        row_results=standing(plan).rows,
        exit_code=code,
        unselected=plan.left_out,
    )
    refused, doubtful = refusals(plan), by_weight((*doubts(plan, settings), *found))
    if chosen.flag("as_json"):
        told = {
            **result.to_dict(),
            "problems": [each.to_dict() for each in refused],
            "warnings": [each.to_dict() for each in doubtful],
        }
        say_json(told)
    console.say(intent_lines(plan))
    console.say(refusal_lines(refused))
    console.say(doubt_lines(doubtful))
    console.say(["Nothing was sent and nothing was changed."])
    return int(code)


async def _online(plan: Plan, settings: Settings, chosen: Chosen) -> tuple[Plan, tuple[Warned, ...]]:
    from merge.online import account_of, judge_online  # noqa: PLC0415 - httpx is heavy, and mostly not needed

    address = address_of(chosen)
    async with connected(address, chosen.workbook, settings) as service:
        account = await account_of(service, address.region)
    return await judge_online(plan, settings, account)
