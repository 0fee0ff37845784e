"""The boundary where exceptions become a message on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import click

from merge.errors import MergeError
from merge.model import sentence

TERMINATION_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""The signals, other than SIGINT, that end a process; which ones exist depends on the system."""
_STRAY_BREAK = re.compile(r"[\r\n\t]+(?!  )")
"""A line break in a message that doesn't begin an indented list, so it comes from a name in it."""
FAULT = 70
INTERRUPTED = 130
OUT_OF_FILES = 3
_NEEDED_FILES = 48
"""Files and connections that must be free at the start; a practice run of 150 rows has 42 open at most."""
_USUAL_FILES = 1024
"""The limit of most Linux systems; on macOS it is 256."""


class Declined(MergeError):
    """The user answered a question with no; nothing was sent, and the exit code is 0."""

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
        click.echo("Interrupted. Your work is saved. To continue, run the same command again.", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - a fault of castmerge is reported in one line as well
        if _is_out_of_files(error):
            _end_without_files("nothing is submitted twice")
        click.echo(
            f"Something went wrong in castmerge ({type(error).__name__}). Run the same command again; "
            f"nothing is submitted twice. If it happens again, report it with this file: {_save_details()}",
            err=True,
        )
        sys.exit(FAULT)


def require_open_files() -> None:
    """Raise a low limit of open files as far as the system allows, and exit if it is still too low.

    Otherwise a run could fail after videos were submitted, when the workbook can't be opened any more.
    """
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - Windows has no such limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= soft < _USUAL_FILES:
            resource.setrlimit(
                resource.RLIMIT_NOFILE, (_USUAL_FILES if hard < 0 else min(hard, _USUAL_FILES), hard)
            )
    opened: list[int] = []
    with suppress(OSError):
        while len(opened) < _NEEDED_FILES:
            opened += os.pipe()
    for each in opened:
        os.close(each)
    if len(opened) < _NEEDED_FILES:
        _end_without_files("nothing was sent")


def _end_without_files(sent: str) -> NoReturn:
    click.echo(
        "Error: This computer lets castmerge open too few files at once.\n  Close other programs, or raise "
        f"the limit (ulimit -n). Then run the same command again; {sent}.",
        err=True,
    )
    sys.exit(OUT_OF_FILES)


def _is_out_of_files(error: BaseException | None) -> bool:
    """Whether an error began with a file or a connection that the system didn't let castmerge open."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}:
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def _signals_as_ctrl_c() -> Iterator[None]:
    """Make termination signals, from schedulers or a closing terminal, act like Ctrl-C."""
    # Leave signals alone that were ignored when we started (nohup, background jobs).
    signals = (signal.SIGINT, *TERMINATION_SIGNALS)
    handled = [number for number in signals if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in handled:
            # asyncio replaces Python's own handler of Ctrl-C, and no other.
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else _interrupt)
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def say_error(error: MergeError) -> None:
    """Print what happened, where, and what to do next."""
    from merge.cli.console import say  # noqa: PLC0415 - most commands end without an error
    from merge.project.places import with_place_labels  # noqa: PLC0415 - same
    from merge.reports.visible_text import visible_line  # noqa: PLC0415 - same

    place = f"{visible_line(with_place_labels(error.place))}: " if error.place else ""
    say(f"Error: {place}{_STRAY_BREAK.sub(' ', sentence(error.message))}")
    if error.hint:
        say(*(f"  {line}" for line in sentence(with_place_labels(error.hint)).splitlines()))


def _save_details() -> str:
    """Save the traceback in a file that only its owner can read; returns its path for the message."""
    import tempfile  # noqa: PLC0415 - only a fault needs it
    import traceback  # noqa: PLC0415 - only a fault needs it

    for folder in _fault_folders():
        try:
            folder.mkdir(0o700, parents=True, exist_ok=True)
            # Created exclusively, with a random name and mode 0600.
            handle, name = tempfile.mkstemp(".txt", "castmerge-fault-", folder)
            with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - a descriptor
                file.write(_without_credentials(traceback.format_exc()))
        except OSError:
            continue
        return name
    return "(it couldn't be saved)"


def _without_credentials(text: str) -> str:
    """Replace credentials of the environment or the keyring, which a library's error may contain."""
    from merge.services.aistudios.credentials import without_secrets  # noqa: PLC0415 - only a fault needs it

    for name, value in os.environ.items():
        if name.startswith("AISTUDIOS_") and value.strip():
            text = text.replace(value.strip(), f"[{name}]")
    return without_secrets(text)


def _fault_folders() -> Iterator[Path]:
    """Folders of the user's own, as each system has them; then the one for temporary files."""
    import tempfile  # noqa: PLC0415 - only a fault needs it

    # Without a home, these raise a RuntimeError.
    with suppress(RuntimeError):
        if sys.platform == "win32":
            yield Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "castmerge"
        elif sys.platform == "darwin":
            yield Path.home() / "Library/Logs/castmerge"
        else:
            state = os.environ.get("XDG_STATE_HOME", "")
            yield (Path(state) if state.startswith("/") else Path.home() / ".local/state") / "castmerge"
    yield Path(tempfile.gettempdir())
