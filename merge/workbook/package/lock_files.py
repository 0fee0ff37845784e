"""Detect who has a workbook open, from the owner files of Excel (`~$…`) and LibreOffice (`.~lock.…#`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_NAME_BYTES = 54
"""Bytes for the name in Excel's owner file: its length and the name in the code page, then both in UTF-16."""
_SOMEONE = "someone"
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class FileLockOwner:
    """A user who has a workbook open.

    Attributes:
        name: the user's name in that program
        program: Excel or LibreOffice
        marker: the owner file
    """

    name: str
    program: str
    marker: Path


def holder_of(path: Path) -> FileLockOwner | None:
    """Return who has the workbook open, or None.

    An owner file may be a symbolic link to nothing, as LibreOffice's is on some systems.
    """
    excel, office = path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")
    if (content := _content(excel)) is not None:
        return FileLockOwner(_in_excel(content) or _SOMEONE, "Excel", excel)
    if (content := _content(office)) is not None:
        return FileLockOwner(_in_libreoffice(content) or _SOMEONE, "LibreOffice", office)
    return None


def lock_owner(path: Path) -> str | None:
    """Return the name of the user who has the workbook open, or None."""
    holder = holder_of(path)
    return holder.name if holder else None


def _content(marker: Path) -> bytes | None:
    """Return a file's content; b"" if it exists but can't be read, None if it doesn't exist."""
    try:
        if not marker.is_file():  # opening a pipe would wait for its writer
            return b"" if marker.is_symlink() or marker.exists() else None
        with marker.open("rb") as file:
            return file.read(_LONGEST)
    except OSError:
        return b""


def _in_excel(content: bytes) -> str:
    length = content[_NAME_BYTES + 1] if len(content) > _NAME_BYTES + 1 else 0
    wide = content[_NAME_BYTES + 3 : _NAME_BYTES + 3 + 2 * length].decode("utf-16-le", "ignore")
    narrow = content[1 : 1 + content[0]].decode("cp1252", "replace") if content else ""
    return wide.strip() or narrow.strip()


def _in_libreoffice(content: bytes) -> str:
    """LibreOffice writes full name, account, computer, time and profile, separated by commas."""
    names = content.decode("utf-8", "replace").rstrip(";\n").split(",")[:3]
    return next((name.strip() for name in names if name.strip()), "")
