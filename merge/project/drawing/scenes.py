"""Draw the scenes of a filled-in project to scale, clips in the order of their layers."""

from __future__ import annotations

from dataclasses import dataclass

from merge.model import JSON
from merge.project.drawing.avatar import draw_avatar, is_head_only, is_voice_only
from merge.project.drawing.clips import draw_frame, draw_shape, draw_text, words_of
from merge.project.drawing.svg import EMPTY, Attributes, Box, Slots, Svg, box_of, element, paint, together
from merge.project.tree import items_of, text_of

LONG, SHORT = 1920.0, 1080.0
"""The canvas, in pixels."""
HOST = "https://app.aistudios.com"
"""The service's host in most regions."""
_PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class Part:
    """A clip or background, described in words.

    Attributes:
        kind: `avatar`, `head`, `voice`, `text`, `picture`, `video`, `shape`, `sound`, `background` or `other`
        words: what it shows, or its name
        path: its JSON path
    """

    kind: str
    words: str
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One scene, drawn.

    Attributes:
        layout: SVG text with empty slots; equal for rows that differ only in text
        fills: what this row puts into the slots, one text each, lines separated by line feeds
        parts: what the scene holds, from back to front
    """

    layout: Svg
    fills: tuple[str, ...]
    parts: tuple[Part, ...]


def draw_scenes(project: JSON, host: str = HOST) -> tuple[Drawing, ...]:
    """Draw every scene of a project.

    Args:
        project: a filled-in AI Studios project (API version 3); anything missing or of an unexpected type is
            left out of the drawing
        host: of the service, where a project's own backgrounds (`/images/…`) are
    """
    portrait = text_of(project, "orientation") == "portrait"
    size = (SHORT, LONG) if portrait else (LONG, SHORT)
    return tuple(_draw(scene, number, size, host) for number, scene in items_of(project, "scenes"))


def _draw(scene: dict[str, JSON], number: int, size: tuple[float, float], host: str) -> Drawing:
    slots = Slots(host=host)
    clips = [(index, clip, box_of(clip)) for index, clip in items_of(scene, "clips")]
    in_order = sorted(clips, key=lambda each: each[2].layer)
    behind = _background(scene.get("background"), size, slots)
    layers = [_clip(clip, box, slots, size[1]) for _, clip, box in in_order]
    parts = [_background_part(scene.get("background"), f"$.scenes[{number}].background")]
    parts += [_part(clip, f"$.scenes[{number}].clips[{index}]") for index, clip, _ in in_order]
    layout = element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {size[0]:g} {size[1]:g}",
            "class": "upright" if size[1] > size[0] else "",
        },
        behind,
        *layers,
    )
    return Drawing(
        layout, tuple(slots.fills), tuple(part for part in parts if part.words or part.kind != "other")
    )


def _background(background: JSON, size: tuple[float, float], slots: Slots) -> Svg:
    whole: Attributes = {"width": size[0], "height": size[1]}
    address = text_of(background, "source_url")
    kind = text_of(background, "source_type")
    if address and kind != "color":
        box = Box(0, 0, *size)
        return draw_frame("video" if kind == "video" else "picture", address, box, slots)
    under = paint(text_of(background, "source_color"), _PAPER)
    return together(under.needed, element("rect", {**whole, "fill": under.value}))


def _background_part(background: JSON, path: str) -> Part:
    address, kind = text_of(background, "source_url"), text_of(background, "source_type")
    if kind == "color" or not address:
        return Part("background", text_of(background, "source_color"), f"{path}.source_color")
    return Part("video" if kind == "video" else "picture", address, f"{path}.source_url")


def _clip(clip: dict[str, JSON], box: Box, slots: Slots, canvas_height: float) -> Svg:
    match clip.get("type"):
        case "aiModel":
            return EMPTY if is_voice_only(clip) else draw_avatar(clip, box, slots)
        case "textImage":
            return draw_text(clip, box, slots, canvas_height)
        case "image":
            return draw_frame("picture", text_of(clip, "source_url"), box, slots)
        case "videoImage":
            return draw_frame("video", text_of(clip, "video_url"), box, slots)
        case "shape":
            return draw_shape(clip, box)
        case _:
            return EMPTY


def _part(clip: dict[str, JSON], path: str) -> Part:
    match clip.get("type"):
        case "aiModel":
            kind = "voice" if is_voice_only(clip) else "head" if is_head_only(clip) else "avatar"
            return Part(kind, text_of(clip.get("model"), "ai_name"), path)
        case "textImage":
            return Part("text", words_of(clip), f"{path}.text")
        case "image":
            return Part("picture", text_of(clip, "source_url"), f"{path}.source_url")
        case "videoImage":
            return Part("video", text_of(clip, "video_url"), f"{path}.video_url")
        case "shape":
            return Part("shape", text_of(clip, "shapeName"), path)
        case "audio":
            return Part("sound", text_of(clip, "label") or text_of(clip, "source_url"), path)
        case _:
            return Part("other", text_of(clip, "type"), path)
