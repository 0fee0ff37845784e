"""`castmerge worker --metrics HOST:PORT`: figures in Prometheus' text format."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from merge.errors import InputError
from merge.run.worker import WorkerFigures

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(figures: WorkerFigures) -> str:
    """All figures in Prometheus' text format (version 0.0.4)."""
    lines = [
        "# HELP castmerge_changes_total Changes of rows by this worker, by their new status.",
        "# TYPE castmerge_changes_total counter",
        *(
            f'castmerge_changes_total{{status="{status}"}} {count}'
            for status, count in sorted(figures.changes.copy().items())
        ),
        "# HELP castmerge_rows Unfinished rows for workers in the shared journal, by state.",
        "# TYPE castmerge_rows gauge",
        *(f'castmerge_rows{{state="{state}"}} {count}' for state, count in sorted(figures.waiting.items())),
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def metrics_server(address: str, figures: WorkerFigures) -> Iterator[int]:
    """Serve the figures during the block; yields the port.

    Args:
        address: `HOST:PORT`; port 0 takes a free one
        figures: are read for each request

    Raises:
        InputError: the address can't be used
    """

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = metrics_text(figures).encode()
            self.send_response(200)
            self.send_header("Content-Type", _CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: a line for each request would fill the log."""

    host, _, port = address.rpartition(":")
    try:
        server = ThreadingHTTPServer((host.strip("[]"), int(port)), Page)
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"castmerge can't listen there ({error})",
            place=f"--metrics {address}",
            hint="Write a host and a free port of this computer, such as 127.0.0.1:9123",
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="castmerge-metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
