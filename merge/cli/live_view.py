"""The live view on a terminal: one bar for all rows, the rows under way, the last problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from merge.cli.progress_state import Board, event_line
from merge.run.state import RowEvent
from merge.sheet.result_columns import Status

MOST_ROWS = 8
MOST_IN_THE_TRAIL = 20
"""So many problems, each once, stay readable above the view; all stand in the summary and the workbook."""
_RESERVED = 9
"""Lines of a screen that are no row: the bar, the counts, the problems, blanks."""
_NARROW = 60
"""Columns, below which there is no room for bars."""
_STYLES = {Status.FAILED: "red", Status.CHECK: "yellow", Status.COMPLETE: "green"}


class View:
    """Draws the board as wide and as high as the terminal is at that moment."""

    def __init__(self, board: Board, now: Callable[[], float]) -> None:
        self._board = board
        self._now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What rich draws."""
        board = self._board
        yield self._whole(options.max_width)
        counts = Text("  ", style="dim", overflow="ellipsis", no_wrap=True)
        counts.append(" · ".join(f"{number:,} {word}" for number, word in board.counts()))
        yield counts
        room = max(1, min(MOST_ROWS, console.size.height - _RESERVED))
        rows = board.latest(room)
        if rows:
            yield Text()
            yield _rows(rows, options.max_width)
        if board.under_way > len(rows):
            yield Text(f"  … and {board.under_way - len(rows):,} more under way", style="dim")
        if board.problems and console.size.height > 2 * _RESERVED:
            yield Text()
            for event in board.problems:
                style = _STYLES.get(event.status, "")
                yield Text(f"  {event_line(event)}", style=style, overflow="ellipsis", no_wrap=True)

    def _whole(self, width: int) -> Table:
        board = self._board
        said = Text(f"{board.done:,} of {board.total:,}", style="bold", no_wrap=True)
        left = Text(board.time_left(self._now()), style="dim", no_wrap=True, overflow="ellipsis")
        table = Table.grid(padding=(0, 2))
        bar = _bar(max(board.total, 1), board.work, min(40, width // 3))
        table.add_row(*([Text(" "), bar, said, left] if width >= _NARROW else [Text(" "), said]))
        return table


def _rows(rows: list[RowEvent], width: int) -> Table:
    table = Table.grid(padding=(0, 2))
    for event in rows:
        percent = "" if event.percent is None else f"{event.percent:.0f} %"
        bar = _bar(100, event.percent or 0, max(8, min(24, width // 4)))
        table.add_row(
            Text(" "), f"row {event.row:,}", str(event.status) or "Submitting", bar, f"{percent:>5}"
        )
    return table


def _bar(total: float, done: float, width: int) -> ProgressBar:
    # Red, as the library has it, looks as if something were wrong.
    return ProgressBar(
        total=total, completed=done, width=width, complete_style="cyan", finished_style="green"
    )


@contextmanager
def live_view(total: int, now: Callable[[], float]) -> Iterator[Callable[[RowEvent], None]]:
    """Show the view on stderr for as long as the block lasts; the first of each problem stays above it."""
    board = Board(total, now())
    console = Console(stderr=True, highlight=False)
    told = 0

    def tell(event: RowEvent) -> None:
        nonlocal told
        if board.tell(event) and board.is_news(event) and told < MOST_IN_THE_TRAIL:
            told += 1
            console.print(Text(event_line(event), style=_STYLES.get(event.status, "")))

    with Live(View(board, now), console=console, refresh_per_second=4, transient=True):
        yield tell
