"""`python -m merge` and `castmerge` run the command line."""

from __future__ import annotations

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; Ctrl-C while it is being loaded ends the process without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from merge.cli import main as command_line  # noqa: PLC0415 - takes a quarter of a second

    command_line(arguments)


if __name__ == "__main__":
    main()
