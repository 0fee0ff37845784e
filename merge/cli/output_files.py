"""Pages and tables as files: what they are made of, where they go."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from merge.errors import InputError
from merge.reports.html import Assets

_ENDINGS = frozenset({".html", ".htm"})


def page_path(text: str) -> Path:
    """Where a page goes.

    Raises:
        InputError: that is no page's name
    """
    path = Path(text)
    if path.suffix.lower() not in _ENDINGS:
        raise InputError(
            "this makes a page, whose name must end in .html",
            place=text,
            hint=f"Write -o {path.stem or 'page'}.html",
        )
    return path


def page_assets() -> Assets:
    """Style sheets, scripts and templates of pages, as they are shipped."""
    folder = files("merge") / "reports" / "html" / "assets"
    return Assets(
        {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.is_file()}
    )


def save_text(path: Path, text: str) -> None:
    """Write a file beside its place, and put it there in one step.

    Raises:
        InputError: nothing can be written there
    """
    scrap = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # Halves of characters, which a template's JSON may hold, cannot be written; a question mark can.
        scrap.write_text(text, encoding="utf-8", errors="replace", newline="")
        scrap.replace(path)
    except OSError as error:
        scrap.unlink(missing_ok=True)
        raise InputError(
            f"the file cannot be saved there ({error.strerror})",
            place=str(path),
            hint="Choose a folder that you may write to",
        ) from error
