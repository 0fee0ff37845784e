"""Time, waiting and dice, handed to whatever needs them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

_MEANT = 60.0
"""Seconds; a service tells its time in whole seconds, and its answer is on its way for a while."""


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

    def random(self) -> float:
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

    def random(self) -> float:
        """Ordinary pseudo-random numbers: they only spread waits."""
        return random.random()


class ServerTimeClock:
    """A clock that tells the service's time of day where this computer's own is wrong.

    Another run, on another day or computer, judges by it how long ago a row was submitted.

    Args:
        clock: this computer's
        ahead: by how many seconds it is ahead of the service's, or None while nobody knows
    """

    def __init__(self, clock: Clock, ahead: Callable[[], float | None]) -> None:
        self._clock = clock
        self._ahead = ahead

    def now(self) -> datetime:
        """The service's time of day, UTC."""
        ahead = self._ahead() or 0.0
        return self._clock.now() - timedelta(seconds=ahead if abs(ahead) > _MEANT else 0)

    def seconds(self) -> float:
        """As that clock has them."""
        return self._clock.seconds()

    async def sleep(self, seconds: float) -> None:
        """As that clock does."""
        await self._clock.sleep(seconds)

    def random(self) -> float:
        """As that clock throws them."""
        return self._clock.random()
