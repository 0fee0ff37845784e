from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import TemplateError
from merge.input.template_file import read_text_template
from merge.model import Cell, CellKind, Problem, RowKey
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.sheet.values import TemplateValue, template_value
from merge.template.bind_text import bind_text
from merge.template.document import ProjectOptions, TextTemplate
from merge.template.render_json import FilledIn

NAMES = ("First Name", "Width", "Plan", "Price (USD)", "이름", "Nickname", "Due")
CELLS = {
    "First Name": Cell(CellKind.TEXT, "Ana"), "Width": Cell(CellKind.NUMBER, 1920, "#,##0"),
    "Plan": Cell(CellKind.TEXT, "Gold"), "Price (USD)": Cell(CellKind.NUMBER, 1200.5, "$#,##0.00"),
    "이름": Cell(CellKind.TEXT, "지수"), "Due": Cell(CellKind.NUMBER, 46000, "yyyy-mm-dd"),
}  # fmt: skip


def _header() -> Header:
    columns = (Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(NAMES, start=1))
    return Header(3, tuple(columns), 4, sheet="People")


def _values(cells: Mapping[str, Cell]) -> dict[int, TemplateValue]:
    return {
        column.number: template_value(
            cells.get(column.header), address=f"People!{chr(64 + column.number)}4", header=column.header
        )
        for column in _header().columns
    }


def _outcome(
    source: str,
    cells: Mapping[str, Cell] = CELLS,
    parts: Mapping[str, str] | None = None,
    project_options: ProjectOptions | None = None,
) -> FilledIn | tuple[Problem, ...]:
    template = TextTemplate("t.json.j2", source, parts or {})
    template = template.with_options(project_options or ProjectOptions())
    binding = bind_text(template, _header(), {"season": "Spring"})
    return binding.renderer.render(binding.names.context(_values(cells)))


def _body(source: str, cells: Mapping[str, Cell] = CELLS, parts: Mapping[str, str] | None = None) -> str:
    outcome = _outcome(source, cells, parts)
    assert isinstance(outcome, FilledIn), outcome
    return outcome.project(RowKey("k")).body


def _scene(inside: str, cells: Mapping[str, Cell] = CELLS, parts: Mapping[str, str] | None = None) -> object:
    """The rendered value of a piece of JSON in a project."""
    body = json.loads(_body(f'{{"name": "x", "scenes": [{{"x": {inside}}}]}}', cells, parts))
    return body["scenes"][0]["x"]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('"{{ First Name }}"', "Ana"),
        ('"{{ first_name }} {{ 이름 }} {{ Price (USD) }} {{ row["Plan"] }}"', "Ana 지수 $1,200.50 Gold"),
        ('"{<b>{ First&nbsp;Name }</b>}"', "Ana"),
        ("{{ width }}", 1920),
        ("{{ Price (USD) }}", 1200.5),
        ("{{ width / 2 }}", 960),
        ("{{ first_name | tojson }}", "Ana"),
        ("{{ due | tojson }}", "2025-12-09"),
        ("{{ width | tojson }}", 1920),
        ("{{ [first_name, width, due] }}", ["Ana", 1920, "2025-12-09"]),
        ('{{ {"a": plan == "Gold"} }}', {"a": True}),
        ('{{ plan == "Gold" }}', True),
        ("{{ none }}", None),
        ('"{{ nickname | default("friend") }}"', "friend"),
        ('[{% for i in range(3) %}{{ i }}{{ "," if not loop.last }}{% endfor %}]', [0, 1, 2]),
        ('[{% set c = joiner(",") %}{% for i in "ab" %}{{ c() }}"{{ i }}"{% endfor %}]', ["a", "b"]),
        ('{% if plan == "Gold" %}"yes"{% elif width %}"no"{% else %}0{% endif %}', "yes"),
        ('"{% if plan == "Gold" %}yes \\"{{ plan }}\\"{% endif %}"', 'yes "Gold"'),
        ('"{% for i in "ab" %}{{ i }}\\n{% else %}none{% endfor %}"', "a\nb\n"),
        ('{% macro s(n) %}{"n": {{ n }}, "t": "{{ n }}"}{% endmacro %}{{ s(1) }}', {"n": 1, "t": "1"}),
        ('{% macro hi(n) %}Hi {{ n }}{% endmacro %}"{{ hi(first_name) }}!"', "Hi Ana!"),
        ('{% set x %}Hi\n{{ first_name }}{% endset %}"{{ x ~ "!" }}"', "Hi\nAna!"),
        ('{% macro box() %}{"in": {{ caller() }}}{% endmacro %}{% call box() %}"{{ plan }}"{% endcall %}',
         {"in": "Gold"}),
        ('{% with a = plan %}"{{ a }}"{% endwith %}', "Gold"),
        ('{% block b %}"{{ plan }}"{% endblock %}', "Gold"),
        ('"{{ season }}{# a "comment" #}"', "Spring"),
        ('{% raw %}"{{ x }}"{% endraw %}', "{{ x }}"),
        ('"<p>{{ "R&D <b>" }}</p>"', "<p>R&amp;D &lt;b&gt;</p>"),
        ('"{{ "R&D <b>" }}"', "R&D <b>"),
    ],
)  # fmt: skip
def test_a_value_becomes_json_for_its_place(inside: str, expected: object) -> None:
    """Inside quotation marks it is text; outside them it is a number, a list or other JSON."""
    assert _scene(inside) == expected


TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ['"', "\\", '", "evil": "', "{{ x }}", "<b>x</b>", "a\u2028b", "\x00\x1f", "🎬", "\r\n", "&amp;", "&#34;",
     "\\u0022"]
)  # fmt: skip
KEPT = "{% set t %}{{ first_name }}{% endset %}{% macro m(x) %}{{ x }}{% endmacro %}"


@settings(deadline=None, max_examples=40)
@given(text=TEXTS.filter(str.strip))
def test_no_cell_can_break_the_json(text: str) -> None:
    """Any text is passed on unchanged, whether printed, captured, returned by a macro, joined, or alone."""
    cells = {**CELLS, "First Name": Cell(CellKind.TEXT, text)}
    for place in ("first_name", "t", "m(first_name)", "'' ~ first_name", "t ~ ''", "m(m(t))"):
        assert _scene(f'{KEPT}"{{{{ {place} }}}}"', cells) == text, place
        script = _scene(f'{KEPT}"<p>{{{{ {place} }}}}</p>"', cells)
        assert script == f"<p>{html.escape(text, quote=False)}</p>", place
    assert _scene("{{ first_name | tojson }}", cells) == text
    assert _scene("{{ [first_name] }}", cells) == [text]
    assert _scene(f'{KEPT}"{{{{ first_name ~ t ~ m(t) }}}}"', cells) == text * 3


@pytest.mark.parametrize("text", ['1, "evil": 2', "1}], [{", "true", '"x"', "{}"])
def test_text_without_quotation_marks_is_a_problem(text: str) -> None:
    """A cell can't inject JSON in place of a number."""
    cells = {**CELLS, "First Name": Cell(CellKind.TEXT, text)}
    for place in ("first_name", "first_name | trim"):
        outcome = _outcome(f'{{"name": "x",\n"scenes": [{{"w":\n {{{{ {place} }}}}}}]}}', cells)
        assert isinstance(outcome, tuple)
        assert "no quotation marks" in outcome[0].message
        assert outcome[0].path == "t.json.j2, line 3"


@pytest.mark.parametrize(
    ("source", "message", "path"),
    [
        ('{"name": "x", "scenes": [1,]}', "isn't valid JSON", "t.json.j2"),
        ('{"name": "x", "scenes": []}', "no scenes", "t.json.j2"),
        ('{"name": "x",\n "scenes": [{{ 1 / 0 }}]}', "divided by 0", "t.json.j2, line 2"),
        ('{"name": "x", "scenes": ["{{ first_name | tojson }}"]}', "near: ", "t.json.j2"),
        ('{"name": "x",\n\n "scenes": ["{{ nickname }}"]}', "is blank", "t.json.j2, line 3"),
        ('{"name": "x", "scenes": [{% for i in range(99999) %}"some text",{% endfor %}1]}',
         "makes from this row is too long", "t.json.j2, line 1"),
        ('{"name": "x", "scenes": ["{% set x = "x" * 60000 %}{{ x }}{{ x }}"]}', "120,000 characters",
         "$.scenes[0]"),
    ],
)  # fmt: skip
def test_a_problem_of_a_row_names_the_line(source: str, message: str, path: str) -> None:
    """It has a message and the place in the template."""
    outcome = _outcome(source)
    assert isinstance(outcome, tuple)
    assert message in outcome[0].note
    assert outcome[0].path == path


@pytest.mark.parametrize(
    ("source", "message", "place"),
    [
        ('{\n"name": "{{ frist_name }}"}', "no column “frist_name”", "t.json.j2, line 2"),
        ('{\n"name": "{{ Frist Name }}"}', "no column “Frist Name”", "t.json.j2, line 2"),
        ('\n\n{{ row["nope"] }}', "no column “nope”", "t.json.j2, line 3"),
        ('\n"{% if plan %}"{% endif %}', "one branch only", "t.json.j2, line 2"),
        ('"{% for x in plan %}"{% endfor %}', "one branch only", "t.json.j2, line 1"),
        ('{% set x %}a " b{% endset %}', "never closed", "t.json.j2, line 1"),
        ('"{% include "part.j2" %}"', "inside quotation marks", "t.json.j2, line 1"),
        ("{% filter upper %}x{% endfilter %}", "inside quotation marks", "t.json.j2, line 1"),
        ('{% macro m() %}{% endmacro %}"{% call m() %}x{% endcall %}"', "call block", "t.json.j2, line 1"),
        ("\n{% for %}", "doesn't understand this expression", "t.json.j2, line 2"),
        ("\n{{ plan | spell }}", "no filter “spell”", "t.json.j2, line 2"),
        ('\n{"a": "Hi [First Name]"}', "[First Name] isn't a placeholder", "t.json.j2, line 2"),
        ('{% include "/etc/passwd" %}', "no file '/etc/passwd'", "t.json.j2, include"),
        ('{% include "../other.j2" %}', "no file '../other.j2'", "t.json.j2, include"),
        ('{% include "nope.j2" ignore missing %}', "no file 'nope.j2'", "t.json.j2, include"),
        ("{% include plan %}", "needs a file name in quotes", "t.json.j2, include"),
        ('{% include "bad.j2" %}', "no column “nope”", "t.json.j2, bad.j2, line 2"),
        ('{% import "worse.j2" as w %}', "doesn't understand this expression", "t.json.j2, worse.j2, line 1"),
        ("{{ lipsum() }}", "no column “lipsum”", "t.json.j2, line 1"),
    ],
)
def test_a_faulty_template_is_refused_before_anything_is_rendered(
    source: str, message: str, place: str
) -> None:
    """The error names the file and the line."""
    parts = {"part.j2": "1", "bad.j2": "\n{{ nope }}", "worse.j2": "{% if %}"}
    with pytest.raises(TemplateError) as refused:
        _outcome(source, parts=parts)
    assert message in refused.value.message
    assert refused.value.place == place


def test_all_faults_are_reported_in_one_error() -> None:
    """The error has a line for each fault."""
    with pytest.raises(TemplateError) as refused:
        _outcome('{"name": "{{ nme }}",\n"x": "{{ pln }} {Plan}", "y": {% include "z.j2" %}}')
    assert "4 placeholders don't match any column" in refused.value.message
    assert [line.strip().partition(":")[0] for line in refused.value.hint.splitlines()] == [
        "line 2", "include", "line 1", "line 2",
    ]  # fmt: skip


def test_parts_see_the_row_and_the_names_of_the_template() -> None:
    """Includes, imports and base templates from the same folder can use them."""
    parts = {
        "scene.j2": '{"t": "{{ First Name }} {{ number }}"}',
        "lib.j2": "{% macro hi(n) %}Hi {{ n }}, {{ Plan }}{% endmacro %}",
        "base.j2": '{"name": "x", "scenes": [{% block scenes %}{% endblock %}]}',
    }
    source = '[{% for number in [1, 2] %}{% include "scene.j2" %}{{ "," if not loop.last }}{% endfor %}]'
    assert _scene(source, parts=parts) == [{"t": "Ana 1"}, {"t": "Ana 2"}]
    assert _scene('{% import "lib.j2" as lib %}"{{ lib.hi("Bo") }}"', parts=parts) == "Hi Bo, Gold"
    assert _scene('{% from "lib.j2" import hi as ho %}"{{ ho(first_name) }}"', parts=parts) == "Hi Ana, Gold"
    body = _body('{% extends "base.j2" %}{% block scenes %}{"a": "{{ plan }}"}{% endblock %}', parts=parts)
    assert json.loads(body)["scenes"] == [{"a": "Gold"}]


def test_a_recursive_include_is_a_problem() -> None:
    """It is reported for the row."""
    outcome = _outcome(
        '{"name": "x", "scenes": [{% include "a.j2" %}]}', parts={"a.j2": '{% include "a.j2" %}'}
    )
    assert isinstance(outcome, tuple)


def test_too_many_includes_are_a_problem() -> None:
    """An include costs more than one iteration of a loop, whatever its size."""
    source = '{"name": "x", "scenes": [{% for i in range(9999) %}{% include "a.j2" %}{% endfor %}]}'
    outcome = _outcome(source, parts={"a.j2": "{}," * 9999})
    assert isinstance(outcome, tuple)
    assert "makes from this row is too long" in outcome[0].message


def test_numbers_keep_their_digits_and_keys_their_order() -> None:
    """The template's JSON is sent the way it is written."""
    body = _body('{"scenes": [{"z": 1.50, "a": 367.33333333333337, "b": 1E2}], "name": "N {{ plan }}"}')
    assert '"scenes":[{"z":1.50,"a":367.33333333333337,"b":1E2}]' in body
    assert '"name":"N Gold [' in body


def test_options_and_fingerprint_work_like_for_a_saved_project() -> None:
    """The run's options are set; draft mode and key order don't change the fingerprint."""
    source = '{"name": "x", "scenes": [{"a": 1, "b": "{{ plan }}"}]}'
    other = '{"scenes": [{"b": "{{ plan }}", "a": 1}], "name": "x", "webhookUrl": "w"}'
    outcomes = [
        _outcome(source),
        _outcome(other),
        _outcome(source, project_options=ProjectOptions(draft=True)),
    ]
    rendered = [outcome for outcome in outcomes if isinstance(outcome, FilledIn)]
    assert len({each.fingerprint for each in rendered}) == 1
    asked = _outcome(source, project_options=ProjectOptions(True, "4k", "w1"))
    assert isinstance(asked, FilledIn)
    body = json.loads(asked.project(RowKey("k")).body)
    assert (body["isExport"], body["resolution"], body["workspaceId"]) == (False, "4k", "w1")
    assert asked.strings["$.scenes[0].b"] == "Gold"


def test_only_the_templates_folder_is_read(tmp_path: Path) -> None:
    """Links that lead outside, folders, and other files can't be included."""
    folder = tmp_path / "campaign"
    folder.mkdir()
    (tmp_path / "outside.j2").write_text("secret", encoding="utf-8")
    (folder / "link.j2").symlink_to(tmp_path / "outside.j2")
    (folder / "inner.j2").mkdir()
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    (folder / "latin.j2").write_bytes("é".encode("latin-1"))
    (folder / "part.j2").write_text("{}", encoding="utf-8")
    (folder / "same.j2").symlink_to(folder / "part.j2")
    (folder / "main.json.j2").write_text("main", encoding="utf-8")
    read = read_text_template(folder / "main.json.j2")
    assert (read.name, read.source) == ("main.json.j2", "main")
    assert dict(read.parts) == {"part.j2": "{}", "same.j2": "{}", "main.json.j2": "main"}
    with pytest.raises(TemplateError, match="no such file"):
        read_text_template(folder / "none.json.j2")
