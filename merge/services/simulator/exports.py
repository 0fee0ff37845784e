"""How far an export is, and how the service's responses show it."""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime

from merge.model import JSON
from merge.project.speech_time import spoken_of
from merge.services.simulator.settings import VIDEO, Fault, SimulatorSettings, draw_fault
from merge.services.simulator.state import SavedProject

CHARACTERS_PER_CREDIT = 1000
_FAILS_AT = 0.6
_STUCK_AT = 97.0
_QUEUED_UNTIL = 0.05
_ENCODES_FROM = 0.9
_REASON = "The video could not be synthesized: the avatar's voice did not answer."


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one export goes.

    Attributes:
        seconds: from acceptance to 100 %
        fault: what goes wrong, or None
        url_after: seconds from acceptance until there is a download URL
    """

    seconds: float
    fault: Fault | None
    url_after: float


@dataclass(frozen=True, slots=True)
class Stage:
    """The progress of an export.

    Attributes:
        percent: 0 to 100, two decimals
        state: the service's name for it, or "" while the service gives none; only `finish` is documented
        finished: whether there is a download URL
        reason: why it failed, or ""
    """

    percent: float
    state: str
    finished: bool = False
    reason: str = ""


DRAFT = Stage(0.0, "draft")


def draw_outcome(settings: SimulatorSettings, number: int) -> Outcome:
    """Return the outcome of the export with this number: always the same for the same seed."""
    # One generator per export: its outcome must not depend on when, or how often, it is asked for.
    generator = random.Random(f"{settings.seed}:{number}")
    seconds = settings.seconds * (0.9 + 0.2 * generator.random())
    fault = draw_fault(settings.faults, VIDEO, generator.random())
    pause = settings.faults.nourl_seconds if fault is Fault.NO_URL else 0.0
    return Outcome(seconds, fault, seconds + pause)


def stage_of(outcome: Outcome, elapsed: float) -> Stage:
    """Return how far an export is this many seconds after its acceptance."""
    share = min(max(elapsed / outcome.seconds, 0.0), 1.0) if outcome.seconds > 0 else 1.0
    percent = math.floor(share * 10_000) / 100  # rounded down, because 100 means finished
    match outcome.fault:
        case Fault.FAIL if share >= _FAILS_AT:
            return Stage(_FAILS_AT * 100, "fail", reason=_REASON)
        case Fault.STUCK if percent >= _STUCK_AT:
            return Stage(_STUCK_AT, "encoding")
        case _ if share < _QUEUED_UNTIL:
            return Stage(percent, "")
        case _ if share < 1:
            return Stage(percent, "progress" if share < _ENCODES_FROM else "encoding")
        case _:
            return Stage(100.0, "finish", finished=elapsed >= outcome.url_after)


def progress_view(stage: Stage, url: str) -> JSON:
    """Return the response to a progress call; `state` and `downloadUrl` are present once known."""
    view: dict[str, JSON] = {"progress": stage.percent}
    if stage.state:
        view["state"] = stage.state
    if stage.finished:
        view["downloadUrl"] = url
    if stage.reason:
        view["error"] = {"code": "EXPORT_FAILED", "msg": stage.reason}
    return view


def list_view(project: SavedProject, stage: Stage, url: str) -> JSON:
    """Return a project's entry in the project list."""
    return {
        "id": project.id,
        "name": project.name,
        "state": saved_state(stage),
        "download_url": url if stage.finished else None,
    }


def project_view(project: SavedProject, stage: Stage, url: str) -> JSON:
    """Return the whole project; `creditSubstracted` says whether credits were taken, not how many."""
    return {
        "_id": project.id,
        "name": project.name,
        "orientation": project.body.get("orientation", "landscape"),
        "scenes": project.body.get("scenes"),
        "userId": "simuser01",
        "workspaceId": project.body.get("workspaceId", "simworkspace01"),
        "resolution": project.body.get("resolution", "1080"),
        "dictionary": project.body.get("dictionary", {}),
        "state": saved_state(stage),
        "progress": stage.percent,
        "backendTaskId": task_id(project),
        "exportType": "video",
        # Spelling and type as in the reference.
        "creditSubstracted": stage.percent == 100,  # noqa: PLR2004 - percent
        "thumbnailUrl": None,
        "createdAt": _iso_time(project.created),
        "updatedAt": _iso_time(project.updated),
        "download_url": url if stage.finished else None,
    }


def webhook_view(project: SavedProject, stage: Stage, url: str) -> JSON:
    """Return the body of a webhook: no project id, and whole percents."""
    view: dict[str, JSON] = {"progress": int(stage.percent), "backendTaskId": task_id(project)}
    if stage.finished:
        view |= {"credit": credits_of(project), "download_url": url}
    return view


def saved_state(stage: Stage) -> str:
    """Return the state as in the list and the project, whose names differ from the progress call's."""
    if stage.finished:
        return "exported"
    return stage.state if stage.state in {"draft", "fail"} else "progress"


def task_id(project: SavedProject) -> str:
    """Return the export's `backendTaskId`, which doesn't reveal the project's id to a webhook."""
    return f"task{hashlib.sha256(project.id.encode()).hexdigest()[:20]}"


def credits_of(project: SavedProject) -> int:
    """Return the price of an export: one credit for every started thousand spoken characters."""
    characters = sum(len(spoken.text) for spoken in spoken_of(project.body))
    return max(1, math.ceil(characters / CHARACTERS_PER_CREDIT))


def _iso_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
