from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from merge.errors import CellError
from merge.model import Cell, CellKind, RowKey, Scalar
from merge.sheet.columns import Column, Header, identifier, normalize
from merge.sheet.values import TemplateValue, template_value
from merge.template.bind_json import bind
from merge.template.document import parse_template
from merge.template.filters import FilterSet, Pronunciation
from merge.template.filters.spoken.kinds import SpokenKind
from merge.template.render_json import FilledIn
from tests.support.paths import ROOT

FILTERS = FilterSet()


def _cell(value: Scalar, number_format: str = "General") -> Cell:
    kind = CellKind.TEXT if isinstance(value, str) else CellKind.NUMBER
    return Cell(CellKind.BOOLEAN if isinstance(value, bool) else kind, value, number_format)


def _value(value: Scalar, number_format: str = "General") -> TemplateValue:
    return template_value(_cell(value, number_format), address="People!A2", header="A")


CELLS: dict[str, Cell | None] = {
    "Name": _cell("Ana María Soto"),
    "Price": _cell(1200.5, "$#,##0.00"),
    "Euro": _cell(99, "[$€-407] #,##0"),
    "Share": _cell(0.125, "0.0%"),
    "Due Date": _cell(46357, "m/d/yyyy"),
    "Start": _cell(0.604, "h:mm"),
    "Count": _cell(3),
    "One": _cell(1),
    "Width": _cell(1234567.5, "#,##0"),
    "Typed": _cell("1,200.50"),
    "Odd": _cell("about 12"),
    "Day": _cell("2026-12-01"),
    "Day or Month": _cell("01/02/2026"),
    "Language": _cell("de_DE"),
    "Tongue": _cell("German"),
    "Tags": _cell("red, green; not blue"),
    "Flag": _cell(True),
    "Markup": _cell("<b> & co"),
    "Blank": None,
}


def _filled(
    script: str, path: str = "text", filters: FilterSet | None = None, cells: dict[str, Cell | None] = CELLS
) -> str:
    """The rendered value of a field, or the problem's message and hint."""
    columns = tuple(
        Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(cells, start=1)
    )
    header = Header(1, columns, 2, sheet="People")
    project = {"name": "x", "scenes": [{"clips": [{path: script}]}]}
    binding = bind(parse_template(json.dumps(project), "t.json"), header, {}, filters)
    values = {
        column.number: template_value(
            cells[column.header], address=f"People!{column.number}", header=column.header
        )
        for column in columns
    }
    outcome = binding.renderer.render(binding.names.context(values))
    if not isinstance(outcome, FilledIn):
        return f"{outcome[0].message} -> {outcome[0].hint}"
    body = json.loads(outcome.project(RowKey("k")).body)
    return str(body["scenes"][0]["clips"][0][path])


WRITTEN = [
    ("{{ price | number }}", "1,200.5"),
    ("{{ price | number(2) }}", "1,200.50"),
    ("{{ price | number(0) }}", "1,201"),
    ("{{ price | number(locale='de') }}", "1.200,5"),
    ("{{ price | number(locale=language) }}", "1.200,5"),
    ("{{ price | number(locale=Tongue) }}", "1.200,5"),
    ("{{ 1234.5678 | number }}", "1,234.568"),
    ("{{ typed | number }}", "1,200.5"),
    ("{{ (price * 2) | number }}", "2,401"),
    ("{{ share | percent }}", "12.5%"),
    ("{{ share | percent(0) }}", "13%"),
    ("{{ '12.5 %' | percent }}", "12.5%"),
    ("{{ 0.5 | percent(locale='de') }}", "50\u00a0%"),
    ("{{ price | currency }}", "$1,200.50"),
    ("{{ euro | currency }}", "€99.00"),
    ("{{ euro | currency(locale='de') }}", "99,00\u00a0€"),
    ("{{ count | currency('jpy') }}", "¥3"),
    ("{{ count | currency('USD', 0) }}", "$3"),
    ("{{ '$5.5' | currency }}", "$5.50"),
    ("{{ Due Date | date }}", "December 1, 2026"),
    ("{{ Due Date | date('short') }}", "12/1/26"),
    ("{{ Due Date | date('full', locale='de') }}", "Dienstag, 1. Dezember 2026"),
    ("{{ Due Date | date('full', locale='fi') }}", "tiistaina 1. joulukuuta 2026"),
    ("{{ Due Date | date(format='d LLLL y', locale='cs') }}", "1 prosince 2026"),
    ("{{ Due Date | date(\"d 'L' MMM\") }}", "1 L Dec"),
    ("{{ day | date }}", "December 1, 2026"),
    ("{{ Due Date | date('long', locale='ko') }}", "2026년 12월 1일"),
    ("{{ start | time }}", "2:29\u00a0PM"),
    ("{{ start | time('HH:mm') }}", "14:29"),
    ("{{ start | time('full', locale='de') }}", "14:29:45"),
    ("{{ name | first_word }}", "Ana"),
    ("{{ 'Soto, Ana' | first_word }}", "Soto"),
    ("{{ count }} {{ count | plural('video') }}", "3 videos"),
    ("{{ one | plural('video') }}", "video"),
    ("{{ plural(count, 'video', 'clips') }}", "clips"),
    (
        "{{ plural(2, 'City') }} {{ plural(2, 'box') }} {{ plural(2, 'Person') }} {{ plural(2, 'day') }}",
        "Cities boxes People days",
    ),
    ("{{ count | plural('영상', locale='ko') }}", "영상"),
    ("{{ 3 | plural('видео', 'x', few='F', locale='ru') }}", "F"),
    ("{{ tags | join_and }}", "red, green and not blue"),
    ("{{ ['a', 'b', 'c'] | join_and }}", "a, b and c"),
    ("{{ join_and('a', 'b', word='or') }}", "a or b"),
    ("{{ join_and(name, blank, 'b', locale='de') }}", "Ana María Soto und b"),
    ("{{ ['a', 'b', 'c'] | join_and(locale='ja') }}", "a、b、c"),
    ("{{ join_and() }}", ""),
    ("{{ price | spoken }}", "one thousand two hundred dollars and fifty cents"),
    ("{{ price | spoken(lang='de') }}", "eintausendzweihundert Dollar und fünfzig Cent"),
    ("{{ Due Date | spoken }}", "December first, twenty twenty-six"),
    ("{{ name | spoken }}", "Ana María Soto"),
    ("{{ flag | spoken }} {{ true | spoken }}", "TRUE TRUE"),
    ("{{ markup | spoken }}", "<b> & co"),
    ("<p>{{ markup | spoken }}</p>", "<p>&lt;b&gt; &amp; co</p>"),
    ("{{ flag | tojson }} {{ price | tojson }} {{ [Due Date] | tojson }}", 'true 1200.5 ["12/1/2026"]'),
]


@pytest.mark.parametrize(("script", "written"), WRITTEN, ids=[script for script, _ in WRITTEN])
def test_filters_format_values(script: str, written: str) -> None:
    """They accept cells, plain numbers and text, inside the sandbox."""
    assert _filled(script) == written


REFERENCE = (ROOT / "merge" / "docs" / "templates.md").read_text(encoding="utf-8").partition("## Filters")[2]
SHOWN_OFF = re.findall(r"^\| `(\{\{.*\}\})` \| (.*) \|$", REFERENCE, re.MULTILINE)
REFERENCE_CELLS: dict[str, Cell | None] = {
    "Price": _cell(1200.5, "$#,##0.00"),
    "Share": _cell(0.125, "0.0%"),
    "Due": _cell(46357, "m/d/yyyy"),
    "Start": _cell(0.6041666667, "h:mm"),
    "Phone": _cell("555-010-9999"),
    "Count": _cell(3),
    "Name": _cell("Ana Soto"),
    "Language": _cell("German"),
}


@pytest.mark.parametrize(("script", "written"), SHOWN_OFF, ids=[script for script, _ in SHOWN_OFF])
def test_reference_examples_are_true(script: str, written: str) -> None:
    """Each row of the filter table is rendered and compared."""
    assert _filled(script.replace(r"\|", "|"), cells=REFERENCE_CELLS) == written


def test_reference_lists_every_filter() -> None:
    """The filter table is complete."""
    environment = Environment(autoescape=True)
    usual = set(environment.filters)
    FILTERS.install(environment)
    own = set(environment.filters) - usual
    assert {name for name in own if re.search(rf"(?:\\\| |\{{ |\| ){name}\b", REFERENCE)} == own
    assert len(SHOWN_OFF) > len(own)


PROBLEMS = [
    ("{{ odd | number }}", "“about 12” isn't clearly a number", "Enter it in the cell as a number"),
    ("{{ Day or Month | date }}", "“01/02/2026” isn't clearly a date", "2026-12-01"),
    ("{{ count | date }}", "“3” isn't clearly a date", "Give the cell a date format"),
    ("{{ count | time }}", "“3” isn't a time of day", "14:30"),
    ("{{ flag | number }}", "“TRUE” isn't clearly a number", "Enter it"),
    ("{{ count | number('x') }}", "“x” isn't a number of decimals", "0 to 15"),
    ("{{ count | number(locale='Klingonese') }}", "the language “Klingonese”", "de, de_DE or German"),
    ("{{ count | currency }}", "“3” doesn't have a currency", 'currency("USD")'),
    ("{{ count | currency('XYZ') }}", "“XYZ” isn't a currency", "USD"),
    ("{{ Due Date | date('QQQQQQQ') }}", "“QQQQQQQ” isn't a date", "d MMMM y"),
    ("{{ count | plural('Video', locale='de') }}", "plural of “Video” in German", "both forms"),
    ("{{ blank | number }}", "“Blank” is blank", "default"),
    ("{{ count | number(locale=blank) }}", "“Blank” is blank", "default"),
    ("{{ count | spoken('song') }}", "nothing is said as “song”", "money"),
    ("{{ count | spoken('money') }}", "“3” doesn't have a currency", 'currency="USD"'),
    ("{{ Due Date | spoken(lang='sv') }}", "can't say a date in Swedish", "Leave out the filter"),
]


@pytest.mark.parametrize(("script", "message", "hint"), PROBLEMS, ids=[script for script, *_ in PROBLEMS])
def test_an_unreadable_value_is_a_problem_of_its_row(script: str, message: str, hint: str) -> None:
    """The message is in plain language and has a hint."""
    problem = _filled(script)
    shown, _, advice = problem.partition(" -> ")
    assert (message in shown, hint in advice) == (True, True), problem


@pytest.mark.parametrize(
    ("script", "number"),
    [
        ("{{ width | number }}", "1234567.5"),
        ("{{ count | number(2) }}", "3"),
        ("{{ typed | number }}", "1200.5"),
    ],
)
def test_the_number_filter_gives_a_plain_number_in_a_number_field(script: str, number: str) -> None:
    """The project gets the number without thousands separators."""
    assert _filled(script, "width") == number


def test_the_locale_of_the_run_is_the_default() -> None:
    """Cells are formatted and read with it."""
    assert _filled("{{ price | number }} {{ Due Date | date }}", filters=FilterSet("de_DE")) == (
        "1.200,5 1. Dezember 2026"
    )
    assert _filled("{{ '1.200,5' | number }}", filters=FilterSet("de_DE")) == "1.200,5"
    assert _filled("{{ '1.200' | number }}", filters=FilterSet("de_DE")) == "1.200"


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("1,200", "en_US", "1,200"),
        ("-1,200.5", "en_US", "-1,200.5"),
        ("−7", "en_US", "-7"),
        ("1200.5", "de_DE", "1.200,5"),
        ("1 200,5", "fr_FR", "1\u00a0200,5"),
        ("1’200.5", "de_CH", "1’200.5"),
        ("1'200.5", "de_CH", "1’200.5"),
    ],
)
def test_text_is_read_with_the_separators_of_the_locale(text: str, locale: str, number: str) -> None:
    """The same text can be a different number, or none, in another locale."""
    # The apostrophe that separates Swiss thousands differs between versions of the CLDR.
    assert FilterSet(locale).number(text).replace("'", "’") == number


@pytest.mark.parametrize(
    "text", ["", "1,20", "1.2.3", "١٢", "1e5", "nan", "1" * 60, "--1", "12 EUR", "1,200,5"]
)
def test_ambiguous_text_is_not_a_number(text: str) -> None:
    """The filter reports a problem instead of guessing."""
    with pytest.raises(CellError, match="isn't clearly a number"):
        FILTERS.number(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-12-01", "2026-12-01 00:00"),
        ("2026/12/1", "2026-12-01 00:00"),
        ("2026. 12. 1.", "2026-12-01 00:00"),
        ("2026년 12월 1일", "2026-12-01 00:00"),
        ("2026-12-01T14:30", "2026-12-01 14:30"),
        ("2026-12-01 2:30 pm", "2026-12-01 14:30"),
        ("1 December 2026", "2026-12-01 00:00"),
        ("Dec. 1st, 2026", "2026-12-01 00:00"),
    ],
)
def test_unambiguous_dates_in_text_are_read(text: str, written: str) -> None:
    """The year comes first, or the month is a word."""
    assert FILTERS.date(text, "y-MM-dd HH:mm") == written


@pytest.mark.parametrize(
    "text", ["2026-13-01", "31 Foo 2026", "Foo 1 2026", "2026-12-01 99:00", "12/13/2026", "soon"]
)
def test_ambiguous_text_is_not_a_date(text: str) -> None:
    """If the day could also be the month, the filter doesn't guess."""
    with pytest.raises(CellError, match="isn't clearly a date"):
        FILTERS.date(text)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("14:30", "14:30:00"),
        ("2:30:15 p.m.", "14:30:15"),
        ("12:00 AM", "00:00:00"),
        ("2026-12-01 14:30", "14:30:00"),
        (timedelta(hours=5), "05:00:00"),
        (datetime(2026, 12, 1, 7, 5), "07:05:00"),
        (time(7, 5), "07:05:00"),
    ],
)
def test_times_are_read(value: object, written: str) -> None:
    """Cells, dates, durations of less than a day, and text are accepted."""
    assert FILTERS.time(value, "HH:mm:ss") == written


@pytest.mark.parametrize(
    "value", ["25:00", "13:00 pm", "noon", timedelta(days=2), timedelta(-1), 3, "2026-12-01"]
)
def test_other_values_are_not_times_of_day(value: object) -> None:
    """A duration of two days isn't a time of day."""
    with pytest.raises(CellError, match="isn't a time of day"):
        FILTERS.time(value)


@pytest.mark.parametrize(
    ("number_format", "locale", "written"),
    [
        ("£#,##0", "en_US", "£5.00"),
        ("[$$-1009]#,##0", "en_US", "CA$5.00"),
        ("$#,##0", "en_CA", "$5.00"),
        ("[$¥-804]#,##0", "en_US", "CN¥5.00"),
        ("¥#,##0", "en_US", "¥5"),
        ('#,##0" USD"', "en_US", "$5.00"),
        ('#,##0 "zł"', "en_US", "PLN\u00a05.00"),
        ("₩#,##0", "ko_KR", "₩5"),
        ("[$CHF] #,##0", "en_US", "CHF\u00a05.00"),
        ('_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "en_US", "$5.00"),
    ],
)
def test_the_currency_is_the_one_that_the_cell_shows(number_format: str, locale: str, written: str) -> None:
    """It is found by its symbol, its code, or the language next to the symbol."""
    assert FilterSet(locale).currency(_value(5, number_format)) == written


ASKED: dict[str, Callable[[object, str, str | None], object]] = {
    "number": lambda value, language, _: FILTERS.number(value, locale=language),
    "decimals": lambda value, language, _: FILTERS.number(value, 2, locale=language),
    "percent": lambda value, language, _: FILTERS.percent(value, locale=language),
    "currency": lambda value, language, _: FILTERS.currency(value, locale=language),
    "dollars": lambda value, language, _: FILTERS.currency(value, "USD", 0, locale=language),
    "date": lambda value, language, _: FILTERS.date(value, "full", locale=language),
    "time": lambda value, language, _: FILTERS.time(value, locale=language),
    "spoken": lambda value, language, kind: FILTERS.spoken(value, kind, lang=language),
    "spoken dollars": lambda value, language, kind: FILTERS.spoken(
        value, kind, lang=language, currency="USD"
    ),
    "plural": lambda value, language, _: FILTERS.plural(value, "video", locale=language),
    "join_and": lambda value, language, _: FILTERS.join_and(value, locale=language),
    "pronounce": lambda value, _, __: FILTERS.pronounce(value),
}

LANGUAGES = st.sampled_from(
    ["en_US", "en_GB", "de", "fr", "es", "it", "pt_BR", "nl", "ko", "ja", "zh_CN", "sv", "ar"]
)
KINDS = st.none() | st.sampled_from(SpokenKind)
FORMATS = st.sampled_from(
    [
        "General",
        "0.00",
        "$#,##0.00",
        "0%",
        "yyyy-mm-dd",
        "h:mm",
        "[h]:mm",
        "00000",
        "0.0E+0",
        "# ?/?",
        "[$€-407] 0",
    ]
)
PLAIN = (
    st.text()
    | st.from_regex(r"[-+$€]?[\d.,:/ ()-]{0,20}[%€]?", fullmatch=True)
    | st.integers()
    | st.floats()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
    | st.booleans()
)
STORED = st.builds(
    _value,
    st.integers(-(10**16), 10**16) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    FORMATS,
)


@given(value=PLAIN | STORED, language=LANGUAGES, name=st.sampled_from(sorted(ASKED)), kind=KINDS)
def test_a_filter_returns_a_text_or_raises_a_problem(
    value: object, language: str, name: str, kind: str | None
) -> None:
    """Whatever a cell contains, a filter raises nothing but the row's problem."""
    with suppress(CellError):
        assert isinstance(ASKED[name](value, language, kind), str)


@given(number=st.integers(0, 10**15 - 1), language=LANGUAGES)
def test_every_whole_number_is_spelled_out(number: int, language: str) -> None:
    """Numbers of up to Excel's 15 digits become words without any digit."""
    spoken = FILTERS.spoken(number, "number", lang=language)
    assert spoken
    assert not any(char.isascii() and char.isdigit() for char in spoken)


def test_an_invalid_number_format_shows_no_currency() -> None:
    """A format with an open bracket is invalid."""
    with pytest.raises(CellError, match="doesn't have a currency"):
        FILTERS.currency(_value(5, "[$€"))


def test_a_formatted_number_is_still_a_number() -> None:
    """Filters can be chained."""
    assert FILTERS.spoken(FILTERS.number(1234567.5)) == FILTERS.spoken(1234567.5)
    assert FILTERS.number(FILTERS.number("1,200.50", 2, locale="de"), locale="fr") == "1\u00a0200,5"


def test_languages_are_found_by_name() -> None:
    """A column may contain German, Deutsch, de-DE or de."""
    written = {FILTERS.number(1.5, locale=name) for name in ("German", " deutsch ", "de-DE", "DE", "de_AT")}
    assert written == {"1,5"}


def test_an_empty_pronunciation_list_changes_nothing() -> None:
    """The default list is empty."""
    assert Pronunciation().apply("<p>SQL</p>") == "<p>SQL</p>"
