"""A file server on this machine with scripted responses, for tests of downloads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

Answer: TypeAlias = Callable[[BaseHTTPRequestHandler], None]
VIDEO = bytes(range(256)) * 4096
"""1 MiB."""


@dataclass
class FileHost:
    """Sends one response after the other and repeats the last one.

    Attributes:
        base_url: its address
        answers: the responses still to be sent
        asked: path and headers of every request so far
    """

    base_url: str
    answers: list[Answer]
    asked: list[tuple[str, Message]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """A link to its file."""
        return f"{self.base_url}/videos/1.mp4?signature=secret"

    def ranges(self) -> list[str | None]:
        """Return the `Range` header of every request."""
        return [headers["Range"] for _, headers in self.asked]


@contextmanager
def file_host(*answers: Answer) -> Iterator[FileHost]:
    """Run a host that sends these responses."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                host.asked.append((self.path, self.headers))
                answer = host.answers.pop(0) if len(host.answers) > 1 else host.answers[0]
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        host = FileHost(f"http://127.0.0.1:{server.server_port}", list(answers))
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


def reply(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Return a response; `Content_Range` is sent as `Content-Range`, and an empty length isn't sent."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        # Sending fewer bytes than announced is an interruption.
        handler.close_connection = True

    return answer


def file(
    content: bytes = VIDEO,
    *,
    etag: str = '"v1"',
    cut: int | None = None,
    ranges: bool = True,
    modified: str = "",
) -> Answer:
    """Return the response of a correct host.

    Args:
        content: its bytes
        etag: its ETag, or ""
        cut: how many bytes are sent before the connection ends
        ranges: whether the host supports ranges
        modified: its date, or ""
    """

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = re.fullmatch("bytes=([0-9]+)-", handler.headers.get("Range", ""))
        same = handler.headers.get("If-Range", etag or modified) == (etag or modified)
        begin = int(asked[1]) if asked and ranges and same else 0
        marks = {"ETag": etag, "Last_Modified": modified, "Content_Type": "video/mp4"}
        if begin >= len(content):
            reply(416, Content_Range=f"bytes */{len(content)}")(handler)
            return
        marks["Content_Length"] = str(len(content) - begin)
        if begin:
            marks["Content_Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        reply(206 if begin else 200, content[begin:][:cut], **marks)(handler)

    return answer
