from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.app_client import AppClient, ServedApp, at


@pytest.fixture
def page(app: ServedApp) -> Iterator[AppClient]:
    """A page in practice mode, with its rows checked."""
    with AppClient(app.url) as client:
        client.checked()
        version = client.version
        client.post("/api/choice", {"practice": True})
        client.checked(version)
        yield client


def test_only_approved_rows_are_made(page: AppClient) -> None:
    """Rejected rows never are; undecided rows are, unless only approved ones were chosen."""
    page.post("/api/approvals", {"decision": "approved", "rows": "4-6", "by": "Ann", "comment": "fine"})
    page.post("/api/approvals", {"decision": "rejected", "rows": "6", "by": "Ben", "comment": "wrong plan"})
    assert page.get("/api/plan?what=all", "make") == 11
    page.post("/api/approvals/only", {"only_approved": True})
    plan = page.get("/api/plan?what=all")
    assert (at(plan, "make"), at(plan, "rows")) == (2, "4-5")
    reasons = str(at(plan, "skipped"))
    assert "Rejected" in reasons
    assert "Not approved yet" in reasons
    assert page.get("/api/rows?filter=rejected", "rows", 0, "approval", "comment") == "wrong plan"
    assert page.get("/api/state", "preferences", "name") == "Ben"


def test_an_edited_row_needs_a_new_approval(folder: Path, page: AppClient) -> None:
    """The decision is kept with its date, but the row now says something else."""
    page.post("/api/approvals", {"decision": "approved", "rows": "4-15", "by": "Ann", "comment": ""})
    version = page.version
    template = folder / "welcome.json"
    template.write_text(template.read_text(encoding="utf-8").replace("Hello", "Good day"), encoding="utf-8")
    page.checked(version)
    assert page.get("/api/rows?limit=1", "rows", 0, "approval", "current") is False
    assert page.get("/api/state", "check", "counts", "approved") == 0
    record = page.get("/api/approvals", "records", 0)
    assert (at(record, "by"), at(record, "rows"), at(record, "count")) == ("Ann", "4-15", 12)
    assert str(at(record, "at")).endswith("Z")


def test_the_record_is_only_appended_to(folder: Path, page: AppClient) -> None:
    """A line that a crash cut off doesn't hide the others."""
    page.post("/api/approvals", {"decision": "approved", "rows": "4", "by": "Ann", "comment": ""})
    path = folder / ".castmerge" / "customers.xlsx.approvals.jsonl"
    first = path.read_text(encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"decision": "appro\n')
    page.post("/api/approvals", {"decision": "rejected", "rows": "5", "by": "Ann", "comment": ""})
    assert path.read_text(encoding="utf-8").startswith(first)
    assert page.get("/api/state", "check", "counts", "approved") == 1
    assert page.get("/api/state", "check", "counts", "rejected") == 1


def test_a_proof_comes_back_as_its_code(folder: Path, page: AppClient) -> None:
    """Each proof is a new dated file; its code approves exactly its rows, however it is typed."""
    first = page.post("/api/proof", {"rows": "4-5"})
    second = page.post("/api/proof", {})
    assert at(first, "file") != at(second, "file")
    assert page.http.get(str(at(first, "url"))).text.count(str(at(first, "code"))) >= 1
    code = str(at(first, "code")).lower().replace("-", " ")
    page.post("/api/approvals/code", {"code": code, "by": "Ann"})
    assert page.get("/api/rows/numbers?filter=approved", "rows") == "4-5"
    page.post("/api/approvals/code", {"code": at(second, "code"), "by": "Ann"})
    assert page.get("/api/rows/numbers?filter=approved", "rows") == "4-15"
    lines = (folder / ".castmerge" / "customers.xlsx.approvals.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["at"][:2] for line in lines.splitlines()] == ["20"] * 4


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("K7F3", "isn't an approval code", id="mistyped"),
        pytest.param("0000-0000", "template", id="another template"),
    ],
)
def test_a_code_that_matches_nothing_is_explained(page: AppClient, code: str, said: str) -> None:
    """A typing error isn't reported as a different template."""
    answer = page.ask("POST", "/api/approvals/code", {"code": code, "by": ""})
    assert answer.status_code == 422
    assert said in str(at(answer.json(), "message"))


def test_the_code_of_all_rows_is_shown_and_accepted(folder: Path, page: AppClient) -> None:
    """The command line shows the same code, which becomes invalid when a row changes."""
    code = page.get("/api/approvals", "code")
    page.post("/api/approvals/code", {"code": code, "by": "Ann"})
    assert page.get("/api/state", "check", "counts", "approved") == 12
    version = page.version
    template = folder / "welcome.json"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("thank you", "thanks"), encoding="utf-8")
    page.checked(version)
    assert page.refused("POST", "/api/approvals/code", {"code": code, "by": "Ann"}) == (422, "input")


def test_rows_that_cannot_be_filled_in_cannot_be_approved(page: AppClient) -> None:
    """They have no preview yet."""
    wrong = {"decision": "approved", "rows": "99", "by": "", "comment": ""}
    assert page.refused("POST", "/api/approvals", {**wrong}) == (422, "input")
