"""The simulator's checks of a project, its prices, and which webhooks it may call."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.model import JSON
from merge.services.simulator.exports import Stage, credits_of, webhook_view
from merge.services.simulator.state import Export, SavedProject
from merge.services.simulator.validation import Refusal, invalid_project
from merge.services.simulator.webhooks import is_local_url
from tests.support.service_rules import REFUSED, TAKEN
from tests.support.simulator_process import SEED, stand_in

ANYTHING: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
AVATAR: JSON = {
    "id": "a",
    "type": "aiModel",
    "model": {"ai_name": "M1", "emotion": "C1"},
    "script": {"org": "<p>Hello</p>"},
}
SILENT: dict[str, JSON] = {"id": "a", "type": "aiModel", "model": {"ai_name": "M1", "emotion": "C1"}}
SCRIPT: dict[str, JSON] = {"org": "Hello", "isTTS": False, "tts": None, "modelId": "M1", "clothId": "C1"}


def seed() -> dict[str, JSON]:
    """The service's own example."""
    project: dict[str, JSON] = json.loads(SEED)
    return project


def scene(**fields: JSON) -> dict[str, JSON]:
    """A project with one scene."""
    return {"scenes": [{"sceneIdx": 0, "clips": [AVATAR], **fields}]}


@pytest.mark.parametrize(
    "project",
    [
        pytest.param(seed(), id="seed"),
        pytest.param(scene(), id="older script"),
        pytest.param(scene(clips=[SILENT], scripts=[SCRIPT]), id="newer script"),
        pytest.param(scene(scripts=[SCRIPT, SCRIPT]), id="conversation"),
        pytest.param(scene(scripts=[{**SCRIPT, "isTTS": True, "tts": {"voice": "x"}}]), id="other voice"),
        pytest.param(scene(clips=[{"type": "image", "source_url": "x"}]), id="no speaker"),
        pytest.param(scene(clips=[{"type": "subtitle"}, AVATAR]), id="type of a newer editor"),
        pytest.param({**scene(), "resolution": "4k", "workspaceId": None, "dictionary": []}, id="options"),
        pytest.param({**scene(), "resolution": 720, "orientation": "portrait"}, id="number as resolution"),
    ],
)
def test_a_valid_project_is_accepted(project: dict[str, JSON]) -> None:
    """Everything that the reference allows is accepted."""
    assert invalid_project(project) is None


@pytest.mark.parametrize(
    ("project", "words"),
    [
        pytest.param({}, "scenes is required", id="no scenes"),
        pytest.param({"scenes": []}, "scenes must have at least one", id="empty scenes"),
        pytest.param({"scenes": "x"}, "scenes must be a list", id="scenes of text"),
        pytest.param({"scenes": [7]}, "scenes[0] must be an object", id="scene of number"),
        pytest.param({**scene(), "name": 7}, "name must be text", id="name"),
        pytest.param({**scene(), "webhookUrl": {}}, "webhookUrl must be text", id="webhook"),
        pytest.param({**scene(), "isExport": "false"}, "isExport must be true or false", id="isExport"),
        pytest.param({**scene(), "orientation": "square"}, "orientation is not valid", id="orientation"),
        pytest.param({**scene(), "resolution": "8k"}, "resolution is not valid", id="resolution"),
        pytest.param(scene(clips=None), "scenes[0].clips must be a list", id="no clips"),
        pytest.param(scene(clips=["x"]), "scenes[0].clips[0] must be an object", id="clip of text"),
        pytest.param(scene(clips=[{}]), "clips[0].type is not valid", id="no type"),
        pytest.param(
            scene(clips=[{"type": "aiModel"}]), "clips[0].model.ai_name is not valid", id="no model"
        ),
        pytest.param(
            scene(scripts=[{**SCRIPT, "clothId": "C2"}]), "scripts[0] is not valid", id="other clothes"
        ),
        pytest.param(scene(scripts=[SCRIPT, {**SCRIPT, "modelId": "M2"}]), "scripts[1]", id="other avatar"),
    ],
)
def test_an_invalid_project_is_refused(project: dict[str, JSON], words: str) -> None:
    """A violation is refused with the path of the field."""
    refusal = invalid_project(project)
    assert refusal is not None
    assert (refusal.code, refusal.status) == ("INVALID_PARAMETER", 200)
    assert words in refusal.message


def test_a_refusal_comes_with_http_200() -> None:
    """An invalid project is refused with `success` false and HTTP 200."""
    with stand_in() as service:
        assert service.error("POST", "/editor/project", {"scenes": []}) == (
            200,
            "scenes must have at least one scene",
        )


@given(
    st.dictionaries(st.sampled_from(["name", "orientation", "scenes", "resolution", "isExport"]), ANYTHING)
)
def test_any_json_can_be_validated(project: dict[str, JSON]) -> None:
    """It is accepted or refused without a crash."""
    assert isinstance(invalid_project(project), Refusal | None)


@given(ANYTHING, ANYTHING)
def test_any_scene_can_be_validated(clip: JSON, script: JSON) -> None:
    """Any JSON as a clip or a script is accepted or refused without a crash."""
    project = scene(clips=[clip, {"type": "aiModel", "model": clip, "script": script}], scripts=[script])
    assert isinstance(invalid_project(project), Refusal | None)


@pytest.mark.parametrize(("length", "credits_"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3)])
def test_credits_are_per_started_thousand_characters(length: int, credits_: int) -> None:
    """An export costs one credit per started thousand characters, as the last webhook reports."""
    body = scene(scripts=[{**SCRIPT, "org": "x" * length}]) if length else {}
    project = SavedProject("sim1", "", lambda: body, 0.0, 0.0, Export(0.0, 0))
    assert credits_of(project) == credits_
    report = webhook_view(project, Stage(100.0, "finish", finished=True), "http://x/v.mp4")
    assert isinstance(report, dict)
    assert (report["credit"], report["download_url"]) == (credits_, "http://x/v.mp4")
    assert "sim1" not in json.dumps(report)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000/hook", True),
        ("http://127.8.9.1/hook", True),
        ("http://[::1]:8000/hook", True),
        ("http://localhost/hook", True),
        ("https://localhost/hook", True),
        ("http://example.com/hook", False),
        ("http://192.168.1.5/hook", False),
        ("http://0.0.0.0/hook", False),
        ("http://localhost.example.com/hook", False),
        ("http://[broken/hook", False),
        ("ftp://127.0.0.1/hook", False),
        ("", False),
    ],
)
def test_only_webhooks_on_this_machine_are_called(url: str, local: bool) -> None:
    """A URL is called only if it is on this machine without a name lookup."""
    assert is_local_url(url) is local


@pytest.mark.parametrize("project", TAKEN.values(), ids=TAKEN)
def test_the_simulator_accepts_what_the_service_accepts(project: dict[str, JSON]) -> None:
    """For example, silent avatars are in the vendor's own samples."""
    assert invalid_project(project) is None


@pytest.mark.parametrize("project", REFUSED.values(), ids=REFUSED)
def test_the_simulator_refuses_what_the_service_refuses(project: dict[str, JSON]) -> None:
    """The refusal has the code for an invalid parameter."""
    refusal = invalid_project(project)
    assert refusal is not None
    assert refusal.code == "INVALID_PARAMETER"
