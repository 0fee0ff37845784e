"""What castmerge needs from a video service, from any vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from merge.model import JSON, JobId, Progress, Project, Tag

__all__ = ["Account", "ListedProject", "VideoService"]


@dataclass(frozen=True, slots=True)
class Account:
    """What the account may use.

    Attributes:
        avatars: the ids of the clothes of each avatar, by avatar id
        workspaces: names by id
    """

    avatars: Mapping[str, frozenset[str]] = field(default_factory=dict)
    workspaces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project of the account that can be saved as a template.

    Attributes:
        id: its id
        name: as in AI Studios
        modified: when it was last changed, as the service writes it, or ""
        thumbnail: the address of its picture, or ""
    """

    id: str
    name: str
    modified: str = ""
    thumbnail: str = ""


class VideoService(Protocol):
    """A service that makes videos from projects.

    Every method raises a `ServiceError` and nothing else; only `submit` and `export` raise `Uncertain`.
    """

    @property
    def clock_offset(self) -> float | None:
        """Seconds that this computer's clock is ahead of the service's; None before the first response."""
        ...

    async def check_auth(self) -> bool:
        """Return whether the service accepts the credentials."""
        ...

    async def account(self) -> Account:
        """Return the avatars, clothes and workspaces of the account."""
        ...

    async def submit(self, project: Project) -> JobId:
        """Submit a project, exactly once; a lost response raises `Uncertain`."""
        ...

    async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
        """Export a saved draft, exactly once, and return the id to poll.

        Args:
            job: the draft's id
            options: export options by the service's own names; the others stay as saved
        """
        ...

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """Return the jobs of projects with one of these tags.

        A tag that is missing was not listed, which doesn't prove that the service has no such project.
        """
        ...

    async def tags_of(self, jobs: Collection[JobId]) -> dict[JobId, Tag]:
        """Return the tags in the names of these jobs' projects, with one request.

        A job that is missing was not listed, or its project's name has no tag.
        """
        ...

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        """Return which of these jobs have ended, with one request.

        A job that is missing may be in progress, or not listed.
        """
        ...

    async def progress(self, job: JobId) -> Progress:
        """Return the progress of a job."""
        ...

    async def projects(self) -> tuple[ListedProject, ...]:
        """Return the account's projects, as far as the service lists them, without castmerge's own."""
        ...

    async def fetch(self, project_id: str) -> JSON:
        """Return a saved project as the service stores it."""
        ...


class ProjectSource(VideoService, Protocol):
    """A service that also makes new projects in the account, from its own templates or from slides.

    Nothing is exported, so that nothing costs credits.
    """

    async def business_templates(self) -> tuple[ListedProject, ...]:
        """Return the service's own templates, by name."""
        ...

    async def start_project(self, template_id: str, name: str) -> str:
        """Make a project from one of them, and return its id."""
        ...

    async def import_slides(self, file_name: str, content: bytes, name: str) -> str:
        """Make a project from a PowerPoint or PDF file, one scene a slide, and return its id."""
        ...
