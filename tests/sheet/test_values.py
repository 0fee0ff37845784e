"""Cells as templates see them, in the sandbox that runs templates."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from merge.errors import CellError
from merge.model import Cell, CellKind, Scalar
from merge.sheet.values import TemplateValue, as_json, exact_number, finalize, template_value

ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=finalize)


def cell(value: Scalar, number_format: str = "General", *, date1904: bool = False) -> TemplateValue:
    """The template value of a cell."""
    kinds = {str: CellKind.TEXT, bool: CellKind.BOOLEAN, int: CellKind.NUMBER, float: CellKind.NUMBER}
    stored = Cell(kinds[type(value)], value, number_format)
    return template_value(stored, address="Sheet1!C5", header="Price", date1904=date1904)


VALUES: dict[str, object] = {
    "price": cell(1200, '"$"#,##0.00'),
    "rate": cell(1200.5, "0.00"),
    "tenth": cell(0.1),
    "count": cell(7),
    "zero": cell(0),
    "name": cell("Ann Bly"),
    "dear": cell("Ann", '"Dear "@'),
    "hidden": cell("Ann", ";;;"),
    "start": cell(45000.75, "yyyy-mm-dd hh:mm"),
    "end": cell(45010, "m/d/yy"),
    "open": cell(0.75, "h:mm AM/PM"),
    "length": cell(1.5, "[h]:mm"),
    "short": cell(0, "[h]:mm"),
    "yes": cell(True),
    "no": cell(False),
    "leap": cell(60, "yyyy-mm-dd"),
}


def rendered(template: str, **values: object) -> str:
    """Render a template with the values above."""
    return ENVIRONMENT.from_string(template).render(VALUES | values)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{{ price }}", "$1,200.00", id="as-shown"),
        pytest.param("{{ price.text }}", "$1,200.00", id="text"),
        pytest.param("{{ price.value }}", "1200", id="value"),
        pytest.param("{{ rate }} {{ rate.text }} {{ rate.value }}", "1200.50 1200.50 1200.5", id="decimals"),
        pytest.param("{{ price * 2 }}", "2400", id="doubled"),
        pytest.param("{{ 2 * price }}", "2400", id="doubled-from-the-left"),
        pytest.param("{{ rate * 2 }}", "2401", id="whole-again"),
        pytest.param("{{ price * 1.19 }} {{ 1.19 * price }}", "1428 1428", id="with-a-decimal"),
        pytest.param('{{ (price * 1.19) ~ "!" }}', "1428!", id="joined"),
        pytest.param("{{ tenth + 0.2 }} {{ 0.1 + 0.2 }}", "0.3 0.3", id="no-binary-noise"),
        pytest.param("{{ price / 7 }}", "171.4285714", id="divided"),
        pytest.param("{{ price // 7 }} {{ price % 7 }}", "171 3", id="whole-division"),
        pytest.param("{{ 7 - count }} {{ 7 / count }} {{ 2 ** count }}", "0 1 128", id="on-the-right"),
        pytest.param("{{ 15 // count }} {{ 15 % count }}", "2 1", id="whole-division-on-the-right"),
        pytest.param("{{ -price }} {{ +price }} {{ -rate }}", "-1200 1200 -1200.5", id="signs"),
        pytest.param("{{ price + rate - tenth }}", "2400.4", id="mixed"),
        pytest.param("{{ price | round(-3) }} {{ price | abs }}", "1000 1200", id="whole-filters"),
        pytest.param("{{ rate | round }} {{ tenth | round(0, 'ceil') }}", "1201 1", id="round"),
        pytest.param("{{ (tenth * 26.5) | round(1) }}", "2.7", id="halves-away-from-zero"),
        pytest.param("{{ rate | int }} {{ price | float }}", "1200 1200", id="conversions"),
        pytest.param("{{ [price, rate, tenth] | sum }}", "2400.6", id="sum"),
        pytest.param("{{ [price, rate, tenth] | sort | join('; ') }}", "0.1; $1,200.00; 1200.50", id="sort"),
        pytest.param("{{ [price, count] | max }}", "$1,200.00", id="max"),
        pytest.param("{{ '%.1f %d %s' | format(rate, rate, rate) }}", "1200.5 1200 1200.50", id="percent"),
        pytest.param("{{ '{:,.1f}|{}'.format(price, price) }}", "1,200.0|$1,200.00", id="format"),
        pytest.param("{{ '{:>8.1f}|{}'.format(rate, rate) }}", "  1200.5|1200.50", id="format-decimals"),
        pytest.param("{{ price | replace('$', 'USD ') }}", "USD 1,200.00", id="replace"),
        pytest.param("{{ price > 1000 and price == 1200 and price < rate }}", "TRUE", id="compared"),
        pytest.param("{{ price is number }} {{ price is string }}", "TRUE FALSE", id="tests"),
        pytest.param("{{ price is defined }} {{ zero | default('x') }}", "TRUE 0", id="defined"),
        pytest.param("{{ {1200: 'found'}[price] }}", "found", id="as-a-key"),
        pytest.param("{{ price | tojson }} {{ rate | tojson }}", "1200 1200.5", id="json"),
    ],
)
def test_numbers_print_as_shown_and_calculate(template: str, text: str) -> None:
    """A number prints as Excel shows it; results of calculations print as General."""
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{{ name | upper }} {{ name | length }}", "ANN BLY 7", id="filters"),
        pytest.param("{{ name.split()[0] }}", "Ann", id="methods"),
        pytest.param("{{ name.text }} {{ name.value }}", "Ann Bly Ann Bly", id="attributes"),
        pytest.param("{{ dear }} {{ dear.value }}", "Dear Ann Ann", id="text-section"),
        pytest.param("[{{ hidden }}]{{ 'held' if hidden }}", "[]held", id="hidden-by-its-format"),
        pytest.param("{{ name == 'Ann Bly' }} {{ name is string }}", "TRUE TRUE", id="tests"),
        pytest.param("{{ name ~ '!' }} {{ name | default('x') }}", "Ann Bly! Ann Bly", id="joined"),
        pytest.param("{{ name | replace('Bly', 'B.') | title }}", "Ann B.", id="replace"),
        pytest.param("{{ '%s' | format(name) }}", "Ann Bly", id="format"),
        pytest.param("{{ [name, dear] | sort | join(', ') }}", "Ann Bly, Dear Ann", id="sort"),
        pytest.param("{{ {'Ann Bly': 1}[name] }}", "1", id="as-a-key"),
    ],
)
def test_text_cells_work_like_strings(template: str, text: str) -> None:
    """String filters, methods and tests work."""
    assert rendered(template) == text


@given(value=st.text(alphabet=st.characters(), min_size=1).filter(str.strip))
def test_text_is_unchanged(value: str) -> None:
    """No character of a cell's text changes, including lone surrogates and control characters."""
    assert rendered("{{ cell }}", cell=cell(value)) == value


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{{ start }} {{ start.text }}", "2023-03-15 18:00 2023-03-15 18:00", id="as-shown"),
        pytest.param("{{ start.value }} {{ end.value }}", "45000.75 45010", id="value"),
        pytest.param("{{ start.year }} {{ start.strftime('%d.%m.') }}", "2023 15.03.", id="parts"),
        pytest.param("{{ '{:%H}'.format(start) }}", "18", id="format"),
        pytest.param("{{ end - start }} {{ (end - start).days }}", "9.25 9", id="days-between"),
        pytest.param("{{ (end - start).value }}", "9.25", id="value-of-days-between"),
        pytest.param("{{ start + 7 }}", "2023-03-22 18:00", id="later"),
        pytest.param("{{ 1 + end }} {{ (1 + end).value }}", "3/26/23 45011", id="later-from-the-left"),
        pytest.param("{{ end - 0.5 }} {{ end - length }}", "3/24/23 3/23/23", id="earlier"),
        pytest.param("{{ start < end }} {{ start == start }}", "TRUE TRUE", id="compared"),
        pytest.param("{{ [end, start] | min }}", "2023-03-15 18:00", id="sorted"),
        pytest.param(
            "{{ start is defined }} {{ start | default('x') }}", "TRUE 2023-03-15 18:00", id="defined"
        ),
        pytest.param("{{ start.replace(year=2024) }}", "2024-03-15 18:00:00", id="replaced"),
        pytest.param("{{ start ~ '' }}", "2023-03-15 18:00", id="joined"),
    ],
)
def test_dates_print_as_shown_and_calculate(template: str, text: str) -> None:
    """A date is a datetime that prints as Excel shows it; adding and subtracting days works like in Excel."""
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{{ open }} {{ open.text }} {{ open.value }}", "6:00 PM 6:00 PM 0.75", id="time"),
        pytest.param("{{ open.hour }} {{ open.strftime('%H') }}", "18 18", id="time-parts"),
        pytest.param(
            "{{ '{}'.format(open) }} {{ open.replace(hour=7) }}", "6:00 PM 07:00:00", id="time-format"
        ),
        pytest.param("{{ length }} {{ length.value }}", "36:00 1.5", id="duration"),
        pytest.param("{{ length.total_seconds() }} {{ length.days }}", "129600 1", id="duration-parts"),
        pytest.param("{{ length * 2 }} {{ length / 2 }}", "72:00 18:00", id="duration-scaled"),
        pytest.param("{{ length + length }} {{ length + 1 }}", "72:00 60:00", id="duration-added"),
        pytest.param("{{ length / length }} {{ '{:>6}'.format(length) }}", "1  36:00", id="duration-ratio"),
        pytest.param(
            "{{ 'cell' if short }}{{ 'calculated' if short - short else '' }}", "cell", id="duration-truth"
        ),
        pytest.param("{{ length > short }}", "TRUE", id="duration-compared"),
    ],
)
def test_times_and_durations_are_told_apart(template: str, text: str) -> None:
    """A time of day becomes a time, and elapsed hours become a duration."""
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("value", "number_format", "text", "kind"),
    [
        pytest.param(1.25, "h:mm", "6:00", timedelta, id="time-of-more-than-a-day"),
        pytest.param(-0.25, "h:mm", "########", timedelta, id="negative-time"),
        pytest.param(61, "yyyy-mm-dd", "1900-03-01", datetime, id="first-day-of-both-calendars"),
        pytest.param(59.5, "yyyy-mm-dd", "1900-02-28", datetime, id="before-the-leap-day"),
        pytest.param(1, "yyyy-mm-dd", "1900-01-01", datetime, id="day-one"),
        pytest.param(60, "yyyy-mm-dd", "1900-02-29", int, id="29-february-1900"),
        pytest.param(60.5, "yyyy-mm-dd", "1900-02-29", float, id="noon-of-29-february-1900"),
        pytest.param(0, "yyyy-mm-dd", "1900-01-00", int, id="day-zero"),
        pytest.param(0.5, "yyyy-mm-dd hh:mm", "1900-01-00 12:00", float, id="noon-of-day-zero"),
        pytest.param(-1, "yyyy-mm-dd", "########", int, id="before-1900"),
        pytest.param(2958465, "yyyy-mm-dd", "9999-12-31", datetime, id="last-day"),
        pytest.param(2958465.5, "yyyy-mm-dd", "9999-12-31", datetime, id="noon-of-it"),
        pytest.param(2958465.999999999, "yyyy-mm-dd", "########", float, id="rounded-beyond-it"),
        pytest.param(2958466, "yyyy-mm-dd", "########", int, id="beyond-it"),
        pytest.param(1e300, "[h]:mm", "########", float, id="not-a-duration"),
        pytest.param(math.inf, "yyyy", "#NUM!", float, id="infinite"),
    ],
)
def test_dates_outside_the_calendar_are_numbers(
    value: float, number_format: str, text: str, kind: type[object]
) -> None:
    """A date that Python can't represent is a number that prints as Excel shows it."""
    found = cell(value, number_format)

    assert str(found) == text
    assert isinstance(found, kind)


@given(serial=st.integers(min_value=0, max_value=2957002), clock=st.integers(min_value=0, max_value=86399))
def test_dates_count_from_1904(serial: int, clock: int) -> None:
    """In the 1904 system, day 0 is 1 January 1904, and dates have serial numbers of that system."""
    value = serial + clock / 86400
    found = cell(value, "yyyy-mm-dd", date1904=True)

    assert found == datetime(1904, 1, 1) + timedelta(days=serial, seconds=clock)
    assert float(rendered("{{ (found + 1 - 1).value }}", found=found)) == pytest.approx(value)


@given(serial=st.integers(min_value=1, max_value=2958465).filter(lambda serial: serial != 60))
def test_a_calculated_date_has_its_serial_number(serial: int) -> None:
    """The serial number equals the one that Excel calculates."""
    assert rendered("{{ found.replace(hour=0).value }}", found=cell(serial, "yyyy-mm-dd")) == rendered(
        "{{ n }}", n=serial
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{{ yes }} {{ no }}", "TRUE FALSE", id="as-shown"),
        pytest.param("{{ yes.text }} {{ yes.value }} {{ no.value }}", "TRUE TRUE FALSE", id="attributes"),
        pytest.param("{{ 'a' if yes }}{{ 'b' if no }}", "a", id="truth"),
        pytest.param("{{ yes == True }} {{ no == False }} {{ yes != no }}", "TRUE TRUE TRUE", id="compared"),
        pytest.param("{{ '{} {:>6}'.format(yes, no) }}", "TRUE  FALSE", id="format"),
        pytest.param("{{ {True: 'found'}[yes] }}", "found", id="as-a-key"),
        pytest.param("{{ yes is number }} {{ yes is defined }}", "FALSE TRUE", id="tests"),
    ],
)
def test_booleans_print_and_compare(template: str, text: str) -> None:
    """A boolean prints TRUE or FALSE, and is true or false in conditions."""
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{{ 'filled' if zero }}", "filled", id="zero-in-a-cell"),
        pytest.param("{{ 'odd' if count % 2 else 'even' }}", "odd", id="calculated"),
        pytest.param(
            "{{ 'left' if price - 1200 else 'nothing left' }}", "nothing left", id="calculated-zero"
        ),
        pytest.param("{{ 'left' if rate - 1200.5 else 'nothing left' }}", "nothing left", id="from-decimals"),
        pytest.param("{{ 'left' if tenth * 0 + 0.5 }}", "left", id="calculated-decimals"),
        pytest.param(
            "{{ 'a' if tenth }}{{ 'b' if start }}{{ 'c' if open }}{{ 'd' if name }}", "abcd", id="cells"
        ),
    ],
)
def test_cells_with_a_value_are_true(template: str, text: str) -> None:
    """A cell with a value is true, even 0; calculated numbers are true or false like in Python."""
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(True, "TRUE", id="true"),
        pytest.param(2401.0, "2401", id="whole"),
        pytest.param(0.1 + 0.2, "0.3", id="decimals"),
        pytest.param("text", "text", id="text"),
    ],
)
def test_plain_values_print_like_cells(value: object, text: str) -> None:
    """Plain Python values print the way a cell would."""
    assert finalize(value) == text


@pytest.mark.parametrize(
    "template",
    ["{{ price + 'x' }}", "{{ name + 1 }}", "{{ start + name }}", "{{ start * 2 }}", "{{ price | length }}"],
)
def test_invalid_calculations_raise(template: str) -> None:
    """Invalid operations fail like those of Python's own values."""
    with pytest.raises(TypeError):
        rendered(template)


def test_infinite_numbers_stay_infinite() -> None:
    """Rounding leaves infinite numbers as they are."""
    assert rendered("{{ (endless | round) == endless }}", endless=cell(math.inf)) == "TRUE"


def test_every_value_has_a_json_form() -> None:
    """In JSON, booleans, numbers and texts keep their types, and dates become their text."""
    row = {name: VALUES[name] for name in ("price", "rate", "name", "yes", "end", "open", "length")}

    assert json.loads(json.dumps(row, default=as_json)) == {
        "price": 1200,
        "rate": 1200.5,
        "name": "Ann Bly",
        "yes": True,
        "end": "3/25/23",
        "open": "6:00 PM",
        "length": "36:00",
    }
    with pytest.raises(CellError, match="isn't a value"):
        json.dumps(object(), default=as_json)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param([1], "a list", id="list"),
        pytest.param((1, 2), "several values at once", id="several"),
        pytest.param({"a": 1}, "a group of named values", id="names"),
        pytest.param(len, "a function", id="function"),
        pytest.param(b"a", "isn't a value", id="anything-else"),
    ],
)
def test_values_that_no_cell_can_hold_are_not_printed(value: object, why: str) -> None:
    """A list, a function and the like are a problem with a plain message."""
    with pytest.raises(CellError, match=why):
        finalize(value)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        pytest.param(cell(1200, '"$"#,##0.00'), "1200", id="whole"),
        pytest.param(cell(0.1, "0%"), "0.1", id="decimals"),
        pytest.param(cell(123456789012345678), "123456789012345678", id="long"),
        pytest.param(2401.0, "2401", id="whole-decimals"),
        pytest.param(1e21, "1e+21", id="power"),
        pytest.param(cell(" 1920 "), "1920", id="text"),
        pytest.param("1e5", "1e5", id="text-power"),
        pytest.param("007", None, id="leading-zeros"),
        pytest.param("+5", None, id="plus"),
        pytest.param("٣", None, id="other-digits"),
        pytest.param("", None, id="empty-text"),
        pytest.param(True, None, id="boolean"),
        pytest.param(cell(True), None, id="boolean-cell"),
        pytest.param(math.nan, None, id="not-a-number"),
        pytest.param(math.inf, None, id="infinite"),
        pytest.param(cell(45000, "yyyy"), None, id="date"),
        pytest.param(None, None, id="none"),
    ],
)
def test_exact_numbers_have_an_exact_text(value: object, exact: str | None) -> None:
    """Only numbers, and text that is a JSON number, have an exact text."""
    assert exact_number(value) == exact


@given(value=st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_exact_numbers_are_exact_json(value: float) -> None:
    """The exact text of a number is JSON that parses to the same number."""
    exact = exact_number(cell(value, "0"))

    assert exact is not None
    assert json.loads(exact) == value
