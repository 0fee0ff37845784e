"""What lies in the folder that somebody starts castmerge in: the workbook, the template, the options."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from merge.cli.config import FILE_NAME, read_config
from merge.errors import InputError
from merge.input.paths import CSV_SUFFIXES
from merge.workbook import source_of

WORKBOOKS = (".xlsx", ".xlsm", ".csv", ".tsv")
TEMPLATES = (".json", ".json.j2")


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be made from what.

    Attributes:
        folder: where it was started
        workbook: the workbook
        template: the template
        config: `castmerge.toml`, or None where the folder has none
    """

    folder: Path
    workbook: Path
    template: Path
    config: Path | None

    def page(self, kind: str) -> Path:
        """Where a page of this campaign goes: into its folder, named after the workbook."""
        return self.folder / f"{self.workbook.stem} {kind}.html"


def campaign_in(folder: Path, workbook: Path | None) -> Campaign:
    """Find workbook and template; where there are several, somebody is asked.

    Args:
        folder: where to look
        workbook: the one that was named or dropped on a script, or None

    Raises:
        InputError: there is none, or `castmerge.toml` is wrong
    """
    config = folder / FILE_NAME
    found = config if config.is_file() else None
    named = read_config(config).get("template") if found else None
    return Campaign(
        folder,
        workbook or _one_of(_workbooks(folder), "workbook", folder),
        Path(str(named)) if named else _one_of(_files(folder, TEMPLATES), "template", folder),
        found,
    )


def _workbooks(folder: Path) -> list[Path]:
    """Workbooks and CSV files; a workbook that was made from a CSV file goes on by that one."""
    found = _files(folder, WORKBOOKS)
    texts = {path.name.casefold() for path in found if path.suffix.lower() in CSV_SUFFIXES}
    return [path for path in found if path.name.casefold() in texts or not _made_from(path, texts)]


def _made_from(workbook: Path, texts: Collection[str]) -> bool:
    beside = any(name.rpartition(".")[0] == workbook.stem.casefold() for name in texts)
    return beside and source_of(workbook).casefold() in texts


def _files(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Files with these endings; not Excel's marks of open workbooks (`~$…`), and nothing hidden."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name.lower().endswith(tuple(endings)) and path.name[0] not in "~."
    )


def _one_of(found: Sequence[Path], what: str, folder: Path) -> Path:
    if not found:
        raise InputError(
            f"there is no {what} in this folder", place=str(folder), hint=f"Put your {what} into it"
        )
    if len(found) == 1:
        return found[0]
    click.echo(f"This folder has several {what}s:", err=True)
    for number, path in enumerate(found, 1):
        click.echo(f"  {number}  {path.name}", err=True)
    number = click.prompt(f"Which {what}? Its number", type=click.IntRange(1, len(found)), err=True)
    return found[int(number) - 1]
