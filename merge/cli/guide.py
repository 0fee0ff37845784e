"""`castmerge guide`: check, proof, one question, run and report; the double-click scripts start it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from merge.cli.account import is_accepted, login
from merge.cli.campaign_folder import Campaign, campaign_in
from merge.cli.check import write_proof
from merge.cli.check_text import problem_lines, warning_lines
from merge.cli.command import logged, read_options, say_where_the_key_goes
from merge.cli.console import Console, say
from merge.cli.encoding_question import with_encoding
from merge.cli.error_boundary import Declined, say_error
from merge.cli.option_values import service_of
from merge.cli.options import GuideOptions, LoginOptions, ProofOptions, ReportOptions, RunOptions
from merge.cli.output_files import open_page
from merge.cli.report import write_report
from merge.cli.run import make_videos
from merge.connect import KEY, credentials_of
from merge.errors import InputError, MergeError, ServiceError, Unauthorized
from merge.results import ExitCode
from merge.services.keyring_store import keyring_name
from merge.settings import ServiceOptions

if TYPE_CHECKING:
    from merge.services.aistudios import ApiKey, AppCredentials

_ENDINGS = {
    ExitCode.COMPLETE: "All done: every row has its video, and the links are in the workbook.",
    ExitCode.SOME_FAILED: "Done, but not every row has its video: see above. Mend those rows in the "
    "workbook and start me again: only they are sent.",
    ExitCode.WRONG_INPUT: "Nothing was sent. Mend what is said above, then start me again.",
    ExitCode.STOPPED: "Stopped before more was spent, and nothing is lost. Once that is settled, "
    "start me again.",
    ExitCode.OPEN: "Some videos are not there yet. Start me again later: nothing is made or paid twice.",
    ExitCode.NOT_WRITTEN: "The videos are kept, but the links could not be put into the workbook. Close it "
    "in Excel and start me again: then they are put in.",
    ExitCode.FAULT: "That is a fault in castmerge itself. Nothing is lost; start me again, and if it comes "
    "back, show the message above to whoever looks after castmerge.",
    ExitCode.INTERRUPTED: "Interrupted. Start me again to go on: nothing is made or paid twice.",
}
_TRIED = (
    "That was a try: no video was made, and nothing was paid. With an API key, start me again to make them."
)
_DECLINED = "Nothing was sent. Start me again when you are ready."


def guide(options: GuideOptions) -> int:
    """Lead the user through a campaign, from the check to the report."""
    if not Console.can_ask():
        raise InputError(
            "castmerge guide asks questions, and nobody is here to answer",
            hint="Jobs say: castmerge run WORKBOOK -t TEMPLATE --yes",
        )
    try:
        code, ending = _lead(campaign_in(Path.cwd(), options.workbook), opens=not options.no_open)
    except Declined:
        code, ending = ExitCode.COMPLETE, _DECLINED
    except MergeError as error:
        say_error(error)
        code = ExitCode(error.exit_code)
        ending = _ENDINGS[code]
    except click.ClickException as error:
        error.show()
        code = ExitCode(error.exit_code)
        ending = _ENDINGS[code]
    say("", ending)
    return int(code)


def _lead(campaign: Campaign, *, opens: bool) -> tuple[ExitCode, str]:
    say(f"Workbook: {campaign.workbook.name}", f"Template: {campaign.template.name}", "")
    inputs = (str(campaign.workbook),)
    template = ("-t", str(campaign.template))
    run = read_options(RunOptions, "run", (*inputs, *template), campaign.config)
    say_where_the_key_goes(run)
    simulate = run.simulate or _chooses_simulation(service_of(run))
    # Starting the guide again is how users retry failed rows; the question says how many videos that makes.
    run = replace(run, simulate=simulate, retry_failed=True)
    with logged(run):
        run = with_encoding(run)
        say("Looking at every row …")
        proof = read_options(ProofOptions, "proof", (*inputs, *template), campaign.config)
        page = campaign.page("proof")
        report, shown = write_proof(
            replace(proof, output=page, simulate=simulate, retry_failed=True, encoding=run.encoding)
        )
        say(*problem_lines(report.problems), *warning_lines(report.warnings))
        if shown.code:
            _show("proof", page, opens=opens)
            say("" if simulate else "Look at it before you answer.")
        code = ExitCode(make_videos(replace(run, approved=shown.code or run.approved), guided=True))
        last = read_options(ReportOptions, "report", inputs, campaign.config)
        _report(replace(last, simulate=simulate), campaign.page("report"), opens=opens)
    return code, _TRIED if simulate and code is ExitCode.COMPLETE else _ENDINGS[code]


def _report(options: ReportOptions, page: Path, *, opens: bool) -> None:
    """Show the results; if there are none yet, the run has already printed why."""
    try:
        write_report(options, page)
    except MergeError as error:
        say_error(error)
    else:
        _show("report", page, opens=opens)


def _show(what: str, page: Path, *, opens: bool) -> None:
    opened = opens and open_page(page)
    say(f"The {what}: {page}{' (it opens in the browser)' if opened else ''}")


def _chooses_simulation(options: ServiceOptions) -> bool:
    """Whether a user without a working key wants to try it without credits.

    Raises:
        Declined: the user would rather stop
    """
    while True:
        try:
            found = credentials_of(options.region)
        except Unauthorized:
            where = ""
        else:
            if not _is_refused(found.secret, options):
                return False
            where = found.where
        if _without_key(options, where):
            return True


def _is_refused(secret: ApiKey | AppCredentials, options: ServiceOptions) -> bool:
    """Whether the service certainly refuses a key; if it can't be reached, the run will report that."""
    try:
        return not is_accepted(secret, options)
    except ServiceError:
        return False


def _without_key(options: ServiceOptions, refused: str) -> bool:
    """Ask what to do without a working key; returns whether to simulate.

    Args:
        options: where the service is
        refused: where the key is that the service refuses, or "" if there is none
    """
    answers = {"t": "try it without credits", "q": "stop"}
    if keyring_name() and not refused.startswith("the environment"):
        answers = {"k": "type the API key", **answers}
    say(*_missing_key_lines(options.region, refused, may_type="k" in answers))
    asked = ", ".join(f"{letter} = {words}" for letter, words in answers.items())
    answer = click.prompt(asked, type=click.Choice(list(answers)), show_choices=False, err=True)
    if answer == "q":
        raise Declined
    if answer == "k":
        _log_in(options)
    return bool(answer == "t")


def _missing_key_lines(region: str, refused: str, *, may_type: bool) -> Iterator[str]:
    if refused:
        yield f"AI Studios refuses the API key from {refused}."
        yield f"A key belongs to one region; this one was tried in {region} (region in castmerge.toml)."
    else:
        yield "To make real videos, castmerge needs the API key of your AI Studios account."
    if not may_type:
        yield f"On this computer it is read from the environment variable {KEY}: set it, then start me again."


def _log_in(options: ServiceOptions) -> None:
    try:
        login(LoginOptions(region=options.region, base_url=options.base_url))
    except MergeError as error:
        say_error(error)
