"""What can be ordered of the service, each exactly once: a new video, or the export of a saved draft."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from merge.errors import ServiceError
from merge.model import Entry, ExportState, Fingerprint, JobId, Problem, Progress, Project, Row, State, Tag
from merge.services.protocol import VideoService
from merge.template.document import ProjectOptions
from merge.template.render_json import FilledIn


@dataclass(frozen=True, slots=True)
class PaidRequest:
    """One request that costs credits, ready to leave.

    Attributes:
        intent: what the journal says of the row before the request leaves
        send: the request
        not_taken: what the row is where the service certainly has not taken it
        refused: what it is where the service refuses it
    """

    intent: Entry
    send: Callable[[VideoService], Awaitable[JobId]]
    not_taken: State = State.NOT_TAKEN
    refused: State = State.FAILED


@dataclass(frozen=True, slots=True)
class SubmitTask:
    """A row to submit: its project is made when its turn comes."""

    row: Row
    filled_in: FilledIn
    generation: int = 0

    def project(self, webhook: str = "") -> Project:
        """The project to submit, with the row's own address to report to, if there is one."""
        return self.filled_in.project(self.row.key, self.generation, webhook)

    def sending(self, webhook: str) -> PaidRequest:
        """The submission."""
        project = self.project(webhook)
        return PaidRequest(entry_of(self, State.SUBMITTING, project), lambda service: service.submit(project))


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """A draft to export, as it is at the service by now.

    Attributes:
        row: its row
        draft: what is known of it; its job is the draft's id
        asked: resolution and workspace, where they are asked for
    """

    row: Row
    draft: Entry
    asked: ProjectOptions = field(default_factory=ProjectOptions)

    def sending(self, webhook: str) -> PaidRequest:
        """The export; a draft that is not taken or refused stays what it is."""
        assert self.draft.job is not None
        job = self.draft.job
        options = {
            "resolution": self.asked.resolution,
            "workspaceId": self.asked.workspace,
            "webhookUrl": webhook or None,
        }
        given = {name: value for name, value in options.items() if value}
        intent = replace(self.draft, state=State.SUBMITTING, problem=None, completed_at=None)
        return PaidRequest(intent, lambda service: service.export(job, given), State.DRAFT, State.DRAFT)


Task: TypeAlias = SubmitTask | ExportOrder


def entry_of(order: SubmitTask, state: State, made: Project | None = None) -> Entry:
    """A fresh entry for an order; credits and outcome of an older generation stay in the history."""
    project = made or order.project()
    return Entry(
        key=order.row.key,
        row_number=order.row.number,
        content=order.row.content,
        fingerprint=project.fingerprint,
        tag=project.tag,
        state=state,
        generation=order.generation,
    )


def entry_from_sheet(row: Row, state: State = State.SUBMITTED) -> Entry:
    """An entry for a row whose video id stands in the sheet alone."""
    return Entry(row.key, row.number, row.content, Fingerprint(""), Tag(""), state, job=JobId(row.job))


def is_begun(progress: Progress) -> bool:
    """Whether a look proves that a draft's export was begun, by whomever."""
    # At 0 % in an unknown state it may as well be a draft that nobody has exported.
    return progress.state in (ExportState.COMPLETE, ExportState.FAILED) or progress.percent > 0


def problem_of(error: ServiceError) -> Problem:
    """A service error as the problem of a row."""
    return Problem(error.message, error.place, error.hint)
