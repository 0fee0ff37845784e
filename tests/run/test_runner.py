from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import pytest

from merge.errors import JournalError, Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
from merge.journal import SqliteJournal
from merge.model import Entry, ExportState, Fingerprint, JobId, Progress, Project, RowKey, State, Tag
from merge.project.fingerprint import tag_of_name
from merge.run.state import Outcome
from merge.settings import Selection, Settings
from merge.sheet.result_columns import Status
from tests.support.callables import MakeWorkbook
from tests.support.fake_service import BEGAN, SHEET, FakeService, Scene


def _statuses(outcome: Outcome) -> list[Status]:
    return [row.status for row in outcome.rows]


def _has(statuses: Iterable[Status]) -> dict[Status, int]:
    return dict(Counter(statuses))


def test_every_row_is_submitted_once_and_followed(scene: Scene) -> None:
    """All rows are complete with a link, in the result and in the journal."""
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {Status.COMPLETE: 5}
    assert len(set(scene.service.tags)) == scene.service.calls["submit"] == 5
    assert {row.url for row in outcome.rows} == {f"https://x.y/v{number}.mp4" for number in range(1, 6)}
    assert {entry.state for entry in scene.journal.entries(SHEET).values()} == {State.COMPLETE}


def test_a_second_run_sends_no_requests(scene: Scene) -> None:
    """Complete rows are skipped."""
    scene.run()
    scene.service.calls.clear()
    assert _has(_statuses(scene.run())) == {Status.COMPLETE: 5}
    assert scene.service.calls == Counter()


def test_the_intent_is_on_disk_before_the_request(scene: Scene) -> None:
    """By the time a project reaches the service, its tag is in the journal."""
    seen: list[bool] = []

    def on_submit(project: Project) -> None:
        with SqliteJournal.open(scene.journal.path, create=False) as other:
            entry = other.entries(SHEET)[project.key]
        seen.append(
            entry.state is State.SUBMITTING and entry.tag == tag_of_name(json.loads(project.body)["name"])
        )

    scene.service.on_submit = on_submit
    scene.run()
    assert seen == [True] * 5


def test_lost_answer_is_adopted_by_tag(scene: Scene) -> None:
    """A submission that arrived is adopted by its tag and not repeated."""
    scene.service.answers = {2: Uncertain("the connection was lost")}
    assert _has(_statuses(scene.run())) == {Status.COMPLETE: 5}
    assert scene.service.calls["submit"] == len(set(scene.service.tags)) == 5


def test_a_submission_that_never_appears_stays_unconfirmed(scene: Scene) -> None:
    """After the longest export time the row has a note, and nothing was repeated."""
    scene.service.answers = {1: Uncertain("500")}
    scene.service.accepts_lost = False
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {Status.CHECK: 1, Status.COMPLETE: 4}
    assert scene.clock.seconds() > 900
    assert "choose Send again in castmerge" in str(outcome.rows[0].note)
    assert scene.service.calls["submit"] == 5


def test_an_unconfirmed_row_is_resubmitted_only_on_request(scene: Scene) -> None:
    """With the flag, a row that didn't appear is submitted with another tag."""
    scene.service.answers = {1: Uncertain("500")}
    scene.service.accepts_lost = False
    scene.run()
    [unconfirmed] = [entry for entry in scene.journal.entries(SHEET).values() if entry.job is None]
    outcome = scene.run(Settings(resubmit_in_doubt=True))
    assert _has(_statuses(outcome)) == {Status.COMPLETE: 5}
    again = scene.journal.entries(SHEET)[unconfirmed.key]
    assert (again.generation, again.tag == unconfirmed.tag) == (1, False)


def test_an_interrupted_submission_is_searched_by_the_next_run(scene: Scene) -> None:
    """An intent without an outcome in the journal is unconfirmed."""
    plan = scene.plan(Settings())
    [first, *_] = plan.rows
    assert first.filled_in is not None
    project = first.filled_in.project(first.row.key)
    scene.service.accepted[JobId("v0")] = (project, -60.0)
    intent = Entry(
        first.row.key,
        2,
        first.row.content,
        project.fingerprint,
        project.tag,
        State.SUBMITTING,
        submitted_at=BEGAN,
    )
    scene.journal.put(SHEET, [intent])
    outcome = scene.run()
    assert outcome.rows[0].video_id == "v0"
    assert scene.service.calls["submit"] == 4


def test_without_a_journal_tags_are_searched_first(scene: Scene) -> None:
    """If the journal is deleted, no row that the service lists is submitted twice."""
    scene.run()
    made = set(scene.service.accepted)
    with SqliteJournal.open(scene.journal.path.with_name("new.db")) as scene.journal:
        outcome = scene.run()
    assert {row.video_id for row in outcome.rows} == made
    assert scene.service.calls["submit"] == 5


def test_without_a_journal_an_unreadable_list_prevents_sending(scene: Scene) -> None:
    """If the search for tags fails, nothing is submitted."""

    class NoAnswer(FakeService):
        async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
            raise Unavailable(f"{len(tags)} tags, no answer")

    scene.service = NoAnswer(scene.clock)
    outcome = scene.run()
    assert isinstance(outcome.stopped_by, Unavailable)
    assert scene.service.calls["submit"] == 0


def test_an_unavailable_service_is_retried(scene: Scene) -> None:
    """A busy service is asked again after its Retry-After."""
    scene.service.answers = {1: Unavailable("429", retry_after=30.0), 2: Unavailable("no connection")}
    assert _has(_statuses(scene.run())) == {Status.COMPLETE: 5}
    assert scene.service.calls["submit"] == 7
    assert len(scene.service.accepted) == 5


def test_an_unreachable_service_leaves_rows_to_do(scene: Scene) -> None:
    """Retries are limited, and the journal records that nothing was accepted."""
    scene.service.answers = {number: Unavailable("no connection") for number in range(1, 99)}
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {Status.TO_DO: 5}
    assert {entry.state for entry in scene.journal.entries(SHEET).values()} == {State.NOT_TAKEN}
    assert "No connection" in str(outcome.rows[0].note)


def test_a_refused_row_fails_alone(scene: Scene) -> None:
    """The row has the reason, and the others continue."""
    scene.service.answers = {3: Rejected("the script is too long", hint="Shorten it")}
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {Status.COMPLETE: 4, Status.FAILED: 1}
    assert "The script is too long. Shorten it." in {row.note for row in outcome.rows}


def test_a_refused_key_stops_the_run(scene: Scene) -> None:
    """No further requests are sent."""
    scene.service.answers = {number: Unauthorized("the key is refused") for number in range(2, 99)}
    outcome = scene.run(Settings(at_once=1))
    assert isinstance(outcome.stopped_by, Unauthorized)
    assert _has(_statuses(outcome)) == {Status.SUBMITTED: 1, Status.TO_DO: 4}
    assert scene.service.calls["submit"] == 2


@pytest.mark.parametrize(
    ("seen", "status", "note"),
    [
        pytest.param(
            Progress(40, ExportState.FAILED, failure="bad image"), Status.FAILED, "bad image", id="failed"
        ),
        pytest.param(
            Progress(40, ExportState.FAILED, reported="error"), Status.FAILED, "error", id="failed, one word"
        ),
        pytest.param(Progress(100, ExportState.RENDERING), Status.COMPLETE, "no link", id="no link"),
        pytest.param(Progress(97, ExportState.RENDERING), Status.RENDERING, "97%", id="stalled"),
        pytest.param(Progress(0, ExportState.DRAFT), Status.DRAFT, "", id="a draft"),
    ],
)
def test_progress_becomes_the_status_of_the_row(
    scene: Scene, seen: Progress, status: Status, note: str
) -> None:
    """A failure is final, a missing link is noted, and a stalled job stays open."""
    scene.service.progress_at = lambda _: seen
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {status: 5}
    assert note in str(outcome.rows[0].note)


def test_an_unknown_job_fails_after_three_polls(scene: Scene) -> None:
    """One unexpected answer isn't enough."""
    scene.run()
    scene.service.accepted.clear()
    entries = scene.journal.entries(SHEET).values()
    scene.journal.put(SHEET, [replace(entry, state=State.SUBMITTED) for entry in entries])
    scene.service.calls.clear()
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {Status.FAILED: 5}
    assert scene.service.calls["progress"] == 15


def test_a_job_whose_project_exists_does_not_fail(scene: Scene) -> None:
    """If only the progress request is refused, for example by a wrong URL, a paid video doesn't fail."""
    scene.service.has_projects = True

    def progress_at(age: float) -> Progress:
        raise Rejected(f"404 after {age:.0f} s")

    scene.service.progress_at = progress_at
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {Status.SUBMITTED: 5}
    assert "Look at the video in AI Studios" in str(outcome.rows[0].note)


def test_failed_polls_are_repeated(scene: Scene) -> None:
    """A failed poll only costs time."""
    seen = iter([Unavailable("502"), Unavailable("429", retry_after=5)])

    def progress_at(age: float) -> Progress:
        if (error := next(seen, None)) is not None:
            raise error
        return Progress(100, ExportState.COMPLETE, f"https://x.y/{age}.mp4")

    scene.service.progress_at = progress_at
    assert _has(_statuses(scene.run())) == {Status.COMPLETE: 5}


@pytest.mark.parametrize("rows", [1, 5])
def test_a_key_refused_while_polling_stops_the_run(scene: Scene, rows: int) -> None:
    """Submitted rows stay open."""

    def progress_at(age: float) -> Progress:
        raise Unauthorized(f"refused after {age} s")

    scene.service.progress_at = progress_at
    outcome = scene.run(Settings(selection=Selection(rows=f"2-{rows + 1}")))
    assert isinstance(outcome.stopped_by, Unauthorized)
    assert _has(_statuses(outcome)) == {Status.SUBMITTED: rows}


def test_a_stop_ends_the_run_and_keeps_known_results(scene: Scene) -> None:
    """Nothing more is submitted, pending answers are awaited, and other rows aren't changed."""

    def on_submit(project: Project) -> None:
        scene.stop.requested = scene.service.calls["submit"] >= 2

    scene.service.on_submit = on_submit
    outcome = scene.run(Settings(at_once=2))
    assert outcome.interrupted
    assert _has(_statuses(outcome)) == {Status.SUBMITTED: 2, Status.TO_DO: 3}
    states = Counter(entry.state for entry in scene.journal.entries(SHEET).values())
    assert states == {State.SUBMITTED: 2, State.NOT_TAKEN: 3}


def test_a_draft_is_saved_and_not_followed(scene: Scene) -> None:
    """With --draft, a row is done once the service has saved it."""
    settings = Settings(project_options=replace(Settings().project_options, draft=True))
    assert _has(_statuses(scene.run(settings))) == {Status.DRAFT: 5}
    assert scene.service.calls["progress"] == 0
    assert json.loads(next(iter(scene.service.accepted.values()))[0].body)["isExport"] is False


def test_a_row_with_the_status_check_is_searched(make_workbook: MakeWorkbook, scene: Scene) -> None:
    """Without a journal it isn't submitted before its tag was searched for."""
    plan = scene.plan(Settings())
    assert plan.rows[0].filled_in is not None
    scene.service.accepted[JobId("v0")] = (plan.rows[0].filled_in.project(plan.rows[0].row.key), -999.0)
    scene.workbook = make_workbook(
        [["Name", "Video ID", "Video Status"], ["Ana", None, "Check"], [None, None, None]]
    )
    outcome = scene.run()
    assert [(row.video_id, row.status) for row in outcome.rows] == [("v0", Status.COMPLETE)]
    assert scene.service.calls["submit"] == 0


def test_a_row_with_only_an_id_in_the_sheet_is_followed(make_workbook: MakeWorkbook, scene: Scene) -> None:
    """Another computer needs only the workbook."""
    scene.run()
    scene.workbook = make_workbook([["Name", "Video ID", "Video Status"], ["Ana", "v1", "Rendering"]])
    with SqliteJournal.open(scene.journal.path.with_name("other.db")) as scene.journal:
        outcome = scene.run()
    assert [(row.video_id, row.status) for row in outcome.rows] == [("v1", Status.COMPLETE)]


class BrokenJournal(SqliteJournal):
    """A journal whose disk is full for some states."""

    broken_for: frozenset[State] = frozenset()

    def put(self, sheet: str, entries: Iterable[Entry]) -> frozenset[str]:
        written = list(entries)
        if self.broken_for & {entry.state for entry in written}:
            raise JournalError("the journal can't grow, because the disk is full")
        return super().put(sheet, written)


@pytest.mark.parametrize(
    ("state", "sent"),
    [pytest.param(State.SUBMITTING, 0, id="intent"), pytest.param(State.SUBMITTED, 1, id="id")],
)
def test_a_broken_journal_stops_the_run_and_loses_no_id(scene: Scene, state: State, sent: int) -> None:
    """Nothing is sent without a recorded intent, and a known id still reaches the result."""
    with BrokenJournal.open(scene.journal.path.with_name("full.db")) as journal:
        assert isinstance(journal, BrokenJournal)
        journal.broken_for = frozenset({state})
        scene.journal = journal
        outcome = scene.run(Settings(at_once=1))
    assert isinstance(outcome.stopped_by, JournalError)
    assert scene.service.calls["submit"] == sent
    assert [row.video_id for row in outcome.rows if row.video_id] == ["v1"][:sent]


def test_observers_are_notified_of_progress(scene: Scene) -> None:
    """Each row has events from its submission to its video."""
    scene.run()
    observed = [event.status for event in scene.events if event.row == 2]
    assert observed[0] is Status.TO_DO
    assert observed[-1] is Status.COMPLETE
    assert {RowKey(event.key) for event in scene.events} == set(scene.journal.entries(SHEET))


class ForgetfulList(FakeService):
    """A service whose project list fails a number of times before it answers."""

    errors: Iterator[ServiceError | None] = iter(())

    async def find(self, tags: Collection[Tag]) -> dict[Tag, JobId]:
        if (error := next(self.errors, None)) is not None:
            raise error
        return await super().find(tags)


@pytest.mark.parametrize(
    ("errors", "statuses"),
    [
        pytest.param([Unavailable("502")], {Status.COMPLETE: 5}, id="for a while"),
        pytest.param([Unavailable("429", retry_after=9)], {Status.COMPLETE: 5}, id="busy"),
        pytest.param([Unauthorized("no")], {Status.CHECK: 1, Status.SUBMITTED: 4}, id="forever"),
    ],
)
def test_an_unreadable_list_leaves_the_row_unconfirmed(
    scene: Scene, errors: list[ServiceError], statuses: dict[Status, int]
) -> None:
    """The list is requested again, and a refused key stops the run."""
    scene.service = ForgetfulList(scene.clock, answers={1: Uncertain("lost")})
    # The search before the first submission succeeds.
    scene.service.errors = iter([None, *errors])
    outcome = scene.run()
    assert _has(_statuses(outcome)) == statuses


def _foreign_entry() -> Entry:
    """An entry for a row that is no longer in the sheet."""
    return Entry(RowKey("gone"), 99, "c", Fingerprint("f"), Tag("t"), State.COMPLETE, job=JobId("v99"))


def test_an_unconfirmed_row_without_a_date_is_searched_once(scene: Scene) -> None:
    """If the time of the submission isn't known, one search decides."""
    plan = scene.plan(Settings())
    key = plan.rows[0].row.key
    unconfirmed = replace(_foreign_entry(), key=key, state=State.SUBMITTING, job=None, submitted_at=None)
    scene.journal.put(SHEET, [unconfirmed])
    outcome = scene.run()
    assert _has(_statuses(outcome)) == {Status.CHECK: 1, Status.COMPLETE: 4}
    assert scene.service.calls["find"] == 2


def test_an_unconfirmed_row_that_cannot_be_filled_in_is_left_alone(
    make_workbook: MakeWorkbook, scene: Scene
) -> None:
    """Its tag can't be computed without its project, so it stays unconfirmed."""
    scene.workbook = make_workbook([["Name", "Plan", "Video Status"], [None, "Gold", "Check"]])
    outcome = scene.run()
    assert _statuses(outcome) == [Status.CHECK]
    assert scene.service.calls["find"] == 0


def test_submitting_only_does_not_poll(scene: Scene) -> None:
    """With submit-only, unconfirmed rows are searched for once and nothing is polled."""
    scene.service.answers = {2: Uncertain("lost")}
    outcome = scene.run(Settings(wait=False))
    assert _has(_statuses(outcome)) == {Status.SUBMITTED: 4, Status.CHECK: 1}
    assert scene.service.calls["progress"] == 0
    assert _has(_statuses(scene.run())) == {Status.COMPLETE: 5}
    assert len(scene.service.accepted) == 5
