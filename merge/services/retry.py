"""When a failed request is sent again. Pure functions; all times in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from merge.errors import ServiceError, Unavailable


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


DEFAULT_RETRY = RetryPolicy()


def retry_delay(
    error: ServiceError, attempt: int, *, jitter: float, policy: RetryPolicy = DEFAULT_RETRY
) -> float | None:
    """Tell how long to wait before the same request is sent again.

    Args:
        error: why it failed; only `Unavailable` is ever repeated
        attempt: how many times it was sent so far, from 1
        jitter: a number from 0 up to, not including, 1: spreads those who wait alike
        policy: the bounds

    Returns:
        The seconds to wait, or None where it is not to be sent again.
    """
    if not isinstance(error, Unavailable) or attempt >= policy.attempts:
        return None
    if error.retry_after is not None:
        # Never earlier than asked, and a little apart, so that the waiting do not return as one.
        return min(error.retry_after + policy.base * jitter, policy.longest_asked)
    doubled = min(policy.base * 2.0 ** (attempt - 1), policy.longest)
    return doubled * (1 + jitter) / 2
