"""Draw avatars as outlines: from head to foot, or only the head in a circle."""

from __future__ import annotations

from dataclasses import dataclass

from merge.model import JSON
from merge.project.drawing.svg import Attributes, Box, Slots, Svg, element, figure
from merge.project.tree import items_of, number_of, text_of

_FACE, _CLOTH, _BEHIND = "#a7b6cb", "#41566f", "#e3e9f1"
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 679.0, 2229.0
"""Pixels, for a clip without a size."""
_CIRCLE = 1.1
"""The circle's radius in head sizes: it includes the shoulders but not the hands."""


_SHOULDER = 1.2
"""From the middle of the body to a shoulder, in head widths."""


@dataclass(frozen=True, slots=True)
class _Head:
    x: float
    y: float
    width: float
    height: float


def is_head_only(clip: dict[str, JSON]) -> bool:
    """Return whether the clip shows only the head, in a circle."""
    effects = (effect.get("type") for _, effect in items_of(clip, "effects"))
    return clip.get("headOnly") is True or "head-only" in effects


def is_voice_only(clip: dict[str, JSON]) -> bool:
    """Return whether the avatar is heard but not seen."""
    return clip.get("voiceOnly") is True


def draw_avatar(clip: dict[str, JSON], box: Box, slots: Slots) -> Svg:
    """Draw an aiModel clip; the address of the avatar's picture goes into a slot."""
    width, height = box.width or _DEFAULT_WIDTH, box.height or _DEFAULT_HEIGHT
    head = _head(clip, width, height)
    carrier: Attributes = {"class": "avatar", "data-box": f"{width:g} {height:g}"}
    address = _picture(clip.get("model"))
    if address:
        carrier["data-address"] = slots.address(address)
    if is_head_only(clip):
        radius = max(head.width, head.height) * _CIRCLE
        carrier["data-circle"] = f"circle({figure(radius)}px at {figure(head.x)}px {figure(head.y)}px)"
        return box.placed(element("g", carrier, *_portrait(head, radius)))
    return box.placed(element("g", carrier, *_full_figure(head, width, height)))


def _picture(model: JSON) -> str:
    """Return the URL of the avatar's picture in a saved project, or ""."""
    images = model.get("deployImage") if isinstance(model, dict) else None
    return text_of(model, "source_url") or text_of(images, "edit_src")


def _head(clip: dict[str, JSON], width: float, height: float) -> _Head:
    """Return where the head is in the clip; the editor measures from the uncropped picture's corner."""
    model = clip.get("model")
    editors = (model.get(name) for name in ("editorValue", "editor")) if isinstance(model, dict) else ()
    for editor in editors:
        names = ("headCenterX", "headCenterY", "headWidth", "headHeight", "modelTightX", "modelTightY")
        match [number_of(editor, name) for name in names]:
            case [float(x), float(y), float(wide), float(high), float(left), float(top)]:
                found = _Head(x - left, y - top, wide, high)
                if 0 < found.x < width and 0 < found.y < height and 0 < wide <= width and 0 < high <= height:
                    return found
            case _:
                continue
    size = min(width * 0.27, height * 0.3)
    return _Head(width / 2, size * 0.65, size, size)


def _portrait(head: _Head, radius: float) -> tuple[Svg, ...]:
    def at(x: float, y: float) -> str:
        return f"{figure(head.x + x * radius)} {figure(head.y + y * radius)}"

    shoulders = (
        f"M{at(-0.66, 0.75)}C{at(-0.6, 0.42)} {at(-0.34, 0.34)} {at(0, 0.34)}"
        f"C{at(0.34, 0.34)} {at(0.6, 0.42)} {at(0.66, 0.75)}"
        f"A{figure(radius)} {figure(radius)} 0 0 1 {at(-0.66, 0.75)}Z"
    )
    behind: Attributes = {"cx": head.x, "cy": head.y, "r": radius, "fill": _BEHIND}
    face: Attributes = {"cx": head.x, "cy": head.y - radius * 0.14, "fill": _FACE}
    return (
        element("circle", behind),
        element("path", {"d": shoulders, "fill": _CLOTH}),
        element("ellipse", {**face, "rx": radius * 0.33, "ry": radius * 0.4}),
    )


def _full_figure(head: _Head, width: float, height: float) -> tuple[Svg, ...]:
    shoulder = min(head.width * _SHOULDER, width * 0.48)

    def at(x: float, y: float) -> str:
        """From the middle of the head: `x` in shoulder widths, `y` in head heights."""
        return f"{figure(head.x + x * shoulder)} {figure(head.y + y * head.height)}"

    foot = (height - head.y) / head.height
    body = (
        f"M{at(-0.9, foot)}L{at(-1, 1.9)}C{at(-1, 1.05)} {at(-0.86, 0.9)} {at(-0.5, 0.8)}"
        f"Q{at(-0.22, 0.72)} {at(-0.2, 0.6)}L{at(0.2, 0.6)}Q{at(0.22, 0.72)} {at(0.5, 0.8)}"
        f"C{at(0.86, 0.9)} {at(1, 1.05)} {at(1, 1.9)}L{at(0.9, foot)}Z"
    )
    neck: Attributes = {"x": head.x - head.width * 0.23, "y": head.y, "width": head.width * 0.46}
    face: Attributes = {"cx": head.x, "cy": head.y, "fill": _FACE}
    return (
        element("path", {"d": body, "fill": _CLOTH}),
        element(
            "rect", {**neck, "width": head.width * 0.46, "height": head.height * 0.74, "rx": head.width * 0.2}
        ),
        element("ellipse", {**face, "rx": head.width * 0.46, "ry": head.height * 0.58}),
    )
