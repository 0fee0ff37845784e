"""Replace the workbook by a finished file in one step, and keep a copy of the original.

Unfinished files are next to the workbook: `.castmerge-COMPUTER-PROCESS-….tmp`.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from merge.errors import WriteBackError
from merge.model import FileVersion, shell_word
from merge.workbook.package.lock_files import holder_of

_DELAYS = (0.1, 0.4, 1.0, 2.0)
"""Seconds between attempts to replace a file that another program has open."""
_STEM, _SUFFIX = ".castmerge-", ".tmp"
_TEMPORARY = re.compile(r"\.castmerge-([0-9a-f]{8})-(\d{1,10})-.*\.tmp")
_ABANDONED_AFTER = 24 * 60 * 60
"""Seconds; the largest workbook takes minutes."""


def file_version(path: Path) -> FileVersion | None:
    """Return the file's state; None if it's missing or can't be accessed."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return FileVersion(facts.st_size, facts.st_mtime_ns, facts.st_ino)


def _close_it(path: Path) -> str:
    return f"Close it, and then run: castmerge write-back {shell_word(path)}"


def refuse_locked(path: Path) -> None:
    """Stop early if the workbook couldn't be replaced anyway.

    Raises:
        WriteBackError: it is open in Excel or LibreOffice, or write-protected.
    """
    holder = holder_of(path)
    if holder is not None:
        raise WriteBackError(
            f"the workbook is open in {holder.program} ({holder.name})",
            place=str(path),
            hint=f"Close the workbook (if no one has it open, delete {holder.marker.name} next to it), "
            f"and then run: castmerge write-back {shell_word(path)}",
        )
    read_only = not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    if read_only or not os.access(path, os.W_OK):
        raise WriteBackError(
            "the workbook is write-protected",
            place=str(path),
            hint=f"In its Properties, clear Read-only. Then run: castmerge write-back {shell_word(path)}",
        )


@contextmanager
def temporary_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file in the workbook's folder. It's removed at the end unless it has been moved.

    Raises:
        WriteBackError: the folder can't be written to, or the disk is full.
    """
    with translated_errors(path):
        file = NamedTemporaryFile(  # noqa: SIM115 - closed below
            dir=path.parent, prefix=temporary_prefix(), suffix=_SUFFIX, delete=False
        )
    try:
        yield file.file
        with translated_errors(path):
            file.close()
    finally:
        # Closing writes what is still buffered; on a full disk that fails again and would hide why.
        with suppress(OSError):
            file.close()
        with suppress(OSError):
            Path(file.name).unlink(missing_ok=True)


def replace(
    path: Path, new: Path, before: FileVersion | None, wait: Callable[[float], None] = time.sleep
) -> bool:
    """Replace the workbook by the finished file; False if the workbook has changed since `before`.

    Mode and, if possible, owner are kept. Contents and folder are synced to the disk. Temporary files of
    killed processes are removed. Some drives and systems don't replace a file that another program has open,
    as virus scanners and sync clients briefly do, so this is retried.

    Raises:
        WriteBackError: the workbook is open, or the folder can't be written to.
    """
    with translated_errors(path):
        facts = path.stat()
        new.chmod(stat.S_IMODE(facts.st_mode))
        if hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(new, facts.st_uid, facts.st_gid)
        refuse_locked(path)
        if file_version(path) != before:
            return False
        written = new.stat().st_mtime
        if not _try_to_replace(path, new, before, wait):
            return False
        _flush_folder(path.parent)
    remove_abandoned(path.parent, written)
    return True


def _try_to_replace(path: Path, new: Path, before: FileVersion | None, wait: Callable[[float], None]) -> bool:
    for seconds in _DELAYS:
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


def back_up(path: Path, backup: Path) -> tuple[Path, ...]:
    """Copy the workbook to `backup`, unless there is a copy already.

    Returns:
        What was created: the copy and its new folders, in the order in which they can be removed.

    Raises:
        WriteBackError: it can't be copied; nothing is left behind.
    """
    if backup.exists():
        return ()
    created = (backup, *(folder for folder in backup.parents if not folder.exists()))
    try:
        with translated_errors(path):
            backup.parent.mkdir(parents=True, exist_ok=True)
        with temporary_file(backup) as file, translated_errors(path):
            with path.open("rb") as original:
                shutil.copyfileobj(original, file)
            flush(file)
            written = os.fstat(file.fileno()).st_mtime
            shutil.copystat(path, file.name)
            Path(file.name).replace(backup)
    except WriteBackError:
        remove_created(created)
        raise
    remove_abandoned(backup.parent, written)
    return created


def remove_created(created: Iterable[Path]) -> None:
    """Remove files and folders; folders that are in use are kept."""
    for path in created:
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()


def flush(file: IO[bytes]) -> None:
    """Write a file's contents to the disk.

    Raises:
        OSError: the disk is full.
    """
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Translate operating system errors.

    Raises:
        WriteBackError: an OSError was raised inside.
    """
    try:
        yield
    except PermissionError as error:
        raise WriteBackError(
            "castmerge can't save the workbook, because another program has it open or its folder "
            "is write-protected",
            place=str(path),
            hint=_close_it(path),
        ) from error
    except OSError as error:
        raise WriteBackError(
            f"castmerge can't save the workbook ({error.strerror or error})",
            place=str(path),
            hint="Free up space on the drive, or check the connection to it. "
            f"Then run: castmerge write-back {shell_word(path)}",
        ) from error


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems can't open a folder, and some drives can't flush one
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def temporary_prefix() -> str:
    """Return how the names of this process's temporary files begin: with its computer and its number."""
    return f"{_STEM}{_computer()}-{os.getpid()}-"


def remove_abandoned(folder: Path, now: float) -> None:
    """Remove the temporary files of killed processes from a folder.

    A file of this computer is abandoned if its process no longer exists. Processes of other computers can't
    be seen, so their files are abandoned after a day, and so they are on Windows.

    Args:
        folder: where to look; subfolders aren't searched
        now: seconds since 1970 by the clock of the folder's drive, such as the time of a file just written
    """
    with suppress(OSError):  # not worth stopping for: they only take up space
        for path in list(folder.glob(f"{_STEM}*{_SUFFIX}")):
            if _is_abandoned(path, now):
                with suppress(OSError):
                    path.unlink()


def _is_abandoned(path: Path, now: float) -> bool:
    found = _TEMPORARY.fullmatch(path.name)
    if found is None:
        return False
    if os.name == "posix" and found[1] == _computer():
        return _is_gone(int(found[2]))
    return now - path.stat().st_mtime > _ABANDONED_AFTER


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False  # it belongs to another user
    return False


def _computer() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"
