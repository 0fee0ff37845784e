"""Rate limiter shared by all requests: submissions have priority, and `Retry-After` pauses everything.

With a shared journal, all its runs and workers have one rate, one pause, and one number of submissions at
once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from merge.errors import ServiceError, Unavailable
from merge.journal import Budget, Place
from merge.run.clock import Clock

_LONGEST_PAUSE = 900.0
"""Seconds; a service that asks for a longer pause is asked again after this."""
_TURN = 2.0
"""Seconds after which a run lets others have its places."""
_SIT_OUT = 0.15
"""Seconds after its turn for which a run takes no places, so that others find them."""
_LOOK_FOR_PLACE_EVERY = 0.1
"""Seconds on average."""
_CHECK_STOPPED_EVERY = 0.2
"""Seconds between two checks whether the run was stopped, during a longer wait."""


class RateLimiter:
    """Lets requests pass at a fixed rate.

    Args:
        clock: that of the run
        requests_per_second: more than 0
        stopped: whether the run was stopped, which ends every wait; the caller then sends nothing
        budget: what other runs send too; None if this is the only one
        at_once: how many submissions all runs with this budget may have in flight

    Attributes:
        turn_until: when this run lets others have its places
    """

    def __init__(
        self,
        clock: Clock,
        requests_per_second: float,
        *,
        stopped: Callable[[], bool] = lambda: False,
        budget: Budget | None = None,
        at_once: int = 1,
    ) -> None:
        self._clock = clock
        self._stopped = stopped
        self._budget = budget
        self._at_once = at_once
        self._entering = asyncio.Lock()
        self._others_wait = False
        self._together = 0
        self._reserving: asyncio.Task[float] | None = None
        self._bucket = TokenBucket(rate=requests_per_second, burst=max(1.0, requests_per_second / 2))
        self._interval = 1 / requests_per_second
        self._priority_waiting = 0
        self._paused_until = 0.0
        self.turn_until = -math.inf

    async def acquire(self, *, priority: bool = False) -> None:
        """Wait until a request may leave or the run is stopped; requests with priority go before others."""
        self._priority_waiting += priority
        try:
            while self._priority_waiting and not priority and not self._stopped():
                await self._clock.sleep(self._interval)
            wait = await self._reserved()
            await self._wait_until(self._clock.seconds() + wait)
            # A pause that begins while this request waits applies to it too.
            while self._paused_until > self._clock.seconds() and not self._stopped():
                await self._wait_until(self._paused_until)
        finally:
            self._priority_waiting -= priority

    def seat(self) -> Seat:
        """A new sender of submissions."""
        return Seat(self, self._clock)

    async def enter(self) -> Place | None:
        """Wait for one of the account's places; None if they aren't shared, or the run is stopped.

        Raises:
            JournalError: the shared journal can't be used
        """
        if self._budget is None:
            return None
        place = None
        async with self._entering:
            while place is None and not self._stopped():
                ended = self._clock.seconds() - self.turn_until
                if self._others_wait and 0 <= ended < _SIT_OUT:
                    await self._clock.sleep(_SIT_OUT)
                elif (place := self._budget.enter(self._at_once, self._least(ended))) is None:
                    # At random, so that no run always looks right before another one.
                    await self._clock.sleep(_LOOK_FOR_PLACE_EVERY * (0.5 + self._clock.random()))
            if self._clock.seconds() >= self.turn_until:
                self.turn_until = self._clock.seconds() + _TURN
            self._others_wait = place is not None and place.has_others
        return place

    def _least(self, ended: float) -> int:
        """A turn begins with half of the places: with one each, runs would record each row by itself."""
        return (self._at_once + 1) // 2 if ended >= 0 and self._others_wait else 1

    def leave(self, place: Place) -> None:
        """Give a place back."""
        if self._budget:
            self._budget.leave(place)

    async def _reserved(self) -> float:
        """Reserve one request, and return the seconds to wait for it.

        Requests that are made at about the same time are reserved together in the shared budget.
        """
        self._bucket, wait = self._bucket.take(self._clock.seconds())
        if self._budget is None:
            return wait
        self._together += 1
        turn, reserving = self._together - 1, self._reserving
        if turn == 0:
            reserving = self._reserving = asyncio.ensure_future(self._reserve_together(self._budget))
        assert reserving
        return max(wait, await asyncio.shield(reserving) + turn * self._interval)

    async def _reserve_together(self, budget: Budget) -> float:
        await asyncio.sleep(0)
        requests, self._together = self._together, 0
        return budget.take(requests, self._interval, self._bucket.slack)

    async def _wait_until(self, seconds: float) -> None:
        waits = seconds > self._clock.seconds()
        while (left := seconds - self._clock.seconds()) > 0 and not self._stopped():
            await self._clock.sleep(min(left, _CHECK_STOPPED_EVERY))
        if waits and self._budget:
            self._paused_until = max(self._paused_until, self._clock.seconds() + self._budget.paused())

    def pause_after(self, error: ServiceError) -> None:
        """Pause all requests if the service asked for it."""
        if isinstance(error, Unavailable) and error.retry_after:
            until = self._clock.seconds() + min(error.retry_after, _LONGEST_PAUSE)
            self._paused_until = max(self._paused_until, until)
            self._bucket = self._bucket.pause_until(until)
            if self._budget:
                self._budget.pause(until - self._clock.seconds(), self._bucket.slack)


class Seat:
    """A sender of submissions, which keeps one of the account's places until its run's turn is over.

    Asking for a place before each submission would cost two requests to the database and, with several
    runs, the time until one of them finds out that a place is free. Runs take turns as a whole, because one
    that has all places records several submissions at once.
    """

    def __init__(self, limiter: RateLimiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock
        self._place: Place | None = None

    @asynccontextmanager
    async def submission(self) -> AsyncIterator[None]:
        """Have a place, and wait until a request may leave.

        Raises:
            JournalError: the shared journal can't be used
        """
        if self._clock.seconds() >= self._limiter.turn_until:
            self.leave()
        self._place = self._place or await self._limiter.enter()
        await self._limiter.acquire(priority=True)
        yield

    def leave(self) -> None:
        """Give the place back, if there is one."""
        place, self._place = self._place, None
        if place:
            self._limiter.leave(place)


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """A token bucket, kept as a single time (GCRA, the generic cell rate algorithm).

    Attributes:
        rate: requests per second, more than 0
        burst: how many requests may leave at once after a rest, at least 1
        full_at: when the bucket is full again, GCRA's theoretical arrival time
    """

    rate: float = 5.0
    burst: float = 1.0
    full_at: float = -math.inf

    def take(self, now: float) -> tuple[TokenBucket, float]:
        """Reserve one request.

        Returns:
            The bucket without it, and the seconds to wait before it may leave.
        """
        wait = max(self.full_at - self.slack - now, 0.0)
        return replace(self, full_at=max(self.full_at, now) + 1 / self.rate), wait

    def pause_until(self, at: float) -> TokenBucket:
        """Return the bucket from which nothing leaves before `at`, and then no burst."""
        return replace(self, full_at=max(self.full_at, at + self.slack))

    @property
    def slack(self) -> float:
        """Seconds by which requests may be early after a rest."""
        return (self.burst - 1) / self.rate
