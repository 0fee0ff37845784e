"""Pages and tables as files: the parts of pages, and saving in one step."""

from __future__ import annotations

import os
from functools import partial
from importlib.resources import files
from pathlib import Path

from merge.errors import InputError
from merge.reports.html import Assets


def page_assets() -> Assets:
    """The style sheets, scripts and Jinja templates of pages."""
    folder = files("merge") / "reports" / "html" / "assets"
    return Assets(
        {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.is_file()}
    )


def save_text(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file in one step: a temporary file next to it is renamed.

    Args:
        path: the file; one that exists is replaced
        text: its content
        mode: its permissions

    Raises:
        InputError: the file can't be written
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # A template's JSON may contain lone surrogates, which can't be encoded; they become question marks.
        temporary.unlink(missing_ok=True)
        private = partial(os.open, mode=mode)
        with open(temporary, "x", encoding="utf-8", errors="replace", newline="", opener=private) as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            f"castmerge can't save the file there ({error.strerror})",
            place=str(path),
            hint="Choose a folder that you can write to",
        ) from error
