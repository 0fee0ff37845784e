from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.workbook import write_columns
from merge.workbook.package.zip_copy import pack, write_package
from tests.support.sample_workbooks import Shown, grid, make, names, part, plain_parts, raw_members, sheet_xml

RESULTS: dict[int, dict[str, ResultValue]] = {2: {"Video ID": "id-1"}}
EXPECTED: dict[tuple[int, int], Shown] = {(1, 1): "Name", (2, 1): "Ana", (1, 2): "Video ID", (2, 2): "id-1"}
SHEET = "xl/worksheets/sheet1.xml"


def write(path: Path) -> None:
    """Write one result."""
    write_columns(path, sheet="Sheet1", header_row=1, rows=RESULTS)


class Pipe(io.RawIOBase):
    """An unseekable output, so that zip files get data descriptors."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        """Always true."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Collect the bytes."""
        self.content += data
        return len(data)


def streamed(path: Path) -> Path:
    """A workbook whose sizes follow its parts, as streaming writers store them."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in plain_parts(sheet_xml()).items():
            archive.writestr(name, content or "")
    path.write_bytes(pipe.content)
    return path


def stored(path: Path) -> Path:
    """A workbook without compression."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in plain_parts(sheet_xml()).items():
            archive.writestr(name, content or "")
    return path


def wide(path: Path) -> Path:
    """A workbook whose local headers have ZIP64 fields."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in plain_parts(sheet_xml()).items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write((content or "").encode() if isinstance(content, str) else content or b"")
    return path


def commented(path: Path) -> Path:
    """A workbook with comments, extra fields and some file attributes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in plain_parts(sheet_xml()).items():
            info = zipfile.ZipInfo(name, (1997, 8, 28, 1, 2, 4))
            info.comment = b"about " + name.encode()
            info.extra = struct.pack("<HHL", 0x7777, 4, 42)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content or "", zipfile.ZIP_DEFLATED)
        archive.comment = b"a comment at the end"
    return path


def with_something_before(path: Path) -> Path:
    """A workbook that follows other bytes, as in a self-extracting file."""
    make(path)
    path.write_bytes(b"PK-like prefix" + path.read_bytes())
    return path


def with_gaps(path: Path) -> Path:
    """A workbook with unused bytes between its members, as deleted parts leave behind."""
    content = make(path).read_bytes()
    with zipfile.ZipFile(path) as archive:
        second = archive.infolist()[1].header_offset
        start = archive.start_dir
    gap = b"what is left of a deleted part"
    directory = bytearray(content[start:])
    position = 0
    while directory[position : position + 4] == b"PK\x01\x02":
        lengths = struct.unpack_from("<HHH", directory, position + 28)
        (offset,) = struct.unpack_from("<L", directory, position + 42)
        if offset >= second:
            struct.pack_into("<L", directory, position + 42, offset + len(gap))
        position += 46 + sum(lengths)
    struct.pack_into("<L", directory, position + 16, start + len(gap))
    path.write_bytes(content[:second] + gap + content[second:start] + directory)
    return path


def backslashed(path: Path) -> Path:
    """A workbook whose members have backslashes in their names."""
    make(path)
    path.write_bytes(
        path.read_bytes()
        .replace(b"xl/worksheets/sheet1.xml", b"xl\\worksheets\\sheet1.xml")
        .replace(b"xl/styles.xml", b"xl\\styles.xml")
    )
    return path


def wide_offsets(path: Path) -> Path:
    """A workbook whose directory stores every offset in its ZIP64 field."""
    content = make(path).read_bytes()
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    directory = bytearray()
    position = start
    count = 0
    while content[position : position + 4] == b"PK\x01\x02":
        record = bytearray(content[position : position + 46])
        name_length = struct.unpack_from("<H", record, 28)[0]
        offset = struct.unpack_from("<L", record, 42)[0]
        name = content[position + 46 : position + 46 + name_length]
        extra = struct.pack("<HHLHHQ", 0x7777, 4, 42, 1, 8, offset)
        struct.pack_into("<H", record, 30, len(extra))
        struct.pack_into("<L", record, 42, 0xFFFF_FFFF)
        directory += record + name + extra
        position += 46 + name_length
        count += 1
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    path.write_bytes(content[:start] + directory + end)
    return path


KINDS = [
    pytest.param(make, id="plain"),
    pytest.param(streamed, id="data-descriptors"),
    pytest.param(stored, id="stored"),
    pytest.param(wide, id="zip64-headers"),
    pytest.param(wide_offsets, id="zip64-offsets"),
    pytest.param(commented, id="comments"),
    pytest.param(with_something_before, id="prefix"),
    pytest.param(with_gaps, id="gaps"),
    pytest.param(backslashed, id="backslashes"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_zip_file_is_copied(kind: Callable[[Path], Path], tmp_path: Path) -> None:
    """All members except the sheet are identical byte for byte and in order, and the new file is valid."""
    path = kind(tmp_path / "a.xlsx")
    before, order = raw_members(path), names(path)
    with zipfile.ZipFile(path) as archive:
        facts = {it.orig_filename: (it.date_time, it.comment, it.external_attr) for it in archive.infolist()}
        comment = archive.comment
    write(path)
    after = raw_members(path)
    assert names(path) == order
    assert {name for name in order if before[name] != after[name]} == {
        name for name in order if name.replace("\\", "/") == SHEET
    }
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.comment == comment
        assert facts == {
            it.orig_filename: (it.date_time, it.comment, it.external_attr) for it in archive.infolist()
        }
    if kind is not backslashed:
        assert grid(path) == EXPECTED
    write(path)
    assert raw_members(path) == after


def test_descriptors_and_gaps_are_kept(tmp_path: Path) -> None:
    """The bytes between members are copied too."""
    path = streamed(tmp_path / "a.xlsx")
    descriptors = path.read_bytes().count(b"PK\x07\x08")
    write(path)
    assert path.read_bytes().count(b"PK\x07\x08") == descriptors - 1, "the sheet's own is not needed any more"
    path = with_gaps(tmp_path / "b.xlsx")
    write(path)
    assert b"what is left of a deleted part" in path.read_bytes()


@pytest.mark.parametrize("field", [28, 30, 32], ids=["name", "extra field", "comment"])
def test_a_directory_that_ends_within_a_record_is_refused(tmp_path: Path, field: int) -> None:
    """With these lengths, the last record would include bytes after the directory."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    last = content.rfind(b"PK\x01\x02")
    struct.pack_into("<H", content, last + field, struct.unpack_from("<H", content, last + field)[0] + 7)
    path.write_bytes(content)
    with pytest.raises(WorkbookError, match=r"damaged|unsafe"):
        write(path)
    assert path.read_bytes() == content


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    """Two names for the same bytes are refused, and so is a member that overlaps the next one."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    second = start + 46 + len("[Content_Types].xml")
    struct.pack_into("<L", content, second + 42, 0)
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive, pytest.raises(WorkbookError, match="overlap"):
        write_package(archive, io.BytesIO(), {})


def test_a_member_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Its size would include the bytes after it."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    struct.pack_into("<L", content, start + 20, 1_000_000)
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive, pytest.raises(WorkbookError, match="overlap"):
        write_package(archive, io.BytesIO(), {})


def test_parts_may_have_any_name(tmp_path: Path) -> None:
    """A new member's name is UTF-8 and flagged as such."""
    path = make(tmp_path / "a.xlsx")
    out = io.BytesIO()
    parts = {"xl/Ünï.xml": pack(b"<a/>"), "xl/plain.xml": pack(b"<b/>")}
    with zipfile.ZipFile(path) as archive:
        write_package(archive, out, parts)
    for packed in parts.values():
        packed.close()
    with zipfile.ZipFile(out) as archive:
        assert archive.read("xl/Ünï.xml") == b"<a/>"
        assert archive.namelist()[-2:] == ["xl/Ünï.xml", "xl/plain.xml"]


class Full(io.BytesIO):
    """A file that is about to exceed the size of a plain zip file."""

    def tell(self) -> int:
        """Just under 4 GB."""
        return 0xFFFF_FFFF


def test_too_large_files_are_refused(tmp_path: Path) -> None:
    """The hint is to split the workbook."""
    with (
        zipfile.ZipFile(make(tmp_path / "a.xlsx")) as archive,
        pytest.raises(WorkbookError, match="too large"),
    ):
        write_package(archive, Full(), {})


def test_large_parts_are_not_kept_in_memory() -> None:
    """Parts of more than a few megabytes are kept in a temporary file and read back unchanged."""
    data = bytes(range(256)) * 80_000
    packed = pack(data)
    assert (packed.size, packed.crc) == (len(data), zlib.crc32(data))
    assert sum(len(chunk) for chunk in packed.chunks()) == packed.packed_size
    packed.close()


def test_the_patched_sheet_is_in_the_new_file(tmp_path: Path) -> None:
    """Another program that unpacks the file gets the patched sheet."""
    path = make(tmp_path / "a.xlsx")
    write(path)
    assert '<c r="B2" t="inlineStr">' in part(path)
