from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from merge.cli import log_file as logs
from merge.cli.log_file import logging_to
from merge.errors import InputError
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

MARKER = "Ana Marker-Person"
QUICK = ("--simulate", "--simulate-seconds", "0.2", "--key", "Name")


def test_a_log_has_requests_and_rows(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Every request has its number, duration and outcome, and every row its states; no names are logged."""
    people, hello, log = make_workbook([["Name"], [MARKER]]), make_template(), tmp_path / "castmerge.jsonl"
    assert castmerge("run", people, "-t", hello, *QUICK, "--log", log).code == 0
    text = log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["logger"] == "merge.requests"]
    assert [line["request"] for line in requests] == list(range(1, len(requests) + 1))
    assert {(line["method"], line["outcome"]) for line in requests} == {("GET", "200"), ("POST", "200")}
    assert all(line["ms"] >= 0 for line in requests)
    rows = [line for line in lines if line["logger"] == "merge.rows"]
    assert [line["state"] for line in rows] == ["not taken", "submitting", "submitted", "complete"]
    assert rows[-1]["video_id"]
    assert lines[-1]["exit_code"] == 0
    assert MARKER not in text


def test_values_are_logged_if_requested(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """With --log-values the row's key is in the log; the text format has one line per record."""
    people, hello, log = make_workbook([["Name"], [MARKER]]), make_template(), tmp_path / "castmerge.log"
    assert castmerge("run", people, "-t", hello, *QUICK, "--log", log, "--log-values").code == 0
    text = log.read_text(encoding="utf-8")
    assert f"key {MARKER.casefold()}" in text.casefold()
    assert all(re.match(r"\d{4}-\S+Z (INFO |DEBUG) merge\.", line) for line in text.splitlines())


def test_without_a_log_nothing_is_logged(
    make_workbook: MakeWorkbook, make_template: MakeTemplate, service_environment: Mapping[str, str]
) -> None:
    """The library's loggers are silent unless the caller configures them."""
    people, hello = make_workbook([["Name"], ["Ana"]]), make_template()
    program = (
        "from merge import Settings, merge_workbook\n"
        "settings = Settings(simulate=True)\n"
        f"print(merge_workbook({str(people)!r}, {str(hello)!r}, settings=settings).counts['complete'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=service_environment, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("1\n", "")


def test_the_loggers_are_left_as_they_were(tmp_path: Path) -> None:
    """Logging ends with the command."""
    before = logging.getLogger("merge").level, list(logging.getLogger("merge").handlers)
    with logging_to(tmp_path / "a.log", values=True):
        logging.getLogger("merge.rows").info("row %d", 2)
    assert (logging.getLogger("merge").level, logging.getLogger("merge").handlers) == before


def test_a_growing_log_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old files have numbers at their end, and there are only a few of them."""
    monkeypatch.setitem(vars(logs), "MAX_BYTES", 200)
    with logging_to(tmp_path / "a.log", values=False):
        for number in range(100):
            logging.getLogger("merge.rows").info("row %d", number)
    assert len(list(tmp_path.iterdir())) == logs.KEPT + 1


def test_a_full_disk_does_not_stop_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Records that can't be written are dropped silently."""
    with logging_to(Path("/dev/full"), values=False):
        logging.getLogger("merge.rows").info("row 2")
    assert capsys.readouterr() == ("", "")


def test_an_unwritable_path_is_wrong_input(tmp_path: Path) -> None:
    """The message names the option, and nothing is started."""
    with pytest.raises(InputError, match="--log"), logging_to(tmp_path / "no" / "a.log", values=False):
        raise AssertionError
