"""The envelope that every answer of the editor API comes in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from merge.model import JSON
from merge.services.simulator.validation import Refusal


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: its exact text, and the object that it is."""

    text: str
    fields: dict[str, JSON]


def success(data: JSON) -> Response:
    """What was asked for."""
    return _enveloped({"success": True, "data": data}, 200)


def refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """Why it was not done."""
    error: JSON = {"code": refusal.code, "msg": refusal.message}
    return _enveloped({"success": False, "error": error}, refusal.status, headers)


async def body_of(request: Request, empty: str = "") -> Body | Refusal:
    """The request's body, which must be a JSON object; `empty` stands for one that is not there."""
    try:
        text = (await request.body()).decode()
        said: JSON = json.loads(text or empty, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return Refusal("INVALID_JSON", "The body is not well-formed JSON.", 400)
    match said:
        case dict() as fields:
            return Body(text, fields)
        case _:
            return Refusal("INVALID_JSON", "The body must be a JSON object.", 400)


def _enveloped(envelope: JSON, status: int, headers: Mapping[str, str] | None = None) -> Response:
    # A lone surrogate leaves as the escape that JSON has for it.
    content = json.dumps(envelope, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, "application/json; charset=utf-8")


def _no_number(name: str) -> JSON:
    raise ValueError(name)
