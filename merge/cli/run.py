"""`castmerge run` and its halves: `submit`, `collect` and `export-drafts`."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import click

from merge.checks.warning import RowWarning, WarningKind
from merge.cli.check_text import problem_lines, warning_count, warning_lines
from merge.cli.console import Console
from merge.cli.encoding_question import with_encoding
from merge.cli.error_boundary import TERMINATION_SIGNALS, Declined
from merge.cli.event_stream import STDOUT, Events, events_to
from merge.cli.option_fields import shown_command
from merge.cli.option_values import service_of, settings_of
from merge.cli.options import (
    CollectOptions,
    ExportOptions,
    FollowOptions,
    JournalOptions,
    PlanOptions,
    RunOptions,
    SimulateOption,
    SpendOptions,
    SubmitOptions,
    WorkbookOptions,
)
from merge.cli.safe_streams import say_json
from merge.cli.summary_text import (
    credit_limit_lines,
    estimate_lines,
    export_question,
    intent_lines,
    question,
    row_line,
    summary_lines,
    unconfirmed_question,
)
from merge.connect import connected, credentials_of, host_of, time_at
from merge.errors import InputError, UnplacedVideosError
from merge.input.paths import private_mode
from merge.model import sentence
from merge.plan.decide import Action
from merge.plan.estimate import Estimate, estimate
from merge.plan.limits import running_workers, waiting_rows
from merge.results import MergeResult
from merge.run.clock import SystemClock
from merge.run.collect import open_collection, open_export
from merge.run.session import Session, open_session
from merge.run.state import Observer
from merge.run.stop import StopSignal, run_async
from merge.settings import Settings


def run(options: RunOptions) -> int:
    """Plan, ask, submit, follow and write back."""
    return make_videos(options)


def submit(options: SubmitOptions) -> int:
    """Plan, ask and submit, or leave the rows to the workers."""
    return make_videos(options, wait=False)


def collect(options: CollectOptions) -> int:
    """Follow what was submitted, and write back."""
    console = Console(quiet=options.quiet)
    settings = settings_of(options)
    if options.no_wait:
        settings = settings.without_waiting()
    with open_collection(options.workbook, settings) as session:
        result = _carry_out(session, options, console)
    print_result(result, console, options, rows=_prints_rows(options))
    return int(result.exit_code)


def export_drafts(options: ExportOptions) -> int:
    """Plan, ask, export the drafts, follow them and write back."""
    console = Console(quiet=options.quiet)
    with open_export(options.workbook, settings_of(options)) as session:
        console.say(intent_lines(session.plan, session.settings))
        drafts = session.plan.actions[Action.EXPORT]
        if drafts and not (options.yes or session.settings.simulate):
            asked = export_question(drafts)
            _require_interactive(asked, options, console)
            if not click.confirm(asked, err=True):
                console.say(["Nothing was sent."])
                raise Declined
        result = _carry_out(session, options, console)
    print_result(result, console, options, rows=_prints_rows(options))
    return int(result.exit_code)


def make_videos(options: RunOptions, *, wait: bool = True) -> int:
    """Plan, ask, and make the videos.

    Args:
        options: those of the command
        wait: follow the jobs until their videos are there

    Raises:
        Declined: the user said no
        InputError: the input is wrong, or a question is needed without a terminal to ask on
    """
    options = with_encoding(options, asks=not (options.yes or options.no_input))
    settings = replace(settings_of(options), wait=wait)
    if isinstance(options, SubmitOptions) and options.queue:
        _require_shared_journal(settings)
        settings = replace(settings, queue_for=host_of(service_of(options)))
    console = Console(quiet=options.quiet)
    if settings.queue_for and settings.webhook:
        # Nobody would listen at that address: this computer may be switched off when a worker sends them.
        settings = replace(settings, webhook=None)
        console.say(["Workers check progress themselves, so --webhook-url isn't used."])
    with _opened(options, settings, console) as session:
        console.say(intent_lines(session.plan, session.settings))
        found = session.plan.found
        console.say(problem_lines(found.problems))
        nothing = [warning for warning in found.warnings if warning.kind is WarningKind.NO_ROWS]
        look = shown_command("check", options.workbook, options, PlanOptions, JournalOptions)
        console.say(warning_lines(nothing) if nothing else warning_count(found.warnings, look))
        console.say(estimate_lines(_estimate(session), free=_why_free(settings)))
        console.say(credit_limit_lines(session.plan, settings))
        if not _may_spend(session, options, console):
            console.say(["Nothing was sent."])
            raise Declined
        result = _carry_out(_ask_about_unconfirmed(session, options, console), options, console)
        waiting = session.journal.waiting() if settings.queue_for else 0
        workers = session.journal.workers() if waiting else 0
    print_result(result, console, options, rows=_prints_rows(options), warnings=found.warnings)
    if waiting:
        console.say(_left_to_workers(waiting, workers, options))
    if settings.simulate:
        console.say(["This was a practice run. No credits were used, and its links don't work."])
    return int(result.exit_code)


def _require_shared_journal(settings: Settings) -> None:
    if settings.simulate:
        raise InputError(
            "workers make real videos, so a practice run can't leave rows to them",
            place="--queue",
            hint="Leave out --queue or --simulate",
        )
    if settings.journal_address is None:
        raise InputError(
            "only a shared journal has workers",
            place="--queue",
            hint="Add --journal with its address, such as postgresql://anna@db.example.com/castmerge",
        )


def _left_to_workers(waiting: int, workers: int, options: RunOptions) -> list[str]:
    collecting = shown_command("collect", options.workbook, options, JournalOptions)
    return [
        f"{waiting_rows(waiting)} for a worker. Nothing was sent from this computer.",
        running_workers(workers),
        f"To wait for the videos and write them into this workbook, run: {collecting}",
    ]


@contextmanager
def _opened(options: RunOptions, settings: Settings, console: Console) -> Iterator[Session]:
    """Open the session, ask about unplaced videos, and ask the service which content unknown ids have."""
    with ExitStack() as stack:
        try:
            session = stack.enter_context(open_session(options.workbook, options.template, settings))
        except UnplacedVideosError as error:
            if options.yes or options.no_input or not console.can_ask():
                raise
            console.say([f"{error.place}: {sentence(error.message)}"])
            if not click.confirm("Make new videos for the new rows?", err=True):
                console.say([f"Nothing was sent. {sentence(error.hint)}"])
                raise Declined from error
            settings = replace(settings, rerun=replace(settings.rerun, new_rows=True))
            session = stack.enter_context(open_session(options.workbook, options.template, settings))
        yield run_async(_vouched(session, options)) if session.needs_vouching else session


async def _vouched(session: Session, options: RunOptions) -> Session:
    async with connected(service_of(options), options.workbook, session.settings) as service:
        return await session.vouched(service, SystemClock())


def print_result(
    result: MergeResult,
    console: Console,
    options: WorkbookOptions,
    *,
    rows: bool = True,
    written: bool = True,
    warnings: Iterable[RowWarning] | None = None,
) -> None:
    """Print the result on stdout, and its summary on stderr.

    Args:
        result: what to print
        console: prints the summary
        options: those of the command
        rows: print one line a row on stdout, unless it gets JSON
        written: the results are in the workbook
        warnings: about the rows, for JSON; None if the command doesn't look for any
    """
    if options.as_json:
        found = {} if warnings is None else {"warnings": [warning.to_dict() for warning in warnings]}
        say_json({**result.to_dict(), **found})
    elif rows:
        for row in result.rows:
            click.echo(row_line(row))
    simulate = isinstance(options, SimulateOption) and options.simulate
    console.say(summary_lines(result, written=written, simulate=simulate))


def _prints_rows(options: FollowOptions) -> bool:
    """Whether stdout gets a line per row: a terminal needs none, and events must not be mixed with it."""
    return options.events != STDOUT and not sys.stdout.isatty()


def _estimate(session: Session) -> Estimate:
    return estimate(session.plan, session.journal.each(session.plan.sheet.worksheet.name))


def _why_free(settings: Settings) -> str:
    if settings.simulate:
        return "this is a practice run"
    return "drafts are free" if settings.project_options.draft else ""


def _may_spend(session: Session, options: RunOptions, console: Console) -> bool:
    """Ask before credits are spent, unless `--yes` or a simulation makes that unnecessary."""
    if not session.plan.actions[Action.SUBMIT] or options.yes or session.settings.simulate:
        return True
    asked = question(session.plan, draft=session.settings.project_options.draft)
    _require_interactive(asked, options, console)
    # Check the credentials before asking, so that nobody confirms and then learns that the key is missing.
    credentials_of(options.region)
    console.say([_where_to_look(options)])
    return click.confirm(asked, err=True)


def _require_interactive(asked: str, options: SpendOptions, console: Console) -> None:
    if options.no_input or not console.can_ask():
        raise InputError(
            f"{asked} There's no terminal to answer in",
            hint="Nothing was sent. To go ahead without being asked, add --yes",
        )


def _where_to_look(options: RunOptions) -> str:
    if options.approved:
        return f"  These rows were approved with the code {options.approved}."
    proof = shown_command("proof", options.workbook, options, PlanOptions, JournalOptions)
    return f"  To see every row first, run: {proof}"


def _ask_about_unconfirmed(session: Session, options: RunOptions, console: Console) -> Session:
    """Ask whether to submit unconfirmed rows again if they don't appear at the service."""
    rows = session.plan.actions[Action.LOOK]
    decided = session.settings.resubmit_in_doubt or options.no_input or options.yes
    if not rows or decided or not console.can_ask():
        return session
    if not click.confirm(
        unconfirmed_question(rows, session.settings.effective_timing.longest_export), err=True
    ):
        return session
    return replace(session, settings=replace(session.settings, resubmit_in_doubt=True))


def _carry_out(
    session: Session, options: RunOptions | CollectOptions | ExportOptions, console: Console
) -> MergeResult:
    """Carry out the plan, with the service if it is needed."""
    mode = private_mode(Path(options.events or ""), options.workbook)
    with events_to(options.events, mode) as events:
        events.start(session.plan)
        result = _with_progress(session, options, console, events)
        events.finish(result)
    return result


def _with_progress(
    session: Session, options: RunOptions | CollectOptions | ExportOptions, console: Console, events: Events
) -> MergeResult:
    if not session.needs_service:
        return session.conclude_without_service(SystemClock())
    to_do = session.plan.to_do
    with console.watching(to_do) as observe:
        try:
            return run_async(_with_service(session, options, events.also_to(observe)))
        except asyncio.CancelledError as error:
            raise KeyboardInterrupt from error


async def _with_service(
    session: Session, options: RunOptions | CollectOptions | ExportOptions, observe: Observer
) -> MergeResult:
    stop = StopSignal()
    with stopping_signals(stop):
        async with connected(service_of(options), options.workbook, session.settings) as service:
            return await session.carry_out(service, time_at(service), stop, observe)


@contextmanager
def stopping_signals(stop: StopSignal) -> Iterator[None]:
    """Make the first Ctrl-C or termination signal stop the run, and the second one exit at once."""
    task = asyncio.current_task()
    assert task is not None

    def interrupted(_number: int, _frame: object) -> None:
        again, stop.requested = stop.requested, True
        loop.call_soon_threadsafe(task.cancel if again else _say_stopping)

    loop = asyncio.get_running_loop()
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, *TERMINATION_SIGNALS)}
    before = {number: handler for number, handler in known.items() if handler is not signal.SIG_IGN}
    for number in before:
        # Windows has no `loop.add_signal_handler`. The flag is set at once, even while a workbook is written.
        signal.signal(number, interrupted)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_stopping() -> None:
    # click.echo would write into the middle of the live view.
    sys.stderr.write("Stopping… To leave at once, press Ctrl-C again.\n")
    sys.stderr.flush()
