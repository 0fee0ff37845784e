"""A service that reports to the page when AI Studios can't be reached, and when it can again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from merge.errors import ServiceError, Unreachable
from merge.model import JSON, JobId, Progress, Project, Tag
from merge.services.protocol import Account, ListedProject, VideoService

T = TypeVar("T")


class WatchedService:
    """A `VideoService` that reports whether there is a connection.

    Args:
        service: answers the calls
        report: called with the error of a request that didn't reach the service, and with None when one did
    """

    def __init__(self, service: VideoService, report: Callable[[Unreachable | None], None]) -> None:
        self._service = service
        self._report = report

    @property
    def clock_offset(self) -> float | None:
        """The service's own offset."""
        return self._service.clock_offset

    async def _watch(self, answer: Awaitable[T]) -> T:
        try:
            found = await answer
        except Unreachable as error:
            self._report(error)
            raise
        except ServiceError:
            self._report(None)  # whatever the error, the service was reached
            raise
        self._report(None)
        return found

    async def check_auth(self) -> bool:
        """Call the service, like all methods below."""
        return await self._watch(self._service.check_auth())

    async def account(self) -> Account:
        """What the account may use."""
        return await self._watch(self._service.account())

    async def submit(self, project: Project) -> JobId:
        """Submit a project, exactly once."""
        return await self._watch(self._service.submit(project))

    async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
        """Export a draft, exactly once."""
        return await self._watch(self._service.export(job, options))

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """The jobs of projects with one of these tags."""
        return await self._watch(self._service.find(tags))

    async def tags_of(self, jobs: Collection[JobId]) -> dict[JobId, Tag]:
        """The tags of these jobs' projects."""
        return await self._watch(self._service.tags_of(jobs))

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        """Which of these jobs have ended."""
        return await self._watch(self._service.finished(jobs))

    async def progress(self, job: JobId) -> Progress:
        """The progress of a job."""
        return await self._watch(self._service.progress(job))

    async def projects(self) -> tuple[ListedProject, ...]:
        """The account's projects."""
        return await self._watch(self._service.projects())

    async def fetch(self, project_id: str) -> JSON:
        """A saved project."""
        return await self._watch(self._service.fetch(project_id))
