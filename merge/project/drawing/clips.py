"""Draw text, picture, video and shape clips, each in its box. Nothing is downloaded."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from itertools import islice

from merge.model import JSON
from merge.project.drawing.svg import EMPTY, Attributes, Box, Slots, Svg, color, element, figure, paint
from merge.project.scripts import is_markup
from merge.project.text_width import PIXELS_PER_POINT, text_width, wrap
from merge.project.tree import number_of, text_of

_LINE_HEIGHT = 1.16
_ASCENT = 0.92
"""From a line's top to its baseline, in font sizes."""
_ANCHORS = {"left": ("start", 0.0), "center": ("middle", 0.5), "right": ("end", 1.0)}
_HAIRLINE = 6.0
_LONGEST_LINE = 400
"""Characters; a longer line is outside the drawing anyway."""
_EDITORS_TAG = re.compile(r"</?(?:p|span|br|div|b|i|u|em|strong)\b[^<>]*>", re.IGNORECASE)


def words_of(clip: dict[str, JSON]) -> str:
    """Return what a text clip shows; tags that the editor doesn't write are text from a cell."""
    text = text_of(clip, "text")
    rest = _EDITORS_TAG.sub("", text)
    return html.unescape(rest).strip() if rest != text and not is_markup(rest) else text


def draw_text(clip: dict[str, JSON], box: Box, slots: Slots, canvas_height: float) -> Svg:
    """Draw a text clip: its lines, with their size, color and alignment."""
    size = min(max(number_of(clip, "fontSize") or 24.0, 1.0), 2_000.0) * PIXELS_PER_POINT
    step = size * _LINE_HEIGHT
    limit = int(canvas_height / (step * box.scale[1])) + 2
    bold = "bold" in str(clip.get("fontWeight"))
    room = box.width / size if box.width > 0 else math.inf
    text = words_of(clip)[: limit * _LONGEST_LINE]
    lines = tuple(line[:_LONGEST_LINE] for line in islice(wrap(text, room, bold=bold), limit))
    width = box.width or size * max(text_width(line, bold=bold) for line in lines)
    anchor, share = _ANCHORS.get(text_of(clip, "align"), _ANCHORS["left"])
    attributes: Attributes = {
        "x": width * share,
        "y": size * _ASCENT,
        "data-width": box.width or "",
        "font-size": size,
        "fill": color(text_of(clip, "fill"), "#000"),
        "text-anchor": anchor,
        **_lettering(clip),
    }
    behind = color(text_of(clip, "backgroundColor"), "")
    plate: Attributes = {"width": width, "height": box.height or step * len(lines), "fill": behind}
    return box.placed(
        element("rect", plate) if behind else EMPTY, slots.lines(lines, step, attributes), title="words"
    )


def _lettering(clip: dict[str, JSON]) -> Attributes:
    family = "".join(letter for letter in text_of(clip, "fontFamily") if letter.isalnum() or letter in " -")
    weight = str(clip.get("fontWeight", ""))
    outlined = number_of(clip, "strokeWidth") or 0.0
    return {
        "font-family": f"{family}, sans-serif" if family else "sans-serif",
        "font-weight": weight if weight == "bold" or weight.isdecimal() else "",
        "font-style": "italic" if clip.get("fontStyle") == "italic" else "",
        "text-decoration": "underline" if clip.get("underline") is True else "",
        "stroke": color(text_of(clip, "stroke"), "") if outlined else "",
        "stroke-width": min(outlined, 100.0) if outlined else "",
    }


_LABEL = 46.0
"""Font size of a label on a full HD canvas; still legible in a drawing the width of a hand."""
_LARGE = 1_000.0
"""Pixels; a frame at least this wide and high fills the canvas."""
_LONGEST_LABEL = 34
_BEHIND, _INSIDE, _LINE, _LETTERS = "#5d6d84", "#6b7a92", "#cbd5e1", "#f8fafc"
_EM = 0.6
"""Width of a letter of a label, in font sizes."""
_GLYPHS = {
    "picture": "M-2 1l1.4-1.8l1 1.2l.5-.5l1.1 1.1ZM.5-.9a.42.42 0 1 0 .84 0a.42.42 0 1 0-.84 0Z",
    "video": "M-1-1.3l2.4 1.3l-2.4 1.3Z",
}
"""A hill with a sun, and a play button, centered on (0, 0)."""


def draw_frame(kind: str, address: str, box: Box, slots: Slots) -> Svg:
    """Draw a frame in place of a picture or video.

    Args:
        kind: `picture` or `video`
        address: where it would be loaded from; the frame is labeled with its end
        box: the clip's
        slots: get the label and the address, whose number becomes the frame's `data-address`
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
    labels = _corner_label if in_corner else _middle_label
    drawn = element("g", {"transform": upright}, *labels(kind, address, (across, down), slots))
    return box.placed(element("g", carrier, inside, drawn))


def _middle_label(kind: str, address: str, size: tuple[float, float], slots: Slots) -> tuple[Svg, Svg]:
    across, down = size
    letters = min(_LABEL, across / 9, down / 4)
    place: Attributes = {"x": across / 2, "y": down - letters * 0.7, "text-anchor": "middle"}
    name = short_address(address, max(int(across / (letters * _EM)), 1))
    label = _label(name, {**place, "font-size": letters}, slots)
    return _glyph(kind, across / 2, down / 2, min(across, down) / 12), label


def _corner_label(kind: str, address: str, size: tuple[float, float], slots: Slots) -> tuple[Svg, Svg]:
    """In a frame that fills the canvas, the label leaves the middle to the clips in front."""
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
    """Return the end of a URL, by which people recognize a picture."""
    name = address.partition("?")[0].rstrip("/").rpartition("/")[2] or address
    longest = min(longest, _LONGEST_LABEL)
    return name if len(name) <= longest else f"…{name[len(name) - longest + 1 :]}"


def draw_shape(clip: dict[str, JSON], box: Box) -> Svg:
    """Draw a shape clip."""
    name = text_of(clip, "shapeName")
    width, height = box.width or 200.0, box.height or 200.0
    inside = paint(text_of(clip, "fill"), "#94a3b8")
    thickness = min(max(number_of(clip, "strokeWidth") or 0.0, 0.0), 400.0)
    stroke = color(text_of(clip, "stroke"), "none")
    drawn: Attributes = {"fill": inside.value, "stroke": stroke if thickness else "none"}
    if is_line(name):
        drawn = {"fill": "none", "stroke": inside.value if stroke == "none" else stroke}
    drawn["stroke-width"] = thickness or (_HAIRLINE if is_line(name) else "")
    corner = min(max(number_of(clip, "strokeRadius") or 0.0, 0.0), min(width, height) / 2)
    if corner and name.lower().startswith(("square", "rectangle")):
        shape = element("rect", {"width": width, "height": height, "rx": corner, **drawn})
    else:
        shape = element("path", {"d": outline(name, width, height), **drawn})
    return box.placed(inside.needed, shape, title="shape")


_Points = Sequence[tuple[float, float]]

_CORNERS: dict[str, _Points] = {
    "triangle": ((0.5, 0), (1, 1), (0, 1)),
    "square": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "rectangle": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "parallelogram": ((0.25, 0), (1, 0), (0.75, 1), (0, 1)),
    "diamond": ((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)),
    "pentagon": ((0.5, 0), (1, 0.38), (0.81, 1), (0.19, 1), (0, 0.38)),
    "polygon": ((0.29, 0), (0.71, 0), (1, 0.29), (1, 0.71), (0.71, 1), (0.29, 1), (0, 0.71), (0, 0.29)),
    "hexagon": ((0.25, 0), (0.75, 0), (1, 0.5), (0.75, 1), (0.25, 1), (0, 0.5)),
}
_ROUND = frozenset({"circle", "oval"})
_HEAD = 0.5
"""Length of an arrow's head, as a share of the arrow's height."""


def is_line(name: str) -> bool:
    """Return whether a shape is only a stroke."""
    return _kind(name) in {"line", "arrow"}


def outline(name: str, width: float, height: float) -> str:
    """Return a shape's SVG path data in a box of this size; an unknown shape is the box itself.

    Args:
        name: as AI Studios has it, such as `Star`, `Hexagon_2` or `Arrow_1_v2`
        width: of the box
        height: of the box
    """
    kind = _kind(name)
    if kind in _ROUND:
        return _ellipse(width, height)
    if kind == "drop":
        return _drop(width, height)
    if kind == "star":
        return _closed(_star(), width, height)
    if is_line(name):
        return _line(name, width, height)
    return _closed(_CORNERS.get(kind, _CORNERS["square"]), width, height)


def _kind(name: str) -> str:
    return name.partition("_")[0].lower()


def _closed(points: _Points, width: float, height: float) -> str:
    return f"M{'L'.join(_at(x * width, y * height) for x, y in points)}Z"


def _at(x: float, y: float) -> str:
    return f"{figure(x)} {figure(y)}"


def _star() -> _Points:
    corners = [(math.pi * step / 5, 0.191 if step % 2 else 0.5) for step in range(10)]
    return [(0.5 + math.sin(angle) * radius, 0.5 - math.cos(angle) * radius) for angle, radius in corners]


def _ellipse(width: float, height: float) -> str:
    across, down = width / 2, height / 2
    half = f"A{_at(across, down)} 0 0 1"
    return f"M{_at(0, down)}{half} {_at(width, down)}{half} {_at(0, down)}Z"


def _drop(width: float, height: float) -> str:
    middle, belly = width / 2, height * 0.63
    bow = f"{_at(width, height * 0.4)} {_at(width, belly)}"
    back = f"{_at(0, height * 0.4)} {_at(middle, 0)}"
    around = f"A{_at(middle, height - belly)} 0 0 1 {_at(0, belly)}"
    return f"M{_at(middle, 0)}C{_at(middle, 0)} {bow}{around}C{_at(0, belly)} {back}Z"


def _line(name: str, width: float, height: float) -> str:
    middle = height / 2
    drawn = f"M{_at(0, middle)}L{_at(width, middle)}"
    if _kind(name) == "line":
        return drawn
    head = min(height * _HEAD, width / 2) or width / 8
    drawn += f"M{_at(width - head, middle - head)}L{_at(width, middle)}L{_at(width - head, middle + head)}"
    if "_2" in name:
        drawn += f"M{_at(head, middle - head)}L{_at(0, middle)}L{_at(head, middle + head)}"
    return drawn
