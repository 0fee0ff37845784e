"""Runs of castmerge in processes forked from this one, to save the time of importing everything again."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from merge.cli import main as castmerge

_FAULTS = ("Traceback", "Something went wrong in castmerge (", "ran into an error")
"""What a run only prints if there's an error in castmerge or in its files."""
_DUMP = getattr(signal, "SIGUSR1", None)


def start(
    arguments: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Start a run and return its process id.

    Args:
        arguments: of `castmerge`
        log: its output is appended to this file
        environment: variables for it
        prepare: called in the new process
    """
    process = os.fork()
    if process == 0:
        _be_castmerge(arguments, log, environment, prepare)
    return process


def _be_castmerge(
    arguments: Sequence[str], log: Path, environment: Mapping[str, str], prepare: Callable[[], None]
) -> NoReturn:
    code = 99
    try:
        os.environ.update(environment)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if _DUMP:
            faulthandler.register(_DUMP, file=2, all_threads=True)
        prepare()
        castmerge(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - no exception may reach the caller's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def exit_code(process: int, patience: float) -> int | None:
    """Wait for a run; return its code (negative for a signal), or None if it had to be killed.

    A run that is killed first writes into its output what each of its threads is doing.

    Args:
        process: its id
        patience: seconds, not counting those in which other programs have its CPU
    """
    began = time.monotonic()
    while time.monotonic() - began - _held_up(process) < patience:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    if _DUMP:
        os.kill(process, _DUMP)
        time.sleep(2)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def _held_up(process: int) -> float:
    """Seconds in which a process could have run, but had no CPU; Linux alone knows them."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    return 0.0


def shows_fault(output: str) -> bool:
    """Whether the output of a run shows a fault of castmerge."""
    return any(sign in output for sign in _FAULTS)
