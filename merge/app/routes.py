"""The calls of the page: each route, and how a request becomes a call and its result an answer."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from merge.app.campaign import Campaign
from merge.app.errors import STATUSES, AppError, error_json, kind_of
from merge.app.guard import UPLOAD_PATH
from merge.app.pages import SHARED, STATIC, asset_response, page_response
from merge.app.rows import MOST_ROWS, Rows, row_numbers
from merge.errors import MergeError
from merge.model import JSON
from merge.reports.visible_text import visible_data

_LOG = logging.getLogger("merge.app")
Answer: TypeAlias = "JSON | Response"
Call: TypeAlias = Callable[["Asked"], Answer]
_NEVER_CACHED = {"Cache-Control": "no-store"}


class Asked:
    """A request, with its body read.

    Attributes:
        query: its query string
        body: its JSON body, or an empty object
        content: its body as it came
        path: the parameters in its path
    """

    def __init__(self, request: Request, content: bytes) -> None:
        self.query: Mapping[str, str] = request.query_params
        self.path: Mapping[str, str] = {name: str(value) for name, value in request.path_params.items()}
        self.content = content
        self.body = (
            _object(content) if request.headers.get("content-type", "").startswith("application/json") else {}
        )

    def number(self, name: str, default: int) -> int:
        """A whole number of the query.

        Raises:
            AppError: it isn't one
        """
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - more digits than any sheet has rows
            raise AppError("input", f"“{text[:20]}” isn't a number", hint="Reload the page")
        return int(text)


def _object(content: bytes) -> dict[str, JSON]:
    try:
        body: JSON = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise AppError("input", "the page sent something that can't be read", hint="Reload the page")
    return body


def call(work: Call, *, status: int = 200) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint of a function, which runs in a thread of its own."""

    async def endpoint(request: Request) -> Response:
        try:
            asked = Asked(request, await request.body())
            answer = await run_in_threadpool(work, asked)
        except MergeError as error:
            return error_response(error)
        except Exception:  # noqa: BLE001 - a fault is an answer as well
            _LOG.exception("a call of the page failed")
            return error_response(
                AppError(
                    "fault",
                    "castmerge has a fault, and this couldn't be done",
                    hint="Nothing was lost. Reload the page and try again",
                )
            )
        return answer if isinstance(answer, Response) else json_response(answer, status)

    return endpoint


def json_response(data: JSON, status: int = 200) -> Response:
    """JSON for the page."""
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(content, status, _NEVER_CACHED, "application/json; charset=utf-8")


def error_response(error: MergeError) -> Response:
    """An error for the page."""
    facts = error_json(error)
    return json_response(visible_data(facts), STATUSES[kind_of(error)])


class Calls:
    """The calls about the folder, the choice and the rows."""

    def __init__(self, campaign: Campaign, stop: threading.Event) -> None:
        self._campaign = campaign
        self._stop = stop

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            Route("/api/state", call(self.state)),
            Route("/api/events", self.events),
            Route("/api/folder", call(self.folder)),
            Route("/api/choice", call(self.choose), methods=["POST"]),
            Route("/api/preferences", call(self.prefer), methods=["POST"]),
            Route(UPLOAD_PATH, call(self.upload, status=201), methods=["POST"]),
            Route("/api/rows", call(self.rows)),
            Route("/api/rows/numbers", call(self.row_numbers)),
            Route("/api/rows/index", call(self.row_index)),
            Route("/api/quit", call(self.quit), methods=["POST"]),
        ]

    def state(self, _asked: Asked) -> Answer:
        """`GET /api/state`."""
        return visible_data(self._campaign.state())

    async def events(self, _request: Request) -> Response:
        """`GET /api/events`: server-sent events."""
        stream = self._campaign.events.stream(self._campaign.state)
        return StreamingResponse(stream, media_type="text/event-stream", headers=_NEVER_CACHED)

    def folder(self, _asked: Asked) -> Answer:
        """`GET /api/folder`."""
        campaign = self._campaign
        listing = campaign.folder.listing(campaign.listing_options())
        here = str(campaign.folder.path)
        listing["recent"] = [{**each, "here": each.get("path") == here} for each in campaign.user.recent()]
        return visible_data(listing)

    def choose(self, asked: Asked) -> Answer:
        """`POST /api/choice`."""
        self._campaign.choose(asked.body)
        return visible_data(self._campaign.state())

    def prefer(self, asked: Asked) -> Answer:
        """`POST /api/preferences`."""
        match asked.body.get("pictures"):
            case bool() as answer:
                self._campaign.user.prefer(pictures=answer)
            case _:
                pass
        match asked.body.get("name"):
            case str(name):
                self._campaign.user.prefer(name=name[:80])
            case _:
                pass
        self._campaign.publish_state()
        return visible_data(self._campaign.state())

    def upload(self, asked: Asked) -> Answer:
        """`POST /api/upload?name=…`: a file that was dropped on the page."""
        saved = self._campaign.folder.put(asked.query.get("name", ""), asked.content)
        self._campaign.events.publish("folder", {})
        return {"file": saved.name}

    def rows(self, asked: Asked) -> Answer:
        """`GET /api/rows`."""
        checked, decisions = self._campaign.check, self._campaign.decisions()
        rows = checked.rows
        if rows is None:
            return {
                "version": checked.version,
                "total": 0,
                "matching": 0,
                "offset": 0,
                "columns": [],
                "rows": [],
            }
        offset, limit = asked.number("offset", 0), min(asked.number("limit", 100), MOST_ROWS)
        numbers = self._selected(rows, asked)
        shown: list[JSON] = [rows.row(number, decisions) for number in numbers[offset : offset + limit]]
        answer: JSON = {
            "version": checked.version,
            "total": len(rows.facts),
            "matching": len(numbers),
            "offset": offset,
            "columns": rows.columns,
            "rows": shown,
        }
        return visible_data(answer)

    def _selected(self, rows: Rows, asked: Asked) -> list[int]:
        filter_name = asked.query.get("filter") or "all"
        return rows.select(filter_name, asked.query.get("search", ""), self._campaign.decisions())

    def row_numbers(self, asked: Asked) -> Answer:
        """`GET /api/rows/numbers`: all rows that a filter and a search leave."""
        checked = self._campaign.check
        numbers = self._selected(checked.rows, asked) if checked.rows else []
        return {"version": checked.version, "count": len(numbers), "rows": row_numbers(numbers)}

    def row_index(self, asked: Asked) -> Answer:
        """`GET /api/rows/index`: where a row is in the list."""
        checked, number = self._campaign.check, asked.number("row", 0)
        numbers = self._selected(checked.rows, asked) if checked.rows else []
        return {"index": numbers.index(number) if number in numbers else None}

    def quit(self, _asked: Asked) -> Answer:
        """`POST /api/quit`: end the app."""
        self._stop.set()
        return Response(status_code=204)


def routes_of(campaign: Campaign, stop: threading.Event) -> Starlette:
    """The app behind the guard.

    Args:
        campaign: what the pages are about
        stop: set to end the app
    """

    def page(asked: Asked) -> Answer:
        return page_response(asked.path.get("name", "index"), campaign.folder.path.name)

    def static(asked: Asked) -> Answer:
        return asset_response(STATIC, asked.path["path"])

    def shared(asked: Asked) -> Answer:
        return asset_response(SHARED, asked.path["path"])

    def nothing(_asked: Asked) -> Answer:
        raise AppError("missing", "there is no such call", hint="Reload the page")

    routes = [
        *Calls(campaign, stop).routes(),
        Route("/api/{rest:path}", call(nothing), methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
        Route("/static/{path:path}", call(static)),
        Route("/shared/{path:path}", call(shared)),
        Route("/", call(page)),
        Route("/{name}", call(page)),
    ]
    return Starlette(routes=routes)
