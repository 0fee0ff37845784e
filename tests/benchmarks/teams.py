"""Workers with a shared journal: `python -m tests.benchmarks.teams [--rows 800] [--journal-rows 1000000]`.

Rows a second with 1, 2, 4 and 8 workers, each a process, against a service that answers within 50 ms and
makes a video in half a second, with their round trips to the database and their CPU time. An account's eight
places let through at most 160 submissions a second. Then the size of a large journal, and how long its
queries take; and a record in PostgreSQL beside one in SQLite. The server is a temporary one without a disk,
so that the figures are those of the programs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import psycopg

from merge.journal import (
    JournalPlace,
    QueuedProject,
    SharedWorkbook,
    SqliteFile,
    shared_campaigns,
    shared_journal,
    shared_queue,
)
from merge.journal.postgres_queue import PostgresQueue
from merge.model import Entry, ExportState, Fingerprint, JobId, Progress, Project, RowKey, State, Tag
from merge.run.clock import SystemClock
from merge.run.stop import StopSignal
from merge.run.worker import Worker
from merge.settings import PollPolicy, Settings, Timing
from tests.support.fake_service import FakeService
from tests.support.postgres import programs, running_server

HOST = "stand-in"
PATIENCE = 300.0
LATENCY, RENDERING = 0.05, 0.5
PACE = Settings(timing=Timing(poll=PollPolicy(0.6, 0.2, 0.5, 0.3), requests_per_second=10_000.0), at_once=8)
BODY = '{"name": "x", "scenes": [' + '{"text": "Hello"},' * 100 + "{}]}"


class FastService(FakeService):
    """Takes everything, and has each video after half a second."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self._ready: dict[JobId, float] = {}

    async def submit(self, project: Project) -> JobId:
        await asyncio.sleep(LATENCY)
        job = JobId(f"v-{project.tag}")
        self._ready[job] = time.monotonic() + RENDERING
        return job

    async def progress(self, job: JobId) -> Progress:
        await asyncio.sleep(LATENCY)
        return self._state_of(job)

    async def finished(self, jobs: Collection[JobId]) -> dict[JobId, Progress]:
        await asyncio.sleep(LATENCY)
        found = {job: self._state_of(job) for job in jobs}
        return {job: progress for job, progress in found.items() if progress.state is ExportState.COMPLETE}

    def _state_of(self, job: JobId) -> Progress:
        if time.monotonic() < self._ready.get(job, 0.0):
            return Progress(50.0, ExportState.RENDERING)
        return Progress(100.0, ExportState.COMPLETE, video_url=f"https://x.y/{job}.mp4")


def entry(number: int, state: State) -> Entry:
    """A row's record."""
    key = f"row {number}"
    return Entry(RowKey(key), number + 2, "c" * 40, Fingerprint("f" * 64), Tag(f"t{number:09}"), state)


def place(address: str, folder: Path) -> JournalPlace:
    """The journal of a workbook."""
    path = folder / "people.xlsx"
    path.touch()
    return shared_journal(address, SharedWorkbook(path, practice=False, lock=folder / "people.db"))


def work(address: str, times: Path) -> None:
    """Be a worker until SIGTERM, and write the seconds of its claims into a file."""
    stop, claims, claim = StopSignal(), list[float](), PostgresQueue.claim
    signal.signal(signal.SIGTERM, lambda *_: setattr(stop, "requested", True))
    main, asked, wait = threading.current_thread(), Counter[str](), psycopg.Connection.wait
    execute = psycopg.Cursor.execute

    def waited(self: psycopg.Connection[tuple[object, ...]], *given: object, **options: object) -> object:
        asked["waits"] += threading.current_thread() is main
        return wait(self, *given, **options)  # type: ignore[arg-type]

    def executed(self: psycopg.Cursor[tuple[object, ...]], *given: object, **options: object) -> object:
        # Statements of a pipeline are sent without waiting.
        asked["sent"] += self.connection._pipeline is not None  # noqa: SLF001 - only to count
        return execute(self, *given, **options)  # type: ignore[call-overload]

    def timed(self: PostgresQueue, most: int) -> tuple[QueuedProject, ...]:
        began = time.perf_counter()
        found = claim(self, most)
        if found:
            claims.append(time.perf_counter() - began)
        return found

    measured = ((PostgresQueue, "claim", timed), (psycopg.Connection, "wait", waited))
    for kind, method, instead in (*measured, (psycopg.Cursor, "execute", executed)):
        setattr(kind, method, instead)
    queue = partial(shared_queue, address, HOST)
    asyncio.run(Worker(queue, FastService(), SystemClock(), PACE, stop).work())
    figures = {"claims": claims, "trips": asked["waits"] - asked["sent"], "cpu": time.process_time()}
    times.write_text(json.dumps(figures), encoding="ascii")


@contextmanager
def workers(address: str, count: int, folder: Path) -> Iterator[None]:
    """So many workers in processes of their own."""
    started = []
    for number in range(count):
        process = os.fork()
        if process == 0:
            try:
                work(address, folder / f"worker {number}")
            finally:
                os._exit(0)
        started.append(process)
    try:
        yield
    finally:
        for process in started:
            os.kill(process, signal.SIGTERM)
        for process in started:
            os.waitpid(process, 0)


def drained(address: str, rows: int, count: int, folder: Path) -> None:
    """Let workers make so many rows, and print a line."""
    with place(address, folder).open() as journal, journal.lock():
        journal.save_sheet("S", {})
        journal.queue("S", (QueuedProject(entry(each, State.QUEUED), BODY) for each in range(rows)), HOST)
    with psycopg.connect(address, autocommit=True) as database:
        before = _number(database, _COMMITS)
        with workers(address, count, folder):
            while _number(database, "SELECT count(*) FROM castmerge.videos WHERE job IS NOT NULL") == 0:
                time.sleep(0.01)
            began = time.monotonic()
            while left := _number(
                database, "SELECT count(*) FROM castmerge.videos WHERE state <> 'complete'"
            ):
                assert time.monotonic() - began < 300, f"{left} rows are left"
                time.sleep(0.1)
            took = time.monotonic() - began
        time.sleep(1)
        commits = _number(database, _COMMITS) - before
    found = [json.loads(path.read_text("ascii")) for path in folder.glob("worker *")]
    p99 = quantiles([seconds for each in found for seconds in each["claims"]], n=100)[-1] * 1000
    trips, cpu = (sum(each[name] for each in found) / rows for name in ("trips", "cpu"))
    print(
        f"{count:7}{rows / took:15.1f}{p99:16.1f}{commits / rows:14.1f}{trips:16.1f}{cpu * 1000:16.1f}",
        flush=True,
    )


_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


def _number(database: psycopg.Connection[tuple[object, ...]], question: str) -> int:
    row = database.execute(question.encode()).fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def large(address: str, rows: int, folder: Path) -> None:
    """Print the size of a large journal, and the milliseconds of its queries."""
    campaigns = max(rows // 3_000, 1)
    with place(address, folder).open() as journal, journal.lock():
        journal.save_sheet("S", {})
    with psycopg.connect(address, autocommit=True) as database:
        # Otherwise a vacuum right afterwards can't know yet that these rows are there for everybody.
        database.execute(b"SET synchronous_commit = on")
        database.execute(_CAMPAIGNS, (campaigns,))
        began = time.monotonic()
        database.execute(_VIDEOS, {"campaigns": campaigns, "rows": rows})
        print(f"\n{rows:,} rows of {campaigns:,} workbooks, added in {time.monotonic() - began:.0f} s")
        database.execute(b"VACUUM ANALYZE")
        size = _number(database, "SELECT pg_total_relation_size('castmerge.videos')")
        indexes = _number(database, "SELECT pg_indexes_size('castmerge.videos')")
        print(f"{size / 1e6:,.0f} MB, {size / rows:,.0f} bytes a row, {indexes / size:.0%} of it indexes")
        print("milliseconds:")
        tags, jobs = (
            [f"{kind}{number}" for number in range(campaigns, 100 * campaigns, campaigns)] for kind in "tv"
        )
        with place(address, folder).open() as journal, journal.lock():
            _timed("read one workbook", lambda: len(journal.known("S").own))
            _timed("look at 100 rows of others", lambda: journal.take_over("S", tags))
            _timed(
                "record 8 intents",
                lambda: journal.put("S", [entry(each, State.SUBMITTING) for each in range(8)]),
            )
            journal.queue(
                "S", [QueuedProject(entry(each, State.QUEUED), BODY) for each in range(8, 108)], HOST
            )
            _timed("queue of one workbook", journal.waiting)
        renamed = folder / "renamed.xlsx"
        renamed.touch()
        copy = SharedWorkbook(renamed, practice=False, lock=folder / "renamed.db", shown=lambda: jobs)
        _timed("recognize a copy by 100 ids", lambda: shared_journal(address, copy).exists())
        with shared_queue(address, HOST) as queue, queue.lock():
            _timed("claim 8 rows", lambda: queue.claim(8))
            _timed("look for abandoned rows", lambda: queue.abandoned(500))
            _timed("count what waits", queue.counts)
        _timed("status --all", lambda: shared_campaigns(address))
        for question in _VIEWS:
            _timed(question, partial(_number, database, question))


# Most videos are there, and each campaign has a few of everything else; one in twenty was made again.
_CAMPAIGNS = b"""
    WITH added AS (
        INSERT INTO castmerge.workbooks (name, practice, webhook_secret)
        SELECT 'campaign ' || n || '.xlsx', false, '' FROM generate_series(2, %s) AS n RETURNING id
    )
    INSERT INTO castmerge.sheets (workbook, sheet, settings) SELECT id, 'S', '{}' FROM added
"""
_VIDEOS = b"""
    INSERT INTO castmerge.videos
        (workbook, sheet, identity, key, row_number, content, fingerprint, tag, state, generation, job,
        video_url, credits, submitted_at, completed_at, written, cells, service)
    SELECT
        1 + n %% %(campaigns)s, 'S', 't' || n, 'row ' || n - (n %% 20 = 19)::int * %(campaigns)s, n,
        repeat('c', 40), repeat('f', 64), 't' || n,
        CASE n %% 1000
            WHEN 1 THEN 'failed' WHEN 2 THEN 'submitted' WHEN 3 THEN 'not taken' ELSE 'complete'
        END,
        (n %% 20 = 19)::int, 'v' || n, 'https://x.y/videos/' || n || '.mp4', 1.5,
        now() - (1 - n / %(rows)s::float) * interval '1 year', now(), 1, repeat('h', 200), 'another service'
    FROM generate_series(1, %(rows)s) AS n
"""
_VIEWS = (
    "SELECT count(*) FROM castmerge.rows",
    "SELECT count(*) FROM castmerge.rows WHERE workbook_id = 7",
    "SELECT count(*) FROM castmerge.runs",
    "SELECT sum(videos)::bigint FROM castmerge.spend",
    "SELECT sum(videos)::bigint FROM castmerge.spend WHERE day > current_date - 30",
)


def _timed(what: str, work_once: Callable[[], object]) -> None:
    began = time.perf_counter()
    work_once()
    print(f"{(time.perf_counter() - began) * 1000:10,.1f}  {what}", flush=True)


def beside_sqlite(address: str, folder: Path, records: int = 300) -> None:
    """Print the milliseconds of one intent, and of one job, in each journal."""
    print("\njournal      ms a record")
    for name, where in (
        ("SQLite", SqliteFile(folder / "people.sqlite.db")),
        ("PostgreSQL", place(address, folder)),
    ):
        with where.open() as journal, journal.lock():
            began = time.perf_counter()
            for number in range(records):
                intent = entry(number, State.SUBMITTING)
                journal.put("T", [intent])
                journal.put("T", [replace(intent, state=State.SUBMITTED, job=JobId(f"v{number}"))])
            print(f"{name:12}{(time.perf_counter() - began) * 1000 / records / 2:12.2f}")


def main() -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=800, help="for the workers; 0 leaves them out")
    parser.add_argument("--journal-rows", type=int, default=1_000_000)
    given = parser.parse_args()
    found = programs()
    if found is None:
        print("PostgreSQL's server isn't installed (Debian: postgresql)")
        return 0
    with running_server(found) as server:
        if given.rows:
            print(f"workers  rows a second  claim p99 (ms){'transactions, round trips, ms of CPU a row':>46}")
        for count in (1, 2, 4, 8) if given.rows else ():
            with TemporaryDirectory() as folder:
                drained(server.new_database(), given.rows, count, Path(folder))
        with TemporaryDirectory() as folder:
            large(server.new_database(), given.journal_rows, Path(folder))
            beside_sqlite(server.new_database(), Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
