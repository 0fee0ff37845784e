"""`castmerge check` and `castmerge proof`: fill in and check every row; nothing is sent or changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from merge.cli.check_text import problem_lines, warning_lines
from merge.cli.console import Console
from merge.cli.encoding_question import with_encoding
from merge.cli.option_fields import shown_command
from merge.cli.option_values import service_of, settings_of
from merge.cli.options import (
    CheckOptions,
    JournalOptions,
    PlanOptions,
    ProofOptions,
    SimulateOption,
    VideoLimitOption,
)
from merge.cli.output_files import page_path
from merge.cli.safe_streams import say_json
from merge.cli.summary_text import intent_lines
from merge.connect import connected
from merge.input.paths import private_mode
from merge.plan.decide import Action
from merge.plan.plan import Plan
from merge.reports.check import CheckReport, check_plan
from merge.reports.html import Proof, proof_page
from merge.reports.page_files import page_assets, save_text
from merge.reports.proof import make_proof
from merge.run.session import plan_without_lock
from merge.run.stop import run_async
from merge.settings import Settings
from merge.sheet.result_columns import Status

UNTOUCHED = "Nothing was sent or changed."


def check(options: CheckOptions) -> int:
    """Plan like `run`, and print the findings."""
    options = with_encoding(options)
    console = Console(quiet=options.quiet)
    settings = settings_of(options)
    if options.online:
        report = run_async(_check_online(options, settings))
    else:
        report = check_plan(plan_without_lock(options.workbook, options.template, settings))
    if options.as_json:
        say_json(report.to_dict())
    _say_findings(report, settings, console)
    console.say([UNTOUCHED])
    return int(report.exit_code)


async def _check_online(options: CheckOptions, settings: Settings) -> CheckReport:
    from merge.reports.online_check import account_of, check_online  # noqa: PLC0415 - httpx is heavy, and mostly not needed

    plan = plan_without_lock(options.workbook, options.template, settings)
    async with connected(service_of(options), options.workbook, settings) as service:
        account = await account_of(service, options.region)
    plan, warnings = await check_online(plan, settings, account)
    return check_plan(plan, warnings)


def proof(options: ProofOptions) -> int:
    """Plan like `run`, and write the page."""
    options = with_encoding(options)
    console = Console(quiet=options.quiet)
    report, page = write_proof(options)
    if options.as_json:
        say_json({**report.to_dict(), "page": str(options.output), "approval": page.code})
    else:
        click.echo(f"{options.output}\t{page.code or '-'}")
    _say_findings(report, settings_of(options), console)
    console.say(_next_step(page, options.output))
    return int(report.exit_code)


def write_proof(options: ProofOptions) -> tuple[CheckReport, Proof]:
    """Write the page of a plan; returns the findings, and what the page shows.

    Raises:
        InputError: the input is wrong, or the page can't be saved
    """
    path, settings = page_path(options.output), settings_of(options)
    plan = plan_without_lock(options.workbook, options.template, settings)
    report = check_plan(plan)
    page = make_proof(report, settings, _run_command(options), _left_alone(plan))
    save_text(path, proof_page(page, page_assets()), private_mode(path, options.workbook))
    return report, page


def _say_findings(report: CheckReport, settings: Settings, console: Console) -> None:
    console.say(intent_lines(report.plan, settings))
    console.say(problem_lines(report.problems))
    console.say(warning_lines(report.warnings))


def _left_alone(plan: Plan) -> Iterator[str]:
    """The rows that aren't on the page, counted by reason."""
    statuses = plan.statuses
    amounts = (
        (plan.actions[Action.FOLLOW], "already in progress"),
        (plan.actions[Action.LOOK], "unconfirmed"),
        (statuses[Status.COMPLETE], "complete"),
        (statuses[Status.DRAFT], "saved as drafts"),
        (statuses[Status.FAILED], "failed earlier"),
        (statuses[Status.OUT_OF_DATE], "edited since their video was made"),
        (statuses[Status.TO_DO] - plan.actions[Action.SUBMIT], "waiting for another run"),
        (plan.left_out, "not selected"),
    )
    return (f"{amount:,} {words}" for amount, words in amounts if amount)


def _run_command(options: ProofOptions) -> str:
    """The command line that makes what the page shows, quoted for this system's shell."""
    kinds = PlanOptions, VideoLimitOption, JournalOptions, SimulateOption
    return shown_command("run", options.workbook, options, *kinds)


def _next_step(page: Proof, path: Path) -> Iterator[str]:
    yield f"The proof is in {path}. Open it in a browser, or send it by email."
    if page.code:
        yield f"Once it's approved, run: {page.command} --approved {page.code}"
    yield UNTOUCHED
