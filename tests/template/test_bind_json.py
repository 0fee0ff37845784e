from __future__ import annotations

import html
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.checks.project_checks import find_problems
from merge.errors import CellError, TemplateError
from merge.model import Cell, CellKind, Problem, RowKey, Scalar
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.sheet.values import TemplateValue, template_value
from merge.template.bind_json import bind, compile_condition
from merge.template.document import parse_template
from merge.template.render_json import FilledIn

SCRIPT = "$.scenes[0].clips[0].script.org"


def _header(*names: str) -> Header:
    columns = (Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(names, start=1))
    return Header(1, tuple(columns), 2, sheet="People")


def _cell(value: Scalar, number_format: str = "General") -> Cell:
    match value:
        case bool():
            return Cell(CellKind.BOOLEAN, value)
        case str():
            return Cell(CellKind.TEXT, value)
        case _:
            return Cell(CellKind.NUMBER, value, number_format)


def _values(header: Header, cells: Mapping[str, Cell | None]) -> dict[int, TemplateValue]:
    return {
        column.number: template_value(
            cells.get(column.header), address=f"People!{chr(64 + column.number)}2", header=column.header
        )
        for column in header.columns
    }


def _outcome(
    script: str, cells: Mapping[str, Cell | None], **parts: object
) -> FilledIn | tuple[Problem, ...]:
    clip = {"script": {"org": script}} | parts
    project = {"name": "Hello", "scenes": [{"clips": [clip]}]}
    header = _header(*cells)
    binding = bind(parse_template(json.dumps(project), "t.json"), header, {"season": "Spring"})
    return binding.renderer.render(binding.names.context(_values(header, cells)))


def _rendered(script: str, cells: Mapping[str, Cell | None]) -> str:
    outcome = _outcome(script, cells)
    assert isinstance(outcome, FilledIn), outcome
    body = json.loads(outcome.project(RowKey("k")).body)
    expected = body["scenes"][0]["clips"][0]["script"]["org"]
    assert isinstance(expected, str)
    return expected


ANA: dict[str, Cell | None] = {
    "First Name": _cell("Ana"),
    "Price (USD)": _cell(1200, "$#,##0.00"),
    "이름": _cell("지수"),
    "Customer's Plan": _cell("Gold"),
    "2026 Due": _cell(46000, "yyyy-mm-dd"),
    "Line\nBreak": _cell("two"),
    "If": _cell("yes"),
}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("{{ First Name }}", "Ana"),
        ("{{first name}}", "Ana"),
        ("{{ FIRST   NAME }}", "Ana"),
        ("{{ first_name }}", "Ana"),
        ("{{ First_Name }}", "Ana"),
        ('{{ row["First Name"] }}', "Ana"),
        ("{{ row['first  name'] }}", "Ana"),
        ("{{ row.first_name }}", "Ana"),
        ("{{ First Name | upper }}", "ANA"),
        ("{{\u00a0First\u00a0Name\u00a0}}", "Ana"),
        ("{{&nbsp;First&nbsp;Name&nbsp;}}", "Ana"),
        ("{{ First Name if First Name else 'x' }}", "Ana"),
        ("{% if First Name == 'Ana' %}yes{% endif %}", "yes"),
        ("{%- if First Name == \u201cAna\u201d -%} yes {%- endif -%}", "yes"),
        ("{{ 'First Name' }}", "First Name"),
        ("{{ Price (USD) }}", "$1,200.00"),
        ("{{ price_usd * 2 }}", "2400"),
        ("{{ Price (USD).value }}", "1200"),
        ("{{ Price (USD).text }}", "$1,200.00"),
        ("{{ 이름 }}", "지수"),
        ("{{ Customer's Plan }} and {{ Customer's Plan | lower }}", "Gold and gold"),
        ("{{ 2026 Due }} {{ _2026_due.year }}", "2025-12-09 2025"),
        ("{{ Line Break }} {{ line_break }}", "two two"),
        ("{{ if_ }}", "yes"),
        ("{{ season }}", "Spring"),
        ("{% for part in First Name %}{{ part }}.{% endfor %}", "A.n.a."),
        ("{{ row | length }}", "7"),
        ("trailing line\n", "trailing line\n"),
    ],
)
def test_a_header_is_found_in_every_spelling(script: str, expected: str) -> None:
    """A template may name a column by its header, its identifier, or as an item of the row."""
    assert _rendered(script, ANA) == expected


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        ("{{ frist_name }}", "no column “frist_name”", "Did you mean “First Name” (cell A1)?"),
        ("{{ Frist Name }}", "no column “Frist Name”", "Did you mean “First Name” (cell A1)?"),
        ("{{ row['nope'] }}", "no column “nope”", "The columns are: First Name, Price (USD)"),
        ("{{ row.nope }}", "no column “nope”", "The columns are"),
        ("{{ first_name | spell }}", "no filter “spell”", "Check the spelling"),
        ("{{ first_name", "{{ first_name isn't a placeholder", "Write {{ First Name }} (cell A1)"),
        ("{{ 1 + 2", "missing its closing }}", "Write a placeholder"),
        ("{{ lipsum() }}", "no column “lipsum”", "The columns are"),
        ("{{ [1, 2] | random }}", "no filter “random”", "Check the spelling"),
        ("{% if a and b %}", "{% if … %} has no end", "Add {% endif %}"),
    ],
)
def test_an_unknown_name_is_reported_before_rendering(script: str, message: str, hint: str) -> None:
    """The error names the template, the path, and the most similar column."""
    with pytest.raises(TemplateError) as refused:
        _outcome(script, ANA)
    error = refused.value
    assert (message in error.message, hint in error.hint) == (True, True), (error.message, error.hint)
    assert error.place == f"t.json, {SCRIPT}"


TEXTS = st.text() | st.sampled_from(
    ['"', "\\", "{{ x }}", "{% if %}", "<b>x</b>", "a\u2028b", "\x00\x1f", "🎬", "]]>", "\r\n", "&amp;"]
)


@given(text=TEXTS)
def test_any_cell_text_is_passed_on_unchanged(text: str) -> None:
    """No cell can break the JSON, in plain text or in markup; a blank cell is a problem with its address."""
    cells = {"A": _cell(text)}
    if isinstance(blank := _outcome("{{ a }}", cells), tuple):
        assert (blank[0].place, text.strip()) == ("People!A2", ""), text
        return
    assert _rendered("{{ a }}", cells) == text
    assert html.unescape(_rendered("<p>{{ a }}</p>", cells)) == html.unescape(f"<p>{html.escape(text)}</p>")


def test_cell_text_is_escaped_in_markup_only() -> None:
    """Tags in a cell are escaped in markup and unchanged in plain text."""
    cells: dict[str, Cell | None] = {"A": _cell("R&D <fast> 'n' \"x\"")}
    assert _rendered("{{ a }}", cells) == "R&D <fast> 'n' \"x\""
    assert _rendered("<p>{{ a }}</p>", cells) == "<p>R&amp;D &lt;fast&gt; 'n' \"x\"</p>"
    assert _rendered("<p>{{ a ~ '!' }}{{ a | safe }}</p>", {"A": _cell("<b>")}) == "<p>&lt;b&gt;!<b></p>"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        pytest.param(None, "is blank", id="blank"),
        pytest.param(_cell("  "), "is blank", id="only spaces"),
        pytest.param(Cell(CellKind.ERROR, "#N/A"), "#N/A", id="error"),
        pytest.param(Cell(CellKind.UNCALCULATED, ""), "hasn't calculated yet", id="never calculated"),
    ],
)
def test_an_unusable_cell_is_one_problem_with_its_address(cell: Cell | None, message: str) -> None:
    """The problem lists every place in the template that uses the cell."""
    outcome = _outcome("{{ a }} {{ a }}", {"A": cell}, text="{{ a }}")
    assert isinstance(outcome, tuple)
    [problem] = outcome
    assert problem.place == "People!A2"
    assert message in problem.message
    assert problem.path == f"{SCRIPT} and $.scenes[0].clips[0].text"


def test_default_replaces_a_blank_cell() -> None:
    """A template may provide a text for blank cells."""
    assert _rendered("{{ a | default('friend') }}", {"A": None}) == "friend"


def test_default_does_not_replace_an_error() -> None:
    """An error in a formula is always reported."""
    assert isinstance(_outcome("{{ a | default('x') }}", {"A": Cell(CellKind.ERROR, "#REF!")}), tuple)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("{{ 1 / (a - 1) }}", "divided by 0"),
        ("{{ a.nothing }}", "nothing"),
        ("{{ a.__class__ }}", "unsafe"),
        ("{{ 'x' * 200000 }}", "200,000 characters"),
        ("{{ [].append(1) }}", "unsafe"),
    ],
)
def test_failing_expression_is_a_problem_of_its_row(script: str, expected: str) -> None:
    """Any exception becomes a message with the JSON path."""
    outcome = _outcome(script, {"A": _cell(1)})
    assert isinstance(outcome, tuple)
    assert expected in outcome[0].message
    assert outcome[0].path == SCRIPT


def test_half_a_surrogate_pair_is_a_problem() -> None:
    """Text that can't be encoded is found before the project is sent."""
    outcome = _outcome("{{ a }}", {"A": _cell("x\ud83d")})
    assert isinstance(outcome, tuple)
    assert "half of one" in outcome[0].message


@pytest.mark.parametrize(
    ("cell", "width"),
    [
        (_cell(1920, "#,##0"), "1920"),
        (_cell(0.5, "0%"), "0.5"),
        (_cell("12.50"), "12.50"),
    ],
)
def test_a_number_field_gets_a_number(cell: Cell, width: str) -> None:
    """If the saved project has a number, its placeholder becomes the cell's stored number."""
    outcome = _outcome("x", {"A": cell}, width="{{ a }}")
    assert isinstance(outcome, FilledIn)
    assert f'"width":{width}' in outcome.project(RowKey("k")).body


def test_text_in_a_number_field_is_a_problem() -> None:
    """The problem is found before the project is sent."""
    outcome = _outcome("x", {"A": _cell("wide")}, width="{{ a }}")
    assert isinstance(outcome, tuple)
    assert "isn't a number" in outcome[0].message


def test_fingerprint_ignores_tag_and_run_options() -> None:
    """The fingerprint doesn't depend on the key, the generation, run options or the order of JSON keys."""
    text = '{"name":"x","scenes":[{"a":1,"b":2}],"isExport":false,"webhookUrl":"w"}'
    other = '{"scenes":[{"b":2,"a":1}],"name":"x"}'
    prints = set()
    for saved in (text, other):
        binding = bind(parse_template(saved, "t.json"), _header("A"), {})
        outcome = binding.renderer.render(binding.names.context(_values(_header("A"), {})))
        assert isinstance(outcome, FilledIn)
        prints.add(outcome.fingerprint)
        names = {outcome.project(RowKey("k"), generation).tag for generation in range(3)}
        assert len(names) == 3
    assert len(prints) == 1


def test_name_without_placeholders_is_unchanged() -> None:
    """Braces and percent signs in a plain name aren't Jinja."""
    binding = bind(parse_template('{"name":"Promo {#1} %}","scenes":[{}]}', "t.json"), _header("A"), {})
    outcome = binding.renderer.render(binding.names.context(_values(_header("A"), {})))
    assert isinstance(outcome, FilledIn)
    assert json.loads(outcome.project(RowKey("k")).body)["name"].startswith("Promo {#1} %} [")


@pytest.mark.parametrize(
    ("script", "used"),
    [
        ("{{ a }}", ["A"]),
        ("{{ row['B'] }}", ["B"]),
        ("{{ row | length }}", ["A", "B"]),
        ("{% set c = a %}{{ c }}", ["A"]),
        ("nothing", []),
    ],
)
def test_used_columns_are_listed(script: str, used: list[str]) -> None:
    """The used columns can stand in for a key, and only their cells are checked."""
    project = {"name": "x", "scenes": [{"org": script}]}
    binding = bind(parse_template(json.dumps(project), "t.json"), _header("A", "B"), {})
    assert [column.header for column in binding.names.used] == used


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("plan == 'VIP'", True),
        ("Plan == 'VIP' and amount_due > 100", True),
        ("Amount Due < 100", False),
        ("row['plan'].startswith('V')", True),
    ],
)
def test_condition_selects_rows(condition: str, holds: bool) -> None:
    """`--where` is a Jinja condition on the row."""
    header = _header("Plan", "Amount Due")
    cells: dict[str, Cell | None] = {"Plan": _cell("VIP"), "Amount Due": _cell(120.5)}
    assert compile_condition(condition, header, {}).holds(_values(header, cells)) is holds


def test_condition_on_a_blank_cell_raises_its_error() -> None:
    """The caller decides how to treat a blank cell."""
    header = _header("Amount")
    with pytest.raises(CellError):
        compile_condition("amount > 1", header, {}).holds(_values(header, {}))


def test_an_empty_script_and_a_broken_link_are_problems() -> None:
    """Both are found before they cost credits."""
    problems = find_problems({SCRIPT: "<p>&nbsp;</p>", "$.scenes[0].clips[0].source_url": "my picture.png"})
    assert ["nothing to say" in problems[0].message, "web address" in problems[1].message] == [True, True]
    assert find_problems({SCRIPT: "<p>Hi</p>", "$.scenes[0].clips[0].source_url": "https://a.b/c.png"}) == ()
