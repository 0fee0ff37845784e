"""What castmerge asks of a video service, whichever it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from merge.model import JSON, JobId, Progress, Project, Tag

__all__ = ["VideoService"]


class VideoService(Protocol):
    """A service that makes videos from projects.

    Every method raises a `ServiceError` and nothing else; `Uncertain` comes from `submit`
    and `export` alone.
    """

    async def submit(self, project: Project) -> JobId:
        """Hand over one project, once; what is left unanswered raises `Uncertain`."""
        ...

    async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
        """Have a saved draft exported as it is there, once; gives the id to follow it by.

        Args:
            job: the draft's id
            options: what else is asked, by the service's own names; what is missing stays as saved
        """
        ...

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """Tell which of these tags the service knows projects of, and their jobs.

        A tag that is missing from the answer was not listed: that is no proof that it is not there.
        """
        ...

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        """Tell in one look which of these jobs have come to an end.

        A job that is missing from the answer may be at work, or not be listed: that says nothing.
        """
        ...

    async def progress(self, job: JobId) -> Progress:
        """Tell how far a job is."""
        ...

    async def fetch(self, project_id: str) -> JSON:
        """Return a saved project as the service keeps it."""
        ...
