from __future__ import annotations

import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from merge.errors import WorkbookError
from merge.workbook import open_package
from merge.workbook.package.compression import Unpacked, checksum, compressor
from tests.support.paths import ROOT
from tests.support.sample_workbooks import make

LONG = b"".join(b"%d," % n for n in range(400_000))
WITHOUT_ISAL = """
import sys
sys.modules["isal"] = None
from merge.workbook.package.compression import fast
assert fast.__name__ == "zlib", fast
from merge.workbook import write_columns
write_columns(sys.argv[1], sheet="Sheet1", header_row=1, rows={2: {"Video ID": "id-1"}})
"""


def packed(data: bytes, size: int, crc: int, method: int = zipfile.ZIP_DEFLATED) -> Unpacked:
    """Read a member of the given declared size in small pieces."""
    info = zipfile.ZipInfo("a")
    info.file_size, info.CRC, info.compress_type = size, crc, method

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    return Unpacked(pieces(), info)


def deflated(data: bytes, expected: int) -> bytes:
    """Compress data the way a part of that size is compressed."""
    deflate = compressor(expected)
    return deflate.compress(data) + deflate.flush()


@pytest.mark.parametrize("expected", [10, 10 << 20], ids=["small", "large"])
@pytest.mark.parametrize("size", [1, 1000, 1 << 20, -1])
def test_compressed_data_is_decompressed(expected: int, size: int) -> None:
    """Pieces may have any size, all but the last are full, and zlib can read the data too."""
    data = LONG if size == -1 or size > 1 else LONG[:5000]
    raw = deflated(data, expected)
    assert zlib.decompress(raw, -15) == data
    stream = packed(raw, len(data), zlib.crc32(data))
    pieces = list(iter(lambda: stream.read(size), b""))
    assert b"".join(pieces) == data
    assert size == -1 or {len(piece) for piece in pieces[:-1]} <= {size}


def test_stored_members_are_read_too() -> None:
    """A stored member is returned as it is in the file."""
    stream = packed(LONG, len(LONG), zlib.crc32(LONG), zipfile.ZIP_STORED)
    assert stream.read(7) + stream.read() == LONG
    assert stream.read() == b""


@pytest.mark.parametrize(
    ("cut", "size", "crc", "error", "reason"),
    [
        pytest.param(0, 1, 1, zipfile.BadZipFile, "checksum", id="checksum"),
        pytest.param(0, 1, 0, zipfile.BadZipFile, "longer", id="longer"),
        pytest.param(0, -1, 0, zipfile.BadZipFile, "checksum", id="shorter"),
        pytest.param(9, 0, 0, EOFError, "too early", id="cut"),
    ],
)
def test_damage_is_found_while_reading(
    cut: int, size: int, crc: int, error: type[Exception], reason: str
) -> None:
    """Damage is reported by the last byte at the latest."""
    raw = deflated(LONG, 10 << 20)
    stream = packed(raw[: len(raw) - cut], len(LONG) - size * (1 - crc), zlib.crc32(LONG) + crc)
    with pytest.raises(error, match=reason):
        stream.read()


def test_the_checksum_can_be_continued() -> None:
    """Computed piece by piece, the checksum equals that of the whole."""
    assert checksum(LONG[9:], checksum(LONG[:9])) == zlib.crc32(LONG)


def test_zlib_replaces_a_missing_isal(tmp_path: Path) -> None:
    """On platforms without an isal wheel, nothing else changes."""
    path = make(tmp_path / "a.xlsx")
    subprocess.run([sys.executable, "-c", WITHOUT_ISAL, str(path)], check=True, cwd=ROOT)
    with open_package(path) as package:
        assert b"id-1" in package.read("xl/worksheets/sheet1.xml")


def test_other_compression_methods_are_left_to_zipfile(tmp_path: Path) -> None:
    """No workbook uses them, but a damaged one may claim to."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(make(tmp_path / "b.xlsx")) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info), zipfile.ZIP_BZIP2)
    with open_package(path) as package:
        assert package.sheet("Sheet1").name == "Sheet1"
    content = bytearray(path.read_bytes())
    content[content.index(b"BZh") + 20] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(WorkbookError, match="damaged"), open_package(path) as package:
        package.read("[Content_Types].xml")
