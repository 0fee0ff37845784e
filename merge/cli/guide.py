"""`castmerge guide`: the whole way for people, step by step; the scripts to double-click call it.

It finds workbook and template, checks, shows the proof in the browser, asks once, makes the videos and shows
the report. Each step is one of castmerge's own commands, called as anybody would call it.
"""

from __future__ import annotations

import io
import json
import sys
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import click

from merge.cli.boundary import say_error
from merge.cli.chosen import Chosen
from merge.cli.config import FILE_NAME, read_config
from merge.cli.console import Console
from merge.connect import KEY, credentials_of
from merge.errors import InputError, MergeError, Unauthorized
from merge.keychain import keyring_name
from merge.model import JSON
from merge.results import ExitCode

_SHEETS = (".xlsx", ".xlsm", ".csv", ".tsv")
_TEMPLATES = (".json", ".json.j2")
_SHOWN = 8

_ENDINGS = {
    ExitCode.COMPLETE: "All done: every row has its video, and the links stand in the workbook.",
    ExitCode.SOME_FAILED: "Done, but some rows could not be made. The report names them first, with what "
    "to do; mend them in the workbook and start me again: only they are sent.",
    ExitCode.WRONG_INPUT: "Nothing was sent. Mend what is said above, then start me again.",
    ExitCode.STOPPED: "Stopped before more was spent, and nothing is lost. Once that is settled, "
    "start me again.",
    ExitCode.OPEN: "Some videos are not there yet. Start me again later: nothing is made or paid twice.",
    ExitCode.NOT_WRITTEN: "The videos are made, but the workbook is open in another program. Close it "
    "and start me again: the links are kept and will be put in.",
    ExitCode.INTERRUPTED: "Interrupted. Start me again to go on: nothing is made or paid twice.",
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be made from what.

    Attributes:
        workbook: the workbook
        template: the template
        common: options that every command gets
    """

    workbook: Path
    template: Path
    common: tuple[str, ...]

    def page(self, kind: str) -> Path:
        """Where a page of this campaign goes: beside the template, named after the workbook."""
        return self.template.parent / f"{self.workbook.stem} {kind}.html"


def perform(values: Mapping[str, object]) -> int:
    """Lead somebody through it."""
    chosen = Chosen(values)
    if not Console.can_ask():
        raise InputError(
            "castmerge guide asks, and nobody is here to answer",
            cure="Jobs say: castmerge run WORKBOOK -t TEMPLATE --yes",
        )
    campaign = _campaign(chosen)
    _say(f"Workbook: {campaign.workbook.name}", f"Template: {campaign.template.name}", "")
    try:
        code = _lead(campaign, opens=not chosen.flag("no_open"))
    except MergeError as error:
        say_error(error)
        code = ExitCode(error.exit_code)
    _say("", _ENDINGS[code])
    return int(code)


def _lead(campaign: Campaign, *, opens: bool) -> ExitCode:
    simulated = _simulated(campaign)
    if simulated is None:
        return ExitCode.WRONG_INPUT
    service = ("--simulate",) if simulated else ()
    page = campaign.page("proof")
    _say("Looking at every row …")
    told = _told("proof", campaign, "-o", str(page), *service)
    _say(*_findings(told))
    _show(page, opens=opens, what="proof")
    code = str(told.get("approval") or "")
    if code:
        _say("", "Look at the proof in the browser before you answer.")
    ended = _call("run", campaign, *service, *(("--approved", code) if code else ()))
    report = campaign.page("report")
    _told("report", campaign, "-o", str(report), *service)
    _show(report, opens=opens, what="report")
    return ended


def _findings(told: Mapping[str, JSON]) -> Iterator[str]:
    """The problems and warnings of the proof, the first of them in words."""
    for name, words in (("problems", "cannot be made"), ("warnings", "worth a look")):
        found = told.get(name)
        listed = found if isinstance(found, list) else []
        if listed:
            yield f"{words.capitalize()}:"
        for each in listed[:_SHOWN]:
            yield f"  {_in_one_line(each)}"
        if len(listed) > _SHOWN:
            yield f"  … and {len(listed) - _SHOWN} more, on the proof"


def _in_one_line(found: JSON) -> str:
    if not isinstance(found, dict):
        return ""
    said = ". ".join(str(found[name]) for name in ("message", "cure") if found.get(name))
    return f"{found['place']}: {said}" if found.get("place") else said


def _simulated(campaign: Campaign) -> bool | None:
    """Whether this is to be tried without credits; None where somebody would rather stop."""
    region = (
        str(read_config(_config(campaign)).get("region") or "global") if _has_config(campaign) else "global"
    )
    try:
        credentials_of(region)
    except Unauthorized:
        return _without_key(region)
    return False


def _without_key(region: str) -> bool | None:
    answers = {"t": "try it without credits", "q": "stop"}
    if keyring_name():
        answers = {"k": "type the API key now", **answers}
        _say("No API key of AI Studios is known on this computer.")
    else:
        _say(f"No API key of AI Studios is known: on this computer it goes into the variable {KEY}.")
    asked = ", ".join(f"[{letter}] {words}" for letter, words in answers.items())
    answer = click.prompt(asked, type=click.Choice(list(answers)), show_choices=False, err=True)
    match answer:
        case "k":
            _run(["login", "--region", region])
            return False
        case "t":
            return True
        case _:
            return None


def _campaign(chosen: Chosen) -> Campaign:
    here = Path.cwd()
    workbook = Path(str(chosen.text("workbook"))) if chosen.text("workbook") else _workbook_in(here)
    config = here / FILE_NAME
    named = read_config(config).get("template") if config.is_file() else None
    template = Path(str(named)) if named else _one_of(_files(here, _TEMPLATES), "template", here)
    return Campaign(workbook, template, ("--config", str(config)) if config.is_file() else ())


def _workbook_in(folder: Path) -> Path:
    found = _files(folder, _SHEETS)
    # What was made from a CSV file goes on in the workbook beside it.
    made = {path.stem for path in found if path.suffix.lower() in (".xlsx", ".xlsm")}
    texts = [path for path in found if path.suffix.lower() in (".csv", ".tsv") and path.stem in made]
    return _one_of([path for path in found if path not in texts], "workbook", folder)


def _files(folder: Path, endings: Sequence[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name.lower().endswith(tuple(endings)) and path.name[0] not in "~."
    )


def _one_of(found: Sequence[Path], what: str, folder: Path) -> Path:
    if not found:
        raise InputError(
            f"there is no {what} here", place=str(folder), cure=f"Put your {what} into this folder"
        )
    if len(found) == 1:
        return found[0]
    _say(f"Which {what}?", *(f"  {number}  {path.name}" for number, path in enumerate(found, 1)))
    number = click.prompt("Its number", type=click.IntRange(1, len(found)), err=True)
    return found[int(number) - 1]


def _config(campaign: Campaign) -> Path:
    return Path(campaign.common[-1])


def _has_config(campaign: Campaign) -> bool:
    return bool(campaign.common)


def _show(page: Path, *, opens: bool, what: str) -> None:
    _say(f"The {what} is {page}{', and opens in the browser' if opens else ''}.")
    if opens:
        webbrowser.open(page.resolve().as_uri())


def _told(command: str, campaign: Campaign, *arguments: str) -> dict[str, JSON]:
    """What a command tells as JSON."""
    heard = io.StringIO()
    with redirect_stdout(heard):
        _call(command, campaign, *arguments, "--json", "--quiet")
    told = json.loads(heard.getvalue())
    return told if isinstance(told, dict) else {}


def _call(command: str, campaign: Campaign, *arguments: str) -> ExitCode:
    template = () if command == "report" else ("-t", str(campaign.template))
    return ExitCode(_run([command, str(campaign.workbook), *template, *campaign.common, *arguments]))


def _run(arguments: list[str]) -> int:
    from merge.cli import castmerge  # noqa: PLC0415 - the commands lead here, and back

    code = castmerge.main(args=arguments, prog_name="castmerge", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)
    sys.stderr.flush()
