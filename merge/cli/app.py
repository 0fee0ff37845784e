"""`castmerge open`: start the local web app, or show the page of the one that is already running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
from click.core import ParameterSource

from merge.app import CampaignOptions, Opened, ReadOptions, open_app
from merge.cli.command import Command
from merge.cli.console import say
from merge.cli.option_fields import from_values
from merge.cli.option_values import service_of, settings_of
from merge.cli.options import OpenOptions, RunOptions
from merge.cli.output_files import has_screen
from merge.errors import InputError

_LIMITS = ("max_videos", "max_credits", "limit", "pilot")
_NO_TEMPLATE = "template.json"
"""A placeholder for the template, which is chosen on the page."""


def open(options: OpenOptions) -> int:  # noqa: A001 - the name of the command
    """Serve the app until the user ends it.

    Raises:
        InputError: there's no such workbook or folder, or the port can't be used
    """
    path = (options.path or Path.cwd()).absolute()
    if not path.exists():
        raise InputError("there's no such workbook or folder", place=str(path), hint="Check the spelling")
    folder, workbook = (path, None) if path.is_dir() else (path.parent, path.name)
    opened = Opened(folder, workbook, options.port, browser=not options.no_browser and has_screen())
    read = _reader(click.get_current_context().find_root(), options.journal)
    try:
        open_app(opened, read, _say_url)
    except KeyboardInterrupt:
        say("castmerge has stopped.")
    return 0


def _say_url(url: str) -> None:
    click.echo(url)
    say("castmerge is open on this page. To close it, select Quit there, or press Ctrl-C here.")


def _reader(root: click.Context, journal: str | None) -> ReadOptions:
    """A function that reads the options of a workbook like `castmerge run` does."""

    def read(workbook: Path) -> CampaignOptions:
        command = Command("run", "", RunOptions, "")
        shared = ["--journal", journal] if journal else []
        try:
            context = command.make_context("run", [str(workbook), "-t", _NO_TEMPLATE, *shared], parent=root)
        except click.UsageError as error:
            raise InputError(
                error.format_message().rstrip(".").lower(),
                place=str(workbook.parent),
                hint="Correct it in castmerge.toml",
            ) from error
        options = from_values(RunOptions, context.params)
        named = (context.default_map or {}).get("template") or os.environ.get("CASTMERGE_TEMPLATE")
        return CampaignOptions(
            settings_of(options),
            service_of(options),
            Path(str(named)) if named else None,
            dict(_limits_of(context)),
        )

    return read


def _limits_of(context: click.Context) -> Iterator[tuple[str, str]]:
    """Where each limit was set, for those that were."""
    for name in _LIMITS:
        match context.get_parameter_source(name):
            case ParameterSource.DEFAULT_MAP:
                yield name, "castmerge.toml"
            case ParameterSource.ENVIRONMENT:
                yield name, f"the variable CASTMERGE_{name.upper()}"
            case _:
                continue
