"""Runs on a disk with little room: `python -m tests.support.full_disks` tries many sizes.

The disk is a small tmpfs; where none can be mounted, the size of each file is limited instead.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import openpyxl

from merge.services.simulator import Simulator, SimulatorSettings
from tests.support import warm_processes
from tests.support.paths import ROOT

QUICK = ("--first-look", "0.1", "--poll-min", "0.1", "--poll-max", "0.3")
SIZES = range(0, 304, 8)
"""Free space in kB."""
SIZE = 1_000_000
"""Bytes of the disk."""


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


def run_with_limits(
    folder: Path, environment: Mapping[str, str], url: str, limits: Mapping[int, int]
) -> subprocess.CompletedProcess[str]:
    command = ["run", "customers.xlsx", "-t", "welcome.json", "--yes", "--json", "--base-url", url, *QUICK]
    return warm_processes.run(command, environment, folder, before=partial(_limit, dict(limits)))


def _limit(limits: Mapping[int, int]) -> None:
    for kind, value in limits.items():
        resource.setrlimit(kind, (value, value))


def run_on_a_full_disk(folder: Path, environment: Mapping[str, str], room: int) -> int:
    """Run with so little room, then with enough; returns the first exit code, after checking what was said.

    Args:
        folder: an empty folder
        environment: of the process
        room: free space in kB at the start
    """
    log = folder / "service.jsonl"
    disk = folder / "disk"
    with Simulator(SimulatorSettings(seconds=0.1, state_file=log)) as service:
        with _small_disk(disk, room * 1000) as longest:
            limits = {} if longest is None else {resource.RLIMIT_FSIZE: longest}
            ran = run_with_limits(disk, environment, service.base_url, limits)
            openpyxl.load_workbook(disk / "customers.xlsx")
            (disk / "other").unlink(missing_ok=True)
            again = run_with_limits(disk, environment, service.base_url, {})
        sent = log.read_text().count('"event": "accepted"')
    assert ran.returncode in {0, 3, 5}, ran.stderr
    assert "Traceback" not in ran.stderr
    if ran.stdout:
        rows = json.loads(ran.stdout)["rows"]
        ids = sum(bool(row["video_id"]) for row in rows)
        assert not (ids and "nothing was sent" in ran.stderr.lower())
        said = ("sent; see", "castmerge write-back", "Video IDs, status and links are in")
        where = any(words in ran.stderr for words in said)
        assert ran.returncode == 0 or not ids or where, ran.stderr
    else:
        assert ran.returncode == 3, ran.stderr
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["counts"]["complete"] == 12
    assert sent == 12
    return ran.returncode


def _main() -> None:
    codes: Counter[int] = Counter()
    environment = {**os.environ, "AISTUDIOS_API_KEY": "key-of-the-tests"}
    for room in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            code = run_on_a_full_disk(Path(folder), environment, room)
        codes[code] += 1
        sys.stdout.write(f"{room:4} kB free: exit code {code}\n")
        sys.stdout.flush()
    listed = ", ".join(f"{times} times {code}" for code, times in sorted(codes.items()))
    sys.stdout.write(f"{codes.total()} sizes: {listed}\n")


if __name__ == "__main__":
    _main()
