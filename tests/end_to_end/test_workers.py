from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg
import pytest

import merge.journal.lease
import merge.journal.shared_database
import merge.run.worker
from merge.cli.metrics import metrics_server
from merge.journal import shared_queue
from merge.run.clock import ServerTimeClock, SystemClock
from merge.run.stop import StopSignal, run_async
from merge.run.worker import Worker, WorkerFigures
from merge.services.aistudios import AiStudios, AiStudiosSettings, ApiKey
from merge.services.simulator import Faults, Simulator, SimulatorSettings
from merge.settings import PollPolicy, Settings, Timing
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook, Ran
from tests.support.postgres import PostgresServer

QUICK = ("--poll-min", "0.2", "--poll-max", "0.4", "--first-look", "0.1")
PACE = Settings(
    timing=Timing(poll=PollPolicy(0.1, 0.2, 0.4, 0.3), longest_export=5.0, requests_per_second=50.0)
)
PATIENCE = 20.0


class Desk(Protocol):
    """Runs a command about a workbook."""

    def __call__(self, command: str, *options: object) -> Ran: ...


class Queued(Protocol):
    """Makes a workbook of so many people, whose rows wait for workers."""

    def __call__(self, people: int, name: str = "people.xlsx") -> Path: ...


@pytest.fixture
def desk(castmerge: Castmerge, simulator: Simulator, database: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Runs a command with the shared journal and the simulator."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "key-of-the-tests")
    monkeypatch.setenv("CASTMERGE_JOURNAL", database)

    def run(command: str, *options: object) -> Ran:
        service = ("--base-url", simulator.base_url) if command not in ("queue", "status") else ()
        quick = QUICK if command in ("run", "collect", "export-drafts") else ()
        return castmerge(command, *service, *quick, *options)

    return run


class WrongClock(SystemClock):
    """The clock of a computer that is so many minutes ahead."""

    def __init__(self, minutes: float) -> None:
        self._ahead = timedelta(minutes=minutes)

    def now(self) -> datetime:
        """The computer's time of day."""
        return super().now() + self._ahead


@contextmanager
def working(database: str, simulator: Simulator, *, ahead: float = 0.0) -> Iterator[WorkerFigures]:
    """A worker in a thread, which has to end within 5 s after the block; its clock is minutes ahead."""
    stop, figures, failed = StopSignal(), WorkerFigures(), list[BaseException]()
    queue = partial(shared_queue, database, urlsplit(simulator.base_url).netloc)
    clock = WrongClock(ahead)

    async def work() -> None:
        settings = AiStudiosSettings(base_url=simulator.base_url)
        async with AiStudios(ApiKey("key-of-the-tests"), settings, clock=clock.now) as client:
            at_service = ServerTimeClock(clock, lambda: client.clock_offset)
            await Worker(queue, client, at_service, PACE, stop, figures).work()

    def run() -> None:
        try:
            run_async(work())
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield figures
    finally:
        stop.requested = True
        thread.join(5)
        assert not thread.is_alive()
        assert failed == []


def _accepted(folder: Path) -> int:
    path = folder / "service.jsonl"
    return path.read_text(encoding="utf-8").count('"accepted"') if path.exists() else 0


def _counts(ran: Ran) -> dict[str, int]:
    found = json.loads(ran.out)["counts"]
    return {name: count for name, count in found.items() if count}


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def queued(desk: Desk, make_workbook: MakeWorkbook, make_template: MakeTemplate) -> Queued:
    """Makes a workbook of so many people, whose rows wait for workers."""

    def make(people: int, name: str = "people.xlsx") -> Path:
        book = make_workbook([["Name"], *([f"{name} {number}"] for number in range(people))], name)
        ran = desk("submit", book, "-t", make_template(), "--yes", "--queue")
        assert ran.code == 4, ran.err
        return book

    return make


def test_workers_make_what_was_queued_and_collect_writes_it(
    desk: Desk, queued: Queued, database: str, simulator: Simulator, tmp_path: Path
) -> None:
    """The workbook is on another computer, and nothing is made twice by two workers."""
    book = queued(6)
    assert _accepted(tmp_path) == 0
    shown = desk("queue", book).out
    assert "6 rows wait for a worker" in shown
    assert "No worker is running" in shown
    with working(database, simulator), working(database, simulator):
        _until(lambda: "2 workers are running" in desk("queue", book).out)
        collected = desk("collect", book, "--json")
    assert (collected.code, _counts(collected)) == (0, {"complete": 6}), collected.err
    assert _accepted(tmp_path) == 6
    assert "0 rows wait" in desk("queue", book).out


def test_a_run_and_a_worker_share_what_is_queued(
    desk: Desk,
    queued: Queued,
    database: str,
    simulator: Simulator,
    tmp_path: Path,
    make_template: MakeTemplate,
) -> None:
    """A run on another computer's copy takes part and writes all results; alone it makes everything."""
    book = queued(8)
    copy = Path(shutil.copy(book, tmp_path / "his copy.xlsx"))
    with working(database, simulator):
        made = desk("run", copy, "-t", make_template(), "--yes", "--json")
    assert (made.code, _counts(made)) == (0, {"complete": 8}), made.err
    alone = queued(2, "others.xlsx")
    assert desk("run", alone, "-t", make_template(), "--yes").code == 0
    assert _accepted(tmp_path) == 10


def test_queued_rows_wait_while_their_workbook_is_paused(
    desk: Desk,
    queued: Queued,
    database: str,
    simulator: Simulator,
    tmp_path: Path,
    make_template: MakeTemplate,
) -> None:
    """Workers leave them alone, and so does a run, which goes on when the pause ends."""
    book, other = queued(2), queued(2, "others.xlsx")
    assert "2 rows wait for a worker, paused" in desk("queue", book, "--pause").out
    with working(database, simulator) as figures:
        assert desk("collect", other).code == 0
        _until(lambda: figures.changes["Complete"] == 2)
        assert _accepted(tmp_path) == 2
    resumed: list[Ran] = []

    def resume() -> None:
        time.sleep(1.5)
        resumed.append(Ran(_accepted(tmp_path), "", ""))
        with psycopg.connect(database, autocommit=True) as connected:
            connected.execute("UPDATE castmerge.workbooks SET halt = ''")

    resuming = threading.Thread(target=resume)
    resuming.start()
    assert desk("run", book, "-t", make_template(), "--yes").code == 0
    resuming.join()
    assert (resumed[0].code, _accepted(tmp_path)) == (2, 4)


def test_a_workbook_that_is_stopped_ends_its_runs_and_leaves_the_queue(
    desk: Desk, queued: Queued, database: str, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """The run says so; running again makes the rest."""
    book = queued(3)

    def stop() -> None:
        time.sleep(1.5)
        with psycopg.connect(database, autocommit=True) as connected:
            connected.execute("UPDATE castmerge.workbooks SET halt = 'stopped'")

    assert desk("queue", book, "--pause").code == 0
    stopping = threading.Thread(target=stop)
    stopping.start()
    stopped = desk("run", book, "-t", make_template(), "--yes")
    stopping.join()
    assert (stopped.code, "stopped this workbook" in stopped.err) == (3, True), stopped.err
    assert "0 rows wait for a worker, stopped" in desk("queue", book, "--stop").out
    assert _accepted(tmp_path) == 0
    assert desk("run", book, "-t", make_template(), "--yes").code == 0
    assert _accepted(tmp_path) == 3


def test_a_stopped_workbook_is_still_collected_and_nothing_more_is_made(
    desk: Desk, queued: Queued, database: str, simulator: Simulator, tmp_path: Path
) -> None:
    """What AI Studios has is waited for; what was in the queue isn't made by who collects either."""
    book = queued(4)
    with psycopg.connect(database, autocommit=True) as connected:
        # The last two wait for another service, so that no worker takes them.
        connected.execute("UPDATE castmerge.videos SET service = 'another' WHERE row_number > 3")
        with working(database, simulator) as figures:
            _until(lambda: figures.changes["Submitted"] == 2)
    stopping = threading.Timer(0.5, lambda: desk("queue", book, "--stop"))
    stopping.start()
    collected = desk("collect", book, "--json")
    stopping.join()
    assert (collected.code, _counts(collected)) == (0, {"complete": 2, "skipped": 2}), collected.err
    assert desk("collect", book).code == 0
    assert _accepted(tmp_path) == 2


def test_a_worker_outlives_a_restart_of_the_database(
    desk: Desk, queued: Queued, database: str, simulator: Simulator, tmp_path: Path, postgres: PostgresServer
) -> None:
    """It connects again, and nothing is made twice."""
    book = queued(12)
    with working(database, simulator):
        _until(lambda: _accepted(tmp_path) > 2)
        postgres.restart()
        collected = desk("collect", book, "--json")
    assert (collected.code, _counts(collected)) == (0, {"complete": 12}), collected.err
    assert _accepted(tmp_path) == 12


def test_a_worker_that_is_cut_off_after_a_submission_finds_it_again(
    desk: Desk,
    queued: Queued,
    database: str,
    simulator: Simulator,
    tmp_path: Path,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its id couldn't be recorded; once the database is back, the video is found by its tag."""
    monkeypatch.setitem(merge.journal.shared_database.__dict__, "RECONNECTING", 0.2)
    monkeypatch.setitem(merge.run.worker.__dict__, "AGAIN_AFTER", 0.5)
    monkeypatch.setitem(merge.journal.lease.__dict__, "SECONDS", 1.0)
    book, name = queued(3), database.rpartition("/")[2]
    with (
        working(database, simulator),
        psycopg.connect(postgres.address("postgres"), autocommit=True) as server,
    ):
        _until(lambda: _accepted(tmp_path) > 0)
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        time.sleep(1.2)
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        collected = desk("collect", book, "--json")
    assert (collected.code, _counts(collected)) == (0, {"complete": 3}), collected.err
    assert _accepted(tmp_path) == 3


def test_the_limits_of_what_is_queued_hold_for_all_workers(
    desk: Desk,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    database: str,
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    """Two workers together make as many videos as one run with these limits would."""
    book = make_workbook([["Name"], *([f"P{number}"] for number in range(8))], "people.xlsx")
    queue = ("submit", book, "-t", make_template(), "--yes", "--queue")
    with working(database, simulator), working(database, simulator):
        assert desk(*queue, "--max-videos", "2").code == 3
        assert desk("collect", book).code == 0
        with psycopg.connect(database) as connected:
            connected.execute("UPDATE castmerge.videos SET credits = 10 WHERE state = 'complete'")
        limited = desk(*queue, "--max-credits", "35")
        assert limited.code == 3, limited.err
        assert desk("collect", book).code == 0
    assert _accepted(tmp_path) == 2 + 3


def test_workers_look_for_progress_where_webhooks_were_asked_for(
    desk: Desk, make_workbook: MakeWorkbook, make_template: MakeTemplate, database: str, simulator: Simulator
) -> None:
    """Nobody else could take the reports: the computer that leaves rows to them may be switched off."""
    book = make_workbook([["Name"], ["Ana"]], "people.xlsx")
    hook = ("--webhook-url", "https://hooks.example.com/castmerge", "--webhook-listen", "127.0.0.1:0")
    queued = desk("submit", book, "-t", make_template(), "--yes", "--queue", *hook)
    assert (queued.code, "Workers check progress themselves" in queued.err) == (4, True), queued.err
    with working(database, simulator):
        assert desk("collect", book).code == 0


@pytest.mark.parametrize(("first", "second"), [(-7, 9), (9, -7)], ids=["then fast", "then slow"])
def test_lost_answers_are_found_by_a_worker_with_another_clock(
    desk: Desk,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    database: str,
    tmp_path: Path,
    first: float,
    second: float,
) -> None:
    """The service's clock decides how long ago a row was submitted, and the database's who has it."""
    settings = SimulatorSettings(1.5, faults=Faults(lose=1.0), state_file=tmp_path / "service.jsonl")
    with Simulator(settings) as forgetful:
        service = ("--base-url", forgetful.base_url)
        book = make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"]], "people.xlsx")
        assert desk("submit", book, "-t", make_template(), "--yes", "--queue", *service).code == 4
        with working(database, forgetful, ahead=first):
            _until(lambda: _accepted(tmp_path) == 3)
        with working(database, forgetful, ahead=second) as figures:
            _until(lambda: figures.changes["Complete"] == 3)
        collected = desk("collect", book, "--json", *service)
    assert (collected.code, _counts(collected)) == (0, {"complete": 3}), collected.err
    assert _accepted(tmp_path) == 3


def test_drafts_are_saved_by_workers_and_exported_from_another_copy(
    desk: Desk,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    database: str,
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    """Each draft is exported once, whoever has the workbook."""
    book = make_workbook([["Name"], ["Ana"], ["Ben"]], "people.xlsx")
    copy = Path(shutil.copy(book, tmp_path / "copy.xlsx"))
    assert desk("submit", book, "-t", make_template(), "--yes", "--queue", "--draft").code == 4
    with working(database, simulator) as figures:
        _until(lambda: figures.changes["Draft"] == 2)
    made = desk("export-drafts", copy, "--yes", "--json")
    assert (made.code, _counts(made)) == (0, {"complete": 2}), made.err
    assert _counts(desk("collect", book, "--json")) == {"complete": 2}


def test_the_key_never_reaches_the_database(queued: Queued, database: str, simulator: Simulator) -> None:
    """What waits is the filled-in project; a worker has its own key."""
    queued(1)
    with working(database, simulator) as figures:
        _until(lambda: figures.changes["Complete"] == 1)
    with psycopg.connect(database) as connected:
        tables = connected.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'castmerge'"
        ).fetchall()
        for (table,) in tables:
            rows = connected.execute(f"SELECT * FROM castmerge.{table}".encode()).fetchall()  # noqa: S608 - names of tables
            assert "key-of-the-tests" not in repr(rows)


def test_metrics_are_served_for_prometheus() -> None:
    """Changes by this worker, and what waits for all of them."""
    figures = WorkerFigures(waiting={"queued": 3})
    figures.changes["Complete"] += 2
    with metrics_server("127.0.0.1:0", figures) as port, urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        text = page.read().decode()
    assert 'castmerge_changes_total{status="Complete"} 2\n' in text
    assert 'castmerge_rows{state="queued"} 3\n' in text


REFUSED = [
    pytest.param(("worker", "--journal", "people.db"), "a worker needs a shared journal", id="of a file"),
    pytest.param(("worker", "--metrics", "here"), "castmerge can't listen there", id="metrics nowhere"),
    pytest.param(
        ("queue", "people.xlsx", "--pause", "--stop"), "--pause, --resume and --stop", id="pause and stop"
    ),
]


@pytest.mark.parametrize(("command", "message"), REFUSED)
def test_what_workers_cannot_do_is_said(
    castmerge: Castmerge,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    message: str,
) -> None:
    """Nothing is sent, and the message says what to write instead."""
    monkeypatch.setenv("CASTMERGE_JOURNAL", database)
    ran = castmerge(*command)
    assert (ran.code, message in ran.err.lower() or message in ran.err) == (2, True), ran.err


@pytest.mark.parametrize("options", [("--simulate",), ("--journal", "people.db")], ids=["practice", "a file"])
def test_only_real_rows_of_a_shared_journal_can_be_queued(
    desk: Desk, make_workbook: MakeWorkbook, make_template: MakeTemplate, options: tuple[str, ...]
) -> None:
    """Otherwise nobody would ever make them."""
    book = make_workbook([["Name"], ["Ana"]], "people.xlsx")
    ran = desk("submit", book, "-t", make_template(), "--yes", "--queue", *options)
    assert (ran.code, "workers" in ran.err.lower()) == (2, True), ran.err
