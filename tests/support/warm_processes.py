"""Castmerge processes that start at once: each is forked from one that has imported everything already."""

from __future__ import annotations

import multiprocessing
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_IMPORTED = [
    "httpx",
    "lxml.etree",
    "merge.__main__",
    "merge.api",
    "merge.cli.check",
    "merge.cli.run",
    "merge.reports.online_check",
    "merge.reports.proof",
    "merge.services.aistudios",
    "merge.services.download.downloader",
    "merge.services.simulator.server",
    "merge.services.webhook",
    "merge.workbook.write.write_columns",
    "rich.live",
    "tests.support.warm_processes",
]
_CONTEXT = multiprocessing.get_context("forkserver")
SECONDS = 120.0
"""The time in seconds within which a command must end, even on a busy computer."""


@dataclass(slots=True)
class WarmProcess:
    """A running process.

    Attributes:
        process: the process
        outputs: what it prints to stdout and stderr, while it is open
    """

    process: ForkServerProcess
    outputs: list[Connection[object, object]]
    _read: dict[int, bytearray] = field(default_factory=dict)
    _numbers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self._numbers = tuple(each.fileno() for each in self.outputs)
        self._read = {number: bytearray() for number in self._numbers}

    @property
    def out(self) -> str:
        """What it has printed to stdout."""
        self._listen(0)
        return self._read[self._numbers[0]].decode("utf-8", "replace")

    @property
    def err(self) -> str:
        """What it has printed to stderr."""
        self._listen(0)
        return self._read[self._numbers[1]].decode("utf-8", "replace")

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.out + self.err

    def wait_for(self, text: str, within: float = SECONDS) -> None:
        """Wait until it has printed a text."""
        began = time.monotonic()
        while text not in self.said:
            assert self.process.exitcode is None, self.said
            assert time.monotonic() - began < within, self.said
            self._listen(0.1)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process.pid is not None
        assert self.process.is_alive(), self.said
        os.kill(self.process.pid, number)

    def ended(self, within: float = SECONDS) -> tuple[int | None, float]:
        """Its exit code, or None if it still runs, and how many seconds it took from now on."""
        began = time.monotonic()
        while self.outputs and time.monotonic() - began < within:
            self._listen(0.1)
        self.process.join(max(0.0, within - time.monotonic() + began))
        took = time.monotonic() - began
        code = self.process.exitcode
        self.process.kill()
        self.process.join()
        self._listen(0)
        return code, took

    def _listen(self, seconds: float) -> None:
        """Read what was printed, and wait for it if there is nothing yet."""
        with selectors.DefaultSelector() as selector:
            for output in self.outputs:
                selector.register(output, selectors.EVENT_READ)
            while self.outputs and (ready := selector.select(seconds)):
                seconds = 0
                for key, _ in ready:
                    if new := os.read(key.fd, 65_536):
                        self._read[key.fd] += new
                    else:
                        selector.unregister(key.fileobj)
                        self.outputs = [each for each in self.outputs if each.fileno() != key.fd]


def start(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    before: Callable[[], object] | None = None,
    silent_names: bool = False,
    slow_disk: bool = False,
) -> WarmProcess:
    """Start a command line in a process of its own, with nobody at the keyboard.

    Args:
        arguments: the command line
        environment: its environment
        folder: where it runs
        before: called in the new process first, such as to set a limit; a function that can be pickled
        silent_names: whether the name server never answers
        slow_disk: whether each sync of a workbook takes a moment
    """
    _CONTEXT.set_forkserver_preload(_IMPORTED)
    readers, writers = zip(_CONTEXT.Pipe(duplex=False), _CONTEXT.Pipe(duplex=False), strict=True)
    command = _Command([*arguments], dict(environment), folder, before, silent_names, slow_disk)
    process = _CONTEXT.Process(target=_run, args=(command, writers))
    process.start()
    for writer in writers:
        writer.close()
    return WarmProcess(process, [*readers])


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    before: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end."""
    process = start(arguments, environment, folder, before=before)
    code, _ = process.ended()
    assert code is not None, process.said
    return subprocess.CompletedProcess([*arguments], code, process.out, process.err)


@dataclass(frozen=True)
class _Command:
    """The arguments of `start`."""

    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    before: Callable[[], object] | None
    silent_names: bool
    slow_disk: bool


def _run(command: _Command, writers: Sequence[Connection[object, object]]) -> None:
    from merge.cli import main  # noqa: PLC0415 - in the new process

    os.environ.clear()
    os.environ.update(command.environment)
    time.tzset()
    os.chdir(command.folder)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, copied in ((0, nothing), (1, writers[0].fileno()), (2, writers[1].fileno())):
        os.dup2(copied, number)
    # What this process has from the one it was forked from; a new process would have three handles.
    os.closerange(3, 1024)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", 1, closefd=False) for number in (1, 2))
    if command.silent_names:
        _silence_name_server()
    if command.slow_disk:
        _slow_down_disk()
    if command.before:
        command.before()
    try:
        main(command.arguments)
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()


def _silence_name_server() -> None:
    import socket  # noqa: PLC0415 - in the new process

    look_up = socket.getaddrinfo

    def silent(host: object, *rest: object, **named: object) -> object:
        if "127.0.0.1" not in str(host):
            sys.stdout.write(f"looking up {host}\n")
            sys.stdout.flush()
            time.sleep(900)
        return look_up(host, *rest, **named)  # type: ignore[arg-type]

    socket.getaddrinfo = silent  # type: ignore[assignment]


def _slow_down_disk() -> None:
    write = os.fsync

    def slow(file: int) -> None:
        if ".castmerge-" in str(Path(f"/proc/self/fd/{file}").readlink()):
            sys.stdout.write("writing\n")
            sys.stdout.flush()
            time.sleep(0.3)
        write(file)

    os.fsync = slow  # type: ignore[assignment]
