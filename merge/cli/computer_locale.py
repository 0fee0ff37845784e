"""The region that this computer is set to, for dates and amounts that follow it."""

from __future__ import annotations

import locale
import os
import re
import subprocess
import sys
from collections.abc import Mapping

from merge.settings import Settings

_NAMED = re.compile(r"([a-z]{2,3})[_-]([A-Z]{2})\b")
_VARIABLES = ("LC_ALL", "LC_TIME", "LANG")
_SECONDS = 2.0


def computer_locale(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the locale of this computer's regional settings, such as `de_DE`; None if none is set."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - Windows only

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultLCID())
    # As in POSIX, the first variable that is set counts.
    named = next((value for name in _VARIABLES if (value := environment.get(name))), "")
    found = _NAMED.match(named) or (_NAMED.match(_of_macos()) if sys.platform == "darwin" else None)
    return f"{found[1]}_{found[2]}" if found else None


def _of_macos() -> str:
    """The region in the settings of macOS; programs started by a double-click have no variables."""
    command = ["/usr/bin/defaults", "read", "-g", "AppleLocale"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command of the system
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def locale_lines(settings: Settings) -> list[str]:
    """Which region is used for dates and amounts, if none was given."""
    if not settings.locale_assumed:
        return []
    why = "this computer's region" if computer_locale() else "because this computer has no region set"
    line = f"Dates and amounts are formatted for {settings.locale}, {why}. "
    return [f"{line}To change that, add --locale, such as --locale en_GB."]
