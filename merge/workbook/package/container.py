"""Open a file as a zip package, or report what it is instead, by its content rather than its name."""

from __future__ import annotations

import mmap
import struct
import zipfile
from pathlib import Path, PurePosixPath

from merge.errors import WorkbookError
from merge.sheet.columns import suggest
from merge.workbook.xml.parse import SAVE_AGAIN, TRUSTED

SAVE_AS = "Open it in Excel, and use File > Save As > Excel Workbook (.xlsx)."

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OWNER_FILE_SIZE = 165
_LONGEST_USER = 54
_FROM_SHEETS = "In Google Sheets, use File > Download > Microsoft Excel (.xlsx), and then use that file."
_OLD_KINDS = (
    ("EncryptedPackage", "this file is encrypted with a password",
     "In Excel, use File > Info > Protect Workbook > Encrypt with Password. Clear the password, and save."),
    ("Workbook", "this file is in the old binary format (.xls)", SAVE_AS),
    ("Book", "this file is in the old binary format (.xls)", SAVE_AS),
    ("WordDocument", "this is a Word document", "Choose a workbook (.xlsx)."),
    ("PowerPoint Document", "this is a PowerPoint presentation", "Choose a workbook (.xlsx)."),
)  # fmt: skip
"""Old formats by a stream in their container ([MS-OFFCRYPTO] 2.3.4.4, [MS-XLS] 2.1.2)."""
_STARTS = (
    (b"%PDF", "this is a PDF, not a workbook", "Choose the workbook that it was made from."),
    (b"{\\rtf", "this is a text document (RTF), not a workbook", "Choose a workbook (.xlsx)."),
    (b"\x09\x08", "this file is in the old binary format (.xls)", SAVE_AS),
    (b"\x09\x04", "this file is in the old binary format (.xls)", SAVE_AS),
    (b"\x89PNG", "this is a picture, not a workbook", "Choose a workbook (.xlsx)."),
    (b"\xff\xd8\xff", "this is a picture, not a workbook", "Choose a workbook (.xlsx)."),
)

LARGEST_PART = 4 << 30
"""Unpacked bytes; the XML of the largest sheet that Excel can fill is smaller."""
LARGEST_PACKAGE = 8 << 30
HIGHEST_RATIO = 250
"""Compression ratio allowed for a large part; sheets reach 35, or 110 with one text in all rows."""
_SMALL_PART = 8 << 20
_PARTS_LIMIT = 20_000

_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    struct.error,
    ValueError,
    NotImplementedError,
    OverflowError,
)
"""Raised by zipfile for a damaged directory or an unknown kind of zip."""
_ZIP = b"PK"
_TABLES = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".csv", ".tsv"})
_LISTED = 5


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a package as a zip file, if it is safe to unpack.

    Raises:
        WorkbookError: it is missing, not a zip file, damaged, encrypted, or not safe to unpack.
    """
    place = str(path)
    require_file(path)
    try:
        head = _head(path)
        if not head.startswith(_ZIP):
            raise not_a_zip(path, head)
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise damaged(place) from error
    except PermissionError as error:
        raise WorkbookError(
            "castmerge isn't allowed to read it",
            place=place,
            hint="Close it in Excel, or ask for permission to read it",
        ) from error
    except OSError as error:
        raise WorkbookError(
            f"castmerge can't read it ({error.strerror or error})", place=place, hint="Check the drive"
        ) from error
    try:
        _refuse_unsafe_members(archive, place)
    except BaseException:
        archive.close()
        raise
    return archive


def member_name(info: zipfile.ZipInfo) -> str:
    """Return a member's part name, with forward slashes and without one at its start."""
    return info.orig_filename.replace("\\", "/").removeprefix("/")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def require_file(path: Path) -> None:
    """Refuse paths that can't be read as a file: missing, a folder, or the owner file of an open workbook.

    Raises:
        WorkbookError: says what it is, and what was probably meant.
    """
    place = str(path)
    if path.name.startswith("~$"):
        raise WorkbookError(
            "this is a temporary Excel file (~$), not your workbook",
            place=place,
            hint=f"Use the workbook itself: {path.name[2:]}",
        )
    if path.is_dir():
        inside = _tables_in(path)
        hint = f"Use the workbook inside it: {path / inside[0]}" if inside else "Choose a workbook"
        raise WorkbookError("this is a folder", place=place, hint=hint)
    if not path.exists():
        raise WorkbookError("there's no such file", place=place, hint=_similar(path))
    if not path.is_file():
        # Reading a pipe or a device could block forever.
        raise WorkbookError("this is a device or a pipe, not a file", place=place, hint="Choose a workbook")


def _tables_in(folder: Path) -> list[str]:
    try:
        names = sorted(it.name for it in folder.iterdir() if it.suffix.lower() in _TABLES)
    except OSError:
        return []
    return [name for name in names if name[0] not in "~."]


def _similar(path: Path) -> str:
    """Return a hint about what is in a missing file's folder."""
    if not path.parent.is_dir():
        return f"There's no folder {path.parent} either. Check where the file is."
    names = _tables_in(path.parent)
    likely = suggest(path.name, names)
    if likely:
        return f"Did you mean {path.with_name(likely)}?"
    if not names:
        return "Check the name and the folder."
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"Check the name. The folder has {', '.join(names[:_LISTED])}{more}."


def _refuse_unsafe_members(archive: zipfile.ZipFile, place: str) -> None:
    seen: set[str] = set()
    total = 0
    for info in archive.infolist():
        name = member_name(info)
        _refuse_unsafe_name(name, seen, place)
        seen.add(name.casefold())
        if info.flag_bits & 0x1:
            raise WorkbookError(f"its part {name} is encrypted", place=place, hint=SAVE_AGAIN)
        total += info.file_size
        if len(seen) > _PARTS_LIMIT:
            raise WorkbookError("it has more parts than a workbook needs", place=place, hint=SAVE_AGAIN)
        bomb = info.file_size > _SMALL_PART and info.file_size > HIGHEST_RATIO * info.compress_size
        if bomb or info.file_size > LARGEST_PART or total > LARGEST_PACKAGE:
            raise WorkbookError(
                f"its part {name} would unpack to {info.file_size / 1e6:,.0f} MB, too much for a workbook",
                place=place,
                hint=TRUSTED,
            )


def _refuse_unsafe_name(name: str, seen: set[str], place: str) -> None:
    if name.casefold() in seen:
        raise WorkbookError(f"it has the part {name} twice", place=place, hint=SAVE_AGAIN)
    outside = ".." in PurePosixPath(name).parts or name.startswith("/") or name[1:2] == ":"
    if outside or not name or "\0" in name:
        raise WorkbookError(f"it has a part with an unsafe name ({name!r})", place=place, hint=SAVE_AGAIN)


def not_a_zip(path: Path, head: bytes) -> WorkbookError:
    """Return the error for a file that isn't a zip package.

    Args:
        path: the file
        head: its first bytes
    """
    message, hint = _describe_file(path, head)
    return WorkbookError(message, place=str(path), hint=hint)


def no_workbook(archive: zipfile.ZipFile, place: str) -> WorkbookError:
    """Return the error for a zip package without a workbook in it.

    Args:
        archive: the open zip file
        place: its path, for the message
    """
    message, hint = _describe_package(archive)
    return WorkbookError(message, place=place, hint=hint)


def damaged(place: str) -> WorkbookError:
    """Return the error for a file that seems to be a workbook but can't be read."""
    return WorkbookError(
        "it's damaged, and not a readable zip package",
        place=place,
        hint="Get the file again, or open it in Excel with Open and Repair, and save it.",
    )


def _describe_file(path: Path, head: bytes) -> tuple[str, str]:
    if head.startswith(_OLE):
        return _describe_old(path)
    if not head:
        return (
            "this file is empty",
            "Get the file again. In a cloud folder such as OneDrive, open it once so it downloads.",
        )
    if path.stat().st_size == _OWNER_FILE_SIZE and head[0] <= _LONGEST_USER:
        return (
            "this is a temporary Excel file (~$), not your workbook",
            "Use the workbook itself, without ~$.",
        )
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{") and (b"docs.google" in head or b'"doc_id"' in head):
        return "this is a shortcut to Google Sheets, not a workbook", _FROM_SHEETS
    for start, message, hint in _STARTS:
        if head.startswith(start):
            return message, hint
    if text.startswith(b"<"):
        return "this is a web page or an XML file, not a workbook", SAVE_AS
    if b"\0" not in head:
        return (
            "this is a text file, such as CSV, not a workbook",
            f"If it's a CSV file, rename it so that it ends in .csv. If not: {SAVE_AS}",
        )
    error = damaged("")
    return error.message, error.hint


def _describe_old(path: Path) -> tuple[str, str]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for stream, message, hint in _OLD_KINDS:
            if content.find(stream.encode("utf-16-le")) >= 0:
                return message, hint
    return "this is an old Office file, not a workbook", "Choose a workbook (.xlsx)."


def _describe_package(archive: zipfile.ZipFile) -> tuple[str, str]:
    names = [info.filename for info in archive.infolist()]
    if any(name.endswith(".iwa") or name.startswith("Index.zip") for name in names):
        return (
            "this is a Numbers spreadsheet",
            "In Numbers, use File > Export To > Excel, and then use that file.",
        )
    if "mimetype" in names and "content.xml" in names:
        return (
            "this is an OpenDocument file (.ods)",
            "In LibreOffice, use File > Save As > Excel 2007-365 (.xlsx). In Excel, use File > Save As.",
        )
    inside = [name for name in names if name.lower().endswith((".xlsx", ".xlsm", ".csv"))]
    if inside:
        return f"this is a zip file with {inside[0]} in it", "Unpack it first, and use what was inside."
    return "this is a zip file without a workbook in it", SAVE_AGAIN
