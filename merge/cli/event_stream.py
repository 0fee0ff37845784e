"""`--events FILE|-`: one JSON line for each change, as it happens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TextIO

from merge.cli.safe_streams import json_line
from merge.errors import InputError
from merge.model import JSON
from merge.plan.plan import Plan
from merge.results import MergeResult
from merge.run.events import finished, row_changed, started
from merge.run.state import Observer, RowEvent

STDOUT = "-"


class Events:
    """Where events go; each line is handed on at once, so that a reader sees it as it happens."""

    def __init__(self, stream: TextIO | None, now: Callable[[], datetime]) -> None:
        self._stream = stream
        self._now = now

    def start(self, plan: Plan) -> None:
        """The plan is made and agreed to."""
        self._write(started(self._now(), plan))

    def heard_by(self, observe: Observer) -> Observer:
        """The same observer, with every change written as well."""
        if self._stream is None:
            return observe

        def both(event: RowEvent) -> None:
            self._write(row_changed(self._now(), event))
            observe(event)

        return both

    def finish(self, result: MergeResult) -> None:
        """The run is over."""
        self._write(finished(self._now(), result))

    def _write(self, event: JSON) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(json_line(event, self._stream) + "\n")
            self._stream.flush()
        except OSError:
            # Nobody reads any more, or the disk is full: that must not stop what has been paid for.
            self._stream = None


@contextmanager
def events_to(target: str | None) -> Iterator[Events]:
    """Open the place that `--events` names; a file is written on, so that several runs may share it.

    Raises:
        InputError: the file cannot be written; nothing was sent
    """
    if target in (None, "", STDOUT):
        yield Events(sys.stdout if target == STDOUT else None, _now)
        return
    try:
        stream = open(str(target), "a", encoding="utf-8")  # noqa: SIM115, PTH123 - closed below; errors belong to the opening alone
    except OSError as error:
        raise InputError(
            f"events cannot be written there ({error.strerror})",
            place=f"--events {target}",
            hint="Name a file in a folder that may be written to, or - for standard output",
        ) from error
    try:
        yield Events(stream, _now)
    finally:
        with suppress(OSError):
            # What nobody reads any more cannot be flushed either.
            stream.close()


def _now() -> datetime:
    return datetime.now(UTC)
