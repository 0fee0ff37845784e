"""One look at the list of projects answers for many jobs, where it can be believed.

The list may lack what still renders, other workspaces, or all but its first page: so it only ever says
that a job has come to its end, and it is trusted once it has named what is known to be there.
"""

from __future__ import annotations

from collections.abc import Collection

from merge.errors import Rejected, ServiceError, Unauthorized
from merge.model import JobId, Progress
from merge.run.run_context import RunContext

MANY = 36
"""From so many jobs on one look at the list costs less than looks at each."""
_SHARE_OF_TIME = 20
"""A list that takes long is asked for less often: its answer may be megabytes."""


class ProjectList:
    """Looks at the list from time to time.

    Attributes:
        list_is_reliable: whether jobs that it does not name may be taken for unfinished ones
    """

    def __init__(self, desk: RunContext) -> None:
        self._service = desk.service
        self._book = desk.book
        self._gate = desk.gate
        self._clock = desk.clock
        self._poll = desk.settings.effective_timing.poll
        self._expected: set[JobId] = set()
        self._next = self._clock.seconds() + self._poll.poll_min
        self._gone = False
        self.list_is_reliable = False

    def must_list(self, job: JobId) -> None:
        """This job was seen complete: the next list has to name it."""
        self._expected.add(job)

    def is_due(self, followed: int) -> bool:
        """Whether it is worth a look, by the number of jobs that are followed."""
        if followed < MANY:
            # Whoever goes on looking at each must do so at the usual pace.
            self.list_is_reliable = False
        return followed >= MANY and not self._gone and self._clock.seconds() >= self._next

    async def look(self, jobs: Collection[JobId], *, calm: bool) -> dict[JobId, Progress]:
        """Those of the jobs that have come to their end, as far as the list tells.

        Args:
            jobs: whose end is waited for
            calm: whether something else tells of it as well, so that the list need not be asked so often
        """
        wanted = frozenset(jobs)
        # Once in a while among many submissions: those who wait for videos are not to starve.
        await self._gate.enter(urgent=True)
        asked = self._clock.seconds()
        try:
            ended = await self._service.finished(wanted | self._expected)
        except ServiceError as error:
            self._failed(error)
            return {}
        now = self._clock.seconds()
        self._judge(ended)
        often = self.list_is_reliable and not calm
        wait = self._poll.poll_min if often else self._poll.poll_max
        self._next = now + max(wait, _SHARE_OF_TIME * (now - asked))
        return {job: seen for job, seen in ended.items() if job in wanted}

    def _judge(self, ended: Collection[JobId]) -> None:
        """A list that lacks what is there is not trusted any more; one that names what is there is."""
        if not self._expected <= set(ended):
            self.list_is_reliable = False
        elif ended:
            self.list_is_reliable = True
        self._expected.clear()

    def _failed(self, error: ServiceError) -> None:
        self._gate.slow_down(error)
        self.list_is_reliable = False
        self._next = self._clock.seconds() + self._poll.poll_max
        if isinstance(error, Unauthorized):
            self._book.stopped_by = error
        self._gone = isinstance(error, Rejected)
