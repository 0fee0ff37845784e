"""The calls of the editor API: from request to answer."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from merge.services.simulator.account import Studio
from merge.services.simulator.projects import PROJECT_CALL, SIMPLE_CALL, TEMPLATE_CALL, SavedProject
from merge.services.simulator.responses import Body, body_of, refused, success
from merge.services.simulator.validation import Refusal
from merge.services.simulator.views import progress_view, whole_view
from merge.services.simulator.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class ProjectCalls:
    """The calls about projects."""

    studio: Studio
    webhooks: Webhooks

    async def create(self, request: Request) -> Response:
        """`POST editor/project`: a whole project, exported unless `isExport` is false."""
        return self._accepted(await body_of(request), PROJECT_CALL)

    async def simple(self, request: Request) -> Response:
        """`POST simple/video`: one avatar says one text."""
        return self._accepted(await body_of(request), SIMPLE_CALL)

    async def from_template(self, request: Request) -> Response:
        """`POST editor/template/{templateId}`: a draft made from a template."""
        # The published sample sends its fields where no server looks for them, and no body.
        body = await body_of(request, empty="{}")
        return self._accepted(body, TEMPLATE_CALL + _named(request))

    async def edit(self, request: Request) -> Response:
        """`POST editor/project/{projectId}`: changes, and exports unless `isExport` is false."""
        body = await body_of(request)
        return self._taken(body if isinstance(body, Refusal) else self.studio.edit(_named(request), body))

    async def export(self, request: Request) -> Response:
        """`POST editor/project/export`: exports what was only saved."""
        body = await body_of(request)
        return self._taken(body if isinstance(body, Refusal) else self.studio.export(body))

    async def delete(self, request: Request) -> Response:
        """`DELETE editor/project`: how many of the named projects were deleted."""
        body = await body_of(request)
        deleted = self.studio.delete(body) if isinstance(body, Body) else body
        return refused(deleted) if isinstance(deleted, Refusal) else success({"deletedCount": deleted})

    async def progress(self, request: Request) -> Response:
        """`GET editor/progress/{projectId}`: percent, state and, at the end, the download address."""
        project = self.studio.find(_named(request))
        if isinstance(project, Refusal):
            return refused(project)
        return success(progress_view(self.studio.stage(project), self.studio.url(project)))

    async def read(self, request: Request) -> Response:
        """`GET editor/project/{projectId}`: the project itself."""
        project = self.studio.find(_named(request))
        if isinstance(project, Refusal):
            return refused(project)
        return success({"project": whole_view(project, self.studio.stage(project), self.studio.url(project))})

    async def listing(self, _request: Request) -> Response:
        """`GET editor/project`: the list."""
        return success(self.studio.listed())

    def _accepted(self, body: Body | Refusal, call: str) -> Response:
        return self._taken(body if isinstance(body, Refusal) else self.studio.accept(call, body))

    def _taken(self, project: SavedProject | Refusal) -> Response:
        if isinstance(project, Refusal):
            return refused(project)
        self.webhooks.follow(project)
        return success({"projectId": project.id})


def _named(request: Request) -> str:
    return str(request.path_params["name"])
