from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest

from merge.journal import SharedWorkbook, shared_journal
from merge.model import JSON, Entry, Fingerprint, JobId, RowKey, State, Tag
from merge.services.simulator import Simulator, SimulatorSettings
from merge.settings import ServiceOptions, Settings
from tests.app.conftest import example_folder
from tests.app.test_make import QUICK
from tests.support.app_client import AppClient, ServedApp, at, opened_app
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """A page after a practice run of two rows, one of them with a cell that looks like a formula."""
    folder = example_folder(tmp_path_factory.mktemp("made") / "Spring")
    book = openpyxl.load_workbook(folder / "customers.xlsx")
    book["Customers"].cell(4, 3).value = "+49 30 1234"
    book.save(folder / "customers.xlsx")
    with ServedApp(folder, tmp_path_factory.mktemp("user")) as app, AppClient(app.url) as page:
        page.checked()
        page.post("/api/choice", {"practice": True})
        page.checked(1)
        page.post("/api/run", {"what": "rows", "rows": "4-5"})
        page.finished()
        yield page


def test_practice_results_have_no_link(made: AppClient) -> None:
    """Their status is Practice, and they count as nothing else."""
    results = made.get("/api/results")
    assert (at(results, "total"), at(results, "practice")) == (2, True)
    assert at(results, "rows", 0, "status", "label") == "Practice"
    assert at(results, "rows", 0, "url") is None
    assert made.refused("POST", "/api/download", {}) == (422, "input")


def test_the_links_come_with_the_users_own_columns(made: AppClient) -> None:
    """No spreadsheet program runs a cell of the CSV file as a formula."""
    lines = made.http.get("/api/results.csv").text.splitlines()
    assert lines[0].startswith("\ufeffRow,Customer ID,First Name")
    assert "'+49 30 1234" in lines[1]
    assert "Practice" in lines[1]
    assert len(lines) == 13


def test_the_report_is_a_page_in_the_folder(made: AppClient) -> None:
    """Each report is a new file, which is shown on its own page."""
    report = made.post("/api/report")
    assert "customers.xlsx" in made.http.get(str(at(report, "url"))).text
    assert made.post("/api/report") != report


def test_results_can_be_written_again(made: AppClient) -> None:
    """Result cells that the user has cleared are filled again."""
    assert at(made.post("/api/write-back"), "choice", "workbook") == "customers.xlsx"
    made.checked()


def test_the_workbook_is_opened_as_by_a_double_click(
    made: AppClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The computer's own program for workbooks opens it; if there is none, the page says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert made.refused("POST", "/api/open-workbook", {}) == (422, "input")
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n', encoding="utf-8")
    opener.chmod(0o755)
    assert made.ask("POST", "/api/open-workbook", {}).status_code == 204
    made.until("/api/state", "lock", holds=lambda _: (tmp_path / "opened").exists())


@pytest.mark.parametrize("body", [{"do": "nothing"}, {"do": "key"}, {}])
def test_an_unknown_answer_about_videos_is_refused(made: AppClient, body: dict[str, JSON]) -> None:
    """Only the answers on the page are accepted."""
    assert made.refused("POST", "/api/unplaced", {**body}) == (422, "input")


def test_videos_without_a_row_need_a_decision_first(folder: Path, page: AppClient) -> None:
    """Nothing is made while unwritten videos have no row; each answer is one click."""
    page.post("/api/choice", {"practice": True})
    page.checked(1)
    owner = folder / "~$customers.xlsx"
    owner.write_bytes(b"\x03Ann")
    page.post("/api/run", {"what": "rows", "rows": "4", "anyway": True})
    page.until("/api/run", "state", holds=lambda state: state == "waiting_for_workbook")
    page.post("/api/run/stop")
    run = page.finished()
    assert at(run, "outcome") == "not_written"
    owner.unlink()
    book = openpyxl.load_workbook(folder / "customers.xlsx")
    for place in range(1, 12):
        book["Customers"].cell(4, place).value = book["Customers"].cell(5, place).value
    book["Customers"].cell(4, 2).value = "Someone Else"
    version = page.version
    book.save(folder / "customers.xlsx")
    page.checked(version)
    assert page.get("/api/state", "check", "counts", "unplaced") == 1
    assert page.get("/api/plan?what=all", "blocked", "kind") == "unplaced"
    assert page.refused("POST", "/api/run", {"what": "all"}) == (409, "unplaced")
    assert page.get("/api/results", "unplaced_help", "actions", 0, "do") == "key"
    version = page.version
    page.post("/api/unplaced", {"do": "new_rows"})
    page.checked(version)
    assert page.get("/api/plan?what=all", "blocked") is None
    page.post("/api/unplaced", {"do": "key", "column": "Customer ID"})
    assert 'key = ["Customer ID"]' in (folder / "castmerge.toml").read_text(encoding="utf-8")


def test_a_project_of_the_account_becomes_a_template(folder: Path, tmp_path: Path) -> None:
    """It is listed by its name, saved under an unused one, and chosen."""
    project = json.loads((ROOT / "templates" / "welcome.json").read_text(encoding="utf-8"))
    project["name"] = "Spring / greeting"
    with Simulator(SimulatorSettings(seconds=0.1)) as running:
        sent = httpx.post(
            f"{running.base_url}/api/odin/v3/editor/project", json=project, headers={"Authorization": "any"}
        )
        assert sent.status_code == 200
        options = ServiceOptions(base_url=running.base_url)
        settings = Settings(locale="en_US", timing=QUICK, trust_simulated=True)
        with ServedApp(folder, tmp_path / "user", settings, options) as app, AppClient(app.url) as page:
            page.checked()
            page.post("/api/connection", {"key": "any"})
            listed = page.until("/api/projects", "projects", holds=lambda found: found != [])
            assert at(listed, 0, "name") == "Spring / greeting"
            chosen: JSON = {"id": at(listed, 0, "id"), "name": "Spring / greeting"}
            saved = str(at(page.post("/api/projects/save", chosen), "template"))
            assert (folder / saved).is_file()
            assert page.get("/api/state", "choice", "template") == saved
            assert page.refused("POST", "/api/connection", {"key": "any", "region": "moon"}) == (422, "input")
            page.post("/api/connection", {"key": "any", "region": "china"})
            assert page.get("/api/state", "connection", "region") == "china"


def test_the_page_shows_what_others_make_with_a_shared_journal(
    folder: Path, tmp_path: Path, database: str
) -> None:
    """Without one there's nothing to show; with one, all workbooks and who is working on them."""
    with opened_app(folder, tmp_path / "alone") as page:
        assert page.get("/api/shared") == {"campaigns": []}
    path = tmp_path / "people.xlsx"
    path.touch()
    place = shared_journal(database, SharedWorkbook(path, practice=False, lock=tmp_path / "people.db"))
    with place.open() as journal, journal.lock():
        video = Entry(RowKey("k"), 2, "c", Fingerprint("f"), Tag("t"), State.SUBMITTED, job=JobId("v1"))
        journal.put("S", [video])
        with opened_app(folder, tmp_path / "shared", Settings(journal=database)) as page:
            shared = page.get("/api/shared")
    assert at(shared, "campaigns", 0, "workbook") == "people.xlsx"
    assert at(shared, "campaigns", 0, "counts") == {"Submitted": 1}
    assert at(shared, "campaigns", 0, "statuses") == [{"group": "working", "label": "Being made", "count": 1}]
    assert at(shared, "campaigns", 0, "workers", 0, "host") == platform.node()
