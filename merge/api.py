"""castmerge as a library: the same run, without a terminal.

A run works in a thread of its own with an event loop of its own, so that planning, syncing and writing the
workbook never hold up the caller's loop. Nothing is kept from one call to the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge.connect import Address, connected
from merge.run.book import Observer, RowEvent
from merge.run.clock import SystemClock
from merge.run.runner import StopSignal
from merge.run.session import open_session
from merge.run.settings import Settings
from merge.summary import MergeResult


def _unobserved(event: RowEvent) -> None:
    """Nobody watches."""


async def merge_workbook_async(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    address: Address | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Make the videos of a workbook, and write ids and links back into it. Asks nothing, prints nothing.

    The credentials are those of the environment (`AISTUDIOS_API_KEY`, or `AISTUDIOS_APP_ID` with
    `AISTUDIOS_USER_KEY`), else those that `castmerge login` kept; a simulated run needs none.

    Cancelling it (`task.cancel()`, `asyncio.timeout`) stops submitting, waits up to
    `settings.patience.farewell` seconds for answers, writes back what is known, and only then raises
    `CancelledError`; cancelling it once more leaves at once, with the journal intact. A later run goes on
    where this one ended.

    Args:
        workbook: an `.xlsx` or `.xlsm` file
        template: a saved project (`.json`), or one as Jinja text (`.json.j2`)
        settings: which rows, how patiently, simulated or not, and so on
        address: where AI Studios is
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
    watched = _Watched(observe, stop or StopSignal(), asyncio.get_running_loop())
    work = _Work(Path(workbook), Path(template), settings or Settings(), address or Address(), watched)
    result = await _in_a_thread(work)
    if watched.failure:
        raise watched.failure
    return result


def merge_workbook(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    address: Address | None = None,
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
        workbook, template, settings=settings, address=address, observe=observe, stop=stop
    )
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


async def _in_a_thread(work: _Work) -> MergeResult:
    """Wait for a run: the first cancellation asks it to stop, the second to leave at once."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="castmerge")
    run = asyncio.get_running_loop().run_in_executor(thread, copy_context().run, work.run)
    try:
        return await asyncio.shield(run)
    except asyncio.CancelledError:
        work.watched.stop.requested = True
        try:
            await asyncio.wait([run])
        except asyncio.CancelledError:
            work.leave()
            await asyncio.wait([run])
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

    workbook: Path
    template: Path
    settings: Settings
    address: Address
    watched: _Watched
    _task: asyncio.Task[MergeResult] | None = field(default=None, init=False)

    def run(self) -> MergeResult:
        return asyncio.run(self._merge())

    def leave(self) -> None:
        """End it where it stands; from any thread."""
        with suppress(RuntimeError):
            # Its loop may have closed by itself at this very moment.
            if self._task:
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def _merge(self) -> MergeResult:
        self._task = asyncio.current_task()
        clock = SystemClock()
        told = replace(self.settings, trust_simulated=bool(self.address.base_url))
        with open_session(self.workbook, self.template, told) as session:
            if not session.needs_service:
                return session.conclude_without_service(clock)
            async with connected(self.address, self.workbook, session.settings) as service:
                return await session.carry_out(service, clock, self.watched.stop, self.watched.tell_soon)
