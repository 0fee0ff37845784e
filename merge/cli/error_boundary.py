"""The boundary where exceptions become a message on stderr and an exit code."""

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
"""The signals, besides SIGINT, that end a process; which exist depends on the system."""
FAULT = 70
INTERRUPTED = 130


class Declined(MergeError):
    """Somebody answered a question with no; nothing was sent, and the exit code is 0."""

    exit_code = 0

    def __init__(self) -> None:
        super().__init__("nothing was sent")


@contextmanager
def report_errors() -> Iterator[None]:
    """Print the error of the block, if any, and exit with its code; never shows a traceback."""
    try:
        with _signals_as_ctrl_c():
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
    except Exception as error:  # noqa: BLE001 - a fault of castmerge is reported in one line as well
        click.echo(
            f"castmerge has a fault ({type(error).__name__}). Run the same command again: nothing is "
            f"submitted twice. If it comes back, send this file to whoever can help: {_save_details()}",
            err=True,
        )
        sys.exit(FAULT)


@contextmanager
def _signals_as_ctrl_c() -> Iterator[None]:
    """Make termination signals, from schedulers or a closing terminal, act like Ctrl-C."""
    # Leave signals alone that were ignored when we started (nohup, background jobs).
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
    """Print what happened, where, and what to do next."""
    from merge.cli.console import say  # noqa: PLC0415 - most commands end without an error

    say(f"Error: {error}.")
    if error.hint:
        say(f"  {error.hint}{'' if error.hint.endswith(('.', '?')) else '.'}")


def _save_details() -> str:
    """Save the traceback in a temporary file; returns its path for the message."""
    import tempfile  # noqa: PLC0415 - only a fault needs it
    import traceback  # noqa: PLC0415 - only a fault needs it
    from datetime import UTC, datetime  # noqa: PLC0415 - only a fault needs it
    from pathlib import Path  # noqa: PLC0415 - only a fault needs it

    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = Path(tempfile.gettempdir()) / f"castmerge-fault-{now}-{os.getpid()}.txt"
    try:
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return "could not be saved"
    return str(path)
