"""Which address answers what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from merge.services.simulator import catalogue
from merge.services.simulator.account import NOT_FOUND, Studio
from merge.services.simulator.credentials import Credentials
from merge.services.simulator.endpoints import ProjectCalls
from merge.services.simulator.responses import Body, body_of, refused, success
from merge.services.simulator.validation import Refusal

Call = Callable[[Request], Awaitable[Response]]

API = "/api/odin/v3"
OLD_API = "/api/odin"
VIDEO = str(files("merge.services.simulator") / "video.mp4")


def build_app(studio: Studio, calls: ProjectCalls, credentials: Credentials) -> Starlette:
    """The whole service as an ASGI application."""
    guarded = [
        ("POST", f"{API}/editor/project", calls.create),
        ("GET", f"{API}/editor/project", calls.listing),
        ("GET", f"{API}/editor/projects", calls.listing),
        ("DELETE", f"{API}/editor/project", calls.delete),
        # Before the calls with an id, which would take its name for one.
        ("POST", f"{API}/editor/project/export", calls.export),
        ("GET", f"{API}/editor/project/{{name}}", calls.read),
        ("POST", f"{API}/editor/project/{{name}}", calls.edit),
        ("GET", f"{API}/editor/progress/{{name}}", calls.progress),
        ("GET", f"{OLD_API}/editor/progress/{{name}}", calls.progress),
        ("POST", f"{API}/editor/template/{{name}}", calls.from_template),
        ("POST", f"{API}/simple/video", calls.simple),
        ("GET", f"{API}/auth", _authenticated),
        ("GET", f"{API}/model", _models),
        ("GET", f"{API}/dropdown/models", _models_in_short),
        ("GET", f"{API}/dropdown/templates_business", _templates),
        ("GET", f"{API}/dropdown/workspaces", _workspaces),
    ]
    routes = [Route(path, _guard(credentials, call), methods=[method]) for method, path, call in guarded]
    # Neither of these two asks for a key: one gives it, the other is for the viewers.
    routes.append(Route(f"{API}/auth/token", _issuing(credentials), methods=["POST"]))
    routes.append(Route("/videos/{name}.mp4", _showing(studio)))
    return Starlette(routes=routes, exception_handlers={HTTPException: _no_such_call})


def _guard(credentials: Credentials, call: Call) -> Call:
    async def guarded(request: Request) -> Response:
        refusal = credentials.refusal(request.headers.get("authorization", ""))
        return refused(refusal) if refusal else await call(request)

    return guarded


def _issuing(credentials: Credentials) -> Call:
    async def issue(request: Request) -> Response:
        body = await body_of(request)
        token = credentials.issue(body.fields) if isinstance(body, Body) else body
        return refused(token) if isinstance(token, Refusal) else success({"token": token})

    return issue


def _showing(studio: Studio) -> Call:
    async def show(request: Request) -> Response:
        project = studio.find(str(request.path_params["name"]))
        if isinstance(project, Refusal) or not studio.stage(project).finished:
            return refused(NOT_FOUND)
        return FileResponse(VIDEO, media_type="video/mp4")

    return show


async def _authenticated(_request: Request) -> Response:
    return success({"isAuthenticated": True})


async def _models(_request: Request) -> Response:
    return success(catalogue.models())


async def _models_in_short(_request: Request) -> Response:
    return success(catalogue.models_in_short())


async def _templates(_request: Request) -> Response:
    return success(catalogue.templates())


async def _workspaces(_request: Request) -> Response:
    return success(catalogue.workspaces())


async def _no_such_call(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return refused(Refusal("NOT_FOUND", "There is no such call.", status))
