from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.postgres import programs


def _play(folder: Path, *options: str, kind: str = "kill_rounds") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"tests.support.{kind}", *options],
        cwd=ROOT,
        # What a round with a fault leaves is kept there.
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


@pytest.mark.long
@pytest.mark.parametrize("variant", ["plain", "no-journal", "sorted"])
def test_killed_runs_pay_nothing_twice_and_lose_no_video(variant: str, tmp_path: Path) -> None:
    """SIGKILL at random moments with a faulty service; journals are deleted and rows sorted between runs."""
    played = _play(tmp_path, "--rounds", "1", "--seed", "5", "--variant", variant)
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.long
def test_rounds_without_the_search_for_tags_find_a_fault(tmp_path: Path) -> None:
    """Without the search for tags, the same rounds find a row that is paid for twice or missing."""
    played = _play(tmp_path, "--rounds", "20", "--seed", "3", "--broken", "look", "--until-fault")
    assert played.returncode == 1, played.stdout + played.stderr
    assert "1 rounds with faults" in played.stdout
    assert list(tmp_path.glob("castmerge-kill-*/output.txt")), "the round's output is kept"


@pytest.mark.skipif(programs() is None, reason="PostgreSQL's server isn't installed (Debian: postgresql)")
@pytest.mark.long
def test_killed_and_frozen_workers_pay_nothing_twice_and_lose_no_video(tmp_path: Path) -> None:
    """Three workers and a run share a journal; the stand-in loses answers."""
    size = ("--rounds", "1", "--people", "8", "--seconds", "0.8", "--lease", "1.5")
    played = _play(tmp_path, *size, "--seed", "2", kind="team_rounds")
    assert played.returncode == 0, played.stdout + played.stderr
