"""What all who work on rows share during one run."""

from __future__ import annotations

from dataclasses import dataclass

from merge.run.clock import Clock
from merge.run.rate_limiter import RateLimiter
from merge.run.run_state import RunState
from merge.services.protocol import VideoService
from merge.settings import Settings


@dataclass(frozen=True, slots=True)
class RunContext:
    """The service, what is known, the gate that all requests pass, the time, and what was asked for."""

    service: VideoService
    book: RunState
    gate: RateLimiter
    clock: Clock
    settings: Settings
