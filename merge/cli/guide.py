"""`castmerge guide`: the whole way for people, step by step; the scripts to double-click call it.

It finds workbook and template, checks, shows the proof in the browser, asks once, makes the videos and shows
the report. Each step is one of castmerge's own commands, called as anybody would call it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from merge.checks.warning import RowWarning, WarningKind
from merge.cli.browser import open_page
from merge.cli.campaign_folder import Campaign, campaign_in
from merge.cli.check_text import problem_lines, warning_lines
from merge.cli.console import Console, say
from merge.cli.error_boundary import Declined, say_error
from merge.cli.login import accepted
from merge.cli.option_values import Chosen, address_of
from merge.connect import KEY, credentials_of
from merge.errors import InputError, MergeError, ServiceError, Unauthorized
from merge.model import JSON, Problem
from merge.plan.findings import RowProblem
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


def perform(values: Mapping[str, object]) -> int:
    """Lead somebody through it."""
    chosen = Chosen(values)
    if not Console.can_ask():
        raise InputError(
            "castmerge guide asks questions, and nobody is here to answer",
            hint="Jobs say: castmerge run WORKBOOK -t TEMPLATE --yes",
        )
    try:
        code, ending = _lead(
            campaign_in(Path.cwd(), chosen.path("workbook")), opens=not chosen.flag("no_open")
        )
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
    simulated = _is_simulated(campaign)
    # Whoever starts again wants what failed made again; the question says how many videos that are.
    wanted = ("--retry-failed", *(("--simulate",) if simulated else ()))
    say("Looking at every row …")
    page = campaign.page("proof")
    told = _told("proof", *_of(campaign), "-o", str(page), *wanted)
    say(*problem_lines(_problems(told)), *warning_lines(_warnings(told)))
    approval = str(told.get("approval") or "")
    if approval:
        _show("proof", page, opens=opens)
        say("" if simulated else "Look at it before you answer.")
    code = _invoke(_context("run", *_of(campaign), *wanted, *(("--approved", approval) if approval else ())))
    _report(campaign, wanted[1:], opens=opens)
    return code, _TRIED if simulated and code is ExitCode.COMPLETE else _ENDINGS[code]


def _report(campaign: Campaign, service: tuple[str, ...], *, opens: bool) -> None:
    """Show what was made; where there is nothing to show yet, the run has said why."""
    page = campaign.page("report")
    try:
        _told("report", *_of(campaign, template=False), "-o", str(page), *service)
    except MergeError as error:
        say_error(error)
    else:
        _show("report", page, opens=opens)


def _problems(told: Mapping[str, JSON]) -> list[RowProblem]:
    """The problems of a proof."""
    return [
        RowProblem(Problem(str(each["message"]), str(each["place"]), str(each["hint"])), _number(each["row"]))
        for each in _objects(told.get("problems"))
    ]


def _warnings(told: Mapping[str, JSON]) -> list[RowWarning]:
    """The warnings of a proof."""
    return [
        RowWarning(
            WarningKind(str(each["kind"])),
            str(each["place"]),
            str(each["message"]),
            str(each["hint"]),
            rows=tuple(_number(row) for row in _list(each["rows"])),
        )
        for each in _objects(told.get("warnings"))
    ]


def _objects(found: JSON) -> Iterator[dict[str, JSON]]:
    return (each for each in _list(found) if isinstance(each, dict))


def _list(found: JSON) -> list[JSON]:
    return found if isinstance(found, list) else []


def _number(found: JSON) -> int:
    return found if isinstance(found, int) else 0


def _is_simulated(campaign: Campaign) -> bool:
    """Whether this is to be tried without credits.

    Raises:
        Declined: somebody would rather stop
    """
    run = Chosen(_context("run", *_of(campaign)).params)
    if run.flag("simulate"):
        return True
    options = address_of(run)
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
    """Whether the service certainly refuses a key; one that cannot be asked says so during the run."""
    try:
        return not accepted(secret, options)
    except ServiceError:
        return False


def _without_key(options: ServiceOptions, refused: str) -> bool:
    """Ask what to do without a good key; tell whether to simulate.

    Args:
        options: where the service is
        refused: where the key is that the service refuses, or "" where there is none
    """
    answers = {"t": "try it without credits", "q": "stop"}
    if keyring_name() and not refused.startswith("the environment"):
        answers = {"k": "type the API key", **answers}
    say(*_lacking(options.region, refused, may_type="k" in answers))
    asked = ", ".join(f"{letter} = {words}" for letter, words in answers.items())
    answer = click.prompt(asked, type=click.Choice(list(answers)), show_choices=False, err=True)
    match answer:
        case "k":
            _log_in(options)
            return False
        case "t":
            return True
        case _:
            raise Declined


def _lacking(region: str, refused: str, *, may_type: bool) -> Iterator[str]:
    if refused:
        yield f"AI Studios refuses the API key from {refused}."
        yield f"A key belongs to one region; this one was tried in {region} (region in castmerge.toml)."
    else:
        yield "To make real videos, castmerge needs the API key of your AI Studios account."
    if not may_type:
        yield f"On this computer it is read from the environment variable {KEY}: set it, then start me again."


def _log_in(options: ServiceOptions) -> None:
    elsewhere = ("--base-url", options.base_url) if options.base_url else ()
    try:
        _invoke(_context("login", "--region", options.region, *elsewhere))
    except MergeError as error:
        say_error(error)


def _show(what: str, page: Path, *, opens: bool) -> None:
    opened = opens and open_page(page)
    say(f"The {what}: {page}{' (it opens in the browser)' if opened else ''}")


def _told(command: str, *arguments: str) -> dict[str, JSON]:
    """What a command tells as JSON."""
    heard = io.StringIO()
    with redirect_stdout(heard):
        _invoke(_context(command, *arguments, "--json", "--quiet"))
    told: JSON = json.loads(heard.getvalue())
    return told if isinstance(told, dict) else {}


def _of(campaign: Campaign, *, template: bool = True) -> tuple[str, ...]:
    """The arguments that say what a command is about."""
    from_config = ("--config", str(campaign.config)) if campaign.config else ()
    of_template = ("-t", str(campaign.template)) if template else ()
    return (str(campaign.workbook), *of_template, *from_config)


def _context(name: str, *arguments: str) -> click.Context:
    """A command with its options read, as if it had been typed."""
    root = click.get_current_context().find_root()
    assert isinstance(root.command, click.Group)
    command = root.command.get_command(root, name)
    assert command is not None
    return command.make_context(name, list(arguments), parent=root)


def _invoke(context: click.Context) -> ExitCode:
    # What comes next is said at the end, in the words of somebody who double-clicked.
    context.params["guided"] = True
    with context:
        return ExitCode(context.command.invoke(context))
