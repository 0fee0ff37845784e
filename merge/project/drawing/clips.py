"""Text, pictures, videos and shapes as drawings, each at its place."""

from __future__ import annotations

import html
import math
import re
from itertools import islice

from merge.model import JSON
from merge.project.drawing.clip_box import Box
from merge.project.drawing.colours import colour, paint
from merge.project.drawing.shape_outlines import is_line, outline
from merge.project.drawing.svg import EMPTY, Attributes, Svg, element
from merge.project.drawing.text_slots import Slots
from merge.project.scripts import is_markup
from merge.project.text_width import PIXELS_PER_POINT, text_width, wrap
from merge.project.tree import number_of, text_of

_LINE_HEIGHT = 1.16
_ASCENT = 0.92
"""From a line's top to its base, in letters' sizes."""
_ANCHORS = {"left": ("start", 0.0), "center": ("middle", 0.5), "right": ("end", 1.0)}
_HAIRLINE = 6.0
_LONGEST_LINE = 400
"""Characters; a longer line is outside the drawing anyway."""
_EDITORS_TAG = re.compile(r"</?(?:p|span|br|div|b|i|u|em|strong)\b[^<>]*>", re.IGNORECASE)


def words_of(clip: dict[str, JSON]) -> str:
    """What a text clip shows; tags that the editor does not write are text of a cell."""
    text = text_of(clip, "text")
    rest = _EDITORS_TAG.sub("", text)
    return html.unescape(rest).strip() if rest != text and not is_markup(rest) else text


def draw_text(clip: dict[str, JSON], box: Box, slots: Slots, canvas_height: float) -> Svg:
    """A text clip: its lines, with their size, colour and alignment."""
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
        "fill": colour(text_of(clip, "fill"), "#000"),
        "text-anchor": anchor,
        **_lettering(clip),
    }
    behind = colour(text_of(clip, "backgroundColor"), "")
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
        "stroke": colour(text_of(clip, "stroke"), "") if outlined else "",
        "stroke-width": min(outlined, 100.0) if outlined else "",
    }


def draw_shape(clip: dict[str, JSON], box: Box) -> Svg:
    """A shape clip in its own outline."""
    name = text_of(clip, "shapeName")
    width, height = box.width or 200.0, box.height or 200.0
    inside = paint(text_of(clip, "fill"), "#94a3b8")
    thickness = min(max(number_of(clip, "strokeWidth") or 0.0, 0.0), 400.0)
    stroke = colour(text_of(clip, "stroke"), "none")
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
