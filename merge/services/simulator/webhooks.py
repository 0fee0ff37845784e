"""Tells a project's webhook how its export goes, and nobody outside this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from urllib.parse import urlsplit

import httpx

from merge.model import JSON
from merge.services.simulator.account import Studio
from merge.services.simulator.projects import SavedProject
from merge.services.simulator.views import webhook_view

LOG = logging.getLogger(__name__)
REPORTS = 4
"""How often an export is reported before its end."""
PAUSE_MIN = 0.02
TIMEOUT = 5.0
"""Both in seconds."""


class Webhooks:
    """Reports exports in the background, on the loop that it is first used in.

    A stand-in that is started again does not go on with what an earlier one had begun to report.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def follow(self, project: SavedProject) -> None:
        """Begins to report the project's export, where it has a webhook on this machine."""
        match project.body.get("webhookUrl"):
            case str() as url if url and project.export is not None:
                pass
            case _:
                return
        if not is_loopback(url):
            LOG.info("The webhook of %s is not on this machine and is left alone.", project.id)
            return
        # No proxy of the environment, and no redirects: either leads away from this machine.
        client = self._client = self._client or httpx.AsyncClient(trust_env=False, timeout=TIMEOUT)
        task = asyncio.get_running_loop().create_task(self._report(client, project, url))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stops reporting."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _report(self, client: httpx.AsyncClient, project: SavedProject, url: str) -> None:
        pause = max(self._studio.seconds / REPORTS, PAUSE_MIN)
        told: JSON = None
        # Deleted or changed, the project is somebody else's story.
        while self._studio.find(project.id) == project:
            stage = self._studio.stage(project)
            report = webhook_view(project, stage, self._studio.url(project))
            if report != told:
                await _post(client, url, report)
            if stage.finished or stage.reason:
                return
            told = report
            await asyncio.sleep(pause)


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine without asking anybody."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        # Names are not looked up: that would already ask somebody outside.
        return parts.scheme in {"http", "https"} and (
            host == "localhost" or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False


async def _post(client: httpx.AsyncClient, url: str, report: JSON) -> None:
    try:
        await client.post(url, json=report)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        LOG.info("The webhook %s did not answer: %s", url, error)
