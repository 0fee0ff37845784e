"""Time, waiting and dice, handed to whatever needs them."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a run takes its time and its dice from."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        ...

    def seconds(self) -> float:
        """Seconds that only ever grow, from any beginning."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def dice(self) -> float:
        """A number from 0 up to, not including, 1."""
        ...


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        """The machine's time of day, UTC."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """The machine's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run meanwhile."""
        await asyncio.sleep(seconds)

    def dice(self) -> float:
        """Ordinary pseudo-random numbers: they only spread waits."""
        return random.random()
