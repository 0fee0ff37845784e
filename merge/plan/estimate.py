"""Estimate a run before it starts: speech, credits and duration, as far as earlier videos show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean, median
from typing import TypeAlias

from merge.model import Entry, State
from merge.plan.decide import Action
from merge.plan.plan import Plan
from merge.project.speech_time import spoken_of

Times: TypeAlias = tuple[float, float]
"""When a video was submitted and when it was complete, in seconds."""
_SAMPLE = 300
"""Rows that are measured to estimate the speech of all."""
_RUN_LENGTH = 6 * 3600.0
"""Seconds; videos submitted within this time count as one run."""
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
    videos = plan.actions[Action.SUBMIT]
    costs: list[float] = []
    times: list[Times] = []
    for entry in entries:
        if entry.job and entry.credits is not None:
            costs.append(entry.credits)
        if entry.job and entry.state is State.COMPLETE and entry.submitted_at and entry.completed_at:
            times.append((entry.submitted_at.timestamp(), entry.completed_at.timestamp()))
    timed = _latest_run(times)
    return Estimate(
        videos=videos,
        speech=_speech(plan, videos),
        known_credits=len(costs),
        credits=fmean(costs) * videos if costs else None,
        known_times=len(timed),
        shortest=median(end - start for start, end in timed) if timed else None,
        longest=_at_pace_of(timed, videos) if timed else None,
    )


def _speech(plan: Plan, videos: int) -> float:
    """Estimated speech of all videos in seconds, extrapolated from a sample."""
    step = -(-videos // _SAMPLE) or 1
    sample = [planned.filled_in for planned in islice(plan.of(Action.SUBMIT), 0, None, step)]
    projects = [json.loads(filled_in.body) for filled_in in sample if filled_in]
    seconds = sum(spoken.seconds for project in projects for spoken in spoken_of(project))
    return seconds * videos / len(projects) if projects else 0.0


def _latest_run(times: Iterable[Times]) -> list[Times]:
    """The videos of the latest run that took any time."""
    timed = sorted(each for each in times if each[0] < each[1])
    return [each for each in timed if timed[-1][0] - each[0] <= _RUN_LENGTH]


def _at_pace_of(timed: Sequence[Times], videos: int) -> float:
    slowest = max(end - start for start, end in timed)
    if len(timed) < _FEWEST or videos <= len(timed):
        return slowest
    whole = max(end for _, end in timed) - timed[0][0]
    return max(slowest, whole * videos / len(timed))
