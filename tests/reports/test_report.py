from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from merge.services.simulator import Faults, Simulator, SimulatorSettings
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.page_data import rows_of


@pytest.fixture
def made(castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate) -> Path:
    """A workbook with two complete rows and an invalid one."""
    people = make_workbook([["Id", "Name"], ["1", "Ana"], ["2", "Ben"], ["3", None]])
    castmerge("run", people, "-t", make_template(), "--simulate", "--simulate-seconds", "0.2")
    return people


def test_a_report_shows_every_row_with_its_link(castmerge: Castmerge, made: Path, tmp_path: Path) -> None:
    """A complete row has its link, its times and its picture."""
    ran = castmerge("report", made, "--simulate", "-o", tmp_path / "r.html")
    assert ran.out.strip() == str(tmp_path / "r.html")
    rows = rows_of(tmp_path / "r.html")
    [ana] = [row for row in rows if row["number"] == 2]
    assert (ana["status"], ana["title"]) == ("Complete", "Hello Ana")
    assert str(ana["link"]).startswith("http://127.0.0.1:")
    assert ana["submitted"]
    assert ana["completed"]
    assert ana["scenes"]
    assert ana["remark"] == ""


def test_before_any_run_a_report_says_that_nothing_is_made(
    castmerge: Castmerge, make_workbook: MakeWorkbook, tmp_path: Path
) -> None:
    """A report of a workbook without a journal works."""
    people = make_workbook([["Name"], ["Ana"]])
    ran = castmerge("report", people, "-o", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert ran.code == 0
    assert "No videos yet" in text
    assert "add -t with the template" in text
    assert list(tmp_path.glob(".castmerge*")) == []


def test_a_changed_row_is_not_shown_as_its_video(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """If a row has changed since its video, the picture says so."""
    people = make_workbook([["Id", "Name"], ["1", "Ana"]])
    castmerge("run", people, "-t", make_template(), "--simulate", "--simulate-seconds", "0.2", "--key", "Id")
    book = openpyxl.load_workbook(people)
    book["People"]["B2"] = "Anna"
    book.save(people)
    castmerge("report", people, "--simulate", "-o", tmp_path / "r.html")
    [row] = rows_of(tmp_path / "r.html")
    assert "has changed since" in str(row["remark"])


def test_a_report_without_its_template_has_no_pictures(
    castmerge: Castmerge, made: Path, tmp_path: Path
) -> None:
    """The page says so, and has everything else."""
    (tmp_path / "hello.json").unlink()
    castmerge("report", made, "--simulate", "-o", tmp_path / "r.html")
    assert "There are no pictures of the scenes" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not any(row["scenes"] for row in rows_of(tmp_path / "r.html"))


def test_csv_and_json_have_the_same_rows(castmerge: Castmerge, made: Path, tmp_path: Path) -> None:
    """Without `-o` no page is written; times are in UTC."""
    [header, *lines] = csv.reader(io.StringIO(castmerge("report", made, "--simulate", "--csv", "-").out))
    output = json.loads(castmerge("report", made, "--simulate", "--json").out)
    assert [line[0] for line in lines] == [str(row["row"]) for row in output["rows"]]
    assert [line[header.index("Submitted")] for line in lines] == [
        row["submitted_at"] or "" for row in output["rows"]
    ]
    assert output["page"] is None
    assert list(tmp_path.glob("*.html")) == []


def test_csv_and_json_cannot_share_standard_output(castmerge: Castmerge, made: Path) -> None:
    """The output of both at once couldn't be parsed."""
    assert castmerge("report", made, "--simulate", "--csv", "-", "--json").code == 2


def test_a_csv_file_is_read_by_excel_as_utf_8(castmerge: Castmerge, made: Path, tmp_path: Path) -> None:
    """It starts with the byte order mark by which Excel recognizes the encoding."""
    castmerge("report", made, "--simulate", "--csv", tmp_path / "r.csv", "-q")
    assert (tmp_path / "r.csv").read_bytes().startswith(b"\xef\xbb\xbfRow,Name")


def test_a_video_without_a_row_is_listed(castmerge: Castmerge, made: Path, tmp_path: Path) -> None:
    """Deleted rows come last with their link, and don't count as rows of the workbook."""
    book = openpyxl.load_workbook(made)
    book["People"].delete_rows(2)
    book.save(made)
    castmerge("report", made, "--simulate", "-o", tmp_path / "r.html")
    *_, gone = rows_of(tmp_path / "r.html")
    assert (gone["kind"], gone["status"], bool(gone["link"])) == ("left", "Complete", True)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "1 of 2 videos are ready" in text
    assert "No longer in the workbook" in text


@pytest.mark.parametrize(
    ("faults", "status", "message"),
    [
        pytest.param(Faults(fail=1.0), "Failed", "the avatar's voice did not answer", id="failed"),
        pytest.param(Faults(rejected=1.0), "Failed", "rejected this request", id="refused"),
    ],
)
def test_a_failure_is_shown_once_with_its_hint(
    faults: Faults,
    status: str,
    message: str,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has the service's reason and how to try again."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "key-of-the-tests")
    people = make_workbook([["Name"], ["Ana"]])
    quick = ("--yes", "--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.5")
    with Simulator(SimulatorSettings(seconds=0.2, faults=faults)) as service:
        ran = castmerge("run", people, "-t", make_template(), "--base-url", service.base_url, *quick)
    assert ran.code == 1
    assert castmerge("report", people, "-o", tmp_path / "r.html").code == 1
    [row] = rows_of(tmp_path / "r.html")
    assert (row["status"], row["kind"]) == (status, "attention")
    assert message in str(row["notes"])
    assert str(row["notes"]).count("choose Try again in castmerge") == 1


def _as_if_made(workbook: Path) -> None:
    """Turn the results of a practice run into those of a real one."""
    book = openpyxl.load_workbook(workbook)
    page = book.worksheets[0]
    columns = {str(cell.value): number for number, cell in enumerate(page[1], start=1)}
    for row in range(2, page.max_row + 1):
        if page.cell(row, columns["Video Status"]).value == "Practice":
            page.cell(row, columns["Video Status"]).value = "Complete"
            page.cell(row, columns["Video URL"]).value = f"https://videos.example/{row}.mp4"
    book.save(workbook)


def test_results_that_are_only_in_the_workbook_are_reported(
    castmerge: Castmerge, made: Path, tmp_path: Path
) -> None:
    """On another computer, without the journal, links and notes from the sheet are used."""
    alone = tmp_path / "elsewhere" / made.name
    alone.parent.mkdir()
    alone.write_bytes(made.read_bytes())
    _as_if_made(alone)
    ran = castmerge("report", alone, "-t", tmp_path / "hello.json", "--json", "-o", alone.with_name("r.html"))
    rows = rows_of(alone.with_name("r.html"))
    assert [row["status"] for row in rows] == ["Complete", "Complete", "Has a problem"]
    assert all(row["link"] and row["scenes"] for row in rows[:2])
    assert rows[2]["notes"]
    assert json.loads(ran.out)["counts"]["complete"] == 2


def test_pictures_use_the_settings_of_the_run(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Constants, locale and resolution of the last run are saved, so no row looks changed."""
    people = make_workbook([["Name"], ["Ana"]])
    template = make_template("<p>{{ season }} {{ 1200 | number }} {{ name }}</p>")
    options = ("--set", "season=Spring", "--locale", "de_DE", "--resolution", "720")
    castmerge("run", people, "-t", template, "--simulate", "--simulate-seconds", "0.2", *options)
    castmerge("report", people, "--simulate", "-o", tmp_path / "r.html")
    [row] = rows_of(tmp_path / "r.html")
    assert (row["status"], row["remark"], bool(row["scenes"])) == ("Complete", "", True)


def test_a_journal_of_an_older_castmerge_has_a_report(
    castmerge: Castmerge, made: Path, tmp_path: Path
) -> None:
    """Settings that it didn't save have their defaults."""
    journal = tmp_path / ".castmerge" / f"{made.name}.simulated.db"
    with closing(sqlite3.connect(journal)) as database, database:
        [(kept,)] = database.execute("SELECT settings FROM sheets")
        older = {name: value for name, value in json.loads(kept).items() if name != "wording"}
        database.execute("UPDATE sheets SET settings = ?", (json.dumps(older),))
    castmerge("report", made, "--simulate", "-o", tmp_path / "r.html")
    rows = rows_of(tmp_path / "r.html")
    assert [(row["status"], row["remark"]) for row in rows][:2] == [("Complete", "")] * 2
