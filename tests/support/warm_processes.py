"""Castmerge processes that start at once: each is forked from one that has imported everything already."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    "merge.services.aistudios",
    "merge.services.download.downloader",
    "merge.services.webhook",
    "tests.support.warm_processes",
]


@dataclass(slots=True)
class WarmProcess:
    """A running process.

    Attributes:
        process: the process
        output: the file with everything that it prints
    """

    process: ForkServerProcess
    output: Path

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.output.read_text("utf-8", "replace") if self.output.exists() else ""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process.pid is not None
        assert self.process.is_alive(), self.said
        os.kill(self.process.pid, number)

    def ended(self, within: float) -> tuple[int | None, float]:
        """Its exit code, or None if it still runs, and how many seconds it took from now on."""
        began = time.monotonic()
        self.process.join(within)
        took = time.monotonic() - began
        code = self.process.exitcode
        self.process.kill()
        self.process.join()
        return code, took


def start(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, *, silent_names: bool = False
) -> WarmProcess:
    """Start a command line in a process of its own.

    Args:
        arguments: the command line
        environment: its environment
        folder: where it runs, and where its output goes
        silent_names: whether the name server never answers
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    output = folder / "output.txt"
    process = context.Process(target=_run, args=([*arguments], dict(environment), output, silent_names))
    process.start()
    return WarmProcess(process, output)


def _run(arguments: list[str], environment: dict[str, str], output: Path, silent_names: bool) -> None:
    import socket  # noqa: PLC0415 - in the new process

    from merge.cli import main  # noqa: PLC0415 - in the new process

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(output.parent)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, copied in ((0, nothing), (1, file), (2, file)):
        os.dup2(copied, number)
    kept = os.fdopen(0), os.fdopen(1, "w", 1), os.fdopen(2, "w", 1)
    sys.stdin, sys.stdout, sys.stderr = kept
    if silent_names:
        look_up = socket.getaddrinfo

        def silent(host: object, *rest: object, **named: object) -> object:
            if "127.0.0.1" not in str(host):
                sys.stdout.write(f"looking up {host}\n")
                sys.stdout.flush()
                time.sleep(900)
            return look_up(host, *rest, **named)  # type: ignore[arg-type]

        socket.getaddrinfo = silent  # type: ignore[assignment]
    main(arguments)
