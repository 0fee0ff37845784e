"""What the app saves for its user, outside any campaign: recent folders, preferences, and where it runs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from merge.app.folder import iso
from merge.model import JSON

_MOST_RECENT = 8
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


def user_folder() -> Path:
    """The folder for castmerge's own files, as each system defines it."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "castmerge"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/castmerge"
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state.startswith("/") else Path.home() / ".local/state") / "castmerge"


class UserFiles:
    """The files in that folder. If the folder can't be written to, nothing is saved.

    Args:
        folder: created when something is first saved
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def preferences(self) -> dict[str, JSON]:
        """The saved preferences, by name."""
        return _read(self._folder / "app.json")

    def prefer(self, **answers: JSON) -> None:
        """Save preferences."""
        self._save("app.json", {**self.preferences, **answers})

    def recent(self) -> list[dict[str, JSON]]:
        """The folders and workbooks used last, latest first."""
        found = self.preferences.get("recent")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def used(self, folder: Path, workbook: str, at: datetime) -> None:
        """Save a workbook that was chosen."""
        name = hashlib.sha256(f"{folder}\0{workbook}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
        entry: dict[str, JSON] = {
            "id": name,
            "folder": folder.name,
            "path": str(folder),
            "workbook": workbook,
            "at": iso(at),
        }
        others = [each for each in self.recent() if each.get("id") != name]
        recent: list[JSON] = [entry, *others]
        self.prefer(recent=recent[:_MOST_RECENT])

    def running(self, folder: Path) -> str:
        """The URL of the app that serves a folder, according to its file; "" if there's none."""
        return str(_read(self._folder / _running_name(folder)).get("url") or "")

    def runs(self, folder: Path, url: str) -> None:
        """Record the URL of the app that serves a folder, for a second start."""
        self._save(_running_name(folder), {"url": url, "folder": str(folder), "process": os.getpid()})

    def ended(self, folder: Path, url: str) -> None:
        """Remove that record, unless another start has written its own since."""
        if self.running(folder) == url:
            with suppress(OSError):
                (self._folder / _running_name(folder)).unlink()

    def _save(self, name: str, data: dict[str, JSON]) -> None:
        path = self._folder / name
        temporary = path.with_name(f"{name}.{os.getpid()}.part")
        with suppress(OSError):
            path.parent.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
            with open(handle, "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - a descriptor
                json.dump(data, file, ensure_ascii=False, indent=1)
            temporary.replace(path)


def _running_name(folder: Path) -> str:
    name = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"running-{name}.json"


def _read(path: Path) -> dict[str, JSON]:
    with suppress(OSError, ValueError, RecursionError):
        data: JSON = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict):
            return data
    return {}
