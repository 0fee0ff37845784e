"""AI Studios v3 as a `VideoService`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx

from merge.errors import Rejected, Unauthorized
from merge.model import JSON, JobId, Progress, Project, Tag
from merge.services.aistudios.account import Account, avatars_in, seconds_ahead, workspaces_in
from merge.services.aistudios.credentials import AppCredentials, Clock, Credentials, Secrets, TokenProvider
from merge.services.aistudios.errors import Reply, data_of, refuses_the_key
from merge.services.aistudios.http import HttpTransport, Request
from merge.services.aistudios.responses import ended_in, job_in, jobs_by_tag, key_in, progress_in, project_in
from merge.services.aistudios.settings import AiStudiosSettings

__all__ = ["AiStudios", "utc_now"]

_DEFAULT_SETTINGS = AiStudiosSettings()
_NOT_THERE = {404, 405}


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class AiStudios:
    """The service over HTTP: `async with AiStudios(ApiKey("...")) as service`.

    Args:
        credentials: a pasted key, or what keys are issued for
        settings: where the service is, and the bounds of time
        transport: takes the network's place, or None for the network
        clock: the time in UTC, for keys that expire and for `Retry-After`
        trust_env: whether the environment's proxies and certificates hold; read once, here
    """

    def __init__(
        self,
        credentials: Credentials,
        settings: AiStudiosSettings = _DEFAULT_SETTINGS,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = utc_now,
        trust_env: bool = True,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._secrets = Secrets(credentials)
        self._wire = HttpTransport(settings, self._secrets, transport=transport, trust_env=trust_env)
        self._desk = TokenProvider(credentials, issue=self._issue, clock=clock)
        self._date = ""
        self._ahead: float | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def submit(self, project: Project) -> JobId:
        """Hand over one project: its text leaves as it is, once."""
        try:
            body = project.body.encode()
        except UnicodeEncodeError as error:
            raise Rejected(
                "the row holds half a character, such as a cut emoji, which cannot be sent",
                hint="Type the text of this row's cells again, emoji first",
            ) from error
        request = Request("POST", self._settings.submit_url, body, submitting=True)
        return job_in(self._data(request, await self._authorized(request)))

    async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
        """Have a saved project exported, once."""
        body = json.dumps({"projectId": job, **options}).encode()
        request = Request("POST", self._settings.export_url, body, submitting=True)
        return job_in(self._data(request, await self._authorized(request)))

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """Look through the list of projects; one that still renders may be missing from it."""
        wanted = frozenset(tags)
        return jobs_by_tag(await self._listed(), wanted) if wanted else {}

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        """Look through the list of projects for jobs that have come to an end."""
        return ended_in(await self._listed(), jobs, self._secrets.hide)

    async def _listed(self) -> JSON:
        first, *others = self._settings.list_urls
        request = Request("GET", first)
        reply = await self._authorized(request)
        for url in others:
            if reply.status in _NOT_THERE:
                request = Request("GET", url)
                reply = await self._authorized(request)
        return self._data(request, reply)

    async def progress(self, job: JobId) -> Progress:
        """Ask how far a job is."""
        return progress_in(await self._ask(self._settings.progress_url(job)), self._secrets.hide)

    async def fetch(self, project_id: str) -> JSON:
        """Read a saved project."""
        return project_in(await self._ask(self._settings.project_url(project_id)))

    async def check_auth(self) -> bool:
        """Tell whether the service takes the credentials.

        Raises:
            ServiceError: it could not be asked
        """
        try:
            data = await self._ask(self._settings.auth_url)
        except Unauthorized:
            return False
        match data:
            case {"isAuthenticated": True}:
                return True
            case _:
                return False

    async def account(self) -> Account:
        """Read which avatars, clothes and workspaces the key may use.

        Raises:
            ServiceError: it could not be asked, or its answer is strange
        """
        avatars = avatars_in(await self._ask(self._settings.models_url))
        return Account(avatars, workspaces_in(await self._ask(self._settings.workspaces_url)))

    @property
    def ahead(self) -> float | None:
        """By how many seconds the clock is ahead of the service's, or None where no answer has told yet.

        The service says its time in the header `Date` of every answer, in whole seconds.
        """
        return self._ahead

    async def _ask(self, url: str) -> JSON:
        request = Request("GET", url)
        return self._data(request, await self._authorized(request))

    async def _authorized(self, request: Request) -> Reply:
        """Send a request with the key, and once more with a new key where the first is refused."""
        key = await self._desk.key()
        reply = await self._wire.request(request, key=key)
        self._compare_clocks(reply)
        if refuses_the_key(reply):
            # A refused request was not taken, so even a submission may leave a second time.
            another = await self._desk.after_refusal(key)
            if another is not None:
                reply = await self._wire.request(request, key=another)
        return reply

    def _compare_clocks(self, reply: Reply) -> None:
        if reply.date and reply.date != self._date:
            self._date = reply.date
            self._ahead = seconds_ahead(self._clock(), reply.date)

    async def _issue(self, app: AppCredentials) -> str:
        """Have a key issued. Whatever the service refuses here, it refuses for every row."""
        asked = json.dumps({"appId": app.app_id, "userKey": app.user_key}).encode()
        request = Request("POST", self._settings.token_url, asked)
        try:
            token = key_in(self._data(request, await self._wire.request(request)))
        except Rejected as error:
            raise Unauthorized(
                f"AI Studios issues no key for these app credentials ({error.message})",
                hint="Check AISTUDIOS_APP_ID and AISTUDIOS_USER_KEY, the region, "
                "and that the plan is Pro or higher",
            ) from error
        self._secrets.add(token)
        return token

    def _data(self, request: Request, reply: Reply) -> JSON:
        return data_of(reply, submitting=request.submitting, now=self._clock(), hide=self._secrets.hide)
