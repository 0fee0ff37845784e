from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from merge.errors import JournalError
from merge.journal import (
    Place,
    Queue,
    QueuedProject,
    SharedWorkbook,
    shared_campaigns,
    shared_journal,
    shared_queue,
    workbook_and_sheet,
)
from merge.journal.postgres import connect
from merge.journal.postgres_queue import PostgresQueue
from merge.journal.postgres_schema import STEPS, migrate
from merge.journal.shared_database import SharedDatabase
from merge.model import Entry, Fingerprint, JobId, Problem, RowKey, State, Tag

HOST = "app.aistudios.com"
Add = Callable[[str, int], None]


def waiting(name: str, number: int) -> QueuedProject:
    key = f"{name}{number}"
    entry = Entry(RowKey(key), number + 2, "c", Fingerprint("f"), Tag(f"tag of {key}"), State.QUEUED)
    return QueuedProject(entry, f'{{"name": "{key}"}}')


@pytest.fixture
def place(database: str, tmp_path: Path) -> Callable[[str], SharedWorkbook]:
    """The workbook of a name."""

    def made(name: str) -> SharedWorkbook:
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(name.encode())
        return SharedWorkbook(path, practice=False, lock=path.with_suffix(".db"))

    return made


@pytest.fixture
def add(database: str, place: Callable[[str], SharedWorkbook]) -> Add:
    """Leaves rows of a workbook to the workers."""

    def queue(name: str, rows: int) -> None:
        with shared_journal(database, place(name)).open() as journal, journal.lock():
            journal.save_sheet("S", {})
            assert not journal.queue("S", [waiting(name, number) for number in range(rows)], HOST)
            assert journal.waiting() == rows

    return queue


@pytest.fixture
def workers(database: str) -> Iterator[Callable[[], Queue]]:
    """Workers, each with its lease until the test ends."""
    with ExitStack() as until_the_end:

        def new() -> Queue:
            queue = until_the_end.enter_context(shared_queue(database, HOST))
            until_the_end.enter_context(queue.lock())
            return queue

        yield new


def _names(claimed: object) -> list[str]:
    assert isinstance(claimed, tuple)
    return [each.body for each in claimed]


def _intent(each: QueuedProject) -> Entry:
    return replace(each.entry, state=State.SUBMITTING)


def test_each_row_is_claimed_once_and_free_after_its_worker(add: Add, database: str) -> None:
    """What a worker didn't send is another's at once when it ends."""
    add("a", 3)
    with shared_queue(database, HOST) as hers, shared_queue(database, HOST) as his:
        with hers.lock():
            first = hers.claim(2)
            with his.lock():
                assert len(first) + len(his.claim(5)) == 3
                assert his.claim(5) == ()
        with his.lock():
            assert len(his.claim(5)) == 3


def test_workbooks_take_turns(add: Add, workers: Callable[[], Queue]) -> None:
    """Three rows that were queued after forty don't wait for them."""
    add("many", 40)
    add("few", 3)
    queue = workers()
    found = [workbook_and_sheet(each.entry.key)[0] for _ in range(3) for each in queue.claim(2)]
    assert sorted(found) == ["few.xlsx"] * 3 + ["many.xlsx"] * 3


def test_a_claimed_row_is_sent_only_by_its_worker(add: Add, workers: Callable[[], Queue]) -> None:
    """The intent is recorded by the worker that has the row, and by nobody else."""
    add("a", 1)
    hers, his = workers(), workers()
    (mine,) = hers.claim(1)
    assert his.put("", [_intent(mine)]) == {"tag of a0"}
    assert not hers.put("", [_intent(mine)])
    assert hers.put("", [_intent(mine)]) == {"tag of a0"}


@pytest.mark.parametrize("word", ["paused", "stopped"])
def test_what_is_halted_is_neither_claimed_nor_sent(
    add: Add, workers: Callable[[], Queue], database: str, place: Callable[[str], SharedWorkbook], word: str
) -> None:
    """A row that a worker has in hand isn't sent either; after a pause, all go on."""
    add("a", 3)
    queue = workers()
    (taken,) = queue.claim(1)
    with shared_journal(database, place("a")).open() as journal:
        journal.halt(word)
        assert queue.put("", [_intent(taken)]) == {"tag of a0"}
        queue.give_back([taken.entry])
        assert queue.claim(5) == ()
        journal.halt("")
        assert len(queue.claim(5)) == (3 if word == "paused" else 0)
        assert journal.waiting() == (3 if word == "paused" else 0)


def test_a_worker_is_shown_at_the_workbooks_that_it_works_on(
    add: Add, workers: Callable[[], Queue], database: str
) -> None:
    """A worker that has none of a workbook's rows isn't working on it."""
    add("a", 1)
    add("b", 1)
    (taken,) = workers().claim(1)
    name, _ = workbook_and_sheet(taken.entry.key)
    found = {campaign.workbook: campaign for campaign in shared_campaigns(database)}
    assert [campaign.counts for campaign in found.values()] == [{"Queued": 1}, {"Queued": 1}]
    assert {name for name, campaign in found.items() if campaign.workers} == {name}


def test_a_row_of_another_service_is_left_alone(add: Add, database: str) -> None:
    """A worker with the key of another region or a stand-in can't send it."""
    add("a", 1)
    with shared_queue(database, "another.host") as queue, queue.lock():
        assert queue.claim(5) == ()


def test_what_a_worker_submitted_is_followed_by_the_next(add: Add, database: str) -> None:
    """A job, or a submission without an answer, is taken up when its worker has ended."""
    add("a", 3)
    with shared_queue(database, HOST) as queue, queue.lock():
        sent, lost, _ = queue.claim(3)
        queue.put("", [_intent(sent), _intent(lost)])
        queue.put("", [replace(_intent(sent), state=State.SUBMITTED, job=JobId("v1"))])
        queue.put("", [replace(_intent(lost), problem=Problem("no answer"))])
        assert queue.abandoned(5) == ()
    with shared_queue(database, HOST) as queue, queue.lock():
        assert [entry.state for entry in queue.abandoned(5)] == [State.SUBMITTED, State.SUBMITTING]
        queue.give_back([_intent(lost)], queued=False)
        assert queue.abandoned(5) == ()
        assert queue.counts() == {"queued": 1, "submitted": 1}


def test_the_project_of_a_row_goes_when_the_service_has_it(
    add: Add, workers: Callable[[], Queue], database: str
) -> None:
    """It can be large, and hold recipients' data."""
    add("a", 1)
    queue = workers()
    (mine,) = queue.claim(1)
    queue.put("", [_intent(mine)])
    queue.put("", [replace(_intent(mine), state=State.SUBMITTED, job=JobId("v1"))])
    with psycopg.connect(database) as connected:
        assert connected.execute("SELECT body FROM castmerge.videos").fetchall() == [(None,)]


def test_all_runs_have_one_rate_one_pause_and_one_number_of_places(workers: Callable[[], Queue]) -> None:
    """Whoever sends, the others wait; places of a worker that ends are free."""
    hers, his = workers().budget, workers().budget
    assert hers is not None
    assert his is not None
    waits = [each.take(1, 10.0, 0.0) for each in (hers, his, hers)]
    assert [round(wait, -1) for wait in waits] == [0, 10, 20]
    assert his.paused() <= 0
    hers.pause(500.0, 0.0)
    assert 490 < his.paused() <= 500
    assert his.take(1, 10.0, 0.0) > 490
    places = [each.enter(3) for each in (hers, his, hers, his)]
    assert places == [Place(1, has_others=True), Place(2, has_others=True), Place(3, has_others=True), None]
    hers.leave(Place(1, has_others=True))
    his.leave(Place(3, has_others=True))
    assert [his.enter(3), his.enter(3)] == [Place(1, has_others=True), None]


def test_places_of_a_worker_that_ended_are_free(database: str) -> None:
    """It can't give them back by itself after a crash."""
    for _ in range(2):
        with shared_queue(database, HOST) as queue, queue.lock():
            assert queue.budget is not None
            places = [queue.budget.enter(2) for _ in range(3)]
            assert places == [Place(1, has_others=False), Place(2, has_others=False), None]


@pytest.mark.parametrize("version", range(1, len(STEPS)))
def test_an_older_schema_is_upgraded_and_keeps_its_videos(
    database: str, place: Callable[[str], SharedWorkbook], version: int
) -> None:
    """The next run does it, whichever castmerge made the journal."""
    video = {"workbook": 1, "sheet": "S", "identity": "t", "key": "k", "row_number": 2, "content": "c"}
    video |= {
        "fingerprint": "f",
        "tag": "t",
        "state": "submitted",
        "generation": 0,
        "job": "v1",
        "written": 0,
    }
    with psycopg.connect(database, autocommit=True) as connected:
        migrate(connected, "", STEPS[:version])
        connected.execute(
            "INSERT INTO castmerge.workbooks (name, practice, webhook_secret) VALUES ('a', false, '')"
        )
        connected.execute("INSERT INTO castmerge.traces VALUES (false, %s, 1)", (place("a").traces()[0],))
        columns, values = ", ".join(video), ", ".join(f"%({name})s" for name in video)
        statement = f"INSERT INTO castmerge.videos ({columns}) VALUES ({values})"  # noqa: S608 - names of fields
        connected.execute(statement.encode(), video)
    with shared_journal(database, place("a")).open() as journal:
        assert [(video.key, video.state, video.job) for video in journal.each("S")] == [
            ("k", "submitted", "v1")
        ]
        assert journal.waiting() == 0


class Unfenced(PostgresQueue):
    """Records what it likes, although it may have lost its lease."""

    def put(self, _sheet: str, entries: Iterable[Entry]) -> frozenset[str]:
        """Nobody is asked."""
        return frozenset()


class ClaimsApart(Unfenced):
    """Sees in one transaction which rows are free, and takes them in another."""

    def claim(self, most: int) -> tuple[QueuedProject, ...]:
        """What is free, and still is for everyone else."""
        found = super().claim(most)
        self.give_back(each.entry for each in found)
        return found


@pytest.mark.parametrize(
    ("kind", "asleep", "sent"),
    [
        pytest.param(PostgresQueue, True, 1, id="frozen past its lease"),
        pytest.param(Unfenced, True, 2, id="frozen past its lease, without the fence"),
        pytest.param(PostgresQueue, False, 1, id="side by side"),
        pytest.param(ClaimsApart, False, 2, id="side by side, claimed apart from the intent"),
    ],
)
def test_a_row_of_two_workers_is_sent_by_one_of_them(
    add: Add, database: str, kind: type[PostgresQueue], *, asleep: bool, sent: int
) -> None:
    """The fence and the claim's transaction see to it: without either, both would send it."""
    add("a", 1)
    with ExitStack() as until_the_end:
        hers, his = (
            until_the_end.enter_context(kind(SharedDatabase(database, connect(database)), HOST))
            for _ in range(2)
        )
        until_the_end.enter_context(hers.lock())
        mine = hers.claim(1)
        if asleep:
            with psycopg.connect(database) as server:
                server.execute("UPDATE castmerge.holders SET ended_at = clock_timestamp()")
        until_the_end.enter_context(his.lock())
        may_send = [_may_send(his, his.claim(1)), _may_send(hers, mine)]
    assert sum(may_send) == sent


def _may_send(queue: Queue, claimed: Iterable[QueuedProject]) -> bool:
    intents = [_intent(each) for each in claimed]
    try:
        return bool(intents) and not queue.put("", intents)
    except JournalError:  # its lease is over
        return False
