from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from merge.model import JSON
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.page_data import rows_of


def _said(row: dict[str, JSON]) -> list[list[str]]:
    """The scripts of a row, each in pieces of which every second one is merged."""
    scenes = json.loads(json.dumps(row["scenes"]))
    return [script[3] for scene in scenes for script in scene["scripts"]]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Where the page goes."""
    return tmp_path / "proof.html"


def test_a_proof_shows_the_exact_script_with_its_merged_words_marked(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """What will be said, to the letter, and which words of it come from the row."""
    people = make_workbook([["Name", "Due"], ["Ana", "12"], ["O'Neil & Co", "9"]])
    template = make_template("<p>Hello {{ name }}, {{ due }} days{% if due == '9' %} only{% endif %}.</p>")
    castmerge("proof", people, "-t", template, "-o", page)
    assert [_said(row) for row in rows_of(page)] == [
        [["Hello ", "Ana", ", ", "12", " days."]],
        [["Hello ", "O'Neil & Co", ", ", "9", " days only."]],
    ]


def test_words_that_a_filter_has_made_are_marked_in_every_paragraph(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """What a filter makes of a cell stands in no cell, and is merged all the same."""
    people = make_workbook([["Name", "Due"], ["Ana Soto", "12"]])
    template = make_template(
        "<p>Dear {{ name | upper }},</p><p>{{ due | spoken }} <span>days</span> left.</p>"
    )
    castmerge("proof", people, "-t", template, "-o", page)
    [[pieces]] = [_said(row) for row in rows_of(page)]
    assert ([" ".join(piece.split()) for piece in pieces[1::2]], "".join(pieces).split()) == (
        ["ANA SOTO", "twelve"],
        ["Dear", "ANA", "SOTO,", "twelve", "days", "left."],
    )


def test_a_proof_says_where_it_lies_and_how_it_is_used(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """Stdout has path and code; the command line that follows holds the options that were given."""
    people = make_workbook([["Id", "Name"], ["1", "Ana"], ["2", "Ben"]])
    ran = castmerge(
        "proof", people, "-t", make_template(), "-o", page, "--key", "Id", "--rows", "2", "--draft"
    )
    path, code = ran.out.strip().split("\t")
    assert (ran.code, path, len(code)) == (0, str(page), 9)
    [command] = [line for line in ran.err.splitlines() if line.startswith("Once it is approved:")]
    assert f"--rows 2 --key Id --draft --approved {code}" in command
    assert "Nothing was sent" in ran.err
    assert "1 draft to approve" in page.read_text(encoding="utf-8")


def test_a_proof_touches_nothing_else(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path, page: Path
) -> None:
    """No journal is made, the workbook stays as it is, and no scrap is left beside the page."""
    people, template = make_workbook([["Name"], ["Ana"]]), make_template()
    before = people.read_bytes()
    castmerge("proof", people, "-t", template, "-o", page)
    assert people.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {people.name, template.name, page.name}


def test_problems_and_warnings_stand_with_their_row(
    castmerge: Castmerge, root: Path, tmp_path: Path, page: Path
) -> None:
    """By the cell's address, with what to do; nothing is made of rows with problems."""
    people = shutil.copy(root / "example_sheets" / "mistakes.xlsx", tmp_path)
    ran = castmerge("proof", people, "-t", root / "templates" / "welcome.json", "-o", page, "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["page"]) == (1, str(page))
    stopped = {row["number"]: row["notes"] for row in rows_of(page) if row["stopped"]}
    assert sorted(map(str, stopped)) == sorted(
        str(number) for number in {each["row"] for each in told["problems"]}
    )
    assert stopped[7] == [
        ["Renewals!E7", "“Amount Due” shows the error #N/A. Mend the formula in this cell.", True]
    ]
    assert str(stopped[8]).startswith("[['', 'This row is the same as row 9")


def test_the_approval_of_nothing_is_none(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """Where every row is made there is nothing to approve, and the page says so."""
    people, template = make_workbook([["Name"], ["Ana"]]), make_template()
    castmerge("run", people, "-t", template, "--simulate", "--simulate-seconds", "0.2")
    ran = castmerge("proof", people, "-t", template, "-o", page, "--simulate")
    assert ran.out == f"{page}\t-\n"
    assert "Not shown here, and left alone: 1 complete." in page.read_text(encoding="utf-8")


def test_an_address_that_comes_from_a_row_is_shown(
    castmerge: Castmerge, make_workbook: MakeWorkbook, tmp_path: Path, root: Path, page: Path
) -> None:
    """Pictures that differ from row to row are told by their whole address."""
    project = json.loads((root / "templates" / "welcome.json").read_text(encoding="utf-8"))
    project["scenes"][0]["background"]["source_url"] = "https://a.example/{{ plan }}.jpg"
    (tmp_path / "t.json").write_text(json.dumps(project), encoding="utf-8")
    header = ["First Name", "Last Name", "Nickname", "Plan", "Renewal Date", "Amount Due"]
    people = make_workbook([header, ["Ana", "Soto", "Ann", "gold", "December 1, 2026", "5"]])
    castmerge("proof", people, "-t", tmp_path / "t.json", "-o", page)
    [row] = rows_of(page)
    scenes = json.loads(json.dumps(row["scenes"]))
    assert scenes[0]["shown"] == [["picture", ["https://a.example/", "gold", ".jpg"]]]


@pytest.mark.parametrize("template", ["welcome.json", "scripts.json", "two_scenes.json", "scenes.json.j2"])
def test_every_template_that_comes_along_is_proven(
    castmerge: Castmerge, template: str, root: Path, tmp_path: Path, page: Path
) -> None:
    """Each row has its scenes, and something is said in it."""
    people = shutil.copy(root / "example_sheets" / "customers.xlsx", tmp_path)
    assert castmerge("proof", people, "-t", root / "templates" / template, "-o", page).code == 0
    rows = rows_of(page)
    assert len(rows) == 12
    assert all(_said(row) and row["seconds"] for row in rows)


@pytest.mark.parametrize("name", ["proof", "proof.pdf", "people.xlsx"])
def test_a_page_must_be_called_one(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path, name: str
) -> None:
    """No workbook is written over by a slip of the pen."""
    people = make_workbook([["Name"], ["Ana"]])
    before = people.read_bytes()
    ran = castmerge("proof", people, "-t", make_template(), "-o", tmp_path / name)
    assert (ran.code, people.read_bytes() == before) == (2, True)
    assert ".html" in ran.err


def test_a_folder_that_cannot_be_written_is_said(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """The message names the place."""
    people = make_workbook([["Name"], ["Ana"]])
    ran = castmerge("proof", people, "-t", make_template(), "-o", tmp_path / "none" / "proof.html")
    assert (ran.code, "none/proof.html" in ran.err) == (2, True)


def test_halves_of_characters_in_a_template_do_not_stop_the_page(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """JSON may hold what no file in UTF-8 can."""
    people = make_workbook([["Name"], ["Ana"]])
    template = make_template("Hello {{ name }} \\\\ud83d".replace("\\\\", "\\"))
    assert castmerge("proof", people, "-t", template, "-o", page).code in (0, 1)
    assert page.is_file()


def test_a_csv_file_is_proven_made_and_reported(
    castmerge: Castmerge, make_template: MakeTemplate, tmp_path: Path, page: Path
) -> None:
    """The whole way from a text file: what was approved is made, and the report tells where it is."""
    people = tmp_path / "people.csv"
    people.write_text("Name\nAna\nBen\n", encoding="utf-8")
    asked = ("-t", make_template(), "--simulate")
    code = castmerge("proof", people, *asked, "-o", page, "-q").out.strip().rpartition("\t")[2]
    assert [row["title"] for row in rows_of(page)] == ["Hello Ana", "Hello Ben"]
    assert castmerge("run", people, *asked, "--simulate-seconds", "0.2", "--approved", code).code == 0
    assert castmerge("report", people, "--simulate", "-o", page).code == 0
    assert [(row["status"], bool(row["scenes"])) for row in rows_of(page)] == [("Complete", True)] * 2
