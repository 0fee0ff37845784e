"""Processes end within seconds when they are stopped, whatever they wait for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stops import SIGNALS, STATES, stopped

HANGS = 30.0
"""Seconds; the waits that end here take 15 minutes. `python -m tests.support.stops` measures 5 seconds."""


@pytest.mark.parametrize("name", STATES)
def test_a_stopped_command_ends(name: str, tmp_path: Path) -> None:
    """It ends at once, with exit code 130 unless it is the app, and every ID it got is in the workbook."""
    number = SIGNALS[list(STATES).index(name) % len(SIGNALS)]
    state = STATES[name]
    ended = stopped(state, number, tmp_path)
    assert (ended.code, "Traceback" in ended.said) == (state.code, False), ended.said
    assert ended.seconds < HANGS
    assert ended.made == state.made
