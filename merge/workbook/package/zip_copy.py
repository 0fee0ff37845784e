"""Copy a zip file with some members replaced; all others are copied byte for byte.

Local headers, compressed bytes, data descriptors, extra fields, gaps and order stay the same; the central
directory is rebuilt from the old records (PKWARE APPNOTE 4.3).
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from merge.errors import WorkbookError
from merge.workbook.package.compression import checksum, compressor
from merge.workbook.package.container import member_name
from merge.workbook.xml.parse import SAVE_AGAIN

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LARGEST_FILE = 0xFFFF_FFFF
_UTF8 = 0x800
_DEFLATE_VERSION = 20
_CHUNK = 1 << 20
_IN_MEMORY = 1 << 20


class Packed:
    """A part, compressed while it is written; small ones stay in memory.

    Attributes:
        size: uncompressed bytes
        packed_size: compressed bytes
        crc: CRC-32 of the uncompressed bytes
    """

    def __init__(self, expected: int) -> None:
        self._deflate = compressor(expected)
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - lives as long as the part
        self.size = self.packed_size = self.crc = 0

    def write(self, data: bytes) -> None:
        """Add to the part.

        Raises:
            OSError: the disk is full.
        """
        self.size += len(data)
        self.crc = checksum(data, self.crc)
        self.packed_size += self._file.write(self._deflate.compress(data))

    def finish(self) -> None:
        """Finish the part.

        Raises:
            OSError: the disk is full.
        """
        self.packed_size += self._file.write(self._deflate.flush())

    def chunks(self) -> Iterator[bytes]:
        """Yield the compressed bytes."""
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def close(self) -> None:
        """Discard the part."""
        self._file.close()


def pack(data: bytes) -> Packed:
    """Compress a whole part."""
    return pack_pieces([data], len(data))


def pack_pieces(pieces: Iterable[bytes], expected: int) -> Packed:
    """Compress a part that comes in pieces, with about `expected` bytes in total."""
    packed = Packed(expected)
    try:
        for piece in pieces:
            packed.write(piece)
        packed.finish()
    except BaseException:
        packed.close()
        raise
    return packed


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    record: bytes
    start: int
    end: int


def write_package(archive: zipfile.ZipFile, out: IO[bytes], parts: Mapping[str, Packed]) -> None:
    """Write the package with these parts replaced or, if they are new, added at its end.

    Args:
        archive: the original
        out: the output, at position 0
        parts: by member name with forward slashes

    Raises:
        WorkbookError: the original's members overlap, or there are too many of them.
        OSError: the disk is full, or the original can't be read.
    """
    original = raw_file(archive)
    members = list(_members(original, archive))
    records: dict[str, bytes] = {}
    _copy(original, out, 0, min((member.start for member in members), default=0))
    for member in sorted(members, key=lambda member: member.start):
        offset = _position(out)
        packed = parts.get(member.name)
        if packed is None:
            _copy(original, out, member.start, member.end)
            records[member.name] = _moved(member.record, offset)
        else:
            records[member.name] = _write_part(out, _replaced(member.record, packed, offset), packed)
    directory = [records[member.name] for member in members]
    directory += _add_parts(out, members, parts)
    _write_directory(out, directory, archive.comment)


def raw_file(archive: zipfile.ZipFile) -> IO[bytes]:
    """Return an archive's open file, which stays the same even if another file takes its name."""
    assert archive.fp is not None, "the archive is open"
    return archive.fp


def raw_bytes(file: IO[bytes], info: zipfile.ZipInfo, chunk_size: int = _CHUNK) -> Iterator[bytes]:
    """Yield a member's compressed bytes; other readers may use the file in between."""
    file.seek(info.header_offset)
    start = file.read(_LOCAL.size)
    if len(start) < _LOCAL.size:
        raise WorkbookError("its zip directory is damaged", hint=SAVE_AGAIN)
    header = _LOCAL.unpack(start)
    position = info.header_offset + _LOCAL.size + header[9] + header[10]
    end = position + info.compress_size
    while position < end:
        file.seek(position)
        chunk = file.read(min(end - position, chunk_size))
        if not chunk:
            return
        position += len(chunk)
        yield chunk


def _members(original: IO[bytes], archive: zipfile.ZipFile) -> Iterator[_Member]:
    """Yield the members in the order of the central directory, each with its raw record."""
    infos = archive.infolist()
    place = str(archive.filename)
    starts = sorted({info.header_offset for info in infos})
    ends = dict(zip(starts, [*starts[1:], archive.start_dir], strict=True))
    if len(starts) < len(infos):
        raise WorkbookError("its parts overlap in the zip file", place=place, hint=SAVE_AGAIN)
    original.seek(archive.start_dir)
    for info in infos:
        fixed = original.read(_CENTRAL.size)
        lengths = _CENTRAL.unpack(fixed)[10:13]
        record = fixed + original.read(sum(lengths))
        end = ends[info.header_offset]
        name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
        if (len(name), len(info.extra), len(info.comment)) != lengths:
            raise WorkbookError("its zip directory is damaged", place=place, hint=SAVE_AGAIN)
        if info.header_offset + _LOCAL.size + info.compress_size > end:
            raise WorkbookError("its parts overlap in the zip file", place=place, hint=SAVE_AGAIN)
        yield _Member(member_name(info), record, info.header_offset, end)


def _moved(record: bytes, offset: int) -> bytes:
    """Return a central record with another offset."""
    fields = list(_CENTRAL.unpack_from(record))
    if fields[16] == _LARGEST_FILE:
        return _moved_zip64(record, offset)
    fields[16] = offset
    return _CENTRAL.pack(*fields) + record[_CENTRAL.size :]


def _moved_zip64(record: bytes, offset: int) -> bytes:
    """Return a record with another ZIP64 offset, the last of the field's 8-byte values (4.5.3)."""
    fields = _CENTRAL.unpack_from(record)
    wide = [fields[9] == _LARGEST_FILE, fields[8] == _LARGEST_FILE]
    field = next(position for kind, position in _extra_fields(record, fields[10], fields[11]) if kind == 1)
    at = field + 8 * sum(wide)
    return record[:at] + struct.pack("<Q", offset) + record[at + 8 :]


def _extra_fields(record: bytes, name_length: int, extra_length: int) -> Iterator[tuple[int, int]]:
    """Yield kind and content position of each extra field of a central record."""
    position = _CENTRAL.size + name_length
    end = position + extra_length
    while position + 4 <= end:
        kind, length = struct.unpack_from("<HH", record, position)
        position += 4
        yield kind, position
        position += length


def _replaced(record: bytes, packed: Packed, offset: int) -> bytes:
    """Return a central record for replaced content; name, time and attributes stay."""
    fields = list(_CENTRAL.unpack_from(record))
    name = record[_CENTRAL.size : _CENTRAL.size + fields[10]]
    comment = record[_CENTRAL.size + fields[10] + fields[11] :]
    fields[2] = _DEFLATE_VERSION
    fields[3] &= _UTF8
    fields[4] = zipfile.ZIP_DEFLATED
    fields[7:10] = packed.crc, packed.packed_size, packed.size
    fields[11] = 0
    fields[16] = offset
    return _CENTRAL.pack(*fields) + name + comment


def _write_part(out: IO[bytes], record: bytes, packed: Packed) -> bytes:
    """Write a member with this central record; returns the record."""
    fields = _CENTRAL.unpack_from(record)
    name = record[_CENTRAL.size : _CENTRAL.size + fields[10]]
    out.write(_LOCAL.pack(b"PK\x03\x04", *fields[2:10], fields[10], 0) + name)
    for chunk in packed.chunks():
        out.write(chunk)
    return record


def _add_parts(out: IO[bytes], members: list[_Member], parts: Mapping[str, Packed]) -> Iterable[bytes]:
    known = {member.name for member in members}
    stamps = _CENTRAL.unpack_from(members[0].record)[5:7]
    for name, packed in parts.items():
        if name not in known:
            raw = name.encode()
            flags = 0 if name.isascii() else _UTF8
            head = (b"PK\x01\x02", _DEFLATE_VERSION, _DEFLATE_VERSION, flags, zipfile.ZIP_DEFLATED, *stamps)
            sizes = (packed.crc, packed.packed_size, packed.size, len(raw), 0, 0, 0, 0, 0, _position(out))
            yield _write_part(out, _CENTRAL.pack(*head, *sizes) + raw, packed)


def _write_directory(out: IO[bytes], records: list[bytes], comment: bytes) -> None:
    start = _position(out)
    size = sum(out.write(record) for record in records)
    count = len(records)
    out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, len(comment)) + comment)


def _position(out: IO[bytes]) -> int:
    """Return where the next member begins; without ZIP64 that has to be below 4 GB."""
    position = out.tell()
    if position >= _LARGEST_FILE:
        raise WorkbookError("it's too large to write into", hint="Split the workbook into smaller ones.")
    return position


def _copy(source: IO[bytes], out: IO[bytes], start: int, end: int) -> None:
    source.seek(start)
    left = end - start
    while left and (chunk := source.read(min(left, _CHUNK))):
        left -= len(chunk)
        out.write(chunk)
