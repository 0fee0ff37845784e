"""The names of pages, and the browser that opens them."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from merge.errors import InputError

_ENDINGS = frozenset({".html", ".htm"})


def page_path(path: Path) -> Path:
    """The path, if it can be a page's.

    Raises:
        InputError: its name doesn't end in `.html` or `.htm`
    """
    if path.suffix.lower() not in _ENDINGS:
        raise InputError(
            "the file name must end in .html",
            place=str(path),
            hint=f"Use -o {path.stem or 'page'}.html",
        )
    return path


def open_page(page: Path) -> bool:
    """Open a page in the browser; returns whether there was one to open it in."""
    return has_screen() and webbrowser.open(page.resolve().as_uri())


def has_screen() -> bool:
    """On Linux without a screen, `webbrowser` would start a text browser in this terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
