"""Checks of where clips are: outside the canvas, overlapping on one layer, or with text that doesn't fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from merge.checks.warning import RowWarning, WarningKind
from merge.model import JSON
from merge.project.scripts import plain_text
from merge.project.text_width import PIXELS_PER_POINT, TOLERANCE, text_width, words, wrap
from merge.project.tree import items_of, number_of, text_of

_SIZES: Final = {"landscape": (1920, 1080), "portrait": (1080, 1920)}
_TURNED: Final = {"landscape": "portrait", "portrait": "landscape"}
_VISIBLE: Final = frozenset({"aiModel", "textImage", "image", "videoImage", "shape"})
_LINE_HEIGHT: Final = 1.2
"""In em; editors use 1.15 to 1.45. A low value avoids false warnings."""
_HEIGHT_TOLERANCE: Final = 1.1
"""Lines may be 10 % higher than their box, because the line height isn't known exactly."""
LAYOUT_FIELDS: Final = frozenset(
    {
        "height",
        "id",
        "layer",
        "left",
        "name",
        "orientation",
        "scaleX",
        "scaleY",
        "tag",
        "top",
        "type",
        "width",
    }
)
"""The fields that decide where a clip is and what it is called."""
TEXT_FIELDS: Final = frozenset({"fontSize", "fontWeight", "height", "text", "type", "width"})
"""The fields that decide whether a text fits into its box."""
_SHOWN: Final = 40
"""Characters of a text in a message."""


@dataclass(frozen=True, slots=True)
class Box:
    """The area of a clip, in pixels of the canvas; width and height are 0 if they aren't known."""

    path: str
    name: str
    layer: float | None
    left: float
    top: float
    width: float
    height: float

    def within(self, width: float, height: float) -> bool:
        """Whether any part of it is visible on a canvas of this size."""
        visible = self.left < width and self.top < height
        return visible and self.left + self.width >= 0 and self.top + self.height >= 0

    def overlaps(self, other: Box) -> bool:
        """Whether the two have any area in common."""
        beside = self.left + self.width <= other.left or other.left + other.width <= self.left
        above = self.top + self.height <= other.top or other.top + other.height <= self.top
        return not beside and not above


def layout_warnings(project: JSON) -> Iterator[RowWarning]:
    """Yield warnings about the positions of a project's clips."""
    scenes = [_boxes(number, scene) for number, scene in items_of(project, "scenes")]
    orientation = text_of(project, "orientation") or "landscape"
    if orientation in _SIZES:
        yield from _outside([box for boxes in scenes for box in boxes], orientation)
    for boxes in scenes:
        yield from _same_layer(boxes)


def _boxes(number: int, scene: dict[str, JSON]) -> list[Box]:
    """The boxes of a scene's visible clips whose position is known."""
    clips = ((f"$.scenes[{number}].clips[{index}]", clip) for index, clip in items_of(scene, "clips"))
    return [box for path, clip in clips if clip.get("type") in _VISIBLE and (box := _box(path, clip))]


def _box(path: str, clip: dict[str, JSON]) -> Box | None:
    left, top = number_of(clip, "left"), number_of(clip, "top")
    if left is None or top is None:
        return None
    width = (number_of(clip, "width") or 0) * _scale(clip, "scaleX")
    height = (number_of(clip, "height") or 0) * _scale(clip, "scaleY")
    name = text_of(clip, "tag") or text_of(clip, "name") or text_of(clip, "id") or text_of(clip, "type")
    return Box(path, name, number_of(clip, "layer"), left, top, width, height)


def _scale(clip: dict[str, JSON], name: str) -> float:
    scale = number_of(clip, name)
    return 1 if scale is None else abs(scale)


def _outside(boxes: list[Box], orientation: str) -> Iterator[RowWarning]:
    outside = [box for box in boxes if not box.within(*_SIZES[orientation])]
    turned = _TURNED[orientation]
    if outside and all(box.within(*_SIZES[turned]) for box in boxes):
        message = f"the project is {orientation}, but its clips are laid out for {turned}"
        yield RowWarning(
            WarningKind.CANVAS,
            "$.orientation",
            message,
            f"Change the orientation to {turned}",
            "$.orientation",
        )
        return
    for box in outside:
        message = f"“{box.name}” is outside the canvas and won't be seen"
        yield RowWarning(WarningKind.CANVAS, box.path, message, "Check its position", box.path)


def _same_layer(boxes: list[Box]) -> Iterator[RowWarning]:
    for first, second in combinations(boxes, 2):
        if first.layer is not None and first.layer == second.layer and first.overlaps(second):
            message = f"“{first.name}” and “{second.name}” overlap on layer {first.layer:g}"
            hint = "Put the one in front on a higher layer"
            yield RowWarning(WarningKind.LAYER, second.path, message, hint, second.path)


def text_warnings(path: str, clip: dict[str, JSON]) -> Iterator[RowWarning]:
    """Yield a warning if the text of the clip at a JSON path may not fit into its box."""
    size, width, height = (number_of(clip, name) for name in ("fontSize", "width", "height"))
    if clip.get("type") != "textImage" or size is None or width is None or height is None:
        return
    text = plain_text(text_of(clip, "text"))
    reason = misfit(text, points=size, width=width, height=height, bold="bold" in str(clip.get("fontWeight")))
    if reason:
        message = f"the text “{shortened(text)}” may not fit: {reason}"
        hint = "Shorten the text, make the box larger, or make the font smaller"
        yield RowWarning(WarningKind.TEXT_FIT, f"{path}.text", message, hint, f"{path}.text")


def misfit(text: str, *, points: float, width: float, height: float, bold: bool = False) -> str:
    """Return why a text may not fit into its box, or "".

    Args:
        text: as it is shown
        points: font size
        width: width of the box in pixels, before scaling, because scaling also scales the text
        height: height of the box, in the same way
        bold: whether the font is bold
    """
    em = points * PIXELS_PER_POINT
    if min(em, width, height) <= 0 or not text.strip():
        return ""
    if "\n" not in text and text_width(text, bold=bold) * em <= width:
        return ""
    longest = max((text_width(word, bold=bold) for _, word in words(text)), default=0)
    if longest > width / em * TOLERANCE:
        return f"its longest word is about {longest * em:.0f} px wide, and its box {width:.0f} px"
    lines = sum(1 for _ in wrap(text, width / em, bold=bold))
    needed = lines * _LINE_HEIGHT * em
    if lines > 1 and needed > height * _HEIGHT_TOLERANCE:
        return f"it takes about {lines} lines ({needed:.0f} px), and its box is {height:.0f} px high"
    return ""


def shortened(text: str) -> str:
    """Return a text cut to the length that messages quote."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
