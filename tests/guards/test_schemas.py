from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from merge.cli.setup import schema_text
from merge.model import JSON
from merge.results import COUNTED, ExitCode
from merge.sheet.result_columns import Status
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.contract import faults, validator


def _lines(text: str) -> list[dict[str, JSON]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["summary", "event", "doctor", "campaigns"])
def test_schema_prints_a_valid_schema(castmerge: Castmerge, name: str) -> None:
    """`castmerge schema` prints a JSON Schema."""
    ran = castmerge("schema", name)
    assert ran.code == 0
    assert (json.loads(ran.out), validator(name).is_valid({})) == (json.loads(schema_text(name)), False)


def test_the_default_schema_is_that_of_the_summary(castmerge: Castmerge) -> None:
    """Without a name, the summary's schema is printed."""
    assert json.loads(castmerge("schema").out)["title"] == "castmerge summary"


def test_the_schemas_match_the_code() -> None:
    """Statuses, exit codes and counts are those of the code."""
    summary = json.loads(json.dumps(validator("summary").schema))
    row = summary["properties"]["rows"]["items"]["properties"]
    assert row["status"]["enum"] == [str(status) for status in Status]
    assert summary["properties"]["exit_code"]["enum"] == [int(code) for code in ExitCode]
    assert summary["properties"]["counts"]["required"] == list(COUNTED)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(
            '{"schema": 1, "event": "row", "time": "2026-01-01T00:00:00Z"}', id="an event without its row"
        ),
        pytest.param('{"schema": 2, "workbook": "a.xlsx"}', id="a summary of another version"),
        pytest.param('{"schema": 1, "exit_code": 0, "findings": [], "more": 1}', id="an unknown name"),
    ],
)
def test_a_violation_of_the_schema_is_detected(line: str) -> None:
    """The tests' own validation works."""
    assert faults(line)


def test_events_describe_a_run_from_start_to_finish(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """The first line has the plan, the last one the result, and those between have each change."""
    people, hello = make_workbook([["Name"], ["Ana"], ["Ben"]]), make_template()
    events_file = tmp_path / "events.jsonl"
    run = ("run", people, "-t", hello, "--simulate", "--simulate-seconds", "0.2", "--events", events_file)
    assert castmerge(*run).code == 0
    lines = events_file.read_text(encoding="utf-8")
    assert [faults(line) for line in lines.splitlines()] == [[]] * len(lines.splitlines())
    events = _lines(lines)
    assert (events[0]["event"], events[0]["to_submit"]) == ("started", 2)
    assert (events[-1]["event"], events[-1]["exit_code"]) == ("finished", 0)
    complete = [event for event in events if event.get("status") == "Complete"]
    assert {event["row"] for event in complete} == {2, 3}
    assert all(event["video_id"] for event in complete)


def test_a_second_run_appends_its_events(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """A job may use one file for all its runs."""
    people, hello = make_workbook([["Name"], ["Ana"]]), make_template()
    events_file = tmp_path / "events.jsonl"
    run = ("run", people, "-t", hello, "--simulate", "--simulate-seconds", "0.2", "--events", events_file)
    castmerge(*run)
    castmerge(*run)
    kinds = [event["event"] for event in _lines(events_file.read_text(encoding="utf-8"))]
    assert (kinds.count("started"), kinds.count("finished"), kinds[-2:]) == (2, 2, ["started", "finished"])


def test_events_on_stdout_end_with_the_summary(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """With `--events -` stdout has only JSON, ending with the summary of `--json`."""
    people, hello = make_workbook([["Name"], ["Ana"]]), make_template()
    run = ("run", people, "-t", hello, "--simulate", "--simulate-seconds", "0.2", "--events", "-")
    events = _lines(castmerge(*run).out)
    assert events[-1]["event"] == "finished"
    again = _lines(castmerge(*run, "--json").out)
    assert [line.get("event") for line in again] == ["started", "finished", None]


def test_collect_writes_events_too(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    simulator_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second half of a run has the same events."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "key-of-the-tests")
    people, hello = make_workbook([["Name"], ["Ana"]]), make_template()
    assert castmerge("submit", people, "-t", hello, "--base-url", simulator_url, "--yes").code == 4
    quick = ("--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.5")
    events = _lines(castmerge("collect", people, "--base-url", simulator_url, *quick, "--events", "-").out)
    assert [event.get("status") for event in events if event["event"] == "row"][-1] == "Complete"


def test_an_unwritable_path_is_wrong_input(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Nothing is sent if the events can't be written."""
    people, hello = make_workbook([["Name"], ["Ana"]]), make_template()
    ran = castmerge("run", people, "-t", hello, "--simulate", "--events", tmp_path / "none" / "events.jsonl")
    assert ran.code == 2
    assert "--events" in ran.err


def test_a_reader_of_events_that_exits_stops_nothing(
    make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path, root: Path
) -> None:
    """Submitted rows are still followed and written back."""
    people, hello = make_workbook([["Name"], ["Ana"]]), make_template()
    reader, writer = os.pipe()
    os.close(reader)
    arguments = ["run", str(people), "-t", str(hello), "--simulate", "--simulate-seconds", "0.2"]
    ran = subprocess.run(
        [sys.executable, "-m", "merge", *arguments, "--events", f"/dev/fd/{writer}"],
        pass_fds=(writer,),
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )
    os.close(writer)
    assert (ran.returncode, "1 of 1 complete" in ran.stderr) == (0, True), ran.stderr
