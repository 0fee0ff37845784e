"""`--log FILE`: a line for every request and change; no secrets, and recipients' data only on request."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from merge.errors import InputError
from merge.reports.visible_text import visible_json, visible_line

MAX_BYTES = 10_000_000
"""The size at which the log is rotated; old files have a number at the end of their name."""
KEPT = 5
"""The number of old files to keep."""
_JSON_LINES = frozenset({".json", ".jsonl", ".ndjson"})
_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """One JSON object per line: `time` (UTC), `level`, `logger`, `message`, and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD_ATTRIBUTES}
        standard = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        return visible_json(json.dumps(standard | extra, ensure_ascii=False, default=str))


class TextLines(logging.Formatter):
    """Time (UTC), level, logger and message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        message = " ".join(visible_line(record.getMessage()).split())
        return f"{_time(record)} {record.levelname:5} {record.name}: {message}"


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def logging_to(path: Path, *, values: bool, mode: int = 0o600) -> Iterator[None]:
    """Write the log of the block to a file, as JSON lines if its name ends in `.json`, `.jsonl` or `.ndjson`.

    Args:
        path: the file, which is appended to
        values: also log keys and notes, which may contain recipients' data
        mode: permissions of the file, if it doesn't exist yet, and of old files

    Raises:
        InputError: the file can't be written
    """
    handler = _handler(path, mode)
    handler.setFormatter(JsonLines() if path.suffix.lower() in _JSON_LINES else TextLines())
    ours, of_values = logging.getLogger("merge"), logging.getLogger("merge.values")
    before = ours.level, of_values.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    of_values.setLevel(logging.DEBUG if values else logging.INFO)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(before[0])
        of_values.setLevel(before[1])
        handler.close()


def _handler(path: Path, mode: int) -> RotatingFileHandler:
    try:
        return _QuietHandler(path, mode)
    except OSError as error:
        raise InputError(
            f"castmerge can't write the log there ({error.strerror})",
            place=f"--log {path}",
            hint="Choose a file in a folder that you can write to",
        ) from error


class _QuietHandler(RotatingFileHandler):
    def __init__(self, path: Path, permissions: int) -> None:
        self._permissions = permissions
        super().__init__(path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        private = partial(os.open, mode=self._permissions)
        return open(self.baseFilename, "a", encoding="utf-8", opener=private)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Ignore it: a full disk mustn't stop a paid run, nor print a traceback."""

    def close(self) -> None:
        """Close the file; lines that couldn't be written are lost."""
        with suppress(OSError):
            super().close()
