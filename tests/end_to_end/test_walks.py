"""Random walks of everyday edits between runs: nothing is paid for twice, no video is mixed up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import merge.plan.recognize
from merge.model import Entry
from merge.plan.match import MatchedBy, Matches, RowFacts, numbered_key
from tests.support.memory_walks import memory_walk
from tests.support.paths import ROOT, WORKBOOK_FOLDER
from tests.support.real_workbooks import find_list
from tests.support.walk_files import Value
from tests.support.walk_rounds import (
    MEMORY,
    walk_in_memory,
    walk_on_workbook,
    walk_with_files,
    walk_with_shared_journal,
)
from tests.support.walks import STEPS, Step, Walk

pytestmark = pytest.mark.untraced

WALKS = int(os.environ.get("CASTMERGE_WALKS", "2000"))
"""The number of walks in memory; `tests.support.walk_rounds` takes more, also with files and processes."""
SHARES = 4
LENGTH = 15
"""The number of steps of a walk."""
EXAMPLES = 60
FILE_WALKS = 12
"""The number of walks with files; each takes half a second."""


class EverydayUse(RuleBasedStateMachine):
    """A workbook, a person with Excel, and runs, all in memory."""

    walk: Walk

    @initialize(people=st.integers(1, 4), keyed=st.booleans())
    def begin(self, people: int, keyed: bool) -> None:
        """Create a workbook."""
        self.until_the_end = ExitStack()
        folder = self.until_the_end.enter_context(TemporaryDirectory(prefix="castmerge-walk-", dir=MEMORY))
        walk = memory_walk(Path(folder), people=people, keyed=keyed)
        self.walk = self.until_the_end.enter_context(walk)

    @rule(step=st.sampled_from(STEPS), row=st.integers(0, 20), flag=st.booleans())
    def take(self, step: Step, row: int, flag: bool) -> None:
        """Edit or run."""
        step(self.walk, row, flag)

    @invariant()
    def laws_hold(self) -> None:
        """No video is paid for twice or mixed up."""
        if hasattr(self, "walk"):
            assert not self.walk.broken, self.walk.why()

    def teardown(self) -> None:
        """Remove all files."""
        if hasattr(self, "until_the_end"):
            self.until_the_end.close()


@pytest.mark.long
@pytest.mark.parametrize("share", range(SHARES))
def test_everyday_edits_pay_nothing_twice_and_mix_up_nobody(share: int) -> None:
    """Edit, sort, copy, insert, delete, restore, clear, Save As, no journal, Excel, lost answers, kills."""
    # In a process of its own, in which no coverage is measured: that would take twice as long.
    walks, first = WALKS // SHARES, share * WALKS // SHARES
    options = ["--walks", str(walks), "--seed", str(first), "--steps", str(LENGTH)]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.walk_rounds", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, f"{walks} walks of {LENGTH} steps" in ran.stdout) == (0, True), (
        ran.stdout + ran.stderr
    )


def test_any_order_of_edits_and_runs_keeps_the_laws() -> None:
    """Hypothesis chooses the steps, and shortens those that break a law."""
    run_state_machine_as_test(
        EverydayUse,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=LENGTH,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(FILE_WALKS))
def test_walks_with_files_and_in_memory_have_the_same_results(seed: int, tmp_path: Path) -> None:
    """The same steps give the same ids, so what holds in memory holds with real files."""
    in_memory = walk_in_memory(seed, LENGTH, tmp_path / "memory")
    with_files = walk_with_files(seed, LENGTH, tmp_path / "files")
    assert in_memory.log == with_files.log
    assert in_memory.accepted() == with_files.accepted()
    assert _without_times(in_memory) == _without_times(with_files)


@pytest.mark.parametrize("seed", [3, 5])
def test_walks_with_a_shared_journal_break_no_law(seed: int, tmp_path: Path, database: str) -> None:
    """Copies in other folders share the videos; `walk_rounds --form shared` takes more walks."""
    walk = walk_with_shared_journal(seed, LENGTH, tmp_path, database)
    assert not walk.broken, walk.why()


@pytest.mark.skipif(
    not WORKBOOK_FOLDER.is_dir(), reason="the real workbooks are not here (CASTMERGE_WORKBOOKS)"
)
@pytest.mark.parametrize("name", ["xw__autofilter03.xlsx", "poi__51850.xlsx"])
def test_everyday_edits_of_a_real_workbook_change_no_other_cell(name: str, tmp_path: Path) -> None:
    """`walk_rounds --workbooks` takes longer walks, on all real workbooks."""
    original = WORKBOOK_FOLDER / name
    found = find_list(original)
    assert found
    walk = walk_on_workbook(1, 6, tmp_path, original, found)
    assert not walk.broken, walk.why()
    assert walk.accepted()


def _without_times(walk: Walk) -> list[list[Value]]:
    grid = walk.files.read(walk.workbook)
    return [[value for value in row if not isinstance(value, datetime)] for row in grid]


def _by_id(
    rows: Sequence[RowFacts], videos: Iterable[Entry], *_: object, keyed: bool, **__: object
) -> Matches:
    """Match a row by the id in its cell, whatever its content."""
    known = {str(video.job): video for video in videos if video.job}
    found = tuple(known.get(row.video_id) for row in rows)
    keys = tuple(
        video.key if video else numbered_key(f"{row.name} {position}", 1, keyed=keyed)
        for position, (row, video) in enumerate(zip(rows, found, strict=True))
    )
    return Matches(found, keys, keys, tuple(MatchedBy.FINGERPRINT if video else None for video in found))


def test_matching_by_ids_in_cells_breaks_a_law(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The walks detect faults: matched by the cell's id, one walk in twenty fails."""
    monkeypatch.setitem(merge.plan.recognize.__dict__, "match_rows", _by_id)
    assert any(_is_broken(seed, tmp_path) for seed in range(20))


def _is_broken(seed: int, folder: Path) -> bool:
    return bool(walk_in_memory(seed, LENGTH, folder).broken)
