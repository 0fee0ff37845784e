"""Client of AI Studios v3, a `VideoService`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from merge.errors import Rejected, Unauthorized
from merge.model import JSON, JobId, Progress, Project, Tag
from merge.services.aistudios.credentials import AppCredentials, Clock, Credentials, Secrets, TokenProvider
from merge.services.aistudios.errors import Reply, data_of, refuses_the_key
from merge.services.aistudios.http import HttpTransport, Request
from merge.services.aistudios.responses import (
    avatars_in,
    finished_in,
    job_in,
    jobs_by_tag,
    progress_in,
    project_in,
    projects_in,
    tags_by_job,
    templates_in,
    token_in,
    workspaces_in,
)
from merge.services.aistudios.settings import AiStudiosSettings
from merge.services.protocol import Account, ListedProject

__all__ = ["AiStudios", "utc_now"]

_DEFAULT_SETTINGS = AiStudiosSettings()
_NOT_FOUND = {404, 405}


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class AiStudios:
    """Client of the service: `async with AiStudios(ApiKey("...")) as service`.

    Args:
        credentials: a pasted key, or an app id and user key
        settings: the service's address, and timeouts
        transport: replaces the network, in tests
        clock: the time in UTC, for tokens that expire and for `Retry-After`
        trust_env: whether to use proxies and certificates from the environment
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
        self._http = HttpTransport(settings, self._secrets, transport=transport, trust_env=trust_env)
        self._tokens = TokenProvider(credentials, issue=self._issue, clock=clock)
        self._date = ""
        self._clock_offset: float | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def submit(self, project: Project) -> JobId:
        """Submit a project; its text is sent unchanged, exactly once."""
        try:
            body = project.body.encode()
        except UnicodeEncodeError as error:
            raise Rejected(
                "the row has half a character, such as a cut emoji, which can't be sent",
                hint="Type the text of this row's cells again, starting with emoji",
            ) from error
        request = Request("POST", self._settings.url("/editor/project"), body, submitting=True)
        return job_in(self._data(request, await self._authorized(request)))

    async def export(self, job: JobId, options: Mapping[str, str]) -> JobId:
        """Export a saved project, exactly once."""
        body = json.dumps({"projectId": job, **options}).encode()
        request = Request("POST", self._settings.url("/editor/project/export"), body, submitting=True)
        return job_in(self._data(request, await self._authorized(request)))

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        """Search the project list, from which projects in progress may be missing."""
        return jobs_by_tag(await self._project_list(), tags) if tags else {}

    async def tags_of(self, jobs: Collection[JobId]) -> dict[JobId, Tag]:
        """Read the tags in the project list."""
        return tags_by_job(await self._project_list(), frozenset(jobs)) if jobs else {}

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        """Search the project list for jobs that have ended."""
        return finished_in(await self._project_list(), jobs, self._secrets.hide)

    async def _project_list(self) -> JSON:
        first, *others = self._settings.list_urls
        request = Request("GET", first)
        reply = await self._authorized(request)
        for url in others:
            if reply.status in _NOT_FOUND:
                request = Request("GET", url)
                reply = await self._authorized(request)
        return self._data(request, reply)

    async def progress(self, job: JobId) -> Progress:
        """Return the progress of a job."""
        return progress_in(await self._get(self._settings.progress_url(job)), self._secrets.hide)

    async def projects(self) -> tuple[ListedProject, ...]:
        """Return the projects of the project list."""
        return projects_in(await self._project_list())

    async def fetch(self, project_id: str) -> JSON:
        """Return a saved project."""
        return project_in(await self._get(self._settings.project_url(project_id)))

    async def business_templates(self) -> tuple[ListedProject, ...]:
        """Return the service's own business templates, by name."""
        return templates_in(await self._get(self._settings.url("/dropdown/templates_business")))

    async def start_project(self, template_id: str, name: str) -> str:
        """Make a project from one of them; its avatar is the template's own."""
        url = self._settings.url(f"/editor/template/{quote(template_id, safe='')}")
        return await self._made(Request("POST", url, json.dumps({"name": name}).encode(), submitting=True))

    async def import_slides(self, file_name: str, content: bytes, name: str) -> str:
        """Make a project from a PowerPoint or PDF file; the service exports nothing."""
        url = self._settings.url("/editor/project/pptpdf")
        form = httpx.Request("POST", url, data={"name": name}, files={"file": (file_name, content)})
        content_type = form.headers["Content-Type"]
        return await self._made(Request("POST", url, form.read(), submitting=True, content_type=content_type))

    async def _made(self, request: Request) -> str:
        return job_in(self._data(request, await self._authorized(request)))

    async def check_auth(self) -> bool:
        """Return whether the service accepts the credentials."""
        try:
            data = await self._get(self._settings.url("/auth"))
        except Unauthorized:
            return False
        match data:
            case {"isAuthenticated": True}:
                return True
            case _:
                return False

    async def account(self) -> Account:
        """Return the avatars, clothes and workspaces that the key may use."""
        avatars = avatars_in(await self._get(self._settings.url("/model")))
        return Account(avatars, workspaces_in(await self._get(self._settings.url("/dropdown/workspaces"))))

    @property
    def clock_offset(self) -> float | None:
        """Seconds that the clock is ahead of the service's, from the `Date` header of its last response."""
        return self._clock_offset

    async def _get(self, url: str) -> JSON:
        request = Request("GET", url)
        return self._data(request, await self._authorized(request))

    async def _authorized(self, request: Request) -> Reply:
        """Send a request with the key, and once more with a new token if the key is refused."""
        key = await self._tokens.key()
        reply = await self._http.request(request, key=key)
        self._measure_clock_offset(reply)
        if refuses_the_key(reply):
            # A refused request was not accepted, so even a submission may be sent again.
            another = await self._tokens.replace(key)
            if another is not None:
                reply = await self._http.request(request, key=another)
        return reply

    def _measure_clock_offset(self, reply: Reply) -> None:
        if not reply.date or reply.date == self._date:
            return
        self._date = reply.date
        self._clock_offset = None
        with suppress(ValueError):
            there = parsedate_to_datetime(reply.date)  # RFC 9110, 5.6.7
            if there.tzinfo is not None:
                self._clock_offset = (self._clock() - there).total_seconds()

    async def _issue(self, app: AppCredentials) -> str:
        """Issue a token. A refusal here affects every row."""
        body = json.dumps({"appId": app.app_id, "userKey": app.user_key}).encode()
        request = Request("POST", self._settings.url("/auth/token"), body)
        try:
            # A service may issue the same token again, so it isn't hidden here.
            token = token_in(self._plain(request, await self._http.request(request)))
        except Rejected as error:
            raise Unauthorized(
                f"AI Studios rejected these app credentials ({error.message})",
                hint="Check AISTUDIOS_APP_ID and AISTUDIOS_USER_KEY, the region, "
                "and that the plan is Pro or higher",
            ) from error
        self._secrets.add(token)
        return token

    def _data(self, request: Request, reply: Reply) -> JSON:
        return self._secrets.hide_in(self._plain(request, reply))

    def _plain(self, request: Request, reply: Reply) -> JSON:
        return data_of(reply, submitting=request.submitting, now=self._clock(), hide=self._secrets.hide)
