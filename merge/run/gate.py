"""The one gate that all requests pass: a shared budget, submissions first, everyone slows down together."""

from __future__ import annotations

from merge.errors import ServiceError, Unavailable
from merge.pace import Budget
from merge.run.clock import Clock

_LONGEST_HOLD = 900.0
"""Seconds; a service that asks for more is asked again after these."""


class Gate:
    """Lets requests pass at the budget's rate."""

    def __init__(self, clock: Clock, requests_per_second: float) -> None:
        self._clock = clock
        self._budget = Budget(rate=requests_per_second, burst=max(1.0, requests_per_second / 2))
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
