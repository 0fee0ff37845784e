"""Calls about the account: its key, its region, and its projects as templates; and other folders."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TypeVar

from starlette.routing import BaseRoute, Route

from merge.app.calls.asked import Answer, Asked, call, get, post
from merge.app.campaign import Campaign, text_or_none
from merge.app.errors import AppError
from merge.app.folder import TEMPLATES
from merge.app.guard import DECK_PATH
from merge.connect import connected
from merge.input.starter_files import EXAMPLE_TEMPLATE, EXAMPLE_WORKBOOK, example_content
from merge.model import JSON
from merge.reports.visible_text import visible_data
from merge.run.stop import run_async
from merge.services.aistudios import ApiKey, AppCredentials
from merge.services.protocol import ListedProject, ProjectSource
from merge.settings import ServiceOptions, Settings
from merge.template.document import template_text

Found = TypeVar("Found")
_SLIDES = (".pptx", ".ppt", ".pdf")
_START_SECONDS = 60.0
"""The longest that another app takes to start; the single-file program is unpacked first."""


class AccountCalls:
    """The calls, on one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            post("/api/connection", self.connect),
            Route("/api/connection", call(self.forget), methods=["DELETE"]),
            get("/api/projects", self.projects),
            post("/api/projects/save", self.save_project, status=201),
            get("/api/business-templates", self.business_templates),
            post("/api/business-templates/use", self.use_business_template, status=201),
            post(DECK_PATH, self.import_slides, status=201),
            post("/api/example", self.example, status=201),
            post("/api/recent", self.open_recent),
        ]

    def connect(self, asked: Asked) -> Answer:
        """`POST /api/connection`: test a key, and store it."""
        campaign = self._campaign
        if "region" in asked.body:
            campaign.connection.choose_region(asked.body["region"])
        campaign.connection.try_key(asked.body, campaign.service())
        return self._connection()

    def forget(self, _asked: Asked) -> Answer:
        """`DELETE /api/connection`."""
        campaign = self._campaign
        campaign.connection.forget(campaign.service().region)
        return self._connection()

    def _connection(self) -> Answer:
        self._campaign.publish_state()
        return self._campaign.connection.to_json(self._campaign.service())

    def projects(self, _asked: Asked) -> Answer:
        """`GET /api/projects`: the account's projects by name."""
        found = self._ask(lambda service: service.projects())
        return _listed(found)

    def business_templates(self, _asked: Asked) -> Answer:
        """`GET /api/business-templates`: AI Studios' own templates."""
        found = self._ask(lambda service: service.business_templates())
        return _listed(found)

    def use_business_template(self, asked: Asked) -> Answer:
        """`POST /api/business-templates/use`: make a project from one, save it as a template, choose it."""
        template_id = text_or_none(asked.body, "id") or ""
        name = text_or_none(asked.body, "name") or "template"
        return self._saved(self._ask(lambda service: service.start_project(template_id, name)), name)

    def import_slides(self, asked: Asked) -> Answer:
        """`POST /api/deck?name=…`: make a project from a PowerPoint or PDF file, save it, choose it."""
        file_name = Path(asked.query.get("name", "").replace("\\", "/")).name
        if not file_name.lower().endswith(_SLIDES):
            raise AppError("input", "this isn't a presentation", hint="Choose a PowerPoint or PDF file")
        name = Path(file_name).stem
        made = self._ask(lambda service: service.import_slides(file_name, asked.content, name))
        return self._saved(made, name)

    def _ask(self, question: Callable[[ProjectSource], Awaitable[Found]]) -> Found:
        """The answer of AI Studios, or of the simulator in practice mode."""

        async def ask() -> Found:
            service, settings = self._service()
            secret = self._secret(service, settings)
            async with connected(service, self._anywhere, settings, secret) as opened:
                return await question(opened)

        return run_async(ask())

    def save_project(self, asked: Asked) -> Answer:
        """`POST /api/projects/save`: save a project as a template, and choose it."""
        name = text_or_none(asked.body, "name") or "template"
        return self._saved(text_or_none(asked.body, "id") or "", name)

    def _saved(self, project_id: str, name: str) -> Answer:
        campaign = self._campaign
        text = template_text(self._ask(lambda service: service.fetch(project_id)), name)
        saved = campaign.folder.put(f"{name}.json", text.encode("utf-8", "replace"), TEMPLATES)
        campaign.choose({"template": saved.name})
        return visible_data({"template": saved.name})

    def _service(self) -> tuple[ServiceOptions, Settings]:
        campaign = self._campaign
        return campaign.service(), replace(Settings(), simulate=campaign.choice.practice)

    def _secret(self, service: ServiceOptions, settings: Settings) -> ApiKey | AppCredentials | None:
        return None if settings.simulate else self._campaign.connection.secret(service.region)

    @property
    def _anywhere(self) -> Path:
        """A workbook's path: the simulator keeps its state next to it."""
        campaign = self._campaign
        return campaign.folder.path / (campaign.choice.workbook or "workbook.xlsx")

    def example(self, _asked: Asked) -> Answer:
        """`POST /api/example`: put the example into the folder, and choose it."""
        campaign = self._campaign
        workbook = campaign.folder.put(EXAMPLE_WORKBOOK, example_content(EXAMPLE_WORKBOOK))
        template = campaign.folder.put(EXAMPLE_TEMPLATE, example_content(EXAMPLE_TEMPLATE))
        campaign.choose({"workbook": workbook.name, "template": template.name, "practice": True})
        return {"workbook": workbook.name, "template": template.name}

    def open_recent(self, asked: Asked) -> Answer:
        """`POST /api/recent`: the app of another folder, started if needed."""
        wanted = text_or_none(asked.body, "id")
        found = next((each for each in self._campaign.user.recent() if each.get("id") == wanted), None)
        path = Path(str(found["path"])) / str(found["workbook"]) if found else None
        if path is None or not path.is_file():
            raise AppError(
                "missing",
                "castmerge can't find this workbook any more",
                hint="It may have been moved or renamed",
            )
        return {"url": _started(path)}


def _listed(projects: Iterable[ListedProject]) -> JSON:
    listed: list[JSON] = [
        {"id": each.id, "name": each.name, "modified": each.modified or None} for each in projects
    ]
    return visible_data({"projects": listed})


def _started(workbook: Path) -> str:
    """The URL of the app of another workbook.

    Raises:
        AppError: it doesn't start
    """
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "merge"]
    process = subprocess.Popen(  # noqa: S603 - no shell, and a path that was chosen here before
        [*program, "open", "--no-browser", str(workbook)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    printed: Queue[str] = Queue()
    Thread(target=_wait, args=(process, printed), daemon=True).start()
    with suppress(Empty):
        if (url := printed.get(timeout=_START_SECONDS)).startswith("http://127.0.0.1:"):
            return url
    process.kill()
    raise AppError(
        "fault", "castmerge can't open that folder", hint="Go to the folder, and open castmerge there"
    )


def _wait(process: subprocess.Popen[str], printed: Queue[str]) -> None:
    """Pass on the first line that a process prints, or "" if there's none, and wait for its end."""
    assert process.stdout is not None
    with process.stdout as lines:
        printed.put(lines.readline().strip())
    process.wait()
