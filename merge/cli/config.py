"""`castmerge.toml`: options by their names, found beside the workbook or named with `--config`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path

import click

from merge.cli.options import PARAMETERS
from merge.columns import suggest
from merge.errors import InputError

FILE_NAME = "castmerge.toml"
_PATHS = frozenset({"template", "journal"})


class ConfiguredCommand(click.Command):
    """A command whose defaults may come from `castmerge.toml`; command line and environment win."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the configuration before the options take their defaults from it."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        named, workbook = given.get("config") or os.environ.get("CASTMERGE_CONFIG"), given.get("workbook")
        path = _config_path(str(named) if named else None, str(workbook) if workbook else None)
        if path:
            ctx.default_map = read_config(path)
        return super().parse_args(ctx, args)


def _config_path(named: str | None, workbook: str | None) -> Path | None:
    if named:
        return Path(named)
    beside = Path(workbook).parent / FILE_NAME if workbook else None
    return beside if beside and beside.is_file() else None


def read_config(path: Path) -> dict[str, object]:
    """The options that a configuration file sets, by their parameter names.

    Raises:
        InputError: it cannot be read, is not TOML, or names an option that there is not
    """
    try:
        kept = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", place=str(path), cure="Check --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is not valid TOML: {error}", place=str(path), cure='Write lines such as key = "Customer ID"'
        ) from error
    return {_parameter(name, path): _value(name, value, path) for name, value in kept.items()}


def _parameter(name: str, path: Path) -> str:
    parameter = PARAMETERS.get(name.replace("-", "_"))
    if parameter is None:
        likely = suggest(name, PARAMETERS)
        cure = f"Did you mean {likely.replace('_', '-')}?" if likely else "See castmerge run --help"
        raise InputError(f"there is no option '{name}'", place=str(path), cure=cure)
    return parameter


def _value(name: str, value: object, path: Path) -> object:
    """Paths count from the file's own folder; lists are for options that may be repeated."""
    if name in _PATHS and isinstance(value, str):
        return str(path.parent / value)
    if isinstance(value, dict):
        return [f"{key}={each}" for key, each in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(each) for each in value]
    return value
