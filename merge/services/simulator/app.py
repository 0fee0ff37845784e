"""The service's endpoints as an ASGI application."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from merge.model import JSON
from merge.services.simulator.account import NOT_FOUND, Account, Body, Keys, models, workspaces
from merge.services.simulator.exports import progress_view, project_view
from merge.services.simulator.starter_projects import TEMPLATES, starter_project
from merge.services.simulator.state import SavedProject
from merge.services.simulator.validation import Refusal
from merge.services.simulator.webhooks import Webhooks

Call = Callable[[Request], Awaitable[Response]]

API = "/api/odin/v3"
OLD_API = "/api/odin"
_FORM_NAME = re.compile(rb'name="name"\r\n\r\n(.*?)\r\n--', re.DOTALL)
VIDEO = str(files("merge.services.simulator") / "video.mp4")


class Calls:
    """The endpoints: each turns a request into a response."""

    def __init__(self, account: Account, keys: Keys, webhooks: Webhooks) -> None:
        self._account = account
        self._keys = keys
        self._webhooks = webhooks

    async def create(self, request: Request) -> Response:
        """`POST editor/project`: a whole project, exported unless `isExport` is false."""
        body = await _body_of(request)
        return self._submitted(body if isinstance(body, Refusal) else self._account.accept(body))

    async def export(self, request: Request) -> Response:
        """`POST editor/project/export`: export a saved project."""
        body = await _body_of(request)
        return self._submitted(body if isinstance(body, Refusal) else self._account.export(body))

    async def progress(self, request: Request) -> Response:
        """`GET editor/progress/{projectId}`: percent, state and, at the end, the download URL."""
        project = self._account.find(_id_in(request))
        if isinstance(project, Refusal):
            return refused(project)
        return _success(progress_view(self._account.stage(project), self._account.url(project)))

    async def read(self, request: Request) -> Response:
        """`GET editor/project/{projectId}`: the whole project."""
        project = self._account.find(_id_in(request))
        if isinstance(project, Refusal):
            return refused(project)
        stage, url = self._account.stage(project), self._account.url(project)
        return _success({"project": project_view(project, stage, url)})

    async def list_projects(self, _request: Request) -> Response:
        """`GET editor/project`: the project list."""
        return _success(self._account.listed())

    async def from_template(self, request: Request) -> Response:
        """`POST editor/template/{templateId}`: a new project, not exported."""
        template = next((each for each in TEMPLATES if each["id"] == _id_in(request)), None)
        return refused(NOT_FOUND) if template is None else self._made(template["name"])

    async def from_slides(self, request: Request) -> Response:
        """`POST editor/project/pptpdf`: a new project, not exported; the slides themselves are ignored."""
        found = _FORM_NAME.search(await request.body())
        return self._made(found[1].decode("utf-8", "replace") if found else "Slides")

    def _made(self, name: str) -> Response:
        text = json.dumps(starter_project(name), ensure_ascii=False)
        return self._submitted(self._account.accept(Body(text, json.loads(text))))

    async def issue_token(self, request: Request) -> Response:
        """`POST auth/token`: a token for an application; the only call of the API without a key."""
        body = await _body_of(request)
        token = body if isinstance(body, Refusal) else self._keys.issue(body.fields)
        return refused(token) if isinstance(token, Refusal) else _success({"token": token})

    async def video(self, request: Request) -> Response:
        """Return the finished video, to anyone who knows its URL."""
        project = self._account.find(_id_in(request))
        if isinstance(project, Refusal) or not self._account.stage(project).finished:
            return refused(NOT_FOUND)
        return FileResponse(VIDEO, media_type="video/mp4")

    def with_key(self, call: Call) -> Call:
        """Return the endpoint behind a check of the `Authorization` header."""

        async def checked(request: Request) -> Response:
            refusal = self._keys.refusal(request.headers.get("authorization", ""))
            return refused(refusal) if refusal else await call(request)

        return checked

    def _submitted(self, project: SavedProject | Refusal) -> Response:
        if isinstance(project, Refusal):
            return refused(project)
        self._webhooks.follow(project)
        return _success({"projectId": project.id})


def build_app(account: Account, keys: Keys) -> Starlette:
    """Return the whole service as an ASGI application with a lifespan, which ends its webhooks."""
    webhooks = Webhooks(account)
    calls = Calls(account, keys, webhooks)
    with_key = [
        ("POST", f"{API}/editor/project", calls.create),
        ("GET", f"{API}/editor/project", calls.list_projects),
        ("GET", f"{API}/editor/projects", calls.list_projects),
        ("POST", f"{API}/editor/project/export", calls.export),
        ("GET", f"{API}/editor/project/{{id}}", calls.read),
        ("POST", f"{API}/editor/project/pptpdf", calls.from_slides),
        ("POST", f"{API}/editor/template/{{id}}", calls.from_template),
        ("GET", f"{API}/dropdown/templates_business", _constant([dict(each) for each in TEMPLATES])),
        ("GET", f"{API}/editor/progress/{{id}}", calls.progress),
        ("GET", f"{OLD_API}/editor/progress/{{id}}", calls.progress),
        ("GET", f"{API}/auth", _constant({"isAuthenticated": True})),
        ("GET", f"{API}/model", _constant(models())),
        ("GET", f"{API}/dropdown/workspaces", _constant(workspaces())),
    ]
    routes = [Route(path, calls.with_key(call), methods=[method]) for method, path, call in with_key]
    routes.append(Route(f"{API}/auth/token", calls.issue_token, methods=["POST"]))
    routes.append(Route("/videos/{id}.mp4", calls.video))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await webhooks.close()

    return Starlette(routes=routes, exception_handlers={HTTPException: _no_such_call}, lifespan=lifespan)


def refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """Return a refusal in the service's envelope."""
    error: JSON = {"code": refusal.code, "msg": refusal.message}
    return _enveloped({"success": False, "error": error}, refusal.status, headers)


def _constant(data: JSON) -> Call:
    async def call(_request: Request) -> Response:
        return _success(data)

    return call


def _success(data: JSON) -> Response:
    return _enveloped({"success": True, "data": data}, 200)


def _enveloped(envelope: JSON, status: int, headers: Mapping[str, str] | None = None) -> Response:
    # A lone surrogate is written as its JSON escape.
    content = json.dumps(envelope, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, "application/json; charset=utf-8")


async def _body_of(request: Request) -> Body | Refusal:
    try:
        text = (await request.body()).decode()
        value: JSON = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return Refusal("INVALID_JSON", "The body is not well-formed JSON.", 400)
    match value:
        case dict() as fields:
            return Body(text, fields)
        case _:
            return Refusal("INVALID_JSON", "The body must be a JSON object.", 400)


def _no_number(name: str) -> JSON:
    raise ValueError(name)


def _id_in(request: Request) -> str:
    return str(request.path_params["id"])


async def _no_such_call(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return refused(Refusal("NOT_FOUND", "There is no such call.", status))
