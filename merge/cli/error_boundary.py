"""The one boundary where errors become words and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from merge.errors import MergeError

TERMINATION_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""Beside SIGINT, what asks a process to end; which of them there are depends on the system."""
FAULT = 70
INTERRUPTED = 130


class Declined(MergeError):
    """Somebody who was asked said no: nothing was sent, and nothing is wrong."""

    exit_code = 0

    def __init__(self) -> None:
        super().__init__("nothing was sent")


@contextmanager
def report() -> Iterator[None]:
    """Say every error in words on stderr, and exit with its code; no traceback is ever shown."""
    try:
        with _ended_as_by_ctrl_c():
            yield
    except Declined:
        sys.exit(Declined.exit_code)
    except MergeError as error:
        say_error(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What is known is in the journal: run the same command again.", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - a fault of our own is said in one line as well
        click.echo(
            f"castmerge has a fault ({type(error).__name__}). Run the same command again: nothing is "
            f"submitted twice. If it comes back, send this file to whoever can help: {_save_details()}",
            err=True,
        )
        sys.exit(FAULT)


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """What schedulers and closing terminals send ends a command as Ctrl-C does, whatever it is at."""
    # What nohup or a shell has made deaf stays deaf.
    handled = [number for number in TERMINATION_SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in handled:
            signal.signal(number, _interrupt)
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def say_error(error: MergeError) -> None:
    """What happened, where, and what to do next."""
    from merge.cli.console import say  # noqa: PLC0415 - most commands end without an error

    say(f"Error: {error}.")
    if error.hint:
        say(f"  {error.hint}{'' if error.hint.endswith(('.', '?')) else '.'}")


def _save_details() -> str:
    """The traceback, kept where its writer can be helped from."""
    import tempfile  # noqa: PLC0415 - every start would pay for what a fault alone needs
    import traceback  # noqa: PLC0415 - likewise
    from datetime import UTC, datetime  # noqa: PLC0415 - likewise
    from pathlib import Path  # noqa: PLC0415 - likewise

    file_version = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = Path(tempfile.gettempdir()) / f"castmerge-fault-{file_version}-{os.getpid()}.txt"
    try:
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return "could not be saved"
    return str(path)
