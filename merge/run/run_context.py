"""What all who work on rows share during one run."""

from __future__ import annotations

from dataclasses import dataclass

from merge.run.clock import Clock
from merge.run.rate_limiter import Gate
from merge.run.run_state import Book
from merge.services.protocol import VideoService
from merge.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """The service, what is known, the gate that all requests pass, the time, and what was asked for."""

    service: VideoService
    book: Book
    gate: Gate
    clock: Clock
    settings: Settings
