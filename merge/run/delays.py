"""Delays of a run: when to retry a request, and when to poll a job again. All times are in seconds.

Pure functions: the caller passes the time, the random number and the observations so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from merge.errors import ServiceError, Unavailable
from merge.settings import PollPolicy

MAX_ATTEMPTS = 8
"""The maximum number of attempts at a request, including the first one."""
_FIRST_DELAY = 1.0
_MAX_DELAY = 60.0
_MAX_RETRY_AFTER = 900.0


def retry_delay(error: ServiceError, attempt: int, *, jitter: float) -> float | None:
    """Return the delay before the same request is sent again, or None if it must not be sent again.

    Args:
        error: why it failed; only `Unavailable` is retried
        attempt: how often it has been sent, from 1
        jitter: a random number from 0 up to, not including, 1; spreads requests that failed together
    """
    if not isinstance(error, Unavailable) or attempt >= MAX_ATTEMPTS:
        return None
    if error.retry_after is not None:
        # Never earlier than requested, and spread out, so that waiting requests don't return all at once.
        return min(error.retry_after + _FIRST_DELAY * jitter, _MAX_RETRY_AFTER)
    doubled = min(_FIRST_DELAY * 2.0 ** (attempt - 1), _MAX_DELAY)
    return doubled * (1 + jitter) / 2


@dataclass(frozen=True, slots=True)
class ProgressSample:
    """Result of one poll: `percent`, `at` seconds after the submission."""

    at: float
    percent: float


SAFETY = 5.0
"""A job that webhooks or the project list report on is polled after this many times the longest wait."""
_SHARE_OF_REMAINING = 0.8
_MAX_DOUBLINGS = 16  # the limit is reached long before; 2.0**10000 would overflow


def next_poll(policy: PollPolicy, samples: Sequence[ProgressSample], *, errors: int = 0) -> float:
    """Return the wait before the next poll of a job, from its last poll or else from its submission.

    Args:
        policy: the limits
        samples: the polls so far, oldest first; only the last two are used
        errors: how many polls have failed since the last sample
    """
    usual = _poll_without_errors(policy, samples)
    if not errors:
        return usual
    backed_off = policy.poll_min * 2.0 ** min(errors, _MAX_DOUBLINGS)
    return max(usual, min(backed_off, policy.poll_max))


def _poll_without_errors(policy: PollPolicy, samples: Sequence[ProgressSample]) -> float:
    """Return a share of the remaining time, estimated from the last two samples."""
    if not samples:
        return policy.first_poll
    last = samples[-1]
    before = samples[-2] if len(samples) > 1 else ProgressSample(at=0.0, percent=0.0)
    moved, took = last.percent - before.percent, last.at - before.at
    if moved <= 0 or took <= 0:
        return policy.poll_stalled
    remaining = (100.0 - last.percent) * took / moved
    return min(max(_SHARE_OF_REMAINING * remaining, policy.poll_min), policy.poll_max)
