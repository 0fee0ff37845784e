"""The file that a workbook was made from: its name in the workbook, and what it said then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from merge.errors import WorkbookError
from merge.workbook.package.container import require_file
from merge.workbook.package.package import Package, open_package
from merge.workbook.write.replace_file import beside, flush, translated
from merge.workbook.xml.parse import children, decode_xstring, parse

SOURCE = "castmerge source"
"""The document property that names the file which a workbook was made from; Excel keeps it when it saves."""


def source_of(path: Path) -> str:
    """The name of the file that a workbook was made from, "" where it was made otherwise.

    Raises:
        WorkbookError: it cannot be opened.
    """
    with open_package(path) as package:
        return next(_sources(package), "")


def read_source(path: Path) -> bytes:
    """A file as it is, whole.

    Raises:
        WorkbookError: it is not there, no file, or cannot be read.
    """
    require_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise WorkbookError(
            f"it cannot be read ({error.strerror or error})",
            place=str(path),
            hint="Close it in other programs, or ask for the right to read it.",
        ) from error


def save_source(path: Path, content: bytes) -> None:
    """Keeps what such a file said, in one step; its folder is made where need be.

    Raises:
        WriteBackError: the folder may not be written, or the disk is full.
    """
    with translated(path):
        path.parent.mkdir(exist_ok=True)
    with beside(path) as file, translated(path):
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
