"""Words for no in columns that a template tests without comparing them."""

from __future__ import annotations

import json

import pytest

from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

TESTED = [
    pytest.param("{% if VIP %}vip{% endif %}", id="if"),
    pytest.param("{% if not VIP %}standard{% else %}vip{% endif %}", id="not"),
    pytest.param("{% if name and VIP %}vip{% endif %}", id="and"),
    pytest.param("{% if name == 'Ana' %}a{% elif VIP %}vip{% endif %}", id="elif"),
    pytest.param("{{ 'vip' if VIP else 'standard' }}", id="an expression"),
    pytest.param("{% if row.vip %}vip{% endif %}", id="an attribute of the row"),
    pytest.param("{% if row['VIP'] %}vip{% endif %}", id="an item of the row"),
    pytest.param("{% if VIP | trim %}vip{% endif %}", id="a trimmed value"),
]
COMPARED = [
    pytest.param("{% if VIP == 'Yes' %}vip{% endif %}", id="compared"),
    pytest.param("{% if VIP in ['Yes', 'Y'] %}vip{% endif %}", id="in a list"),
    pytest.param("{{ VIP }}", id="shown"),
]


def _conditions(ran_out: str) -> list[tuple[str, str, str, list[int]]]:
    found = [each for each in json.loads(ran_out)["warnings"] if each["kind"] == "condition"]
    return [(each["place"], each["message"], each["hint"], each["rows"]) for each in found]


@pytest.mark.parametrize("script", TESTED)
def test_a_word_for_no_in_a_condition_is_a_warning(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, script: str
) -> None:
    """The warning has the first cell, and the hint a comparison with the column's own word for yes."""
    book = make_workbook([["Name", "VIP"], ["Ana", "Ja"], ["Ben", "Nein"], ["Cem", "ja"], ["Eve", "nein "]])
    ran = castmerge("check", book, "-t", make_template(f"Hello {{{{ name }}}}. {script}"), "--json")
    assert ran.code == 0, ran.err
    assert _conditions(ran.out) == [
        (
            "People!B3",
            "“Nein” counts as true in {% if VIP %}, as any text does, and 1 more cell like it",
            'Write {% if VIP == "Ja" %} in the template, or clear these cells',
            [3, 5],
        )
    ]


@pytest.mark.parametrize("script", COMPARED)
def test_a_comparison_has_no_such_warning(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, script: str
) -> None:
    """What is compared or only shown means what it says."""
    book = make_workbook([["Name", "VIP"], ["Ana", "Yes"], ["Ben", "No"]])
    ran = castmerge("check", book, "-t", make_template(f"Hello {{{{ name }}}}. {script}"), "--json")
    assert _conditions(ran.out) == []


@pytest.mark.parametrize("value", [False, 0, None, "Noor", "Nora", "Yes"])
def test_what_counts_as_it_says_has_no_warning(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, value: str | float | None
) -> None:
    """FALSE, 0 and a blank cell count as false, and names that begin like a word for no are names."""
    book = make_workbook([["Name", "VIP"], ["Ana", "Yes"], ["Ben", value]])
    script = "{{ name }} {% if VIP %}vip{% endif %}"
    assert _conditions(castmerge("check", book, "-t", make_template(script), "--json").out) == []


def test_a_word_for_no_in_where_is_a_warning(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """`--where VIP` selects rows with `No` as well; next to TRUE and FALSE, a comparison with words works."""
    book = make_workbook([["Name", "VIP"], ["Ana", "Yes"], ["Ben", "No"], ["Cem", False], ["Eve", True]])
    template = make_template("Hello {{ name }}.")
    ran = castmerge("check", book, "-t", template, "--json", "--where", "VIP")
    [(place, message, hint, _)] = _conditions(ran.out)
    assert place == "People!B3"
    assert "“No” counts as true in --where VIP" in message
    assert hint == """Write --where "VIP == 'Yes'", or clear these cells"""
    ran = castmerge("check", book, "-t", template, "--json", "--where", "VIP == 'Yes'")
    assert [row["row"] for row in json.loads(ran.out)["rows"]] == [2, 5]
    assert _conditions(ran.out) == []
