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
def test_markup_is_recognized_by_its_tags(text: str, expected: bool) -> None:
    """A string of the template is markup only if it contains tags."""
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
def test_both_kinds_of_script_are_recognized(path: str, expected: bool) -> None:
    """A script is in the clip or in the scene's scripts."""
    assert is_script(path) is expected


def test_number_fields_are_recognized() -> None:
    """A width is a number, a text isn't."""
    assert is_number_place("$.scenes[0].clips[0].width")
    assert not is_number_place("$.scenes[0].clips[0].text")


def test_quotes_are_not_escaped() -> None:
    """Only characters that could be taken for a tag or an entity are escaped."""
    assert escape_text('O\'Neil & "Co" <b>') == 'O\'Neil &amp; "Co" &lt;b&gt;'


def test_spoken_text_has_neither_tags_nor_entities() -> None:
    """Tags separate words, and entities are decoded."""
    assert spoken_text("<p>Tom &amp; Ana</p><p>&nbsp;</p>") == "Tom & Ana"


SCENE = '{"scenes":[{"clips":[%s],"scripts":[{"org":"x","modelId":"old","clothId":"old"},{"org":"y"}]}]}'
CLIP = '{"type":"aiModel","model":{"ai_name":"M1","emotion":"C1"}}'


def test_scripts_name_the_scenes_avatar() -> None:
    """A scene's scripts get the avatar of its aiModel clip; missing fields aren't added."""
    tree = parse_json(SCENE % CLIP, place="x")
    assert isinstance(tree, dict)
    align_models(tree)
    assert '"scripts":[{"org":"x","modelId":"M1","clothId":"C1"},{"org":"y"}]' in dump_json(tree)


@pytest.mark.parametrize("clips", ["", f"{CLIP},{CLIP}", '{"type":"aiModel"}', "7"])
def test_a_scene_with_no_or_several_avatars_is_left_alone(clips: str) -> None:
    """If it isn't clear which avatar speaks, the template isn't changed."""
    tree = parse_json(SCENE % clips, place="x")
    assert isinstance(tree, dict)
    align_models(tree)
    assert dump_json(tree) == SCENE % clips


def test_a_project_with_unexpected_types_is_left_alone() -> None:
    """Unexpected types are skipped."""
    tree = parse_json('{"scenes":[1,{"clips":{}}]}', place="x")
    assert isinstance(tree, dict)
    align_models(tree)
    assert dump_json(tree) == '{"scenes":[1,{"clips":{}}]}'
