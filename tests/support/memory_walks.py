"""Walks in memory and in a loop's own time: thousands of them take a minute."""

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
    """The time of one loop as the clock of many runs, within them and in between."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._dice = random.Random(1)

    def now(self) -> datetime:
        """The time of day."""
        return BEGAN + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """Seconds since the loop was made."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Let the loop move its clock."""
        await asyncio.sleep(seconds)

    def random(self) -> float:
        """Seeded."""
        return self._dice.random()


@contextmanager
def memory_walk(folder: Path, *, people: int, keyed: bool) -> Iterator[Walk]:
    """Begin a walk with a workbook of some people; its only file is the template, in this folder."""
    files = MemoryFiles(SHEET)
    with asyncio.Runner(loop_factory=FreeTime) as runner, files.installed():
        clock = LastingClock(runner.get_loop())
        yield Walk(folder, people, keyed=keyed, files=files, clock=clock, run_async=runner.run)
