from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.checks.clip_layout import layout_warnings, misfit
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


def _warnings(orientation: str | None, *clips: JSON) -> list[tuple[str, str]]:
    project: JSON = {"orientation": orientation, "scenes": [{"clips": list(clips)}]}
    return [(warning.path, warning.message) for warning in layout_warnings(project)]


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
def test_visible_clips_have_no_warning(clip: JSON) -> None:
    """Clips that are partly visible, or whose position isn't known, have none."""
    assert _warnings("landscape", clip) == []


@pytest.mark.parametrize(
    "place", [{"left": 1921}, {"left": -90}, {"top": 2000, "left": 1500}, {"top": -61}], ids=str
)
def test_a_clip_outside_the_canvas_is_reported(place: dict[str, JSON]) -> None:
    """It is reported on its own if other clips show that the canvas is right."""
    [(path, message)] = _warnings(None, {**BOX, "left": 1500}, {**BOX, **place})
    assert path == "$.scenes[0].clips[1]"
    assert message == "“Box” is outside the canvas and won't be seen"


@pytest.mark.parametrize(
    ("orientation", "place"), [("landscape", {"top": 1500}), ("portrait", {"left": 1500})]
)
def test_a_wrong_orientation_is_reported_once(orientation: str, place: dict[str, JSON]) -> None:
    """All clips would be visible on a canvas of the other orientation."""
    [(path, message)] = _warnings(orientation, BOX, {**BOX, **place, "layer": 2})
    assert path == "$.orientation"
    assert f"the project is {orientation}, but" in message


def test_an_unknown_orientation_has_no_warning() -> None:
    """The service rejects it in any case."""
    assert _warnings("square", {**BOX, "top": 5000}) == []


@pytest.mark.parametrize(
    ("other", "overlaps"),
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
def test_overlapping_clips_on_one_layer_are_reported(other: dict[str, JSON], overlaps: bool) -> None:
    """It isn't clear which one is in front; clips that don't overlap may share a layer."""
    found = _warnings("landscape", BOX, {**BOX, **other, "tag": None, "id": "x7"})
    expected = ("$.scenes[0].clips[1]", "“Box” and “x7” overlap on layer 1")
    assert found == ([expected] if overlaps else [])


def test_text_that_fits_has_no_warning() -> None:
    """One line fits a box that is wide enough, two lines one that is high enough."""
    assert misfit("Welcome, Ana", points=40, width=600, height=80) == ""
    assert misfit("Welcome, Ana and Benjamin", points=40, width=420, height=140) == ""
    assert misfit("Welcome", points=40, width=0, height=80) == ""
    assert misfit("  ", points=40, width=1, height=1) == ""


def test_text_that_does_not_fit_is_reported_in_pixels() -> None:
    """The lines are too high, or one word is too wide."""
    assert "about 2 lines (128 px), and its box is 60 px" in misfit(
        "Welcome, Ana and Benjamin", points=40, width=420, height=60
    )
    assert "longest word" in misfit("Donaudampfschifffahrt", points=40, width=300, height=600)
    assert misfit("WELCOME ANA", points=40, width=364, height=60) == ""
    assert misfit("WELCOME ANA", points=40, width=364, height=60, bold=True) != ""


@given(st.text(), st.floats(1, 100), st.floats(1, 2000))
def test_any_text_is_measured(text: str, points: float, width: float) -> None:
    """Any text and any box can be compared."""
    assert isinstance(misfit(text, points=points, width=width, height=width), str)
