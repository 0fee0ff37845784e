"""The step from a finished file to the workbook: who has it open, the copy kept, the exchange in one move."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from merge.errors import WriteBackError
from merge.workbook.package.lock_files import holder_of
from merge.workbook.write import temp_files as scraps

_CURE = "Close it, then run: castmerge write-back"
_WAITS = (0.1, 0.4, 1.0, 2.0)
"""Seconds between attempts to replace a file that somebody has open."""


@dataclass(frozen=True, slots=True)
class FileVersion:
    """By which a file is known to be unchanged."""

    size: int
    modified_ns: int
    inode: int


def file_version(path: Path) -> FileVersion | None:
    """The file as it is now; None where it is gone or cannot be seen."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return FileVersion(facts.st_size, facts.st_mtime_ns, facts.st_ino)


def refuse_locked(path: Path) -> None:
    """Stops before anything is done where the workbook cannot be replaced anyway.

    Raises:
        WriteBackError: it is open in Excel or LibreOffice, or may not be written.
    """
    holder = holder_of(path)
    if holder is not None:
        raise WriteBackError(
            f"the workbook is open in {holder.program} ({holder.name})",
            place=str(path),
            hint=f"{_CURE}. If nobody has it open, delete the file {holder.marker.name} beside it.",
        )
    read_only = not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    if read_only or not os.access(path, os.W_OK):
        raise WriteBackError(
            "the workbook is write-protected",
            place=str(path),
            hint="Allow writing (its Properties, Read-only), then run: castmerge write-back",
        )


@contextmanager
def beside(path: Path) -> Iterator[IO[bytes]]:
    """A new file in the workbook's folder, gone again at the end unless it has replaced the workbook.

    Raises:
        WriteBackError: the folder may not be written, or the disk is full.
    """
    with translated(path):
        file = NamedTemporaryFile(  # noqa: SIM115 - closed below
            dir=path.parent, prefix=scraps.prefix(), suffix=scraps.SUFFIX, delete=False
        )
    try:
        with file:
            yield file.file
    finally:
        with suppress(OSError):
            Path(file.name).unlink(missing_ok=True)


def replace(
    path: Path, new: Path, before: FileVersion | None, wait: Callable[[float], None] = time.sleep
) -> bool:
    """Puts the finished file in the workbook's place, in one step; False if the workbook changed meanwhile.

    Mode and, where that is allowed, owner stay. Contents and folder are on disk afterwards. What killed
    processes left unfinished beside the workbook is removed. Some drives and systems refuse to replace a
    file that anybody has open, as virus scanners and synchronisers do for a moment: that is waited for.

    Raises:
        WriteBackError: the workbook is open, or the folder may not be written.
    """
    with translated(path):
        facts = path.stat()
        new.chmod(stat.S_IMODE(facts.st_mode))
        if hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(new, facts.st_uid, facts.st_gid)
        refuse_locked(path)
        if file_version(path) != before:
            return False
        written = new.stat().st_mtime
        if not _exchanged(path, new, before, wait):
            return False
        _flush_folder(path.parent)
    scraps.remove_abandoned(path.parent, written)
    return True


def _exchanged(path: Path, new: Path, before: FileVersion | None, wait: Callable[[float], None]) -> bool:
    for seconds in _WAITS:
        try:
            new.replace(path)
        except PermissionError:
            wait(seconds)
            refuse_locked(path)
            if file_version(path) != before:
                return False
        else:
            return True
    new.replace(path)
    return True


def keep_copy(path: Path, backup: Path) -> tuple[Path, ...]:
    """Copies the workbook to `backup`, unless there is one already.

    Returns:
        What was made: the copy and the folders that it needed, in the order in which they can be removed.

    Raises:
        WriteBackError: it cannot be copied; nothing of it is left.
    """
    if backup.exists():
        return ()
    made = (backup, *(folder for folder in backup.parents if not folder.exists()))
    try:
        with translated(path):
            backup.parent.mkdir(parents=True, exist_ok=True)
        with beside(backup) as file, translated(path):
            with path.open("rb") as original:
                shutil.copyfileobj(original, file)
            flush(file)
            written = os.fstat(file.fileno()).st_mtime
            shutil.copystat(path, file.name)
            Path(file.name).replace(backup)
    except WriteBackError:
        remove(made)
        raise
    scraps.remove_abandoned(backup.parent, written)
    return made


def remove(made: Iterable[Path]) -> None:
    """Takes back files and folders, as far as nobody uses them meanwhile."""
    for path in made:
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()


def flush(file: IO[bytes]) -> None:
    """Puts a file's contents on disk.

    Raises:
        OSError: the disk is full.
    """
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Gives a refusal of the system its words.

    Raises:
        WriteBackError: something inside raised an OSError.
    """
    try:
        yield
    except PermissionError as error:
        raise WriteBackError(
            "the workbook cannot be replaced: it is open elsewhere, or its folder is write-protected",
            place=str(path),
            hint=_CURE,
        ) from error
    except OSError as error:
        raise WriteBackError(
            f"the workbook cannot be replaced ({error.strerror or error})",
            place=str(path),
            hint="Make room on the drive or check the connection to it, then run: castmerge write-back",
        ) from error


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems cannot open a folder, and some drives cannot flush one
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
