"""A disk that fills up during a run, and a process without file handles: the message says what was sent."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.full_disks import run_on_a_full_disk, run_with_limits
from tests.support.paths import ROOT

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


@pytest.mark.parametrize("handles", [12, 16])
def test_running_out_of_file_handles_is_not_a_crash(
    tmp_path: Path, service_environment: Mapping[str, str], simulator_url: str, handles: int
) -> None:
    """Too few handles for the journal, the service or the workbook give a plain message."""
    for name in ("example_sheets/customers.xlsx", "templates/welcome.json"):
        shutil.copy(ROOT / name, tmp_path)
    limits = {resource.RLIMIT_NOFILE: handles}
    ran = run_with_limits(tmp_path, service_environment, simulator_url, limits)
    assert ran.returncode in {0, 2, 3, 4, 5}, ran.stderr
    assert "ran into an error" not in ran.stderr
