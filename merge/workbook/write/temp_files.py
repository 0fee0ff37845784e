"""Unfinished files beside a workbook: how they are named, and which of them nobody will finish any more."""

from __future__ import annotations

import os
import platform
import re
import zlib
from contextlib import suppress
from pathlib import Path

SUFFIX = ".tmp"
_STEM = ".castmerge-"
_SCRAP = re.compile(r"\.castmerge-([0-9a-f]{8})-(\d{1,10})-.*\.tmp")
_ABANDONED_AFTER = 24 * 60 * 60
"""Seconds; the largest workbook takes minutes."""


def prefix() -> str:
    """What the names of this process's unfinished files begin with: its computer, its number."""
    return f"{_STEM}{_computer()}-{os.getpid()}-"


def remove_abandoned(folder: Path, now: float) -> None:
    """Removes the unfinished files of processes that were killed; all others stay.

    One of this computer is left behind where its process is gone. Of others, whose processes cannot be seen,
    and on Windows, it is left behind after a day.

    Args:
        folder: where to look; what lies deeper is not looked at
        now: seconds since 1970 by the clock that stamps this folder's files, such as of one just written
    """
    with suppress(OSError):  # no reason to stop: they only take room
        for path in list(folder.glob(f"{_STEM}*{SUFFIX}")):
            if _is_abandoned(path, now):
                with suppress(OSError):
                    path.unlink()


def _is_abandoned(path: Path, now: float) -> bool:
    found = _SCRAP.fullmatch(path.name)
    if found is None:
        return False
    if os.name == "posix" and found[1] == _computer():
        return _is_gone(int(found[2]))
    return now - path.stat().st_mtime > _ABANDONED_AFTER


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False  # somebody else's
    return False


def _computer() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"
