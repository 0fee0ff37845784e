"""Webhooks of the simulator: report the progress of exports to addresses on this machine."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

import httpx

from merge.model import JSON
from merge.project.media_urls import is_loopback
from merge.services.simulator.account import Account
from merge.services.simulator.exports import webhook_view
from merge.services.simulator.state import SavedProject

_LOG = logging.getLogger(__name__)
_REPORTS = 4
"""How often an export is reported before it ends."""
_MIN_PAUSE = 0.02
_TIMEOUT = 5.0
"""Both in seconds."""


class Webhooks:
    """Reports exports in background tasks.

    A simulator that is started again doesn't continue the reports of an earlier one.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def follow(self, project: SavedProject) -> None:
        """Start to report the project's export, if it has a webhook on this machine."""
        match project.body.get("webhookUrl"):
            case str() as url if url and project.export is not None:
                pass
            case _:
                return
        if not is_local_url(url):
            _LOG.info("The webhook of %s isn't on this computer, so it isn't called.", project.id)
            return
        # Neither proxies nor redirects: both lead away from this machine.
        client = self._client = self._client or httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT)
        task = asyncio.get_running_loop().create_task(self._report(client, project, url))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop reporting."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _report(self, client: httpx.AsyncClient, project: SavedProject, url: str) -> None:
        pause = max(self._account.seconds / _REPORTS, _MIN_PAUSE)
        last: JSON = None
        # A project that is exported again has a report of its own.
        while self._account.find(project.id) == project:
            stage = self._account.stage(project)
            report = webhook_view(project, stage, self._account.url(project))
            if report != last:
                await _post(client, url, report)
            if stage.finished or stage.reason:
                return
            last = report
            await asyncio.sleep(pause)


def is_local_url(url: str) -> bool:
    """Return whether a web address is on this machine, without a name lookup."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and is_loopback(parts.hostname or "")


async def _post(client: httpx.AsyncClient, url: str, report: JSON) -> None:
    try:
        await client.post(url, json=report)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The rest of the address is a secret: anyone who knows it can report like the service.
        _LOG.info("The webhook at %s didn't answer: %s", urlsplit(url).netloc, error)
