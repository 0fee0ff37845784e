"""Group commit: what comes while others are still coming shares one step to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from merge.errors import JournalError
from merge.model import Entry

Put: TypeAlias = Callable[[Sequence[Entry]], None]
"""Makes entries durable, all of them or none; raises a `JournalError` where it cannot."""
Told: TypeAlias = Callable[[BaseException | None], None]

_TURNS = 4
"""Turns of the event loop, about as many as an answer that has arrived takes to come to its entry."""
_MANY = 100
"""Entries that are worth a step of their own, however many more are coming."""


class GroupCommit:
    """Entries on their way to the disk, in the order in which they came.

    Args:
        put: writes them
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._waiting: list[tuple[Sequence[Entry], Told]] = []
        self._work: asyncio.Task[None] | None = None

    def add(self, entries: Sequence[Entry], told: Told) -> None:
        """Have entries made durable, all in one step; `told` is called then, with what went wrong or None."""
        self.raise_background_error()
        self._waiting.append((entries, told))
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._write())

    def flush(self) -> None:
        """Write here and now whatever waits."""
        waiting, self._waiting = self._waiting, []
        wrong: BaseException | None = None
        try:
            if entries := [entry for entries, _ in waiting for entry in entries]:
                self._put(entries)
        except BaseException as error:
            wrong = error
            if not isinstance(error, JournalError):
                raise
        finally:
            # Whatever it was: nobody is left waiting.
            for _, told in waiting:
                told(wrong)

    async def wait_until_durable(self) -> None:
        """Wait until nothing is on its way."""
        while self._work and not self._work.done():
            await asyncio.wait({self._work})
        self.raise_background_error()

    def raise_background_error(self) -> None:
        """Raise what ended the writing although it should never have: nobody would be told any more."""
        if self._work and self._work.done() and not self._work.cancelled():
            self._work.result()

    async def _write(self) -> None:
        while self._waiting:
            await self._gathered()
            self.flush()

    async def _gathered(self) -> None:
        """Wait while more keeps coming, and not for anything that has not arrived yet."""
        seen = 0
        while seen < len(self._waiting) < _MANY:
            seen = len(self._waiting)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
