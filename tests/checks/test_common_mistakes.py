"""Common mistakes in templates and sheets, and the message for each.

`tests/data/mistakes.json` has the messages; `CASTMERGE_NEW_MISTAKES=1` writes them again, for review.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from merge.model import JSON
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.paths import DATA

TABLE = DATA / "mistakes.json"
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
    "a single equals sign": "{% if First Name = 'Ana' %}Hi{% endif %}",
    "quote never closed": "{{ First Name | default('friend) }}",
    "default without a bar": "{{ First Name default('friend') }}",
    "a field of nothing": "{{ First Name.surname }}",
    "text in a sum": "{{ First Name * 1.5 }}",
    "division by nothing": "{{ Amount Due / 0 }}",
    "a loop without end": "{% for i in range(99999999) %}x{% endfor %}",
    "a text far too long": "{{ 'very ' * 99999 }}",
    "Mailchimp's bars": "Hi *|First Name|*!",
    "Salesforce's double per cent": "Hi %%First_Name%%!",
    "hash signs": "Hi #First Name#!",
    "underscores": "Hi __First Name__!",
    "single angle brackets": "Hi &lt;First Name&gt;!",
    "behind a per cent figure": "5% off, {First Name}, and 6% for all",
    "a column's letter": "Hi {{ B }}!",
    "a cell's address": "Hi {{ B2 }}!",
    "a condition as a placeholder": "{{ if First Name }}Hi{{ endif }}",
    "text and number added": "{{ First Name + Amount Due }}",
    "text and number compared": "{% if First Name > Amount Due %}Hi{% endif %}",
    "brackets forgotten at a method": "Hi {{ First Name.upper }}!",
    "two values with a comma": "Hi {{ First Name, Name }}!",
    "the whole row": "Hi {{ row }}!",
    "a pattern of a programmer": "{{ '2026-12-01' | date('%d.%m.%Y') }}",
    "a figure that may mean two": "{{ '1.200' | number(locale='de') }}",
    "an unknown language": "{{ Amount Due | number(locale='Klingon') }}",
    "no currency": "{{ Amount Due | currency }}",
    "markup that is unknown": "<p>Hi <b>{{ First Name }}</b></p>",
    "single braces around no column": "Hi {someone}, {{ First Name }}!",
    "a very long script": "{{ First Name }} " + "and so on, and on. " * 400,
    "another file": "{% include 'other.json' %}",
    "two at once": "Hi {First Name}, {{ amout_due }}!",
    "nothing said": "<p>{{ '' }}</p>",
}  # fmt: skip
CELLS: dict[str, list[str | float | bool | None]] = {
    "blank cell": ["Ana", None, 5, "x"],
    "cell of blanks": ["Ana", "   ", 5, "x"],
    "error value as text": ["Ana", "#N/A", 5, "x"],
    "a placeholder in a cell": ["Ana", "{{ name }}", 5, "x"],
    "what Python left": ["Ana", "nan", 5, "x"],
    "markup in a cell": ["Ana", "<i>Ana</i>", 5, "x"],
    "a column too narrow": ["Ana", "########", 5, "x"],
}
LINKS = {
    "a file on a disk": "C:\\Users\\Ana\\logo.png",
    "a shared drive": "\\\\server\\logos\\a.png",
    "this computer": "http://localhost:8000/a.png",
    "a private address": "https://192.168.1.20/a.png",
    "inside a company": "http://intranet/a.png",
    "no address": "logo.png",
    "a page of Google Drive": "https://drive.google.com/file/d/1a2b3c/view?usp=sharing",
    "a document in a picture's place": "https://cdn.example.com/logo.pdf",
}
BOX: dict[str, JSON] = {"type": "textImage", "layer": 3, "top": 900, "left": 5, "width": 300, "height": 60}
CLIPS: dict[str, list[JSON]] = {
    "no clothes": [{"type": "aiModel", "model": {"ai_name": "M1"}}],
    "no type": [{"id": "x"}],
    "same layer": [{**BOX, "tag": "Title"}, {**BOX, "tag": "Name"}],
    "outside the canvas": [{**BOX, "tag": "Title"}, {**BOX, "tag": "Logo", "left": 2400}],
    "landscape clips on a portrait": [{**BOX, "tag": "Logo", "top": 1500}],
    "text too long for its box": [{**BOX, "fontSize": 40, "text": "Welcome to the family, {{ first_name }}"}],
    "word too wide for its box": [{**BOX, "fontSize": 40, "text": "Congratulations!"}],
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


def _message(castmerge: Castmerge, workbook: Path, template: Path) -> str:
    """The terminal output of `check`, without the folder's name and the lines that every check prints."""
    ran = castmerge("check", workbook, "-t", template, "--simulate")
    output = ran.err.replace(f"{workbook.parent}{os.sep}", "")
    lines = [
        line
        for line in output.splitlines()
        if line.startswith(("Error", "  row", "  $", "  line", "   ", "  "))
    ]
    shown = [line for line in lines if not line.endswith(("to make", "with problems"))]
    return "\n".join([f"exit {ran.code}", *shown])


LOGO: dict[str, JSON] = {"type": "image", "source_url": "{{ logo }}"}


def _with_clips(make_template: MakeTemplate, clips: Sequence[JSON]) -> Path:
    """The small template with additional clips."""
    path = make_template("<p>Hello {{ name }}.</p>", "clip.json")
    project = json.loads(path.read_text(encoding="utf-8"))
    project["scenes"][0]["clips"].extend(clips)
    path.write_text(json.dumps(project), encoding="utf-8")
    return path


@pytest.fixture
def messages(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> dict[str, str]:
    """The message for every mistake."""
    found = {}
    good = make_workbook([HEADER, GOOD])
    for name, script in SCRIPTS.items():
        quoted = json.dumps(script)[1:-1]
        text = quoted if "<p>" in script else f"<p>{quoted}</p>"
        found[name] = _message(castmerge, good, make_template(text, "t.json"))
    for name, (text, file) in TEMPLATES.items():
        path = make_template("x", file)
        path.write_text(text, encoding="utf-8")
        found[name] = _message(castmerge, good, path)
    for name, link in LINKS.items():
        book = make_workbook([["Name", "Logo"], ["Ana", link]], "links.xlsx")
        found[name] = _message(castmerge, book, _with_clips(make_template, [LOGO]))
    for name, clips in CLIPS.items():
        found[name] = _message(castmerge, good, _with_clips(make_template, clips))
    for name, cells in CELLS.items():
        book = make_workbook([HEADER, cells], "cells.xlsx")
        found[name] = _message(castmerge, book, make_template("<p>{{ First Name }}</p>", "t.json"))
    return found


def test_each_mistake_has_its_reviewed_message(messages: dict[str, str]) -> None:
    """At least 75 mistakes have the message that was last reviewed."""
    if os.environ.get("CASTMERGE_NEW_MISTAKES"):
        TABLE.write_text(json.dumps(messages, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert len(messages) >= 75
    assert messages == json.loads(TABLE.read_text(encoding="utf-8"))
