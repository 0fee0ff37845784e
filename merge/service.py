"""What castmerge asks of a video service, whichever it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from merge.model import JSON, JobId, Progress, Project, Tag

__all__ = ["VideoService"]


class VideoService(Protocol):
    """A service that makes videos from projects.

    Every method raises a `ServiceError` and nothing else; `Uncertain` comes from `submit` alone.
    """

    async def submit(self, project: Project) -> JobId:
        """Hand over one project, once; what is left unanswered raises `Uncertain`."""
        ...

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """Tell which of these tags the service knows projects of, and their jobs.

        A tag that is missing from the answer was not listed: that is no proof that it is not there.
        """
        ...

    async def progress(self, job: JobId) -> Progress:
        """Tell how far a job is."""
        ...

    async def fetch(self, project_id: str) -> JSON:
        """Return a saved project as the service keeps it."""
        ...
