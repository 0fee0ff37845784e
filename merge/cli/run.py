"""`castmerge run`: everything, from the workbook to the links in it."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import click

from merge.cli.check_text import problem_lines, warning_count
from merge.cli.console import Console
from merge.cli.error_boundary import TERMINATION_SIGNALS, Declined
from merge.cli.event_stream import STDOUT, Events, events_to
from merge.cli.option_values import Chosen, address_of, settings_of
from merge.cli.safe_streams import say_json
from merge.cli.summary_text import (
    ceiling_lines,
    doubt_question,
    intent_lines,
    outlook_lines,
    question,
    row_line,
    summary_lines,
)
from merge.connect import connected, credentials_of, time_at
from merge.errors import InputError
from merge.plan.decide import Action
from merge.plan.estimate import Estimate, outlook
from merge.plan.findings import find
from merge.results import MergeResult
from merge.run.clock import SystemClock
from merge.run.runner import StopSignal
from merge.run.session import Session, open_session
from merge.run.state import Observer
from merge.settings import Settings


def perform(values: Mapping[str, object]) -> int:
    """Plan, ask, carry out, tell."""
    return make_videos(Chosen(values), wait=True)


def make_videos(chosen: Chosen, *, wait: bool) -> int:
    """The whole path, or, without `wait`, its first half."""
    settings = replace(settings_of(chosen), wait=wait)
    console = Console(quiet=chosen.flag("quiet"))
    with open_session(chosen.workbook, chosen.template, settings) as session:
        console.say(intent_lines(session.plan))
        if not chosen.flag("guided"):
            findings = find(session.plan, settings)
            console.say(problem_lines(findings.problems))
            console.say(warning_count(findings.warnings()))
        console.say(outlook_lines(_outlook(session), free=_why_free(settings)))
        console.say(ceiling_lines(session.plan, settings))
        if not _may_spend(session, chosen, console):
            console.say([] if chosen.flag("guided") else ["Nothing was sent."])
            raise Declined
        result = carry_out(_ask_about_doubts(session, chosen, console), chosen, console)
    tell(result, console, chosen, rows=shows_rows(chosen))
    if settings.simulate:
        console.say(["This was a simulation: its links worked only while the command ran."])
    return int(result.exit_code)


def tell(
    result: MergeResult, console: Console, chosen: Chosen, *, rows: bool = True, written: bool = True
) -> None:
    """Results on stdout, words on stderr.

    Args:
        result: what it came to
        console: says the words
        chosen: the options of the command
        rows: whether stdout gets a line for each row, where it gets no JSON
        written: whether the results stand in the workbook
    """
    if chosen.flag("as_json"):
        say_json(result.to_dict())
    elif rows:
        for row in result.rows:
            click.echo(row_line(row))
    console.say(summary_lines(result, written=written, next_step=not chosen.flag("guided")))


def shows_rows(chosen: Chosen) -> bool:
    """Whether stdout is for a line a row: a terminal is spared them, and events stand there alone."""
    return chosen.text("events") != STDOUT and not sys.stdout.isatty()


def _outlook(session: Session) -> Estimate:
    entries = session.journal.entries(session.plan.sheet.worksheet.name)
    return outlook(session.plan, entries.values())


def _why_free(settings: Settings) -> str:
    if settings.simulate:
        return "this is simulated"
    return "drafts are free" if settings.project_options.draft else ""


def _may_spend(session: Session, chosen: Chosen, console: Console) -> bool:
    """Ask before credits are spent, where somebody is there to answer.

    Raises:
        InputError: a question would be needed and nobody may be asked
    """
    if not session.plan.of(Action.SUBMIT) or chosen.flag("yes") or session.settings.simulate:
        return True
    asked = question(session.plan, draft=session.settings.project_options.draft)
    require_interactive(asked, chosen, console)
    # Whoever says yes shall not hear afterwards that there is no key.
    credentials_of(address_of(chosen).region)
    console.say(_proof_lines(chosen))
    return click.confirm(asked, err=True)


def require_interactive(asked: str, chosen: Chosen, console: Console) -> None:
    """Stop where a question would be needed and nobody may be asked.

    Raises:
        InputError: nobody is here to answer
    """
    if chosen.flag("no_input") or not console.can_ask():
        raise InputError(
            f"{asked} Nobody is here to answer",
            hint="Say --yes to submit without being asked; nothing was sent",
        )


def _proof_lines(chosen: Chosen) -> Iterator[str]:
    """Where all of it can be seen before it is made."""
    approved = chosen.text("approved")
    if chosen.flag("guided"):
        yield "  The proof in the browser shows each of them"
    elif approved:
        yield f"  Approved: just these rows, with the code {approved}"
    else:
        look = shlex.join(["castmerge", "proof", str(chosen.workbook), "-t", str(chosen.template)])
        yield f"  To see every row first: {look}"


def _ask_about_doubts(session: Session, chosen: Chosen, console: Console) -> Session:
    """Rows whose answer was lost may go again once they did not appear, if somebody here says so."""
    rows = len(session.plan.of(Action.LOOK))
    asked = session.settings.resubmit_in_doubt or chosen.flag("no_input") or chosen.flag("yes")
    if not rows or asked or not console.can_ask():
        return session
    if not click.confirm(doubt_question(rows, session.settings.effective_timing.longest_export), err=True):
        return session
    return replace(session, settings=replace(session.settings, resubmit_in_doubt=True))


def carry_out(session: Session, chosen: Chosen, console: Console) -> MergeResult:
    """Do what the plan says, with the service where it is needed."""
    with events_to(chosen.text("events")) as events:
        events.start(session.plan)
        result = _carry_out(session, chosen, console, events)
        events.finish(result)
    return result


def _carry_out(session: Session, chosen: Chosen, console: Console, events: Events) -> MergeResult:
    if not session.needs_service:
        return session.conclude_without_service(SystemClock())
    to_do = sum(1 for planned in session.plan.rows if planned.action is not Action.NOTHING)
    with console.watching(to_do) as observe:
        try:
            return asyncio.run(_with_service(session, chosen, events.heard_by(observe)))
        except asyncio.CancelledError as error:
            raise KeyboardInterrupt from error


async def _with_service(session: Session, chosen: Chosen, observe: Observer) -> MergeResult:
    stop = StopSignal()
    with _signals(stop):
        async with connected(address_of(chosen), chosen.workbook, session.settings) as service:
            return await session.carry_out(service, time_at(service), stop, observe)


@contextmanager
def _signals(stop: StopSignal) -> Iterator[None]:
    """The first Ctrl-C, or what counts as one, asks the run to stop, the second leaves at once."""
    task = asyncio.current_task()
    assert task is not None

    def asked() -> None:
        if stop.requested:
            task.cancel()
        else:
            stop.requested = True
            # Not by click.echo, which writes past the live view, into the middle of it.
            sys.stderr.write("Stopping: waiting a moment for answers. Ctrl-C again leaves at once.\n")
            sys.stderr.flush()

    loop = asyncio.get_running_loop()
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, *TERMINATION_SIGNALS)}
    before = {number: handler for number, handler in known.items() if handler is not signal.SIG_IGN}
    for number in before:
        # Works on every system, unlike the loop's own handlers, which Windows lacks.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
