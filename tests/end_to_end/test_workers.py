from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from merge.connect import open_service, time_at
from merge.journal import shared_queue
from merge.run.stop import StopSignal, run_async
from merge.run.worker import Worker, WorkerFigures
from merge.services.aistudios import ApiKey
from merge.services.simulator import Simulator
from merge.settings import PollPolicy, ServiceOptions, Settings, Timing
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook, Ran

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
        service = ("--base-url", simulator.base_url) if command in ("run", "submit", "collect") else ()
        quick = QUICK if command in ("run", "collect") else ()
        return castmerge(command, *service, *quick, *options)

    return run


@contextmanager
def working(database: str, simulator: Simulator, settings: Settings = PACE) -> Iterator[WorkerFigures]:
    """A worker in a thread, which has to end within 5 s after the block."""
    stop, figures, failed = StopSignal(), WorkerFigures(), list[BaseException]()
    service = ServiceOptions(base_url=simulator.base_url)
    queue = partial(shared_queue, database, urlsplit(simulator.base_url).netloc)

    async def work() -> None:
        async with open_service(service, ApiKey("key-of-the-tests")) as client:
            await Worker(queue, client, time_at(client), settings, stop, figures).work()

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
    assert "6 rows wait for a worker" in desk("queue", book).out
    with working(database, simulator), working(database, simulator):
        collected = desk("collect", book, "--json")
    assert (collected.code, _counts(collected)) == (0, {"complete": 6}), collected.err
    assert _accepted(tmp_path) == 6
    assert "0 rows wait" in desk("queue", book).out
