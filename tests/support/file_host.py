"""A host of files on this machine that answers as it is told, for the tests of downloads."""

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
"""One mebibyte."""


@dataclass
class FileHost:
    """Answers one request after the other; the last answer is repeated.

    Attributes:
        base_url: where it is
        answers: what is still to be answered
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
        """What was asked for, one by one."""
        return [headers["Range"] for _, headers in self.asked]


@contextmanager
def file_host(*answers: Answer) -> Iterator[FileHost]:
    """A host that gives these answers."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                host.asked.append((self.path, self.headers))
                answer = host.answers.pop(0) if len(host.answers) > 1 else host.answers[0]
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Say nothing."""

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
    """An answer as it is; `Content_Range` is sent as `Content-Range`. A length of "" is left out."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        # What was promised and not sent is a cut.
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
    """A file as a good host gives it.

    Args:
        content: its bytes
        etag: its tag, or ""
        cut: how many bytes are sent before the connection ends
        ranges: whether parts of it can be had
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
