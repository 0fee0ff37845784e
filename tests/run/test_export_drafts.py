from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import openpyxl
import pytest

from merge.errors import Rejected, Unauthorized, Unavailable, Uncertain
from merge.journal import SqliteJournal
from merge.model import ExportState, JobId, Progress, State
from merge.results import ExitCode, MergeResult
from merge.services.simulator import Simulator
from merge.settings import Selection, Settings
from merge.sheet.result_columns import Status
from merge.template.document import ProjectOptions
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.fake_service import SHEET, Scene

DRAFTS = Settings(project_options=ProjectOptions(draft=True))


def _has(result: MergeResult) -> dict[Status, int]:
    return dict(Counter(row.status for row in result.rows))


def _column(workbook: Path, header: str) -> list[object]:
    first, *rows = openpyxl.load_workbook(workbook)[SHEET].iter_rows(values_only=True)
    return [row[first.index(header)] for row in rows]


@pytest.fixture
def drafted(scene: Scene) -> Scene:
    """Five people whose drafts are saved at the service."""
    assert scene.carry_out(DRAFTS).counts["complete"] == 5
    scene.service.calls.clear()
    return scene


def test_each_draft_is_exported_once_and_followed_to_its_video(drafted: Scene) -> None:
    """Ids are kept, links are added, and a second export sends no requests."""
    ids = _column(drafted.workbook, "Video ID")
    result = drafted.carry_out(drafts=True)
    assert (_has(result), result.exit_code) == ({Status.COMPLETE: 5}, ExitCode.COMPLETE)
    assert sorted(drafted.service.exported) == sorted(str(job) for job in ids)
    assert _column(drafted.workbook, "Video ID") == ids
    assert all(_column(drafted.workbook, "Video URL"))
    drafted.service.calls.clear()
    assert drafted.carry_out(drafts=True).exit_code is ExitCode.COMPLETE
    assert not drafted.service.calls


def test_a_plain_run_leaves_exported_drafts_alone(drafted: Scene) -> None:
    """A video made from a draft belongs to its row, which is up to date."""
    drafted.carry_out(drafts=True)
    assert _has(drafted.carry_out()) == {Status.COMPLETE: 5}
    assert drafted.service.calls["submit"] == 0


def test_only_selected_drafts_are_exported(drafted: Scene) -> None:
    """Other drafts stay drafts."""
    settings = Settings(selection=Selection(where="name == 'Ben'"))
    assert _has(drafted.carry_out(settings, drafts=True)) == {Status.COMPLETE: 1}
    assert (len(drafted.service.exported), Counter(_column(drafted.workbook, "Video Status"))) == (
        1,
        {"Draft": 4, "Complete": 1},
    )


def test_the_intent_to_export_is_on_disk_first(drafted: Scene) -> None:
    """A process that dies during the request leaves the row unconfirmed, and it isn't exported twice."""

    class Killed(BaseException):
        """Simulates the end of the process."""

    def killed(_: JobId) -> None:
        assert any(entry.exporting for entry in drafted.journal.entries(SHEET).values())
        raise Killed

    drafted.service.on_export = killed
    with pytest.raises(Killed):
        drafted.carry_out(drafts=True)
    drafted.service.on_export = lambda _: None
    taken = [entry for entry in drafted.journal.entries(SHEET).values() if entry.exporting]
    for entry in taken:
        assert entry.job is not None
        drafted.service.began[entry.job] = drafted.clock.seconds()
    assert _has(drafted.carry_out(drafts=True)) == {Status.COMPLETE: 5}
    assert len(drafted.service.exported) == 5 - len(taken) < 5


def test_a_lost_answer_is_resolved_by_the_projects_progress(drafted: Scene) -> None:
    """An export that was accepted is followed, not repeated."""
    drafted.service.export_errors = {2: Uncertain("500"), 3: Uncertain("reset")}
    assert _has(drafted.carry_out(drafts=True)) == {Status.COMPLETE: 5}
    assert (len(drafted.service.exported), drafted.service.calls["export"]) == (5, 5)


def test_an_export_that_does_not_begin_is_left_unconfirmed(drafted: Scene) -> None:
    """After the longest export time the row says so, and is only exported again with the flag."""
    drafted.service.export_errors = {1: Uncertain("500")}
    drafted.service.accepts_lost = False
    result = drafted.carry_out(drafts=True)
    assert (_has(result), result.exit_code) == ({Status.CHECK: 1, Status.COMPLETE: 4}, ExitCode.OPEN)
    [note] = [str(row.note) for row in result.rows if row.status is Status.CHECK]
    assert "choose Send again in castmerge" in note
    assert len(drafted.service.exported) == 4
    assert _has(drafted.carry_out(Settings(), drafts=True))[Status.CHECK] == 1
    assert len(drafted.service.exported) == 4
    again = drafted.carry_out(Settings(resubmit_in_doubt=True), drafts=True)
    assert (_has(again), len(drafted.service.exported)) == ({Status.COMPLETE: 5}, 5)


@pytest.mark.parametrize("command", ["run", "drafts"])
def test_an_unconfirmed_export_never_becomes_a_submission(drafted: Scene, command: str) -> None:
    """Any command exports the draft again rather than submitting its row."""
    drafted.service.export_errors = {1: Uncertain("500")}
    drafted.service.accepts_lost = False
    drafted.carry_out(drafts=True)
    drafted.carry_out(Settings(resubmit_in_doubt=True), drafts=command == "drafts")
    assert (drafted.service.calls["submit"], len(drafted.service.exported)) == (0, 5)


def test_a_draft_exported_in_the_editor_is_followed(drafted: Scene) -> None:
    """The draft is polled before it is exported."""
    drafted.service.began = dict.fromkeys(drafted.service.accepted, drafted.clock.seconds() - 20)
    assert _has(drafted.carry_out(drafts=True)) == {Status.COMPLETE: 5}
    assert drafted.service.calls["export"] == 0


def test_a_refused_export_leaves_the_draft_and_gives_the_reason(drafted: Scene) -> None:
    """The same command exports it once the cause is fixed."""
    drafted.service.export_errors = {1: Rejected("Not enough credits")}
    result = drafted.carry_out(drafts=True)
    assert (_has(result), result.exit_code) == ({Status.DRAFT: 1, Status.COMPLETE: 4}, ExitCode.OPEN)
    assert "Not enough credits" in " ".join(row.note or "" for row in result.rows)
    assert _has(drafted.carry_out(drafts=True)) == {Status.COMPLETE: 5}


def test_an_export_is_retried_if_the_service_is_busy(drafted: Scene) -> None:
    """A request that certainly wasn't accepted is sent again."""
    drafted.service.export_errors = {1: Unavailable("429", retry_after=20), 2: Unavailable("no connection")}
    assert _has(drafted.carry_out(drafts=True)) == {Status.COMPLETE: 5}
    assert (len(drafted.service.exported), drafted.service.calls["export"]) == (5, 7)


def test_a_draft_that_cannot_be_polled_is_not_exported(drafted: Scene) -> None:
    """The row of a deleted draft has a note, and the others continue."""
    del drafted.service.accepted[JobId("v1")]
    result = drafted.carry_out(drafts=True)
    assert _has(result) == {Status.DRAFT: 1, Status.COMPLETE: 4}
    assert "404" in " ".join(row.note or "" for row in result.rows)


def test_a_refused_key_exports_nothing(drafted: Scene) -> None:
    """The run stops, and all drafts stay drafts."""

    def progress_at(age: float) -> Progress:
        raise Unauthorized(f"refused after {age} s")

    drafted.service.progress_at = progress_at
    result = drafted.carry_out(drafts=True)
    assert (_has(result), result.exit_code) == ({Status.DRAFT: 5}, ExitCode.STOPPED)
    assert drafted.service.calls["export"] == 0


def test_the_workbook_is_enough(drafted: Scene) -> None:
    """Drafts with an id and the status `Draft` are exported without a journal, each after a poll."""
    with SqliteJournal.open(drafted.journal.path.with_name("other.db")) as drafted.journal:
        assert _has(drafted.carry_out(drafts=True)) == {Status.COMPLETE: 5}
        assert {entry.state for entry in drafted.journal.entries(SHEET).values()} == {State.COMPLETE}
    assert len(drafted.service.exported) == 5


def test_a_draft_of_unknown_progress_is_exported(drafted: Scene) -> None:
    """0 % in an unknown state doesn't prove an export, so it is requested."""
    unsaid = Progress(0, ExportState.RENDERING)
    drafted.service.progress_at = lambda age: (
        unsaid
        if age > 900 or not drafted.service.exported
        else Progress(100, ExportState.COMPLETE, f"https://x.y/{age}")
    )
    drafted.service.accepted = {
        job: (project, at - 9999) for job, (project, at) in drafted.service.accepted.items()
    }
    assert _has(drafted.carry_out(replace(DRAFTS, project_options=ProjectOptions()), drafts=True)) == {
        Status.COMPLETE: 5
    }
    assert len(drafted.service.exported) == 5


def test_approved_drafts_are_exported_as_saved(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only drafts that are approved in the sheet are exported, with the given options and unchanged."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "some-key")
    quick = (
        "--base-url",
        simulator.base_url,
        "--first-look",
        "0.2",
        "--poll-min",
        "0.2",
        "--poll-max",
        "0.4",
    )
    workbook = make_workbook([["Name", "Approved"], ["Ana", "yes"], ["Ben", "no"]])
    assert castmerge("run", workbook, "-t", make_template(), "--draft", "--yes", *quick).code == 0
    ana, ben = (str(job) for job in _column(workbook, "Video ID"))
    with httpx.Client(base_url=simulator.base_url, headers={"Authorization": "k"}, trust_env=False) as editor:
        draft = editor.get(f"/api/odin/v3/editor/project/{ana}").json()["data"]["project"]
        asked = ("export-drafts", workbook, "--where", "approved == 'yes'", *quick)
        refused = castmerge(*asked)
        assert (refused.code, "Make 1 video from the drafts" in refused.err, "--yes" in refused.err) == (
            2,
            True,
            True,
        )
        ran = castmerge(*asked, "--yes", "--json", "--resolution", "720")
        project = editor.get(f"/api/odin/v3/editor/project/{ana}").json()["data"]["project"]
        other = editor.get(f"/api/odin/v3/editor/project/{ben}").json()["data"]["project"]
    summary = json.loads(ran.out)
    assert (ran.code, summary["counts"]["complete"], summary["rows"][0]["video_id"]) == (0, 1, ana), ran.err
    assert (project["state"], project["resolution"], other["state"]) == ("exported", "720", "draft")
    assert project["scenes"] == draft["scenes"]
