"""Save choices made on the page in `castmerge.toml`, without changing any other line of it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from merge.errors import InputError
from merge.input.paths import private_mode
from merge.model import JSON
from merge.reports.page_files import save_text

_HEADING = re.compile(r"\s*\[")
_COLUMNS_TABLE = re.compile(r"\s*\[\s*columns\s*\]\s*(?:#.*)?")


def save_columns(path: Path, columns: Mapping[str, str | None]) -> None:
    """Map placeholders to columns.

    Args:
        path: `castmerge.toml`, created if it is missing
        columns: headers by placeholder; None removes one

    Raises:
        InputError: the file can't be read, or can't be changed without touching something else
    """
    text, found = _read(path)
    known = _columns_in(found.get("columns"))
    wanted = {**known, **{name: header for name, header in columns.items() if header}}
    wanted = {name: header for name, header in wanted.items() if columns.get(name, header) == header}
    rest = "\n".join(_without_columns(text.splitlines())).rstrip("\n")
    lines = [f"{_quoted(name)} = {_quoted(header)}" for name, header in wanted.items()]
    table = "\n".join(["[columns]", *lines])
    expected: dict[str, JSON] = {name: value for name, value in found.items() if name != "columns"}
    if wanted:
        expected["columns"] = dict(wanted)
        rest = f"{rest}\n\n{table}" if rest else table
    _save(path, f"{rest}\n", expected)


def save_key(path: Path, headers: Sequence[str]) -> None:
    """Set the columns that identify a row.

    Args:
        path: `castmerge.toml`, created if it is missing
        headers: of these columns

    Raises:
        InputError: the file can't be read, or can't be changed without touching something else
    """
    text, found = _read(path)
    value = ", ".join(map(_quoted, headers))
    lines = [line for line in text.splitlines() if not re.match(r"\s*key\s*=", line)]
    first = next((number for number, line in enumerate(lines) if _HEADING.match(line)), len(lines))
    lines.insert(first, f"key = [{value}]")
    kept: list[JSON] = list(headers)
    _save(path, "\n".join(lines) + "\n", {**found, "key": kept})


def _read(path: Path) -> tuple[str, dict[str, JSON]]:
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        found: dict[str, JSON] = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            "castmerge can't read the settings in this file",
            place=path.name,
            hint="Correct it in a text editor, or delete it",
        ) from error
    return text, found


def _columns_in(found: JSON) -> dict[str, str]:
    match found:
        case dict():
            return {name: str(header) for name, header in found.items()}
        case list():
            pairs = (str(each).partition("=") for each in found)
            return {name.strip(): header.strip() for name, _, header in pairs}
        case _:
            return {}


def _without_columns(lines: Sequence[str]) -> list[str]:
    """The lines without the table of columns, including one that is written on one line."""
    kept, in_columns, in_table = [], False, False
    for line in lines:
        if _HEADING.match(line):
            in_table = True
            in_columns = bool(_COLUMNS_TABLE.fullmatch(line))
        if in_columns or (not in_table and re.match(r"\s*columns\s*=", line)):
            continue
        kept.append(line)
    return kept


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, except that TOML has no surrogates and no escaped slash.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _save(path: Path, text: str, expected: Mapping[str, JSON]) -> None:
    try:
        same = tomllib.loads(text) == expected
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise InputError(
            "castmerge can't change this file without losing something in it",
            place=path.name,
            hint="Change it in a text editor, or delete it and choose again",
        )
    save_text(path, text, private_mode(path, path if path.exists() else path.parent))
