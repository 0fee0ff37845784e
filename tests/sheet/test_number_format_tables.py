"""The tables of what Excel shows, and the places where a table is wrong rather than castmerge."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import openpyxl
import pytest

from merge.sheet.number_format import format_value
from tests.support.paths import DATA, WORKBOOK_FOLDER

TABLES = DATA / "numfmt"

EXCEL_TEXTS = WORKBOOK_FOLDER / "poi__DateFormatTests.xlsx"

Shown = dict[str | int | float, str]

ROUNDED = "Excel rounds halves away from zero; the package lets -0.5 become a 0 where it has one `0` only"
ALL_DIGITS = (
    "Excel shows every digit of a number, the first placeholder takes the surplus; the package drops it"
)
MINUS = (
    "Excel puts the minus before a negative number; the package's phone patterns drop it, or a digit for it"
)
CARRIED = "Excel carries 59.7 seconds into the minute; the package makes them 0 and leaves the minute"
CONDITION = (
    "a section that other than negative numbers can reach too leaves the minus to Excel, which shows it: "
    "its makers, asked about [>=1]0;0, saw -2 shown as -2; the package shows it as 2"
)
NO_ZERO = (
    "`#` shows no 0 before the point: Excel's own table has .99 for 0.99, the package has it so above 0 only"
)
FLOATING = (
    "the minus stands before blanks kept by `?`: Excel shows `-  12` for #????; the package puts it behind"
)
LONG_DATE = (
    "Windows 10's long date has no leading zero in American English; the package has that of Windows 7"
)

EXCEL_DIFFERS: dict[str, tuple[str, Shown]] = {
    "[mm]:ss": (CARRIED, {47483.33333: "68376000:00"}),
    "0": (ROUNDED, {-0.5: "-1"}),
    '0 "units"': (ROUNDED, {-0.5: "-1 units"}),
    "000-00-0000": (
        f"{MINUS}; {ALL_DIGITS}",
        {
            -1: "-000-00-0001",
            -0.5: "-000-00-0001",
            -123.456: "-000-00-0123",
            -1234.5678: "-000-00-1235",
            10000000000: "10000-00-0000",
            5551234567: "5551-23-4567",
        },
    ),
    "(000) 000-0000": (
        f"{MINUS}; {ALL_DIGITS}",
        {
            -1234.5678: "-(000) 000-1235",
            -9876543.21: "-(000) 987-6543",
            10000000000: "(1000) 000-0000",
            1500000000000000: "(150000000) 000-0000",
        },
    ),
    '[>=1000]#,##0,"k";0': (CONDITION, {-123.456: "-123", -1234.5678: "-1235"}),
    "[<1]0.00%;0.0": (CONDITION, {-0.5: "-50.00%", -123.456: "-12345.60%", -1234.5678: "-123456.78%"}),
    "#.##": (NO_ZERO, {-0.5: "-.5"}),
    "???0.0": (FLOATING, {-123.456: "- 123.5"}),
    "[$-F800]dddd, mmmm dd, yyyy": (
        LONG_DATE,
        {
            0: "Saturday, January 0, 1900",
            0.5: "Saturday, January 0, 1900",
            36526: "Saturday, January 1, 2000",
            44197: "Friday, January 1, 2021",
        },
    ),
}
"""Where `common.json` differs from Excel: format, reason, and what Excel shows."""


def by_format(name: str) -> dict[str, Shown]:
    """A table's expected texts by format and value."""
    table: dict[str, Shown] = defaultdict(dict)
    for case in json.loads((TABLES / name).read_text(encoding="utf-8")):
        table[case["format"]][case["value"]] = case["text"]
    return table


def as_params(name: str) -> Iterator[object]:
    """One test parameter for every format of a table."""
    for code, shown in by_format(name).items():
        yield pytest.param(code, shown, id=code.encode("unicode_escape").decode())


@pytest.mark.parametrize(("code", "shown"), list(as_params("cases.json")))
def test_texts_match_those_recorded_in_excel(code: str, shown: Shown) -> None:
    """Every text in the tables recorded with Excel is the same."""
    assert {value: format_value(value, code) for value in shown} == shown


@pytest.mark.parametrize(("code", "shown"), list(as_params("common.json")))
def test_common_formats_match_the_computed_table(code: str, shown: Shown) -> None:
    """Every text is the same, except for the listed differences, which follow Excel."""
    _, differing = EXCEL_DIFFERS.get(code, ("", {}))

    assert {value: format_value(value, code) for value in shown} == shown | differing


def test_every_listed_difference_exists() -> None:
    """The table has another text for every listed difference."""
    table = by_format("common.json")

    for code, (reason, differing) in EXCEL_DIFFERS.items():
        assert reason
        assert differing.keys() <= table[code].keys()
        assert all(table[code][value] != text for value, text in differing.items())


def test_the_differences_are_few() -> None:
    """At least 96 % of the computed table is the same."""
    differing = sum(len(shown) for _, shown in EXCEL_DIFFERS.values())

    assert differing <= 0.04 * sum(map(len, by_format("common.json").values()))


@pytest.mark.skipif(not EXCEL_TEXTS.exists(), reason="the real workbooks are not here (CASTMERGE_WORKBOOKS)")
@pytest.mark.filterwarnings("ignore:Unknown extension:UserWarning")
def test_texts_match_those_that_excel_stored() -> None:
    """A workbook of the 1904 system contains dates formatted by Excel's TEXT function; all are the same."""
    with EXCEL_TEXTS.open("rb") as file:
        sheet = openpyxl.load_workbook(file, data_only=True)["Tests"]
        rows = [row[:3] for row in sheet.iter_rows(min_row=2, values_only=True) if row[1]]

    assert len(rows) == 45
    for text, code, moment in rows:
        assert isinstance(moment, datetime)
        days = (moment - datetime(1904, 1, 1)) / timedelta(days=1)
        assert (code, format_value(days, str(code), date1904=True)) == (code, text)
