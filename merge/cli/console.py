"""What eyes see on stderr: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from merge.cli.progress_state import ENDED, PROBLEMS, Board, event_line, progress_line
from merge.run.state import RowEvent

TOLD_ONE_BY_ONE = 50
"""So many rows are told each; where there are more, a line says now and then how far all of them are."""
BETWEEN_LINES = 30.0
"""Seconds."""
_NARROWEST = 30
_UNBROKEN = "\0"


def say(*lines: str) -> None:
    """Lines for eyes, on stderr; on a terminal broken between words."""
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0
    for line in lines:
        click.echo(folded(line, width) if width else line, err=True)


def folded(line: str, width: int) -> str:
    """A line in so many columns; paths, and commands at its end, stay whole, so that they can be copied.

    >>> print(folded("  three short words", 14))
      three short
        words
    """
    if "\n" in line:
        return "\n".join(folded(each, width) for each in line.split("\n"))
    if len(line) < width or {"/", "\\"} & set(line):
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    text, name, options = line.strip().partition("castmerge ")
    return textwrap.fill(
        text + f"{name}{options}".replace(" ", _UNBROKEN),
        max(width - 1, _NARROWEST),
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    ).replace(_UNBROKEN, " ")


class Console:
    """Says things on stderr, or nothing where it is told to be quiet."""

    def __init__(self, *, quiet: bool = False, now: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._now = now
        self.live = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, lines: Iterable[str]) -> None:
        """Lines for eyes."""
        if not self._quiet:
            say(*lines)

    @contextmanager
    def watching(self, total: int) -> Iterator[Callable[[RowEvent], None]]:
        """Show what happens to rows for as long as the block lasts; gives the observer to tell."""
        if self.live:
            from merge.cli.live_view import live_view  # noqa: PLC0415 - rich is heavy, and only a terminal needs it

            with live_view(total, self._now) as observe:
                yield observe
        else:
            yield PlainLines(total, self._now, lambda line: self.say([line])).tell

    @staticmethod
    def can_ask() -> bool:
        """Whether somebody is there to answer."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


class PlainLines:
    """A line for each row that ends, or, where there are many, one now and then for all of them."""

    def __init__(self, total: int, now: Callable[[], float], say: Callable[[str], None]) -> None:
        self._board = Board(total, now())
        self._now = now
        self._say = say
        self._said_at = now()
        self._told = 0

    def tell(self, event: RowEvent) -> None:
        """Take note of a change, and say it where it is worth a line."""
        changed = self._board.tell(event)
        worth_it = PROBLEMS if self._board.total > TOLD_ONE_BY_ONE else ENDED
        if changed and event.status in worth_it and self._told < TOLD_ONE_BY_ONE:
            self._told += 1
            self._say(event_line(event))
        if self._now() - self._said_at >= BETWEEN_LINES:
            self._said_at = self._now()
            self._say(progress_line(self._board, self._said_at))
