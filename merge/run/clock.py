"""The clocks of a run: time of day, monotonic time, waiting, and random numbers."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

_TOLERANCE = 60.0
"""Seconds; the service's `Date` has whole seconds, and its response takes a while to arrive."""


class Clock(Protocol):
    """Time and random numbers for a run; tests pass their own."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        ...

    def seconds(self) -> float:
        """A monotonic clock in seconds; the origin is arbitrary."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait, while other tasks run."""
        ...

    def random(self) -> float:
        """A random number from 0 up to, not including, 1."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """The monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait, while other tasks run."""
        await asyncio.sleep(seconds)

    def random(self) -> float:
        """A pseudo-random number, only used to spread out delays."""
        return random.random()


class ServerTimeClock:
    """A clock with the service's time of day, if the computer's own clock is wrong.

    Runs on other days or computers use this time to determine how long ago a row was submitted.

    Args:
        clock: the computer's clock
        ahead: returns its lead over the service's clock in seconds, or None if unknown
    """

    def __init__(self, clock: Clock, ahead: Callable[[], float | None]) -> None:
        self._clock = clock
        self._ahead = ahead
        self.seconds = clock.seconds
        self.sleep = clock.sleep
        self.random = clock.random

    def now(self) -> datetime:
        """The service's time of day, UTC."""
        ahead = self._ahead() or 0.0
        return self._clock.now() - timedelta(seconds=ahead if abs(ahead) > _TOLERANCE else 0)
