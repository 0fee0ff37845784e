"""SVG text that nothing can break out of: elements are made here alone, and every word in them is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import NewType, TypeAlias

Svg = NewType("Svg", str)
"""SVG text that this module has made."""

Attributes: TypeAlias = "dict[str, str | float]"
"""Names of ours with texts and numbers; what is an empty text is left out."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (section 2.2) does not know, and noncharacters, which HTML parsers report."""
EMPTY = Svg("")


def escaped(text: str) -> str:
    """A text for the inside of an element or of a quoted attribute."""
    return html.escape(_NOT_XML.sub("\ufffd", text), quote=True)


def words(text: str) -> Svg:
    """A text as SVG."""
    return Svg(escaped(text))


def element(name: str, attributes: Mapping[str, str | float], *children: Svg) -> Svg:
    """An element.

    Args:
        name: the tag's name, ours alone
        attributes: names of ours, with texts that are escaped and numbers that are shortened
        children: what is inside of it
    """
    written = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items() if value != "")
    return Svg(f"<{name}{written}>{''.join(children)}</{name}>")


def together(*parts: Svg) -> Svg:
    """Several parts, the later ones in front."""
    return Svg("".join(parts))


def _value(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else figure(value)


def figure(number: float) -> str:
    """A number with at most two digits behind the point, which is less than anybody sees."""
    written = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written
