"""`castmerge worker --metrics HOST:PORT`: figures in Prometheus' text format."""

from __future__ import annotations

from contextlib import AbstractContextManager

from merge.run.worker import WorkerFigures
from merge.services.text_page import text_page

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


def metrics_server(address: str, figures: WorkerFigures) -> AbstractContextManager[int]:
    """Serve the figures during a block, which gets the port.

    Args:
        address: `HOST:PORT`; port 0 takes a free one
        figures: are read for each request

    Raises:
        InputError: the address can't be used
    """
    return text_page(
        address,
        lambda: metrics_text(figures),
        _CONTENT_TYPE,
        place=f"--metrics {address}",
        message="castmerge can't listen there",
        hint="Write a host and a free port of this computer, such as 127.0.0.1:9123",
    )
