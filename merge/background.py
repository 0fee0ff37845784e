"""Run a session in a background thread with its own event loop, and await it from the caller's loop."""

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
from merge.run.session import Session
from merge.run.state import Observer, RowEvent
from merge.run.stop import StopSignal
from merge.settings import ServiceOptions


def run_blocking(merging: Coroutine[object, object, MergeResult], stop: StopSignal) -> MergeResult:
    """Wait for a run without `await`; uses another thread if this one already runs an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(merging)
    return _in_another_thread(merging, stop)


def _in_another_thread(merging: Coroutine[object, object, MergeResult], stop: StopSignal) -> MergeResult:
    with ThreadPoolExecutor(1, thread_name_prefix="castmerge") as thread:
        running = thread.submit(copy_context().run, asyncio.run, merging)
        try:
            return running.result()
        except KeyboardInterrupt:
            # Leaving the block waits until everything is written back.
            stop.requested = True
            raise


async def run_in_thread(
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
            # Retrieve it, or asyncio logs it: the result is in workbook and journal, and nobody awaits it.
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
            # The caller's loop is closed; the run goes on without its observer.
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
    """One run, to be called in a thread of its own."""

    opened: Callable[[], AbstractContextManager[Session]]
    workbook: Path
    options: ServiceOptions
    proxy: _ObserverProxy
    _task: asyncio.Task[MergeResult] | None = field(default=None, init=False)
    _aborted: bool = field(default=False, init=False)

    def run(self) -> MergeResult:
        return asyncio.run(self._merge())

    def abort(self) -> None:
        """Cancel the run's task, once; may be called from any thread."""
        with suppress(RuntimeError):
            # Its loop may have just closed by itself.
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
