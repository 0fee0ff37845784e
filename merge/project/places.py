"""Places of a project in words."""

from __future__ import annotations

import re

_PATH = re.compile(r"\$(?:\.\w+|\[\d+\])+")
_KINDS = {
    ".org": "script",
    ".text": "text on screen",
    "_url": "picture or video address",
    ".orientation": "orientation",
    "]": "clip",
}


def place_label(path: str) -> str:
    """A JSON path of a template in words.

    >>> place_label("$.scenes[0].clips[1].script.org"), place_label("$.name")
    ('Scene 1, script', 'Name of the video')
    """
    if path == "$.name":
        return "Name of the video"
    scene = path.partition("scenes[")[2].partition("]")[0]
    what = next((words for ending, words in _KINDS.items() if path.endswith(ending)), "setting")
    if not scene.isdigit():
        return what.capitalize()
    named = f"Scene {int(scene) + 1}"
    return named if path == f"$.scenes[{scene}]" else f"{named}, {what}"


def with_place_labels(text: str) -> str:
    """A text whose JSON paths are words.

    >>> with_place_labels("welcome.json, $.scenes[0].clips[1].script.org")
    'welcome.json, Scene 1, script'
    """
    return _PATH.sub(lambda found: place_label(found[0]), text)
