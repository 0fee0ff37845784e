"""An incomplete download: the bytes so far, and a note of where they came from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

from merge.errors import InputError
from merge.model import JSON
from merge.services.download.filenames import UNFINISHED

__all__ = ["Origin", "PartialFile", "source_of"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where bytes came from, to know later whether further bytes belong to the same file.

    Attributes:
        source: hash of the URL without its query, which changes and may contain secrets
        validator: `ETag` or `Last-Modified` header of the file, or ""
        size: of the whole file in bytes, or None if it isn't known
    """

    source: str
    validator: str
    size: int | None


class PartialFile:
    """The file `name.part` next to its target, which it replaces in one step.

    Every method raises `InputError` if the file can't be read or written.

    Args:
        target: where the finished file goes
        mode: its permissions; a folder that is created is open to the same people
    """

    def __init__(self, target: Path, mode: int = 0o600) -> None:
        self.target = target
        self._mode = mode
        self._path = target.with_name(target.name + UNFINISHED)
        # No safe name starts with a dot, so no other file has this name.
        self._note = target.with_name(f".{target.name}{UNFINISHED}")
        self._file: IO[bytes] | None = None
        self.size = 0
        self.origin: Origin | None = None

    def is_done(self) -> bool:
        """Return whether the whole file exists already."""
        with self._translated_errors():
            return self.target.is_file() and self.target.stat().st_size > 0

    def resume(self, source: str) -> None:
        """Continue an earlier attempt, if its bytes belong to the same file."""
        with self._translated_errors():
            folder_mode = self._mode | (self._mode & 0o444) >> 2
            self.target.parent.mkdir(folder_mode, parents=True, exist_ok=True)
            origin, size = self._read_note(), self._path.stat().st_size if self._path.is_file() else 0
        if origin is None or not (origin.validator or origin.source == source):
            return
        # If all bytes have arrived, the last is requested again, to check that the file is still the same.
        limit = size if origin.size is None else origin.size - 1
        if 0 < size <= limit + 1:
            self.origin, self.size = origin, min(size, limit)

    def start(self, origin: Origin) -> None:
        """Start at the first byte."""
        with self._translated_errors():
            # A new file, never the target of a symbolic link.
            self._path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)
            private = partial(os.open, mode=self._mode)
            with open(self._note, "x", encoding="utf-8", opener=private) as note:
                note.write(json.dumps(asdict(origin)))
            self._file = open(self._path, "xb", opener=private)  # noqa: SIM115 - same; `close` closes it
        self.origin, self.size = origin, 0

    def append(self, size: int | None) -> None:
        """Continue after the existing bytes of a file whose whole size is this, if known."""
        assert self.origin is not None
        with self._translated_errors():
            os.truncate(self._path, self.size)
            self._file = self._path.open("ab")
        self.origin = replace(self.origin, size=self.origin.size or size)

    def write(self, piece: bytes) -> None:
        """Write bytes."""
        assert self._file is not None
        with self._translated_errors():
            self._file.write(piece)
        self.size += len(piece)

    def close(self) -> None:
        """Close the file and keep it for a later attempt."""
        file, self._file = self._file, None
        if file is not None:
            with self._translated_errors():
                file.close()

    def discard(self) -> None:
        """Delete the bytes so far."""
        with self._translated_errors():
            self._path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)
        self.origin, self.size = None, 0

    def finish(self) -> None:
        """Flush the file to disk and rename it to its target."""
        with self._translated_errors():
            with self._path.open("rb+") as file:
                os.fsync(file.fileno())
            self._path.replace(self.target)
            self._note.unlink(missing_ok=True)
        _flush_folder(self.target.parent)

    def _read_note(self) -> Origin | None:
        try:
            note: JSON = json.loads(self._note.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        match note:
            case {"source": str(source), "validator": str(validator), "size": int() | None as size} if (
                validator.isascii()  # as headers must be
            ):
                return Origin(source, validator, size)
            case _:
                return None

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"castmerge can't save the video ({error.strerror or error})",
                place=str(self.target),
                hint="Free up space on the disk, or choose a folder that you can write to with --download, "
                "and then run again",
            ) from error


def source_of(host: str, path: str) -> str:
    """Return a hash that identifies a file at a host, without the query of its URL."""
    return hashlib.sha256(f"{host} {path}".encode()).hexdigest()


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems can't open a folder, and some drives can't flush one
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
