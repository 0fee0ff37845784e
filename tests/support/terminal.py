"""Run castmerge on a pseudo-terminal, and read and type as a user would."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 60.0
"""In seconds."""


@dataclass
class Terminal:
    """A castmerge process on its own pseudo-terminal."""

    process: subprocess.Popen[bytes]
    screen: int
    seen: str = ""

    @property
    def text(self) -> str:
        """What the screen showed, without its line breaks."""
        return " ".join(self.seen.split())

    def wait_for(self, text: str, times: int = 1) -> None:
        """Read the screen until it has shown the text this many times."""
        until = time.monotonic() + TIMEOUT
        while self.text.count(text) < times:
            assert self._read(until - time.monotonic()), f"{text!r} was not shown in: {self.seen}"

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def end(self) -> int:
        """Read the screen until the process ends, and return its exit code."""
        until = time.monotonic() + TIMEOUT
        while self._read(until - time.monotonic()):
            pass
        return self.process.wait(timeout=TIMEOUT)

    def _read(self, seconds: float) -> bool:
        """Read the screen for this many seconds; return False if there is no output, or it is closed."""
        if not select.select([self.screen], [], [], max(seconds, 0))[0]:
            return False
        try:
            read = os.read(self.screen, 4096)
        except OSError:
            return False
        self.seen += read.decode(errors="replace")
        return bool(read)


@contextmanager
def on_terminal(
    arguments: list[str], environment: Mapping[str, str], folder: Path | None = None
) -> Iterator[Terminal]:
    """Run castmerge in a folder."""
    with command_on_terminal([sys.executable, "-m", "merge", *arguments], environment, folder) as terminal:
        yield terminal


@contextmanager
def command_on_terminal(
    command: Sequence[str | Path], environment: Mapping[str, str], folder: Path | None = None
) -> Iterator[Terminal]:
    """Run any command in a folder, with only this environment."""
    screen, keyboard = pty.openpty()
    settings = {**environment, "COLUMNS": "110", "TERM": "xterm"}
    with subprocess.Popen(
        command, stdin=keyboard, stdout=keyboard, stderr=keyboard, env=settings, cwd=folder
    ) as process:
        os.close(keyboard)
        try:
            yield Terminal(process, screen)
        finally:
            process.kill()
            os.close(screen)
