from __future__ import annotations

from pathlib import Path

from merge.settings import RerunOptions, Settings
from merge.template.document import ProjectOptions
from tests.support.app_client import AppClient, ServedApp, at


def test_videos_of_approved_drafts_are_made(folder: Path, tmp_path: Path) -> None:
    """Drafts are listed separately; those of unapproved rows aren't exported."""
    draft = RerunOptions(draft=True)
    settings = Settings(locale="en_US", rerun=draft, project_options=ProjectOptions(draft=True))
    with ServedApp(folder, tmp_path / "user", settings) as app, AppClient(app.url) as page:
        page.post("/api/choice", {"practice": True})
        page.checked()
        assert page.refused("POST", "/api/drafts") == (422, "input")
        page.post("/api/run", {"what": "rows", "rows": "4-5"})
        page.finished()
        drafts = page.get("/api/results", "rows")
        assert [at(drafts, place, "status", "group") for place in (0, 1)] == ["draft", "draft"]
        page.post("/api/approvals", {"decision": "approved", "rows": "4", "by": "Ann"})
        page.post("/api/approvals/only", {"only_approved": True})
        page.post("/api/drafts")
        run = page.finished()
        assert (at(run, "total"), at(run, "done"), at(run, "outcome")) == (1, 1, "complete")
        made = page.get("/api/results", "rows")
        assert [at(made, place, "status", "group") for place in (0, 1)] == ["done", "draft"]
