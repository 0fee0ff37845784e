from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import openpyxl
import pytest
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.table import Table
from python_calamine import CalamineWorkbook

from merge import Settings, merge_workbook
from merge.errors import InputError
from merge.workbook import source_of
from tests.support.callables import Castmerge, MakeTemplate, Ran

PEOPLE = "Customer ID,Name,Due,Visits\n007,Ana,12/1/2026,3\n008,Ben,1/2/2026,12\n"
SCRIPT = "<p>Hello {{ name }}, {{ customer_id }}, by {{ due }}; {{ visits * 2 }} in all.</p>"


class Run(Protocol):
    """Run the whole list and return the result."""

    def __call__(self, *options: object, path: Path | None = None) -> Ran: ...


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A CSV file as other programs export it."""
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


@pytest.fixture
def template(make_template: MakeTemplate) -> Path:
    return make_template(SCRIPT)


@pytest.fixture
def run(castmerge: Castmerge, people: Path, template: Path) -> Run:
    """Run the whole list and return the result."""

    def call(*options: object, path: Path | None = None) -> Ran:
        return castmerge(
            "run", path or people, "-t", template, "--simulate", "--simulate-seconds", 0.1, *options
        )

    return call


def cells(path: Path) -> list[tuple[object, ...]]:
    """The rows as another reader sees them."""
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))


def ids(path: Path) -> dict[object, object]:
    """The video ids by name."""
    header, *rows = cells(path)
    return {row[header.index("Name")]: row[header.index("Video ID")] for row in rows}


def change(path: Path, row: int, column: int, value: str) -> None:
    """Edit a cell in a program that saves the workbook in its own way."""
    book = openpyxl.load_workbook(path)
    cell = book.worksheets[0].cell(row, column)
    assert isinstance(cell, Cell)
    cell.value = value
    book.save(path)


def test_results_for_a_csv_file_go_into_a_workbook_next_to_it(run: Run, people: Path) -> None:
    """A note says so; the CSV file isn't changed, values are as written, and plain numbers are numbers."""
    ran = run("--json")
    workbook = people.with_suffix(".xlsx")
    assert (ran.code, json.loads(ran.out)["workbook"]) == (0, str(workbook))
    assert "people.xlsx was made from people.csv, and gets the results." in ran.err
    assert f"links are in {workbook}, sheet people" in ran.err
    assert people.read_text(encoding="utf-8") == PEOPLE
    header, first, _ = cells(workbook)
    assert header[:5] == ("Customer ID", "Name", "Due", "Visits", "Video Status")
    assert first[:4] == ("007", "Ana", "12/1/2026", 3)
    assert source_of(workbook) == "people.csv"


def test_other_programs_read_the_new_workbook(run: Run, people: Path) -> None:
    """Headers are bold and frozen, columns are as wide as their texts, and calamine reads the same values."""
    run()
    workbook = people.with_suffix(".xlsx")
    sheet = openpyxl.load_workbook(workbook)["people"]
    assert [bool(cell.font.b) for cell in sheet[1]] == [True] * 9
    assert (sheet["A2"].font.b, sheet.freeze_panes) == (False, "A2")
    assert sheet.column_dimensions["A"].width == len("Customer ID") + 2
    seen = CalamineWorkbook.from_path(workbook).get_sheet_by_name("people").to_python()
    assert [row[:4] for row in seen] == [[*row[:4]] for row in cells(workbook)]


def test_a_later_run_continues_in_the_workbook(run: Run, people: Path) -> None:
    """Complete rows are kept, and nothing is made twice."""
    run()
    before = people.with_suffix(".xlsx").read_bytes()
    ran = run()
    assert "castmerge continues in people.xlsx, which was made from people.csv" in ran.err
    assert "2 already complete" in ran.err
    assert people.with_suffix(".xlsx").read_bytes() == before


def test_changes_in_the_csv_file_are_applied(run: Run, people: Path) -> None:
    """New rows are made, edited rows are out of date, and a removed row keeps its video."""
    run()
    workbook = people.with_suffix(".xlsx")
    made = ids(workbook)
    people.write_text(
        "Customer ID,Name,Due,Visits\n009,Cem,3/3/2026,1\n007,Ana,12/2/2026,3\n", encoding="utf-8"
    )
    ran = run()
    assert "people.csv has changed: 1 new, 1 edited, 1 deleted, but kept" in ran.err
    assert "1 to make" in ran.err
    now = ids(workbook)
    assert {name: now[name] for name in made} == made
    assert now.keys() == {"Ana", "Ben", "Cem"}
    assert [row[2] for row in cells(workbook)] == ["Due", "12/2/2026", "1/2/2026", "3/3/2026"]
    assert [row[4] for row in cells(workbook)] == ["Video Status", "Out of date", "Practice", "Practice"]
    assert "people.csv has changed" not in run().err


def test_a_row_removed_before_it_was_made_is_not_made(
    run: Run, castmerge: Castmerge, people: Path, template: Path
) -> None:
    """Removing a person from the list cancels their video."""
    run("--limit", 1)
    people.write_text("Customer ID,Name,Due,Visits\n007,Ana,12/1/2026,3\n", encoding="utf-8")
    ran = run()
    assert "1 gone" in ran.err
    assert "to make" not in ran.err
    assert ids(people.with_suffix(".xlsx")).keys() - {None} == {"Ana"}


def test_a_new_column_is_added_next_to_the_results(run: Run, people: Path) -> None:
    """Every row is still recognized."""
    run()
    made = ids(people.with_suffix(".xlsx"))
    people.write_text("Customer ID,Name,Due,Visits,City\n007,Ana,12/1/2026,3,Rome\n008,Ben,1/2/2026,12,\n")
    ran = run()
    assert "to make" not in ran.err
    assert [row[-1] for row in cells(people.with_suffix(".xlsx"))] == ["City", "Rome", None]
    assert ids(people.with_suffix(".xlsx")) == made


def test_edits_of_the_workbook_are_kept(run: Run, people: Path) -> None:
    """They aren't undone when the CSV file changes elsewhere."""
    run()
    workbook = people.with_suffix(".xlsx")
    change(workbook, 2, 2, "Anna")
    people.write_text(PEOPLE + "009,Cem,3/3/2026,1\n", encoding="utf-8")
    run()
    assert [row[1] for row in cells(workbook)] == ["Name", "Anna", "Ben", "Cem"]
    assert source_of(workbook) == "people.csv", "other programs keep the property"


def test_a_row_edited_in_both_files_is_refused(run: Run, people: Path) -> None:
    """Neither edit takes precedence, and nothing is sent."""
    run()
    change(people.with_suffix(".xlsx"), 2, 3, "12/9/2026")
    people.write_text(PEOPLE.replace("12/1/2026", "12/2/2026"), encoding="utf-8")
    ran = run()
    assert (ran.code, "Row 2 of people.csv was edited, and so was the same row" in ran.err) == (2, True)


def test_a_list_without_known_rows_is_refused(run: Run, people: Path) -> None:
    """Nothing is made again only because a list is written differently; a key identifies its rows."""
    run()
    people.write_text(
        "Customer ID,Name,Due,Visits\n7,ANA,2026-12-01,3\n8,BEN,2026-01-02,12\n", encoding="utf-8"
    )
    ran = run()
    assert (ran.code, "recognize any of its 2 rows, and 2 others have videos" in ran.err) == (
        2,
        True,
    )
    assert "--key" in ran.err
    assert "2 edited" in run("--key", "Visits").err


def test_an_unrelated_workbook_of_that_name_is_left_alone(
    run: Run, castmerge: Castmerge, people: Path, template: Path
) -> None:
    """It wasn't made from this CSV file; `check` reports it as well."""
    workbook = people.with_suffix(".xlsx")
    openpyxl.Workbook().save(workbook)
    before = workbook.read_bytes()
    for ran in (run(), castmerge("check", people, "-t", template), castmerge("status", people)):
        assert (ran.code, "wasn't made from people.csv" in ran.err) == (2, True)
    assert workbook.read_bytes() == before


def test_checks_change_nothing(castmerge: Castmerge, people: Path, template: Path, run: Run) -> None:
    """Before the first run and after changes, rows are checked the way a run would read them."""
    ran = castmerge("check", people, "-t", template, "--json")
    assert (ran.code, len(json.loads(ran.out)["rows"])) == (0, 2)
    assert "Results of people.csv will go into people.xlsx, which a run creates next to it" in ran.err
    assert sorted(it.name for it in people.parent.iterdir()) == [template.name, people.name]
    run()
    before = people.with_suffix(".xlsx").read_bytes()
    people.write_text(PEOPLE.replace("Name", "Name,City").replace("Ana", "Ana,Rome") + "9,Cem,1/1/2026,\n")
    ran = castmerge("check", people, "-t", template, "--simulate", "--json")
    assert len(json.loads(ran.out)["rows"]) == 3
    assert "has changed" in ran.err
    assert people.with_suffix(".xlsx").read_bytes() == before


def test_a_csv_file_can_be_proofed(
    castmerge: Castmerge, people: Path, template: Path, tmp_path: Path
) -> None:
    """The page shows its rows, and no other file is created."""
    ran = castmerge("proof", people, "-t", template, "-o", tmp_path / "proof.html")
    assert ran.code == 0
    assert "12/1/2026" in (tmp_path / "proof.html").read_text(encoding="utf-8")
    assert not people.with_suffix(".xlsx").exists()


@pytest.mark.parametrize("command", ["status", "write-back", "collect"])
def test_other_commands_accept_the_csv_file_too(
    run: Run, castmerge: Castmerge, people: Path, command: str
) -> None:
    """They use the workbook next to it, and report if there is none yet."""
    ran = castmerge(command, people, "--simulate")
    assert (ran.code, "castmerge run people.csv" in ran.err) == (2, True)
    run()
    ran = castmerge(command, people, "--simulate", "--json")
    assert (ran.code, json.loads(ran.out)["workbook"]) == (0, str(people.with_suffix(".xlsx")))


def test_a_tsv_file_is_submitted_and_collected(
    castmerge: Castmerge,
    tmp_path: Path,
    template: Path,
    simulator_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both commands use the same workbook and the same journal."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "key-of-the-tests")
    path = tmp_path / "people.tsv"
    path.write_text(PEOPLE.replace(",", "\t"), encoding="utf-16")
    quick = ("--base-url", simulator_url, "--first-look", 0.1, "--poll-min", 0.1, "--poll-max", 0.2)
    assert castmerge("submit", path, "-t", template, "--yes", *quick).code == 4
    assert castmerge("collect", path, *quick).code == 0
    assert None not in ids(path.with_suffix(".xlsx")).values()


def test_a_workbook_open_in_excel_is_not_updated(run: Run, people: Path) -> None:
    """New rows can't be added, so nothing is sent, and the message has the next step."""
    run()
    people.with_name("~$people.xlsx").write_bytes(b"\x03Ana")
    people.write_text(PEOPLE + "009,Cem,3/3/2026,1\n", encoding="utf-8")
    ran = run()
    assert (ran.code, "open in Excel (Ana)" in ran.err) == (2, True)
    assert "and then run the same command again." in ran.err
    people.with_name("~$people.xlsx").unlink()
    assert run().code == 0


def test_rows_that_became_an_excel_table_are_not_extended(run: Run, people: Path) -> None:
    """A row below an Excel Table wouldn't belong to it."""
    run()
    workbook = people.with_suffix(".xlsx")
    book = openpyxl.load_workbook(workbook)
    book.worksheets[0].add_table(Table(displayName="T", ref="A1:I3"))
    book.save(workbook)
    people.write_text(PEOPLE + "009,Cem,3/3/2026,1\n", encoding="utf-8")
    ran = run()
    assert (ran.code, "now an Excel Table" in ran.err) == (2, True)


def test_losing_the_imported_copy_is_harmless(run: Run, people: Path) -> None:
    """The CSV file is used instead, and nothing is made twice."""
    run()
    (people.parent / ".castmerge" / "people.taken-in.csv").unlink()
    made = ids(people.with_suffix(".xlsx"))
    ran = run()
    assert "no rows differ" in ran.err
    assert ids(people.with_suffix(".xlsx")) == made


ROWS_TOO_LONG = [
    pytest.param(
        "Name,City\nSmith, John,Paris\nAna,Rome\n", 2, 'as in "Smith, John"', id="an unquoted comma"
    ),
    pytest.param("Name;City\nAna;Rome\nDr.; Ben;Ulm\n", 3, 'as in "Dr.; Ben"', id="an unquoted semicolon"),
    pytest.param("Name\tCity\nAna\tRome\tx\n", 2, "a value contains a tab", id="a tab"),
    pytest.param("Name,City\nAna,Rome,,,x\n", 2, "under 2 headers", id="far to the right"),
    pytest.param("List of May\n\nName,City\nAna,Rome,x\n", 4, "under 2 headers", id="below a title"),
]


@pytest.mark.parametrize(("text", "row", "message"), ROWS_TOO_LONG)
def test_a_row_with_more_values_than_headers_is_a_problem(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, text: str, row: int, message: str
) -> None:
    """No name is cut off in a video; the other rows are made."""
    people.write_text(text, encoding="utf-8")
    template = make_template("<p>{{ name }} from {{ city }}</p>")
    for command in (("check",), ("run", "--simulate", "--simulate-seconds", 0.1), ("check", "--simulate")):
        ran = castmerge(command[0], people, "-t", template, "--json", *command[1:])
        statuses = {each["row"]: each["status"] for each in json.loads(ran.out)["rows"]}
        assert (ran.code, statuses[row]) == (1, "Invalid")
        assert [number for number, status in statuses.items() if status == "Invalid"] == [row]
        assert message in ran.out.replace('\\"', '"')


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Name,City,\nAna,Rome,x\n", id="a blank header"),
        pytest.param("Name,City,\nAna,Rome,\n", id="a delimiter at each end"),
        pytest.param("Name,City\nAna,Rome,, \n", id="spaces"),
        pytest.param(",Name,City\n0,Ana,Rome\n", id="a blank header on the left"),
        pytest.param('Name,City\n"Smith, John",Paris\n', id="a quoted comma"),
        pytest.param("Name,City\nAna\tB,Rome\n\x1a", id="an end-of-file mark"),
    ],
)
def test_a_row_without_additional_values_is_accepted(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, text: str
) -> None:
    """A column may have a blank header, and a line may end with delimiters."""
    people.write_text(text, encoding="utf-8")
    found = json.loads(castmerge("check", people, "-t", make_template("<p>{{ name }}</p>"), "--json").out)
    assert (len(found["rows"]), found["problems"]) == (1, [])


def test_a_row_that_was_too_long_is_made_once_it_is_corrected(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """The correction may be in the CSV file or in the workbook."""
    template = make_template("<p>{{ name }} from {{ city }}</p>")
    rows = "Name,City\nSmith, John,Paris\nLee, Ann,Rome\n"
    run = ("run", people, "-t", template, "--simulate", "--simulate-seconds", 0.1)
    people.write_text(rows, encoding="utf-8")
    assert castmerge(*run).code == 1
    workbook = people.with_suffix(".xlsx")
    change(workbook, 3, 1, "Lee, Ann")
    change(workbook, 3, 2, "Rome")
    assert "1 of 2 complete" in castmerge(*run).err
    people.write_text(rows.replace("Smith, John", '"Smith, John"'), encoding="utf-8")
    castmerge(*run, "--new-rows")
    made = ids(workbook)
    assert all(made[name] for name in ("Smith, John", "Lee, Ann"))


def test_a_workbook_made_from_a_read_only_file_is_writable(run: Run, people: Path) -> None:
    """Files from an email or a shared folder are often read-only; their results can still be written."""
    people.chmod(0o444)
    assert run().code == 0
    assert None not in ids(people.with_suffix(".xlsx")).values()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        pytest.param("poeple.csv", "Did you mean", id="misspelt"),
        pytest.param(".", "This is a folder", id="a folder"),
        pytest.param("no/people.csv", "There's no folder", id="no folder"),
    ],
)
def test_a_missing_file_is_reported_with_a_suggestion(run: Run, people: Path, name: str, word: str) -> None:
    """The file in that folder with the most similar name is suggested."""
    ran = run(path=people.parent / name)
    assert (ran.code, word in ran.err) == (2, True)


def test_a_csv_file_from_python(people: Path, template: Path) -> None:
    """The library does the same; its notes say what happened."""
    result = merge_workbook(people, template, settings=Settings(simulate=True))
    assert result.workbook == str(people.with_suffix(".xlsx"))
    assert "people.xlsx was made from people.csv, and gets the results." in result.notes


@pytest.mark.parametrize(
    "text", ["Name,name\nAna,x\n", "Name,Due\n"], ids=["two headers with one name", "only headers"]
)
def test_a_csv_file_without_a_good_header_row_is_refused(people: Path, template: Path, text: str) -> None:
    """No file is created next to it."""
    people.write_text(text)
    with pytest.raises(InputError, match=r"people.csv: .*(same name|column names)"):
        merge_workbook(people, template, settings=Settings(simulate=True))
    assert not people.with_suffix(".xlsx").exists()
