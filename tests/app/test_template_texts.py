from __future__ import annotations

import json
from pathlib import Path

from merge.model import JSON
from tests.support.app_client import AppClient, at

SCRIPT = "$.scenes[0].clips[0].script.org"


def _texts(page: AppClient, row: int = 5) -> dict[str, JSON]:
    found = page.get(f"/api/template?row={row}", "texts")
    assert isinstance(found, list)
    return {str(at(text, "path")): text for text in found}


def test_every_text_is_shown_in_pieces(page: AppClient) -> None:
    """Words and columns are listed, with the values of one row."""
    texts = _texts(page)
    assert at(texts["$.name"], "pieces", 1) == {"column": "First Name", "fallback": "", "format": "excel"}
    assert at(texts["$.name"], "live", "pieces") == ["Welcome ", "Mateo", " ", "Alvarez"]
    assert at(texts[SCRIPT], "kind") == "script"
    assert "<p>" not in str(texts[SCRIPT])


def test_a_text_is_tried_before_it_is_saved(folder: Path, page: AppClient) -> None:
    """The row's own words appear, and nothing is written."""
    before = (folder / "welcome.json").read_bytes()
    pieces: JSON = [
        {"text": "Dear <"},
        {"column": "Nickname", "fallback": "friend", "format": "excel"},
        {"text": ">, on "},
        {"column": "Renewal Date", "fallback": "time", "format": "date_long"},
    ]
    tried = page.post("/api/template/try", {"path": SCRIPT, "pieces": pieces, "row": 5})
    assert at(tried, "pieces") == ["Dear <", "friend", ">, on ", "December 4, 2026"]
    assert (folder / "welcome.json").read_bytes() == before


def test_a_preview_shows_its_problems(page: AppClient) -> None:
    """As in a row: a blank cell has no fallback."""
    tried = page.post("/api/template/try", {"path": SCRIPT, "pieces": [{"column": "Nickname"}], "row": 5})
    assert at(tried, "pieces") == []
    assert "Nickname" in str(at(tried, "problems", 0, "message"))


def test_the_first_change_goes_into_a_copy(folder: Path, page: AppClient) -> None:
    """Everything else in the copy is identical, and the next change goes into the same copy."""
    before = (folder / "welcome.json").read_text(encoding="utf-8")
    version = page.get("/api/template", "version")
    change: JSON = {"path": SCRIPT, "pieces": [{"text": "Hi “you” & all"}], "version": version}
    saved = page.patch("/api/template", change)
    assert at(saved, "saved_as") == "welcome (edited).json"
    after = (folder / "welcome (edited).json").read_text(encoding="utf-8")
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert len(changed) == 1
    assert "<p>Hi “you” &amp; all</p>" in changed[0]
    assert (folder / "welcome.json").read_text(encoding="utf-8") == before
    assert page.get("/api/state", "choice", "template") == "welcome (edited).json"
    again: JSON = {"path": "$.name", "pieces": [{"text": "Hello"}], "version": at(saved, "version")}
    assert at(page.patch("/api/template", again), "saved_as") is None
    name = json.loads((folder / "welcome (edited).json").read_text(encoding="utf-8"))["name"]
    assert name == "Hello"
    assert page.refused("PATCH", "/api/template", change) == (409, "conflict")


def test_a_jinja_template_is_not_edited(folder: Path, page: AppClient) -> None:
    """The page says to change it in a text editor."""
    (folder / "scenes.json.j2").write_text('{"name": "{{ first_name }}", "scenes": []}', encoding="utf-8")
    page.until("/api/folder", "templates", holds=lambda found: "scenes.json.j2" in str(found))
    page.post("/api/choice", {"template": "scenes.json.j2"})
    assert page.get("/api/template", "editable") is False
    assert "text editor" in str(page.get("/api/template", "why"))


def test_invalid_pieces_are_refused(page: AppClient) -> None:
    """The error isn't an internal one."""
    wrong: JSON = {"path": SCRIPT, "pieces": [{"video": 1}], "row": 5}
    assert page.refused("POST", "/api/template/try", wrong) == (422, "input")
    braces: JSON = {"path": SCRIPT, "pieces": [{"column": "Plan", "fallback": "{x}"}], "row": 5}
    assert page.refused("POST", "/api/template/try", braces) == (422, "input")
    gone: JSON = {"path": "$.scenes[9].x", "pieces": [], "row": 5}
    assert page.refused("POST", "/api/template/try", gone) == (409, "conflict")
