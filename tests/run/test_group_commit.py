from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

import pytest

from merge.errors import JournalError
from merge.model import Entry, Fingerprint, RowKey, State, Tag
from merge.run.state import GroupCommit


def entry(key: str) -> Entry:
    return Entry(RowKey(key), 2, "c", Fingerprint("f"), Tag("t"), State.SUBMITTING)


@dataclass
class Disk:
    """Keeps what it is given, step by step; or fails."""

    steps: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    fails: BaseException | None = None

    def put(self, entries: Sequence[Entry]) -> None:
        self.steps.append("".join(entry.key for entry in entries))
        if self.fails:
            raise self.fails

    def tells(self, key: str) -> Callable[[BaseException | None], None]:
        return lambda wrong: self.told.append(f"{key} {wrong}" if wrong else key)


def play(scene: Callable[[GroupCommit, Disk], Coroutine[object, object, None]], disk: Disk) -> Disk:
    asyncio.run(scene(GroupCommit(disk.put), disk))
    return disk


async def three(commits: GroupCommit, disk: Disk) -> None:
    for key in "abc":
        commits.add([entry(key)], disk.tells(key))


def test_what_comes_together_is_one_step_in_its_order() -> None:
    """Each is told once its step is done."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        await three(commits, disk)
        assert (disk.steps, disk.told) == ([], [])
        await commits.wait_until_durable()

    disk = play(scene, Disk())
    assert (disk.steps, disk.told) == (["abc"], ["a", "b", "c"])


def test_what_comes_a_little_later_still_shares_the_step() -> None:
    """An answer that is on its way through the program is waited for."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        async def later(key: str) -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            commits.add([entry(key)], disk.tells(key))
            if key < "e":
                await later(chr(ord(key) + 1))

        await asyncio.gather(three(commits, disk), later("d"))
        await commits.wait_until_durable()

    assert play(scene, Disk()).steps == ["abcde"]


def test_nobody_is_waited_for_without_end() -> None:
    """However many keep coming, a step is made."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        while not disk.steps:
            commits.add([entry("x")], disk.tells("x"))
            await asyncio.sleep(0)
        await commits.wait_until_durable()

    assert len(play(scene, Disk()).steps[0]) < 200


def test_a_step_that_fails_is_told_to_all_in_it_and_the_next_one_is_tried() -> None:
    """A full disk may have room again."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        await three(commits, disk)
        await commits.wait_until_durable()
        disk.fails = None
        commits.add([entry("d")], disk.tells("d"))
        await commits.wait_until_durable()

    disk = play(scene, Disk(fails=JournalError("full")))
    assert disk.steps == ["abc", "d"]
    assert disk.told == ["a full", "b full", "c full", "d"]


def test_a_fault_is_told_and_raised_to_whoever_comes_next() -> None:
    """What should never happen is not passed over: nobody waits for it, and nobody goes on after it."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        await three(commits, disk)
        with pytest.raises(ZeroDivisionError):
            await commits.wait_until_durable()
        with pytest.raises(ZeroDivisionError):
            commits.raise_background_error()
        with pytest.raises(ZeroDivisionError):
            commits.add([entry("d")], disk.tells("d"))

    disk = play(scene, Disk(fails=ZeroDivisionError("oh")))
    assert (disk.steps, disk.told) == (["abc"], ["a oh", "b oh", "c oh"])


def test_who_leaves_at_once_leaves_nothing_behind() -> None:
    """A flush writes what waits without a turn of the event loop, and only once."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        commits.flush()
        await three(commits, disk)
        commits.flush()
        assert (disk.steps, disk.told) == (["abc"], ["a", "b", "c"])
        await commits.wait_until_durable()

    assert play(scene, Disk()).steps == ["abc"]
