"""The account's saved projects: nothing but the sum of what happened to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from merge.model import JSON
from merge.services.simulator.edits import edited, with_options
from merge.services.simulator.templates import simple_project, template_project
from merge.services.simulator.validation import Refusal

PROJECT_CALL = "project"
SIMPLE_CALL = "simple"
TEMPLATE_CALL = "template:"


class Happening(StrEnum):
    """What can happen to a project."""

    ACCEPTED = "accepted"
    EDITED = "edited"
    EXPORTED = "exported"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        event: what happened
        id: to which project
        name: what that project is called
        at: when, in epoch seconds
        draft: whether it is only saved, not exported
        body: the exact text of the request
        call: for an accepted project, what made it: `project`, `simple` or `template:ID`
    """

    event: Happening
    id: str
    name: str
    at: float
    draft: bool
    body: str
    call: str = PROJECT_CALL


@dataclass(frozen=True, slots=True)
class Export:
    """One export: when it began (epoch seconds), and the how-many-eth it is of all exports, from 0."""

    began: float
    number: int


@dataclass(frozen=True, slots=True)
class SavedProject:
    """One project of the account; times are epoch seconds.

    Attributes:
        id: its `projectId`
        body: the project
        created: when it was accepted
        updated: when it was changed last
        export: its export, or None for a draft
    """

    id: str
    body: dict[str, JSON]
    created: float
    updated: float
    export: Export | None

    @property
    def name(self) -> str:
        """What it is called."""
        return name_of(self.body)


def name_of(project: dict[str, JSON]) -> str:
    """What a project is called, also where it does not say."""
    match project.get("name"):
        case str() as name:
            return name
        case _:
            return "Default Template"


def requested(call: str, request: dict[str, JSON]) -> dict[str, JSON] | Refusal:
    """The project that a request asks for, whichever call made it."""
    if call == SIMPLE_CALL:
        return simple_project(request)
    if call.startswith(TEMPLATE_CALL):
        return template_project(call.removeprefix(TEMPLATE_CALL), request)
    return request


class Projects:
    """All saved projects, by id. Events are taken as they are: who writes one has checked it."""

    def __init__(self) -> None:
        self._saved: dict[str, SavedProject] = {}
        self._exports = 0

    def __iter__(self) -> Iterator[SavedProject]:
        return iter(list(self._saved.values()))

    def get(self, project_id: str) -> SavedProject | None:
        """The project with this id, or None."""
        return self._saved.get(project_id)

    def apply(self, event: Event) -> None:
        """Lets the event happen; one that does not fit any more changes nothing."""
        if event.event is Happening.DELETED:
            self._saved.pop(event.id, None)
            return
        # Only a template's request may be empty.
        request: dict[str, JSON] = json.loads(event.body or "{}")
        changed = self._changed(event, request)
        if changed is not None:
            self._saved[event.id] = replace(changed, updated=event.at, export=self._export(event))

    def _changed(self, event: Event, request: dict[str, JSON]) -> SavedProject | None:
        if event.event is Happening.ACCEPTED:
            body = requested(event.call, request)
            return (
                None if isinstance(body, Refusal) else SavedProject(event.id, body, event.at, event.at, None)
            )
        saved = self.get(event.id)
        if saved is None:
            return None
        change = edited if event.event is Happening.EDITED else with_options
        body = change(saved.body, request)
        return None if isinstance(body, Refusal) else replace(saved, body=body)

    def _export(self, event: Event) -> Export | None:
        if event.draft:
            return None
        # Counted along the log, so that an export has the same number after a restart.
        self._exports += 1
        return Export(event.at, self._exports - 1)
