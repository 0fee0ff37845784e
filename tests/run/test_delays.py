from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
from merge.run.delays import MAX_ATTEMPTS, ProgressSample, next_poll, retry_delay
from merge.run.rate_limiter import TokenBucket
from merge.settings import PollPolicy

POLICY = PollPolicy()
jitter = st.floats(0, 1, exclude_max=True)
seconds = st.floats(0, 1e6)
samples = st.lists(st.builds(ProgressSample, at=seconds, percent=st.floats(0, 100)), max_size=4)


@pytest.mark.parametrize(
    "error", [Rejected("no"), Uncertain("perhaps"), Unauthorized("who"), ServiceError("?")]
)
def test_only_unavailable_is_retried(error: ServiceError) -> None:
    """Every error except Unavailable is final, especially Uncertain."""
    assert retry_delay(error, 1, jitter=0.5) is None


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"),
    [
        pytest.param(1, 0.5, 1, id="first"),
        pytest.param(2, 1, 2, id="second"),
        pytest.param(4, 4, 8, id="fourth"),
        pytest.param(7, 30, 60, id="bounded"),
    ],
)
def test_delays_double_with_jitter(attempt: int, shortest: float, longest: float) -> None:
    """A delay is between half and all of a limit that doubles."""
    assert retry_delay(Unavailable("no"), attempt, jitter=0) == shortest
    assert retry_delay(Unavailable("no"), attempt, jitter=0.999999) == pytest.approx(longest, rel=1e-3)


def test_retries_end_after_the_last_attempt() -> None:
    """A request is sent at most eight times, even if the service asks for a delay."""
    assert retry_delay(Unavailable("no"), 7, jitter=0) is not None
    assert retry_delay(Unavailable("no"), 8, jitter=0) is None
    assert retry_delay(Unavailable("no", retry_after=1), MAX_ATTEMPTS, jitter=0) is None


@given(asked=st.floats(0, 1e9), random=jitter, attempt=st.integers(1, 7))
def test_retry_after_is_honored_within_limits(asked: float, random: float, attempt: int) -> None:
    """A delay is never shorter than `Retry-After`, up to a maximum of 900 s."""
    wait = retry_delay(Unavailable("slow down", retry_after=asked), attempt, jitter=random)
    assert wait is not None
    assert min(asked, 900) <= wait <= min(asked + 1, 900)


@given(random=jitter, attempt=st.integers(1, 100))
def test_delay_never_exceeds_its_limit(random: float, attempt: int) -> None:
    """After any number of attempts, a delay is positive and limited, or there is none."""
    wait = retry_delay(Unavailable("no"), attempt, jitter=random)
    assert wait is None or 0 < wait <= 60


@pytest.mark.parametrize(
    ("seen", "wait"),
    [
        pytest.param([], 60, id="never polled"),
        pytest.param([ProgressSample(60, 50)], 48, id="half done in a minute"),
        pytest.param([ProgressSample(60, 10)], 60, id="slow: bounded above"),
        pytest.param([ProgressSample(60, 99)], 5, id="nearly done: bounded below"),
        pytest.param([ProgressSample(60, 0)], 30, id="queued"),
        pytest.param([ProgressSample(60, 40), ProgressSample(90, 40)], 30, id="stalled"),
        pytest.param([ProgressSample(60, 40), ProgressSample(90, 20)], 30, id="progress went down"),
        pytest.param(
            [ProgressSample(60, 0), ProgressSample(90, 50)], 24, id="time in the queue does not count"
        ),
        pytest.param([ProgressSample(60, 0), ProgressSample(60, 50)], 30, id="two polls at once"),
        pytest.param([ProgressSample(60, 100)], 5, id="done, the URL is missing"),
        pytest.param(
            [ProgressSample(60, 100), ProgressSample(65, 100)], 30, id="done, the URL is still missing"
        ),
    ],
)
def test_next_poll_follows_the_progress(seen: list[ProgressSample], wait: float) -> None:
    """The first poll is after a minute, the next ones after 0.8 of the remaining time, within limits."""
    assert next_poll(POLICY, seen) == pytest.approx(wait)


@pytest.mark.parametrize(("errors", "wait"), [(1, 10), (2, 20), (3, 40), (4, 60), (100_000, 60)])
def test_failed_polls_back_off(errors: int, wait: float) -> None:
    """Each failed poll doubles the wait up to its limit."""
    assert next_poll(POLICY, [ProgressSample(60, 99)], errors=errors) == wait


@given(seen=samples, errors=st.integers(0, 50))
def test_next_poll_is_within_limits(seen: list[ProgressSample], errors: int) -> None:
    """For any progress the wait is within the limits of the policy."""
    assert POLICY.poll_min <= next_poll(POLICY, seen, errors=errors) <= POLICY.poll_max


def test_poll_times_are_configurable() -> None:
    """The first poll and the limits are settings, so a simulator can be polled sooner."""
    quick = PollPolicy(first_poll=0.05, poll_min=0.01, poll_max=0.1, poll_stalled=0.02)
    assert next_poll(quick, []) == 0.05
    assert next_poll(quick, [ProgressSample(0.05, 50)]) == pytest.approx(0.04)


@given(
    arrivals=st.lists(st.floats(0, 100), min_size=1, max_size=60).map(sorted),
    rate=st.floats(0.1, 50),
    burst=st.integers(1, 10),
)
def test_rate_is_never_exceeded(arrivals: list[float], rate: float, burst: int) -> None:
    """In any period, no more requests are sent than burst and rate allow, and they stay in order."""
    budget = TokenBucket(rate=rate, burst=burst)
    sent: list[float] = []
    for now in arrivals:
        budget, wait = budget.take(now)
        sent.append(now + wait)
    assert all(earlier <= later + 1e-6 for earlier, later in pairwise(sent))
    for first, start in enumerate(sent):
        for count, end in enumerate(sent[first:], start=1):
            assert count <= burst + (end - start) * rate + 1e-6


def test_first_request_after_a_pause_is_sent_at_once() -> None:
    """Only the request after it waits."""
    budget, wait = TokenBucket(rate=5).take(1000)
    assert wait == 0
    budget, wait = budget.take(1000)
    assert wait == pytest.approx(0.2)
    assert budget.take(1001)[1] == 0


@given(until=st.floats(0, 1000), burst=st.integers(1, 10))
def test_hold_delays_every_request(until: float, burst: int) -> None:
    """After a hold, requests are sent one by one instead of in a burst."""
    budget = TokenBucket(rate=2, burst=burst).pause_until(until)
    budget, first = budget.take(0)
    _, second = budget.take(0)
    assert first == pytest.approx(until, abs=1e-6)
    assert second == pytest.approx(until + 0.5, abs=1e-6)


def test_past_hold_changes_nothing() -> None:
    """A shorter hold never shortens a longer one, and a past one delays nothing."""
    assert TokenBucket().pause_until(50).pause_until(10).take(0)[1] == pytest.approx(50)
    assert TokenBucket().pause_until(10).take(100)[1] == 0
