"""Read a request of the page and make its response: shared by all calls."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from merge.app.errors import STATUSES, AppError, error_json, kind_of
from merge.errors import MergeError
from merge.model import JSON
from merge.reports.visible_text import visible_data

_LOG = logging.getLogger("merge.app")
Answer: TypeAlias = "JSON | Response"
Call: TypeAlias = Callable[["Asked"], Answer]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
NEVER_CACHED = {"Cache-Control": "no-store"}


class Asked:
    """A request, with its body read.

    Attributes:
        query: its query string
        body: its JSON body, or an empty object
        content: its raw body
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
        raise AppError("input", "castmerge couldn't read what the page sent", hint="Reload the page")
    return body


def call(work: Call, *, status: int = 200, is_quick: bool = False) -> Endpoint:
    """Make an endpoint from a function, which runs in a thread of its own unless it is quick."""

    async def endpoint(request: Request) -> Response:
        try:
            asked = Asked(request, await request.body())
            answer = work(asked) if is_quick else await run_in_threadpool(work, asked)
        except MergeError as error:
            return error_response(error)
        except Exception:  # noqa: BLE001 - a fault is a response as well
            _LOG.exception("a call of the page failed")
            return error_response(
                AppError(
                    "fault",
                    "castmerge ran into an error and couldn't do this",
                    hint="Nothing is lost. Reload the page and try again",
                )
            )
        return answer if isinstance(answer, Response) else json_response(answer, status)

    return endpoint


def json_response(data: JSON, status: int = 200) -> Response:
    """JSON for the page."""
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(content, status, NEVER_CACHED, "application/json; charset=utf-8")


def error_response(error: MergeError) -> Response:
    """An error for the page."""
    facts = error_json(error)
    return json_response(visible_data(facts), STATUSES[kind_of(error)])


def get(path: str, work: Call, *, is_quick: bool = False) -> BaseRoute:
    """A call that changes nothing."""
    return Route(path, call(work, is_quick=is_quick), methods=["GET"])


def post(path: str, work: Call, *, status: int = 200) -> BaseRoute:
    """A call that does something; 201 if it creates something, 202 if it only starts something."""
    return Route(path, call(work, status=status), methods=["POST"])
