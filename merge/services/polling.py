"""When to repeat a request, when to look at a job again, and how many requests a second are fair.

Pure rules: the time, the dice and what was seen are handed in. All times are in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from merge.settings import PollPolicy


@dataclass(frozen=True, slots=True)
class ProgressSample:
    """What one look at a job showed: `percent`, `at` seconds after its submission."""

    at: float
    percent: float


SAFETY = 5.0
"""A job of which webhooks or the list of projects tell is looked at after so many longest waits."""
_SHARE_OF_THE_REST = 0.8


def next_poll(policy: PollPolicy, samples: Sequence[ProgressSample], *, errors: int = 0) -> float:
    """Tell how long to wait before the next look at a job.

    Args:
        policy: the bounds
        samples: what was seen, oldest first; the last two are enough
        errors: how many looks have failed since the last of them

    Returns:
        Seconds from the last look, or from the submission where there was none.
    """
    calm = _calm_wait(policy, samples)
    if not errors:
        return calm
    # Beyond 16 doublings the bound has long been reached; 2**10000 would not be a float.
    backed_off = policy.poll_min * 2.0 ** min(errors, 16)
    return max(calm, min(backed_off, policy.poll_max))


def _calm_wait(policy: PollPolicy, samples: Sequence[ProgressSample]) -> float:
    """Return the wait where nothing has failed: a share of the time that the rest should take."""
    if not samples:
        return policy.first_poll
    last = samples[-1]
    before = samples[-2] if len(samples) > 1 else ProgressSample(at=0.0, percent=0.0)
    moved, took = last.percent - before.percent, last.at - before.at
    if moved <= 0 or took <= 0:
        return policy.poll_stalled
    rest = (100.0 - last.percent) * took / moved
    return min(max(_SHARE_OF_THE_REST * rest, policy.poll_min), policy.poll_max)
