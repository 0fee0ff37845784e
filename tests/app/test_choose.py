from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from merge.model import JSON
from merge.settings import Settings
from tests.support.app_client import AppClient, ServedApp, at
from tests.support.callables import MakeWorkbook
from tests.support.paths import ROOT


def test_one_workbook_and_one_template_are_chosen(page: AppClient) -> None:
    """If there is nothing to choose, the rows are shown at once."""
    assert page.get("/api/state", "choice", "workbook") == "customers.xlsx"
    assert page.get("/api/state", "choice", "template") == "welcome.json"
    assert page.get("/api/state", "check", "counts", "to_make") == 12


def test_a_choice_that_is_taken_back_at_once_is_checked(page: AppClient) -> None:
    """The page never waits for a check that was cancelled."""
    for pause in (0, 0.002, 0.005, 0.01, 0.02, 0.03):
        page.post("/api/choice", {"practice": True})
        time.sleep(pause)
        page.post("/api/choice", {"practice": False})
        page.until("/api/state", "check", "state", holds=lambda state: state == "ready")


def test_the_folder_shows_what_can_be_chosen(page: AppClient) -> None:
    """Workbooks with their sheets and row counts, templates with their scenes, drawn."""
    sheet = page.get("/api/folder", "workbooks", 0, "sheets", 0)
    assert (at(sheet, "name"), at(sheet, "rows")) == ("Customers", 12)
    assert "First Name" in str(at(sheet, "headers"))
    template = page.get("/api/folder", "templates", 0)
    assert (at(template, "file"), at(template, "scenes")) == ("welcome.json", 1)
    assert str(at(template, "layouts", 0)).startswith("<svg")
    assert "First Name" in str(at(template, "placeholders"))
    assert page.get("/api/folder", "recent", 0, "here") is True


def test_what_cannot_be_used_says_why(folder: Path, page: AppClient) -> None:
    """Old workbooks, damaged ones, and JSON that isn't a project."""
    (folder / "old.xls").write_bytes(b"x")
    (folder / "torn.xlsx").write_bytes(b"PK no zip")
    (folder / "other.json").write_text("[]", encoding="utf-8")
    (folder / "scenes.json.j2").write_text('{"name": "{{ first_name }}"}', encoding="utf-8")
    listing = page.get("/api/folder")
    assert "Save As" in str(at(listing, "unusable", 0, "hint"))
    problems = {str(at(card, "file")): at(card, "problem") for card in _cards(page)}
    assert {name for name, problem in problems.items() if problem} == {"torn.xlsx", "other.json"}


def _cards(page: AppClient) -> list[JSON]:
    workbooks, templates = page.get("/api/folder", "workbooks"), page.get("/api/folder", "templates")
    assert isinstance(workbooks, list)
    assert isinstance(templates, list)
    return [*workbooks, *templates]


def test_a_dropped_file_never_replaces_another(folder: Path, page: AppClient) -> None:
    """The new file gets a number, whatever its name is."""
    before = (folder / "customers.xlsx").read_bytes()
    headers = {"Origin": page.origin, "Content-Type": "application/octet-stream"}
    for name in ("customers.xlsx", "../customers.xlsx", "a\\b\\Customers.xlsx"):
        sent = page.http.post("/api/upload", params={"name": name}, content=before, headers=headers)
        assert sent.status_code == 201
    names = {path.name for path in folder.iterdir()}
    assert {"customers (2).xlsx", "customers (3).xlsx", "Customers (4).xlsx"} <= names
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, "user"}


@pytest.mark.parametrize("name", ["video.mp4", ".json", "", "x.exe", "list.xls", "con"])
def test_a_file_that_cannot_be_used_is_not_saved(folder: Path, page: AppClient, name: str) -> None:
    """The error lists the kinds of files that castmerge reads."""
    headers = {"Origin": page.origin}
    sent = page.http.post("/api/upload", params={"name": name}, content=b"x", headers=headers)
    assert sent.status_code == 422
    assert len(list(folder.glob("*"))) == 2


def test_a_saved_workbook_is_checked_again(folder: Path, page: AppClient) -> None:
    """Within two seconds of saving it in Excel, the page shows what it says now."""
    version = page.version
    shutil.copy(folder / "customers.xlsx", folder.parent / "other.xlsx")
    (folder / "welcome.json").write_text(
        (folder / "welcome.json").read_text(encoding="utf-8").replace("Hello", "Good morning"),
        encoding="utf-8",
    )
    saved = time.monotonic()
    page.checked(version)
    assert time.monotonic() - saved < 2.0 or os.getloadavg()[0] > 2
    assert "Good morning" in str(page.get("/api/preview?row=5", "row", "scenes"))


def test_every_page_is_notified_of_a_change(app: ServedApp, page: AppClient) -> None:
    """A second tab gets the state first, and then each choice in the first one."""
    with AppClient(app.url) as other:
        seen: list[str] = []

        def practices(name: str, data: object) -> bool:
            if name == "state" and not seen:
                seen.append(name)
                page.post("/api/choice", {"practice": True})
            return name == "state" and "'practice': True" in str(data)

        events = other.events(practices)
    assert events[0][0] == "state"


def test_a_broken_options_file_is_reported_with_the_rows(
    tmp_path: Path, make_workbook: MakeWorkbook, folder: Path
) -> None:
    """If no column matches the placeholders, the cells are shown, and columns are suggested."""
    shutil.copy(make_workbook([["Old First", "Plan"], ["Ana", "Gold"]]), folder / "people.xlsx")
    (folder / "customers.xlsx").unlink()
    (folder / "welcome.json").unlink()
    (folder / "hello.json").write_text(
        (ROOT / "templates" / "welcome.json").read_text(encoding="utf-8").replace("{{ ", "{{ Old "),
        encoding="utf-8",
    )
    with ServedApp(folder, tmp_path / "user", Settings()) as app, AppClient(app.url) as page:
        check = page.checked()
        assert at(check, "state") == "failed"
        unknown = at(check, "unknown", 0)
        assert at(unknown, "placeholder") == "Old First Name"
        assert at(unknown, "likely") == "Old First"
        assert at(unknown, "places") == ["Name of the video"]
        assert page.get("/api/rows", "rows", 0, "cells") == ["Ana", "Gold"]
        page.post("/api/columns", {"columns": {"Old First Name": "Old First"}})
    assert '"Old First Name" = "Old First"' in (folder / "castmerge.toml").read_text(encoding="utf-8")


def test_an_empty_folder_offers_the_example(tmp_path: Path) -> None:
    """One click copies it into the folder, in practice mode."""
    folder = tmp_path / "empty"
    folder.mkdir()
    with ServedApp(folder, tmp_path / "user") as app, AppClient(app.url) as page:
        assert page.get("/api/rows", "total") == 0
        made = page.post("/api/example")
        assert at(made, "workbook") == "customers.xlsx"
        page.until("/api/state", "check", "rows", holds=lambda rows: rows == 12)
        assert page.get("/api/state", "choice", "practice") is True


def test_an_uncertain_csv_encoding_is_asked_for(folder: Path, page: AppClient) -> None:
    """Each likely encoding is shown with values of the file; the chosen one is used."""
    content = "First Name,Last Name,Plan,Renewal Date,Amount Due,Nickname\nŁukasz,Żółć,Gold,1,2,Łuk\n"
    (folder / "polish.csv").write_bytes(content.encode("cp1250"))
    page.post("/api/choice", {"workbook": "polish.csv"})
    error = page.until("/api/state", "check", "error", holds=lambda found: found is not None)
    assert at(error, "kind") == "encoding"
    assert "sample" in str(at(error, "guesses", 0))
    page.post("/api/choice", {"encoding": "cp1250"})
    page.until("/api/state", "check", "rows", holds=lambda found: found == 1)
    assert page.get("/api/rows", "rows", 0, "cells", 0) == "Łukasz"


def test_answers_are_remembered(app: ServedApp, page: AppClient) -> None:
    """The next start remembers whether pictures are loaded, and who approves."""
    page.post("/api/preferences", {"pictures": True, "name": "Ann"})
    assert page.get("/api/state", "preferences") == {"pictures": True, "name": "Ann"}
    assert (app.user / "app.json").stat().st_mode & 0o077 == 0
