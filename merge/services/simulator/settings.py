"""Settings of the simulator, and the faults that it can inject."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal

from merge.errors import InputError

ListShows = Literal["exported", "all"]


class Fault(StrEnum):
    """The possible faults; each is a field of `Faults` with the same name."""

    LOSE = "lose"
    LATE_500 = "late500"
    EARLY_500 = "early500"
    RESET = "reset"
    REJECTED = "rejected"
    BUSY = "busy"
    DOWN = "down"
    GARBAGE = "garbage"
    SLOW = "slow"
    FAIL = "fail"
    STUCK = "stuck"
    NO_URL = "nourl"


ANY_CALL = (Fault.BUSY, Fault.DOWN, Fault.GARBAGE, Fault.SLOW)
SUBMIT = (Fault.LOSE, Fault.LATE_500, Fault.EARLY_500, Fault.RESET, Fault.REJECTED, *ANY_CALL)
VIDEO = (Fault.FAIL, Fault.STUCK, Fault.NO_URL)

_TOLERANCE = 1e-9  # ten times 0.1 is a little more than 1


@dataclass(frozen=True, slots=True)
class Faults:
    """The share (0 to 1) of calls or videos that have each fault; a call or video has at most one.

    Attributes:
        lose: submissions that are accepted, and whose connection is closed without a response
        late500: submissions that are accepted, and answered with 500
        early500: submissions that are answered with 500 and not accepted
        reset: submissions whose connection is reset, and that are not accepted
        rejected: submissions that are refused with `success: false`
        busy: calls answered with 429 and `Retry-After: 1`
        down: calls answered with 503 and `Retry-After: 1`
        garbage: calls carried out, and answered with 200 and a page that isn't JSON
        slow: calls whose response is delayed by `slow_seconds`
        fail: videos whose export ends in the state `fail`
        stuck: videos that stay at 97 %
        nourl: videos that are at 100 % for `nourl_seconds` before they have a download URL
        slow_seconds: see `slow`
        nourl_seconds: see `nourl`
    """

    lose: float = 0.0
    late500: float = 0.0
    early500: float = 0.0
    reset: float = 0.0
    rejected: float = 0.0
    busy: float = 0.0
    down: float = 0.0
    garbage: float = 0.0
    slow: float = 0.0
    fail: float = 0.0
    stuck: float = 0.0
    nourl: float = 0.0
    slow_seconds: float = 2.0
    nourl_seconds: float = 2.0

    def share(self, fault: Fault) -> float:
        """Return how often the fault occurs, 0 to 1."""
        share: float = getattr(self, fault.value)
        return share


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """Settings of the simulator.

    Attributes:
        seconds: how long a video takes, plus or minus a tenth
        key: the only API key that is accepted next to issued tokens; None accepts any
        app_id: the only application that tokens are issued to; None issues them to any
        user_key: the only user key for which tokens are issued; None accepts any
        faults: which faults are injected, and how often
        seed: decides which calls and videos have faults
        list_shows: whether the project list has only projects that can be downloaded, as the service's may
        state_file: where the state is saved as JSON lines; None keeps it in memory
        token_seconds: how long an issued token is valid
    """

    seconds: float = 3.0
    key: str | None = None
    app_id: str | None = None
    user_key: str | None = None
    faults: Faults = field(default_factory=Faults)
    seed: int = 0
    list_shows: ListShows = "exported"
    state_file: Path | None = None
    token_seconds: float = 24 * 3600.0


_NAMES = tuple(each.name for each in fields(Faults))


def draw_fault(faults: Faults, kinds: tuple[Fault, ...], draw: float) -> Fault | None:
    """Return the fault that a random number selects, or None.

    Args:
        faults: the shares
        kinds: the faults that are possible here
        draw: a number from 0 up to, not including, 1
    """
    # One draw for all kinds, so that a fault's share doesn't depend on which others are set.
    edge = 0.0
    for kind in kinds:
        edge += faults.share(kind)
        if draw < edge:
            return kind
    return None


def parse_faults(text: str) -> Faults:
    """Parse `lose=0.1,late500=0.05,slow=0.2,slow_seconds=5`; a name without a share means always.

    Raises:
        InputError: a name isn't known, or a number is out of range
    """
    faults = replace(Faults(), **dict(_parse_part(part) for part in text.split(",") if part.strip()))
    for kinds in (SUBMIT, VIDEO):
        if sum(faults.share(kind) for kind in kinds) > 1 + _TOLERANCE:
            listed = ", ".join(kinds)
            raise InputError(
                f"the shares of the faults {listed} add up to more than 1",
                place=text,
                hint="Lower them. Each request or video has at most one fault.",
            )
    return faults


def _parse_part(part: str) -> tuple[str, float]:
    name, equals, value = (piece.strip() for piece in part.partition("="))
    hint = f"Known faults: {', '.join(_NAMES)}. Write them as lose=0.1,slow=0.2,slow_seconds=5."
    if name not in _NAMES:
        raise InputError(f"there's no fault “{name}”", place=part.strip(), hint=hint)
    is_seconds = name.endswith("_seconds")
    try:
        number = float(value) if equals else 1.0
    except ValueError:
        number = -1.0
    if not 0 <= number <= (float("inf") if is_seconds else 1.0) or number == float("inf"):
        wanted = "a number of seconds" if is_seconds else "a share from 0 to 1"
        raise InputError(f"{value!r} isn't {wanted}", place=part.strip(), hint=hint)
    return name, number
