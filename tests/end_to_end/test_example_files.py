import json
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from merge.model import Cell, CellKind, SheetRow, TableRange, Worksheet
from merge.sheet.columns import Header, data_rows, find_column, is_blank
from merge.sheet.data_areas import find_header
from merge.workbook.read.worksheet import read_worksheet, sheet_names
from tests.support.paths import ROOT

EXAMPLES, TEMPLATES = ROOT / "example_sheets", ROOT / "templates"
BOOKS = ("customers.xlsx", "mistakes.xlsx", "international.xlsx")
PROJECTS = ("welcome.json", "scripts.json", "two_scenes.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example workbooks, freshly generated."""
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run([sys.executable, EXAMPLES / "make_examples.py", folder], check=True, timeout=120)
    return folder


def opened(name: str) -> tuple[Worksheet, Header, list[SheetRow]]:
    sheet = read_worksheet(EXAMPLES / name)
    header = find_header(sheet)
    return sheet, header, list(data_rows(sheet.rows, header, result_columns=()))


def at(row: SheetRow, header: Header, name: str) -> Cell | None:
    column = find_column(header, name)
    assert column is not None
    return row.cells.get(column.number)


@pytest.mark.parametrize("name", BOOKS)
def test_the_examples_match_their_script(name: str, made: Path) -> None:
    """Every sheet of a committed workbook has the cells that the script writes."""
    assert sheet_names(EXAMPLES / name) == sheet_names(made / name)
    for sheet in sheet_names(made / name):
        committed, new = (read_worksheet(folder / name, sheet) for folder in (EXAMPLES, made))
        assert committed.rows == new.rows
        assert (committed.tables, committed.merges) == (new.tables, new.merges)


@pytest.mark.parametrize("name", BOOKS)
def test_other_programs_open_the_examples(name: str) -> None:
    """Another reader sees the same header row, with panes frozen below it."""
    sheet, header, _ = opened(name)
    theirs = openpyxl.load_workbook(EXAMPLES / name)[sheet.name]
    texts = [theirs.cell(header.row, column.number).value for column in header.columns]
    assert [str(text).strip() for text in texts] == [column.header for column in header.columns]
    assert theirs.freeze_panes == "C4"


@pytest.mark.parametrize("template", PROJECTS)
@pytest.mark.parametrize("name", BOOKS)
def test_every_template_finds_its_columns(name: str, template: str) -> None:
    """Each name in a template is a column of each example."""
    _, header, _ = opened(name)
    inside = re.findall(r"\{[{%](.*?)[}%]\}", (TEMPLATES / template).read_text("utf-8"))
    used = {
        word.strip() for part in inside for word in re.split(r"[|()<>]|\b(?:if|endif|default|\d+)\b", part)
    }
    assert len(used) > 3
    assert [word for word in used if word and find_column(header, word) is None] == []


@pytest.mark.parametrize("template", PROJECTS)
def test_every_template_is_a_project(template: str) -> None:
    """A template is JSON in the service's own form, and every speaker is in the scene."""
    project = json.loads((TEMPLATES / template).read_text("utf-8"))
    assert project["orientation"] in {"landscape", "portrait"}
    for number, scene in enumerate(project["scenes"]):
        assert scene["sceneIdx"] == number
        models = {
            (clip["model"]["ai_name"], clip["model"]["emotion"])
            for clip in scene["clips"]
            if clip["type"] == "aiModel"
        }
        spoken = [clip["script"]["org"] for clip in scene["clips"] if "script" in clip]
        for script in scene.get("scripts", []):
            assert (script["modelId"], script["clothId"]) in models
            spoken.append(script["org"])
        assert all(text.startswith("<p>") and text.endswith("</p>") for text in spoken)
        assert spoken


def test_the_customers_are_a_table() -> None:
    """An Excel Table has twelve customers, one of them hidden, with formats and some blank nicknames."""
    sheet, header, rows = opened("customers.xlsx")
    assert sheet.tables == (TableRange("Customers", 3, 15, 1, 11),)
    assert (header.row, header.last_row, len(rows)) == (3, 15, 12)
    assert [row.number for row in rows if row.hidden] == [12]
    first = rows[0]
    assert at(first, header, "amount_due") == Cell(CellKind.NUMBER, 1200, "$#,##0.00")
    assert at(first, header, "Renewal Date") == Cell(CellKind.NUMBER, 46357, "mmmm d, yyyy")
    assert at(first, header, "Zip") == Cell(CellKind.NUMBER, 2134, "00000")
    assert at(first, header, "Discount") == Cell(CellKind.NUMBER, 0.15, "0.0%")
    assert at(first, header, "Visits") == Cell(CellKind.NUMBER, 1482, "#,##0")
    assert at(first, header, "Full Name") == Cell(CellKind.TEXT, "Olivia Bennett")
    blank = [row.number for row in rows if is_blank(at(row, header, "Nickname"))]
    assert 0 < len(blank) < len(rows)
    assert sheet_names(EXAMPLES / "customers.xlsx") == ("Customers", "Notes")


def test_the_mistakes_are_complete() -> None:
    """It has a blank, an error, an uncalculated cell, identical rows, a blank row, odd headers, and more."""
    sheet, header, rows = opened("mistakes.xlsx")
    by_number = {row.number: row for row in rows}
    assert [column.header for column in header.columns][1:3] == ["First\nName", "Last\u00a0Name"]
    assert at(by_number[5], header, "First Name") is None
    assert at(by_number[7], header, "Amount Due") == Cell(CellKind.ERROR, "#N/A", "$#,##0.00")
    assert by_number[8].cells == by_number[9].cells
    assert 10 not in by_number
    assert at(by_number[12], header, "Renewal Date") == Cell(CellKind.UNCALCULATED, "", "mmmm d, yyyy")
    assert at(by_number[13], header, "Zip") == Cell(CellKind.TEXT, "02110")
    white = at(by_number[15], header, "First Name")
    assert white is not None
    assert is_blank(white)
    assert sheet.tables == ()
    assert len(rows) == 12


def test_the_guests_are_international() -> None:
    """It has names in four scripts, dates in several formats, euros, and one Korean header."""
    _, header, rows = opened("international.xlsx")
    assert header.columns[-1].identifier == "인사말"
    names = [at(row, header, "Full Name") for row in rows]
    assert [cell.value for cell in names if cell] == [
        "김서연",
        "이준호",
        "王小明",
        "李娜",
        "佐藤陽子",
        "髙橋健",
        "Jürgen Weiß",
    ]
    formats = {cell.number_format for row in rows if (cell := at(row, header, "renewal_date"))}
    assert {code[:7] for code in formats} == {"[$-412]", "[$-804]", "[$-411]", "[$-407]"}
    amount = at(rows[0], header, "Amount Due")
    assert amount == Cell(CellKind.NUMBER, 1200, "#,##0.00 [$€-407]")
