"""What a shared journal recognizes a workbook by."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SharedWorkbook"]


@dataclass(frozen=True, slots=True)
class SharedWorkbook:
    """What a shared journal recognizes a workbook by.

    Attributes:
        path: the workbook, or the CSV file that it will be made from
        practice: whether its videos are simulated, so that they never count as real
        lock: where this computer locks it: only one run at a time writes to one file
        mode: the permissions of that lock
        shown: returns the ids in its cells; asked for only if nothing else is known
    """

    path: Path
    practice: bool
    lock: Path
    mode: int = 0o600
    shown: Callable[[], Collection[str]] = tuple

    def traces(self) -> tuple[str, ...]:
        """What it is known by: its content as it is now, then its path on this computer."""
        here = f"{platform.node()}:{self.path.resolve()}"
        try:
            with self.path.open("rb") as file:
                return (f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}", here)
        except OSError:
            return (here,)
