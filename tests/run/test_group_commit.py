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
    """Records each write as one transaction, or fails."""

    steps: list[str] = field(default_factory=list)
    notified: list[str] = field(default_factory=list)
    fails: BaseException | None = None

    def put(self, entries: Sequence[Entry]) -> None:
        self.steps.append("".join(entry.key for entry in entries))
        if self.fails:
            raise self.fails

    def callback(self, key: str) -> Callable[[BaseException | None], None]:
        return lambda wrong: self.notified.append(f"{key} {wrong}" if wrong else key)


def play(scene: Callable[[GroupCommit, Disk], Coroutine[object, object, None]], disk: Disk) -> Disk:
    asyncio.run(scene(GroupCommit(disk.put), disk))
    return disk


async def three(commits: GroupCommit, disk: Disk) -> None:
    for key in "abc":
        commits.add([entry(key)], disk.callback(key))


def test_entries_added_together_share_a_transaction_in_order() -> None:
    """Each caller is notified once its transaction is done."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        await three(commits, disk)
        assert (disk.steps, disk.notified) == ([], [])
        await commits.wait_until_durable()

    disk = play(scene, Disk())
    assert (disk.steps, disk.notified) == (["abc"], ["a", "b", "c"])


def test_an_entry_added_slightly_later_shares_the_transaction() -> None:
    """The transaction waits a few turns of the event loop for more entries."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        async def later(key: str) -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            commits.add([entry(key)], disk.callback(key))
            if key < "e":
                await later(chr(ord(key) + 1))

        await asyncio.gather(three(commits, disk), later("d"))
        await commits.wait_until_durable()

    assert play(scene, Disk()).steps == ["abcde"]


def test_a_transaction_does_not_wait_forever() -> None:
    """A transaction is made even if entries keep arriving."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        while not disk.steps:
            commits.add([entry("x")], disk.callback("x"))
            await asyncio.sleep(0)
        await commits.wait_until_durable()

    assert len(play(scene, Disk()).steps[0]) < 200


def test_a_failed_transaction_is_reported_to_all_and_the_next_is_tried() -> None:
    """A full disk may have space again later."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        await three(commits, disk)
        await commits.wait_until_durable()
        disk.fails = None
        commits.add([entry("d")], disk.callback("d"))
        await commits.wait_until_durable()

    disk = play(scene, Disk(fails=JournalError("full")))
    assert disk.steps == ["abc", "d"]
    assert disk.notified == ["a full", "b full", "c full", "d"]


def test_an_unexpected_error_is_reported_and_raised_by_later_calls() -> None:
    """No caller keeps waiting, and none can continue after it."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        await three(commits, disk)
        with pytest.raises(ZeroDivisionError):
            await commits.wait_until_durable()
        with pytest.raises(ZeroDivisionError):
            commits.raise_background_error()
        with pytest.raises(ZeroDivisionError):
            commits.add([entry("d")], disk.callback("d"))

    disk = play(scene, Disk(fails=ZeroDivisionError("oh")))
    assert (disk.steps, disk.notified) == (["abc"], ["a oh", "b oh", "c oh"])


def test_flush_writes_all_waiting_entries() -> None:
    """A flush needs no turn of the event loop, and writes each entry once."""

    async def scene(commits: GroupCommit, disk: Disk) -> None:
        commits.flush()
        await three(commits, disk)
        commits.flush()
        assert (disk.steps, disk.notified) == (["abc"], ["a", "b", "c"])
        await commits.wait_until_durable()

    assert play(scene, Disk()).steps == ["abc"]
