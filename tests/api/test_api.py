from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pytest

from merge import (
    MergeResult,
    RowEvent,
    Selection,
    ServiceOptions,
    Settings,
    StopSignal,
    collect_workbook,
    merge_workbook,
    merge_workbook_async,
)
from merge.errors import InputError, JournalError
from merge.model import RowKey
from merge.results import ExitCode, RowStatus
from merge.settings import SIMULATED_TIMING
from merge.sheet.result_columns import Status
from tests.support.callables import MakeTemplate, MakeWorkbook

SIMULATED = Settings(simulate=True, timing=replace(SIMULATED_TIMING, shutdown_grace=20.0))
QUICKLY, SLOWLY = ServiceOptions(simulate_seconds=0.2), ServiceOptions(simulate_seconds=600)


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """Three people."""
    return make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"]])


def _column(workbook: Path, header: str) -> list[object]:
    names, *rows = openpyxl.load_workbook(workbook)["People"].iter_rows(values_only=True)
    return [row[names.index(header)] for row in rows] if header in names else []


def _submitted(workbook: Path) -> list[str]:
    """The names, without the tag, of the projects that the simulator has accepted."""
    log = workbook.parent / ".castmerge" / f"{workbook.name}.simulated.service.jsonl"
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [line["name"].partition(" [")[0] for line in events if line["event"] == "accepted"]


async def _cancelled(work: asyncio.Task[MergeResult], when: asyncio.Event, times: int = 1) -> None:
    """Cancel a run once something has happened, and assert that it ends as cancelled."""
    await when.wait()
    for _ in range(times):
        work.cancel()
        await asyncio.wait([work], timeout=0.01)
    with pytest.raises(asyncio.CancelledError):
        await work


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_cancelled_run_loses_nothing(people: Path, make_template: MakeTemplate, times: int) -> None:
    """Everything submitted is in the workbook or the journal, and the next run submits nothing twice."""
    template = make_template()

    async def cancel_after_the_first_id() -> None:
        seen = asyncio.Event()

        def observe(event: RowEvent) -> None:
            if event.video_id:
                seen.set()

        work = merge_workbook_async(people, template, settings=SIMULATED, service=SLOWLY, observe=observe)
        await _cancelled(asyncio.create_task(work), seen, times)

    asyncio.run(cancel_after_the_first_id())
    made = _submitted(people)
    if times == 1:
        assert len([video for video in _column(people, "Video ID") if video]) == len(made)
    soon = replace(SIMULATED_TIMING, longest_export=2.0)
    again = replace(SIMULATED, timing=soon, resubmit_in_doubt=True)
    assert merge_workbook(people, template, settings=again, service=QUICKLY).counts["complete"] == 3
    assert sorted(_submitted(people)) == ["Hello Ana", "Hello Ben", "Hello Cem"]
    assert made


def test_a_deadline_writes_back_the_known_results(people: Path, make_template: MakeTemplate) -> None:
    """`asyncio.timeout` cancels the run like any other cancellation."""

    async def until_all_are_submitted() -> None:
        loop, made = asyncio.get_running_loop(), set()
        async with asyncio.timeout(None) as deadline:

            def observe(event: RowEvent) -> None:
                made.update({event.video_id} - {""})
                if len(made) == 3:
                    deadline.reschedule(loop.time())

            await merge_workbook_async(
                people, make_template(), settings=SIMULATED, service=SLOWLY, observe=observe
            )

    with pytest.raises(TimeoutError):
        asyncio.run(until_all_are_submitted())
    assert len(_column(people, "Video ID")) == len(_submitted(people)) == 3


def test_a_run_cancelled_while_rendering_sends_nothing(people: Path, make_template: MakeTemplate) -> None:
    """Cancelling while rows are rendered is early enough."""

    async def at_once() -> None:
        work = merge_workbook_async(people, make_template(), settings=SIMULATED, service=QUICKLY)
        begun = asyncio.Event()
        begun.set()
        await _cancelled(asyncio.create_task(work), begun)

    asyncio.run(at_once())
    with suppress(FileNotFoundError):
        assert _submitted(people) == []


def test_the_event_loop_keeps_running_while_rows_are_rendered(
    make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """Planning uses another thread; observers are called in order, in the loop's own thread."""
    many = make_workbook([["Name"], *([f"Person {number}"] for number in range(1000))])
    settings = replace(SIMULATED, selection=Selection(limit=2))
    turns, turns_before, threads, changes = 0, 0, set(), []

    async def watched() -> None:
        nonlocal turns

        def observe(event: RowEvent) -> None:
            nonlocal turns_before
            turns_before = turns_before or turns
            threads.add(threading.get_ident())
            changes.append((event.row, str(event.status)))

        work = asyncio.create_task(
            merge_workbook_async(many, make_template(), settings=settings, service=QUICKLY, observe=observe)
        )
        while not work.done():
            await asyncio.wait([work], timeout=0.01)
            turns += 1
        assert (await work).counts["complete"] == 2

    asyncio.run(watched())
    assert turns_before > 5
    assert threads == {threading.get_ident()}
    for row in (2, 3):
        statuses = [status for number, status in changes if number == row]
        assert (statuses[0], statuses[-1]) == ("", "Complete")


def test_two_runs_share_a_loop(
    people: Path, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """Two workbooks are merged concurrently."""
    others = make_workbook([["Name"], ["Dan"]], name="others.xlsx")
    template = make_template()

    async def both() -> list[MergeResult]:
        runs = [
            merge_workbook_async(workbook, template, settings=SIMULATED, service=QUICKLY)
            for workbook in (people, others)
        ]
        return await asyncio.gather(*runs)

    assert [result.counts["complete"] for result in asyncio.run(both())] == [3, 1]


def test_threads_may_merge_at_the_same_time(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> None:
    """Concurrent runs in threads share no state."""
    template = make_template()
    workbooks = [make_workbook([["Name"], [f"Ana {turn}"]], name=f"{turn}.xlsx") for turn in range(4)]

    def merge(workbook: Path) -> MergeResult:
        return merge_workbook(workbook, template, settings=SIMULATED, service=QUICKLY)

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(merge, workbooks))
    assert [result.counts["complete"] for result in results] == [1] * 4
    assert len({result.rows[0].video_id for result in results}) == 4


def test_a_second_run_over_one_workbook_is_refused(people: Path, make_template: MakeTemplate) -> None:
    """This holds within one process as well as between two."""
    template, stop = make_template(), StopSignal()

    async def twice() -> None:
        begun = asyncio.Event()
        first = asyncio.create_task(
            merge_workbook_async(
                people, template, settings=SIMULATED, service=SLOWLY, stop=stop, observe=lambda _: begun.set()
            )
        )
        await begun.wait()
        with pytest.raises(JournalError):
            await merge_workbook_async(people, template, settings=SIMULATED, service=SLOWLY)
        stop.requested = True
        assert (await first).exit_code is ExitCode.INTERRUPTED

    asyncio.run(twice())


def test_a_notebook_may_call_it_without_await(people: Path, make_template: MakeTemplate) -> None:
    """The plain function also works where an event loop is already running."""

    async def notebook() -> MergeResult:
        return merge_workbook(people, make_template(), settings=SIMULATED, service=QUICKLY)

    assert asyncio.run(notebook()).exit_code is ExitCode.COMPLETE


@pytest.mark.parametrize("awaited", [False, True], ids=["plain", "async"])
def test_an_observers_error_is_raised_once_all_is_saved(
    people: Path, make_template: MakeTemplate, awaited: bool
) -> None:
    """The run ends early, its ids are written, and the observer's own error is raised."""

    def observe(event: RowEvent) -> None:
        if event.video_id:
            raise ZeroDivisionError

    async def merged() -> MergeResult:
        return await merge_workbook_async(
            people, template, settings=SIMULATED, service=SLOWLY, observe=observe
        )

    def merge() -> MergeResult:
        return merge_workbook(people, template, settings=SIMULATED, service=SLOWLY, observe=observe)

    template = make_template()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(merged()) if awaited else merge()
    assert len([video for video in _column(people, "Video ID") if video]) == len(_submitted(people)) > 0


def test_ctrl_c_in_a_script_writes_back(
    people: Path, make_template: MakeTemplate, service_environment: Mapping[str, str]
) -> None:
    """The process ends with KeyboardInterrupt, and its ids are in the workbook."""
    script = (
        "from merge import ServiceOptions, Settings, merge_workbook\n"
        f"merge_workbook({str(people)!r}, {str(make_template())!r}, settings=Settings(simulate=True),"
        "service=ServiceOptions(simulate_seconds=600),"
        "observe=lambda event: print(event.status, flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=service_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("Submitted"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert len([video for video in _column(people, "Video ID") if video]) == len(_submitted(people)) > 0


def test_a_library_call_prints_nothing(
    people: Path, make_template: MakeTemplate, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither stdout nor stderr is written to."""
    merge_workbook(people, make_template(), settings=SIMULATED, service=QUICKLY)
    assert capfd.readouterr() == ("", "")


def test_a_result_becomes_a_data_frame(people: Path, make_template: MakeTemplate) -> None:
    """Both pandas and polars accept the rows directly and find the same columns."""
    result = merge_workbook(people, make_template(), settings=SIMULATED, service=QUICKLY)
    panda, polar = pd.DataFrame(result.rows), pl.DataFrame(result.rows)
    assert list(panda.columns) == polar.columns == list(result.rows[0].keys())
    assert list(panda["status"]) == polar["status"].to_list() == ["Complete"] * 3
    assert list(panda["video_id"]) == polar["video_id"].to_list() == _column(people, "Video ID")
    assert pd.to_datetime(panda["completed_at"]).dt.tz is not None


def test_a_column_has_its_type_however_late_its_first_value_is() -> None:
    """A hundred invalid rows at the start don't make either library guess the wrong type."""
    nothing = [
        RowStatus(row=number, key=RowKey(str(number)), status=Status.INVALID) for number in range(2, 200)
    ]
    last = RowStatus(
        row=200,
        key=RowKey("200"),
        status=Status.COMPLETE,
        video_id="v",
        url="https://example.com",
        credits=1.5,
    )
    result = MergeResult("a.xlsx", "People", "a.json", (*nothing, last), ExitCode.SOME_FAILED)
    polar, panda = pl.DataFrame(result.rows), pd.DataFrame(result.rows)
    assert polar.schema["credits"] == pl.Float64
    assert polar.schema["submitted_at"] == pl.String
    assert (polar["url"][-1], polar["credits"][-1]) == ("https://example.com", 1.5)
    assert (panda["url"].iloc[-1], panda["credits"].iloc[-1]) == ("https://example.com", 1.5)


def test_a_row_is_read_by_attribute_and_by_name() -> None:
    """Both give the same value, and a dict of the row equals the row in the JSON summary."""
    row = RowStatus(row=2, key=RowKey("a"), status=Status.FAILED, note="no")
    result = MergeResult("a.xlsx", "People", "a.json", [row], ExitCode.SOME_FAILED)
    assert (row.note, row["note"], [dict(row)]) == ("no", "no", result.to_dict()["rows"])
    assert type(row["status"]) is str
    with pytest.raises(KeyError):
        row["nothing"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"at_once": 0}, "at_once", id="0 requests at once"),
        pytest.param({"at_once": 9}, "at_once", id="too many at once"),
        pytest.param({"max_videos": 0}, "max_videos", id="a credit limit of 0"),
        pytest.param({"selection": Selection(limit=-1)}, "limit", id="a negative limit"),
        pytest.param({"selection": Selection(pilot=0)}, "pilot", id="a pilot of 0"),
    ],
)
def test_invalid_settings_are_refused(
    people: Path, make_template: MakeTemplate, change: Mapping[str, object], message: str
) -> None:
    """The library refuses what the command line refuses, and sends nothing."""
    with pytest.raises(InputError, match=message):
        merge_workbook(people, make_template(), settings=replace(SIMULATED, **change))  # type: ignore[arg-type]
    assert not (people.parent / ".castmerge").exists()


def test_submitting_and_collecting_are_a_whole_run(people: Path, make_template: MakeTemplate) -> None:
    """Each part can run in another process on another day, with a poll in between."""
    template = make_template()
    submit = replace(SIMULATED, wait=False)
    assert merge_workbook(people, template, settings=submit).exit_code is ExitCode.OPEN
    looked = collect_workbook(people, wait=False, settings=SIMULATED, service=SLOWLY)
    assert (looked.exit_code, looked.counts["rendering"]) == (ExitCode.OPEN, 3)
    assert _column(people, "Video Status") == ["Rendering"] * 3
    collected = collect_workbook(people, settings=SIMULATED, service=QUICKLY)
    assert (collected.exit_code, collected.counts["complete"]) == (ExitCode.COMPLETE, 3)
    assert len(_submitted(people)) == 3
    with pytest.raises(InputError):
        collect_workbook(people.with_name("none.xlsx"), settings=SIMULATED)
