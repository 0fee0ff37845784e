from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from merge.journal import Place
from merge.run.rate_limiter import RateLimiter
from tests.support.virtual_time import LoopClock, run_free

AT_ONCE, SECONDS = 4, 60.0


@dataclass
class SharedPlaces:
    """A budget in memory that lets through any number of requests, for so many runs."""

    runs: int
    free: list[int] = field(default_factory=lambda: list(range(1, AT_ONCE + 1)))
    asked: Counter[str] = field(default_factory=Counter)

    def take(self, requests: int, _interval: float, _slack: float) -> float:
        self.asked["take"] += 1
        self.asked["requests"] += requests
        return 0.0

    def paused(self) -> float:
        return 0.0

    def pause(self, seconds: float, slack: float) -> None:
        raise AssertionError((seconds, slack))

    def enter(self, at_once: int, least: int = 1) -> Place | None:
        assert at_once == AT_ONCE
        self.asked["enter"] += 1
        return Place(self.free.pop(), has_others=self.runs > 1) if len(self.free) >= least else None

    def leave(self, place: Place) -> None:
        self.free.append(place.number)


def _sent(budget: SharedPlaces) -> list[int]:
    """How many submissions each run has sent after a minute, if each of them takes a tenth of a second."""
    sent, clock = [0] * budget.runs, LoopClock()

    async def send(number: int, limiter: RateLimiter) -> None:
        seat = limiter.seat()
        while clock.seconds() < SECONDS:
            async with seat.submission():
                await clock.sleep(0.1)
                sent[number] += 1
        seat.leave()

    async def all_of_them() -> None:
        limiters = [RateLimiter(clock, 1e6, budget=budget, at_once=AT_ONCE) for _ in range(budget.runs)]
        await asyncio.gather(
            *(send(number, limiter) for number, limiter in enumerate(limiters) for _ in range(AT_ONCE))
        )

    run_free(all_of_them())
    return sent


def test_runs_take_turns_with_the_places_of_their_account() -> None:
    """Neither waits for the other's end, and little time is lost between two turns."""
    budget = SharedPlaces(runs=2)
    sent = _sent(budget)
    possible = AT_ONCE * SECONDS / 0.1
    assert min(sent) > 0.3 * possible, sent
    assert sum(sent) > 0.9 * possible, sent
    assert len(budget.free) == AT_ONCE


def test_a_run_alone_asks_for_places_once_a_turn() -> None:
    """Otherwise each submission would cost two more questions to the database."""
    budget = SharedPlaces(runs=1)
    (sent,) = _sent(budget)
    assert sent > 0.98 * AT_ONCE * SECONDS / 0.1
    assert budget.asked["enter"] < 0.05 * sent
