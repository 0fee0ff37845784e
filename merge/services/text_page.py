"""A page of plain text, such as a worker's figures, for programs that ask for it again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from merge.errors import InputError
from merge.services.http_server import host_and_port, listening_socket, serving

__all__ = ["text_page"]

_MOST_CONNECTIONS = 50


@contextmanager
def text_page(
    listen: str, text: Callable[[], str], content_type: str, *, place: str, message: str, hint: str
) -> Iterator[int]:
    """Serve a text at every path during the block; yields the port.

    Args:
        listen: `HOST:PORT`; port 0 takes a free one
        text: makes the text for each request, in a thread of its own
        content_type: of the text
        place: where the address was set, for the error
        message: what can't be done without it, for the error
        hint: what to do about it, for the error

    Raises:
        InputError: the address can't be used
    """

    def page(_: Request) -> Response:
        return Response(text(), headers={"Content-Type": content_type})

    found = host_and_port(listen)
    if found is None:
        raise InputError(message, place=place, hint=hint)
    app = Starlette(routes=[Route("/{path:path}", page)])
    with (
        listening_socket(*found, place=place, message=message, hint=hint) as listener,
        serving(app, listener, name="castmerge-text-page", max_connections=_MOST_CONNECTIONS),
    ):
        yield int(listener.getsockname()[1])
