"""Random walks of everyday edits between runs: nothing is paid for twice, no video is mixed up."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import merge.plan.recognize
from merge.errors import ServiceError
from merge.model import Entry
from merge.plan.match import MatchedBy, Matches, RowFacts, numbered_key
from merge.settings import RerunOptions
from tests.support.walks import ANSWERS, Walk, take_step

WALKS = int(os.environ.get("CASTMERGE_WALKS", "160"))
"""The number of walks; `tests/support/walk_rounds.py` takes many more."""
rows = st.integers(0, 20)
answers = st.lists(st.sampled_from(ANSWERS), max_size=4)


class EverydayUse(RuleBasedStateMachine):
    """A workbook, a person with Excel, and runs."""

    walk: Walk

    @initialize(people=st.integers(1, 4), keyed=st.booleans())
    def begin(self, people: int, keyed: bool) -> None:
        """Create a workbook."""
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - thousands of journals are synced there
        self.walk = Walk(Path(mkdtemp(prefix="castmerge-walk-", dir=memory)), people=people, keyed=keyed)

    @rule(row=rows)
    def edit(self, row: int) -> None:
        self.walk.edit(row)

    @rule(row=rows)
    def edit_back(self, row: int) -> None:
        self.walk.edit_back(row)

    @rule(row=rows)
    def remark(self, row: int) -> None:
        self.walk.remark(row)

    @rule(whole=st.booleans(), backwards=st.booleans())
    def sort(self, whole: bool, backwards: bool) -> None:
        self.walk.sort(whole=whole, backwards=backwards)

    @rule()
    def paste(self) -> None:
        self.walk.rotate()

    @rule(row=rows, renamed=st.booleans())
    def copy_row(self, row: int, renamed: bool) -> None:
        self.walk.copy_row(row, renamed=renamed)

    @rule(row=rows)
    def insert(self, row: int) -> None:
        self.walk.insert(row)

    @rule(row=rows)
    def delete(self, row: int) -> None:
        self.walk.delete(row)

    @rule(row=rows, all_cells=st.booleans())
    def clear(self, row: int, all_cells: bool) -> None:
        self.walk.clear(row, all_cells=all_cells)

    @rule()
    def drop_results(self) -> None:
        self.walk.drop_results()

    @rule(version=rows)
    def restore(self, version: int) -> None:
        self.walk.restore(version)

    @rule(where=st.sampled_from(["save_as", "other_folder", "lose_journal"]))
    def go_elsewhere(self, where: str) -> None:
        {
            "save_as": self.walk.save_as,
            "other_folder": self.walk.other_folder,
            "lose_journal": self.walk.lose_journal,
        }[where]()

    @rule(
        changed=st.booleans(),
        retry_failed=st.booleans(),
        given=answers,
        excel=st.booleans(),
        again=st.booleans(),
    )
    def run(
        self, changed: bool, retry_failed: bool, given: list[ServiceError | None], excel: bool, again: bool
    ) -> None:
        rerun = RerunOptions(changed=changed, retry_failed=retry_failed)
        self.walk.run(rerun, answers=given, open_in_excel=excel, again=again)

    @rule(changed=st.booleans())
    def run_without_faults(self, changed: bool) -> None:
        self.walk.run(RerunOptions(changed=changed))

    @rule(row=rows)
    def remake(self, row: int) -> None:
        self.walk.remake(row)

    @rule()
    def run_with_new_rows(self) -> None:
        self.walk.run(RerunOptions(new_rows=True))

    @invariant()
    def laws_hold(self) -> None:
        """No video is paid for twice or mixed up."""
        if hasattr(self, "walk"):
            assert not self.walk.broken, self.walk.why()


@pytest.mark.parametrize("share", range(4))
def test_everyday_edits_pay_nothing_twice_and_mix_up_nobody(share: int) -> None:
    """Edit, sort, copy, insert, delete, restore, clear, Save As, a lost journal, Excel, lost answers."""
    run_state_machine_as_test(
        EverydayUse,
        settings=settings(
            max_examples=WALKS // 4,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


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
    assert any(_is_broken(seed, tmp_path / str(seed)) for seed in range(20))


def _is_broken(seed: int, folder: Path) -> bool:
    chance = random.Random(seed)
    folder.mkdir()
    walk = Walk(folder)
    for _ in range(15):
        take_step(walk, chance)
    return bool(walk.broken)
