from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from merge.journal import SqliteJournal
from merge.services.simulator import Simulator
from tests.support.callables import Castmerge, Example, MakeTemplate, MakeWorkbook

QUICK = ("--simulate", "--simulate-seconds", "0.3")


@pytest.fixture
def example(root: Path, tmp_path: Path) -> Example:
    """A copy of an example workbook."""

    def copy(name: str) -> Path:
        return Path(shutil.copy(root / "example_sheets" / f"{name}.xlsx", tmp_path))

    return copy


def _sheet(path: Path) -> Worksheet:
    page = openpyxl.load_workbook(path).worksheets[0]
    assert isinstance(page, Worksheet)
    return page


def _column(path: Path, header: str) -> list[object]:
    page = _sheet(path)
    for row in page.iter_rows(max_row=20):
        for cell in row:
            if cell.value == header:
                return [
                    page.cell(number, cell.column).value for number in range(cell.row + 1, page.max_row + 1)
                ]
    raise AssertionError(header)


@pytest.mark.parametrize("template", ["welcome", "scripts", "two_scenes"])
def test_the_examples_twelve_videos_are_made(
    castmerge: Castmerge, example: Example, root: Path, template: str
) -> None:
    """With every template, results are written into the rows, and the second run sends nothing."""
    workbook = example("customers")
    first = castmerge("run", workbook, "-t", root / "templates" / f"{template}.json", *QUICK)
    assert (first.code, "12 of 12 complete" in first.err) == (0, True), first.err
    assert _column(workbook, "Video Status")[:12] == ["Practice"] * 12
    assert not any(_column(workbook, "Video URL")[:12])
    before = workbook.read_bytes()
    log = next((workbook.parent / ".castmerge").glob("*.jsonl"))
    asked = log.read_bytes()
    second = castmerge("run", workbook, "-t", root / "templates" / f"{template}.json", *QUICK)
    assert second.code == 0
    assert (workbook.read_bytes(), log.read_bytes()) == (before, asked)


def test_invalid_rows_are_reported_and_the_others_are_made(
    castmerge: Castmerge, example: Example, root: Path
) -> None:
    """The good rows are complete; each bad row is Invalid with a note that names the cell and has a hint."""
    workbook = example("mistakes")
    ran = castmerge("run", workbook, "-t", root / "templates" / "welcome.json", *QUICK, "--json")
    assert ran.code == 1, ran.err
    summary = json.loads(ran.out)
    assert summary["counts"] | {"skipped": 0} == {
        "complete": 6, "failed": 0, "invalid": 6, "rendering": 0, "check": 0, "skipped": 0,
    }  # fmt: skip
    notes = {row["row"]: row["note"] for row in summary["rows"] if row["status"] == "Invalid"}
    assert "Renewals!B5" in notes[5]
    assert "#N/A" in notes[7]
    assert ("row 9" in notes[8], "row 8" in notes[9]) == (True, True)
    assert "Open the workbook in Excel" in notes[12]
    assert set(_column(workbook, "Video Status")) == {"Practice", "Invalid", None}


def test_korean_chinese_and_japanese_are_made(castmerge: Castmerge, example: Example, root: Path) -> None:
    """Names and dates in other scripts are unchanged."""
    workbook = example("international")
    ran = castmerge("run", workbook, "-t", root / "templates" / "welcome.json", *QUICK)
    assert ran.code == 0, ran.err
    assert "서연" in "".join(_log(workbook))


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """Three people; one row is hidden."""
    return make_workbook([["Name", "Plan"], ["Ana", "Gold"], ["Ben", "Free"], ["Cem", "Gold"]])


def _log(workbook: Path) -> list[str]:
    logs = list((workbook.parent / ".castmerge").glob("*.jsonl"))
    lines = logs[0].read_text(encoding="utf-8").splitlines() if logs else []
    return [json.loads(line)["name"] for line in lines if json.loads(line)["event"] == "accepted"]


def test_a_project_without_placeholders_is_sent_unchanged(
    castmerge: Castmerge, people: Path, root: Path, tmp_path: Path, simulator: Simulator
) -> None:
    """The service gets the customer's own project equal to its file, with key order and every digit."""
    saved = (root / "tests" / "data" / "seed_project.json").read_text(encoding="utf-8")
    template = tmp_path / "seed.json"
    template.write_text(saved, encoding="utf-8")
    castmerge("run", people, "-t", template, "--rows", "2", *QUICK)
    log = next((tmp_path / ".castmerge").glob("*.jsonl"))
    [accepted] = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()][:1]

    def exactly(text: str) -> object:
        return json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=list)

    sent, kept = exactly(accepted["body"]), exactly(saved)
    assert isinstance(sent, list)
    assert isinstance(kept, list)
    assert sent[0][1].startswith(f"{kept[0][1]} [")
    assert sent[1:] == kept[1:]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--rows", "2,4"], ["Ana", "Cem"]),
        (["--where", "plan == 'Gold'"], ["Ana", "Cem"]),
        (["--limit", "1"], ["Ana"]),
        (["--rows", "3-", "--where", "Plan == 'Gold'"], ["Cem"]),
    ],
    ids=["rows", "where", "limit", "both"],
)
def test_only_the_selected_rows_are_made(
    castmerge: Castmerge,
    people: Path,
    make_template: MakeTemplate,
    options: list[str],
    names: list[str],
) -> None:
    """Other rows aren't changed."""
    assert castmerge("run", people, "-t", make_template(), *QUICK, *options).code == 0
    assert sorted(name.partition(" [")[0] for name in _log(people)) == [f"Hello {name}" for name in names]


def test_the_hidden_row_is_left_out_when_asked(castmerge: Castmerge, example: Example, root: Path) -> None:
    """--visible-only leaves out the rows that Excel hides."""
    ran = castmerge(
        "run", example("customers"), "-t", root / "templates/welcome.json", *QUICK, "--visible-only"
    )
    assert "11 of 12 complete" in ran.err


def test_a_limit_stops_the_run(castmerge: Castmerge, people: Path, make_template: MakeTemplate) -> None:
    """Nothing beyond --max-videos is submitted, and the exit code says so."""
    ran = castmerge("run", people, "-t", make_template(), *QUICK, "--max-videos", "2")
    assert (ran.code, len(_log(people))) == (3, 2), ran.err


def test_a_changed_row_is_out_of_date_until_requested(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """A corrected name alone costs nothing."""
    template = make_template()
    castmerge("run", people, "-t", template, *QUICK)
    book = openpyxl.load_workbook(people)
    book["People"]["A2"] = "Anna"
    book.save(people)
    assert castmerge("run", people, "-t", template, *QUICK).code == 0
    assert (_column(people, "Video Status")[0], len(_log(people))) == ("Out of date", 3)
    assert castmerge("run", people, "-t", template, *QUICK, "--changed").code == 0
    assert (_column(people, "Video Status")[0], len(_log(people))) == ("Practice", 4)


def test_clearing_id_and_status_makes_a_row_again(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """The sheet is the queue: a blank row is to do."""
    template = make_template()
    castmerge("run", people, "-t", template, *QUICK)
    book = openpyxl.load_workbook(people)
    page = book["People"]
    before = page["G3"].value
    page["C3"] = page["G3"] = None
    book.save(people)
    assert castmerge("run", people, "-t", template, *QUICK).code == 0
    again = _column(people, "Video ID")[1]
    assert (again not in {before, None}, len(_log(people))) == (True, 4)


def test_simulated_videos_never_count_as_real(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """After a simulation all rows are still to do."""
    template = make_template()
    castmerge("run", people, "-t", template, *QUICK)
    assert "3 to make" in castmerge("check", people, "-t", template).err


def test_check_changes_nothing(castmerge: Castmerge, example: Example, root: Path) -> None:
    """It prints what a run would do, and leaves the workbook and the folder as they are."""
    workbook = example("mistakes")
    before = workbook.read_bytes()
    ran = castmerge("check", workbook, "-t", root / "templates/welcome.json", "--json")
    assert (ran.code, json.loads(ran.out)["counts"]["invalid"]) == (1, 6)
    assert workbook.read_bytes() == before
    assert [path.name for path in workbook.parent.iterdir()] == [workbook.name]


def test_results_for_an_open_workbook_wait_for_write_back(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """Exit code 5; `write-back` works once Excel has closed the file."""
    owner = people.with_name(f"~${people.name}")
    owner.write_bytes(b"\x03Ana" + b" " * 161)
    ran = castmerge("run", people, "-t", make_template(), *QUICK)
    assert (ran.code, "write-back" in ran.err, "12 of" in ran.err) == (5, True, False), ran.err
    owner.unlink()
    again = castmerge("write-back", people, "--simulate")
    assert again.code == 0, again.err
    assert _column(people, "Video Status") == ["Practice"] * 3
    assert castmerge("run", people, "-t", make_template(), *QUICK).code == 0
    assert len(_log(people)) == 3


def test_status_shows_the_journal_and_the_workbook(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """Its summary is the same as the run's, without asking the service."""
    ran = castmerge("run", people, "-t", make_template(), *QUICK, "--json")
    status = castmerge("status", people, "--simulate", "--json")
    assert status.code == 0
    assert json.loads(status.out)["rows"] == json.loads(ran.out)["rows"]
    lines = castmerge("status", people, "--simulate").out.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        ["2", "Complete"],
        ["3", "Complete"],
        ["4", "Complete"],
    ]


def test_a_concurrent_run_names_the_holder_of_the_lock(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """Only one run at a time is possible; the second one sends nothing."""
    path = people.parent / ".castmerge" / f"{people.name}.simulated.db"
    with SqliteJournal.open(path) as journal, journal.lock():
        ran = castmerge("run", people, "-t", make_template(), *QUICK)
    assert (ran.code, "process" in ran.err or "pid" in ran.err.lower()) == (3, True), ran.err


def test_options_come_from_the_file_next_to_the_workbook(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """castmerge.toml has the same names as the command line; paths are relative to its folder."""
    make_template()
    people.with_name("castmerge.toml").write_text(
        'template = "hello.json"\nkey = ["Name"]\nsimulate = true\n"simulate-seconds" = 0.3\n'
        '[set]\nseason = "Spring"\n',
        encoding="utf-8",
    )
    ran = castmerge("run", people, "--json")
    assert ran.code == 0, ran.err
    assert [row["key"] for row in json.loads(ran.out)["rows"]] == ["Ana", "Ben", "Cem"]


def test_submit_and_collect_make_a_whole_run(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """`submit` doesn't wait, and `collect` needs no template; together they do the same as a run."""
    slow = ("--simulate", "--simulate-seconds", "1.5")
    first = castmerge("submit", people, "-t", make_template(), *slow)
    assert (first.code, _column(people, "Video Status")) == (4, ["Submitted"] * 3), first.err
    second = castmerge("collect", people, *slow)
    assert (second.code, _column(people, "Video Status")) == (0, ["Practice"] * 3), second.err
    assert len(_log(people)) == 3


def test_the_workbook_alone_is_enough_to_collect(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """On another computer the ids in the sheet are followed; a later run there makes nothing twice."""
    slow = ("--simulate", "--simulate-seconds", "1.5")
    castmerge("submit", people, "-t", make_template(), *slow)
    for journal in (people.parent / ".castmerge").glob("*.db*"):
        journal.unlink()
    assert castmerge("collect", people, *slow).code == 0
    assert castmerge("collect", people, *slow).code == 0
    assert castmerge("run", people, "-t", make_template(), *slow).code == 0
    assert (_column(people, "Video Status"), len(_log(people))) == (["Practice"] * 3, 3)


def test_a_pilot_makes_a_few_videos_first(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """The rest is still to do."""
    assert castmerge("run", people, "-t", make_template(), *QUICK, "--pilot", "2").code == 0
    assert len(_log(people)) == 2


def test_a_workbook_without_room_for_results_sends_nothing(
    castmerge: Castmerge, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """Missing room is reported at the beginning rather than at the end."""
    path = tmp_path / "full.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("People")
    page.write_column("A1", ["Name", "Ana"])
    page.write("XFD1", "The last column that there is")
    book.close()
    ran = castmerge("run", path, "-t", make_template(), *QUICK)
    assert (ran.code, _log(path)) == (2, []), ran.err
    assert castmerge("check", path, "-t", make_template()).code == 2


def test_collecting_leaves_a_cleared_row_to_do(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """Clearing id and status requests a new video; the old one isn't restored."""
    castmerge("run", people, "-t", make_template(), *QUICK)
    book = openpyxl.load_workbook(people)
    book["People"]["C3"] = book["People"]["G3"] = None
    book.save(people)
    assert castmerge("collect", people, *QUICK).code == 0
    assert _column(people, "Video Status") == ["Practice", None, "Practice"]
    assert castmerge("run", people, "-t", make_template(), *QUICK).code == 0
    assert len(_log(people)) == 4
