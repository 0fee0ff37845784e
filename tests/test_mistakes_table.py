"""What people get wrong in templates and sheets, and what each of them is told.

`tests/data/mistakes.json` holds the messages: `CASTMERGE_NEW_MISTAKES=1` writes them anew, for review.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.callables import Castmerge, MakeTemplate, MakeWorkbook

TABLE = Path(__file__).parent / "data" / "mistakes.json"
HEADER: list[str | float | bool | None] = ["Name", "First Name", "Amount Due", "Renewal Date"]
GOOD: list[str | float | bool | None] = ["Ana", "Ana", 1200.5, "May 2"]

SCRIPTS = {
    "misspelt header": "{{ Frist Name }}",
    "misspelt as one word": "{{ amout_due }}",
    "a header of nobody": "{{ Favourite Colour }}",
    "single braces": "Hi {First Name}!",
    "dollar sign": "Hi ${first_name}!",
    "Word's guillemets": "Hi «First_Name»!",
    "square brackets": "Hi [First Name]!",
    "per cent signs": "Hi %First Name%!",
    "angle brackets": "Hi &lt;&lt;First Name&gt;&gt;!",
    "three braces": "Hi {{{ First Name }}}!",
    "brace forgotten": "Hi {{ First Name }!",
    "braces never closed": "Hi {{ First Name",
    "empty braces": "Hi {{ }}!",
    "unknown filter": "{{ First Name | capitalise }}",
    "condition never ended": "{% if First Name == 'Ana' %}Hi",
    "end without a condition": "Hi {% endif %}",
    "one equals sign": "{% if First Name = 'Ana' %}Hi{% endif %}",
    "quote never closed": "{{ First Name | default('friend) }}",
    "default without a bar": "{{ First Name default('friend') }}",
    "a field of nothing": "{{ First Name.surname }}",
    "text in a sum": "{{ First Name * 1.5 }}",
    "division by nothing": "{{ Amount Due / 0 }}",
    "a loop without end": "{% for i in range(99999999) %}x{% endfor %}",
    "a text far too long": "{{ 'very ' * 99999 }}",
    "another file": "{% include 'other.json' %}",
    "two at once": "Hi {First Name}, {{ amout_due }}!",
    "nothing said": "<p>{{ '' }}</p>",
}  # fmt: skip
CELLS: dict[str, list[str | float | bool | None]] = {
    "blank cell": ["Ana", None, 5, "x"],
    "cell of blanks": ["Ana", "   ", 5, "x"],
    "error value as text is text": ["Ana", "#N/A", 5, "x"],
}
TEMPLATES = {
    "no JSON": ('{"name": "x", "scenes": [{}],}', "x.json"),
    "no project": ('{"name": "x"}', "x.json"),
    "a list": ("[]", "x.json"),
    "comma too many in .j2": ('{"name": "x", "scenes": [{"a": "{{ name }}"},]}', "x.json.j2"),
    "quotes forgotten in .j2": ('{"name": "x",\n "scenes": [{"a": {{ First Name }}}]}', "x.json.j2"),
    "quote in one branch in .j2": ('{"name": {% if name %}"x{% endif %}}', "x.json.j2"),
    "part not there in .j2": ('{"name": "x", "scenes": [{% include "../scene.j2" %}]}', "x.json.j2"),
}


def _told(castmerge: Castmerge, workbook: Path, template: Path) -> str:
    """What stands on the terminal, without the folder's name and what every check says."""
    ran = castmerge("check", workbook, "-t", template, "--simulate")
    said = ran.err.replace(f"{workbook.parent}{os.sep}", "")
    lines = [
        line
        for line in said.splitlines()
        if line.startswith(("Error", "  row", "  $", "  line", "   ", "  "))
    ]
    told = [line for line in lines if not line.endswith(("to submit", "cannot be rendered"))]
    return "\n".join([f"exit {ran.code}", *told])


@pytest.fixture
def told(castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate) -> dict[str, str]:
    """Every mistake with what it is told."""
    found = {}
    good = make_workbook([HEADER, GOOD])
    for name, script in SCRIPTS.items():
        quoted = json.dumps(script)[1:-1]
        text = quoted if "<p>" in script else f"<p>{quoted}</p>"
        found[name] = _told(castmerge, good, make_template(text, "t.json"))
    for name, (text, file) in TEMPLATES.items():
        path = make_template("x", file)
        path.write_text(text, encoding="utf-8")
        found[name] = _told(castmerge, good, path)
    for name, cells in CELLS.items():
        book = make_workbook([HEADER, cells], "cells.xlsx")
        found[name] = _told(castmerge, book, make_template("<p>{{ First Name }}</p>", "t.json"))
    return found


def test_each_mistake_is_told_in_words_that_were_reviewed(told: dict[str, str]) -> None:
    """At least thirty mistakes, each with its message as it was last read by somebody."""
    if os.environ.get("CASTMERGE_NEW_MISTAKES"):
        TABLE.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert len(told) >= 30
    assert told == json.loads(TABLE.read_text(encoding="utf-8"))
