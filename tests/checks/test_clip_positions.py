from __future__ import annotations

import pytest

from merge.checks.clip_positions import layout_warnings
from merge.model import JSON

BOX: dict[str, JSON] = {
    "type": "shape",
    "tag": "Box",
    "layer": 1,
    "left": 10,
    "top": 10,
    "width": 50,
    "height": 50,
}


def _doubts(orientation: str | None, *clips: JSON) -> list[tuple[str, str]]:
    project: JSON = {"orientation": orientation, "scenes": [{"clips": list(clips)}]}
    return [(doubt.path, doubt.message) for doubt in layout_warnings(project)]


@pytest.mark.parametrize(
    "clip",
    [
        {**BOX, "left": -40},
        {**BOX, "left": 1900, "top": 1070},
        {**BOX, "left": -90, "scaleX": -2},
        {**BOX, "left": 5000, "type": "audio"},
        {**BOX, "left": None},
        {"type": "shape"},
    ],
)
def test_what_can_be_seen_is_not_doubted(clip: JSON) -> None:
    """In part, or in a place that is not known."""
    assert _doubts("landscape", clip) == []


@pytest.mark.parametrize(
    "place", [{"left": 1921}, {"left": -90}, {"top": 2000, "left": 1500}, {"top": -61}], ids=str
)
def test_a_clip_outside_the_canvas_is_told(place: dict[str, JSON]) -> None:
    """By its name, where others show that the canvas is right."""
    [(path, message)] = _doubts(None, {**BOX, "left": 1500}, {**BOX, **place})
    assert path == "$.scenes[0].clips[1]"
    assert message == "“Box” stands outside the canvas and will not be seen"


@pytest.mark.parametrize(
    ("orientation", "place"), [("landscape", {"top": 1500}), ("portrait", {"left": 1500})]
)
def test_a_project_turned_the_wrong_way_is_told_once(orientation: str, place: dict[str, JSON]) -> None:
    """Where all clips would be seen on the other canvas."""
    [(path, message)] = _doubts(orientation, BOX, {**BOX, **place, "layer": 2})
    assert path == "$.orientation"
    assert f"the project is {orientation}, but" in message


def test_an_unknown_orientation_is_not_judged_here() -> None:
    """The service refuses it anyhow."""
    assert _doubts("square", {**BOX, "top": 5000}) == []


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"left": 30}, True),
        ({"left": 60}, False),
        ({"top": 60}, False),
        ({"left": -41}, False),
        ({"layer": 2}, False),
        ({"layer": None}, False),
        ({"left": -30, "scaleX": 2}, True),
    ],
)
def test_clips_over_each_other_on_one_layer_are_told(other: dict[str, JSON], told: bool) -> None:
    """Which of them is in front is then not known; beside each other they may share a layer."""
    found = _doubts("landscape", BOX, {**BOX, **other, "tag": None, "id": "x7"})
    expected = ("$.scenes[0].clips[1]", "“Box” and “x7” lie over each other on layer 1")
    assert found == ([expected] if told else [])
