"""`--events FILE|-`: one JSON line for each change, written as it happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
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
    """Writes events and flushes after each one; without a stream it writes none."""

    def __init__(self, stream: TextIO | None, now: Callable[[], datetime]) -> None:
        self._stream = stream
        self._now = now

    def start(self, plan: Plan) -> None:
        """Write the plan, once the user has agreed to it."""
        self._write(started(self._now(), plan))

    def also_to(self, observe: Observer) -> Observer:
        """An observer that writes each change and passes it on."""
        if self._stream is None:
            return observe

        def both(event: RowEvent) -> None:
            self._write(row_changed(self._now(), event))
            observe(event)

        return both

    def finish(self, result: MergeResult) -> None:
        """Write the result."""
        self._write(finished(self._now(), result))

    def _write(self, event: JSON) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(json_line(event, self._stream) + "\n")
            self._stream.flush()
        except OSError:
            # The reader has exited, or the disk is full; that mustn't stop a paid run.
            self._stream = None


@contextmanager
def events_to(target: str | None, mode: int = 0o600) -> Iterator[Events]:
    """Open what `--events` names; a file is appended to, so that several runs can share it.

    Args:
        target: a path, `-` for standard output, or None for no events
        mode: permissions of the file, if it doesn't exist yet

    Raises:
        InputError: the file can't be written; nothing was sent
    """
    if target in (None, "", STDOUT):
        yield Events(sys.stdout if target == STDOUT else None, _now)
        return
    try:
        stream = open(str(target), "a", encoding="utf-8", opener=partial(os.open, mode=mode))  # noqa: SIM115 - closed below; only errors of opening it are caught
    except OSError as error:
        raise InputError(
            f"castmerge can't write events there ({error.strerror})",
            place=f"--events {target}",
            hint="Choose a file in a folder that you can write to, or - for standard output",
        ) from error
    try:
        yield Events(stream, _now)
    finally:
        with suppress(OSError):
            # Flushing fails as well if the reader has exited.
            stream.close()


def _now() -> datetime:
    return datetime.now(UTC)
