"""A disk that fills up during a run, and a process without file handles: the message says what was sent."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from merge.services.simulator import Simulator, SimulatorSettings
from tests.support import warm_processes
from tests.support.paths import ROOT

QUICK = ("--first-look", "0.1", "--poll-min", "0.1", "--poll-max", "0.3")
ROOM = (20, 90, 112, 140, 260)
"""Free space in kB at the start of the run: too little for the journal or the results, or enough."""
SIZE = 1_000_000


@contextmanager
def _small_disk(folder: Path, free: int) -> Iterator[int | None]:
    """A drive with this many bytes free; if none can be mounted, yields a limit on file size instead."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder], check=False, capture_output=True
    )
    try:
        for name in ("example_sheets/customers.xlsx", "templates/welcome.json"):
            shutil.copy(ROOT / name, folder)
        if mounted.returncode:
            yield free
        else:
            left = os.statvfs(folder)
            (folder / "other").write_bytes(bytes(left.f_bavail * left.f_frsize - free))
            yield None
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", folder], check=True)


def _run(
    folder: Path, environment: Mapping[str, str], url: str, limits: Mapping[int, int]
) -> subprocess.CompletedProcess[str]:
    command = ["run", "customers.xlsx", "-t", "welcome.json", "--yes", "--json", "--base-url", url, *QUICK]
    return warm_processes.run(command, environment, folder, before=partial(_limit, dict(limits)))


def _limit(limits: Mapping[int, int]) -> None:
    for kind, value in limits.items():
        resource.setrlimit(kind, (value, value))


@pytest.mark.parametrize("room", ROOM)
def test_a_full_disk_is_reported_with_the_videos_sent(
    tmp_path: Path, service_environment: Mapping[str, str], room: int
) -> None:
    """Exit code 0, 3 or 5, never a crash; the workbook is readable, and a later run makes each video once."""
    log = tmp_path / "service.jsonl"
    with Simulator(SimulatorSettings(seconds=0.1, state_file=log)) as service:
        with _small_disk(tmp_path / "disk", room * 1000) as longest:
            limits = {} if longest is None else {resource.RLIMIT_FSIZE: longest}
            ran = _run(tmp_path / "disk", service_environment, service.base_url, limits)
            openpyxl.load_workbook(tmp_path / "disk" / "customers.xlsx")
            (tmp_path / "disk" / "other").unlink(missing_ok=True)
            again = _run(tmp_path / "disk", service_environment, service.base_url, {})
        sent = log.read_text().count('"event": "accepted"')
    assert ran.returncode in {0, 3, 5}, ran.stderr
    assert "Traceback" not in ran.stderr
    if ran.stdout:
        rows = json.loads(ran.stdout)["rows"]
        ids = sum(bool(row["video_id"]) for row in rows)
        assert not (ids and "nothing was sent" in ran.stderr.lower())
        assert (
            ran.returncode == 0
            or not ids
            or "sent; see" in ran.stderr
            or "castmerge write-back" in ran.stderr
        )
    else:
        assert ran.returncode == 3
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["counts"]["complete"] == 12
    assert sent == 12


@pytest.mark.parametrize("handles", [12, 16])
def test_running_out_of_file_handles_is_not_a_crash(
    tmp_path: Path, service_environment: Mapping[str, str], simulator_url: str, handles: int
) -> None:
    """Too few handles for the journal, the service or the workbook give a plain message."""
    for name in ("example_sheets/customers.xlsx", "templates/welcome.json"):
        shutil.copy(ROOT / name, tmp_path)
    limits = {resource.RLIMIT_NOFILE: handles}
    ran = _run(tmp_path, service_environment, simulator_url, limits)
    assert ran.returncode in {0, 2, 3, 4, 5}, ran.stderr
    assert "has a fault" not in ran.stderr
