"""Pictures and videos as frames that say where they come from; nothing is fetched."""

from __future__ import annotations

from merge.project.drawing.clip_box import Box
from merge.project.drawing.svg import Attributes, Svg, element
from merge.project.drawing.text_slots import Slots

_LABEL = 46.0
"""A label's size on a full HD canvas: still legible where the drawing is as wide as a hand."""
_LARGE = 1_000.0
"""Pixels; a frame of at least so many across and down fills the canvas."""
_LONGEST_LABEL = 34
_BEHIND, _INSIDE, _LINE, _LETTERS = "#5d6d84", "#6b7a92", "#cbd5e1", "#f8fafc"
_EM = 0.6
"""How wide a letter of a label is, in its size."""
_GLYPHS = {
    "picture": "M-2 1l1.4-1.8l1 1.2l.5-.5l1.1 1.1ZM.5-.9a.42.42 0 1 0 .84 0a.42.42 0 1 0-.84 0Z",
    "video": "M-1-1.3l2.4 1.3l-2.4 1.3Z",
}
"""A hill and a sun, and the triangle of a player, about (0, 0)."""


def draw_frame(kind: str, address: str, box: Box, slots: Slots) -> Svg:
    """A frame in a picture's place.

    Args:
        kind: `picture` or `video`
        address: where it would be loaded from; its end is the frame's label
        box: its place
        slots: takes label and address; the frame's `data-address` is the number of the latter
    """
    width, height = box.width or 640.0, box.height or 360.0
    size: Attributes = {"width": width, "height": height}
    carrier: Attributes = {
        "class": f"frame {kind}",
        "data-address": slots.address(address),
        "data-box": f"{width:g} {height:g}",
    }
    upright = f"scale({1 / box.scale[0]:.4g} {1 / box.scale[1]:.4g})" if box.scale != (1.0, 1.0) else ""
    across, down = width * box.scale[0], height * box.scale[1]
    in_corner = min(across, down) >= _LARGE
    edge: Attributes = {
        "stroke": _LINE,
        "stroke-width": 3.0,
        "stroke-dasharray": "" if in_corner else "18 10",
    }
    inside = element("rect", {**size, "fill": _BEHIND if in_corner else _INSIDE, **edge})
    signs = _corner_signs if in_corner else _middle_signs
    drawn = element("g", {"transform": upright}, *signs(kind, address, (across, down), slots))
    return box.placed(element("g", carrier, inside, drawn))


def _middle_signs(kind: str, address: str, size: tuple[float, float], slots: Slots) -> tuple[Svg, Svg]:
    across, down = size
    letters = min(_LABEL, across / 9, down / 4)
    place: Attributes = {"x": across / 2, "y": down - letters * 0.7, "text-anchor": "middle"}
    name = short_address(address, max(int(across / (letters * _EM)), 1))
    label = _label(name, {**place, "font-size": letters}, slots)
    return _glyph(kind, across / 2, down / 2, min(across, down) / 12), label


def _corner_signs(kind: str, address: str, size: tuple[float, float], slots: Slots) -> tuple[Svg, Svg]:
    """Where a frame fills the canvas, its middle belongs to what stands in front."""
    base = size[1] - _LABEL
    label = _label(short_address(address), {"x": _LABEL * 2.6, "y": base, "font-size": _LABEL}, slots)
    return _glyph(kind, _LABEL * 1.5, base - _LABEL * 0.3, _LABEL * 0.42), label


def _label(name: str, attributes: Attributes, slots: Slots) -> Svg:
    how: Attributes = {"fill": _LETTERS, "font-family": "sans-serif"}
    return slots.lines((name,), _LABEL, {**attributes, **how})


def _glyph(kind: str, x: float, y: float, unit: float) -> Svg:
    moved = f"translate({x:g} {y:g}) scale({unit:.4g})"
    return element("path", {"d": _GLYPHS[kind], "fill": _LINE, "opacity": 0.75, "transform": moved})


def short_address(address: str, longest: int = _LONGEST_LABEL) -> str:
    """The end of an address, by which one knows a picture."""
    name = address.partition("?")[0].rstrip("/").rpartition("/")[2] or address
    longest = min(longest, _LONGEST_LABEL)
    return name if len(name) <= longest else f"…{name[len(name) - longest + 1 :]}"
