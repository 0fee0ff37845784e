"""A file on its way: its bytes so far, and beside them what they came from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from merge.errors import InputError
from merge.model import JSON
from merge.services.download.filenames import UNFINISHED

__all__ = ["Origin", "Part", "source_of"]


@dataclass(frozen=True, slots=True)
class Origin:
    """What bytes came from, to know later whether further bytes belong to them.

    Attributes:
        source: hash of the address without its query, which holds what changes and what is secret
        validator: the `ETag` or `Last-Modified` of the file there, or ""
        size: of the whole file in bytes, or None where it is not known
    """

    source: str
    validator: str
    size: int | None


class Part:
    """The file `name.part` beside its target; it becomes the target in one step.

    Every method raises `InputError` where the disk does not do what it should.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._path = target.with_name(target.name + UNFINISHED)
        # No safe name begins with a dot, so nobody else has this one.
        self._note = target.with_name(f".{target.name}{UNFINISHED}")
        self._file: IO[bytes] | None = None
        self.size = 0
        self.origin: Origin | None = None

    def is_done(self) -> bool:
        """Whether the whole file is there already."""
        with self._on_disk():
            return self.target.is_file() and self.target.stat().st_size > 0

    def recall(self, source: str) -> None:
        """Take up what an earlier try has left, if it can be told what it belongs to."""
        with self._on_disk():
            self.target.parent.mkdir(parents=True, exist_ok=True)
            origin, size = self._noted(), self._path.stat().st_size if self._path.is_file() else 0
        if origin is None or not (origin.validator or origin.source == source):
            return
        # Of a file that is all there, the last byte is asked for once more: so it is known to be the same.
        at_most = size if origin.size is None else origin.size - 1
        if 0 < size <= at_most + 1:
            self.origin, self.size = origin, min(size, at_most)

    def begin(self, origin: Origin) -> None:
        """Begin at the first byte."""
        with self._on_disk():
            # A new file, never one that a link beside leads to.
            self._path.unlink(missing_ok=True)
            self._note.write_text(json.dumps(asdict(origin)), encoding="utf-8")
            self._file = self._path.open("xb")
        self.origin, self.size = origin, 0

    def go_on(self, size: int | None) -> None:
        """Begin behind the bytes that are there, of a file that has this size."""
        assert self.origin is not None
        with self._on_disk():
            os.truncate(self._path, self.size)
            self._file = self._path.open("ab")
        self.origin = replace(self.origin, size=self.origin.size or size)

    def write(self, piece: bytes) -> None:
        """Add bytes."""
        assert self._file is not None
        with self._on_disk():
            self._file.write(piece)
        self.size += len(piece)

    def close(self) -> None:
        """Leave what is there for a later try."""
        file, self._file = self._file, None
        if file is not None:
            with self._on_disk():
                file.close()

    def discard(self) -> None:
        """Forget what is there."""
        with self._on_disk():
            self._path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)
        self.origin, self.size = None, 0

    def finish(self) -> None:
        """Put the file in its place, on disk before and after."""
        with self._on_disk():
            with self._path.open("rb+") as file:
                os.fsync(file.fileno())
            self._path.replace(self.target)
            self._note.unlink(missing_ok=True)
        _flush_folder(self.target.parent)

    def _noted(self) -> Origin | None:
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
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"the video cannot be saved ({error.strerror or error})",
                place=str(self.target),
                hint="Make room on the drive, or choose a folder that you may write to with --download, "
                "then run again",
            ) from error


def source_of(host: str, path: str) -> str:
    """What tells one file at a host from another, whatever the query of its address is by now."""
    return hashlib.sha256(f"{host} {path}".encode()).hexdigest()


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems cannot open a folder, and some drives cannot flush one
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
