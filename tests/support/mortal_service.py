"""A service that kills the process that calls it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from merge.model import JobId, Progress, Project, Tag
from tests.support.fake_service import FakeService


class Killed(BaseException):
    """The process was killed."""


@dataclass
class MortalService(FakeService):
    """A service that kills the calling process at one of its calls.

    Attributes:
        left: half calls until the process is killed; below 0 never
        on_kill: called at that moment
    """

    left: int = -1
    on_kill: Callable[[], None] = lambda: None

    def everything_is_made(self) -> None:
        """Let every video be older than the time it takes to make one."""
        self.accepted = {
            job: (project, at - self.export_seconds) for job, (project, at) in self.accepted.items()
        }

    def _live(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1
        if self.left == 0:
            self.on_kill()
            raise Killed

    async def submit(self, project: Project) -> JobId:
        """Kill the process before the service accepts it, or before its answer arrives."""
        self._live()
        try:
            return await super().submit(project)
        finally:
            self._live()

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """Kill the process before the list is read."""
        self._live()
        return await super().find(tags)

    async def progress(self, job: JobId) -> Progress:
        """Kill the process before the answer."""
        self._live()
        return await super().progress(job)
