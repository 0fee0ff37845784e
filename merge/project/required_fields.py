"""Find what the service would refuse a project for.

Source: the reference's pages on creating and exporting projects (version 1.6). Only what it would certainly
refuse is reported: the editor saves more fields and types of clips than the reference lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from merge.model import JSON
from merge.project.json_text import strings
from merge.project.media_urls import ADDRESS_FIELDS, out_of_reach
from merge.project.tree import clips_of, items_of, text_of

ORIENTATIONS = ("landscape", "portrait")
RESOLUTIONS = ("4k", "1080", "720", "480")
CHOICES = {"$.orientation": ORIENTATIONS, "$.resolution": RESOLUTIONS}
"""The only values of these fields."""


@dataclass(frozen=True, slots=True)
class MissingField:
    """A field that is missing or has a value that the service doesn't know."""

    path: str
    message: str
    hint: str


def missing_fields(project: JSON) -> Iterator[MissingField]:
    """Yield what the service would refuse a project for; a placeholder counts as a good value."""
    for path, choices in CHOICES.items():
        chosen = text_of(project, path.removeprefix("$."))
        if chosen and "{" not in chosen and chosen not in choices:
            yield unknown_choice(path, chosen)
    for path, clip in clips_of(project):
        yield from _of_clip(path, clip)
    for number, scene in items_of(project, "scenes"):
        yield from _of_scene(number, scene)
    for path, text in strings(project):
        reason = out_of_reach(text) if path.rpartition(".")[2] in ADDRESS_FIELDS else None
        if reason:
            yield MissingField(path, *reason)


def unknown_choice(path: str, chosen: str) -> MissingField:
    """Return the problem of a value that isn't among the choices for its field."""
    *others, last = CHOICES[path]
    return MissingField(
        path, f"'{chosen[:40]}' is not known to the service", f"Write {', '.join(others)} or {last}"
    )


def _of_clip(path: str, clip: dict[str, JSON]) -> Iterator[MissingField]:
    if not text_of(clip, "type"):
        yield MissingField(f"{path}.type", "this clip has no type", _AGAIN)
    if clip.get("type") == "aiModel":
        model = clip.get("model")
        for field, what in (("ai_name", "avatar"), ("emotion", "clothes")):
            if not text_of(model, field):
                yield MissingField(
                    f"{path}.model.{field}", f"this avatar's clip does not name its {what}", _AGAIN
                )


def _of_scene(number: int, scene: dict[str, JSON]) -> Iterator[MissingField]:
    """Yield scripts whose avatar, in the clothes they name, isn't in their own scene."""
    models = [clip.get("model") for _, clip in items_of(scene, "clips") if clip.get("type") == "aiModel"]
    avatars = {(text_of(model, "ai_name"), text_of(model, "emotion")) for model in models}
    for index, script in items_of(scene, "scripts"):
        speaker = text_of(script, "modelId"), text_of(script, "clothId")
        path = f"$.scenes[{number}].scripts[{index}]"
        if all(speaker) and speaker not in avatars and not any(map(_has_placeholder, (speaker, *avatars))):
            message = f"no avatar of this scene is {speaker[0]} in {speaker[1]}"
            yield MissingField(
                path, message, "Give modelId and clothId the ai_name and emotion of the avatar's clip"
            )


def _has_placeholder(names: tuple[str, str]) -> bool:
    return any("{" in name for name in names)


_AGAIN = "Save the project from AI Studios again, or put it back in"
