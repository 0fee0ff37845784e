"""What a run will come to, as far as that can be known before: speech, credits, time."""

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
"""So many rows tell how long the others take to say."""
_ONE_RUN = timedelta(hours=6)
"""What was submitted within such a time counts as made together."""
_ENOUGH = 3
"""From so many videos on their pace is worth something."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known beforehand about the videos to be submitted.

    Attributes:
        videos: how many
        speech: seconds that all of them speak, about
        known_credits: earlier videos of this worksheet whose credits are known
        credits: what all of them cost if they cost what those did, or None
        known_times: earlier videos of this worksheet whose time is known
        shortest: seconds until all are there if all are made side by side, or None
        longest: seconds until all are there if they are made at the pace of those before, or None
    """

    videos: int
    speech: float
    known_credits: int = 0
    credits: float | None = None
    known_times: int = 0
    shortest: float | None = None
    longest: float | None = None


def outlook(plan: Plan, entries: Iterable[Entry]) -> Estimate:
    """Look at what is to be submitted, and at what the journal knows of earlier videos.

    Args:
        plan: what is about to be done
        entries: all that the journal knows of this worksheet
    """
    to_make = plan.of(Action.SUBMIT)
    known = [entry for entry in entries if entry.job]
    costs = [entry.credits for entry in known if entry.credits is not None]
    timed = _made_together(known)
    return Estimate(
        videos=len(to_make),
        speech=_speech(to_make),
        known_credits=len(costs),
        credits=fmean(costs) * len(to_make) if costs else None,
        known_times=len(timed),
        shortest=median(_took(entry) for entry in timed) if timed else None,
        longest=_at_their_pace(timed, len(to_make)) if timed else None,
    )


def _speech(to_make: Sequence[PlannedRow]) -> float:
    """Seconds that the videos speak, from as many rows as are quickly read."""
    step = -(-len(to_make) // _SAMPLE) or 1
    read = [planned.filled_in.project(planned.row.key) for planned in to_make[::step] if planned.filled_in]
    seconds = sum(spoken.seconds for project in read for spoken in spoken_of(json.loads(project.body)))
    return seconds * len(to_make) / len(read) if read else 0.0


def _made_together(known: Iterable[Entry]) -> list[Entry]:
    """The complete videos of the latest run, by what the journal knows of times."""
    timed = sorted(
        (entry for entry in known if entry.state is State.COMPLETE and _is_timed(entry)),
        key=lambda entry: str(entry.submitted_at),
    )
    return [entry for entry in timed if _between(entry, timed[-1]) <= _ONE_RUN]


def _is_timed(entry: Entry) -> bool:
    return bool(entry.submitted_at and entry.completed_at) and _took(entry) > 0


def _took(entry: Entry) -> float:
    assert entry.submitted_at is not None
    assert entry.completed_at is not None
    return (entry.completed_at - entry.submitted_at).total_seconds()


def _between(first: Entry, last: Entry) -> timedelta:
    assert first.submitted_at is not None
    assert last.submitted_at is not None
    return last.submitted_at - first.submitted_at


def _at_their_pace(timed: Sequence[Entry], videos: int) -> float:
    slowest = max(map(_took, timed))
    if len(timed) < _ENOUGH or videos <= len(timed):
        return slowest
    assert timed[0].submitted_at is not None
    end = max(entry.completed_at for entry in timed if entry.completed_at)
    whole = (end - timed[0].submitted_at).total_seconds()
    return max(slowest, whole * videos / len(timed))
