"""A proxy on this machine that answers for any host."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Page:
    """The response of a URL.

    Attributes:
        status: its status code
        kind: its content type
        moved_to: the target of its redirect, or ""
        head: the status for HEAD if it differs, else 0
    """

    status: int = 200
    kind: str = "image/png"
    moved_to: str = ""
    head: int = 0


@dataclass
class Web:
    """The host's address, and the method, URL and headers of every request."""

    address: str
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)


@contextmanager
def web(pages: Mapping[str, Page]) -> Iterator[Web]:
    """Run a host for these URLs; a direct request is identified by its path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def _answer(self) -> None:
            host.asked.append((self.command, self.path, dict(self.headers)))
            page = pages.get(self.path, Page(404, "text/html"))
            self.send_response(page.head if self.command == "HEAD" and page.head else page.status)
            if page.moved_to:
                self.send_header("Location", page.moved_to)
            self.send_header("Content-Type", page.kind)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = Web(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
