"""The command `castmerge`: the one place that prints, asks, and reads the environment.

Each command is imported when it is called, so that `--version` and `--help` cost next to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from merge import __version__
from merge.cli.boundary import report

COMMANDS = {
    "run": "merge.cli.run",
    "check": "merge.cli.check",
    "status": "merge.cli.status",
    "write-back": "merge.cli.write_back",
    "simulate": "merge.cli.simulate",
}
"""Each command and the module that holds it, in the order in which `--help` shows them."""

SUMMARIES = {
    "run": "Make the videos of a workbook, and write ids and links back into it.",
    "check": "Render and judge every row; touches nothing.",
    "status": "Where every row stands, from journal and workbook.",
    "write-back": "Put what the journal knows into the workbook.",
    "simulate": "The stand-in AI Studios service by itself, on this computer.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command's name."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """One command, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """The list in `--help`, without importing the commands for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.command(
    "castmerge",
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="castmerge", message="%(prog)s %(version)s")
def castmerge() -> None:
    """Mail merge for AI-avatar videos: one workbook, one saved project, one video a row.

    \b
    castmerge run customers.xlsx -t welcome.json --simulate
    """  # noqa: D301 - \b keeps click from filling the line


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and exit with its code."""
    with report():
        code = castmerge.main(
            args=None if arguments is None else list(arguments), prog_name="castmerge", standalone_mode=False
        )
        sys.exit(code if isinstance(code, int) else 0)
