"""Text that is safe to show: without characters that control a terminal, reorder a line or break it.

Names in workbooks and responses of the service can contain anything. Terminal, CSV, log and pages each clean
it in one place with these functions; workbook, journal and submitted text keep it unchanged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from merge.model import JSON

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
"""C0 without tab, line feed and carriage return, DEL, and C1 without NEL (ECMA-48)."""
_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""The characters with the property Bidi_Control (Unicode Standard Annex 9)."""
_BREAKS = r"\x85\u2028\u2029"
"""Characters that some programs treat as the end of a line."""
_LONE_RETURN = r"\r(?!\n)"
"""It would let the rest of a line overwrite its beginning."""

_UNSAFE = re.compile(f"(?P<blank>[{_BREAKS}]|{_LONE_RETURN})|(?P<mark>[{_CONTROLS}{_BIDI}])")
_UNSAFE_IN_JSON = re.compile(f"[{_CONTROLS}{_BIDI}{_BREAKS}]")
_LINES = re.compile(r"[\r\n\t]+")


def visible(text: str) -> str:
    r"""Return a text with every unsafe character replaced; tabs and line feeds are kept.

    >>> visible("Ana\x1b[2J\u2028Ben")
    'Ana\ufffd[2J Ben'
    """
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: " " if found["blank"] else "\ufffd", text)


def visible_line(text: str) -> str:
    """Return a text like `visible` does, on one line."""
    return text if text.isprintable() else _LINES.sub(" ", visible(text))


def visible_json(text: str) -> str:
    r"""Return JSON text with unsafe characters in its strings as `\u202e`; its value is the same."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def visible_data(data: JSON) -> JSON:
    """Return JSON data with every text cleaned by `visible`."""
    match data:
        case str():
            return visible(data)
        case dict():
            return {name: visible_data(value) for name, value in data.items()}
        case list():
            return [visible_data(value) for value in data]
        case _:
            return data
