"""The live view on a terminal: a bar for all rows, the rows in flight, the last problems."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from merge.cli.progress_state import Progress, event_line
from merge.cli.safe_streams import RawText
from merge.run.state import RowEvent
from merge.sheet.result_columns import Status

MAX_ROWS = 8
MAX_PRINTED = 20
"""Problems that are printed above the view, each once; the summary and the workbook have all of them."""
_RESERVED = 9
"""Lines of the screen that aren't rows: the bar, the counts, the problems, blank lines."""
_NARROW = 60
"""Width in columns below which there's no room for bars."""
_STYLES = {Status.FAILED: "red", Status.CHECK: "yellow", Status.COMPLETE: "green"}


class View:
    """Draws the progress in the current size of the terminal."""

    def __init__(self, progress: Progress, now: Callable[[], float]) -> None:
        self._progress = progress
        self._now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the view (rich's protocol)."""
        progress = self._progress
        yield self._total_line(options.max_width)
        counts = Text("  ", style="dim", overflow="ellipsis", no_wrap=True)
        counts.append(" · ".join(f"{number:,} {label}" for number, label in progress.counts()))
        yield counts
        room = max(1, min(MAX_ROWS, console.size.height - _RESERVED))
        rows = progress.in_flight(room)
        if rows:
            yield Text()
            yield _rows(rows, options.max_width)
        if progress.under_way > len(rows):
            yield Text(f"  … and {progress.under_way - len(rows):,} more in progress", style="dim")
        if progress.problems and console.size.height > 2 * _RESERVED:
            yield Text()
            for event in progress.problems:
                style = _STYLES.get(event.status, "")
                yield Text(f"  {event_line(event)}", style=style, overflow="ellipsis", no_wrap=True)

    def _total_line(self, width: int) -> Table:
        progress = self._progress
        done = Text(f"{progress.done:,} of {progress.total:,}", style="bold", no_wrap=True)
        left = Text(progress.time_left(self._now()), style="dim", no_wrap=True, overflow="ellipsis")
        table = Table.grid(padding=(0, 2))
        bar = _bar(max(progress.total, 1), progress.work, min(40, width // 3))
        table.add_row(*([Text(" "), bar, done, left] if width >= _NARROW else [Text(" "), done]))
        return table


def _rows(rows: list[RowEvent], width: int) -> Table:
    table = Table.grid(padding=(0, 2))
    for event in rows:
        percent = "" if event.percent is None else f"{event.percent:.0f}%"
        bar = _bar(100, event.percent or 0, max(8, min(24, width // 4)))
        table.add_row(
            Text(" "), f"row {event.row:,}", str(event.status) or "Submitting", bar, f"{percent:>4}"
        )
    return table


def _bar(total: float, done: float, width: int) -> ProgressBar:
    # rich's default red looks like an error.
    return ProgressBar(
        total=total, completed=done, width=width, complete_style="cyan", finished_style="green"
    )


@contextmanager
def live_view(total: int, now: Callable[[], float]) -> Iterator[Callable[[RowEvent], None]]:
    """Show the view on stderr during the block; the first problem of each kind is printed above it."""
    progress = Progress(total, now())
    console = Console(file=cast("TextIO", RawText(sys.stderr)), highlight=False)
    printed = 0

    def observe(event: RowEvent) -> None:
        nonlocal printed
        if progress.add(event) and progress.is_news(event) and printed < MAX_PRINTED:
            printed += 1
            console.print(Text(event_line(event), style=_STYLES.get(event.status, "")))

    with Live(View(progress, now), console=console, refresh_per_second=4, transient=True):
        yield observe
