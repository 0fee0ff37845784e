"""What eyes see on stderr: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from merge.results import Status
from merge.run.book import RowEvent

if TYPE_CHECKING:
    from rich.console import RenderableType

TELL_AT_ONCE = frozenset({Status.COMPLETE, Status.FAILED, Status.CHECK, Status.DRAFT})
SHOWN_ROWS = 8


class Console:
    """Says things on stderr, or nothing where it is told to be quiet."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self.live = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, lines: Iterable[str]) -> None:
        """Lines for eyes."""
        if not self._quiet:
            for line in lines:
                click.echo(line, err=True)

    @contextmanager
    def watching(self, total: int) -> Iterator[Callable[[RowEvent], None]]:
        """Show what happens to rows for as long as the block lasts; gives the observer to tell."""
        if self.live:
            with _live_table(total) as observe:
                yield observe
        else:
            yield self._tell_plainly

    def _tell_plainly(self, event: RowEvent) -> None:
        if event.status in TELL_AT_ONCE:
            note = f": {event.note}" if event.note else ""
            self.say([f"row {event.row}: {event.status}{note}"])

    @staticmethod
    def can_ask() -> bool:
        """Whether somebody is there to answer."""
        return sys.stdin.isatty() and sys.stderr.isatty()


class Board:
    """The latest word on every row, for the live table."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._latest: dict[str, RowEvent] = {}

    def tell(self, event: RowEvent) -> None:
        """Take note of a change."""
        self._latest[event.key] = event

    def table(self) -> RenderableType:
        """A bar for all rows, and the rows under way."""
        from rich.console import Group  # noqa: PLC0415 - rich is heavy, and only a terminal needs it
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 - likewise
        from rich.table import Table  # noqa: PLC0415 - likewise
        from rich.text import Text  # noqa: PLC0415 - likewise

        counts = Counter(event.status for event in self._latest.values())
        done = sum(counts[status] for status in TELL_AT_ONCE)
        table = Table.grid(padding=(0, 2))
        for event in self._under_way():
            percent = "" if event.percent is None else f"{event.percent:.0f} %"
            bar = ProgressBar(total=100, completed=event.percent or 0, width=24)
            table.add_row(f"row {event.row}", str(event.status), bar, percent)
        said = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()) if status)
        whole = ProgressBar(total=max(self._total, 1), completed=done, width=40)
        head = Table.grid(padding=(0, 2))
        head.add_row(whole, Text(f"{done} of {self._total}"), Text(said, style="dim"))
        return Group(head, table)

    def _under_way(self) -> list[RowEvent]:
        under_way = [event for event in self._latest.values() if event.status not in TELL_AT_ONCE]
        return sorted(under_way, key=lambda event: event.row)[:SHOWN_ROWS]


@contextmanager
def _live_table(total: int) -> Iterator[Callable[[RowEvent], None]]:
    from rich.console import Console as RichConsole  # noqa: PLC0415 - rich is heavy
    from rich.live import Live  # noqa: PLC0415 - likewise

    board = Board(total)
    with Live(
        get_renderable=board.table, console=RichConsole(stderr=True), refresh_per_second=4, transient=True
    ):
        yield board.tell
