"""Projects that the service accepts or refuses, used to test both the simulator and `castmerge check`.

Silent avatars and relative URLs have the form of the vendor's published samples (1.5, create-project).
"""

from __future__ import annotations

from merge.model import JSON

_AVATAR: dict[str, JSON] = {
    "id": "aiModel-1",
    "type": "aiModel",
    "layer": 1,
    "top": 146.7,
    "left": 630.2,
    "height": 2229,
    "width": 679,
    "effects": [{"type": "head-only"}],
    "model": {"ai_name": "M000045058", "emotion": "BG00002320", "language": "en"},
    "voiceOnly": False,
    "headOnly": None,
}
_SCRIPT: dict[str, JSON] = {
    "org": "<p>Hello, this is test video.</p>",
    "isTTS": False,
    "tts": None,
    "modelId": "M000045058",
    "clothId": "BG00002320",
}
_BACKGROUND: JSON = {
    "id": "background",
    "type": "background",
    "source_type": "image",
    "source_url": "/images/background/bg_blue_gradient.png",
    "source_color": "rgb(54,188,37)",
}


def _project(scene: dict[str, JSON], **fields: JSON) -> dict[str, JSON]:
    whole: dict[str, JSON] = {"sceneIdx": 0, "background": _BACKGROUND, "clips": [_AVATAR], **scene}
    return {"name": "Test", "scenes": [whole], **fields}


TAKEN: dict[str, dict[str, JSON]] = {
    "published sample": _project({"watermark": False, "scripts": [_SCRIPT], "thumbnailUrl": None}),
    "older sample": _project({"clips": [{**_AVATAR, "script": {"org": "<p>Hello</p>"}}]}),
    "avatar without a script": _project({}),
    "avatar with an empty script": _project({"clips": [{**_AVATAR, "script": {"org": ""}}]}),
    "avatar with an empty paragraph": _project({"clips": [{**_AVATAR, "script": {"org": "<p></p>"}}]}),
    "empty scripts": _project({"scripts": []}),
    "empty newer script": _project({"scripts": [{**_SCRIPT, "org": ""}]}),
    "script without a model": _project({"scripts": [{"org": "Hello"}]}),
    "scene without clips": _project({"clips": []}),
    "number as resolution": _project({"scripts": [_SCRIPT]}, resolution=720),
    "options": _project({}, orientation="portrait", resolution="4k", isExport=False, dictionary=[]),
}
REFUSED: dict[str, dict[str, JSON]] = {
    "no scenes": {"name": "Test", "scenes": []},
    "scenes of text": {"name": "Test", "scenes": "x"},
    "scene of a number": {"name": "Test", "scenes": [7]},
    "no clips": _project({"clips": None}),
    "clip of text": _project({"clips": ["x"]}),
    "clip without a type": _project({"clips": [{"id": "x"}]}),
    "avatar without clothes": _project({"clips": [{"type": "aiModel", "model": {"ai_name": "M1"}}]}),
    "script of another avatar": _project(
        {"clips": [_AVATAR, _AVATAR], "scripts": [{**_SCRIPT, "modelId": "M2"}]}
    ),
    "unknown orientation": _project({}, orientation="square"),
    "unknown resolution": _project({}, resolution="8k"),
    "resolution of a number": _project({}, resolution=8000),
    "isExport as text": _project({}, isExport="false"),
    "webhook of an object": _project({}, webhookUrl={}),
    "workspace of a number": _project({}, workspaceId=7),
    "private picture": _project({"background": {"source_url": "http://localhost/a.png"}}),
}  # fmt: skip
