"""Stop a run from outside: a flag that signals or other threads set, and waits that end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["StopSignal", "unless_stopped"]

T = TypeVar("T")

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
