"""Messages and progress on stderr: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from merge.cli.progress_state import Progress, progress_line
from merge.run.state import RowEvent

SUMMARY_INTERVAL = 30.0
"""Seconds between two lines about all rows."""
_MIN_WIDTH = 30
_UNBROKEN = "\0"


def say(*lines: str) -> None:
    """Print lines on stderr, wrapped between words on a terminal."""
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0
    for line in lines:
        click.echo(wrapped(line, width) if width else line, err=True)


def wrapped(line: str, width: int) -> str:
    """Wrap a line; paths, and a command at its end, stay in one piece so that they can be copied.

    >>> print(wrapped("  more words than fit on one line", 31))
      more words than fit on one
        line
    """
    from merge.reports.page_text import COMMANDS  # noqa: PLC0415 - only a terminal needs it

    if "\n" in line:
        return "\n".join(wrapped(each, width) for each in line.split("\n"))
    if len(line) < width or {"/", "\\"} & set(line):
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    command = re.compile(rf"(?:^|(?<=: ))castmerge (?:{COMMANDS})\b.*")
    return textwrap.fill(
        command.sub(lambda found: found[0].replace(" ", _UNBROKEN), line.strip()),
        max(width - 1, _MIN_WIDTH),
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    ).replace(_UNBROKEN, " ")


class Console:
    """Prints messages on stderr, or nothing if it is quiet."""

    def __init__(self, *, quiet: bool = False, now: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._now = now
        self.live = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, lines: Iterable[str]) -> None:
        """Print lines, unless quiet."""
        if not self._quiet:
            say(*lines)

    @contextmanager
    def watching(self, total: int) -> Iterator[Callable[[RowEvent], None]]:
        """Show the progress of a run during the block; returns the observer to call."""
        if self.live:
            from merge.cli.live_view import live_view  # noqa: PLC0415 - rich is heavy, and only a terminal needs it

            with live_view(total, self._now) as observe:
                yield observe
        else:
            yield PlainLines(total, self._now, lambda line: self.say([line])).add

    @staticmethod
    def can_ask() -> bool:
        """Whether stdin and stderr are a terminal."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


class PlainLines:
    """A line about all rows every `SUMMARY_INTERVAL` seconds; the summary at the end has their notes."""

    def __init__(self, total: int, now: Callable[[], float], say: Callable[[str], None]) -> None:
        self._progress = Progress(total, now())
        self._now = now
        self._say = say
        self._summary_at = now()

    def add(self, event: RowEvent) -> None:
        """Record a change, and print a line if the last one is long ago."""
        self._progress.add(event)
        if self._now() - self._summary_at >= SUMMARY_INTERVAL:
            self._summary_at = self._now()
            self._say(progress_line(self._progress, self._summary_at))
