"""Paths of the files that belong to a workbook or a CSV file; most are in `.castmerge/` next to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from merge.errors import JournalError
from merge.settings import Settings

FOLDER = ".castmerge"
_OWNER_ONLY, _READ_AND_WRITE = 0o600, 0o666
CSV_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})


def is_csv(path: Path) -> bool:
    """Whether a path names delimited text (CSV, TSV) rather than a workbook."""
    return path.suffix.lower() in CSV_SUFFIXES


def workbook_path(path: Path) -> Path:
    """Where results go: the workbook itself, or the one next to a CSV file.

    A symbolic link to a CSV file has the same workbook as its target, unless there is already one next to the
    link.
    """
    if not is_csv(path):
        return path
    workbook = path.with_suffix(".xlsx")
    if path.is_symlink() and not workbook.exists() and is_csv(real := path.resolve()):
        return real.with_suffix(".xlsx")
    return workbook


def journal_file(workbook: Path, settings: Settings) -> Path:
    """The journal's file, also where a shared journal is used, as this computer locks the workbook there.

    Simulated videos have a separate one, so that they never count as real.

    Raises:
        JournalError: it can't be checked whether it exists, such as in a folder of another account
    """
    if settings.journal and settings.journal_address is None:
        path = Path(settings.journal)
        _exists(path)
        return path
    ending = ".simulated.db" if settings.simulate else ".db"
    return _belonging_to(workbook_path(workbook), lambda path: f"{path.name}{ending}")


def simulated_service_path(workbook: Path, settings: Settings) -> Path:
    """The state of the simulator, kept from run to run."""
    return journal_file(workbook, settings).with_suffix(".service.jsonl")


def backup_path(workbook: Path) -> Path:
    """The copy of a workbook from before castmerge first wrote to it."""
    return _belonging_to(workbook, lambda path: f"{path.stem}.original{path.suffix}")


def approvals_path(workbook: Path) -> Path:
    """The record of approvals: one JSON line for each decision, only ever appended to."""
    return _belonging_to(workbook_path(workbook), lambda path: f"{path.name}.approvals.jsonl")


def imported_copy_path(csv: Path) -> Path:
    """The copy of a CSV file as it was last imported into its workbook."""
    return _belonging_to(csv, lambda path: f"{path.stem}.taken-in{path.suffix}")


def encoding_path(csv: Path) -> Path:
    """The encoding in which a CSV file was last imported: the codec's name."""
    return _belonging_to(csv, lambda path: f"{path.name}.encoding")


def private_mode(path: Path, workbook: Path) -> int:
    """Permissions of a new file that repeats contents of a workbook: as readable as the workbook, or less.

    Files outside the workbook's folder, and those whose readers aren't known, are for their owner only
    (0600). Windows has no such permissions: a file there has those of its folder.

    Args:
        path: the new file
        workbook: the workbook or CSV file
    """
    try:
        facts, folder = workbook.stat(), workbook.resolve().parent
        if not path.resolve().is_relative_to(folder):
            return _OWNER_ONLY
        in_folder = folder.stat()
    except OSError:
        return _OWNER_ONLY
    mode = stat.S_IMODE(facts.st_mode) & _READ_AND_WRITE
    group = in_folder.st_gid if in_folder.st_mode & stat.S_ISGID else _own_group()
    if facts.st_gid != group and not mode & stat.S_IROTH:
        return _OWNER_ONLY  # the new file would be readable for another group than the workbook is
    return mode | _OWNER_ONLY


def _own_group() -> int:
    return os.getegid() if hasattr(os, "getegid") else -1


def _belonging_to(path: Path, name: Callable[[Path], str]) -> Path:
    """Return the path of a file's own file: named after the target of a symbolic link, in its folder.

    One file has one journal, whatever path leads to it. If there is only one with the link's own name, as
    earlier versions created it, it is still used.
    """
    real = path.resolve()
    found = real.parent / FOLDER / name(real)
    earlier = (real.parent / FOLDER / name(path), path.absolute().parent / FOLDER / name(path))
    return found if _exists(found) else next((each for each in earlier if _exists(each)), found)


def _exists(path: Path) -> bool:
    """Whether there is such a file; to take it for missing would start another journal.

    Raises:
        JournalError: its folder can't be entered, or its name is too long for the drive
    """
    try:
        return path.exists()
    except OSError as error:
        raise JournalError(
            f"castmerge can't look for its files of this workbook ({error.strerror})",
            place=str(path),
            hint="Ask for access to that folder, or choose another place with --journal",
        ) from error
