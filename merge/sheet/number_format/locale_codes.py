"""What follows the dash in `[$-409]`: a language, and with it the shape of digits and the calendar.

Source: an LCID is eight hex digits, two each for the shape of digits and the calendar, four for the language;
a language tag may carry the upper four behind a comma (`[$-th-TH,D07]`).
"""

from __future__ import annotations

import locale as standard_locale
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_SYSTEM: Final = frozenset({0, 0xF800, 0xF400})
_SYSTEM_TAGS: Final = frozenset({"", "x-sysdate", "x-systime"})
_GENITIVE: Final = 0xFC00
_LANGUAGE_BITS: Final = 0x3FF
_FIRST_YEAR: Final = "-x-gannen"
_ASKED_FOR: Final = 0x7F
"""The eighth bit tells how such a date is typed in, and nothing of how it is shown."""
_TAG: Final = re.compile(r"([a-z]{2,3}(?:-[a-z0-9]+)*|x-[a-z]+)?(?:,([0-9a-f]{1,4}))?", re.IGNORECASE)
_LCID: Final = re.compile(r"(?=[a-f]*[0-9])([0-9a-f]{1,8})(?:,.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Language:
    """A language as a number format asks for it.

    Attributes:
        locale: its locale, such as `de_DE`; "" for the reader's own
        shape: the number of the shape of its digits; 0 for the usual ones
        calendar: the number of its calendar, as Windows counts them; 0 for the usual one
        inflected: whether names of months are wanted as they stand within a date
        first_year: whether the first year of a Japanese era is named and not counted
    """

    locale: str = ""
    shape: int = 0
    calendar: int = 0
    inflected: bool = False
    first_year: bool = False


@lru_cache(maxsize=512)
def language_of(code: str) -> Language:
    """Understands an LCID in hex or a language tag; an unknown one is English."""
    if lcid := _LCID.fullmatch(code):
        return _by_number(int(lcid[1], 16))
    first_year = _FIRST_YEAR in code.lower()
    found = _TAG.fullmatch(code.lower().replace(_FIRST_YEAR, ""))
    if not found:
        return Language("en")
    upper = int(found[2] or "0", 16)
    tag = found[1] or ""
    locale = "" if tag in _SYSTEM_TAGS else tag.replace("-", "_")
    return Language(locale, upper >> 8 & _ASKED_FOR, upper & _ASKED_FOR, first_year=first_year)


def _by_number(number: int) -> Language:
    shape, calendar, lcid = number >> 24 & _ASKED_FOR, number >> 16 & _ASKED_FOR, number & 0xFFFF
    if lcid in _SYSTEM:
        return Language("", shape, calendar)
    inflected = lcid >= _GENITIVE
    known = 0x400 | (lcid & _LANGUAGE_BITS) if inflected else lcid
    return Language(standard_locale.windows_locale.get(known, "en"), shape, calendar, inflected)
