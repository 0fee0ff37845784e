"""Where a workbook's journal and what belongs to it lie: in `.castmerge/` beside the workbook."""

from __future__ import annotations

from pathlib import Path

from merge.input.csv import ENDINGS
from merge.settings import Settings

FOLDER = ".castmerge"


def is_text(path: Path) -> bool:
    """Whether a path names delimited text (CSV, TSV) and no workbook."""
    return path.suffix.lower() in ENDINGS


def workbook_of(path: Path) -> Path:
    """Where results go: into the workbook itself, and for delimited text into the one beside it."""
    return path.with_suffix(".xlsx") if is_text(path) else path


def journal_path(workbook: Path, settings: Settings) -> Path:
    """The journal; simulated videos have one of their own, so that they never count as real."""
    if settings.journal:
        return settings.journal
    ending = ".simulated.db" if settings.simulate else ".db"
    return _beside(workbook, f"{workbook_of(workbook).name}{ending}")


def simulated_service_path(workbook: Path, settings: Settings) -> Path:
    """What the stand-in remembers from run to run."""
    return journal_path(workbook, settings).with_suffix(".service.jsonl")


def backup_path(workbook: Path) -> Path:
    """The workbook as it was before castmerge first wrote into it."""
    return _beside(workbook, f"{workbook.stem}.original{workbook.suffix}")


def imported_copy_path(text: Path) -> Path:
    """What delimited text said when the workbook beside it was last brought up to date."""
    return _beside(text, f"{text.stem}.taken-in{text.suffix}")


def _beside(workbook: Path, name: str) -> Path:
    return workbook.resolve().parent / FOLDER / name
