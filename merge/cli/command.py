"""A command, and where its options come from: command line, `CASTMERGE_…` variables, `castmerge.toml`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import click

from merge.cli.config_file import find_config, read_config
from merge.cli.help_layout import write_options
from merge.cli.option_fields import Options, OptionsT, from_values, parameters
from merge.cli.options import AccountOptions, LogOptions, SimulateOption, WorkbookOptions

_HELP_ALL_KEY = "merge.cli.help_all"


def _show_all_help(ctx: click.Context, _parameter: click.Parameter, value: object) -> None:
    if value and not ctx.resilient_parsing:
        ctx.meta[_HELP_ALL_KEY] = True
        click.echo(ctx.get_help())
        ctx.exit()


_HELP_ALL = click.Option(
    ["--help-all"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    hidden=True,
    callback=_show_all_help,
    help="Show this message with every option, and exit.",
)


class Command(click.Command):
    """A command that is a function of its options; the function's module is imported when it is called.

    Attributes:
        module: where the function is; it has the command's name, with underscores
        options: the class of its options
        reads_config: whether `castmerge.toml` gives its options defaults
        found: a `castmerge.toml` to use instead of the one next to the workbook, or None
    """

    found: Path | None = None

    def __init__(
        self,
        name: str,
        module: str,
        options: type[Options],
        description: str,
        *,
        reads_config: bool = True,
    ) -> None:
        text = cleandoc(description)
        super().__init__(name, params=parameters(options), help=text, short_help=text.partition("\n")[0])
        self.module, self.options, self.reads_config = module, options, reads_config

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters, with `--help` and `--help-all`."""
        return [*super().get_params(ctx), _HELP_ALL]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Explain the most common options, and name the others; `--help-all` explains them all."""
        options = [each for each in self.params if isinstance(each, click.Option)]
        everything = bool(ctx.meta.get(_HELP_ALL_KEY))
        write_options(options, self.get_help_option(ctx), ctx, formatter, everything=everything)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `castmerge.toml` give defaults before the options take theirs."""
        if self.reads_config:
            given, _, _ = self.make_parser(ctx).parse_args(list(args))
            ctx.default_map = _config_defaults(given, self.found) or ctx.default_map
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> int:
        """Run the function with the options; returns its exit code."""
        options = from_values(self.options, ctx.params)
        function = getattr(import_module(self.module), str(self.name).replace("-", "_"))
        say_where_the_key_goes(options)
        with logged(options):
            code = function(options)
        assert isinstance(code, int)
        return code


def read_options(
    kind: type[OptionsT], name: str, arguments: Sequence[str], found: Path | None = None
) -> OptionsT:
    """Read the options of a command line for a command of this name, without calling it.

    Args:
        kind: the class of the options
        name: the command's name
        arguments: the command line
        found: the campaign's `castmerge.toml`, which wasn't given explicitly

    Raises:
        click.UsageError: an option is unknown, or its value is invalid
        InputError: `castmerge.toml` is wrong
    """
    command = Command(name, "", kind, "")
    command.found = found
    root = click.get_current_context().find_root()
    return from_values(kind, command.make_context(name, list(arguments), parent=root).params)


def say_where_the_key_goes(options: Options) -> None:
    """Print the host that gets the key before the first request, if it isn't the region's own.

    Raises:
        InputError: credentials mustn't be sent to that host
    """
    if not isinstance(options, AccountOptions) or not options.base_url:
        return
    simulated = isinstance(options, SimulateOption) and options.simulate
    if simulated or (isinstance(options, LogOptions) and options.quiet):
        return
    from merge.cli.console import say  # noqa: PLC0415 - few commands use another host
    from merge.cli.option_values import service_of  # noqa: PLC0415 - same
    from merge.connect import host_of  # noqa: PLC0415 - same

    say(f"Your API key goes to {host_of(service_of(options))}, because that address was set for the service.")


def logged(options: Options) -> AbstractContextManager[None]:
    """Write the log of the block if `--log` asks for it.

    Raises:
        InputError: the file can't be written
    """
    if not isinstance(options, LogOptions) or not options.log:
        return nullcontext()
    from merge.cli.log_file import logging_to  # noqa: PLC0415 - most runs write no log
    from merge.input.paths import private_mode  # noqa: PLC0415 - same

    belongs_to = options.workbook if isinstance(options, WorkbookOptions) else options.log
    mode = private_mode(options.log, belongs_to)
    return logging_to(options.log, values=options.log_values, mode=mode)


def _config_defaults(given: Mapping[str, object], found: Path | None) -> dict[str, object]:
    """The options that a configuration file sets, given the command line by field name.

    Args:
        given: the command line
        found: the file to use if none is given, instead of the one next to the workbook
    """
    named = given.get("config") or os.environ.get("CASTMERGE_CONFIG")
    if named:
        return read_config(Path(str(named)), named=True)
    if "workbook" not in given:
        return {}
    workbook = given["workbook"]
    # A command without a workbook reads the file in the current folder.
    folder = Path(workbook).parent if isinstance(workbook, str | Path) else Path()
    path = found or find_config(folder)
    return read_config(path, named=False) if path else {}
