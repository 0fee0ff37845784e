"""What a project must hold so that the service takes it, beside what makes it a project at all.

Source: the reference's pages on creating and exporting projects (version 1.6). Only what it would certainly
refuse is named: editors save more fields, and more kinds of clips, than the reference lists.
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
"""Places that know only these texts."""


@dataclass(frozen=True, slots=True)
class MissingField:
    """What is missing, where, and what to do."""

    path: str
    message: str
    hint: str


def missing_fields(project: JSON) -> Iterator[MissingField]:
    """What the service would refuse a project for; a placeholder counts as what it stands for."""
    for path, choices in CHOICES.items():
        chosen = text_of(project, path.removeprefix("$."))
        if chosen and "{" not in chosen and chosen not in choices:
            yield unknown_choice(path, chosen)
    for path, clip in clips_of(project):
        yield from _of_clip(path, clip)
    for number, scene in items_of(project, "scenes"):
        yield from _of_scene(number, scene)
    for path, text in strings(project):
        far = out_of_reach(text) if path.rpartition(".")[2] in ADDRESS_FIELDS else None
        if far:
            yield MissingField(path, *far)


def unknown_choice(path: str, chosen: str) -> MissingField:
    """A text where only some are known."""
    *most, last = CHOICES[path]
    return MissingField(
        path, f"'{chosen[:40]}' is not known to the service", f"Write {', '.join(most)} or {last}"
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
    """Each script is said by an avatar of its own scene, in clothes that it wears there."""
    models = [clip.get("model") for _, clip in items_of(scene, "clips") if clip.get("type") == "aiModel"]
    worn = {(text_of(model, "ai_name"), text_of(model, "emotion")) for model in models}
    for index, script in items_of(scene, "scripts"):
        told = text_of(script, "modelId"), text_of(script, "clothId")
        path = f"$.scenes[{number}].scripts[{index}]"
        if all(told) and told not in worn and not any("{" in name for pair in (told, *worn) for name in pair):
            message = f"no avatar of this scene is {told[0]} in {told[1]}"
            yield MissingField(
                path, message, "Give modelId and clothId the ai_name and emotion of the avatar's clip"
            )


_AGAIN = "Save the project from AI Studios again, or put it back in"
