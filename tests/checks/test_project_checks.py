from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.checks.project_checks import certain_leftover, find_problems, likely_leftover, warnings_of
from merge.checks.warning import WarningKind
from merge.model import JSON, Cell, CellKind
from merge.project.json_text import parse_json
from merge.project.tree import setters
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.sheet.values import template_value
from merge.template.name_resolution import ResolvedNames, RowCellLocator
from tests.support.json_trees import dump_json

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
def test_certain_leftovers_are_found(text: str, left: str) -> None:
    """Placeholders, Excel's errors, a column that is too narrow, and Python objects are leftovers."""
    assert certain_leftover(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello nan, hi", "nan"),
        ("Hello None!", "None"),
        ("None of them, and null", "null"),
        ("None of your plans", ""),
        ("null Komma fünf Prozent, null Uhr dreißig", ""),
        ("Nan Goldin", ""),
        ("banana, Nonetheless", ""),
        ("Hello {someone}", "{someone}"),
        ("Hello <i>Ana</i>", "<i>"),
        ("a < b > c", ""),
        ("undefined", "undefined"),
    ],
)
def test_likely_leftovers_are_found(text: str, left: str) -> None:
    """Words such as `nan`, single braces, and tags that are shown as text are likely leftovers."""
    assert likely_leftover(text) == left


def test_problems_name_the_cell_if_it_is_known() -> None:
    """Otherwise the place is the path."""
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
    return [warning.kind for warning in warnings_of(project)]


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
def test_warnings_are_sorted_by_cost(project: JSON, kinds: list[WarningKind]) -> None:
    """Each kind of warning is found, in the order of `WarningKind`."""
    assert _kinds(project) == kinds
    assert _kinds(parse_json(dump_json(project), place="x")) == kinds


def test_warnings_have_place_message_and_hint() -> None:
    """The place is the cell if it is known, and otherwise the path."""
    project = _project(script="Hi nan")
    [warning] = warnings_of(project, lambda path, about="": f"{path} holds {about}")
    assert warning.place == f"{SCRIPT} holds nan"
    assert warning.path == SCRIPT
    [warning] = warnings_of(project)
    assert (
        warning.note
        == f"{SCRIPT}: “nan” would be spoken exactly as written. Fix the text in the cell or in the template."
    )
    assert warning.to_dict().keys() == {"kind", "place", "message", "hint", "path", "rows"}


KEYS = st.sampled_from(["scenes", "clips", "scripts", "type", "text", "left"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
        max_leaves=20,
    )
)
def test_any_project_can_be_checked(project: JSON) -> None:
    """A tree with unexpected types raises no error."""
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
def test_the_place_is_the_only_possible_cell(path: str, about: str, cell: str) -> None:
    """It is the only cell of the path, or the one with the text; without known cells, any cell can match."""
    names = ResolvedNames(
        Header(1, COLUMNS, 2, sheet="People"), {}, COLUMNS, {}, {SCRIPT: COLUMNS, TEXT: COLUMNS[2:]}
    )
    values = {
        n: template_value(CELLS.get(n), address=f"People!{n}", header=name)
        for n, name in enumerate(NAMES, start=1)
    }
    assert RowCellLocator(names, "People", 7, values)(path, about) == cell


def test_values_are_set_by_path() -> None:
    """Paths may contain members, items and quoted keys; unknown paths are ignored."""
    tree: JSON = {"a": {"b c": "x"}, "l": ["y", {"z": "z"}], "n": 1}
    places = dict(setters(tree, {'$.a["b c"]', "$.l[0]", "$.l[1].z", "$.nowhere"}))
    for path, put in places.items():
        put(path)
    assert tree == {"a": {"b c": '$.a["b c"]'}, "l": ["$.l[0]", {"z": "$.l[1].z"}], "n": 1}
