"""Compressing and unpacking: through isal, several times as fast as zlib, or zlib where it cannot be had."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol, cast

try:
    from isal import isal_zlib as fast
except ImportError:  # no wheel for this processor
    import zlib as fast  # type: ignore[no-redef]  # - both have what is used here

DAMAGED: tuple[type[Exception], ...] = (
    zlib.error,
    cast("type[Exception]", fast.error),
    EOFError,
    zipfile.BadZipFile,
)
"""What is raised at bytes that cannot be unpacked."""

_RAW = -zlib.MAX_WBITS
_THOROUGH = 1 << 20
"""Bytes up to which a part is compressed thoroughly, in some 12 ms; beyond, time counts more than size.

A sheet of 51 MB took zlib's level 6 632 ms for 6.2 MB, its level 1 248 ms for 7.8 MB; isal's level 1 takes
35 ms for 7.6 MB, its level 3 104 ms for 7.2 MB.
"""
_AT_ONCE = 1 << 18


class Compressor(Protocol):
    """What both libraries give."""

    def compress(self, data: bytes, /) -> bytes:
        """Takes more, gives what is ready."""
        ...

    def flush(self) -> bytes:
        """The end."""
        ...


def compressor(expected: int) -> Compressor:
    """For a part of about so many bytes, without a header (RFC 1951)."""
    if expected <= _THOROUGH:
        return zlib.compressobj(6, zlib.DEFLATED, _RAW)
    return fast.compressobj(1, fast.DEFLATED, _RAW)


def checksum(data: bytes, before: int = 0) -> int:
    """CRC-32, going on from what came before."""
    return fast.crc32(data, before)


def can_unpack(info: zipfile.ZipInfo) -> bool:
    """Whether a member is stored or deflated, as all of Excel's are."""
    return info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Unpacked:
    """A member's content, from its bytes as they lie in the file; size and checksum are held against it."""

    def __init__(self, raw: Iterator[bytes], info: zipfile.ZipInfo) -> None:
        self._raw = raw
        self._info = info
        self._stored = info.compress_type == zipfile.ZIP_STORED
        self._inflate = fast.decompressobj(_RAW)
        self._waiting = b""
        self._size = self._crc = 0
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end only; without a size, all that is left.

        Raises:
            BadZipFile: it is not as long as it should be, or has another checksum.
            EOFError: it ends too early.
            zlib.error, isal_zlib.error: it is damaged.
        """
        pieces: list[bytes] = []
        wanted = size
        while wanted and (piece := self._next(_AT_ONCE if wanted < 0 else wanted)):
            pieces.append(piece)
            wanted -= len(piece) if wanted > 0 else 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Nothing is open that would be its own."""

    def _next(self, most: int) -> bytes:
        """At least one byte, b"" at the end."""
        while not self._ended:
            given = self._waiting or next(self._raw, b"")
            if self._stored:
                piece, self._waiting = given[:most], given[most:]
            else:
                piece = self._inflate.decompress(given, most)
                self._waiting = self._inflate.unconsumed_tail
            if piece:
                self._note(piece)
                return piece
            if not given:
                self._finish()
        return b""

    def _note(self, piece: bytes) -> None:
        self._size += len(piece)
        self._crc = checksum(piece, self._crc)
        if self._size > self._info.file_size:
            raise zipfile.BadZipFile("it is longer than it should be")

    def _finish(self) -> None:
        self._ended = True
        if not self._stored and not self._inflate.eof:
            raise EOFError("it ends too early")
        if self._size != self._info.file_size or self._crc != self._info.CRC:
            raise zipfile.BadZipFile("its checksum is another")
