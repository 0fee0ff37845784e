"""SQLite settings that make commits durable on every drive, and its errors as `JournalError`."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from merge.errors import JournalError

__all__ = [
    "file_system_of",
    "folder_mode",
    "is_on_local_drive",
    "make_private",
    "set_durable",
    "translate_errors",
    "wal_mode",
]

# With EXTRA a commit is on disk when it returns, in either mode; macOS needs fullfsync for that.
_SYNC_SETTINGS = ("PRAGMA synchronous = EXTRA", "PRAGMA fullfsync = ON")
_ROLLBACK = "truncate"
"""A rollback journal: five syncs a commit, and correct on network drives too."""
_WAL = "wal"
"""A write-ahead log: one sync a commit. It needs memory shared by all processes that open the file."""
_CHECKPOINT = "PRAGMA wal_autocheckpoint = 100"
"""In pages of 4 KiB: keeps the log small, and checkpoints this often cost nothing measurable."""
_LOCAL_FILE_SYSTEMS = {"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")

_ELSEWHERE = "With --journal, choose a place that you can write to, and then run again"
_DAMAGED = (
    "Put back a copy of it, or move it away. castmerge then goes by the workbook's result columns "
    "and the projects in AI Studios"
)
# The start of SQLite's name of an error (https://sqlite.org/rescode.html), what it means, and the hint.
_MESSAGES = (
    ("SQLITE_NOTADB", "is damaged, or isn't a journal", _DAMAGED),
    ("SQLITE_CORRUPT", "is damaged", _DAMAGED),
    ("SQLITE_FULL", "can't grow, because the disk is full", "Free up space on the disk, and then run again"),
    ("SQLITE_READONLY", "can't be written", _ELSEWHERE),
    ("SQLITE_PERM", "can't be written", _ELSEWHERE),
    ("SQLITE_CANTOPEN", "can't be opened", _ELSEWHERE),
    ("SQLITE_BUSY", "is in use by another program", "Close that program, and then run again"),
    ("SQLITE_IOERR", "can't be read or written, because of a disk error", _ELSEWHERE),
)


def make_private(path: Path, mode: int) -> None:
    """Create the file with these permissions or, if it exists, remove any permissions beyond them.

    SQLite gives the files next to it (`-wal`, `-shm`, `-journal`) the permissions of the database.

    Raises:
        OSError: it can't be created
    """
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, mode))
    # Only the owner may change its permissions.
    with suppress(OSError):
        now = stat.S_IMODE(path.stat().st_mode)
        if now & ~mode:
            path.chmod(now & mode)


def folder_mode(mode: int) -> int:
    """Permissions of a folder for files with these permissions: readers of the files may enter it."""
    return mode | (mode & 0o444) >> 2


def set_durable(database: sqlite3.Connection) -> None:
    """Make commits durable. A WAL left by a running or killed process is kept in use."""
    for setting in _SYNC_SETTINGS:
        database.execute(setting)
    if database.execute("PRAGMA journal_mode").fetchone()[0] != _WAL:
        database.execute(f"PRAGMA journal_mode = {_ROLLBACK}")


@contextmanager
def wal_mode(database: sqlite3.Connection, *, local_drive: bool) -> Iterator[None]:
    """Commit with fewer syncs while a run writes, if the drive allows it; afterwards it is one file again.

    Args:
        database: the journal, outside any transaction
        local_drive: whether no other computer writes to its drive
    """
    database.execute(_CHECKPOINT)
    database.execute(f"PRAGMA journal_mode = {_WAL if local_drive else _ROLLBACK}")
    try:
        yield
    finally:
        # Fails if a reader has it open or the disk is full; then the last process to close it cleans up.
        with suppress(sqlite3.Error):
            database.execute(f"PRAGMA journal_mode = {_ROLLBACK}")


def is_on_local_drive(path: Path) -> bool:
    """Whether a file is known to be on a local file system; False if that can't be determined."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        return file_system_of(path.resolve().parent, mounts.splitlines()) in _LOCAL_FILE_SYSTEMS
    except (OSError, ValueError):
        return False


def file_system_of(folder: Path, mounts: Iterable[str]) -> str:
    """Return the name of the file system that a folder is on, or "" if no mount covers it.

    Args:
        folder: its absolute path, with links resolved
        mounts: the lines of `/proc/self/mountinfo` (proc(5) of Linux); a later mount hides an earlier one
    """
    depth, name = -1, ""
    for mount in mounts:
        description, _, file_system = mount.partition(" - ")
        point = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), description.split()[4]))
        if folder.is_relative_to(point) and len(point.parts) >= depth:
            depth, name = len(point.parts), file_system.split()[0]
    return name


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite, of the disk, and of unreadable contents as `JournalError`."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a bug in castmerge; a hint would only hide it
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        for start, meaning, hint in _MESSAGES:
            if name.startswith(start):
                raise JournalError(f"the journal {meaning}", place=str(path), hint=hint) from error
        raise JournalError(f"the journal is damaged ({error})", place=str(path), hint=_DAMAGED) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(
            f"the journal can't be opened ({reason})", place=str(path), hint=_ELSEWHERE
        ) from error
    except UnicodeEncodeError as error:
        raise JournalError(
            "a row has half a character, such as a cut emoji, which can't be saved",
            place=str(path),
            hint="Type the text of that row's cells again",
        ) from error
    except (ValueError, OverflowError) as error:
        raise JournalError(f"the journal is damaged ({error})", place=str(path), hint=_DAMAGED) from error
