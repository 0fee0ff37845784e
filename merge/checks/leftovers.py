"""Words that a program left behind and that nobody means to be said: `{{ name }}`, `#N/A`, `nan`."""

from __future__ import annotations

import re

_BRACES = re.compile(r"\{\{.{0,60}?(?:\}\}|$)|\{%.{0,60}?(?:%\}|$)|\}\}|%\}", re.DOTALL)
_ERROR = re.compile(r"(?<![\w#])#(?:N/A(?!\w)|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")
_OBJECT = re.compile(
    r"<(?:built-in |bound )?(?:method|function|generator|macro|class|module|merge\.)\b[^<>]*>"
    r"|<[\w.]+ object at 0x[0-9a-f]+>|\((?:'[^'\n]*',)+(?: ?'[^'\n]*')?\)|\['[^'\n]*'(?:, '[^'\n]*')*\]"
    r"|\{'[^'\n]*': "
)
"""What Python writes for lists, functions and the like, where a template prints one of them."""
_OVERFLOW = re.compile(r"#{4,}")
_EMPTY = re.compile(r"(?<![\w'’-])(?:None|nan|NaN|NaT|<NA>|null|NULL|undefined|\[object Object\])(?![\w'’-])")
_NONE_OF = re.compile(r"None (?:of|is|are|was|were|other|at|the|but|can|will|has|have)\b")
_ADDRESS = re.compile(r" (?:of [\w.]+ )?object at 0x[0-9a-f]+")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>")
_SINGLE = re.compile(r"\{[^{}\n]{1,60}\}")


def certain_leftover(text: str) -> str:
    """What cannot be meant, such as `{{ name }}` or `#N/A`; "" where there is nothing.

    Args:
        text: a text that is spoken or shown, without markup
    """
    for pattern in (_BRACES, _ERROR, _OBJECT, _OVERFLOW):
        found = pattern.search(text)
        if found:
            return _ADDRESS.sub("…", found[0])
    return ""


def likely_leftover(text: str) -> str:
    """What is hardly meant, such as `nan`, `{name}` or a tag that is text; "" where there is nothing."""
    for found in _EMPTY.finditer(text):
        if not _NONE_OF.match(text, found.start()):
            return found[0]
    single = _SINGLE.search(text) or _TAG.search(text)
    return single[0] if single else ""
