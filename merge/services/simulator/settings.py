"""How the stand-in behaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from merge.services.simulator.faults import Faults

NO_FAULTS = Faults()
ListShows = Literal["exported", "all"]


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """How the stand-in behaves.

    Attributes:
        seconds: how long a video takes, give or take a tenth
        key: the one API key that is accepted beside issued tokens; None accepts any
        app_id: the application that tokens are issued to; None issues them to any
        user_key: likewise
        faults: what goes wrong, and how often
        seed: decides which calls and videos the faults strike
        list_shows: whether the project list names only what can be downloaded, as the service's may
        state_file: where the state is kept as JSON lines; None forgets it
        token_seconds: how long an issued token is valid
    """

    seconds: float = 3.0
    key: str | None = None
    app_id: str | None = None
    user_key: str | None = None
    faults: Faults = NO_FAULTS
    seed: int = 0
    list_shows: ListShows = "exported"
    state_file: Path | None = None
    token_seconds: float = 24 * 3600.0
