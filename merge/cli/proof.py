"""`castmerge proof`: a page that shows every row before anything is made; touches nothing else."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import list2cmdline

import click

from merge.cli import options
from merge.cli.check_text import problem_lines, warning_lines
from merge.cli.console import Console
from merge.cli.option_values import Chosen, settings_of
from merge.cli.output_files import page_assets, page_path, save_text
from merge.cli.safe_streams import say_json
from merge.cli.summary_text import intent_lines
from merge.plan.decide import Action
from merge.plan.plan import Plan
from merge.reports.check import check_plan
from merge.reports.html import Proof, proof_page
from merge.reports.proof import make_proof
from merge.run.session import plan_without_lock
from merge.sheet.result_columns import Status

DEFAULT_PAGE = "proof.html"


def perform(values: Mapping[str, object]) -> int:
    """Plan as a run would, and write the page."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    path = page_path(chosen.text("output") or DEFAULT_PAGE)
    settings = settings_of(chosen)
    plan = plan_without_lock(chosen.workbook, chosen.template, settings)
    report = check_plan(plan, settings)
    proof = make_proof(report, settings, _command(values), _left_alone(plan))
    save_text(path, proof_page(proof, page_assets()))
    if chosen.flag("as_json"):
        say_json({**report.to_dict(), "page": str(path), "approval": proof.code})
    else:
        click.echo(f"{path}\t{proof.code or '-'}")
    console.say(intent_lines(plan))
    console.say(problem_lines(report.problems))
    console.say(warning_lines(report.warnings))
    console.say(_next_step(proof, path))
    return int(report.exit_code)


def _left_alone(plan: Plan) -> Iterator[str]:
    """What is not on the page, and why."""
    statuses = plan.statuses
    amounts = (
        (len(plan.of(Action.FOLLOW)), "being made already"),
        (len(plan.of(Action.LOOK)), "in doubt"),
        (statuses[Status.COMPLETE], "complete"),
        (statuses[Status.DRAFT], "saved as drafts"),
        (statuses[Status.FAILED], "failed earlier"),
        (statuses[Status.OUT_OF_DATE], "changed since their video"),
        (statuses[Status.TO_DO] - len(plan.of(Action.SUBMIT)), "held back for another run"),
        (plan.left_out, "not selected"),
    )
    return (f"{amount:,} {words}" for amount, words in amounts if amount)


def _command(values: Mapping[str, object]) -> str:
    """The command line that makes what the page shows, with the options that say which rows and how."""
    words = ["castmerge", "run", str(values["workbook"])]
    for chosen in (*options.TEMPLATE, *options.ROWS, *options.WISHES, options.MAX_VIDEOS, *options.PLACES):
        value = values.get(str(chosen.name))
        long = next(name for name in chosen.opts if name.startswith("--"))
        if value is None or value is False or value == chosen.default:
            continue
        given = value if isinstance(value, list | tuple) else [value]
        words += [long] if value is True else [word for each in given for word in (long, str(each))]
    words += ["--simulate"] if values.get("simulate") else []
    # Each system's own shell must be able to read it.
    return list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _next_step(proof: Proof, path: Path) -> Iterator[str]:
    yield f"The proof is {path}: open it in a browser, or send it by mail."
    if proof.code:
        yield f"Once it is approved: {proof.command} --approved {proof.code}"
    yield "Nothing was sent and nothing was changed."
