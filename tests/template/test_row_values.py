"""The values of one row, and the places where an unusable cell is a problem."""

from __future__ import annotations

import pytest

from merge.model import Cell, CellKind, Problem
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.template.bind_json import bind
from merge.template.document import parse_template
from merge.template.row_values import RowValues

COLUMNS = tuple(
    Column(number, text, normalize(text), identifier(text))
    for number, text in enumerate(("A", "First Name", "金額"), start=1)
)


def _row(cells: dict[int, Cell]) -> RowValues:
    return RowValues(cells, COLUMNS, sheet="P", row=2, date1904=False, locale="en_US")


def _outcome(text: str, cells: dict[int, Cell]) -> str | tuple[Problem, ...]:
    source = f'{{"name": "x", "scenes": [{{"clips": [{{"type": "textImage", "text": "{text}"}}]}}]}}'
    binding = bind(parse_template(source, "t.json"), Header(1, COLUMNS, 2), {"season": "Spring & <sun>"})
    rendered = binding.renderer.render(binding.names.context(_row(cells)))
    return rendered if isinstance(rendered, tuple) else rendered.strings["$.scenes[0].clips[0].text"]


def test_values_are_created_on_demand() -> None:
    """A row knows its columns and rejects other names."""
    values = _row({1: Cell(CellKind.NUMBER, 5)})

    assert list(values) == [1, 2, 3]
    assert len(values) == 3
    assert values[1] == 5
    assert values[1] is values[1]
    with pytest.raises(KeyError):
        values[4]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        pytest.param("{% if a == 5 %}{{ first_name }}{% else %}none{% endif %}", "none", id="not-taken"),
        pytest.param(
            "{% set first_name = 'own' %}{{ first_name }}{{ a }}", "own1", id="a-name-set-by-the-template"
        ),
        pytest.param("{% for a in 'xy' %}{{ a }}{% endfor %}", "xy", id="a-loop-variable"),
        pytest.param("{{ a }}{{ a + 1 }}", "12", id="printed-and-calculated"),
    ],
)
def test_an_error_in_a_cell_is_a_problem_only_if_printed(text: str, filled: str) -> None:
    """A template that doesn't print the cell can be rendered."""
    cells = {1: Cell(CellKind.NUMBER, 1), 2: Cell(CellKind.ERROR, "#N/A")}

    assert _outcome(text, cells) == filled


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        pytest.param("Hello {{ First Name }} & {{ 金額 }}", "Hello <b>Ana</b> & $7.50", id="text"),
        pytest.param(
            "<p>{{ First Name }} {{ season }}</p>",
            "<p>&lt;b&gt;Ana&lt;/b&gt; Spring &amp; &lt;sun&gt;</p>",
            id="markup",
        ),
        pytest.param("{{ a | default(first_name) }}", "<b>Ana</b>", id="another-column-for-a-blank"),
        pytest.param("<p>{{ a | d('<none>') }}</p>", "<p>&lt;none&gt;</p>", id="a-text-for-a-blank"),
    ],
)
def test_a_name_prints_its_cell_as_excel_shows_it(text: str, filled: str) -> None:
    """Text from the row is escaped in markup, and `default` replaces a blank cell."""
    cells = {2: Cell(CellKind.TEXT, "<b>Ana</b>"), 3: Cell(CellKind.NUMBER, 7.5, "$#,##0.00")}

    assert _outcome(text, cells) == filled
