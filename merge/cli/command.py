"""A command, and where its options come from: command line, `CASTMERGE_…` variables, `castmerge.toml`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import click

from merge.cli.option_fields import Options, OptionsT, from_values, parameters
from merge.cli.options import CONFIGURABLE, WorkbookOptions
from merge.errors import InputError

CONFIG_FILE = "castmerge.toml"
_PATHS = frozenset({"template", "journal", "download"})


class Command(click.Command):
    """A command that is a function of its options; the function's module is imported when it is called.

    Attributes:
        module: where the function is; it has the command's name, with underscores
        options: the class of its options
        reads_config: whether `castmerge.toml` gives its options defaults
    """

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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `castmerge.toml` give defaults before the options take theirs."""
        if self.reads_config:
            given, _, _ = self.make_parser(ctx).parse_args(list(args))
            ctx.default_map = _config_defaults(given) or ctx.default_map
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> int:
        """Run the function with the options; returns its exit code."""
        options = from_values(self.options, ctx.params)
        function = getattr(import_module(self.module), str(self.name).replace("-", "_"))
        with logged(options):
            code = function(options)
        assert isinstance(code, int)
        return code


def read_options(kind: type[OptionsT], name: str, arguments: Sequence[str]) -> OptionsT:
    """Read the options of a command line for a command of this name, without calling it.

    Raises:
        click.UsageError: an option is unknown, or its value is
        InputError: `castmerge.toml` is wrong
    """
    command = Command(name, "", kind, "")
    root = click.get_current_context().find_root()
    return from_values(kind, command.make_context(name, list(arguments), parent=root).params)


def read_config(path: Path) -> dict[str, object]:
    """The options that a configuration file sets, by field name.

    Raises:
        InputError: it can't be read, isn't TOML, or names an option that doesn't exist
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", place=str(path), hint="Check --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is not valid TOML: {error}", place=str(path), hint='Write lines such as key = "Customer ID"'
        ) from error
    return {_field_name(key, path): _value(key, value, path) for key, value in found.items()}


def logged(options: Options) -> AbstractContextManager[None]:
    """Write the log of the block if `--log` asks for it.

    Raises:
        InputError: the file can't be written
    """
    if not isinstance(options, WorkbookOptions) or not options.log:
        return nullcontext()
    from merge.cli.log_file import logging_to  # noqa: PLC0415 - most runs keep no log

    return logging_to(options.log, values=options.log_values)


def _config_defaults(given: Mapping[str, object]) -> dict[str, object]:
    """What `castmerge.toml` sets, given the command line by field name."""
    named = given.get("config") or os.environ.get("CASTMERGE_CONFIG")
    if named:
        return read_config(Path(str(named)))
    if "workbook" not in given:
        return {}
    workbook = given["workbook"]
    # A command that can do without a workbook, and has none, reads the file of the current folder.
    folder = Path(workbook).parent if isinstance(workbook, str | Path) else Path()
    found = folder / CONFIG_FILE
    return read_config(found) if found.is_file() else {}


def _field_name(key: str, path: Path) -> str:
    if key.replace("-", "_") in CONFIGURABLE:
        return CONFIGURABLE[key.replace("-", "_")][0]
    from merge.sheet.columns import suggest  # noqa: PLC0415 - only a mistake needs it

    likely = suggest(key, CONFIGURABLE)
    hint = f"Did you mean {likely.replace('_', '-')}?" if likely else "See castmerge run --help"
    raise InputError(f"there is no option '{key}'", place=str(path), hint=hint)


def _value(key: str, value: object, path: Path) -> object:
    """Resolve paths against the file's folder; lists and tables are for options that may be repeated."""
    if key in _PATHS and isinstance(value, str):
        return str(path.parent / value)
    if isinstance(value, dict):
        return [f"{name}={each}" for name, each in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(each) for each in value]
    return value
