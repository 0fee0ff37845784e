"""Walks in memory and in virtual time: thousands of them take a minute."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from tests.support.fake_service import SHEET
from tests.support.memory_workbooks import MemoryFiles
from tests.support.virtual_time import BEGAN, FreeTime
from tests.support.walks import Walk


class LastingClock:
    """A loop's time as the clock of many runs, during them and in between."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._dice = random.Random(1)

    def now(self) -> datetime:
        """The time of day."""
        return BEGAN + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """Seconds since the loop was created."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Let the loop advance its clock."""
        await asyncio.sleep(seconds)

    def random(self) -> float:
        """A seeded random number."""
        return self._dice.random()


@contextmanager
def memory_walk(folder: Path, *, people: int, keyed: bool) -> Iterator[Walk]:
    """Start a walk with a workbook of some people; its only file is the template, in this folder."""
    files = MemoryFiles(SHEET)
    with asyncio.Runner(loop_factory=FreeTime) as runner, files.installed():
        clock = LastingClock(runner.get_loop())
        yield Walk(folder, people, keyed=keyed, files=files, clock=clock, run_async=runner.run)
