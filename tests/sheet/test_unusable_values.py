"""Cells that can't be spoken: blank, with an error, or never calculated."""

from __future__ import annotations

import json

import pytest
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from merge.errors import CellError
from merge.model import Cell, CellKind
from merge.sheet.values import as_json, exact_number, finalize, template_value

ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=finalize)
PLACE = "Sheet1!C5"
BLANK = template_value(None, address=PLACE, header="First Name")
ERROR = template_value(Cell(CellKind.ERROR, "#N/A"), address=PLACE, header="First Name")
UNCALCULATED = template_value(Cell(CellKind.UNCALCULATED, ""), address=PLACE, header="First Name")

USES = [
    "{{ cell }}",
    "{{ cell ~ '!' }}",
    "{{ cell + 1 }}",
    "{{ 1 + cell }}",
    "{{ cell * 2 }}",
    "{{ 2 ** cell }}",
    "{{ -cell }}",
    "{{ cell < 5 }}",
    "{{ 5 < cell }}",
    "{{ cell.first }}",
    "{{ cell['first'] }}",
    "{{ cell() }}",
    "{{ 'x' in cell }}",
    "{% for part in cell %}{% endfor %}",
    "{{ cell | length }}",
    "{{ cell | upper }}",
    "{{ cell | trim }}",
    "{{ cell | int }}",
    "{{ cell | float }}",
    "{{ cell | round }}",
    "{{ cell | abs }}",
    "{{ cell | sum }}",
    "{{ cell | list }}",
    "{{ [cell] | join(', ') }}",
    "{{ [cell, 1] | sort }}",
    "{{ '%s' | format(cell) }}",
    "{{ '{}'.format(cell) }}",
    "{{ '{:>5}'.format(cell) }}",
    "{{ cell | replace('a', 'b') }}",
    "{{ cell | escape }}",
    "{{ cell | reverse }}",
]


def rendered(template: str, cell: object) -> str:
    """Render a template with one cell."""
    return ENVIRONMENT.from_string(template).render(cell=cell)


@pytest.mark.parametrize("template", USES)
@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(BLANK, id="blank"),
        pytest.param(ERROR, id="error"),
        pytest.param(UNCALCULATED, id="uncalculated"),
    ],
)
def test_every_use_is_a_problem(template: str, cell: object) -> None:
    """Any use of such a cell raises an error that names the cell and has a hint."""
    with pytest.raises(CellError) as caught:
        rendered(template, cell)

    assert caught.value.place == PLACE
    assert "First Name" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(None, id="no-cell"),
        pytest.param(Cell(CellKind.TEXT, ""), id="empty"),
        pytest.param(Cell(CellKind.TEXT, " \t\n\u00a0"), id="white-space"),
    ],
)
def test_a_blank_cell_takes_a_default(cell: Cell | None) -> None:
    """A cell without visible characters is false and undefined, and can be replaced by a default."""
    blank = template_value(cell, address=PLACE, header="First Name")

    assert rendered("{{ cell | default('friend') }}", blank) == "friend"
    assert rendered("{{ cell is defined }} {{ cell is undefined }}", blank) == "FALSE TRUE"
    assert rendered("{{ 'a' if cell else 'b' }}{{ 'c' if not cell }}", blank) == "bc"
    assert rendered("{{ cell == '' }} {{ cell == None }} {{ cell == 'x' }}", blank) == "TRUE TRUE FALSE"
    assert rendered("{{ cell != '' }} {{ cell == cell }} {{ cell in ['', 'x'] }}", blank) == "FALSE TRUE TRUE"
    assert rendered("[{{ cell.text }}] {{ cell.value is none }}", blank) == "[] TRUE"
    assert rendered("{{ ['x', cell, ''] | unique | list | length }}", blank) == "2"


def test_the_hint_of_a_blank_cell_shows_the_default() -> None:
    """The hint shows the `default` filter with the header as written in the sheet."""
    with pytest.raises(CellError) as caught:
        rendered("{{ cell }}", BLANK)

    assert caught.value.message == "“First Name” is blank"
    assert '{{ First Name | default("…") }}' in caught.value.hint


@pytest.mark.parametrize(
    "template",
    [
        "{{ cell | default('x') }}",
        "{{ cell | default('x', true) }}",
        "{% if cell %}{% endif %}",
        "{{ cell == 1 }}",
        "{{ cell != '' }}",
        "{{ cell in ['x'] }}",
        "{{ {cell: 1} }}",
        "{{ cell.text }}",
        "{{ cell.value }}",
    ],
)
@pytest.mark.parametrize(
    "cell", [pytest.param(ERROR, id="error"), pytest.param(UNCALCULATED, id="uncalculated")]
)
def test_errors_have_no_default(template: str, cell: object) -> None:
    """Defaults, comparisons and conditions that use an error or an uncalculated formula are problems."""
    with pytest.raises(CellError):
        rendered(template, cell)


def test_errors_and_missing_results_have_different_hints() -> None:
    """A formula with an error must be corrected; one without a result must be calculated by Excel."""
    with pytest.raises(CellError, match="shows the error #N/A") as error:
        rendered("{{ cell }}", ERROR)
    with pytest.raises(CellError, match="hasn't calculated yet") as uncalculated:
        rendered("{{ cell }}", UNCALCULATED)

    assert error.value.hint == "Fix the formula in this cell"
    assert uncalculated.value.hint == "Open the workbook in Excel, save it, and try again"


def test_debuggers_can_inspect_unusable_values() -> None:
    """A debugger can show such a value and read special attributes without an error."""
    assert repr(ERROR) == "<Sheet1!C5: “First Name” shows the error #N/A>"
    assert not hasattr(ERROR, "__html__")
    assert not hasattr(BLANK, "__html__")


@pytest.mark.parametrize("cell", [pytest.param(BLANK, id="blank"), pytest.param(ERROR, id="error")])
def test_unusable_values_are_not_numbers_or_json(cell: object) -> None:
    """They raise an error where a number or JSON is needed."""
    with pytest.raises(CellError):
        exact_number(cell)
    with pytest.raises(CellError):
        json.dumps([cell], default=as_json)


def test_none_is_not_printed() -> None:
    """An expression whose result is None is a problem rather than an empty text."""
    with pytest.raises(CellError, match="has no value"):
        rendered("{{ {'a': None}['a'] }}", "")
