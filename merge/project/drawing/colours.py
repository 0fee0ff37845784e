"""Colours and gradients as saved projects write them (CSS Color 4, CSS Images 4); others are not drawn."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from merge.project.drawing.svg import EMPTY, Svg, element, together

_NUMBER = r"\s*-?[\d.]{1,12}%?\s*"
_COLOUR = re.compile(
    rf"#(?:[0-9a-f]{{3,4}}|[0-9a-f]{{6}}|[0-9a-f]{{8}})"
    rf"|(?:rgb|hsl)a?\((?:{_NUMBER}[,/ ]?){{3,4}}\)|[a-z]{{3,20}}",
    re.IGNORECASE,
)
_GRADIENT = re.compile(r"(linear|radial)-gradient\((.{1,500})\)", re.IGNORECASE | re.DOTALL)
_PARTS = re.compile(r",(?![^(]*\))")
_STOP = re.compile(r"(?P<colour>.+?)(?:\s+(?P<place>[\d.]{1,8})%)?", re.DOTALL)
_ANGLE = re.compile(r"(-?[\d.]{1,8})deg")
_SIDES = {"to top": 0.0, "to right": 90.0, "to bottom": 180.0, "to left": 270.0}
_CORNERS = {"to top right": 45.0, "to bottom right": 135.0, "to bottom left": 225.0, "to top left": 315.0}
_TOWARDS = _SIDES | _CORNERS
_LONGEST = 64
"""Letters of a colour."""
_USUAL = 180.0
"""Degrees: from top to bottom, where a gradient names no direction."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What an area is filled with.

    Attributes:
        value: for an attribute such as `fill`
        needed: what must stand in the drawing besides, such as a gradient
    """

    value: str
    needed: Svg = EMPTY


def colour(text: str, usual: str) -> str:
    """A colour that is known to be one, else the usual one."""
    found = text.strip()
    return found if len(found) <= _LONGEST and _COLOUR.fullmatch(found) else usual


def paint(text: str, usual: str) -> Paint:
    """A colour or a gradient, else the usual colour."""
    found = _GRADIENT.fullmatch(text.strip())
    if found is None:
        return Paint(colour(text, usual))
    stops = [part.strip() for part in _PARTS.split(found[2])]
    angle = _angle(stops[0])
    drawn = tuple(_stops(stops if angle is None else stops[1:]))
    if not drawn:
        return Paint(usual)
    return _gradient(found[1].lower(), _USUAL if angle is None else angle, drawn)


def _angle(text: str) -> float | None:
    """Clockwise from the top, in degrees; None for what says no direction."""
    found = _ANGLE.fullmatch(text)
    try:
        return float(found[1]) if found else _TOWARDS.get(" ".join(text.lower().split()))
    except ValueError:
        return None


def _stops(parts: list[str]) -> Iterator[Svg]:
    known = [found for part in parts if (found := _STOP.fullmatch(part)) and colour(found["colour"], "")]
    for index, found in enumerate(known):
        even = 100 * index / max(len(known) - 1, 1)
        yield element("stop", {"offset": f"{found['place'] or f'{even:g}'}%", "stop-color": found["colour"]})


def _gradient(kind: str, angle: float, stops: tuple[Svg, ...]) -> Paint:
    across, down = math.sin(math.radians(angle)) / 2, math.cos(math.radians(angle)) / 2
    line = {"x1": 0.5 - across, "y1": 0.5 + down, "x2": 0.5 + across, "y2": 0.5 - down}
    # Drawings stand side by side in one page: one name must always mean the same gradient.
    name = f"g{hashlib.sha256(f'{kind}{angle}{stops}'.encode()).hexdigest()[:12]}"
    where: dict[str, str | float] = {"id": name, **(line if kind == "linear" else {})}
    return Paint(f"url(#{name})", element(f"{kind}Gradient", where, together(*stops)))
