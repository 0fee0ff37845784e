"""Where scripts, shown texts and numbers are in a project, and what markup in them means.

A project of the AI Studios API, version 3, has scripts in two places: `script.org` of an aiModel clip
(older) and `scripts[].org` of a scene (newer), whose `modelId` and `clothId` must equal the clip's
`model.ai_name` and `model.emotion`.
"""

from __future__ import annotations

import html
import re

from merge.model import JSON

_TAG = re.compile(r"</?[a-zA-Z][^<>{}]*>")
_SHOWN_PATH = re.compile(r"^\$\.scenes\[\d+\]\.clips\[\d+\]\.text$")
_SCRIPT_PATH = re.compile(r"^\$\.scenes\[\d+\]\.(?:clips\[\d+\]\.script|scripts\[\d+\])\.org$")

NUMBER_FIELDS = frozenset({
    "angle", "height", "layer", "left", "opacity", "scale", "scaleX", "scaleY", "top", "width", "adjustX",
    "adjustY", "delay", "duration", "fontSize", "sceneIdx", "strokeRadius", "strokeWidth", "volume",
})  # fmt: skip
"""Fields of scenes and clips that are numbers, so that a placeholder there must result in one."""


def is_markup(text: str) -> bool:
    """Return whether a template's string has tags such as `<p>`, so that text filled in must be escaped."""
    return _TAG.search(text) is not None


def is_script(path: str) -> bool:
    """Return whether the avatar speaks the text at a JSON path."""
    return _SCRIPT_PATH.match(path) is not None


def is_shown(path: str) -> bool:
    """Return whether the text at a JSON path is shown on the screen."""
    return _SHOWN_PATH.match(path) is not None


def is_number_place(path: str) -> bool:
    """Return whether a JSON path has a number in a saved project."""
    return path.rpartition(".")[2] in NUMBER_FIELDS


def escape_text(text: str) -> str:
    """Escape a text for the inside of an element. Quotes are kept, because this is never an attribute."""
    return html.escape(text, quote=False)


def without_tags(text: str) -> str:
    """Remove the tags from a text."""
    return _TAG.sub("", text)


def spoken_text(org: str) -> str:
    """Return the spoken text of a script: each tag a space, entities decoded, outer spaces removed."""
    return html.unescape(_TAG.sub(" ", org)).strip()


def plain_text(text: str) -> str:
    """Return the visible text: without tags, entities decoded, with its line breaks."""
    return html.unescape(without_tags(text))


def align_models(project: dict[str, JSON]) -> None:
    """Make each scene's `scripts[].modelId` and `clothId` equal to its aiModel clip's, in place.

    A scene with several avatars isn't changed, because its scripts name the one that speaks.
    """
    for scene in _dicts(project.get("scenes")):
        models = [clip.get("model") for clip in _dicts(scene.get("clips")) if clip.get("type") == "aiModel"]
        match models:
            case [{"ai_name": str(name), "emotion": str(clothes)}]:
                for script in _dicts(scene.get("scripts")):
                    for field, value in (("modelId", name), ("clothId", clothes)):
                        if script.get(field, value) != value:
                            script[field] = value
            case _:
                continue


def _dicts(items: JSON) -> list[dict[str, JSON]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
