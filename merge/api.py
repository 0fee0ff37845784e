"""castmerge as a library: the same runs as on the command line, without a terminal.

A run has its own thread and event loop, so that planning, `fsync` and writing the workbook never block the
caller's loop. Calls share no state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge.connect import connected, time_at
from merge.results import MergeResult
from merge.run.clock import SystemClock
from merge.run.collect import open_collection
from merge.run.session import Session, open_session
from merge.run.state import Observer, RowEvent
from merge.run.stop import StopSignal, run_async
from merge.settings import ServiceOptions, Settings


def _unobserved(event: RowEvent) -> None:
    """Ignore the event."""


async def merge_workbook_async(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Make the videos of a workbook, and write IDs and links back into it. Asks and prints nothing.

    Credentials come from the environment (`AISTUDIOS_API_KEY`, or `AISTUDIOS_APP_ID` with
    `AISTUDIOS_USER_KEY`), or else from `castmerge login`. A simulated run needs none.

    Cancelling it (`task.cancel()`, `asyncio.timeout`) stops submitting, waits up to
    `settings.timing.shutdown_grace` seconds for answers, writes back what is known, and only then raises
    `CancelledError`. Cancelling it a second time aborts it at once, with the journal intact. A later run
    continues where this one ended.

    Args:
        workbook: an `.xlsx` or `.xlsm` file, or delimited text (`.csv`, `.tsv`)
        template: a saved project (`.json`), or one as Jinja text (`.json.j2`)
        settings: which rows, limits, timing, real or simulated
        service: where AI Studios is
        observe: called for every change of every row, in order, in the thread of the caller's event loop. An
            exception in it ends the run as `stop` does, and is raised after the write-back
        stop: set `stop.requested` from any thread to end the run early, with exit code 130; what is known is
            written back. Cancelling the run sets it too

    Returns:
        The result of every selected row. A row that fails is reported in its row, not as an exception.

    Raises:
        InputError: workbook, template or settings are wrong; nothing was sent
        Unauthorized: there are no credentials; nothing was sent
        JournalError: another run holds the journal, or it can't be used; nothing was sent
    """
    service = service or ServiceOptions()
    settings = replace(settings or Settings(), trust_simulated=bool(service.base_url))

    def opened() -> AbstractContextManager[Session]:
        return open_session(Path(workbook), Path(template), settings)

    return await _run_in_thread(opened, Path(workbook), service, observe, stop)


async def collect_workbook_async(
    workbook: Path | str,
    *,
    wait: bool = True,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Follow what earlier runs submitted, and write links back. Submits nothing and needs no template.

    The workbook's ids are enough if the journal is on another computer. Cancelling works as in
    `merge_workbook_async`.

    Args:
        workbook: an `.xlsx` or `.xlsm` file, or delimited text (`.csv`, `.tsv`)
        wait: wait for the videos. False polls each open job once and leaves the unfinished ones open, with
            exit code 4, for schedulers that call again
        settings: only the sheet, the journal, the timing, the download and whether it is simulated matter
        service: where AI Studios is
        observe: as for `merge_workbook_async`
        stop: as for `merge_workbook_async`

    Raises:
        InputError: the workbook can't be read, or the sheet must be named
        Unauthorized: there are no credentials
        JournalError: another run holds the journal, or it can't be used
    """
    known = settings or Settings()
    known = known if wait else known.without_waiting()

    def opened() -> AbstractContextManager[Session]:
        return open_collection(Path(workbook), known)

    return await _run_in_thread(opened, Path(workbook), service or ServiceOptions(), observe, stop)


def merge_workbook(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Run `merge_workbook_async` and return its result.

    Ctrl-C stops submitting, writes back what is known, and then raises `KeyboardInterrupt`. If this thread
    already runs an event loop, as in a notebook, that loop is blocked until the run ends and `observe` is
    called in another thread; otherwise it is called in this one.

    Raises:
        InputError: as for the `_async` function
        Unauthorized: as for the `_async` function
        JournalError: as for the `_async` function
    """
    stop = stop or StopSignal()
    merging = merge_workbook_async(
        workbook, template, settings=settings, service=service, observe=observe, stop=stop
    )
    return _run_blocking(merging, stop)


def collect_workbook(
    workbook: Path | str,
    *,
    wait: bool = True,
    settings: Settings | None = None,
    service: ServiceOptions | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Run `collect_workbook_async` and return its result; see `merge_workbook` for Ctrl-C and `observe`.

    Raises:
        InputError: as for the `_async` function
        Unauthorized: as for the `_async` function
        JournalError: as for the `_async` function
    """
    stop = stop or StopSignal()
    collecting = collect_workbook_async(
        workbook, wait=wait, settings=settings, service=service, observe=observe, stop=stop
    )
    return _run_blocking(collecting, stop)


def _run_blocking(merging: Coroutine[object, object, MergeResult], stop: StopSignal) -> MergeResult:
    """Wait for a run without `await`; uses another thread if this one already runs an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run_async(merging)
    return _in_another_thread(merging, stop)


def _in_another_thread(merging: Coroutine[object, object, MergeResult], stop: StopSignal) -> MergeResult:
    with ThreadPoolExecutor(1, thread_name_prefix="castmerge") as thread:
        running = thread.submit(copy_context().run, run_async, merging)
        try:
            return running.result()
        except KeyboardInterrupt:
            # Leaving the block waits until everything is written back.
            stop.requested = True
            raise


async def _run_in_thread(
    opened: Callable[[], AbstractContextManager[Session]],
    workbook: Path,
    options: ServiceOptions,
    observe: Observer,
    stop: StopSignal | None,
) -> MergeResult:
    """Open a session and carry it out in a background thread.

    Args:
        opened: opens the session
        workbook: its path; the simulator keeps its state next to it
        options: where the service is
        observe: called for every change, in the caller's loop
        stop: ends the run early; None if nothing may
    """
    proxy = _ObserverProxy(observe, stop or StopSignal(), asyncio.get_running_loop())
    result = await _await_work(_Work(opened, workbook, options, proxy))
    if proxy.failure:
        raise proxy.failure
    return result


async def _await_work(work: _Work) -> MergeResult:
    """Wait for a run: the first cancellation stops it, the second aborts it."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="castmerge")
    run = asyncio.get_running_loop().run_in_executor(thread, copy_context().run, work.run)
    try:
        return await asyncio.shield(run)
    except asyncio.CancelledError:
        work.proxy.stop.requested = True
        while not run.done():
            try:
                await asyncio.wait([run])
            except asyncio.CancelledError:
                work.abort()
        if not run.cancelled():
            # Retrieve the exception, or asyncio logs it: the results are saved, and nobody awaits this run.
            run.exception()
        raise
    finally:
        thread.shutdown(wait=False)


@dataclass(slots=True)
class _ObserverProxy:
    """Calls an observer in the caller's loop, and keeps the first exception that it raises."""

    observe: Observer
    stop: StopSignal
    loop: asyncio.AbstractEventLoop
    failure: Exception | None = None

    def call_soon(self, event: RowEvent) -> None:
        """Schedule the call; may be called from any thread."""
        with suppress(RuntimeError):
            # The caller's loop is closed; the run continues without its observer.
            self.loop.call_soon_threadsafe(self._call, event)

    def _call(self, event: RowEvent) -> None:
        if self.failure:
            return
        try:
            self.observe(event)
        except Exception as error:  # noqa: BLE001 - an observer may raise anything; it is raised again after the write-back
            self.failure = error
            self.stop.requested = True


@dataclass(slots=True)
class _Work:
    """One run, to be called in its own thread."""

    opened: Callable[[], AbstractContextManager[Session]]
    workbook: Path
    options: ServiceOptions
    proxy: _ObserverProxy
    _task: asyncio.Task[MergeResult] | None = field(default=None, init=False)
    _aborted: bool = field(default=False, init=False)

    def run(self) -> MergeResult:
        return run_async(self._merge())

    def abort(self) -> None:
        """Cancel the run's task, once; may be called from any thread."""
        with suppress(RuntimeError):
            # Its loop may have just been closed.
            if self._task and not self._aborted:
                self._aborted = True
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def _merge(self) -> MergeResult:
        self._task = asyncio.current_task()
        with self.opened() as session:
            if not session.needs_service:
                return _with_sheet_notes(session, session.conclude_without_service(SystemClock()))
            async with connected(self.options, self.workbook, session.settings) as service:
                clock, proxy = time_at(service), self.proxy
                result = await session.carry_out(service, clock, proxy.stop, proxy.call_soon)
                return _with_sheet_notes(session, result)


def _with_sheet_notes(session: Session, result: MergeResult) -> MergeResult:
    """Add the notes about the workbook itself, which the command line prints before the run."""
    return replace(result, notes=(*session.plan.sheet.notes, *result.notes))
