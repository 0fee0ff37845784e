"""Processes end within seconds when they are stopped, whatever the service makes them wait for."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from tests.support.callables import MakeTemplate, MakeWorkbook
from tests.support.held_service import Hold, Point, held_service

SECONDS = 5.0
"""The time in seconds within which a process must end."""
START = 60.0
"""The time in seconds within which a process sends its first request, even on a busy computer."""


def _ids(workbook: Path) -> list[object]:
    header, *rows = openpyxl.load_workbook(workbook)["People"].iter_rows(values_only=True)
    return [row[header.index("Video ID")] for row in rows] if "Video ID" in header else []


@pytest.mark.parametrize(
    ("point", "hold", "number", "made"),
    [
        pytest.param("list", "asks to wait", signal.SIGTERM, 0, id="list asks to wait, SIGTERM"),
        pytest.param("list", "is silent", signal.SIGINT, 0, id="list is silent, Ctrl-C"),
        pytest.param("submit", "asks to wait", signal.SIGHUP, 0, id="submission asks to wait, SIGHUP"),
        pytest.param("submit", "is silent", signal.SIGTERM, 0, id="submission is silent, SIGTERM"),
        pytest.param("progress", "asks to wait", signal.SIGINT, 2, id="progress asks to wait, Ctrl-C"),
        pytest.param("progress", "is silent", signal.SIGHUP, 2, id="progress is silent, SIGHUP"),
        pytest.param("nowhere", "is silent", signal.SIGTERM, 2, id="between two polls, SIGTERM"),
        pytest.param("download", "is silent", signal.SIGINT, 2, id="download is silent, Ctrl-C"),
    ],
)
def test_a_stopped_run_ends(
    point: Point,
    hold: Hold,
    number: signal.Signals,
    made: int,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    service_environment: Mapping[str, str],
    tmp_path: Path,
) -> None:
    """It ends within 5 seconds with exit code 130, and every id it got is in the workbook."""
    workbook, template = make_workbook([["Name"], ["Ana"], ["Ben"]]), make_template()
    with held_service(point, hold) as service:
        quick = ["--first-look", "0.1", "--poll-min", "0.1", "--poll-max", "60"]
        command = [sys.executable, "-m", "merge", "run", str(workbook), "-t", str(template), "--yes"]
        options = ["--base-url", service.base_url, "--download", str(tmp_path / "videos"), *quick]
        process = subprocess.Popen(
            [*command, *options], env=service_environment, stderr=subprocess.PIPE, text=True
        )
        assert service.reached.wait(START)
        # The process needs a moment to read the response and start waiting.
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(number)
        try:
            _, output = process.communicate(timeout=START)
        finally:
            process.kill()
        took = time.monotonic() - began
    assert (process.returncode, "Traceback" in output) == (130, False), output
    assert took < SECONDS
    assert sum(1 for each in _ids(workbook) if each) == made
