from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from merge.checks.sheet_checks import SameVideos, hidden_rows, unused_columns, unused_names
from merge.checks.warning import RowWarning
from merge.sheet.columns import Column, Header, identifier, normalize

SCRIPT = "$.scenes[0].clips[0].script.org"


def _header(*names: str) -> Header:
    columns = tuple(
        Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(names, start=1)
    )
    return Header(3, columns, 4, sheet="People")


def _alike(rows: Iterable[tuple[int, Mapping[str, str]]], sheet: str) -> list[RowWarning]:
    gathered = SameVideos()
    for number, strings in rows:
        gathered.add(number, strings)
    return list(gathered.warnings(sheet))


def _said(warnings: Iterable[RowWarning]) -> list[str]:
    return [doubt.note for doubt in warnings]


def test_hidden_rows_are_told_whether_taken_or_not() -> None:
    """A filter that was forgotten, with the way to have it the other way."""
    [taken] = hidden_rows([4], [], "People")
    assert taken.message == "row 4 is hidden in Excel, and would be submitted"
    assert taken.hint == "Say --visible-only to leave hidden rows out"
    [left] = hidden_rows([], [4, 5, 6, 7, 8, 9], "People")
    assert left.message == "6 rows (4, 5, 6, 7, 8, …) are hidden in Excel, and left out"
    assert left.hint == "Show them in Excel to have them made"
    assert _said(hidden_rows([], [], "People")) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Photo", True),
        ("Script", True),
        ("Logo URL", True),
        ("Preferred First Name", True),
        ("First Name (corrected)", False),
        ("First Name corrected", True),
        ("Last Name", False),
        ("First Name 2", False),
        ("Description", False),
        ("—", False),
    ],
)
def test_unused_columns_that_look_wanted_are_told(name: str, told: bool) -> None:
    """Those that speak of videos, and better versions of used ones; by the header's cell."""
    header = _header("First Name", name)
    found = list(unused_columns(header, header.columns[:1], "People"))
    assert [doubt.place for doubt in found] == (["People!B3"] if told else [])
    assert list(unused_columns(header, header.columns, "People")) == []


def test_a_better_version_names_the_one_that_is_used() -> None:
    """So that one sees what was forgotten."""
    header = _header("Amount", "Amount final")
    [doubt] = unused_columns(header, header.columns[:1], "People")
    assert doubt.message == "the column “Amount final” is not used by the template, though “Amount” is"


def test_names_that_nobody_uses_are_told() -> None:
    """A misspelt --set would otherwise go unseen."""
    assert _said(unused_names(["saeson"])) == [
        "--set saeson: the name “saeson” was given and is not used by the template. Check its spelling."
    ]


def test_rows_that_make_the_same_video_are_told_together() -> None:
    """Case, blanks, tags and the project's name aside."""
    rows = [(4, {SCRIPT: "<p>Hello  ANA</p>", "$.name": "a"}), (5, {SCRIPT: "Hello Ben"})]
    rows += [
        (6, {SCRIPT: "hello ana ", "$.name": "b"}),
        (7, {SCRIPT: "Hello ben"}),
        (8, {SCRIPT: "Hello Cy"}),
    ]
    [doubt] = _alike(rows, "People")
    assert doubt.message == "some rows would make the same video (4, 6; 5, 7): 2 videos more than needed"
    assert _alike(rows[:2], "People") == []
    [one] = _alike(rows[:3], "People")
    assert one.message.endswith(": 1 video more than needed")


def test_many_pairs_are_not_all_told() -> None:
    """Five are enough to see what it is."""
    rows = [(number, {SCRIPT: str(number // 2)}) for number in range(4, 20)]
    [doubt] = _alike(rows, "People")
    assert "(4, 5; 6, 7; 8, 9; 10, 11; 12, 13; …)" in doubt.message
