from __future__ import annotations

from pathlib import Path

import pytest

from merge.model import JSON
from tests.support.app_client import AppClient, at


@pytest.fixture
def practice(page: AppClient) -> AppClient:
    """The page in practice mode, where the simulator has templates of its own."""
    version = page.version
    page.post("/api/choice", {"practice": True})
    page.checked(version)
    return page


def test_a_template_of_ai_studios_becomes_a_project(folder: Path, practice: AppClient) -> None:
    """It is listed by name, and saved into the folder with one click."""
    found = practice.get("/api/business-templates", "projects")
    assert [at(found, place, "name") for place in (0, 1)] == ["Company news", "Welcome aboard"]
    wanted: JSON = {"id": at(found, 0, "id"), "name": "Company news"}
    assert practice.post("/api/business-templates/use", wanted) == {"template": "Company news.json"}
    assert "This is Company news." in (folder / "Company news.json").read_text(encoding="utf-8")
    assert practice.get("/api/state", "choice", "template") == "Company news.json"
    assert practice.refused("POST", "/api/business-templates/use", {"id": "none"}) == (502, "service")


def test_slides_become_a_project(folder: Path, practice: AppClient) -> None:
    """AI Studios makes a scene of each; the project is saved into the folder."""
    headers = {"Origin": practice.origin, "Content-Type": "application/octet-stream"}

    def sent(name: str) -> int:
        return practice.http.post(f"/api/deck?name={name}", content=b"%PDF-1.4", headers=headers).status_code

    assert sent("Neue%20Produkte%20%E2%82%AC.pdf") == 201
    assert "Neue Produkte €" in (folder / "Neue Produkte €.json").read_text(encoding="utf-8")
    assert sent("notes.docx") == 422


def test_without_a_key_ai_studios_is_not_asked(page: AppClient) -> None:
    """The connect dialog opens instead."""
    assert page.refused("GET", "/api/business-templates") == (401, "key")
