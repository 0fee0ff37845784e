"""The places of a project that are spoken, and what markup in them means.

Both forms of the AI Studios v3 project are known: the aiModel clip's `script.org` (older) and the scene's
`scripts[].org` (newer), whose `modelId`/`clothId` must equal the clip's `model.ai_name`/`model.emotion`.
"""

from __future__ import annotations

import html
import re

from merge.model import JSON

_TAG = re.compile(r"</?[a-zA-Z][^<>{}]*>")
_SHOWN_PATH = re.compile(r"^\$\.scenes\[\d+\]\.clips\[\d+\]\.text$")
_SCRIPT_PATH = re.compile(r"^\$\.scenes\[\d+\]\.(?:clips\[\d+\]\.script|scripts\[\d+\])\.org$")

NUMBER_FIELDS = frozenset(
    {
        *("angle", "height", "layer", "left", "opacity", "scale", "scaleX", "scaleY", "top", "width"),
        *(
            "adjustX",
            "adjustY",
            "delay",
            "duration",
            "fontSize",
            "sceneIdx",
            "strokeRadius",
            "strokeWidth",
            "volume",
        ),
    }
)
"""Fields of scenes and clips that hold a number, so that a placeholder there must give one."""


def is_markup(text: str) -> bool:
    """Whether a template's own string holds tags such as `<p>`, so that merged text must be escaped."""
    return _TAG.search(text) is not None


def is_script(path: str) -> bool:
    """Whether a JSON path is one that the avatar speaks."""
    return _SCRIPT_PATH.match(path) is not None


def is_shown(path: str) -> bool:
    """Whether a JSON path is one that is written on the screen."""
    return _SHOWN_PATH.match(path) is not None


def is_number_place(path: str) -> bool:
    """Whether a JSON path is one that holds a number in a saved project."""
    return path.rpartition(".")[2] in NUMBER_FIELDS


def escape_text(text: str) -> str:
    """Text for the inside of markup. Quotes stay as they are: they are spoken, not parsed."""
    return html.escape(text, quote=False)


def without_tags(text: str) -> str:
    """A text without its tags; nothing comes in their place."""
    return _TAG.sub("", text)


def spoken_text(org: str) -> str:
    """What is spoken of a script text: without tags, entities resolved, outer blanks removed."""
    return html.unescape(_TAG.sub(" ", org)).strip()


def plain_text(text: str) -> str:
    """A text as it is read: without tags, entities resolved; its lines stay."""
    return html.unescape(without_tags(text))


def align_models(project: dict[str, JSON]) -> None:
    """Hold each scene's `scripts[].modelId` and `clothId` equal to its aiModel clip's, in place.

    A scene with several avatars is left alone: its scripts say which of them speaks.
    """
    for scene in _dicts(project.get("scenes")):
        models = [clip.get("model") for clip in _dicts(scene.get("clips")) if clip.get("type") == "aiModel"]
        match models:
            case [{"ai_name": str(name), "emotion": str(cloth)}]:
                for script in _dicts(scene.get("scripts")):
                    script.update(_held_equal(script, name, cloth))
            case _:
                continue


def _held_equal(script: dict[str, JSON], name: str, cloth: str) -> dict[str, JSON]:
    wanted: dict[str, JSON] = {"modelId": name, "clothId": cloth}
    return {field: value for field, value in wanted.items() if field in script and script[field] != value}


def _dicts(items: JSON) -> list[dict[str, JSON]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
