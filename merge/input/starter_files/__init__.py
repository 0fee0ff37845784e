"""A campaign folder: a workbook, a template, the options, and scripts to double-click."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from merge.errors import InputError

__all__ = ["EXAMPLE_TEMPLATE", "EXAMPLE_WORKBOOK", "Made", "example_content", "make_folder"]

EXAMPLE_WORKBOOK, EXAMPLE_TEMPLATE = "customers.xlsx", "welcome.json"
_SHELL = "open-castmerge.sh"
_COPIES = (EXAMPLE_WORKBOOK, EXAMPLE_TEMPLATE, "castmerge.toml", "Read me first.html")
_SCRIPTS = {
    "Open castmerge.bat": "Open castmerge.bat",
    "Open castmerge.command": _SHELL,
    "Open castmerge.sh": _SHELL,
}
"""Files of the folder, and their sources. macOS opens a `.command` file where Linux opens a `.sh` file."""


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the folder; `kept` says that it existed already and wasn't changed."""

    path: Path
    kept: bool


def make_folder(folder: Path, *, python: str, version: str) -> list[Made]:
    """Make a campaign folder; existing files aren't changed.

    Args:
        folder: created if it is missing
        python: the interpreter that has castmerge, for the scripts to try first
        version: of castmerge, for the scripts to install if it is missing

    Raises:
        InputError: the folder can't be written to
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return list(_make(folder, python, version))
    except OSError as error:
        raise InputError(
            f"castmerge can't save to this folder ({error.strerror})",
            place=str(folder),
            hint="Choose a folder that you can write to",
        ) from error


def example_content(name: str) -> bytes:
    """The content of one of the example files."""
    return (files("merge.input.starter_files") / name).read_bytes()


def _make(folder: Path, python: str, version: str) -> Iterator[Made]:
    kept = files("merge.input.starter_files")
    for name in _COPIES:
        yield _put(folder / name, example_content(name))
    for name, source in _SCRIPTS.items():
        text = (kept / source).read_text(encoding="utf-8").replace("@VERSION@", version)
        made = _put(folder / name, _script(text, python, name.endswith(".bat")))
        if not made.kept:
            made.path.chmod(0o755)
        yield made


def _script(text: str, python: str, batch: bool) -> bytes:  # noqa: FBT001 - which of the two it is
    """A script with its interpreter, and with the line ends that its shell needs."""
    if batch:
        named = python.replace("%", "%%")
        return text.replace("@PYTHON@", named).replace("\n", "\r\n").encode()
    return text.replace("@PYTHON@", shlex.quote(python)).encode()


def _put(path: Path, content: bytes) -> Made:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return Made(path, kept=True)
    return Made(path, kept=False)
