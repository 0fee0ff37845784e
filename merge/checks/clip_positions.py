"""Where clips stand: outside the canvas, over each other on one layer, on a canvas turned the wrong way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from merge.checks.warning import RowWarning, WarningKind
from merge.model import JSON
from merge.project.tree import items_of, number_of, text_of

_LONG, _SHORT = 1920, 1080
_SIZES = {"landscape": (_LONG, _SHORT), "portrait": (_SHORT, _LONG)}
_TURNED = {"landscape": "portrait", "portrait": "landscape"}
_SEEN = frozenset({"aiModel", "textImage", "image", "videoImage", "shape"})


@dataclass(frozen=True, slots=True)
class Box:
    """Where a clip stands, in pixels of the canvas; what it measures is not always known."""

    path: str
    name: str
    layer: float | None
    left: float
    top: float
    width: float
    height: float

    def within(self, width: float, height: float) -> bool:
        """Whether any part of it can be seen on a canvas of this size."""
        seen = self.left < width and self.top < height
        return seen and self.left + self.width >= 0 and self.top + self.height >= 0

    def overlaps(self, other: Box) -> bool:
        """Whether they have any area in common."""
        beside = self.left + self.width <= other.left or other.left + other.width <= self.left
        above = self.top + self.height <= other.top or other.top + other.height <= self.top
        return not beside and not above


def layout_warnings(project: JSON) -> Iterator[RowWarning]:
    """Doubts about where the clips of a project stand."""
    scenes = [boxes_of(number, scene) for number, scene in items_of(project, "scenes")]
    orientation = text_of(project, "orientation") or "landscape"
    if orientation in _SIZES:
        yield from _outside([box for boxes in scenes for box in boxes], orientation)
    for boxes in scenes:
        yield from _same_layer(boxes)


def boxes_of(number: int, scene: dict[str, JSON]) -> list[Box]:
    """The boxes of a scene's clips that can be seen and whose place is known."""
    clips = ((f"$.scenes[{number}].clips[{index}]", clip) for index, clip in items_of(scene, "clips"))
    return [box for path, clip in clips if clip.get("type") in _SEEN and (box := _box(path, clip))]


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
        message = f"the project is {orientation}, but its clips stand as on a {turned} canvas"
        yield RowWarning(
            WarningKind.CANVAS, "$.orientation", message, f"Write {turned} there", "$.orientation"
        )
        return
    for box in outside:
        message = f"“{box.name}” stands outside the canvas and will not be seen"
        yield RowWarning(WarningKind.CANVAS, box.path, message, "Check its left and top", box.path)


def _same_layer(boxes: list[Box]) -> Iterator[RowWarning]:
    for first, second in combinations(boxes, 2):
        if first.layer is not None and first.layer == second.layer and first.overlaps(second):
            message = f"“{first.name}” and “{second.name}” lie over each other on layer {first.layer:g}"
            hint = "Give the one in front a higher layer"
            yield RowWarning(WarningKind.LAYER, second.path, message, hint, second.path)
