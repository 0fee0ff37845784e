"""The account behind the calls: takes, changes and shows projects. One event loop owns it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from merge.model import JSON
from merge.services.simulator.edits import edited, with_options
from merge.services.simulator.outcomes import Stage, drawn_fate, stage_of
from merge.services.simulator.projects import (
    PROJECT_CALL,
    TEMPLATE_CALL,
    Event,
    Happening,
    Projects,
    SavedProject,
    name_of,
    requested,
)
from merge.services.simulator.responses import Body
from merge.services.simulator.settings import SimulatorSettings
from merge.services.simulator.state_file import Logbook
from merge.services.simulator.validation import Refusal, option_refusal, refusal_of
from merge.services.simulator.views import DRAFT, kept_state, list_view, task_id

NOT_FOUND = Refusal("NOT_FOUND", "There is no such project.", 404)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the account is given.

    Attributes:
        settings: how it behaves
        logbook: where it writes what happens
        clock: epoch seconds
        base_url: where its videos are
    """

    settings: SimulatorSettings
    logbook: Logbook
    clock: Callable[[], float]
    base_url: str


class Studio:
    """The account: its projects, and how far their exports are."""

    def __init__(self, given: Surroundings) -> None:
        self._given = given
        self._projects = Projects()
        for event in given.logbook.past():
            self._projects.apply(event)

    def accept(self, call: str, body: Body) -> SavedProject | Refusal:
        """Takes a new project, whichever call made it."""
        project = requested(call, body.fields)
        if isinstance(project, Refusal):
            return project
        refusal = refusal_of(project)
        if refusal is not None:
            return refusal
        # A template is only saved; a single line is always exported, as the published clients expect.
        draft = call.startswith(TEMPLATE_CALL) or (
            call == PROJECT_CALL and body.fields.get("isExport") is False
        )
        name = name_of(project)
        return self._happen(Event(Happening.ACCEPTED, _new_id(), name, self._now(), draft, body.text, call))

    def edit(self, project_id: str, body: Body) -> SavedProject | Refusal:
        """Changes a saved project and, unless told otherwise, exports it."""
        saved = self._projects.get(project_id)
        if saved is None:
            return NOT_FOUND
        project = edited(saved.body, body.fields)
        if isinstance(project, Refusal):
            return project
        refusal = option_refusal(body.fields) or refusal_of(project)
        if refusal is not None:
            return refusal
        draft = body.fields.get("isExport") is False
        return self._happen(Event(Happening.EDITED, project_id, saved.name, self._now(), draft, body.text))

    def export(self, body: Body) -> SavedProject | Refusal:
        """Exports a saved project."""
        match body.fields:
            case {"projectId": str() as project_id}:
                saved = self._projects.get(project_id)
            case _:
                return Refusal("INVALID_PARAMETER", "projectId is required")
        if saved is None:
            return NOT_FOUND
        refusal = option_refusal(body.fields) or refusal_of(with_options(saved.body, body.fields))
        if refusal is not None:
            return refusal
        return self._happen(Event(Happening.EXPORTED, project_id, saved.name, self._now(), False, body.text))

    def delete(self, body: Body) -> int | Refusal:
        """Deletes projects; how many of the named ones there were."""
        match body.fields:
            case {"ids": list() as ids}:
                named = dict.fromkeys(one for one in ids if isinstance(one, str))
            case _:
                return Refusal("INVALID_PARAMETER", "ids must be a list")
        known = [saved for saved in map(self._projects.get, named) if saved is not None]
        # A line for each, so that every line is about one project.
        for saved in known:
            self._record(Event(Happening.DELETED, saved.id, saved.name, self._now(), False, body.text))
        return len(known)

    def find(self, project_id: str) -> SavedProject | Refusal:
        """The project with this id."""
        return self._projects.get(project_id) or NOT_FOUND

    def stage(self, project: SavedProject) -> Stage:
        """How far the project's export is by now."""
        if project.export is None:
            return DRAFT
        fate = drawn_fate(self._given.settings, project.export.number)
        return stage_of(fate, self._now() - project.export.began)

    @property
    def seconds(self) -> float:
        """How long a video takes, give or take a tenth."""
        return self._given.settings.seconds

    def listed(self) -> JSON:
        """The project list, in no order that means anything."""
        # By task id: an order that is always the same, and neither by time nor by name.
        shown = [(project, self.stage(project)) for project in sorted(self._projects, key=task_id)]
        everything = self._given.settings.list_shows == "all"
        return [
            list_view(project, stage, self.url(project))
            for project, stage in shown
            if everything or kept_state(stage) == "exported"
        ]

    def url(self, project: SavedProject) -> str:
        """Where the project's video is, once it is finished."""
        return f"{self._given.base_url}/videos/{project.id}.mp4"

    def _happen(self, event: Event) -> SavedProject | Refusal:
        self._record(event)
        return self.find(event.id)

    def _record(self, event: Event) -> None:
        # The file first: what is not on disk has not happened.
        self._given.logbook.append(event)
        self._projects.apply(event)

    def _now(self) -> float:
        return self._given.clock()


def _new_id() -> str:
    """An id as long as the service's, by whose beginning a simulated video is recognised."""
    return f"sim{secrets.token_hex(11)[:21]}"
