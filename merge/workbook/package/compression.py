"""Deflate and inflate with isal, several times as fast as zlib, or with zlib if there's no isal wheel."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol, cast

try:
    from isal import isal_zlib as fast
except ImportError:  # no wheel for this processor
    import zlib as fast  # type: ignore[no-redef]  # both have what is used here

DAMAGED: tuple[type[Exception], ...] = (
    zlib.error,
    cast("type[Exception]", fast.error),
    EOFError,
    zipfile.BadZipFile,
)
"""Raised for bytes that can't be decompressed."""

_RAW = -zlib.MAX_WBITS
_SMALL = 1 << 20
"""The size in bytes up to which a part is compressed well, in about 12 ms; larger ones are compressed fast.

A sheet of 51 MB took zlib's level 6 632 ms for 6.2 MB, its level 1 248 ms for 7.8 MB; isal's level 1 takes 35
ms for 7.6 MB, its level 3 104 ms for 7.2 MB.
"""
_CHUNK = 1 << 18


class Compressor(Protocol):
    """A compression object of either library."""

    def compress(self, data: bytes, /) -> bytes:
        """Compress more data; return the finished bytes."""
        ...

    def flush(self) -> bytes:
        """Return the rest."""
        ...


def compressor(expected: int) -> Compressor:
    """Return a compressor for a part of about `expected` bytes, without a header (RFC 1951)."""
    if expected <= _SMALL:
        return zlib.compressobj(6, zlib.DEFLATED, _RAW)
    return fast.compressobj(1, fast.DEFLATED, _RAW)


def checksum(data: bytes, before: int = 0) -> int:
    """Return the CRC-32, continued from that of the data before."""
    return fast.crc32(data, before)


def can_unpack(info: zipfile.ZipInfo) -> bool:
    """Return whether a member is stored or deflated, as all of Excel's are."""
    return info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Unpacked:
    """A member's content, read from its raw bytes, with its size and checksum verified."""

    def __init__(self, raw: Iterator[bytes], info: zipfile.ZipInfo) -> None:
        self._raw = raw
        self._info = info
        self._stored = info.compress_type == zipfile.ZIP_STORED
        self._inflate = fast.decompressobj(_RAW)
        self._pending = b""
        self._size = self._crc = 0
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """Return the next `size` bytes, fewer only at the end; without a size, the rest.

        Raises:
            BadZipFile: its size or checksum is wrong.
            EOFError: it ends too early.
            zlib.error, isal_zlib.error: it is damaged.
        """
        pieces: list[bytes] = []
        left = size
        while left and (piece := self._next(_CHUNK if left < 0 else left)):
            pieces.append(piece)
            left -= len(piece) if left > 0 else 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Do nothing; the file belongs to the archive."""

    def _next(self, limit: int) -> bytes:
        """Return 1 to `limit` bytes, b"" at the end."""
        while not self._ended:
            given = self._pending or next(self._raw, b"")
            if self._stored:
                piece, self._pending = given[:limit], given[limit:]
            else:
                piece = self._inflate.decompress(given, limit)
                self._pending = self._inflate.unconsumed_tail
            if piece:
                self._count(piece)
                return piece
            if not given:
                self._finish()
        return b""

    def _count(self, piece: bytes) -> None:
        self._size += len(piece)
        self._crc = checksum(piece, self._crc)
        if self._size > self._info.file_size:
            raise zipfile.BadZipFile("it's longer than it should be")

    def _finish(self) -> None:
        self._ended = True
        if not self._stored and not self._inflate.eof:
            raise EOFError("it ends too early")
        if self._size != self._info.file_size or self._crc != self._info.CRC:
            raise zipfile.BadZipFile("its checksum is different")
