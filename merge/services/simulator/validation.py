"""What the service checks in a project before it takes it. The first thing that is wrong is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from merge.model import JSON

ORIENTATIONS = ("landscape", "portrait")
RESOLUTIONS = ("4k", "1080", "720", "480")
TEXT_FIELDS = ("name", "workspaceId", "webhookUrl")
NUMBER_FIELDS = ("layer", "top", "left", "width", "height", "scaleX", "scaleY", "opacity", "angle")
Objections = Callable[[str, dict[str, JSON]], Iterator["Refusal"]]
# What is left when these are gone is spoken.
TAG = re.compile(r"<[^>]*>|&nbsp;")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused.

    A request that cannot be read at all is answered with 400, an unknown key with 401, an unknown
    id with 404; one that reads well but makes no sense with HTTP 200 and `success: false`.

    Attributes:
        code: the error's code
        message: the error's text
        status: the HTTP status
    """

    code: str
    message: str
    status: int = 200


def refusal_of(project: dict[str, JSON]) -> Refusal | None:
    """What the service has against a whole project, or None.

    Source: the reference's pages on creating and exporting projects, version 1.6.
    """
    return next(_objections(project), None)


def option_refusal(fields: dict[str, JSON]) -> Refusal | None:
    """What the service has against the options that every export takes, or None."""
    return next(_option_objections(fields), None)


def spoken_text(project: dict[str, JSON]) -> str:
    """All that the avatars of a project say, without markup."""
    return "".join(
        TAG.sub("", script) for scene in _objects(project.get("scenes")) for script in _texts(scene)
    )


def _objections(project: dict[str, JSON]) -> Iterator[Refusal]:
    yield from _option_objections(project)
    if project.get("orientation", "landscape") not in ORIENTATIONS:
        yield _invalid("orientation", f"must be one of {', '.join(ORIENTATIONS)}")
    if not isinstance(project.get("dictionary"), dict | list | None):
        yield _invalid("dictionary", "must be an object")
    match project.get("scenes"):
        case None:
            yield _invalid("scenes", "is required")
        case []:
            yield _invalid("scenes", "must hold at least one scene")
        case scenes:
            yield from _each("scenes", scenes, _scene_objections)


def _option_objections(fields: dict[str, JSON]) -> Iterator[Refusal]:
    for name in TEXT_FIELDS:
        if not isinstance(fields.get(name), str | None):
            yield _invalid(name, "must be a text")
    if not isinstance(fields.get("isExport"), bool | None):
        yield _invalid("isExport", "must be true or false")
    # The reference prints it as text here and as a number there.
    resolution = fields.get("resolution")
    if resolution is not None and str(resolution) not in RESOLUTIONS:
        yield _invalid("resolution", f"must be one of {', '.join(RESOLUTIONS)}")


def _each(place: str, value: JSON, objections: Objections) -> Iterator[Refusal]:
    match value:
        case list():
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    yield from objections(f"{place}[{number}]", item)
                else:
                    yield _invalid(f"{place}[{number}]", "must be an object")
        case _:
            yield _invalid(place, "must be a list")


def _scene_objections(place: str, scene: dict[str, JSON]) -> Iterator[Refusal]:
    if not _is_whole(scene.get("sceneIdx", 0)):
        yield _invalid(f"{place}.sceneIdx", "must be a whole number")
    if not isinstance(scene.get("background"), dict | None):
        yield _invalid(f"{place}.background", "must be an object")
    yield from _each(f"{place}.clips", scene.get("clips"), _clip_objections)
    yield from _script_objections(place, scene)


def _clip_objections(place: str, clip: dict[str, JSON]) -> Iterator[Refusal]:
    # Which types there are is left open: editors save more of them than the reference lists.
    if not isinstance(clip.get("type"), str):
        yield _invalid(f"{place}.type", "must be a text")
    for name in NUMBER_FIELDS:
        if not _is_number(clip.get(name, 0)):
            yield _invalid(f"{place}.{name}", "must be a number")
    match clip:
        case {"type": "aiModel", "model": {"ai_name": str(), "emotion": str()}}:
            pass
        case {"type": "aiModel"}:
            yield _invalid(f"{place}.model", "must name ai_name and emotion")
        case _:
            pass


def _script_objections(place: str, scene: dict[str, JSON]) -> Iterator[Refusal]:
    # An intro or an outro may do without an avatar, and then without a script.
    avatars = [clip for clip in _objects(scene.get("clips")) if clip.get("type") == "aiModel"]
    if avatars and not any(TAG.sub("", text).strip() for text in _texts(scene)):
        yield _invalid(f"{place}.script", "is required: the avatar has nothing to say")
    models = [model for clip in avatars if isinstance(model := clip.get("model"), dict)]
    worn = [(model.get("ai_name"), model.get("emotion")) for model in models]
    for number, script in enumerate(_objects(scene.get("scripts"))):
        if not isinstance(script.get("isTTS"), bool | None) or not isinstance(script.get("tts"), dict | None):
            yield _invalid(f"{place}.scripts[{number}]", "isTTS must be true or false, and tts an object")
        told = script.get("modelId"), script.get("clothId")
        if told not in worn:
            yield _invalid(
                f"{place}.scripts[{number}]",
                "modelId and clothId must be the ai_name and emotion of the scene's aiModel clip",
            )


def _texts(scene: dict[str, JSON]) -> Iterator[str]:
    """Both forms of a scene's scripts; the newer wins where a scene has both, as they say the same."""
    newer = [text for script in _objects(scene.get("scripts")) for text in _org(script)]
    older = [text for clip in _objects(scene.get("clips")) for text in _org(clip.get("script"))]
    yield from newer or older


def _org(script: JSON) -> Iterator[str]:
    match script:
        case {"org": str() as text}:
            yield text
        case _:
            return


def _objects(value: JSON) -> Iterator[dict[str, JSON]]:
    match value:
        case list():
            yield from (item for item in value if isinstance(item, dict))
        case _:
            return


# Python takes True for a number; the service does not.
def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _invalid(place: str, what: str) -> Refusal:
    return Refusal("INVALID_PARAMETER", f"{place} {what}")
