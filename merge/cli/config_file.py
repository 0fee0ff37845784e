"""`castmerge.toml`: read it, and restrict what a file that was merely found may set.

A file next to a workbook came with the workbook, perhaps from someone else. What it may set is declared with
each option in `options.py`; a file that is given with `--config` or `CASTMERGE_CONFIG` may set more.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from merge.cli.option_fields import Config, Declaration
from merge.cli.options import CONFIGURABLE
from merge.errors import InputError
from merge.settings import is_journal_address

CONFIG_FILE = "castmerge.toml"
_MAX_BYTES = 200_000
_MAX_DOTS = 100
"""Per line; the time that tomllib takes grows with the square of a key's parts."""
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
    except (ValueError, RecursionError) as error:
        # Python refuses numbers of several thousand digits with a plain ValueError, in its own words.
        toml = isinstance(error, tomllib.TOMLDecodeError)
        reason = str(error) if toml else "it is nested too deeply, or a number is too long"
        raise InputError(
            f"this file isn't valid TOML: {reason}",
            place=str(path),
            hint='Write lines such as key = "Customer ID"',
        ) from error
    where = _Places(path, text)
    options = {key: _option(key, where) for key in found}
    if not named:
        _refuse_what_only_named_files_set(where, found, options)
    _check_values(where, found, options)
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
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"castmerge can't read this file ({error.strerror})", place=str(path), hint="Check --config"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"this file isn't valid TOML: {error}", place=str(path), hint="Save the file as UTF-8"
        ) from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MAX_DOTS:
            raise InputError(
                f"this line has more than {_MAX_DOTS} dots, which no option needs",
                place=f"{path}, line {number}",
                hint="Write one option per line",
            )
    return text


def _option(key: str, where: _Places) -> tuple[str, Declaration]:
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
    raise InputError(f"there's no option “{key}”", place=where.of(key), hint=hint)


def _refuse_what_only_named_files_set(
    where: _Places, found: Mapping[str, object], options: Mapping[str, tuple[str, Declaration]]
) -> None:
    refused = [
        (key, reason)
        for key, (_, declared) in options.items()
        if (reason := _why_refused(declared, found[key], where.path))
    ]
    if not refused:
        return
    sentences = [f"this file was only found next to the workbook, so {_joined(refused)}"]
    lines = [where.of(key).rpartition(", ")[2] for key, _ in refused[1:]]
    if lines:
        sentences.append(f"({', '.join(lines)} as well)")
    raise InputError(
        " ".join(sentences),
        place=where.of(refused[0][0]),
        hint="Nothing was sent. If the file isn't yours, delete these lines. "
        f"If it is, add --config {shlex.quote(str(where.path))}",
    )


def _check_values(
    where: _Places, found: Mapping[str, object], options: Mapping[str, tuple[str, Declaration]]
) -> None:
    """Refuse values that the command line couldn't give, and options that are set twice."""
    first: dict[str, str] = {}
    for key, (name, declared) in options.items():
        if name in first:
            raise InputError(
                f"“{first[name]}” and “{key}” are the same option",
                place=where.of(key),
                hint="Keep one of them",
            )
        first[name] = key
        if any(not name.isprintable() for name in _names(found[key])):
            raise InputError(
                f"“{key}” is a name with a line break or another character that can't be shown",
                place=where.of(key),
                hint="Write the name on one line",
            )
        several = _values(found[key]) if declared.repeatable else [found[key]]
        is_path = declared.config is Config.FOUND_INSIDE
        if any(isinstance(each, dict | list) or (is_path and not isinstance(each, str)) for each in several):
            raise InputError(
                f"“{key}” has a value that isn't a single text or number",
                place=where.of(key),
                hint=f'Write it like {key} = "..."',
            )


def _names(value: object) -> Iterable[str]:
    """The names of a table, or none."""
    return map(str, value) if isinstance(value, dict) else ()


def _values(value: object) -> Iterable[object]:
    """The values of a table or a list, or the value."""
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return [value]


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
        if is_journal_address(value):
            return False
        home = folder.resolve()
        inside = (home / value).resolve().relative_to(home)
    except (ValueError, OSError, RuntimeError):  # outside; a null character; a loop of links
        return False
    # Hidden files and folders belong to other programs: .bashrc, .git/hooks.
    return not any(part.startswith(".") and part != _OWN_FOLDER for part in inside.parts)


def _value(declared: Declaration, value: object, path: Path) -> object:
    """Resolve paths against the file's folder; lists and tables are for options that may be repeated."""
    if declared.config is Config.FOUND_INSIDE and isinstance(value, str) and value not in ("", _STDOUT):
        return value if is_journal_address(value) else str(path.parent / value)
    if isinstance(value, dict):
        return [f"{name}={each}" for name, each in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(each) for each in value]
    return value


class _Places:
    """Where a file sets its options, for messages."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._text = text

    def of(self, key: str) -> str:
        """The file, and the line that sets a key if there is one."""
        number = self._lines.get(key)
        return f"{self.path}, line {number}" if number else str(self.path)

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        """The first line that sets each key, as `key = …`, `"key" = …`, `key.name = …` or `[key]`."""
        lines: dict[str, int] = {}
        for number, line in enumerate(self._text.splitlines(), 1):
            statement = line if line.lstrip().startswith("[") else f"{line.partition('=')[0]} = 0"
            # Lines within a multi-line value aren't TOML on their own.
            with suppress(ValueError, RecursionError):
                for key in tomllib.loads(statement):
                    lines.setdefault(key, number)
        return lines
