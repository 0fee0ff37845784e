"""Patterns of dates and times as people know them from Excel, made into those of the CLDR.

The CLDR's `D` (day of the year) and `Y` (year of the week) are what nobody means who writes `DD.MM.YYYY`,
and `m` in a date without hours would give minutes (Unicode Technical Standard 35, part 4).
"""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = re.compile(
    r"'[^']*'|(?P<word>\b(?:at|de|del|den|der|di|el|em|il|le|of|the|um|Uhr)\b)|(?P<run>[A-Za-z])(?P=run)*"
)
_HALF_DAY: Final = re.compile(r"AM/PM|am/pm|a\.m\./p\.m\.")
_HOURS: Final = re.compile(r"[hHkKs]")
_WEEKDAYS: Final = {"ddd": "EEE", "dddd": "EEEE"}


def date_pattern(pattern: str) -> str:
    """A date's pattern: `dd/mm/yyyy`, `DD.MM.YYYY` and `dddd, d mmmm` mean what they do in Excel."""
    clock = _HOURS.search(re.sub(r"'[^']*'", "", pattern)) is not None
    return _rewritten(pattern, {"D": "d", "Y": "y"} if clock else {"D": "d", "Y": "y", "m": "M"})


def time_pattern(pattern: str) -> str:
    """A time's pattern: `HH:MM` and `h:mm AM/PM` mean what they do in Excel."""
    return _rewritten(_HALF_DAY.sub("a", pattern), {"M": "m", "S": "s"})


def _rewritten(pattern: str, letters: dict[str, str]) -> str:
    def meant(found: re.Match[str]) -> str:
        if found["word"]:
            return f"'{found[0]}'"
        run = found[0] if found["run"] is None else letters.get(found["run"], found["run"]) * len(found[0])
        return _WEEKDAYS.get(run, run)

    return _PARTS.sub(meant, pattern)
