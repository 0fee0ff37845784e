"""One run in a thread of its own, with an event loop of its own, as its caller's loop sees it."""

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
from merge.run.runner import StopSignal
from merge.run.session import Session
from merge.run.state import Observer, RowEvent
from merge.settings import ServiceOptions


def run_blocking(merging: Coroutine[object, object, MergeResult], stop: StopSignal) -> MergeResult:
    """Wait for a run where nothing can be awaited: in another thread, where a loop runs in this one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(merging)
    return _beside_the_loop(merging, stop)


def _beside_the_loop(merging: Coroutine[object, object, MergeResult], stop: StopSignal) -> MergeResult:
    """A thread can run one loop at a time."""
    with ThreadPoolExecutor(1, thread_name_prefix="castmerge") as thread:
        running = thread.submit(copy_context().run, asyncio.run, merging)
        try:
            return running.result()
        except KeyboardInterrupt:
            # The end of the block waits until all is written back.
            stop.requested = True
            raise


async def run_in_thread(
    opened: Callable[[], AbstractContextManager[Session]],
    workbook: Path,
    options: ServiceOptions,
    observe: Observer,
    stop: StopSignal | None,
) -> MergeResult:
    """Open a session and carry it out, in a thread.

    Args:
        opened: opens it
        workbook: whose stand-in service is asked where it is simulated
        options: where the service is
        observe: told of every change, in the caller's loop
        stop: ends the run early; None where nobody may
    """
    watched = _Watched(observe, stop or StopSignal(), asyncio.get_running_loop())
    result = await _in_a_thread(_Work(opened, workbook, options, watched))
    if watched.failure:
        raise watched.failure
    return result


async def _in_a_thread(work: _Work) -> MergeResult:
    """Wait for a run: the first cancellation asks it to stop, the second to leave at once."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="castmerge")
    run = asyncio.get_running_loop().run_in_executor(thread, copy_context().run, work.run)
    try:
        return await asyncio.shield(run)
    except asyncio.CancelledError:
        work.watched.stop.requested = True
        while not run.done():
            try:
                await asyncio.wait([run])
            except asyncio.CancelledError:
                work.leave()
        if not run.cancelled():
            # Its outcome stands in workbook and journal: whoever cancelled does not wait for a value.
            run.exception()
        raise
    finally:
        thread.shutdown(wait=False)


@dataclass(slots=True)
class _Watched:
    """An observer in the caller's loop, and what it raised first."""

    observe: Observer
    stop: StopSignal
    loop: asyncio.AbstractEventLoop
    failure: Exception | None = None

    def tell_soon(self, event: RowEvent) -> None:
        """From any thread."""
        with suppress(RuntimeError):
            # The caller's loop was closed before its time; the run goes on all the same.
            self.loop.call_soon_threadsafe(self._tell, event)

    def _tell(self, event: RowEvent) -> None:
        if self.failure:
            return
        try:
            self.observe(event)
        except Exception as error:  # noqa: BLE001 - an observer may raise anything; it is raised when all is safe
            self.failure = error
            self.stop.requested = True


@dataclass(slots=True)
class _Work:
    """One run, in the thread that it is given."""

    opened: Callable[[], AbstractContextManager[Session]]
    workbook: Path
    options: ServiceOptions
    watched: _Watched
    _task: asyncio.Task[MergeResult] | None = field(default=None, init=False)
    _left: bool = field(default=False, init=False)

    def run(self) -> MergeResult:
        return asyncio.run(self._merge())

    def leave(self) -> None:
        """End it where it stands, once; from any thread."""
        with suppress(RuntimeError):
            # Its loop may have closed by itself at this very moment.
            if self._task and not self._left:
                self._left = True
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def _merge(self) -> MergeResult:
        self._task = asyncio.current_task()
        with self.opened() as session:
            if not session.needs_service:
                return _noting(session, session.conclude_without_service(SystemClock()))
            async with connected(self.options, self.workbook, session.settings) as service:
                clock, watched = time_at(service), self.watched
                result = await session.carry_out(service, clock, watched.stop, watched.tell_soon)
                return _noting(session, result)


def _noting(session: Session, result: MergeResult) -> MergeResult:
    """With what was to be said of the workbook itself, which a terminal shows beforehand."""
    return replace(result, notes=(*session.plan.sheet.notes, *result.notes))
