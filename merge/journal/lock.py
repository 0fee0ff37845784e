"""One run at a time per journal: a lock of the operating system, which a crash releases."""

from __future__ import annotations

import getpass
import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from merge.errors import JournalError
from merge.journal.schema import as_text
from merge.journal.sqlite import translate_errors
from merge.model import JSON

__all__ = ["run_lock"]


@contextmanager
def run_lock(
    journal: Path, *, now: datetime, mode: int = 0o600, user: Callable[[], str] = getpass.getuser
) -> Iterator[None]:
    """Hold the journal for this run, with a note next to it that says which process holds it.

    Args:
        journal: the journal's path; the lock is a file next to it
        now: the time in UTC
        mode: permissions of the lock and the note
        user: returns the name of the account, and may fail

    Raises:
        JournalError: another run holds it; the message names the user, host and process
    """
    lock = FileLock(f"{journal}.lock", mode=mode, thread_local=False)
    # Not in the lock file itself: on Windows nobody can read that while it is locked.
    note = journal.with_name(f"{journal.name}.holder")
    with translate_errors(journal):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise JournalError(
                f"another run is at work on this workbook ({_holder(note)})",
                place=str(journal),
                hint="Wait until it has ended, or end it; then run again",
            ) from error
    try:
        with translate_errors(journal):
            text = json.dumps(_holder_note(now, user))
            with open(note, "w", encoding="utf-8", opener=partial(os.open, mode=mode)) as file:
                file.write(text)
        yield
    finally:
        with suppress(OSError):
            note.unlink()
        lock.release()


def _holder_note(now: datetime, user: Callable[[], str]) -> dict[str, JSON]:
    name = ""
    # An account in a container may have no name; getpass then imports pwd, which Windows doesn't have.
    with suppress(KeyError, OSError, ImportError):
        name = user()
    return {"user": name, "host": platform.node(), "process": os.getpid(), "since": as_text(now)}


def _holder(note: Path) -> str:
    """Describe the process that holds the lock, as far as its note can be read."""
    try:
        found: JSON = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    match found:
        case {"user": str(user), "host": str(host), "process": int(process), "since": str(since)}:
            return f"{user or 'somebody'} on {host}, process {process}, since {since}"
        case _:
            return "it did not say who it is"
