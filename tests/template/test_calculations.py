"""Calculations and comparisons with text, and results that aren't values."""

from __future__ import annotations

import json
import re

import pytest

from merge.errors import TemplateError
from merge.model import Cell, CellKind, Problem
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.template.bind_json import bind, compile_condition
from merge.template.document import parse_template
from merge.template.filters import FilterSet
from merge.template.row_values import RowValues
from merge.template.sandbox.environments import Environments

CELLS = {
    "Amount": Cell(CellKind.TEXT, "1200"),
    "Score": Cell(CellKind.TEXT, " 75 "),
    "Missing": Cell(CellKind.TEXT, "n/a"),
    "Price": Cell(CellKind.TEXT, "$1,200.50"),
    "Share": Cell(CellKind.TEXT, "15%"),
    "Debt": Cell(CellKind.TEXT, "(80)"),
    "Preis": Cell(CellKind.TEXT, "1.200,50"),
    "Name": Cell(CellKind.TEXT, "Ana"),
    "City": Cell(CellKind.TEXT, "Rome"),
    "Zip": Cell(CellKind.NUMBER, 2110, "00000"),
    "Total": Cell(CellKind.NUMBER, 1200, "$#,##0.00"),
    "Due": Cell(CellKind.NUMBER, 46082, "d mmm yyyy"),
    "Member": Cell(CellKind.BOOLEAN, True),
}
HEADERS = (*CELLS, "Blank")
COLUMNS = tuple(
    Column(number, text, normalize(text), identifier(text)) for number, text in enumerate(HEADERS, start=1)
)
TYPE_NAMES = re.compile(
    r"Value\b|\bobject\b|\bstr\b|\bint\b|\bfloat\b|NoneType|\btuple\b|\bdict\b|<|\bbuiltin|\bmethod\b|\bgenerator|"
    r"Undefined|\bjinja|unsupported operand|positional|instances"
)
"""Names from Python and Jinja that messages never contain."""


def _row(locale: str) -> RowValues:
    cells = {HEADERS.index(name) + 1: cell for name, cell in CELLS.items()}
    return RowValues(cells, COLUMNS, sheet="P", row=2, date1904=False, locale=locale)


def _outcome(text: str, locale: str = "en_US") -> str | Problem:
    source = json.dumps({"name": "x", "scenes": [{"clips": [{"type": "textImage", "text": text}]}]})
    binding = bind(parse_template(source, "t.json"), Header(1, COLUMNS, 2), {}, FilterSet(locale))
    filled_in = binding.renderer.render(binding.names.context(_row(locale)))
    return filled_in[0] if isinstance(filled_in, tuple) else filled_in.strings["$.scenes[0].clips[0].text"]


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("Amount * 2", "2400"),
        ("2 * Amount", "2400"),
        ("Amount + 1", "1201"),
        ("1 + Amount", "1201"),
        ("Amount - 1", "1199"),
        ("Amount / 5", "240"),
        ("Amount // 7", "171"),
        ("Amount % 7", "3"),
        ("Score ** 2", "5625"),
        ("-Amount", "-1200"),
        ("Amount + Score", "1275"),
        ("(Amount | trim) * 2", "2400"),
        ("Price * 2", "2401"),
        ("Share * 100", "15"),
        ("Debt + 1", "-79"),
        ("Amount | int + 1", "1201"),
        ("Price | float", "1200.5"),
        ("Price | round", "1201"),
        ("[Amount, Total] | sum", "2400"),
        ("(Amount | number) * 2", "2400"),
        ("Due + Score", "15 May 2026"),
        ("Missing | int(0)", "0"),
        ("Name + ' ' + City", "Ana Rome"),
        ("Name + City", "AnaRome"),
        ("Amount ~ Score", "1200 75 "),
        ("'-' * 3", "---"),
        ("'%s!' % Name", "Ana!"),
        ("'yes' if Amount is even", "yes"),
    ],
)
def test_numbers_stored_as_text_are_calculated(expression: str, shown: str) -> None:
    """Text that is a number is calculated with; other texts are joined by `+`."""
    assert _outcome(f"{{{{ {expression} }}}}") == shown


def test_numbers_in_text_follow_the_locale() -> None:
    """The decimal separator is that of the locale."""
    assert _outcome("{{ Preis * 2 }}", "de_DE") == "2401"
    assert _outcome("{{ Preis / 5 }}", "de_DE") == "240,1"
    assert isinstance(_outcome("{{ Preis * 2 }}"), Problem)


@pytest.mark.parametrize(
    "expression",
    [
        "Missing * 2",
        "2 * Missing",
        "Missing - 1",
        "-Missing",
        "Missing + 1",
        "Missing + Amount",
        "Missing | int",
        "Missing | float",
        "Missing | round",
        "[Missing] | sum",
        "Missing / 2",
        "Missing % 2",
        "Missing > 100",
        "100 < Missing",
        "Missing is gt(5)",
        "Missing is odd",
    ],
)
def test_calculating_with_other_text_is_a_problem(expression: str) -> None:
    """The message names the cell and its text, and no wrong number is spoken."""
    found = _outcome(f"{{{{ {expression} }}}}")

    assert isinstance(found, Problem)
    assert "“n/a” isn't a number" in found.message
    assert found.place in {"P!C2", ""}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("Zip == '02110'", True),
        ("'02110' == Zip", True),
        ("Zip != '02110'", False),
        ("Zip == '2110'", False),
        ("Zip == 2110", True),
        ("Zip in ['02110', '10115']", True),
        ("Zip not in ['02110']", False),
        ("Zip is eq('02110')", True),
        ("'021' in Zip", True),
        ("Zip in 'area 02110'", True),
        ("Total == '$1,200.00'", True),
        ("Total == 1200", True),
        ("Total == Amount", True),
        ("Due == '1 Mar 2026'", True),
        ("Due < '2026-03-02'", True),
        ("Due >= '2026-03-02'", False),
        ("Amount == 1200", True),
        ("Amount == '1200'", True),
        ("Missing == 1200", False),
        ("Missing != 1200", True),
        ("Amount > 100", True),
        ("Amount > '90'", True),
        ("100 < Amount < 2000", True),
        ("Name < 'Bea'", True),
        ("Member == 'TRUE'", True),
        ("Member == 'no'", False),
        ("Member == 'Yes'", True),
        ("Member == 'wahr'", True),
        ("Member != 'No'", True),
        ("(not Member) == 'No'", True),
        ("Member == 'maybe'", False),
        ("Member is true", True),
        ("Member is false", False),
        ("'Yes' is true", False),
        ("Member == true", True),
        ("Blank == ''", True),
        ("Blank == 5", False),
    ],
)
def test_comparisons_use_what_a_cell_shows(condition: str, holds: bool) -> None:
    """Conditions in a template and `--where` compare the same values."""
    compiled = compile_condition(condition, Header(1, COLUMNS, 2), {})

    assert _outcome(f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}") == ("yes" if holds else "no")
    assert compiled.holds(_row("en_US")) is holds


@pytest.mark.parametrize(
    "expression",
    [
        "Name, City",
        "plural",
        "join_and",
        "Name.upper",
        "[''] | map(attribute='x')",
        "plural ~ 'x'",
        "range",
        "[''] | map(attribute='x') | join",
        "[1, 2]",
        "{}",
        "{'a': 1}",
        "plural | upper",
        "[plural] | join",
        "Name | join_and(plural)",
        "'%s' | format(plural)",
        "'{}'.format(plural)",
        "plural | tojson",
        "1 / 0",
        "Name.target",
        "Name.a.b",
        "Total.b",
        "Total()",
        "range(Name)",
        "Total | first",
        "plural | length",
        "Name * City",
        "Due * 2",
        "Due > 5",
        "Missing * 2",
        "Member + 1 + Name",
        "Name | truncate(plural)",
        "namespace()",
        "joiner()",
        "cycler(1)",
        "dict",
        "range(3)",
        "Name | batch(2)",
        "Name[99]",
        "Due | round",
        "Total | join",
        "Name.format",
        "[] | max",
        "[1] < 2",
        "Name | replace(1)",
        "Name | number(decimals=Name)",
        "Name.encode()",
        "Name.__class__",
        "Name | default",
        "none",
        "loop",
        "Total | items",
        "[3] | sort(5)",
    ],
)
def test_messages_never_show_python_types(expression: str) -> None:
    """Every problem has a plain message, and no Python value ends up in a script."""
    text = f"{{{{ {expression} }}}}"
    try:
        found = _outcome(text)
    except Exception as error:  # noqa: BLE001 - the message of a template that can't be bound is checked too
        found = str(error)
    message = found.note if isinstance(found, Problem) else found

    assert not TYPE_NAMES.search(message.replace(text, "")), message


ODD_VALUES = ("plural", "Name", "Due", "none", "[Name]", "{'a': Name}", "range", "-1")
LEAST_PROBLEMS = 40
"""Problems with the same message are one."""
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "~", "<", ">=", "in", "not in")


def _problems(expressions: list[str]) -> tuple[Problem, ...]:
    clips = [{"type": "textImage", "text": f"{{{{ {expression} }}}}"} for expression in expressions]
    source = json.dumps({"name": "x", "scenes": [{"clips": clips}]})
    binding = bind(parse_template(source, "t.json"), Header(1, COLUMNS, 2), {}, FilterSet())
    filled_in = binding.renderer.render(binding.names.context(_row("en_US")))
    return filled_in if isinstance(filled_in, tuple) else ()


def test_no_filter_or_operator_shows_a_python_type() -> None:
    """Whatever a filter or an operator is given, its problem is in plain words."""
    filters = [
        name
        for name in Environments(FilterSet()).for_place(markup=False, number=False).filters
        if name.isidentifier()
    ]
    filtered = [f"{value} | {name}" for name in filters for value in ODD_VALUES]
    filtered += [f"{value} | {name}(none)" for name in filters for value in ODD_VALUES[:4]]
    combined = [f"({a}) {operator} ({b})" for operator in OPERATORS for a in ODD_VALUES for b in ODD_VALUES]
    problems = [*_problems(filtered), *_problems(combined)]
    assert len(problems) >= LEAST_PROBLEMS
    assert [problem.note for problem in problems if TYPE_NAMES.search(problem.note)] == []


@pytest.mark.parametrize(
    ("condition", "said", "hint"),
    [
        ("City = 'Rome'", "a single equals sign", "two equals signs"),
        ("City == 'Rome' AND Amount > 5", "“AND” here", "Use the words “and”, “or” and “not”"),
        ("City <> 'Rome'", "“>” here", "!= for different ones"),
        ("City === 'Rome'", "“=” here", "== for equal values"),
        ("City contains 'Ro'", "“contains” here", "'part of the text' in City"),
        ("Zip == 02110", "this expression", "City == 'Oslo'"),
        ("Amount >= $100", "“$” here", "City == 'Oslo'"),
        ("City == 'Rome", "", ""),
    ],
)
def test_a_condition_in_another_language_gets_a_hint(condition: str, said: str, hint: str) -> None:
    """People write conditions as in Excel or SQL; messages have no words of Jinja's parser."""
    with pytest.raises(TemplateError) as raised:
        compile_condition(condition, Header(1, COLUMNS, 2), {})
    assert said in raised.value.message
    assert hint in raised.value.hint
    assert not any(word in raised.value.message for word in ("token", "statement", "unexpected"))
