"""The file that a workbook was made from: its name in the workbook, and a copy of its content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from merge.errors import WorkbookError
from merge.workbook.package.container import require_file
from merge.workbook.package.package import Package, open_package
from merge.workbook.write.replace_file import flush, temporary_file, translated_errors
from merge.workbook.xml.parse import children, decode_xstring, parse

SOURCE = "castmerge source"
"""The document property with the name of the workbook's source file; Excel keeps it when it saves."""
_LARGEST = 40_000_000
"""Bytes; 100,000 rows rarely have a tenth of it."""


def source_of(path: Path) -> str:
    """Return the name of the file that a workbook was made from, "" if there's none.

    Raises:
        WorkbookError: the workbook can't be opened.
    """
    with open_package(path) as package:
        return next(_sources(package), "")


def read_source(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        WorkbookError: the file is missing, isn't a file, is too large, or can't be read.
    """
    require_file(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise WorkbookError(
                f"this file is too large for a list of people (more than {_LARGEST // 1_000_000} MB)",
                place=str(path),
                hint="Split it into smaller ones",
            )
        return path.read_bytes()
    except OSError as error:
        raise WorkbookError(
            f"castmerge can't read it ({error.strerror or error})",
            place=str(path),
            hint="Close it in other programs, or ask for permission to read it",
        ) from error


def save_source(path: Path, content: bytes) -> None:
    """Save a copy of a source file's content in one step, and create its folder if needed.

    Raises:
        WriteBackError: the folder can't be written to, or the disk is full.
    """
    with translated_errors(path):
        path.parent.mkdir(exist_ok=True)
    with temporary_file(path) as file, translated_errors(path):
        file.write(content)
        flush(file)
        file.close()
        Path(file.name).replace(path)


def _sources(package: Package) -> Iterator[str]:
    for rel in package.relationships(""):
        if rel.kind == "custom-properties" and package.has(rel.target):
            for entry in children(parse(package.read(rel.target), rel.target), "property"):
                if entry.get("name") == SOURCE:
                    yield decode_xstring("".join(str(text) for text in entry.itertext()))
