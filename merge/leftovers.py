"""Words that a program left behind and that nobody means to be said: `{{ name }}`, `#N/A`, `nan`."""

from __future__ import annotations

import re

_BRACES = re.compile(r"\{\{.{0,60}?(?:\}\}|$)|\{%.{0,60}?(?:%\}|$)|\}\}|%\}", re.DOTALL)
_ERROR = re.compile(r"(?<![\w#])#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")
_OVERFLOW = re.compile(r"#{4,}")
_EMPTY = re.compile(r"(?<![\w'’-])(?:None|nan|NaN|NaT|<NA>|null|NULL|undefined|\[object Object\])(?![\w'’-])")
_NONE_OF = re.compile(r"None (?:of|is|are|was|were|other|at|the|but|can|will|has|have)\b")
_SINGLE = re.compile(r"\{[^{}\n]{1,60}\}")


def certain_leftover(text: str) -> str:
    """What cannot be meant, such as `{{ name }}` or `#N/A`; "" where there is nothing.

    Args:
        text: a text that is spoken or shown, without markup
    """
    for pattern in (_BRACES, _ERROR, _OVERFLOW):
        found = pattern.search(text)
        if found:
            return found[0]
    return ""


def doubtful_leftover(text: str) -> str:
    """What is hardly meant, such as `nan`, `null` or `{name}`; "" where there is nothing."""
    for found in _EMPTY.finditer(text):
        if not _NONE_OF.match(text, found.start()):
            return found[0]
    single = _SINGLE.search(text)
    return single[0] if single else ""
