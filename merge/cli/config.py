"""`castmerge.toml`: options by their names, found beside the workbook or named with `--config`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from merge.cli.options import PARAMETERS
from merge.errors import InputError

FILE_NAME = "castmerge.toml"
_PATHS = frozenset({"template", "journal", "download"})


def configured(given: Mapping[str, object]) -> dict[str, object]:
    """The defaults that `castmerge.toml` gives, if there is one.

    Args:
        given: what stands on the command line, by parameter

    Raises:
        InputError: the file is named but not there, is not TOML, or names an option that there is not
    """
    named = given.get("config") or os.environ.get("CASTMERGE_CONFIG")
    if named:
        return read_config(Path(str(named)))
    if "workbook" not in given:
        return {}
    workbook = given["workbook"]
    # Where a command takes a workbook and none is named, it is the folder that it is called in.
    beside = (Path(workbook).parent if isinstance(workbook, str | Path) else Path()) / FILE_NAME
    return read_config(beside) if beside.is_file() else {}


def read_config(path: Path) -> dict[str, object]:
    """The options that a configuration file sets, by their parameter names.

    Raises:
        InputError: it cannot be read, is not TOML, or names an option that there is not
    """
    try:
        kept = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", place=str(path), hint="Check --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is not valid TOML: {error}", place=str(path), hint='Write lines such as key = "Customer ID"'
        ) from error
    return {_parameter(name, path): _value(name, value, path) for name, value in kept.items()}


def _parameter(name: str, path: Path) -> str:
    parameter = PARAMETERS.get(name.replace("-", "_"))
    if parameter is None:
        from merge.sheet.columns import suggest  # noqa: PLC0415 - only a mistake needs it

        likely = suggest(name, PARAMETERS)
        hint = f"Did you mean {likely.replace('_', '-')}?" if likely else "See castmerge run --help"
        raise InputError(f"there is no option '{name}'", place=str(path), hint=hint)
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
