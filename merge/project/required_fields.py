"""Find the reasons for which the service would refuse a project; used by `check` and the simulator.

Source: the reference's pages on creating and exporting projects (version 1.6). Only certain refusals are
reported: the editor saves more fields and types of clips than the reference lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from merge.model import JSON
from merge.project.json_text import NumberText, strings
from merge.project.media_urls import ADDRESS_FIELDS, out_of_reach
from merge.project.tree import clips_of, items_of, text_of

ORIENTATIONS = ("landscape", "portrait")
RESOLUTIONS = ("4k", "1080", "720", "480")
CHOICES = {"$.orientation": ORIENTATIONS, "$.resolution": RESOLUTIONS}
"""The only values of these fields."""


_TEXT_FIELDS = ("name", "workspaceId", "webhookUrl")


@dataclass(frozen=True, slots=True)
class MissingField:
    """A field that is missing or has a value that the service doesn't know."""

    path: str
    message: str
    hint: str


def missing_fields(project: JSON) -> Iterator[MissingField]:
    """Yield the reasons for which the service would refuse a project; a placeholder counts as valid.

    A scene may be silent: an avatar without a script, or with an empty one, is accepted.
    """
    yield from invalid_options(project)
    for path, clip in clips_of(project):
        yield from _of_clip(path, clip)
    for number, scene in items_of(project, "scenes"):
        yield from _of_scene(number, scene)
    for path, text in strings(project):
        reason = out_of_reach(text) if path.rpartition(".")[2] in ADDRESS_FIELDS else None
        if reason:
            yield MissingField(path, *reason)


def refusals(project: JSON) -> Iterator[MissingField]:
    """Yield every reason to refuse a whole project: parts of the wrong type, then what is missing."""
    yield from _of_structure(project)
    yield from missing_fields(project)


def invalid_options(project: JSON) -> Iterator[MissingField]:
    """Yield the values at the top level that the service would refuse; it also checks them on an export."""
    fields = project if isinstance(project, dict) else {}
    for name in _TEXT_FIELDS:
        if not _is_text(fields.get(name)):
            yield MissingField(f"$.{name}", "must be text", _AGAIN)
    if not isinstance(fields.get("isExport"), bool | None):
        yield MissingField("$.isExport", "must be true or false", _AGAIN)
    for path, choices in CHOICES.items():
        chosen = fields.get(path.removeprefix("$."))
        # The reference has the resolution as text in some places and as a number in others.
        if chosen is not None and chosen != "" and str(chosen) not in choices and "{" not in str(chosen):
            yield unknown_choice(path, str(chosen))


def _is_text(value: JSON) -> bool:
    return value is None or (isinstance(value, str) and not isinstance(value, NumberText))


def _of_structure(project: JSON) -> Iterator[MissingField]:
    scenes = project.get("scenes") if isinstance(project, dict) else None
    if scenes is None:
        yield MissingField("$.scenes", "is required", _AGAIN)
    elif scenes == []:
        yield MissingField("$.scenes", "must have at least one scene", _AGAIN)
    else:
        yield from _not_objects("$.scenes", scenes)
        for number, scene in items_of(project, "scenes"):
            yield from _not_objects(f"$.scenes[{number}].clips", scene.get("clips"))


def _not_objects(path: str, value: JSON) -> Iterator[MissingField]:
    """Yield items that aren't lists, or list items that aren't objects."""
    if not isinstance(value, list):
        yield MissingField(path, "must be a list", _AGAIN)
        return
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            yield MissingField(f"{path}[{number}]", "must be an object", _AGAIN)


def unknown_choice(path: str, chosen: str) -> MissingField:
    """Return the problem of a value that isn't among the choices for its field."""
    *others, last = CHOICES[path]
    return MissingField(
        path, f"AI Studios doesn't know “{chosen[:40]}”", f"Use {', '.join(others)} or {last}"
    )


def _of_clip(path: str, clip: dict[str, JSON]) -> Iterator[MissingField]:
    if not text_of(clip, "type"):
        yield MissingField(f"{path}.type", "this clip has no type", _AGAIN)
    if clip.get("type") == "aiModel":
        model = clip.get("model")
        for field, what in (("ai_name", "avatar"), ("emotion", "clothes")):
            if not text_of(model, field):
                yield MissingField(f"{path}.model.{field}", f"this avatar's clip has no {what}", _AGAIN)


def _of_scene(number: int, scene: dict[str, JSON]) -> Iterator[MissingField]:
    """Yield scripts whose avatar, in the clothes they name, isn't in their own scene."""
    models = [clip.get("model") for _, clip in items_of(scene, "clips") if clip.get("type") == "aiModel"]
    avatars = {(text_of(model, "ai_name"), text_of(model, "emotion")) for model in models}
    for index, script in items_of(scene, "scripts"):
        speaker = text_of(script, "modelId"), text_of(script, "clothId")
        path = f"$.scenes[{number}].scripts[{index}]"
        if all(speaker) and speaker not in avatars and not any(map(_has_placeholder, (speaker, *avatars))):
            message = f"this scene has no avatar {speaker[0]} wearing {speaker[1]}"
            yield MissingField(
                path, message, "Give modelId and clothId the ai_name and emotion of the avatar's clip"
            )


def _has_placeholder(names: tuple[str, str]) -> bool:
    return any("{" in name for name in names)


_AGAIN = "Save the project from AI Studios again, or put the value back"
