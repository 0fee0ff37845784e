"""Faults on demand: what the stand-in gets wrong, and how often."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum

from merge.errors import InputError


class Fault(StrEnum):
    """What can go wrong; each is a field of `Faults` of the same name."""

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

ROUNDING = 1e-9
"""Ten times 0.1 is a little more than 1."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The share (0 to 1) of calls or videos that each fault strikes; one call meets one fault at most.

    Attributes:
        lose: submissions that are accepted, and whose connection ends without an answer
        late500: submissions that are accepted, and answered with 500
        early500: submissions that are answered with 500 and not accepted
        reset: submissions whose connection is reset, and that are not accepted
        rejected: submissions that are refused with `success: false`
        busy: calls answered with 429 and `Retry-After: 1`
        down: calls answered with 503 and `Retry-After: 1`
        garbage: calls carried out, and answered with 200 and a page that is not JSON
        slow: calls whose answer waits for `slow_seconds`
        fail: videos whose export ends in the state `fail`
        stuck: videos that stand still at 97
        nourl: videos that are at 100 for `nourl_seconds` before they have a download address
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
        """How often the fault strikes, 0 to 1."""
        share: float = getattr(self, fault.value)
        return share


NAMES = tuple(field.name for field in fields(Faults))


def drawn_fault(faults: Faults, kinds: tuple[Fault, ...], draw: float) -> Fault | None:
    """The fault that one draw (0 to 1, evenly spread) hits, or None."""
    # One draw for all kinds: a fault's share stays what it is, whichever others are asked for.
    edge = 0.0
    for kind in kinds:
        edge += faults.share(kind)
        if draw < edge:
            return kind
    return None


def parse_faults(text: str) -> Faults:
    """Reads `lose=0.1,late500=0.05,slow=0.2,slow_seconds=5`; a name alone strikes always.

    Raises:
        InputError: a name is not known, or a figure is not what it should be.
    """
    figures = dict(_figure(part) for part in text.split(",") if part.strip())
    faults = replace(Faults(), **figures)
    for kinds in (SUBMIT, VIDEO):
        if sum(faults.share(kind) for kind in kinds) > 1 + ROUNDING:
            listed = ", ".join(kinds)
            raise InputError(
                f"the shares of the faults {listed} come to more than 1",
                place=text,
                hint="Lower them: one call or video meets one fault at most.",
            )
    return faults


def _figure(part: str) -> tuple[str, float]:
    name, equals, said = (piece.strip() for piece in part.partition("="))
    if name not in NAMES:
        raise InputError(f"there is no fault {name!r}", place=part.strip(), hint=_known())
    figure = _number(said) if equals else 1.0
    ceiling = float("inf") if name.endswith("_seconds") else 1.0
    if figure is None or not 0 <= figure <= ceiling or figure == float("inf"):
        wanted = "a number of seconds" if name.endswith("_seconds") else "a share from 0 to 1"
        raise InputError(f"{said!r} is not {wanted}", place=part.strip(), hint=_known())
    return name, figure


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None


def _known() -> str:
    return f"Known faults: {', '.join(NAMES)}. Write them as lose=0.1,slow=0.2,slow_seconds=5."
