"""Projects that are made from less than a whole project: one avatar's line, or a template."""

from __future__ import annotations

from merge.model import JSON
from merge.services.simulator.catalogue import AVATARS, template_name
from merge.services.simulator.validation import Refusal

DEFAULT_AVATAR, DEFAULT_CLOTHES = AVATARS[0][0], AVATARS[0][2][0][0]
SIMPLE_FIELDS = ("language", "text", "model", "clothes")


def simple_project(request: dict[str, JSON]) -> dict[str, JSON] | Refusal:
    """The project behind `simple/video`: one avatar before a green screen."""
    match request:
        case {
            "language": str() as language,
            "text": str() as text,
            "model": str() as avatar,
            "clothes": str() as worn,
        }:
            # Its `isExport` is passed over: the published clients leave it out and wait for the video.
            made = _project("Chroma key", _scene(avatar, worn, language, text))
            return {**made, "webhookUrl": request.get("webhookUrl")}
        case _:
            missing = [name for name in SIMPLE_FIELDS if not isinstance(request.get(name), str)]
            return Refusal("INVALID_PARAMETER", f"{', '.join(missing)} must be a text")


def template_project(template: str, request: dict[str, JSON]) -> dict[str, JSON] | Refusal:
    """The project that a template makes for an avatar; unknown templates are not found."""
    known = template_name(template)
    if known is None:
        return Refusal("NOT_FOUND", "There is no such template.", 404)
    # The reference's table says aiName and clothId, its sample model and clothes.
    avatar = request.get("aiName", request.get("model", DEFAULT_AVATAR))
    worn = request.get("clothId", request.get("clothes", DEFAULT_CLOTHES))
    if not isinstance(avatar, str) or not isinstance(worn, str):
        return Refusal("INVALID_PARAMETER", "aiName and clothId must be texts")
    made = _project(known, _scene(avatar, worn, "en", f"Welcome to {known}."))
    return {**made, **{name: request[name] for name in ("name", "workspaceId") if name in request}}


def _project(name: str, scene: JSON) -> dict[str, JSON]:
    return {"name": name, "orientation": "landscape", "scenes": [scene]}


def _scene(avatar: str, worn: str, language: str, text: str) -> JSON:
    return {
        "sceneIdx": 0,
        "background": {
            "id": "background",
            "type": "background",
            "source_type": "color",
            "source_color": "rgb(0,177,64)",
        },
        "watermark": False,
        "clips": [
            {
                "id": "aiModel-1",
                "type": "aiModel",
                "layer": 1,
                "top": 145,
                "left": 630,
                "width": 679,
                "height": 2229,
                "scaleX": 1,
                "scaleY": 1,
                "script": {"org": text},
                "model": {"ai_name": avatar, "emotion": worn, "language": language},
            }
        ],
        "thumbnailUrl": None,
    }
