"""The simulated account: its keys, avatars and workspaces, and its projects. Owned by one event loop."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from merge.model import JSON
from merge.services.simulator.exports import (
    DRAFT,
    Stage,
    draw_outcome,
    list_view,
    saved_state,
    stage_of,
    task_id,
)
from merge.services.simulator.settings import SimulatorSettings
from merge.services.simulator.state import (
    Bodies,
    Event,
    EventKind,
    Export,
    SavedProject,
    StateFile,
    name_of,
    with_options,
)
from merge.services.simulator.validation import Refusal, invalid_option, invalid_project

NOT_FOUND = Refusal("NOT_FOUND", "There is no such project.", 404)
_UNAUTHORIZED = Refusal("UNAUTHORIZED", "The API key is missing or not valid.", 401)

_THUMBNAILS = "https://cdn.aistudios.com/ai/model-introduce/thumbnails"
_AVATARS = (
    ("M000045058", "Jonathan", (("BG00002320", "Navy suit"), ("BG00002321", "Shirt"))),
    ("M000004017", "Haylyn", (("BG00006160", "White blouse"),)),
    ("M000320746", "Paige", (("BG00009120", "Green blazer"), ("BG00009121", "Pullover"))),
)
_WORKSPACES = (("simworkspace01", "My Workspace"), ("simworkspace02", "Marketing"))


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: its exact text, and the object that it contains."""

    text: str
    fields: dict[str, JSON]


class Keys:
    """The keys that the account accepts. Issued tokens are forgotten when the simulator stops.

    Args:
        settings: the key, the application and how long tokens are valid
        clock: epoch seconds
    """

    def __init__(self, settings: SimulatorSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._expiry: dict[str, float] = {}

    def refusal(self, authorization: str) -> Refusal | None:
        """Return why an `Authorization` header is refused, or None. It contains the bare key."""
        # First, because an expired token is refused even if any key is accepted.
        if authorization in self._expiry:
            return None if self._clock() < self._expiry[authorization] else _UNAUTHORIZED
        if self._settings.key is not None:
            return None if authorization == self._settings.key else _UNAUTHORIZED
        is_key = bool(authorization) and not authorization.lower().startswith("bearer ")
        return None if is_key else _UNAUTHORIZED

    def issue(self, request: dict[str, JSON]) -> str | Refusal:
        """Issue a token to an application that sends its id and user key."""
        match request:
            case {"appId": str() as app_id, "userKey": str() as user_key} if app_id and user_key:
                pass
            case _:
                return Refusal("INVALID_PARAMETER", "appId and userKey are required")
        settings = self._settings
        if app_id != (settings.app_id or app_id) or user_key != (settings.user_key or user_key):
            return _UNAUTHORIZED
        token = f"simtoken-{secrets.token_hex(16)}"
        self._expiry[token] = self._clock() + settings.token_seconds
        return token


class Account:
    """The account's projects, and how far their exports are.

    Args:
        settings: how it behaves
        state_file: where its events are saved, open
        clock: epoch seconds
        base_url: where its videos are
    """

    def __init__(
        self,
        settings: SimulatorSettings,
        state_file: StateFile,
        clock: Callable[[], float],
        base_url: str,
    ) -> None:
        self._settings = settings
        self._state_file = state_file
        self._clock = clock
        self._base_url = base_url
        self._projects: dict[str, SavedProject] = {}
        self._bodies = Bodies()
        self._exports = 0
        for event in state_file.events():
            self._apply(event)

    @property
    def seconds(self) -> float:
        """How long a video takes, plus or minus a tenth."""
        return self._settings.seconds

    def accept(self, body: Body) -> SavedProject | Refusal:
        """Save a new project and, unless `isExport` is false, start its export."""
        refusal = invalid_project(body.fields)
        if refusal is not None:
            return refusal
        # As long as the service's ids, with a prefix that marks the video as simulated.
        project_id = f"sim{secrets.token_hex(11)[:21]}"
        draft = body.fields.get("isExport") is False
        name = name_of(body.fields)
        return self._record(Event(EventKind.ACCEPTED, project_id, name, self._clock(), draft, body.text))

    def export(self, body: Body) -> SavedProject | Refusal:
        """Start the export of a saved project."""
        match body.fields:
            case {"projectId": str() as project_id}:
                saved = self._projects.get(project_id)
            case _:
                return Refusal("INVALID_PARAMETER", "projectId is required")
        if saved is None:
            return NOT_FOUND
        refusal = invalid_option(body.fields) or invalid_project(with_options(saved.body, body.fields))
        if refusal is not None:
            return refusal
        event = Event(EventKind.EXPORTED, project_id, saved.name, self._clock(), draft=False, body=body.text)
        return self._record(event)

    def find(self, project_id: str) -> SavedProject | Refusal:
        """Return the project with this id."""
        return self._projects.get(project_id) or NOT_FOUND

    def stage(self, project: SavedProject) -> Stage:
        """Return how far the project's export is."""
        if project.export is None:
            return DRAFT
        outcome = draw_outcome(self._settings, project.export.number)
        return stage_of(outcome, self._clock() - project.export.began)

    def listed(self) -> JSON:
        """Return the project list, in an order that is stable, and neither by time nor by name."""
        shown = [(project, self.stage(project)) for project in sorted(self._projects.values(), key=task_id)]
        everything = self._settings.list_shows == "all"
        return [
            list_view(project, stage, self.url(project))
            for project, stage in shown
            if everything or saved_state(stage) == "exported"
        ]

    def url(self, project: SavedProject) -> str:
        """Return the URL of the project's video, which works once it is finished."""
        return f"{self._base_url}/videos/{project.id}.mp4"

    def _record(self, event: Event) -> SavedProject | Refusal:
        # The file comes first: an event that isn't saved hasn't happened.
        self._state_file.append(event)
        self._apply(event)
        return self.find(event.id)

    def _apply(self, event: Event) -> None:
        """Apply one event; the export of an unknown project changes nothing."""
        request: dict[str, JSON] = json.loads(event.body)
        saved = self._projects.get(event.id)
        is_new = event.event is EventKind.ACCEPTED
        if saved is None and not is_new:
            return
        export = None
        if not event.draft:
            # Numbered along the log, so that an export has the same number after a restart.
            export = Export(event.at, self._exports)
            self._exports += 1
        body = request if saved is None or is_new else with_options(saved.body, request)
        created = event.at if saved is None or is_new else saved.created
        read = self._bodies.keep(body)
        self._projects[event.id] = SavedProject(event.id, name_of(body), read, created, event.at, export)


def models() -> JSON:
    """Return all avatars with their clothes."""
    return {
        "models": [
            {
                "id": avatar,
                "label": {"ko": label, "en": label},
                "thumbnail": f"{_THUMBNAILS}/{avatar}_{clothes[0][0]}.png",
                "clothes": [
                    {
                        "id": cloth,
                        "label": {"ko": name, "en": name},
                        "thumbnail": f"{_THUMBNAILS}/{avatar}_{cloth}.png",
                    }
                    for cloth, name in clothes
                ],
            }
            for avatar, label, clothes in _AVATARS
        ]
    }


def workspaces() -> JSON:
    """Return the account's workspaces."""
    return [{"workspaceId": workspace, "workspaceName": label} for workspace, label in _WORKSPACES]
