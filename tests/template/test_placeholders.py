from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from merge.errors import TemplateError
from merge.model import Cell, CellKind, RowKey
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.sheet.values import template_value
from merge.template.bind_json import bind
from merge.template.document import parse_template
from merge.template.placeholders import alias, as_typed, place_headers, repair_placeholders
from merge.template.render_json import FilledIn
from tests.support.paths import DATA

SEED = (DATA / "seed_project.json").read_text(encoding="utf-8")
TYPED = "Hello, this is test video using Api."
SCRIPT = "$.scenes[0].clips[0].script.org"
PEOPLE = {
    "First Name": "Ana", "이름": "지수", "Price (USD)": "$5", "Plan": "Gold", "R&D": "lab",
    "Customer's City": "Rome", "Straße": "Hauptweg", "Ｎｏ．": "7", "R\u00e9gion": "Sud",
    "Straße und Ort": "Weg 1", "İstanbul Ofisi": "Kadıköy", "% off": "5", "<Code>": "X1", "#": "9",
}  # fmt: skip


def _header() -> Header:
    columns = tuple(
        Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(PEOPLE, start=1)
    )
    return Header(1, columns, 2, sheet="People")


def _spoken(script: str) -> str:
    """The script that the avatar speaks in the customer's own project."""
    saved = SEED.replace(TYPED, json.dumps(script)[1:-1])
    binding = bind(parse_template(saved, "seed.json"), _header(), {})
    values = {
        column.number: template_value(
            Cell(CellKind.TEXT, PEOPLE[column.header]), address="People!A2", header=column.header
        )
        for column in _header().columns
    }
    rendered = binding.renderer.render(binding.names.context(values))
    assert isinstance(rendered, FilledIn), rendered
    body = json.loads(rendered.project(RowKey("k")).body)
    spoken = body["scenes"][0]["clips"][0]["script"]["org"]
    assert isinstance(spoken, str)
    return spoken.removeprefix("<p>").removesuffix("</p>")


MANGLED = {
    "plain": ("{{ First Name }}", "Ana"),
    "another case": ("{{FIRST name}}", "Ana"),
    "one word": ("{{ first_name }}", "Ana"),
    "span through the middle": ('{{ first<span style="color: red">_</span>name }}', "Ana"),
    "span through a header": ('{{ First<span class="a"> </span>Name }}', "Ana"),
    "bold inner braces": ("{<b>{ First Name }</b>}", "Ana"),
    "bold first brace": ("<b>{</b>{ First Name }}", "<b>Ana</b>"),
    "bold begins within": ("{{ <b>First Name }} and</b> all", "Ana<b> and</b> all"),
    "line break": ("{{ First<br>Name }}", "Ana"),
    "line break, closed": ("{{<br/>First Name<br />}}", "Ana"),
    "new paragraph": ("Hi {{ First</p><p>Name }}!", "Hi Ana</p><p>!"),
    "non-breaking blanks": ("{{&nbsp;First&nbsp;Name&nbsp;}}", "Ana"),
    "numbered blanks": ("{{&#160;First&#xA0;Name }}", "Ana"),
    "non-breaking letters": ("{{\u00a0First\u00a0Name\u00a0}}", "Ana"),
    "numbered braces": ("&#123;&#123; First Name &#125;&#125;", "Ana"),
    "hexadecimal braces": ("&#x7B;&#x7b; First Name &#x7D;&#x7d;", "Ana"),
    "named braces": ("&lbrace;&lcub; First Name &rcub;&rbrace;", "Ana"),
    "full-width braces": ("｛｛First Name｝｝", "Ana"),
    "full-width blanks": ("｛｛\u3000이름\u3000｝｝", "지수"),
    "full-width letters": ("{{ Ｆｉｒｓｔ　Ｎａｍｅ ｜ upper }}", "ANA"),
    "full-width header": ("{{ No. }} {{ Ｎｏ． }}", "7 7"),
    "unseen between braces": ("{\u200b{\ufeff First Name \u200b}\u200d}", "Ana"),
    "unseen within": ("{{ Fir\u00adst\u200b Na\u2060me }}", "Ana"),
    "unseen as entities": ("{&zwnj;{ First&shy; Name }&#8203;}", "Ana"),
    "blank between braces": ("{ {First Name} }", "Ana"),
    "tags and blanks between": ("<i>{ </i>&nbsp;{First Name} <i>}</i>", "<i>Ana</i><i></i>"),
    "ampersand": ("{{ R&amp;D }}", "lab"),
    "typed apostrophe": ("{{ Customer’s City }}", "Rome"),
    "entity apostrophe": ("{{ Customer&#39;s City }}", "Rome"),
    "sharp s": ("{{ straße }} {{ STRASSE }}", "Hauptweg Hauptweg"),
    "sharp s among words": ("{{ Straße und Ort }} {{ STRASSE UND ORT }}", "Weg 1 Weg 1"),
    "header that begins with a sign": (
        "{{ % off }} {{ % off | upper }} {{ &lt;Code&gt; }} {{ # }}",
        "5 5 X1 9",
    ),
    "dotted capital": ("{{ İstanbul Ofisi }} {{ row.İstanbul Ofisi | upper }}", "Kadıköy KADIKÖY"),
    "composed accent": ("{{ Re\u0301gion }}", "Sud"),
    "curly quotes": ("{{ Plan | replace(“Gold”, “Silver”) }}", "Silver"),
    "low quotes": ("{{ Plan | replace(„Gold“, „Silver“) }}", "Silver"),
    "single curly quotes": ("{{ Plan | replace(‘Gold’, ‘Silver’) }}", "Silver"),
    "quotes as entities": ("{{ Plan | replace(&quot;Gold&quot;, &#39;Silver&#39;) }}", "Silver"),
    "apostrophe in quotes": ("{{ Plan | replace('Gold', “it’s you”) }}", "it’s you"),
    "tag in quotes": ('{{ Plan | replace(“Go<b class="x">ld</b>”, "Silver") }}', "Silver"),
    "punctuation and filter": ("{{ <span>Price</span> (USD)&nbsp;| upper }}", "$5"),
    "mangled condition": ("{<b>% if</b> Plan == “Gold” %}yes{% end<i>if</i> %}", "yes"),
    "two in a row": ("{{<b> First Name </b>}}{ { Plan } }", "AnaGold"),
}


@pytest.mark.parametrize(("script", "spoken"), MANGLED.values(), ids=MANGLED)
def test_a_mangled_placeholder_is_filled_in(script: str, spoken: str) -> None:
    """The editor's changes to a placeholder are undone, and the markup around it stays balanced."""
    assert _spoken(script) == spoken


@pytest.mark.parametrize(
    "text",
    [
        "{{ {'a': {'b': 1}}.a.b }}",
        "{% if a <b and c> d %}x{% endif %}",
        '{{ a | default("<b>x</b>") }}',
        '{"a": {"b": 1}}',
        "{ { alone",
        "100 % } { sure",
        "{{ '}}' }}",
        "{{name}",
        "a < b > c {% raw %}x{% endraw %}",
    ],
)
def test_other_text_is_unchanged(text: str) -> None:
    """Valid Jinja, and text that isn't a placeholder, keep every letter."""
    assert repair_placeholders(text) == text


PIECES = st.sampled_from(
    [
        "{",
        "}",
        "{{",
        "}}",
        "%",
        "<b>",
        "</b>",
        "<br>",
        "&#123;",
        "&nbsp;",
        "｛",
        "｝",
        "\u200b",
        "'",
        '"',
        "a b",
    ]
)


WORDS = st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=6)


@given(st.lists(WORDS, min_size=2, max_size=4).map(" ".join), st.sampled_from([str, str.upper, str.casefold]))
def test_a_header_in_any_script_is_found_as_it_is_written(header: str, written: Callable[[str], str]) -> None:
    """So it is in capitals and small letters, as long as these are still the same header."""
    assume(normalize(written(header)) == normalize(header) and len(normalize(header).split()) > 1)
    column = Column(1, header, normalize(header), identifier(header))
    placed = place_headers(f"{{{{ {written(header)} | upper }}}}", Header(1, (column,), 2))
    assert placed == f"{{{{ {alias(column)} | upper }}}}"


@given(st.lists(PIECES, max_size=30).map("".join))
def test_repair_loses_no_letter(text: str) -> None:
    """Neither words nor unpaired tags are lost, whatever the text."""
    repaired = repair_placeholders(text)
    assert repaired.count("a b") == text.count("a b")
    for kind in ("<b>", "</b>"):
        assert repaired.count(kind) <= text.count(kind)
    assert repaired.count("<b>") - repaired.count("</b>") == text.count("<b>") - text.count("</b>")


def test_repair_is_fast_on_hostile_text() -> None:
    """Long runs of braces, tags and quotes take little time."""
    for piece in ("{", "{ ", "<b>", "{{ <b>", '{{ "', "&#123;", "{\u200b", "{%", "{{ x } "):
        repair_placeholders(piece * 3000)


def test_quoted_text_keeps_its_letters() -> None:
    """Only the code around quoted text is normalized."""
    assert as_typed("Ａ\u200b == “Ｂ’\u200bs” and '“x”'") == "A == \"Ｂ’\u200bs\" and '“x”'"


@pytest.mark.parametrize(
    ("script", "header"),
    [
        ("Hi {First Name}!", "First Name"),
        ("Hi ${first_name}!", "First Name"),
        ("Hi «First Name»!", "First Name"),
        ("Hi [First Name]!", "First Name"),
        ("Hi [[first name]]!", "First Name"),
        ("Hi %First Name%!", "First Name"),
        ("Hi <<First Name>>!", "First Name"),
        ("Hi &lt;&lt;First&nbsp;Name&gt;&gt;!", "First Name"),
        ("Hi {First<b> Name</b>}!", "First Name"),
        ("Hi ｛이름｝!", "이름"),
        ("Hi 【이름】!", "이름"),
        ("Hi {Frist Name}!", "First Name"),
        ("Hi «Price»!", "Price (USD)"),
    ],
)
def test_a_foreign_placeholder_is_reported(script: str, header: str) -> None:
    """The error shows the correct placeholder and the cell of its header."""
    with pytest.raises(TemplateError, match="placeholders need double braces") as refused:
        _spoken(script)
    assert re.match(rf"Write \{{\{{ {re.escape(header)} \}}\}} \(cell [A-Z]1\)", refused.value.hint)
    assert refused.value.place == f"seed.json, {SCRIPT}"


@pytest.mark.parametrize(
    "script",
    [
        "Press [Enter] now", "[laughs]", "50% of Plan, 20% off", "{see below}", "«Bonjour»", "[]",
        "{{ '[Plan]' }}", "{# [Plan] #}", "{% if Plan == '[Plan]' %}{% endif %}x",
    ],
)  # fmt: skip
def test_brackets_without_a_header_are_text(script: str) -> None:
    """Literal brackets are allowed, and so is anything inside Jinja."""
    assert _spoken(script)


def test_all_faults_are_reported_in_one_error() -> None:
    """The error counts the faults and has a line for each place and hint."""
    with pytest.raises(TemplateError) as refused:
        _spoken("{{ Frist Name }} {{ pln }} [Plan] {{ pln }} {% if %}")
    assert (
        str(refused.value)
        == "seed.json: 2 placeholders don't match any column from the sheet “People”: [Plan], “Frist Name”"
    )
    assert refused.value.hint.splitlines() == [
        (
            f"{SCRIPT}: [Plan] isn't a placeholder, because placeholders need double braces. "
            "Write {{ Plan }} (cell D1)"
        ),
        f"{SCRIPT}: there's no column “Frist Name”. Did you mean “First Name” (cell A1)?",
    ]
    with pytest.raises(TemplateError) as refused:
        _spoken("{{ frist_name }} {{ pln }} {{ pln }} {{ row.nope }}")
    expected = "3 placeholders don't match any column from the sheet “People”: “frist_name”, “pln”, “nope”"
    assert str(refused.value) == f"seed.json: {expected}"
    assert len(refused.value.hint.splitlines()) == 3
