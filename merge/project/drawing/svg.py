"""SVG building blocks: elements, slots that each row fills in, a clip's box, and colors.

Elements are only created here, and all text in them is escaped, so nothing from a cell can break out.
"""

from __future__ import annotations

import hashlib
import html
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NewType, TypeAlias

from merge.model import JSON
from merge.project.tree import number_of

Svg = NewType("Svg", str)
"""SVG text made by this module."""

Attributes: TypeAlias = "dict[str, str | float]"
"""Attributes of an element; those that are an empty text are left out."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
"""Characters outside XML 1.0 (section 2.2), and noncharacters, which HTML parsers report."""
EMPTY = Svg("")


def element(name: str, attributes: Mapping[str, str | float], *children: Svg) -> Svg:
    """Return an element; attribute texts are escaped and numbers shortened."""
    written = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items() if value != "")
    return Svg(f"<{name}{written}>{''.join(children)}</{name}>")


def escaped(text: str) -> Svg:
    """Return a text as SVG, for the inside of an element or a quoted attribute."""
    return Svg(html.escape(_NOT_XML.sub("\ufffd", text), quote=True))


def together(*parts: Svg) -> Svg:
    """Return several parts, with later ones in front."""
    return Svg("".join(parts))


def figure(number: float) -> str:
    """Return a number with at most two decimals, which is finer than anyone can see."""
    written = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def _value(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else figure(value)


@dataclass(slots=True)
class Slots:
    """The texts that one row puts into a drawing, in order, so that one layout serves many rows."""

    fills: list[str] = field(default_factory=list)
    host: str = ""
    """The address that URLs starting with `/` are relative to, such as `https://app.aistudios.com`."""

    def lines(self, lines: tuple[str, ...], step: float, attributes: Attributes) -> Svg:
        """Return an empty `text` element for lines of text.

        Args:
            lines: this row's
            step: from one line to the next, in the drawing's units
            attributes: of the text, with the first line's `x` and `y`
        """
        slot: Attributes = {"data-slot": self._add("\n".join(lines)), "data-step": step}
        return element("text", {**slot, **attributes}, EMPTY)

    def address(self, address: str) -> str:
        """Add the address of a picture; returns its number."""
        relative = address.startswith("/") and not address.startswith("//")
        return self._add(f"{self.host}{address}" if relative else address)

    def _add(self, fill: str) -> str:
        self.fills.append(fill)
        return str(len(self.fills) - 1)


_FARTHEST = 100_000.0
"""Pixels; no drawing is to scale beyond them."""


@dataclass(frozen=True, slots=True)
class Box:
    """A clip's place on the canvas, in the canvas's pixels.

    Attributes:
        left: of the corner that stays in place when the clip is turned
        top: of the same corner
        width: before scaling; 0 if the clip has none
        height: before scaling; 0 if the clip has none
        scale: horizontal and vertical
        angle: clockwise, in degrees
        opacity: 0 to 1
        layer: higher is in front
    """

    left: float
    top: float
    width: float
    height: float
    scale: tuple[float, float] = (1.0, 1.0)
    angle: float = 0.0
    opacity: float = 1.0
    layer: float = 0.0

    def placed(self, *parts: Svg, title: str = "") -> Svg:
        """Move what was drawn from (0, 0) to the box."""
        moves = [f"translate({figure(self.left)} {figure(self.top)})"]
        if self.angle:
            moves.append(f"rotate({figure(self.angle)})")
        if self.scale != (1.0, 1.0):
            moves.append(f"scale({self.scale[0]:.4g} {self.scale[1]:.4g})")
        opacity = figure(self.opacity) if self.opacity < 1 else ""
        return element("g", {"class": title, "transform": "".join(moves), "opacity": opacity}, *parts)


def box_of(clip: JSON) -> Box:
    """Return a clip's box; a value that isn't a plausible number counts as missing."""
    return Box(
        left=_number(clip, "left"),
        top=_number(clip, "top"),
        width=_positive(clip, "width", 0),
        height=_positive(clip, "height", 0),
        scale=(_positive(clip, "scaleX", 1.0), _positive(clip, "scaleY", 1.0)),
        angle=_number(clip, "angle") % 360,
        opacity=min(max(_number(clip, "opacity", 100) / 100, 0), 1),
        layer=_number(clip, "layer"),
    )


def _positive(clip: JSON, name: str, default: float) -> float:
    number = _number(clip, name, default)
    return number if number > 0 else default


def _number(clip: JSON, name: str, default: float = 0.0) -> float:
    number = number_of(clip, name)
    # A comparison with NaN is false, too.
    return number if number is not None and -_FARTHEST <= number <= _FARTHEST else default


_NUMBER = r"\s*-?[\d.]{1,12}%?\s*"
_COLOR = re.compile(
    rf"#(?:[0-9a-f]{{3,4}}|[0-9a-f]{{6}}|[0-9a-f]{{8}})"
    rf"|(?:rgb|hsl)a?\((?:{_NUMBER}[,/ ]?){{3,4}}\)|[a-z]{{3,20}}",
    re.IGNORECASE,
)
_LONGEST_COLOR = 64
_GRADIENT = re.compile(r"(linear|radial)-gradient\((.{1,500})\)", re.IGNORECASE | re.DOTALL)
_COMMA = re.compile(r",(?![^(]*\))")
_STOP = re.compile(r"(?P<color>.+?)(?:\s+(?P<place>[\d.]{1,8})%)?", re.DOTALL)
_ANGLE = re.compile(r"(-?[\d.]{1,8})deg")
_DIRECTIONS = {
    "to top": 0.0,
    "to top right": 45.0,
    "to right": 90.0,
    "to bottom right": 135.0,
    "to bottom": 180.0,
    "to bottom left": 225.0,
    "to left": 270.0,
    "to top left": 315.0,
}
"""Degrees, clockwise from the top."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What an area is filled with.

    Attributes:
        value: for an attribute such as `fill`
        needed: what the drawing must also contain, such as a gradient
    """

    value: str
    needed: Svg = EMPTY


def color(text: str, default: str) -> str:
    """Return the text if it is a color (CSS Color 4), else the default."""
    found = text.strip()
    return found if len(found) <= _LONGEST_COLOR and _COLOR.fullmatch(found) else default


def paint(text: str, default: str) -> Paint:
    """Return a color or a gradient (CSS Images 4), else the default color."""
    found = _GRADIENT.fullmatch(text.strip())
    if found is None:
        return Paint(color(text, default))
    stops = [part.strip() for part in _COMMA.split(found[2])]
    angle = _angle(stops[0])
    drawn = tuple(_stops(stops if angle is None else stops[1:]))
    if not drawn:
        return Paint(default)
    return _gradient(found[1].lower(), _DIRECTIONS["to bottom"] if angle is None else angle, drawn)


def _angle(text: str) -> float | None:
    """Return degrees, clockwise from the top; None if the text isn't a direction."""
    found = _ANGLE.fullmatch(text)
    try:
        return float(found[1]) if found else _DIRECTIONS.get(" ".join(text.lower().split()))
    except ValueError:
        return None


def _stops(parts: list[str]) -> Iterator[Svg]:
    known = [found for part in parts if (found := _STOP.fullmatch(part)) and color(found["color"], "")]
    for index, found in enumerate(known):
        even = 100 * index / max(len(known) - 1, 1)
        yield element("stop", {"offset": f"{found['place'] or f'{even:g}'}%", "stop-color": found["color"]})


def _gradient(kind: str, angle: float, stops: tuple[Svg, ...]) -> Paint:
    across, down = math.sin(math.radians(angle)) / 2, math.cos(math.radians(angle)) / 2
    line = {"x1": 0.5 - across, "y1": 0.5 + down, "x2": 0.5 + across, "y2": 0.5 - down}
    # A page shows many drawings, so one id must always mean the same gradient.
    name = f"g{hashlib.sha256(f'{kind}{angle}{stops}'.encode()).hexdigest()[:12]}"
    attributes: Attributes = {"id": name, **(line if kind == "linear" else {})}
    return Paint(f"url(#{name})", element(f"{kind}Gradient", attributes, together(*stops)))
