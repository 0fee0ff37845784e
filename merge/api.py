"""castmerge as a library: the same run, without a terminal.

A run works in a thread of its own with an event loop of its own, so that planning, syncing and writing the
workbook never hold up the caller's loop. Nothing is kept from one call to the next.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from merge.background import run_blocking, run_in_thread
from merge.results import MergeResult
from merge.run.collect import open_collection
from merge.run.runner import StopSignal
from merge.run.session import Session, open_session
from merge.run.state import Observer, RowEvent
from merge.settings import ServiceOptions, Settings


def _unobserved(event: RowEvent) -> None:
    """Nobody watches."""


async def merge_workbook_async(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Make the videos of a workbook, and write ids and links back into it. Asks nothing, prints nothing.

    The credentials are those of the environment (`AISTUDIOS_API_KEY`, or `AISTUDIOS_APP_ID` with
    `AISTUDIOS_USER_KEY`), else those that `castmerge login` kept; a simulated run needs none.

    Cancelling it (`task.cancel()`, `asyncio.timeout`) stops submitting, waits up to
    `settings.timing.shutdown_grace` seconds for answers, writes back what is known, and only then raises
    `CancelledError`; cancelling it once more leaves at once, with the journal intact. A later run goes on
    where this one ended.

    Args:
        workbook: an `.xlsx` or `.xlsm` file, or delimited text (`.csv`, `.tsv`)
        template: a saved project (`.json`), or one as Jinja text (`.json.j2`)
        settings: which rows, how patiently, simulated or not, and so on
        service: where AI Studios is
        observe: told of every change of every row, in order, in the thread of the caller's event loop. What
            it raises ends the run as `stop` does, and is raised once all is written back
        stop: set `stop.requested` from any thread to end the run early, with exit code 130; what is known is
            written back. It is set as well where the run is cancelled

    Returns:
        Where every selected row stands; a row's trouble is in its row, never an exception.

    Raises:
        InputError: workbook, template or settings are wrong; nothing was sent
        Unauthorized: there are no credentials; nothing was sent
        JournalError: another run holds the journal, or it cannot be used; nothing was sent
    """
    where, told = service or ServiceOptions(), settings or Settings()

    def opened() -> AbstractContextManager[Session]:
        known = replace(told, trust_simulated=bool(where.base_url))
        return open_session(Path(workbook), Path(template), known)

    return await run_in_thread(opened, Path(workbook), where, observe, stop)


async def collect_workbook_async(
    workbook: Path | str,
    *,
    wait: bool = True,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Follow what earlier runs have submitted, and write links back. Submits nothing, needs no template.

    It needs the workbook and its journal or, on another computer, the workbook alone, and behaves as
    `merge_workbook_async` otherwise.

    Args:
        workbook: an `.xlsx` or `.xlsm` file, or delimited text (`.csv`, `.tsv`)
        wait: whether to wait for the videos; otherwise each open one is looked at once, and what is still
            being made stays open, with exit code 4: for schedulers that come back by themselves
        settings: of these, the sheet, the journal, the patience and whether it is simulated count
        service: where AI Studios is
        observe: as for `merge_workbook_async`
        stop: likewise

    Raises:
        InputError: the workbook cannot be read, or the sheet must be named
        Unauthorized: there are no credentials
        JournalError: another run holds the journal, or it cannot be used
    """
    told = settings or Settings()
    told = told if wait else told.without_waiting()

    def opened() -> AbstractContextManager[Session]:
        return open_collection(Path(workbook), told)

    return await run_in_thread(opened, Path(workbook), service or ServiceOptions(), observe, stop)


def merge_workbook(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """As `merge_workbook_async`, for those who have no event loop; it returns when the run has ended.

    Ctrl-C stops submitting, writes back what is known, and then raises `KeyboardInterrupt`. Where this thread
    runs an event loop all the same, as a notebook does, the loop stands still meanwhile, and `observe` is
    called in another thread; elsewhere it is called in this one.

    Raises:
        InputError: as there
        Unauthorized: as there
        JournalError: as there
    """
    stop = stop or StopSignal()
    merging = merge_workbook_async(
        workbook, template, settings=settings, service=service, observe=observe, stop=stop
    )
    return run_blocking(merging, stop)


def collect_workbook(
    workbook: Path | str,
    *,
    wait: bool = True,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """As `collect_workbook_async`, for those who have no event loop; see `merge_workbook`.

    Raises:
        InputError: as there
        Unauthorized: as there
        JournalError: as there
    """
    stop = stop or StopSignal()
    collecting = collect_workbook_async(
        workbook, wait=wait, settings=settings, service=service, observe=observe, stop=stop
    )
    return run_blocking(collecting, stop)
