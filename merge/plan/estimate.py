"""Estimate a run before it starts: speech, credits and duration, as far as earlier videos show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, median

from merge.model import Entry, State
from merge.plan.decide import Action
from merge.plan.plan import Plan, PlannedRow
from merge.project.speech_time import spoken_of

_SAMPLE = 300
"""The number of rows that are measured to estimate the speech of all."""
_RUN_LENGTH = timedelta(hours=6)
"""Videos submitted within this time count as one run."""
_FEWEST = 3
"""With fewer videos, the pace of a run can't be measured."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate for the videos of a run.

    Attributes:
        videos: number of videos to submit
        speech: estimated speech of all videos, in seconds
        known_credits: number of earlier videos of this worksheet with known credits
        credits: total cost at the mean price of those, or None
        known_times: number of earlier videos of this worksheet with known times
        shortest: seconds if all videos are made in parallel, or None
        longest: seconds if they are made at the pace of the last run, or None
    """

    videos: int
    speech: float
    known_credits: int = 0
    credits: float | None = None
    known_times: int = 0
    shortest: float | None = None
    longest: float | None = None


def estimate(plan: Plan, entries: Iterable[Entry]) -> Estimate:
    """Estimate the videos that a plan submits from the journal's entries of this worksheet."""
    to_make = plan.of(Action.SUBMIT)
    known = [entry for entry in entries if entry.job]
    costs = [entry.credits for entry in known if entry.credits is not None]
    timed = _latest_run(known)
    return Estimate(
        videos=len(to_make),
        speech=_speech(to_make),
        known_credits=len(costs),
        credits=fmean(costs) * len(to_make) if costs else None,
        known_times=len(timed),
        shortest=median(_seconds(entry) for entry in timed) if timed else None,
        longest=_at_pace_of(timed, len(to_make)) if timed else None,
    )


def _speech(to_make: Sequence[PlannedRow]) -> float:
    """Estimated speech of all videos in seconds, extrapolated from a sample."""
    step = -(-len(to_make) // _SAMPLE) or 1
    sample = [planned.filled_in.project(planned.row.key) for planned in to_make[::step] if planned.filled_in]
    seconds = sum(spoken.seconds for project in sample for spoken in spoken_of(json.loads(project.body)))
    return seconds * len(to_make) / len(sample) if sample else 0.0


def _latest_run(known: Iterable[Entry]) -> list[Entry]:
    """The complete videos of the latest run that have times."""
    timed = sorted(
        (entry for entry in known if entry.state is State.COMPLETE and _is_timed(entry)),
        key=lambda entry: str(entry.submitted_at),
    )
    return [entry for entry in timed if _between(entry, timed[-1]) <= _RUN_LENGTH]


def _is_timed(entry: Entry) -> bool:
    return bool(entry.submitted_at and entry.completed_at) and _seconds(entry) > 0


def _seconds(entry: Entry) -> float:
    assert entry.submitted_at is not None
    assert entry.completed_at is not None
    return (entry.completed_at - entry.submitted_at).total_seconds()


def _between(first: Entry, last: Entry) -> timedelta:
    assert first.submitted_at is not None
    assert last.submitted_at is not None
    return last.submitted_at - first.submitted_at


def _at_pace_of(timed: Sequence[Entry], videos: int) -> float:
    slowest = max(map(_seconds, timed))
    if len(timed) < _FEWEST or videos <= len(timed):
        return slowest
    assert timed[0].submitted_at is not None
    end = max(entry.completed_at for entry in timed if entry.completed_at)
    whole = (end - timed[0].submitted_at).total_seconds()
    return max(slowest, whole * videos / len(timed))
