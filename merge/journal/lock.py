"""One run at a time per journal: a lock of the operating system, which a crash releases."""

from __future__ import annotations

import getpass
import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from merge.errors import JournalError
from merge.journal.records import as_text
from merge.journal.sqlite import translate_errors
from merge.model import JSON

__all__ = ["hard_link_lock", "run_lock"]


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
    # Not in the lock file itself: on Windows nobody can read it while it is locked.
    note = journal.with_name(f"{journal.name}.holder")
    with translate_errors(journal):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise JournalError(
                f"another castmerge run is using this workbook ({_holder(note)})",
                place=str(journal),
                hint="Wait for it to finish or stop it, and then try again",
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


@contextmanager
def hard_link_lock(workbook: Path) -> Iterator[None]:
    """Lock a workbook that has several names (hard links); each name may have its own journal.

    The lock is on the file itself, if the system can lock a file that is only read. A file with one name, as
    nearly all are, isn't locked, because other programs could then refuse to open it.

    Raises:
        JournalError: a run that opened it by another name holds it
    """
    with ExitStack() as until_the_end:
        with suppress(OSError, ImportError):
            if workbook.stat().st_nlink > 1 and workbook.is_file():
                import fcntl  # noqa: PLC0415 - Windows doesn't have it

                file = until_the_end.enter_context(workbook.open("rb"))
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise JournalError(
                        "another castmerge run is using this file under another name (hard link)",
                        place=str(workbook),
                        hint="Wait for it to finish or stop it, and then try again",
                    ) from error
        yield


def _holder_note(now: datetime, user: Callable[[], str]) -> dict[str, JSON]:
    name = ""
    # An account in a container may have no name; getpass then imports pwd, which Windows doesn't have.
    with suppress(KeyError, OSError, ImportError):
        name = user()
    return {"user": name, "host": platform.node(), "process": os.getpid(), "since": as_text(now)}


def _holder(note: Path) -> str:
    """Describe the process that holds the lock, as far as its note can be read."""
    found: JSON = None
    with suppress(OSError, ValueError):
        if note.is_file():  # opening a pipe would wait for its writer
            found = json.loads(note.read_text(encoding="utf-8"))
    match found:
        case {"user": str(user), "host": str(host), "process": int(process), "since": str(since)}:
            return f"{user or 'someone'} on {host}, process {process}, since {since}"
        case _:
            return "owner unknown"
