"""What the service tells about a project: its progress, its line in the list, and the whole."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime

from merge.model import JSON
from merge.services.simulator.outcomes import Stage
from merge.services.simulator.projects import SavedProject
from merge.services.simulator.validation import spoken_text

CHARACTERS_PER_CREDIT = 1000
DRAFT = Stage(0.0, "draft")


def progress_view(stage: Stage, url: str) -> JSON:
    """The answer to a progress call; `state` and `downloadUrl` are only there once there is one."""
    view: dict[str, JSON] = {"progress": stage.percent}
    if stage.state:
        view["state"] = stage.state
    if stage.finished:
        view["downloadUrl"] = url
    if stage.reason:
        view["error"] = {"code": "EXPORT_FAILED", "msg": stage.reason}
    return view


def list_view(project: SavedProject, stage: Stage, url: str) -> JSON:
    """One line of the project list."""
    return {
        "id": project.id,
        "name": project.name,
        "state": kept_state(stage),
        "download_url": url if stage.finished else None,
    }


def whole_view(project: SavedProject, stage: Stage, url: str) -> JSON:
    """The project itself; `creditSubstracted` says whether credits were taken, not how many."""
    return {
        "_id": project.id,
        "name": project.name,
        "orientation": project.body.get("orientation", "landscape"),
        "scenes": project.body.get("scenes"),
        "userId": "simuser01",
        "workspaceId": project.body.get("workspaceId", "simworkspace01"),
        "resolution": project.body.get("resolution", "1080"),
        "dictionary": project.body.get("dictionary", {}),
        "state": kept_state(stage),
        "progress": stage.percent,
        "backendTaskId": task_id(project),
        "exportType": "video",
        # Spelled, and a boolean, as in the reference.
        "creditSubstracted": stage.percent == 100,  # noqa: PLR2004 - percent
        "thumbnailUrl": None,
        "createdAt": _moment(project.created),
        "updatedAt": _moment(project.updated),
        "download_url": url if stage.finished else None,
    }


def webhook_view(project: SavedProject, stage: Stage, url: str) -> JSON:
    """What a webhook carries: no project id, and whole percents."""
    view: dict[str, JSON] = {"progress": int(stage.percent), "backendTaskId": task_id(project)}
    if stage.finished:
        view |= {"credit": credits_of(project), "download_url": url}
    return view


def kept_state(stage: Stage) -> str:
    """The state as the list and the project itself have it: other words than the progress call's."""
    if stage.finished:
        return "exported"
    return stage.state if stage.state in {"draft", "fail"} else "progress"


def task_id(project: SavedProject) -> str:
    """The export's own name, from which the project's cannot be told."""
    # A webhook carries it, and must not give the project's id away.
    return f"task{hashlib.sha256(project.id.encode()).hexdigest()[:20]}"


def credits_of(project: SavedProject) -> int:
    """What an export costs: one credit for every begun thousand characters that are spoken."""
    return max(1, math.ceil(len(spoken_text(project.body)) / CHARACTERS_PER_CREDIT))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
