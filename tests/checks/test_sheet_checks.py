from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from merge.checks.sheet_checks import SameVideos, hidden_rows, unused_columns, unused_names
from merge.checks.warning import RowWarning
from merge.sheet.columns import Column, Header, identifier, normalize
from tests.support.callables import Castmerge, MakeTemplate

SCRIPT = "$.scenes[0].clips[0].script.org"


def _header(*names: str) -> Header:
    columns = tuple(
        Column(n, name, normalize(name), identifier(name)) for n, name in enumerate(names, start=1)
    )
    return Header(3, columns, 4, sheet="People")


def _same_videos(rows: Iterable[tuple[int, Mapping[str, str]]], sheet: str) -> list[RowWarning]:
    same_videos = SameVideos()
    for number, strings in rows:
        same_videos.add(number, strings)
    return list(same_videos.warnings(sheet, range(1000)))


def _notes(warnings: Iterable[RowWarning]) -> list[str]:
    return [warning.note for warning in warnings]


def test_hidden_rows_are_reported() -> None:
    """The hint names the option that changes it."""
    [taken] = hidden_rows([4], [], "People")
    assert taken.message == "row 4 is hidden in Excel, but a video would still be made"
    assert (
        taken.hint
        == "Unhide the rows in Excel to check them, or delete them. To skip hidden rows, add --visible-only"
    )
    [left] = hidden_rows([], [4, 5, 6, 7, 8, 9], "People")
    assert left.message == "6 rows (4, 5, 6, 7, 8, …) are hidden in Excel, and will be skipped"
    assert left.hint == "To make their videos, unhide the rows in Excel"
    assert _notes(hidden_rows([], [], "People")) == []


@pytest.mark.parametrize(
    ("name", "reported"),
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
def test_unused_columns_meant_for_videos_are_reported(name: str, reported: bool) -> None:
    """Their header mentions videos, or they replace a used column; the place is the header's cell."""
    header = _header("First Name", name)
    found = list(unused_columns(header, header.columns[:1], "People"))
    assert [warning.place for warning in found] == (["People!B3"] if reported else [])
    assert list(unused_columns(header, header.columns, "People")) == []


def test_a_replacement_column_names_the_used_one() -> None:
    """The message names both columns."""
    header = _header("Amount", "Amount final")
    [warning] = unused_columns(header, header.columns[:1], "People")
    assert warning.message == "the column “Amount final” isn't used by the template, though “Amount” is"


def test_unused_names_are_reported() -> None:
    """A misspelled --set would otherwise go unnoticed."""
    assert _notes(unused_names(["saeson"])) == [
        "--set saeson: you set “saeson”, but the template doesn't use it. Check the spelling."
    ]


def test_rows_with_the_same_video_are_reported_together() -> None:
    """Case, whitespace, tags and the project's name don't matter."""
    rows = [(4, {SCRIPT: "<p>Hello  ANA</p>", "$.name": "a"}), (5, {SCRIPT: "Hello Ben"})]
    rows += [
        (6, {SCRIPT: "hello ana ", "$.name": "b"}),
        (7, {SCRIPT: "Hello ben"}),
        (8, {SCRIPT: "Hello Cy"}),
    ]
    [warning] = _same_videos(rows, "People")
    assert warning.message == "these rows would make the same video, so you may only need one (4, 6; 5, 7)"
    assert _same_videos(rows[:2], "People") == []
    [one] = _same_videos(rows[:3], "People")
    assert one.message.endswith("(4, 6)")


def test_only_five_groups_are_listed() -> None:
    """An ellipsis replaces the rest."""
    rows = [(number, {SCRIPT: str(number // 2)}) for number in range(4, 20)]
    [warning] = _same_videos(rows, "People")
    assert "(4, 5; 6, 7; 8, 9; 10, 11; 12, 13; …)" in warning.message


def test_struck_out_rows_are_reported(
    castmerge: Castmerge, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """People cross a row out instead of deleting it; the cells of unused columns don't matter."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["Name", "Notes"], ["Ana", "x"], ["Ben", "x"], ["Cem", "x"], ["Eve", "x"]):
        sheet.append(row)
    for address in ("A3", "B3", "B4", "A5"):
        sheet[address].font = Font(strike=True)
    workbook.save(tmp_path / "people.xlsx")
    ran = castmerge("check", tmp_path / "people.xlsx", "-t", make_template("Hello {{ name }}."), "--json")
    [warning] = json.loads(ran.out)["warnings"]
    assert (warning["kind"], warning["place"], warning["rows"]) == ("struck out", "Sheet!A3", [3, 5])
    assert "struck out in Excel" in warning["message"]
