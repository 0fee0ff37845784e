"""Stop a run from outside: a flag that signals or other threads set, and waits that end with it.

`run_async` is `asyncio.run` for every command: a lookup that hangs doesn't hold up the end of the process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

__all__ = ["StopSignal", "run_async", "unless_stopped"]

T = TypeVar("T")
P = ParamSpec("P")

_TICK = 0.2
"""Seconds between two checks whether the run was stopped."""
_GRACE = 1.0
"""Seconds that cancelled work may take to end."""


@dataclass(slots=True)
class StopSignal:
    """Asks a run to stop; set by a signal handler or another thread, and noticed within a moment."""

    requested: bool = False


async def unless_stopped(work: Coroutine[object, object, T], stopped: Callable[[], bool]) -> T | None:
    """Return the result of work, or cancel it within a moment once the run is stopped, and return None.

    Only for work that can be repeated, such as polls and downloads: the answer to a submission is needed.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done() and not stopped():
            await asyncio.wait([task], timeout=_TICK)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_GRACE)
    return task.result() if task.done() and not task.cancelled() else None


def run_async(work: Coroutine[object, object, T]) -> T:
    """Run to the end like `asyncio.run`, but don't wait for threads that are given up.

    Python would join the thread that looks up a host's name, and an unreachable name server holds that one
    for half a minute or longer.
    """
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_DaemonThreads())
        return runner.run(work)


class _DaemonThreads(ThreadPoolExecutor):
    """One thread for each call, none of which keeps the process alive."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a call."""
        outcome: Future[T] = Future()

        def call() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is awaited
                outcome.set_exception(error)
            else:
                outcome.set_result(result)

        if outcome.set_running_or_notify_cancel():
            threading.Thread(target=call, name="castmerge", daemon=True).start()
        return outcome
