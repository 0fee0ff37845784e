"""`castmerge.toml`: read it, and restrict what a file that was merely found may set.

A file next to a workbook came with the workbook, perhaps from somebody else. What it may set is declared with
each option in `options.py`; a file that is given with `--config` or `CASTMERGE_CONFIG` may set more.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from merge.cli.option_fields import Config, Declaration
from merge.cli.options import CONFIGURABLE
from merge.errors import InputError

CONFIG_FILE = "castmerge.toml"
_MAX_BYTES = 200_000
_STDOUT = "-"
_OWN_FOLDER = ".castmerge"


def find_config(folder: Path) -> Path | None:
    """The configuration file in a folder, or None."""
    path = folder / CONFIG_FILE
    return path if path.is_file() else None


def read_config(path: Path, *, named: bool) -> dict[str, object]:
    """The options that a configuration file sets, by field name; paths are relative to its folder.

    Args:
        path: the file
        named: whether it was given explicitly, so that it may set every option of a configuration file

    Raises:
        InputError: it can't be read, isn't TOML, names an option that doesn't exist, or was merely found and
            sets what only an explicitly given file may set
    """
    text = _text(path)
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"this file isn't valid TOML: {error}",
            place=str(path),
            hint='Write lines such as key = "Customer ID"',
        ) from error
    options = {key: _option(key, path, text) for key in found}
    if not named:
        _refuse_what_only_named_files_set(path, text, found, options)
    return {name: _value(declared, found[key], path) for key, (name, declared) in options.items()}


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():
        # Reading a pipe or a device could block forever.
        what = "a folder" if path.is_dir() else "a device or a pipe"
        raise InputError(f"this is {what}, not a file", place=str(path), hint="Check --config")
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise InputError(
                f"this file is too large for options (more than {_MAX_BYTES // 1000} kB)",
                place=str(path),
                hint="Keep only the lines that set options",
            )
        # TOML 1.0 is UTF-8; Windows editors add a byte order mark.
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"castmerge can't read this file ({error.strerror})", place=str(path), hint="Check --config"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"this file isn't valid TOML: {error}", place=str(path), hint="Save the file as UTF-8"
        ) from error


def _option(key: str, path: Path, text: str) -> tuple[str, Declaration]:
    known = CONFIGURABLE.get(key.replace("-", "_"))
    if known:
        return known
    from merge.sheet.columns import suggest  # noqa: PLC0415 - only a mistake needs it

    likely = suggest(key, CONFIGURABLE)
    hint = (
        f"Did you mean {likely.replace('_', '-')}?"
        if likely
        else "To list the options, run: castmerge run --help-all"
    )
    raise InputError(f"there's no option “{key}”", place=_place(path, text, key), hint=hint)


def _refuse_what_only_named_files_set(
    path: Path, text: str, found: Mapping[str, object], options: Mapping[str, tuple[str, Declaration]]
) -> None:
    refused = [
        (key, reason)
        for key, (_, declared) in options.items()
        if (reason := _why_refused(declared, found[key], path))
    ]
    if not refused:
        return
    sentences = [f"this file was only found next to the workbook, so {_joined(refused)}"]
    lines = [_place(path, text, key).rpartition(", ")[2] for key, _ in refused[1:]]
    if lines:
        sentences.append(f"({', '.join(lines)} as well)")
    raise InputError(
        " ".join(sentences),
        place=_place(path, text, refused[0][0]),
        hint="Nothing was sent. If the file isn't yours, delete these lines. "
        f"If it is, add --config {shlex.quote(str(path))}",
    )


def _joined(refused: Sequence[tuple[str, str]]) -> str:
    by_reason: dict[str, list[str]] = {}
    for key, reason in refused:
        by_reason.setdefault(reason, []).append(key)
    return ", and ".join(f"{reason}: {', '.join(keys)}" for reason, keys in by_reason.items())


def _why_refused(declared: Declaration, value: object, path: Path) -> str:
    """Why a file that was merely found may not set an option to a value, or ""."""
    if declared.config is Config.NAMED:
        return "it can't set these options"
    if not isinstance(value, str):
        return ""
    if declared.config is Config.FOUND_INSIDE and not _is_inside(value, path.parent):
        return "it can only name files in its own folder, and none that are hidden"
    if declared.endings and value != _STDOUT and not value.lower().endswith(declared.endings):
        return f"a name that it gives must end in {' or '.join(declared.endings)}"
    return ""


def _is_inside(value: str, folder: Path) -> bool:
    """Whether a path leads into a folder, after resolving symbolic links, and to nothing hidden in it."""
    if value in ("", _STDOUT):
        return True
    try:
        home = folder.resolve()
        inside = (home / value).resolve().relative_to(home)
    except (ValueError, OSError, RuntimeError):  # outside; a null character; a loop of links
        return False
    # Hidden files and folders belong to other programs: .bashrc, .git/hooks.
    return not any(part.startswith(".") and part != _OWN_FOLDER for part in inside.parts)


def _value(declared: Declaration, value: object, path: Path) -> object:
    """Resolve paths against the file's folder; lists and tables are for options that may be repeated."""
    if declared.config is Config.FOUND_INSIDE and isinstance(value, str) and value not in ("", _STDOUT):
        return str(path.parent / value)
    if isinstance(value, dict):
        return [f"{name}={each}" for name, each in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(each) for each in value]
    return value


def _place(path: Path, text: str, key: str) -> str:
    number = next(_lines_that_set(key, text), None)
    return f"{path}, line {number}" if number else str(path)


def _lines_that_set(key: str, text: str) -> Iterator[int]:
    """The number of the line that sets a key, as `key = …`, `"key" = …`, `key.name = …` or `[key]`."""
    for number, line in enumerate(text.splitlines(), 1):
        statement = line if line.lstrip().startswith("[") else f"{line.partition('=')[0]} = 0"
        # Lines within a multi-line value aren't TOML on their own.
        with suppress(tomllib.TOMLDecodeError, RecursionError):
            if key in tomllib.loads(statement):
                yield number
