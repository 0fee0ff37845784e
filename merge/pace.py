"""When to repeat a request, when to look at a job again, and how many requests a second are fair.

Pure rules: the time, the dice and what was seen are handed in. All times are in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from merge.errors import ServiceError, Unavailable

__all__ = ["SAFETY", "Budget", "Look", "PollPolicy", "RetryPolicy", "next_look", "retry_delay"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient repeating is.

    Attributes:
        attempts: how often a request is sent at most, the first time included
        base: the wait after the first failure, before the dice
        longest: the longest wait that is chosen here
        longest_asked: the longest wait that the service may ask for; more is cut to this
    """

    attempts: int = 8
    base: float = 1.0
    longest: float = 60.0
    longest_asked: float = 900.0


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """How often a job is looked at.

    Attributes:
        first_look: from the submission to the first look
        poll_min: the shortest time between two looks
        poll_max: the longest time between two looks
        standing_still: the time between two looks while the progress does not move
    """

    first_look: float = 60.0
    poll_min: float = 5.0
    poll_max: float = 60.0
    standing_still: float = 30.0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a job showed: `percent`, `at` seconds after its submission."""

    at: float
    percent: float


DEFAULT_RETRY = RetryPolicy()
SAFETY = 5.0
"""A job of which webhooks or the list of projects tell is looked at after so many longest waits."""
_SHARE_OF_THE_REST = 0.8


def retry_delay(
    error: ServiceError, attempt: int, *, dice: float, policy: RetryPolicy = DEFAULT_RETRY
) -> float | None:
    """Tell how long to wait before the same request is sent again.

    Args:
        error: why it failed; only `Unavailable` is ever repeated
        attempt: how many times it was sent so far, from 1
        dice: a number from 0 up to, not including, 1: spreads those who wait alike
        policy: the bounds

    Returns:
        The seconds to wait, or None where it is not to be sent again.
    """
    if not isinstance(error, Unavailable) or attempt >= policy.attempts:
        return None
    if error.retry_after is not None:
        # Never earlier than asked, and a little apart, so that the waiting do not return as one.
        return min(error.retry_after + policy.base * dice, policy.longest_asked)
    doubled = min(policy.base * 2.0 ** (attempt - 1), policy.longest)
    return doubled * (1 + dice) / 2


def next_look(policy: PollPolicy, looks: Sequence[Look], *, errors: int = 0) -> float:
    """Tell how long to wait before the next look at a job.

    Args:
        policy: the bounds
        looks: what was seen, oldest first; the last two are enough
        errors: how many looks have failed since the last of them

    Returns:
        Seconds from the last look, or from the submission where there was none.
    """
    calm = _calm_wait(policy, looks)
    if not errors:
        return calm
    # Beyond 16 doublings the bound has long been reached; 2**10000 would not be a float.
    backed_off = policy.poll_min * 2.0 ** min(errors, 16)
    return max(calm, min(backed_off, policy.poll_max))


def _calm_wait(policy: PollPolicy, looks: Sequence[Look]) -> float:
    """Return the wait where nothing has failed: a share of the time that the rest should take."""
    if not looks:
        return policy.first_look
    last = looks[-1]
    before = looks[-2] if len(looks) > 1 else Look(at=0.0, percent=0.0)
    moved, took = last.percent - before.percent, last.at - before.at
    if moved <= 0 or took <= 0:
        return policy.standing_still
    rest = (100.0 - last.percent) * took / moved
    return min(max(_SHARE_OF_THE_REST * rest, policy.poll_min), policy.poll_max)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many requests may leave, shared by all who send them.

    Attributes:
        rate: requests a second, more than 0
        burst: how many may leave at once after a rest, at least 1
        spent_until: the time at which all that was handed out is paid back (kept by `take`)
    """

    rate: float = 5.0
    burst: float = 1.0
    spent_until: float = -math.inf

    def take(self, now: float) -> tuple[Budget, float]:
        """Reserve one request.

        Returns:
            The budget without it, and the seconds to wait before it may leave.
        """
        paid_back = max(self.spent_until, now)
        wait = max(self.spent_until - self._slack - now, 0.0)
        return replace(self, spent_until=paid_back + 1 / self.rate), wait

    def hold_until(self, at: float) -> Budget:
        """Return the budget from which nothing leaves before `at`, and then no burst."""
        return replace(self, spent_until=max(self.spent_until, at + self._slack))

    @property
    def _slack(self) -> float:
        return (self.burst - 1) / self.rate
