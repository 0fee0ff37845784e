"""Who has a workbook open: the small files that Excel and LibreOffice keep beside it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_NAME_BYTES = 54
"""Excel's owner file: a length, the name in the system's letters, then length and name in UTF-16."""
_SOMEBODY = "somebody"


@dataclass(frozen=True, slots=True)
class FileLockOwner:
    """Somebody who has a workbook open.

    Attributes:
        name: whoever it is, as the program knows them
        program: Excel or LibreOffice
        marker: the file that says so
    """

    name: str
    program: str
    marker: Path


def holder_of(path: Path) -> FileLockOwner | None:
    """Who has the workbook open; None where nobody is known to.

    A marker that is a symbolic link, as LibreOffice's is on some systems, need not lead anywhere.
    """
    excel, office = path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")
    if (content := _content(excel)) is not None:
        return FileLockOwner(_in_excel(content) or _SOMEBODY, "Excel", excel)
    if (content := _content(office)) is not None:
        return FileLockOwner(_in_libreoffice(content) or _SOMEBODY, "LibreOffice", office)
    return None


def lock_owner(path: Path) -> str | None:
    """The name of who has the workbook open; None where nobody is known to."""
    holder = holder_of(path)
    return holder.name if holder else None


def _content(marker: Path) -> bytes | None:
    """What a marker says; b"" where it is there but cannot be read, None where there is none."""
    try:
        return marker.read_bytes()
    except FileNotFoundError:
        return b"" if marker.is_symlink() else None
    except OSError:
        return b""


def _in_excel(content: bytes) -> str:
    length = content[_NAME_BYTES + 1] if len(content) > _NAME_BYTES + 1 else 0
    wide = content[_NAME_BYTES + 3 : _NAME_BYTES + 3 + 2 * length].decode("utf-16-le", "ignore")
    narrow = content[1 : 1 + content[0]].decode("cp1252", "replace") if content else ""
    return wide.strip() or narrow.strip()


def _in_libreoffice(content: bytes) -> str:
    """Full name, account, computer, time and profile, with commas between them."""
    names = content.decode("utf-8", "replace").rstrip(";\n").split(",")[:3]
    return next((name.strip() for name in names if name.strip()), "")
