"""`castmerge init`: a campaign folder to begin with."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from merge import __version__
from merge.cli.starter_files import Made, make_folder

_START = {"win32": "Make videos.bat", "darwin": "Make videos.command"}


def perform(values: Mapping[str, object]) -> int:
    """Make the folder, and say how to begin."""
    folder = Path(str(values["folder"]))
    for line in _lines(folder, make_folder(folder, python=sys.executable, version=__version__)):
        click.echo(line, err=True)
    return 0


def _lines(folder: Path, made: list[Made]) -> Iterator[str]:
    yield f"The folder {folder} holds:"
    for each in made:
        yield f"  {each.path.name}{' (was there, and stays as it is)' if each.kept else ''}"
    start = _START.get(sys.platform, "make-videos.sh")
    yield f"Put your own workbook and template into it, then double-click '{start}'."
