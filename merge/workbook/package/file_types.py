"""What a file is that is no workbook, and how it becomes one: by its content, whatever its name says."""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path

from merge.errors import WorkbookError
from merge.workbook.xml.parse import SAVE_AGAIN

SAVE_AS = "Open it in Excel, then: File, Save As, Excel Workbook (.xlsx)."

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OWNER_FILE_SIZE = 165
_LONGEST_USER = 54
_FROM_SHEETS = "In Google Sheets: File, Download, Microsoft Excel (.xlsx); then name that file."
_OLD_KINDS = (
    ("EncryptedPackage", "it is encrypted with a password",
     "In Excel: File, Info, Protect Workbook, Encrypt with Password; clear it and save."),
    ("Workbook", "it is in the old binary format (.xls)", SAVE_AS),
    ("Book", "it is in the old binary format (.xls)", SAVE_AS),
    ("WordDocument", "it is a Word document", "Name a workbook (.xlsx)."),
    ("PowerPoint Document", "it is a PowerPoint presentation", "Name a workbook (.xlsx)."),
)  # fmt: skip
"""By a stream in the container of the old formats ([MS-OFFCRYPTO] 2.3.4.4, [MS-XLS] 2.1.2)."""
_STARTS = (
    (b"%PDF", "it is a PDF, not a workbook", "Name the workbook that it was made from."),
    (b"{\\rtf", "it is a text document (RTF), not a workbook", "Name a workbook (.xlsx)."),
    (b"\x09\x08", "it is in a very old binary format (.xls)", SAVE_AS),
    (b"\x09\x04", "it is in a very old binary format (.xls)", SAVE_AS),
    (b"\x89PNG", "it is a picture, not a workbook", "Name a workbook (.xlsx)."),
    (b"\xff\xd8\xff", "it is a picture, not a workbook", "Name a workbook (.xlsx)."),
)


def no_zip(path: Path, head: bytes) -> WorkbookError:
    """What a file is that is no zip package.

    Args:
        path: the file
        head: its first bytes
    """
    message, hint = _named(path, head)
    return WorkbookError(message, place=str(path), hint=hint)


def no_workbook(archive: zipfile.ZipFile, place: str) -> WorkbookError:
    """What a zip package is that has no workbook in it.

    Args:
        archive: the open zip file
        place: its path, for the message
    """
    message, hint = _package(archive)
    return WorkbookError(message, place=place, hint=hint)


def damaged(place: str) -> WorkbookError:
    """A file that cannot be read although it seems to be a workbook."""
    return WorkbookError(
        "it is damaged: not a readable zip package",
        place=place,
        hint="Fetch it again, or let Excel repair it (Open and Repair) and save it.",
    )


def _named(path: Path, head: bytes) -> tuple[str, str]:
    if head.startswith(_OLE):
        return _old(path)
    if not head:
        return (
            "it is empty",
            "Fetch it again; in a cloud folder (OneDrive, iCloud, Dropbox) open it once to have it here.",
        )
    if path.stat().st_size == _OWNER_FILE_SIZE and head[0] <= _LONGEST_USER:
        return (
            "it is the marker that Excel keeps while a workbook is open, not the workbook",
            "Name the workbook itself, without ~$.",
        )
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{") and (b"docs.google" in head or b'"doc_id"' in head):
        return "it is a shortcut to Google Sheets, not a workbook", _FROM_SHEETS
    for start, message, hint in _STARTS:
        if head.startswith(start):
            return message, hint
    if text.startswith(b"<"):
        return "it is a web page or an XML file, not a workbook", SAVE_AS
    if b"\0" not in head:
        return (
            "it is a text file, such as CSV, not a workbook",
            f"If it is a table, give it the ending .csv and name it so. Or: {SAVE_AS}",
        )
    error = damaged("")
    return error.message, error.hint


def _old(path: Path) -> tuple[str, str]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for stream, message, hint in _OLD_KINDS:
            if content.find(stream.encode("utf-16-le")) >= 0:
                return message, hint
    return "it is an old Office file, but no workbook", "Name a workbook (.xlsx)."


def _package(archive: zipfile.ZipFile) -> tuple[str, str]:
    names = [info.filename for info in archive.infolist()]
    if any(name.endswith(".iwa") or name.startswith("Index.zip") for name in names):
        return "it is a Numbers spreadsheet", "In Numbers: File, Export To, Excel; then name that file."
    if "mimetype" in names and "content.xml" in names:
        return (
            "it is an OpenDocument file (.ods)",
            "In LibreOffice: File, Save As, Excel 2007-365 (.xlsx); or in Excel: File, Save As.",
        )
    inside = [name for name in names if name.lower().endswith((".xlsx", ".xlsm", ".csv"))]
    if inside:
        return f"it is a zip file with {inside[0]} in it", "Unpack it first, and name what was inside."
    return "it is a zip file without a workbook in it", SAVE_AGAIN
