from __future__ import annotations

import pytest

from merge.project.json_text import parse_json
from merge.project.scripts import (
    align_models,
    escape_text,
    is_markup,
    is_number_place,
    is_script,
    spoken_text,
)
from tests.support.json_trees import dump_json


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>Hello {{ name }}</p>", True),
        ("one<br>two", True),
        ('<span class="a">x</span>', True),
        ("a < b and c > d", False),
        ("{{ '<p>' if x else '' }}", True),
        ("Hello", False),
        ("{% if a <b %}x{% endif %}", False),
    ],
)
def test_markup_is_known_by_its_tags(text: str, expected: bool) -> None:
    """Only a template's string that holds tags is markup."""
    assert is_markup(text) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.scenes[0].clips[12].script.org", True),
        ("$.scenes[3].scripts[0].org", True),
        ("$.scenes[0].scripts[0].tts", False),
        ("$.name", False),
    ],
)
def test_both_script_places_are_known(path: str, expected: bool) -> None:
    """What is spoken stands in the clip's script or in the scene's scripts."""
    assert is_script(path) is expected


def test_number_places_are_known_by_their_field() -> None:
    """A width is a number, a text is not."""
    assert is_number_place("$.scenes[0].clips[0].width")
    assert not is_number_place("$.scenes[0].clips[0].text")


def test_quotes_are_spoken_not_escaped() -> None:
    """Only what could be taken for a tag or an entity is escaped."""
    assert escape_text('O\'Neil & "Co" <b>') == 'O\'Neil &amp; "Co" &lt;b&gt;'


def test_spoken_text_has_neither_tags_nor_entities() -> None:
    """Tags part words, entities are what they stand for."""
    assert spoken_text("<p>Tom &amp; Ana</p><p>&nbsp;</p>") == "Tom & Ana"


SCENE = '{"scenes":[{"clips":[%s],"scripts":[{"org":"x","modelId":"old","clothId":"old"},{"org":"y"}]}]}'
CLIP = '{"type":"aiModel","model":{"ai_name":"M1","emotion":"C1"}}'


def test_scripts_are_held_equal_to_the_avatar() -> None:
    """A scene's scripts name the avatar of its aiModel clip; what is not there is not added."""
    tree = parse_json(SCENE % CLIP, place="x")
    assert isinstance(tree, dict)
    align_models(tree)
    assert '"scripts":[{"org":"x","modelId":"M1","clothId":"C1"},{"org":"y"}]' in dump_json(tree)


@pytest.mark.parametrize("clips", ["", f"{CLIP},{CLIP}", '{"type":"aiModel"}', "7"])
def test_a_scene_with_no_or_several_avatars_is_left_alone(clips: str) -> None:
    """Where it is not plain which avatar speaks, the template decides."""
    tree = parse_json(SCENE % clips, place="x")
    assert isinstance(tree, dict)
    align_models(tree)
    assert dump_json(tree) == SCENE % clips


def test_a_project_whose_parts_are_of_other_kinds_is_left_alone() -> None:
    """Foreign shapes are passed over."""
    tree = parse_json('{"scenes":[1,{"clips":{}}]}', place="x")
    assert isinstance(tree, dict)
    align_models(tree)
    assert dump_json(tree) == '{"scenes":[1,{"clips":{}}]}'
