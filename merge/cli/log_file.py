"""`--log FILE`: what castmerge did and asked, line by line; no secrets, and no recipient's data unasked."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from merge.errors import InputError

LARGEST = 10_000_000
"""Bytes of one file; then it is set aside with a number at its end."""
KEPT = 5
_JSON_LINES = frozenset({".json", ".jsonl", ".ndjson"})
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """One object a line: `time` (UTC), `level`, `logger`, `message`, and the facts by their names."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        facts = {name: value for name, value in vars(record).items() if name not in _USUAL}
        told = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(told | facts, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Time (UTC), level, logger and message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        said = " ".join(record.getMessage().split())
        return f"{_time(record)} {record.levelname:5} {record.name}: {said}"


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def logging_to(target: str | None, *, values: bool) -> Iterator[None]:
    """Write the log of the block to a file, as JSON lines where its name ends in `.json` or `.jsonl`.

    Args:
        target: the file, or None for no log
        values: whether keys and notes, which may hold recipients' data, are written too

    Raises:
        InputError: the file cannot be written
    """
    if not target:
        yield
        return
    handler = _handler(Path(target))
    handler.setFormatter(JsonLines() if Path(target).suffix.lower() in _JSON_LINES else TextLines())
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


def _handler(path: Path) -> RotatingFileHandler:
    try:
        return _Quiet(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"the log cannot be written there ({error.strerror})",
            place=f"--log {path}",
            hint="Name a file in a folder that may be written to",
        ) from error


class _Quiet(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A full disk must not stop what has been paid for, nor show a traceback."""

    def close(self) -> None:
        """Likewise what was still to be written."""
        with suppress(OSError):
            super().close()
