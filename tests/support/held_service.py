"""A service that blocks a client at one point: it asks for a long wait, or doesn't answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Point = Literal["auth", "account", "project", "list", "submit", "progress", "download", "nowhere"]
Hold = Literal["asks to wait", "is silent"]
LONG = 900
"""In seconds."""
PART = b"the first bytes"


@dataclass
class HeldService:
    """The service's address, and whether the client has reached the point.

    Attributes:
        reached: set by the first request at the point; for `nowhere` by the first poll
        accepted: how many projects were accepted
        on_accepted: called with that number before it is answered
    """

    base_url: str
    point: Point
    hold: Hold
    reached: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    accepted: int = 0
    on_accepted: Callable[[int], None] = lambda _: None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    held: HeldService


class _Handler(BaseHTTPRequestHandler):
    @property
    def held(self) -> HeldService:
        assert isinstance(self.server, _Server)
        return self.server.held

    def do_GET(self) -> None:
        if self.path.startswith("/videos/"):
            self._video()
        elif "/progress/" in self.path:
            if not self._at("progress"):
                self._progress()
        elif self.path.endswith("/auth"):
            if not self._at("auth"):
                self._data({"isAuthenticated": True})
        elif self.path.endswith(("/model", "/workspaces")):
            if not self._at("account"):
                self._data([])
        elif "/project/" in self.path:
            self._at("project")
        elif not self._at("list"):
            self._data([])

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if not self._at("submit"):
            self.held.accepted += 1
            self.held.on_accepted(self.held.accepted)
            self._data({"projectId": f"v{self.held.accepted}"})

    def _at(self, point: Point) -> bool:
        """Block the client if this is the point; return whether it was."""
        if point != self.held.point:
            return False
        self.held.reached.set()
        if self.held.hold == "asks to wait":
            self._answer(429, b"{}", Retry_After=str(LONG))
        else:
            self.held.ended.wait(LONG)
        return True

    def _progress(self) -> None:
        if self.held.point == "download":
            self._data({"progress": 100, "downloadUrl": f"{self.held.base_url}/videos/1.mp4"})
        else:
            self._data({"progress": 10})
            if self.held.point == "nowhere":
                self.held.reached.set()

    def _video(self) -> None:
        self._answer(200, PART, Content_Length=str(10 * len(PART)), Content_Type="video/mp4")
        self.wfile.flush()
        self.held.reached.set()
        self.held.ended.wait(LONG)

    def _data(self, data: object) -> None:
        self._answer(200, json.dumps({"success": True, "data": data}).encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log nothing."""


@contextmanager
def held_service(point: Point, hold: Hold) -> Iterator[HeldService]:
    """Run a service whose videos are made at once if the point is their download, and never otherwise."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        service = server.held = HeldService(f"http://127.0.0.1:{server.server_port}", point, hold)
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield service
        finally:
            service.ended.set()
            server.shutdown()
            thread.join()
