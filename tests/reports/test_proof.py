from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from merge.model import JSON
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.page_data import rows_of


def _scripts(row: dict[str, JSON]) -> list[list[str]]:
    """The scripts of a row, each as pieces of which every second one is merged."""
    scenes = json.loads(json.dumps(row["scenes"]))
    return [script[3] for scene in scenes for script in scene["scripts"]]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The path of the page."""
    return tmp_path / "proof.html"


def test_a_proof_shows_the_exact_script_with_its_merged_words_marked(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """It has exactly the text that will be spoken, and marks the words from the row."""
    people = make_workbook([["Name", "Due"], ["Ana", "12"], ["O'Neil & Co", "9"]])
    template = make_template("<p>Hello {{ name }}, {{ due }} days{% if due == '9' %} only{% endif %}.</p>")
    castmerge("proof", people, "-t", template, "-o", page)
    assert [_scripts(row) for row in rows_of(page)] == [
        [["Hello ", "Ana", ", ", "12", " days."]],
        [["Hello ", "O'Neil & Co", ", ", "9", " days only."]],
    ]


def test_filtered_words_are_marked_in_every_paragraph(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """The output of a filter isn't in any cell, but still counts as merged text."""
    people = make_workbook([["Name", "Due"], ["Ana Soto", "12"]])
    template = make_template(
        "<p>Dear {{ name | upper }},</p><p>{{ due | spoken }} <span>days</span> left.</p>"
    )
    castmerge("proof", people, "-t", template, "-o", page)
    [[pieces]] = [_scripts(row) for row in rows_of(page)]
    assert ([" ".join(piece.split()) for piece in pieces[1::2]], "".join(pieces).split()) == (
        ["ANA SOTO", "twelve"],
        ["Dear", "ANA", "SOTO,", "twelve", "days", "left."],
    )


def test_a_proof_prints_its_path_and_how_to_use_it(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """Stdout has the path and the code; the suggested command has the same options."""
    people = make_workbook([["Id", "Name"], ["1", "Ana"], ["2", "Ben"]])
    ran = castmerge(
        "proof", people, "-t", make_template(), "-o", page, "--key", "Id", "--rows", "2", "--draft"
    )
    path, code = ran.out.strip().split("\t")
    assert (ran.code, path, len(code)) == (0, str(page), 9)
    [command] = [line for line in ran.err.splitlines() if line.startswith("Once it's approved, run:")]
    assert f"--rows 2 --key Id --draft --approved {code}" in command
    assert "Nothing was sent" in ran.err
    assert "1 draft to approve" in page.read_text(encoding="utf-8")


def test_a_proof_changes_nothing_else(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path, page: Path
) -> None:
    """No journal is created, the workbook isn't changed, and no temporary file is left next to the page."""
    people, template = make_workbook([["Name"], ["Ana"]]), make_template()
    before = people.read_bytes()
    castmerge("proof", people, "-t", template, "-o", page)
    assert people.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {people.name, template.name, page.name}


def test_problems_and_warnings_are_shown_with_their_row(
    castmerge: Castmerge, root: Path, tmp_path: Path, page: Path
) -> None:
    """They have the cell's address and a hint; rows with problems aren't made."""
    people = shutil.copy(root / "example_sheets" / "mistakes.xlsx", tmp_path)
    ran = castmerge("proof", people, "-t", root / "templates" / "welcome.json", "-o", page, "--json")
    output = json.loads(ran.out)
    assert (ran.code, output["page"]) == (1, str(page))
    stopped = {row["number"]: row["notes"] for row in rows_of(page) if row["stopped"]}
    assert sorted(map(str, stopped)) == sorted(
        str(number) for number in {each["row"] for each in output["problems"]}
    )
    assert stopped[7] == [
        ["Renewals!E7", "“Amount Due” shows the error #N/A. Fix the formula in this cell.", True]
    ]
    assert str(stopped[8]).startswith("[['', 'This row is identical to row 9")


def test_a_proof_names_no_options(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """The person who approves has no terminal."""
    workbook = make_workbook([["Name"], ["Ana"], ["Ben"]])
    book = openpyxl.load_workbook(workbook)
    book.worksheets[0].row_dimensions[3].hidden = True
    book.save(workbook)
    assert castmerge("proof", workbook, "-t", make_template(), "-o", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "Unhide the rows in Excel" in text
    assert "--visible-only" not in text


def test_a_proof_of_nothing_has_no_code(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """If every row is made, there is nothing to approve, and the page says so."""
    people, template = make_workbook([["Name"], ["Ana"]]), make_template()
    castmerge("run", people, "-t", template, "--simulate", "--simulate-seconds", "0.2")
    ran = castmerge("proof", people, "-t", template, "-o", page, "--simulate")
    assert ran.out == f"{page}\t-\n"
    assert "Not on this page: 1 complete." in page.read_text(encoding="utf-8")


def test_a_url_from_a_row_is_shown(
    castmerge: Castmerge, make_workbook: MakeWorkbook, tmp_path: Path, root: Path, page: Path
) -> None:
    """Pictures that differ between rows are shown with their whole URL."""
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
def test_every_example_template_can_be_proofed(
    castmerge: Castmerge, template: str, root: Path, tmp_path: Path, page: Path
) -> None:
    """Each row has its scenes, and something is spoken in them."""
    people = shutil.copy(root / "example_sheets" / "customers.xlsx", tmp_path)
    assert castmerge("proof", people, "-t", root / "templates" / template, "-o", page).code == 0
    rows = rows_of(page)
    assert len(rows) == 12
    assert all(_scripts(row) and row["seconds"] for row in rows)


@pytest.mark.parametrize("name", ["proof", "proof.pdf", "people.xlsx"])
def test_the_page_must_be_an_html_file(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path, name: str
) -> None:
    """A mistyped name can't overwrite a workbook."""
    people = make_workbook([["Name"], ["Ana"]])
    before = people.read_bytes()
    ran = castmerge("proof", people, "-t", make_template(), "-o", tmp_path / name)
    assert (ran.code, people.read_bytes() == before) == (2, True)
    assert ".html" in ran.err


def test_an_unwritable_folder_is_reported(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """The message names the place."""
    people = make_workbook([["Name"], ["Ana"]])
    ran = castmerge("proof", people, "-t", make_template(), "-o", tmp_path / "none" / "proof.html")
    assert (ran.code, "none/proof.html" in ran.err) == (2, True)


def test_lone_surrogates_in_a_template_do_not_stop_the_page(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, page: Path
) -> None:
    """JSON may contain text that can't be encoded in UTF-8."""
    people = make_workbook([["Name"], ["Ana"]])
    template = make_template("Hello {{ name }} \\\\ud83d".replace("\\\\", "\\"))
    assert castmerge("proof", people, "-t", template, "-o", page).code in (0, 1)
    assert page.is_file()


def test_a_csv_file_is_proofed_made_and_reported(
    castmerge: Castmerge, make_template: MakeTemplate, tmp_path: Path, page: Path
) -> None:
    """From a CSV file, approved rows are made, and the report names the workbook."""
    people = tmp_path / "people.csv"
    people.write_text("Name\nAna\nBen\n", encoding="utf-8")
    asked = ("-t", make_template(), "--simulate")
    code = castmerge("proof", people, *asked, "-o", page, "-q").out.strip().rpartition("\t")[2]
    assert [row["title"] for row in rows_of(page)] == ["Hello Ana", "Hello Ben"]
    assert castmerge("run", people, *asked, "--simulate-seconds", "0.2", "--approved", code).code == 0
    assert castmerge("report", people, "--simulate", "-o", page).code == 0
    assert [(row["status"], bool(row["scenes"])) for row in rows_of(page)] == [("Complete", True)] * 2
