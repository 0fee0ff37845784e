"""Text that was meant as a placeholder is found, and the message shows the correct spelling."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.sheet.columns import Column, Header, identifier, normalize
from merge.template.foreign_placeholders import foreign_placeholders
from merge.template.placeholders import repair_placeholders

HEADERS = ("First Name", "Plan", "City", "Price (USD)", "Amount Due", "Straße")
FIRST_NAME = "{{ First Name }}"
SECONDS = 1.0


def _header() -> Header:
    columns = tuple(
        Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(HEADERS, start=1)
    )
    return Header(1, columns, 2, sheet="People")


def _meant(text: str) -> list[str]:
    """The placeholders that the messages suggest."""
    found = foreign_placeholders(repair_placeholders(text), _header(), spoken=True)
    return [each.meant for each in found]


@pytest.mark.parametrize(
    "written",
    [
        "{ First Name }}", "{First Name}}", "{{ First Name }", "{{ First Name, hi", "First Name }}",
        "{{{ First Name }}}", "{{{ First Name }}", "{{ First Name ]]", "[[ First Name }}",
        "{{ First Name %}", "{% First Name }}", "{% First Name %}", "{%- First Name -%}",
        "{{% First Name %}}", "{# First Name #}", "{{# First Name }}", "{First Name", "First Name}",
        "}} First Name {{", "({ First Name })", "{[First Name]}", "{(First Name)}",
        '{"First Name"}', "{{ $First Name }}", "{{ First Name, }}", "{{ First Name. }}",
        "{{ [First Name] }}", "{{ {First Name} }}", "<b>{</b> First Name <i>}</i>}", "{{First Name}{",
        "&#123; First Name &#125;&#125;", "｛First Name｝｝", "{{first_name}", "{FIRSTNAME}}",
        "${{ First Name }", "{% First Name}", "{%First Name", "% First Name %}", "{!First Name!}",
        "{{First Name)}", "((First Name))", "{ Frist Name }}", "{{ Frist Name }", "{First<br>Name}}",
        "{{ First Name }}}", "{ {{ First Name }}", "{{ First Name }} }",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "<p>Hi {}, hello.</p>", "{{{{ City }}}} {}", "{} {{{{ Plan }}}}."])
def test_a_misspelt_placeholder_is_corrected_in_the_message(written: str, around: str) -> None:
    """It is found on its own, in a sentence, and next to other placeholders."""
    assert FIRST_NAME in _meant(around.format(written))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{{ First Name | upper }", "{{ First Name | upper }}"),
        ("{ First Name | upper }}", "{{ First Name | upper }}"),
        ("{% Plan | upper %}", "{{ Plan | upper }}"),
        ('{% if Plan == "Gold" }}top{% endif %}', '{% if Plan == "Gold" %}'),
        ("{% if Plan }top{% endif %}", "{% if Plan %}"),
        ("{ if Plan %}top{ endif %}", "{% if Plan %}"),
        ("{{% if Plan %}}", "{% if Plan %}"),
        ("{% if not First Name }}x{% endif %}", "{% if not First Name %}"),
        ("{Price (USD)}}", "{{ Price (USD) }}"),
        ("{ straße }}", "{{ Straße }}"),
    ],
)
def test_filters_and_conditions_are_kept(written: str, meant: str) -> None:
    """The suggestion includes the filter or the condition."""
    assert _meant(written) == [meant]


@pytest.mark.parametrize(
    "text",
    [
        "{{ First Name }}, {see below}", "{{ City }} Plan { x }", "{% raw %}{ Plan }}{% endraw %}",
        "{{ {'a': Plan}['a'] }}", "{{ -Amount Due }}", "{{- Plan -}}", "{{ (Plan) }}", "{{ 'Plan' }}",
        "{% set x = Plan %}{{ x }}", "{% if Plan %}a{% endif %}", "{Plan B is better}",
        "a {# note about Plan #}", "{{ Amount Due * 2 }}%", "{{ Plan ~ '}' }}", "5% {{ Plan }} 5%",
        "{% for x in [Plan] %}{{ x }}{% endfor %}", "{{ Plan if Plan else City }}", "{{ row.Plan }}",
        "{{ Plan.text }}", "{% if not Plan %}{% endif %}", "The City (not the Plan) is 100 % fine",
    ],
)  # fmt: skip
def test_correct_placeholders_and_other_braces_are_left_alone(text: str) -> None:
    """Valid Jinja and ordinary text in braces aren't reported."""
    assert _meant(text) == []


def test_the_message_quotes_the_text() -> None:
    """The user can search for the quoted text in the editor."""
    found = list(foreign_placeholders("Hi {{ First Name }}} and { Plan }}.", _header(), spoken=True))
    assert [each.written for each in found] == ["{{ First Name }}}", "{ Plan }}"]


@pytest.mark.parametrize(
    "piece",
    [
        "{<b>{<i>", "{", "{ ", "<b>", "{{ <b>", '{{ "<b>', "{%x", "{{x", "{{ x } ", "{a", "}a", "{% raw %}",
        "{{ First Name }", "{ if Plan ", "[a", "$a", "__a ", '<b a="" ', "&#123;", "{&nbsp;", "{{ 'a\" ",
    ],
)  # fmt: skip
def test_hostile_text_takes_linear_time(piece: str) -> None:
    """80 KB of any of these texts is read in less than a second."""
    text = piece * (80_000 // len(piece))
    began = time.process_time()
    _meant(text)
    assert time.process_time() - began < SECONDS


PIECES = st.sampled_from(
    ["{", "}", "{{", "}}", "%", "#", "First Name", "Plan", "if ", "<b>", "&#123;", "'", '"', "|", "x ", "$"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_can_be_searched(text: str) -> None:
    """No text raises an error, and everything reported names a column."""
    for found in foreign_placeholders(repair_placeholders(text), _header(), spoken=True):
        assert found.column.header in found.meant
