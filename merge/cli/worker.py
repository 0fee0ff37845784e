"""`castmerge worker` and `castmerge queue`: make what waits in a shared journal, and pause or stop it."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from functools import partial

import click

from merge.cli.console import Console
from merge.cli.metrics import metrics_server
from merge.cli.option_values import service_of, settings_of
from merge.cli.options import QueueOptions, WorkerOptions
from merge.cli.run import stopping_signals
from merge.connect import credentials_of, host_of, open_service, time_at
from merge.errors import InputError
from merge.input.journals import journal_place
from merge.journal import shared_queue
from merge.plan.limits import running_workers, waiting_rows
from merge.run.stop import StopSignal, run_async
from merge.run.worker import Worker, WorkerFigures
from merge.settings import is_journal_address


def worker(options: WorkerOptions) -> int:
    """Make the videos that wait in a shared journal, until a signal stops it.

    Raises:
        InputError: no shared journal is named
        JournalError: it can't be used when the worker starts
        ServiceError: the service refuses the key
    """
    address = options.journal
    if not address or not is_journal_address(address):
        raise InputError(
            "a worker needs a shared journal",
            place="castmerge worker",
            hint="Add --journal with its address, such as postgresql://anna@db.example.com/castmerge",
        )
    figures = WorkerFigures()
    with metrics_server(options.metrics, figures) if options.metrics else nullcontext():
        try:
            run_async(_work(options, address, figures))
        except asyncio.CancelledError as error:
            raise KeyboardInterrupt from error
    return 0


async def _work(options: WorkerOptions, address: str, figures: WorkerFigures) -> None:
    stop, service, console = StopSignal(), service_of(options), Console(quiet=options.quiet)
    queue = partial(shared_queue, address, host_of(service))
    with stopping_signals(stop):
        async with open_service(service, credentials_of(service.region).secret) as client:
            settings = settings_of(options)
            await Worker(
                queue, client, time_at(client), settings, stop, figures, lambda text: console.say([text])
            ).work()


def queue(options: QueueOptions) -> int:
    """Show what waits for the workers, or pause, resume or stop a workbook's videos everywhere."""
    given = {"paused": options.pause, "": options.resume, "stopped": options.stop}
    wanted = [word for word, is_given in given.items() if is_given]
    if len(wanted) > 1:
        raise InputError(
            "--pause, --resume and --stop can't be combined",
            place="castmerge queue",
            hint="Keep one of them",
        )
    settings = settings_of(options)
    with journal_place(options.workbook, settings).open(create=False) as journal:
        if wanted:
            journal.halt(wanted[0])
        halted, waiting, workers = journal.halted(), journal.waiting(), journal.workers()
    rows = waiting_rows(waiting)
    click.echo(f"{options.workbook.name}: {rows} for a worker{f', {halted}' if halted else ''}")
    click.echo(running_workers(workers))
    return 0
