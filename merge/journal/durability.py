"""How what is recorded reaches the disk: surviving a power cut on any drive, sooner on one's own."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["is_on_own_drive", "kind_of_drive", "set_durable", "wal_mode"]

# With EXTRA a commit is on disk when it returns, in either mode; fullfsync is what macOS needs for that.
_SYNCED = ("PRAGMA synchronous = EXTRA", "PRAGMA fullfsync = ON")
_EVERYWHERE = "truncate"
"""A rollback journal: five syncs a commit, and right on network drives too."""
_OWN_DRIVE = "wal"
"""A write-ahead log: one sync a commit; it needs memory that all who open the file share."""
_LONGEST_LOG = "PRAGMA wal_autocheckpoint = 100"
"""In pages of 4 KiB: little lies beside the file, and taking it over so often costs nothing measurable."""
_OWN_KINDS = {"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def set_durable(database: sqlite3.Connection) -> None:
    """Make every commit durable; a log that a run is using, or a killed one has left, goes on being used."""
    for setting in _SYNCED:
        database.execute(setting)
    if _mode(database) != _OWN_DRIVE:
        database.execute(f"PRAGMA journal_mode = {_EVERYWHERE}")


@contextmanager
def wal_mode(database: sqlite3.Connection, *, own_drive: bool) -> Iterator[None]:
    """Commit with fewer syncs while one run writes, where the drive allows; at its end it is one file again.

    Args:
        database: the journal, in no transaction
        own_drive: whether it is on a drive that no other computer writes to
    """
    database.execute(_LONGEST_LOG)
    database.execute(f"PRAGMA journal_mode = {_OWN_DRIVE if own_drive else _EVERYWHERE}")
    try:
        yield
    finally:
        # Where somebody reads it, or the disk is full, the last one to close it tidies up, or the next run.
        with suppress(sqlite3.Error):
            database.execute(f"PRAGMA journal_mode = {_EVERYWHERE}")


def is_on_own_drive(path: Path) -> bool:
    """Tell whether a file is known to be on a drive of this computer; where nothing says so it is not."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        return kind_of_drive(path.resolve().parent, mounts.splitlines()) in _OWN_KINDS
    except (OSError, ValueError):
        return False


def kind_of_drive(folder: Path, mounts: Iterable[str]) -> str:
    """Return the file system that a folder is on, or "" where that cannot be told.

    Args:
        folder: its whole path, without links
        mounts: the lines of `/proc/self/mountinfo` (proc(5) of Linux); a later one covers an earlier one
    """
    deepest, kind = -1, ""
    for mount in mounts:
        described, _, system = mount.partition(" - ")
        point = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), described.split()[4]))
        if folder.is_relative_to(point) and len(point.parts) >= deepest:
            deepest, kind = len(point.parts), system.split()[0]
    return kind


def _mode(database: sqlite3.Connection) -> str:
    return str(database.execute("PRAGMA journal_mode").fetchone()[0])
