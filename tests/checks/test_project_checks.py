from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.checks.leftovers import certain_leftover, likely_leftover
from merge.checks.project_checks import WarningKind, find_problems, warnings_of
from merge.model import JSON, Cell, CellKind
from merge.project.json_text import dump_json, parse_json
from merge.project.tree import setters
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.sheet.values import template_value
from merge.template.name_resolution import ResolvedNames, RowCellLocator

SCRIPT = "$.scenes[0].clips[0].script.org"
TEXT = "$.scenes[0].clips[1].text"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hi {{ first_name }}!", "{{ first_name }}"),
        ("Hi {{ first_name", "{{ first_name"),
        ("Hi first_name }}", "}}"),
        ("{% if x %}Hi", "{% if x %}"),
        ("#N/A today", "#N/A"),
        ("You owe #DIV/0!", "#DIV/0!"),
        ("You owe ########", "########"),
        ("('Ana', 'Soto')", "('Ana', 'Soto')"),
        ("Hi ('Ana',)", "('Ana',)"),
        ("['Ana']", "['Ana']"),
        ("{'a': 1}", "{'a': "),
        ("<bound method X.y of Z object at 0x7f00>", "<bound method X.y…>"),
        ("Tom #1 & 'tis ('90s) {x} a<b", ""),
        ("Write to #N/ASA", ""),
        ("nan None", ""),
    ],
)
def test_what_cannot_be_meant_is_found(text: str, left: str) -> None:
    """Placeholders, Excel's errors, a column too narrow, and what Python writes."""
    assert certain_leftover(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello nan, hi", "nan"),
        ("Hello None!", "None"),
        ("None of them, and null", "null"),
        ("None of your plans", ""),
        ("Nan Goldin", ""),
        ("banana, Nonetheless", ""),
        ("Hello {someone}", "{someone}"),
        ("Hello <i>Ana</i>", "<i>"),
        ("a < b > c", ""),
        ("undefined", "undefined"),
    ],
)
def test_what_is_hardly_meant_is_found(text: str, left: str) -> None:
    """Words of programs, single braces, tags that are text."""
    assert likely_leftover(text) == left


def test_problems_name_the_cell_where_it_is_known() -> None:
    """Else the path is the place."""
    strings = {SCRIPT: "Hi #N/A", TEXT: "{{ x }}", "$.orientation": "square", "$.scenes[0].video_url": "x"}
    problems = find_problems(strings, lambda path, about="": "People!B4" if about == "#N/A" else "")
    assert [(each.place, each.path) for each in problems] == [
        ("People!B4", SCRIPT),
        (TEXT, ""),
        ("$.orientation", ""),
        ("$.scenes[0].video_url", ""),
    ]
    assert find_problems({SCRIPT: "Hi", "$.name": "#N/A", "$.orientation": "portrait"}) == ()


def _project(script: str = "<p>Hi</p>", text: str = "Hi", **scene: JSON) -> JSON:
    clips: list[JSON] = [
        {
            "type": "aiModel",
            "model": {"ai_name": "M", "emotion": "C", "language": "en"},
            "script": {"org": script},
        },
        {"type": "textImage", "text": text, "fontSize": 40, "width": 400, "height": 60, "fontWeight": "bold"},
        {"type": "image", "source_url": "https://cdn.example.com/a.png"},
    ]
    return {"scenes": [{"clips": clips, **scene}]}


def _kinds(project: JSON) -> list[WarningKind]:
    return [doubt.kind for doubt in warnings_of(project)]


@pytest.mark.parametrize(
    ("project", "kinds"),
    [
        (_project(), []),
        (_project(script="<p>Hi <span class='a'>you</span></p>"), []),
        (_project(script="<p>Hi <b>you</b></p>"), [WarningKind.MARKUP]),
        (_project(script="Hi nan<br/>"), [WarningKind.LEFTOVER, WarningKind.MARKUP]),
        (_project(text="{x}"), [WarningKind.LEFTOVER]),
        (_project(text="A headline that is far too long for one line"), [WarningKind.TEXT_FIT]),
        (_project(script="many words of it " * 400), [WarningKind.LONG_SCRIPT]),
        (_project(script="many words of it " * 30), []),
        (_project(scripts=[{"org": "Hi"}]), []),
        (_project(script="<p> </p>"), [WarningKind.SILENT]),
        (_project(script="<p> </p>", scripts=[{"org": "Hi"}]), []),
        (_project(scripts=[{"org": "<p>Hello nan</p>"}]), [WarningKind.LEFTOVER, WarningKind.TWO_SCRIPTS]),
        (
            {"scenes": [{"clips": [{"type": "image", "source_url": "https://youtu.be/x"}]}]},
            [WarningKind.LINK],
        ),
        ({"scenes": [{"clips": [{"type": "image", "source_url": "x"}]}]}, []),
        ({"scenes": [{"clips": [{"type": "textImage", "text": "x", "width": 1, "height": 1}]}]}, []),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_doubts_come_worst_first(project: JSON, kinds: list[WarningKind]) -> None:
    """Each kind of doubt, and none where there is none."""
    assert _kinds(project) == kinds
    assert _kinds(parse_json(dump_json(project), place="x")) == kinds


def test_doubts_are_values_with_place_message_and_cure() -> None:
    """By the cell where it is known, else by the path."""
    project = _project(script="Hi nan")
    [doubt] = warnings_of(project, lambda path, about="": f"{path} holds {about}")
    assert doubt.place == f"{SCRIPT} holds nan"
    assert doubt.path == SCRIPT
    [doubt] = warnings_of(project)
    assert (
        doubt.note
        == f"{SCRIPT}: 'nan' would be spoken as it stands. Mend the cell, or the template's own text."
    )
    assert doubt.to_dict().keys() == {"kind", "place", "message", "hint", "path"}


KEYS = st.sampled_from(["scenes", "clips", "scripts", "type", "text", "left"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
        max_leaves=20,
    )
)
def test_whatever_a_project_is_it_is_judged(project: JSON) -> None:
    """A tree of another shape has no doubts, and raises nothing."""
    assert isinstance(warnings_of(project), tuple)


NAMES = ("First", "Last", "Empty")
COLUMNS = tuple(Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(NAMES, start=1))
CELLS = {1: Cell(CellKind.TEXT, "nan"), 2: Cell(CellKind.TEXT, "Soto")}


@pytest.mark.parametrize(
    ("path", "about", "cell"),
    [
        (SCRIPT, "nan", "People!A7"),
        (SCRIPT, "Soto", "People!B7"),
        (SCRIPT, "", ""),
        (SCRIPT, "x", ""),
        (TEXT, "", "People!C7"),
        (TEXT, "nan", ""),
        ("$.name", "nan", "People!A7"),
        ("$.name", "", ""),
    ],
)
def test_a_place_is_the_one_cell_that_it_can_be(path: str, about: str, cell: str) -> None:
    """The only cell of a path, or the one that holds the words; in any path where its cells are not known."""
    names = ResolvedNames(
        Header(1, COLUMNS, 2, sheet="People"), {}, COLUMNS, {}, {SCRIPT: COLUMNS, TEXT: COLUMNS[2:]}
    )
    values = {
        n: template_value(CELLS.get(n), address=f"People!{n}", header=name)
        for n, name in enumerate(NAMES, start=1)
    }
    assert RowCellLocator(names, "People", 7, values)(path, about) == cell


def test_places_of_a_tree_are_set_by_their_paths() -> None:
    """Members, items, and keys that are no plain words; other paths are left alone."""
    tree: JSON = {"a": {"b c": "x"}, "l": ["y", {"z": "z"}], "n": 1}
    places = dict(setters(tree, {'$.a["b c"]', "$.l[0]", "$.l[1].z", "$.nowhere"}))
    for path, put in places.items():
        put(path)
    assert tree == {"a": {"b c": '$.a["b c"]'}, "l": ["$.l[0]", {"z": "$.l[1].z"}], "n": 1}
