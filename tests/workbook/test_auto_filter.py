from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.workbook import write_columns
from tests.support.sample_workbooks import make, part, sheet_xml, workbook_xml

COLUMNS = ("Video ID", "Video Status", "Video URL")
NAMES = ("Olga", "Ben", "Zoe", "Ana", "Mia", "Carl")


def write(path: Path, sheet: str = "Sheet1", header_row: int = 1, last_row: int = 3) -> tuple[str, ...]:
    """Write results into three columns and return the notes."""
    rows: dict[int, dict[str, ResultValue]] = {
        row: {
            "Video ID": f"id-{row}",
            "Video Status": "Complete",
            "Video URL": Link(f"https://v.example/{row}"),
        }
        for row in range(header_row + 1, last_row + 1)
    }
    return write_columns(path, sheet=sheet, header_row=header_row, rows=rows, columns=COLUMNS).notes


def list_of(*headers: str, row: int = 1) -> str:
    """A workbook with a header row, in which "" is a blank cell, and one row below it."""

    def cells(number: int, texts: tuple[str, ...]) -> str:
        return "".join(
            f'<c r="{"ABCDEFGH"[n]}{number}" t="inlineStr"><is><t>{text}</t></is></c>' if text else ""
            for n, text in enumerate(texts)
        )

    return "".join(
        f'<row r="{number}">{cells(number, texts)}</row>'
        for number, texts in ((row, headers), (row + 1, headers))
    )


def filter_of(path: Path) -> str:
    """The sheet's whole `autoFilter` element."""
    return next(iter(re.findall(r"<autoFilter(?:[^>]*/>|.*?</autoFilter>)", part(path))), "")


def named(ref: str, name: str = "_xlnm._FilterDatabase", more: str = "") -> str:
    """A workbook part with the given XML for a filter's hidden name."""
    line = f'<definedName name="{name}" localSheetId="0" hidden="1">{ref}</definedName>'
    return workbook_xml().replace("</sheets>", f"</sheets><definedNames>{more}{line}</definedNames>")


def test_a_lists_filter_grows_with_the_result_columns(tmp_path: Path) -> None:
    """The range grows in the sheet and in the hidden name; nothing else in the workbook part changes."""
    other = '<definedName name="Rate" comment="a &amp; b">Sheet1!$A$1</definedName>'
    workbook = named("Sheet1!$A$1:$B$3", more=other)
    path = make(
        tmp_path / "a.xlsx",
        sheet_xml(list_of("Name", "Town"), after='<autoFilter ref="A1:B3"/>'),
        {"xl/workbook.xml": workbook},
    )
    assert write(path) == ()
    assert filter_of(path) == '<autoFilter ref="A1:E3"/>'
    assert part(path, "xl/workbook.xml") == workbook.replace("$A$1:$B$3", "$A$1:$E$3")
    assert load_workbook(path)["Sheet1"].auto_filter.ref == "A1:E3"
    now = path.read_bytes()
    assert write(path) == ()
    assert path.read_bytes() == now, "a second write changes nothing"


def test_filter_choices_and_sorting_are_kept(tmp_path: Path) -> None:
    """Filtered columns and sort conditions are kept; a sort over all columns now includes ours."""
    inside = (
        '<filterColumn colId="1"><filters><filter val="Rome"/></filters></filterColumn>'
        '<sortState ref="B2:C9"><sortCondition descending="1" ref="B2:B9"/></sortState>'
    )
    path = make(
        tmp_path / "a.xlsx",
        sheet_xml(list_of("", "Name", "Town"), after=f'<autoFilter ref="B1:C9">{inside}</autoFilter>'),
    )
    write(path)
    assert filter_of(path) == f'<autoFilter ref="B1:F9">{inside.replace("B2:C9", "B2:F9")}</autoFilter>'


@pytest.mark.parametrize(
    ("headers", "ref", "expected"),
    [
        pytest.param(("Name", "Town"), "A1:B3", "A1:E3", id="the data"),
        pytest.param(("Name", "", "Town"), "A1:C3", "A1:F3", id="a blank header inside"),
        pytest.param(("Name", "Town"), "A1:D3", "A1:G3", id="wider than the data"),
        pytest.param(("Name", "Video ID", "Video Status", "Video URL"), "A1:A3", "A1:D3", id="older results"),
        pytest.param(("Name", "Video ID", "Video Status", "Video URL"), "A1:B3", "A1:D3", id="some of them"),
        pytest.param(
            ("Name", "Video ID", "Video Status", "Video URL", "Mine"), "A1:A3", "A1:D3", id="a column after"
        ),
        pytest.param(("Name", "Town"), "A2:B3", "A2:B3", id="another header row"),
        pytest.param(("Name", "Town"), "A1:A3", "A1:A3", id="some of the data's columns"),
        pytest.param(("Name", "", "Other", "Town"), "C1:D3", "C1:D3", id="the other list"),
        pytest.param(("Name", "Video ID", "Video Status", "Video URL"), "A1:D3", "A1:D3", id="all there"),
    ],
)
def test_only_the_filter_over_the_data_grows(
    tmp_path: Path, headers: tuple[str, ...], ref: str, expected: str
) -> None:
    """A filter that starts elsewhere or leaves out data columns isn't extended."""
    path = make(tmp_path / "a.xlsx", sheet_xml(list_of(*headers), after=f'<autoFilter ref="{ref}"/>'))
    notes = write(path)
    assert filter_of(path) == f'<autoFilter ref="{expected}"/>'
    new_columns = "Video ID" not in headers
    assert any("wasn't extended" in note for note in notes) == (new_columns and ref == expected)


@pytest.mark.parametrize(
    ("ref", "after"),
    [
        pytest.param("'My ''odd'' sheet'!$A$1:$B$3", "'My ''odd'' sheet'!$A$1:$E$3", id="quoted"),
        pytest.param("'a &amp; b!'!$A$1:$B$3", "'a &amp; b!'!$A$1:$E$3", id="escaped"),
        pytest.param("Sheet1!$A$1", "Sheet1!$A$1:$E$3", id="one cell"),
        pytest.param("#REF!", "#REF!", id="lost"),
        pytest.param("Sheet1!$A$1,Sheet1!B2:C3 x", "Sheet1!$A$1,Sheet1!B2:C3 x", id="unknown"),
    ],
)
def test_the_hidden_name_still_refers_to_its_sheet(tmp_path: Path, ref: str, after: str) -> None:
    """Only the range is replaced, and a name that isn't a range is unchanged."""
    sheet = sheet_xml(list_of("Name", "Town"), after='<autoFilter ref="A1:B3"/>')
    path = make(tmp_path / "a.xlsx", sheet, {"xl/workbook.xml": named(ref)})
    write(path)
    assert part(path, "xl/workbook.xml") == named(after)


def test_hidden_names_of_other_sheets_are_left_alone(tmp_path: Path) -> None:
    """Only the name of the written sheet changes, and a missing name isn't created."""
    sheet = sheet_xml(list_of("Name", "Town"), after='<autoFilter ref="A1:B3"/>')
    elsewhere = named("Sheet1!$A$1:$B$3").replace('localSheetId="0"', 'localSheetId="1"')
    for workbook in (elsewhere, workbook_xml(), named("Sheet1!$A$1:$B$3", "_FilterDatabase")):
        path = make(tmp_path / "a.xlsx", sheet, {"xl/workbook.xml": workbook})
        write(path)
        assert part(path, "xl/workbook.xml") == workbook
        assert filter_of(path) == '<autoFilter ref="A1:E3"/>'


def test_a_damaged_workbook_part_is_not_written(tmp_path: Path) -> None:
    """The write is refused and the workbook isn't changed."""
    sheet = sheet_xml(list_of("Name", "Town"), after='<autoFilter ref="A1:B3"/>')
    path = make(tmp_path / "a.xlsx", sheet, {"xl/workbook.xml": named("<b>Sheet1!$A$1</c>")})
    before = path.read_bytes()
    with pytest.raises(WorkbookError):
        write(path)
    assert path.read_bytes() == before


SORT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1"
 script:language="StarBasic">
Sub SortByFilter(source As String, target As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  document = StarDesktop.loadComponentFromURL(source, "_blank", 0, hidden())
  sheet = document.Sheets.getByIndex(1)
  ranges = document.getPropertyValue("UnnamedDatabaseRanges").getByTable(1)
  filtered = sheet.getCellRangeByPosition(ranges.DataArea.StartColumn, ranges.DataArea.StartRow, _
    ranges.DataArea.EndColumn, ranges.DataArea.EndRow)
  Dim field(0) As New com.sun.star.table.TableSortField
  field(0).Field = 0 : field(0).IsAscending = True
  Dim how(1) As New com.sun.star.beans.PropertyValue
  how(0).Name = "SortFields" : how(0).Value = field()
  how(1).Name = "ContainsHeader" : how(1).Value = True
  filtered.sort(how())
  Dim save(0) As New com.sun.star.beans.PropertyValue
  save(0).Name = "FilterName" : save(0).Value = "Calc MS Excel 2007 XML"
  document.storeToURL(target, save())
  document.close(True)
End Sub
</script:module>"""


def sorted_by_filter(path: Path, target: Path, profile: Path) -> None:
    """Sort the second sheet's filtered range by its first column, like the filter's arrow does."""
    start = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    # A new profile comes with an empty module of this name, which would replace ours.
    subprocess.run([*start, "--terminate_after_init"], check=True, capture_output=True, timeout=60)
    (profile / "user" / "basic" / "Standard" / "Module1.xba").write_text(SORT, encoding="utf-8")
    macro = f'macro:///Standard.Module1.SortByFilter("{path.as_uri()}","{target.as_uri()}")'
    subprocess.run([*start, macro], check=True, capture_output=True, timeout=60)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
def test_sorting_the_filtered_list_keeps_rows_whole(tmp_path: Path) -> None:
    """LibreOffice sorts the filter's range, and each name keeps its own id, status and link."""
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Read me")
        sheet = book.add_worksheet("Our people")
        sheet.write_row(0, 0, ["Name", "Number"])
        for row, name in enumerate(NAMES, start=1):
            sheet.write_row(row, 0, [name, row + 1])
        sheet.autofilter(0, 0, len(NAMES), 1)
    assert write(path, "Our people", last_row=len(NAMES) + 1) == ()
    assert "'Our people'!$A$1:$E$7" in part(path, "xl/workbook.xml")
    target = tmp_path / "sorted.xlsx"
    sorted_by_filter(path, target, tmp_path / "profile")
    rows = [[cell.value for cell in row] for row in load_workbook(target)["Our people"].iter_rows(min_row=2)]
    assert [row[0] for row in rows] == sorted(NAMES)
    assert all(row[2] == f"id-{row[1]}" for row in rows)
    assert all(row[4] == f"https://v.example/{row[1]}" for row in rows)
