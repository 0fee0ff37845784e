"""All routes of the app: the calls of the page, the pages, and their files."""

from __future__ import annotations

import threading

from starlette.applications import Starlette
from starlette.routing import Route

from merge.app.calls.account import AccountCalls
from merge.app.calls.approve import ApproveCalls
from merge.app.calls.asked import Answer, Asked, call, get
from merge.app.calls.choose import ChooseCalls
from merge.app.calls.make import MakeCalls
from merge.app.calls.results import ResultCalls
from merge.app.calls.rows import RowCalls
from merge.app.calls.template import TemplateCalls
from merge.app.campaign import Campaign
from merge.app.errors import AppError
from merge.app.help import START, help_response, image_response
from merge.app.pages import SHARED, STATIC, asset_response, page_response
from merge.app.run import Runs

_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def routes_of(campaign: Campaign, runs: Runs, stop: threading.Event) -> Starlette:
    """The app behind the guard.

    Args:
        campaign: the shared state
        runs: its runs
        stop: set to end the app
    """

    def page(asked: Asked) -> Answer:
        return page_response(asked.path.get("name", "index"), campaign.folder.path.name)

    def static(asked: Asked) -> Answer:
        return asset_response(STATIC, asked.path["path"])

    def shared(asked: Asked) -> Answer:
        return asset_response(SHARED, asked.path["path"])

    def help_page(asked: Asked) -> Answer:
        return help_response(asked.path.get("topic", START))

    def help_image(asked: Asked) -> Answer:
        return image_response(asked.path["name"])

    def nothing(_asked: Asked) -> Answer:
        raise AppError("missing", "there's no such call", hint="Reload the page")

    routes = [
        *ChooseCalls(campaign, stop).routes(),
        *AccountCalls(campaign).routes(),
        *RowCalls(campaign).routes(),
        *TemplateCalls(campaign).routes(),
        *ApproveCalls(campaign).routes(),
        *MakeCalls(campaign, runs).routes(),
        *ResultCalls(campaign).routes(),
        Route("/api/{rest:path}", call(nothing), methods=_METHODS),
        get("/static/{path:path}", static, is_quick=True),
        get("/shared/{path:path}", shared, is_quick=True),
        get("/help", help_page),
        get("/help/{topic}", help_page),
        get("/help/images/{name}", help_image),
        get("/", page),
        get("/{name}", page),
    ]
    return Starlette(routes=routes)
