"""The one gate that all requests pass: a shared budget, submissions first, everyone slows down together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from merge.errors import ServiceError, Unavailable
from merge.run.clock import Clock

_LONGEST_HOLD = 900.0
"""Seconds; a service that asks for more is asked again after these."""


class RateLimiter:
    """Lets requests pass at the budget's rate."""

    def __init__(self, clock: Clock, requests_per_second: float) -> None:
        self._clock = clock
        self._budget = TokenBucket(rate=requests_per_second, burst=max(1.0, requests_per_second / 2))
        self._step = 1 / requests_per_second
        self._urgent = 0
        self._held_until = 0.0

    async def enter(self, *, urgent: bool = False) -> None:
        """Wait for the turn of one request; urgent ones go before all others."""
        self._urgent += urgent
        try:
            while self._urgent and not urgent:
                await self._clock.sleep(self._step)
            self._budget, wait = self._budget.take(self._clock.seconds())
            if wait:
                await self._clock.sleep(wait)
            # A hold that came while this one waited is for it too.
            while (held := self._held_until - self._clock.seconds()) > 0:
                await self._clock.sleep(held)
        finally:
            self._urgent -= urgent

    def slow_down(self, error: ServiceError) -> None:
        """Hold everyone back where the service asks for it."""
        if isinstance(error, Unavailable) and error.retry_after:
            until = self._clock.seconds() + min(error.retry_after, _LONGEST_HOLD)
            self._held_until = max(self._held_until, until)
            self._budget = self._budget.hold_until(until)


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """How many requests may leave, shared by all who send them.

    Attributes:
        rate: requests a second, more than 0
        burst: how many may leave at once after a rest, at least 1
        spent_until: the time at which all that was handed out is paid back (kept by `take`)
    """

    rate: float = 5.0
    burst: float = 1.0
    spent_until: float = -math.inf

    def take(self, now: float) -> tuple[TokenBucket, float]:
        """Reserve one request.

        Returns:
            The budget without it, and the seconds to wait before it may leave.
        """
        paid_back = max(self.spent_until, now)
        wait = max(self.spent_until - self._slack - now, 0.0)
        return replace(self, spent_until=paid_back + 1 / self.rate), wait

    def hold_until(self, at: float) -> TokenBucket:
        """Return the budget from which nothing leaves before `at`, and then no burst."""
        return replace(self, spent_until=max(self.spent_until, at + self._slack))

    @property
    def _slack(self) -> float:
        return (self.burst - 1) / self.rate
