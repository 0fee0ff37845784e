"""The `castmerge` command: the only room that prints, asks and reads the environment.

Add an option in `options.py`, a command in `commands.py`. A command's module is imported when it is called,
so that `--version` and `--help` start quickly.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from merge import __version__
from merge.cli.error_boundary import report_errors, require_open_files
from merge.cli.safe_streams import output_failure, secure_streams

NOT_PRINTED = 1
_COLLECTED_EVERY = 20_000
"""New objects between two searches for cycles of those that are no longer used."""


class Commands(click.Group):
    """The group of commands; imports the table of commands when one of them, or the help, is requested."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command's name."""
        return [str(command.name) for command in _commands()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """One command, or None."""
        return next((command for command in _commands() if command.name == cmd_name), None)


def _commands() -> Sequence[click.Command]:
    from merge.cli.commands import COMMANDS  # noqa: PLC0415 - `--version` needs none of them

    return COMMANDS


@click.command(
    "castmerge",
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="castmerge", message="%(prog)s %(version)s")
def castmerge() -> None:
    """Mail merge for AI-avatar videos: make one video per row from a workbook and a saved project.

    \b
    Example:
      castmerge run customers.xlsx -t welcome.json --simulate
    """  # noqa: D301 - \b keeps click from filling the line


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and exit with its code."""
    secure_streams()
    # A run makes many small objects and few cycles.
    gc.set_threshold(_COLLECTED_EVERY)
    with report_errors():
        require_open_files()
        code = castmerge.main(
            args=None if arguments is None else list(arguments), prog_name="castmerge", standalone_mode=False
        )
        sys.exit(_code_unless_unprinted(code if isinstance(code, int) else 0))


def _code_unless_unprinted(code: int) -> int:
    """The command's exit code, or `NOT_PRINTED` if it succeeded but stdout couldn't be written."""
    failure = output_failure()
    if failure is None:
        return code
    click.echo(f"Error: castmerge couldn't write to standard output ({failure.strerror}).", err=True)
    return code or NOT_PRINTED
