from __future__ import annotations

import json
from pathlib import Path

import pytest

from merge.errors import TemplateError
from merge.input.template_file import read_template
from merge.model import JSON
from merge.project.required_fields import missing_fields
from merge.template.document import parse_template, require_fields
from tests.support.json_trees import dump_json
from tests.support.service_rules import REFUSED, TAKEN

AVATAR: dict[str, JSON] = {"type": "aiModel", "model": {"ai_name": "M1", "emotion": "C1"}}
SCRIPT: dict[str, JSON] = {"org": "Hi", "modelId": "M1", "clothId": "C1"}


def _missing(project: dict[str, JSON]) -> list[tuple[str, str]]:
    return [(field.path, field.message) for field in missing_fields(project)]


@pytest.mark.parametrize(
    "project",
    [
        {"scenes": [{"clips": [AVATAR], "scripts": [SCRIPT]}]},
        {"scenes": [{"clips": [AVATAR], "scripts": [{"org": "Hi"}]}], "orientation": "portrait"},
        {"scenes": [{"background": {"source_url": "a.png"}, "video_url": "", "source_url": "{{ x }}"}]},
        {"scenes": [{"clips": []}, {}], "orientation": "{{ orientation }}", "resolution": "4k"},
        {
            "scenes": [
                {"clips": [{**AVATAR, "model": {"ai_name": "{{ a }}", "emotion": "C"}}], "scripts": [SCRIPT]}
            ]
        },
        {"scenes": [{"clips": [AVATAR], "scripts": [{**SCRIPT, "modelId": "{{ a }}"}]}], "resolution": 1080},
    ],
    ids=str,
)
def test_a_complete_project_has_no_missing_field(project: dict[str, JSON]) -> None:
    """A placeholder counts as its value."""
    assert _missing(project) == []


@pytest.mark.parametrize(
    ("project", "path", "message"),
    [
        ({"orientation": "Landscape"}, "$.orientation", "AI Studios doesn't know “Landscape”"),
        (
            {"scenes": [{"background": {"source_url": "C:\\a.png"}}]},
            "$.scenes[0].background.source_url",
            "stored on a computer",
        ),
        (
            {"scenes": [{"clips": [{"type": "x", "video_url": "http://localhost/a.mp4"}]}]},
            "$.scenes[0].clips[0].video_url",
            "on one computer",
        ),
        ({"resolution": "8k"}, "$.resolution", "doesn't know “8k”"),
        ({"scenes": [{"clips": [{}]}]}, "$.scenes[0].clips[0].type", "no type"),
        (
            {"scenes": [{"clips": [{"type": "aiModel"}]}]},
            "$.scenes[0].clips[0].model.ai_name",
            "has no avatar",
        ),
        (
            {"scenes": [{"clips": [{"type": "aiModel", "model": {"ai_name": "M1", "emotion": ""}}]}]},
            "$.scenes[0].clips[0].model.emotion",
            "has no clothes",
        ),
        (
            {"scenes": [{"clips": [AVATAR, AVATAR], "scripts": [{**SCRIPT, "clothId": "C2"}]}]},
            "$.scenes[0].scripts[0]",
            "this scene has no avatar M1 wearing C2",
        ),
    ],
    ids=str,
)
def test_missing_fields_are_reported(project: dict[str, JSON], path: str, message: str) -> None:
    """The first one is reported by its path, the same way as in the template's error."""
    found = _missing(project)
    assert found[0][0] == path
    assert message in found[0][1]
    whole: dict[str, JSON] = {"scenes": [{}], **project}
    with pytest.raises(TemplateError, match=r"x\.json, ") as raised:
        require_fields(parse_template(dump_json(whole), "x.json"))
    assert raised.value.hint


@pytest.mark.parametrize("project", TAKEN.values(), ids=TAKEN)
def test_check_accepts_what_the_service_accepts(project: dict[str, JSON], tmp_path: Path) -> None:
    """The same table tests the simulator."""
    assert read_template(_saved(project, tmp_path)).name == "x.json"


@pytest.mark.parametrize("project", REFUSED.values(), ids=REFUSED)
def test_check_refuses_what_the_service_refuses(project: dict[str, JSON], tmp_path: Path) -> None:
    """The same table tests the simulator; each refusal has a hint."""
    with pytest.raises(TemplateError) as refused:
        read_template(_saved(project, tmp_path))
    assert refused.value.hint


def _saved(project: dict[str, JSON], folder: Path) -> Path:
    path = folder / "x.json"
    path.write_text(json.dumps(project), encoding="utf-8")
    return path
