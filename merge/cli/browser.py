"""Open a page in the browser, where this computer has a screen to show it on."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path


def open_page(page: Path) -> bool:
    """Open a page; tell whether there was a browser to open it in."""
    return _has_screen() and webbrowser.open(page.resolve().as_uri())


def _has_screen() -> bool:
    """Without a screen Linux would open a browser of letters, in the very window that asks."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
