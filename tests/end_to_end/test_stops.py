"""Processes end within seconds when they are stopped, whatever they wait for."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.stops import SIGNALS, STATES, stopped

HANGS = 30.0
"""Seconds; the waits that end here take 15 minutes. `python -m tests.support.stops` measures 5 seconds."""

INTERRUPTED_WHILE_LOADING = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == "merge.cli.safe_streams":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
signal.signal(signal.SIGINT, signal.default_int_handler)
from merge.__main__ import main
main(["--version"])
"""


def test_ctrl_c_while_python_is_loading_shows_no_traceback() -> None:
    """The process ends as the system ends it."""
    command = [sys.executable, "-c", INTERRUPTED_WHILE_LOADING]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (-signal.SIGINT, "")


@pytest.mark.parametrize("name", STATES)
def test_a_stopped_command_ends(name: str, tmp_path: Path) -> None:
    """It ends at once, with exit code 130 unless it is the app, and every ID it got is in the workbook."""
    number = SIGNALS[list(STATES).index(name) % len(SIGNALS)]
    state = STATES[name]
    ended = stopped(state, number, tmp_path)
    assert (ended.code, "Traceback" in ended.said) == (state.code, False), ended.said
    assert ended.seconds < HANGS
    assert ended.made == state.made
