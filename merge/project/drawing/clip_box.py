"""Where a clip stands: the numbers that all kinds of clips share."""

from __future__ import annotations

from dataclasses import dataclass

from merge.model import JSON
from merge.project.drawing.svg import Svg, element, figure
from merge.project.tree import number_of

_FURTHEST = 100_000.0
"""Pixels; beyond it no drawing is to scale."""


@dataclass(frozen=True, slots=True)
class Box:
    """A clip's place on the canvas, in its pixels.

    Attributes:
        left: of the corner that stays where it is when the clip is turned
        top: likewise
        width: before it is scaled; 0 where the clip says none
        height: likewise
        scale: across and down
        angle: clockwise, in degrees
        opacity: 0 to 1
        layer: higher is in front
    """

    left: float
    top: float
    width: float
    height: float
    scale: tuple[float, float]
    angle: float
    opacity: float
    layer: float

    def placed(self, *parts: Svg, title: str = "") -> Svg:
        """What was drawn from (0, 0), put to its place."""
        moves = [f"translate({figure(self.left)} {figure(self.top)})"]
        moves += [f"rotate({figure(self.angle)})"] if self.angle else []
        moves += (
            [f"scale({' '.join(f'{each:.4g}' for each in self.scale)})"] if self.scale != (1.0, 1.0) else []
        )
        seen = figure(self.opacity) if self.opacity < 1 else ""
        return element("g", {"class": title, "transform": "".join(moves), "opacity": seen}, *parts)


def box_of(clip: JSON) -> Box:
    """A clip's box; what is no number, or none that a canvas could hold, counts as not given."""
    scale = (_positive(clip, "scaleX", 1.0), _positive(clip, "scaleY", 1.0))
    return Box(
        left=_number(clip, "left"),
        top=_number(clip, "top"),
        width=_positive(clip, "width", 0),
        height=_positive(clip, "height", 0),
        scale=scale,
        angle=_number(clip, "angle") % 360,
        opacity=min(max(_number(clip, "opacity", 100) / 100, 0), 1),
        layer=_number(clip, "layer"),
    )


def _positive(clip: JSON, name: str, usual: float) -> float:
    number = _number(clip, name, usual)
    return number if number > 0 else usual


def _number(clip: JSON, name: str, usual: float = 0.0) -> float:
    number = number_of(clip, name)
    # A comparison with NaN is false as well.
    return number if number is not None and -_FURTHEST <= number <= _FURTHEST else usual
