"""The service's checks of a project before it accepts it; the first violation is reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from merge.model import JSON

ORIENTATIONS = ("landscape", "portrait")
RESOLUTIONS = ("4k", "1080", "720", "480")
TEXT_FIELDS = ("name", "workspaceId", "webhookUrl")
NUMBER_FIELDS = ("layer", "top", "left", "width", "height", "scaleX", "scaleY", "opacity", "angle")
MARKUP = re.compile(r"<[^>]*>|&nbsp;")
Check = Callable[[str, dict[str, JSON]], Iterator["Refusal"]]
"""Yields what is wrong with the object at a path of the project."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused.

    A body that isn't JSON is answered with 400, an unknown key with 401, an unknown id with 404; a
    well-formed request with invalid values with HTTP 200 and `success: false`.

    Attributes:
        code: the error's code
        message: the error's text
        status: the HTTP status
    """

    code: str
    message: str
    status: int = 200


def invalid_project(project: dict[str, JSON]) -> Refusal | None:
    """Return the first violation in a whole project, or None.

    Source: the reference's pages on creating and exporting projects, version 1.6.
    """
    return next(_check_project(project), None)


def invalid_option(fields: dict[str, JSON]) -> Refusal | None:
    """Return the first violation in the options of an export, or None."""
    return next(_check_options(fields), None)


def spoken_text(project: dict[str, JSON]) -> str:
    """Return everything that the avatars of a project say, without markup."""
    return "".join(
        MARKUP.sub("", script) for scene in _objects(project.get("scenes")) for script in _texts(scene)
    )


def _check_project(project: dict[str, JSON]) -> Iterator[Refusal]:
    yield from _check_options(project)
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
            yield from _each("scenes", scenes, _check_scene)


def _check_options(fields: dict[str, JSON]) -> Iterator[Refusal]:
    for name in TEXT_FIELDS:
        if not isinstance(fields.get(name), str | None):
            yield _invalid(name, "must be a text")
    if not isinstance(fields.get("isExport"), bool | None):
        yield _invalid("isExport", "must be true or false")
    # The reference has it as text in some places and as a number in others.
    resolution = fields.get("resolution")
    if resolution is not None and str(resolution) not in RESOLUTIONS:
        yield _invalid("resolution", f"must be one of {', '.join(RESOLUTIONS)}")


def _each(place: str, value: JSON, check: Check) -> Iterator[Refusal]:
    match value:
        case list():
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    yield from check(f"{place}[{number}]", item)
                else:
                    yield _invalid(f"{place}[{number}]", "must be an object")
        case _:
            yield _invalid(place, "must be a list")


def _check_scene(place: str, scene: dict[str, JSON]) -> Iterator[Refusal]:
    if not _is_whole(scene.get("sceneIdx", 0)):
        yield _invalid(f"{place}.sceneIdx", "must be a whole number")
    if not isinstance(scene.get("background"), dict | None):
        yield _invalid(f"{place}.background", "must be an object")
    yield from _each(f"{place}.clips", scene.get("clips"), _check_clip)
    yield from _check_scripts(place, scene)


def _check_clip(place: str, clip: dict[str, JSON]) -> Iterator[Refusal]:
    # Any type is accepted: editors save more of them than the reference lists.
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


def _check_scripts(place: str, scene: dict[str, JSON]) -> Iterator[Refusal]:
    # A scene without an avatar needs no script.
    avatars = [clip for clip in _objects(scene.get("clips")) if clip.get("type") == "aiModel"]
    if avatars and not any(MARKUP.sub("", text).strip() for text in _texts(scene)):
        yield _invalid(f"{place}.script", "is required: the avatar has nothing to say")
    models = [model for clip in avatars if isinstance(model := clip.get("model"), dict)]
    worn = [(model.get("ai_name"), model.get("emotion")) for model in models]
    for number, script in enumerate(_objects(scene.get("scripts"))):
        if not isinstance(script.get("isTTS"), bool | None) or not isinstance(script.get("tts"), dict | None):
            yield _invalid(f"{place}.scripts[{number}]", "isTTS must be true or false, and tts an object")
        names = script.get("modelId"), script.get("clothId")
        if names not in worn:
            yield _invalid(
                f"{place}.scripts[{number}]",
                "modelId and clothId must be the ai_name and emotion of the scene's aiModel clip",
            )


def _texts(scene: dict[str, JSON]) -> Iterator[str]:
    """Yield a scene's scripts: the newer form if there is one, else the older; both have the same text."""
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


# In Python True is a number; the service refuses it.
def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _invalid(place: str, what: str) -> Refusal:
    return Refusal("INVALID_PARAMETER", f"{place} {what}")
