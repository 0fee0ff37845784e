"""Strings whose expressions are names alone, beside Jinja's own way to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import CellError
from merge.model import Cell, CellKind
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.template.bind_json import bind
from merge.template.document import parse_template
from merge.template.name_resolution import TEXT_ONLY_PREFIX, ResolvedNames, RowContext
from merge.template.render_json import Placeholder, Renderer
from merge.template.row_values import RowValues

HEADERS = ("A", "First Name", "金額")
COLUMNS = tuple(
    Column(number, text, normalize(text), identifier(text)) for number, text in enumerate(HEADERS, start=1)
)
HEADER = Header(1, COLUMNS, 2)
FORMATS = ("General", "@", '"Dear "@', "0.00", "$#,##0.00", "m/d/yyyy", "h:mm AM/PM", "[h]:mm:ss.000", "0%")
CELLS = st.one_of(
    st.none(),
    st.builds(
        Cell,
        st.just(CellKind.TEXT),
        st.text(max_size=8) | st.sampled_from(["  ", "<b>&amp;", "{{ a }}", "\u00a0"]),
        st.sampled_from(FORMATS),
    ),
    st.builds(
        Cell,
        st.just(CellKind.NUMBER),
        st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6),
        st.sampled_from(FORMATS),
    ),
    st.builds(Cell, st.just(CellKind.BOOLEAN), st.booleans()),
    st.just(Cell(CellKind.ERROR, "#N/A")),
    st.just(Cell(CellKind.UNCALCULATED, "")),
)


def compiled(text: str) -> tuple[Placeholder, ResolvedNames]:
    """A string of a template, compiled, and what its names mean."""
    quoted = text.replace('"', '\\"')
    source = f'{{"name": "x", "scenes": [{{"clips": [{{"type": "textImage", "text": "{quoted}"}}]}}]}}'
    binding = bind(parse_template(source, "t.json"), HEADER, {"season": "Spring & <sun>"})
    assert isinstance(binding.renderer, Renderer)
    found = next(each for each in binding.renderer.placeholders if each.path != "$.name")
    named = [(name, column.number) for name, column in binding.names.columns.items()]
    printed = tuple((TEXT_ONLY_PREFIX + name, number) for name, number in named)
    fixed = binding.names.constants
    return found, replace(binding.names, asked=tuple(named), printed=printed, fixed=fixed)


def outcome(placeholder: Placeholder, names: ResolvedNames, values: RowValues) -> tuple[str, str, str]:
    """What comes of it: the text, or the problem's message and place."""
    try:
        return placeholder.text(RowContext(names, values)), "", ""
    except CellError as error:
        return "", error.message, error.place


PLAIN = (
    "Hello {{ First Name }}.",
    "<p>Hello {{ First Name }}, {{ a }} and {{ 金額 }}</p>",
    "{{ a | default(first_name) }}",
    "{{ a | d('<none>') }}",
    "<p>{{ a | default('<none>') }} {{ season }}</p>",
    "{{ a }}",
)
COMPILED = {text: compiled(text) for text in PLAIN}


@pytest.mark.parametrize("text", PLAIN)
@given(cells=st.lists(CELLS, min_size=3, max_size=3), date1904=st.booleans())
def test_the_short_way_is_jinjas(text: str, cells: list[Cell | None], date1904: bool) -> None:
    """Text and problems are the same, whatever the cells hold."""
    short, names = COMPILED[text]
    there = {number: cell for number, cell in enumerate(cells, start=1) if cell is not None}

    def values() -> RowValues:
        return RowValues(there, COLUMNS, sheet="P", row=2, date1904=date1904, locale="en_US")

    assert short.compile_fast is not None
    assert outcome(short, names, values()) == outcome(replace(short, compile_fast=None), names, values())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ a | upper }}", id="another-filter"),
        pytest.param("{{ a | default(a + 1) }}", id="a-calculated-answer"),
        pytest.param("{{ a | default('x', true) }}", id="an-answer-for-what-is-false"),
        pytest.param("{% if a %}x{% endif %}", id="a-condition"),
        pytest.param("{{ row.a }}", id="the-row"),
        pytest.param("{{ range }}", id="a-function"),
        pytest.param("{{ a * 2 }}", id="a-calculation"),
        pytest.param("{{ season | default(a) }}{{ season | upper }}", id="a-constant-with-a-filter"),
    ],
)
def test_what_is_more_than_names_is_jinjas(text: str) -> None:
    """Anything beyond names and plain answers takes Jinja's own way."""
    assert compiled(text)[0].compile_fast is None


def test_values_are_made_when_asked_for() -> None:
    """A row knows its columns, and refuses others."""
    cells = {1: Cell(CellKind.NUMBER, 5)}
    values = RowValues(cells, COLUMNS, sheet="P", row=2, date1904=False, locale="en_US")

    assert list(values) == [1, 2, 3]
    assert len(values) == 3
    assert values[1] == 5
    assert values[1] is values[1]
    with pytest.raises(KeyError):
        values[4]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param("{% if a == 5 %}{{ first_name }}{% else %}none{% endif %}", "none", id="not-taken"),
        pytest.param("{% set first_name = 'own' %}{{ first_name }}{{ a }}", "own1", id="a-name-of-its-own"),
        pytest.param("{% for a in 'xy' %}{{ a }}{% endfor %}", "xy", id="a-loop's-own-name"),
        pytest.param("{{ a }}{{ a + 1 }}", "12", id="printed-and-calculated"),
    ],
)
def test_a_cell_counts_only_where_it_is_printed(script: str, said: str) -> None:
    """An error in a cell is no problem where the template does not come to print it."""
    found, names = compiled(script)
    cells = {1: Cell(CellKind.NUMBER, 1), 2: Cell(CellKind.ERROR, "#N/A")}
    values = RowValues(cells, COLUMNS, sheet="P", row=2, date1904=False, locale="en_US")

    assert outcome(found, names, values) == (said, "", "")
