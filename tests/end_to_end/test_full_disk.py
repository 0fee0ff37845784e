"""A disk that fills up during a run, and a process without file handles: the message says what was sent."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.full_disks import run_on_a_full_disk, run_with_limits

ROOM = (20, 90, 112, 140, 260)
"""Free space in kB at the start of the run: too little for the journal or the results, or enough.

`python -m tests.support.full_disks` tries many more.
"""


@pytest.mark.parametrize("room", ROOM)
def test_a_full_disk_is_reported_with_the_videos_sent(
    tmp_path: Path, service_environment: Mapping[str, str], room: int
) -> None:
    """Exit code 0, 3 or 5, never a crash; the workbook is readable, and a later run makes each video once."""
    run_on_a_full_disk(tmp_path, service_environment, room)


@pytest.mark.parametrize("handles", [12, 17, 40])
def test_too_few_file_handles_stop_a_run_before_anything_is_sent(
    tmp_path: Path, service_environment: Mapping[str, str], handles: int
) -> None:
    """A run that couldn't open its workbook at the end doesn't begin."""
    ran = run_with_limits(
        tmp_path, service_environment, "http://127.0.0.1:9", {resource.RLIMIT_NOFILE: handles}
    )
    assert ran.returncode == 3, ran.stderr
    assert "too few files at once" in ran.stderr
    assert "nothing was sent" in ran.stderr
