"""Find the workbook, the template and `castmerge.toml` of a campaign folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from merge.cli.config_file import find_config, read_config
from merge.errors import InputError
from merge.input.paths import CSV_SUFFIXES
from merge.workbook import source_of

WORKBOOKS = (".xlsx", ".xlsm", ".csv", ".tsv")
TEMPLATES = (".json", ".json.j2")


@dataclass(frozen=True, slots=True)
class Campaign:
    """The files of a campaign.

    Attributes:
        folder: the folder that castmerge was started in
        workbook: the workbook
        template: the template
        config: `castmerge.toml`, or None
    """

    folder: Path
    workbook: Path
    template: Path
    config: Path | None

    def page(self, kind: str) -> Path:
        """The path of a page: in the campaign's folder, named after the workbook."""
        return self.folder / f"{self.workbook.stem} {kind}.html"


def campaign_in(folder: Path, workbook: Path | None) -> Campaign:
    """Find the workbook and the template; if there are several, ask which one.

    Args:
        folder: where to look
        workbook: the one that was given, or dropped on a script; or None

    Raises:
        InputError: one is missing, or `castmerge.toml` is wrong
    """
    found = find_config(folder)
    named = read_config(found, named=False).get("template") if found else None
    return Campaign(
        folder,
        workbook or _one_of(_workbooks(folder), "workbook", folder),
        Path(str(named)) if named else _one_of(_files(folder, TEMPLATES), "template", folder),
        found,
    )


def _workbooks(folder: Path) -> list[Path]:
    """Workbooks and CSV files, without the workbooks that were made from one of the CSV files."""
    found = _files(folder, WORKBOOKS)
    texts = {path.name.casefold() for path in found if path.suffix.lower() in CSV_SUFFIXES}
    return [path for path in found if path.name.casefold() in texts or not _made_from(path, texts)]


def _made_from(workbook: Path, texts: Collection[str]) -> bool:
    beside = any(name.rpartition(".")[0] == workbook.stem.casefold() for name in texts)
    return beside and source_of(workbook).casefold() in texts


def _files(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Files with these endings, without hidden ones and Excel's owner files (`~$…`)."""
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
