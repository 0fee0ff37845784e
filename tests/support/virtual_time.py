"""An event loop with virtual time: instead of waiting for a timer it advances its clock."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import TypeVar

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)
T = TypeVar("T")


class FreeTime(asyncio.SelectorEventLoop):
    """A loop that never sleeps."""

    def __init__(self) -> None:
        self._skipped = 0.0
        chosen = selectors.SelectSelector()
        at_once = chosen.select

        def select(timeout: float | None = None) -> object:
            self._skipped += timeout or 0.0
            return at_once(0)

        # No I/O is waited for below this; the time that would have been spent waiting has passed.
        chosen.__dict__["select"] = select
        super().__init__(chosen)

    def time(self) -> float:
        """Seconds of virtual time, from 0."""
        return self._skipped


class LoopClock:
    """A run's clock with the running loop's time."""

    def __init__(self, seed: int = 1) -> None:
        self._dice = random.Random(seed)

    def now(self) -> datetime:
        """The loop's time of day."""
        return BEGAN + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """The loop's seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Let the loop advance its clock."""
        await asyncio.sleep(seconds)

    def random(self) -> float:
        """A seeded random number."""
        return self._dice.random()


def run_free(work: Coroutine[object, object, T]) -> T:
    """Run to the end without waiting."""
    with asyncio.Runner(loop_factory=FreeTime) as runner:
        return runner.run(work)
