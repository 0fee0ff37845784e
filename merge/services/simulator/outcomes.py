"""How one export goes: drawn once, then a matter of time alone."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from merge.services.simulator.faults import VIDEO, Fault, drawn_fault
from merge.services.simulator.settings import SimulatorSettings

FAILS_AT = 0.6
STUCK_AT = 97.0
QUEUED_UNTIL = 0.05
ENCODES_FROM = 0.9
# Of the states only the last one is documented; a client must bear with any other.
REASON = "The video could not be synthesized: the avatar's voice did not answer."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one export: how many seconds it takes, and which fault strikes it.

    Attributes:
        seconds: from acceptance to 100
        fault: what goes wrong, or None
        url_after: seconds from acceptance until there is a download address
    """

    seconds: float
    fault: Fault | None
    url_after: float


@dataclass(frozen=True, slots=True)
class Stage:
    """Where an export stands.

    Attributes:
        percent: 0 to 100, two decimals
        state: the service's word, or "" where it says none yet
        finished: whether there is a download address
        reason: why it failed, or ""
    """

    percent: float
    state: str
    finished: bool = False
    reason: str = ""


def drawn_fate(settings: SimulatorSettings, number: int) -> Outcome:
    """The fate of the export with this number: the same for the same seed, whenever it is asked."""
    # Not from one stream for all: a fate must not depend on when, or how often, it is asked for.
    dice = random.Random(f"{settings.seed}:{number}")
    seconds = settings.seconds * (0.9 + 0.2 * dice.random())
    fault = drawn_fault(settings.faults, VIDEO, dice.random())
    pause = settings.faults.nourl_seconds if fault is Fault.NO_URL else 0.0
    return Outcome(seconds, fault, seconds + pause)


def stage_of(fate: Outcome, elapsed: float) -> Stage:
    """Where an export stands so many seconds after its acceptance."""
    share = min(max(elapsed / fate.seconds, 0.0), 1.0) if fate.seconds > 0 else 1.0
    # Rounded down, as 100 means finished.
    percent = math.floor(share * 10_000) / 100
    match fate.fault:
        case Fault.FAIL if share >= FAILS_AT:
            return Stage(FAILS_AT * 100, "fail", reason=REASON)
        case Fault.STUCK if percent >= STUCK_AT:
            return Stage(STUCK_AT, "encoding")
        case _ if share < 1:
            return Stage(percent, _word(share))
        case _:
            return Stage(100.0, "finish", finished=elapsed >= fate.url_after)


def _word(share: float) -> str:
    if share < QUEUED_UNTIL:
        return ""
    return "progress" if share < ENCODES_FROM else "encoding"
