"""Results beside the rows: the one path from values to the replaced workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import MappingProxyType

from merge.errors import WorkbookError, WriteBackError
from merge.model import ResultValue, WrittenCells
from merge.workbook.package.package import Package, open_package
from merge.workbook.package.zip_copy import write_package
from merge.workbook.write.changed_parts import Built, build, planned
from merge.workbook.write.column_plan import Request
from merge.workbook.write.replace_file import (
    FileVersion,
    beside,
    file_version,
    flush,
    keep_copy,
    refuse_locked,
    remove,
    replace,
    translated,
)
from merge.workbook.write.verify import verify

_ATTEMPTS = 3
_AS_WIDE_AS_NEEDED: Mapping[str, int] = MappingProxyType({})


def write_columns(  # noqa: PLR0913 - named one by one by whoever calls it
    workbook: Path | str,
    *,
    sheet: str,
    header_row: int,
    rows: Mapping[int, Mapping[str, ResultValue]],
    columns: Sequence[str] = (),
    widths: Mapping[str, int] = _AS_WIDE_AS_NEEDED,
    backup: Path | None = None,
    since: FileVersion | None = None,
) -> WrittenCells:
    """Puts values into the result columns of a worksheet and leaves everything else as it is.

    A result column is found by its header, or opened at the right of the data. The workbook is replaced in
    one step, after the new file was read again and compared with the old one. It is not touched at all
    where nothing changes, or where anything speaks against it.

    Args:
        workbook: an .xlsx or .xlsm file
        sheet: name of the worksheet
        header_row: number of its header row
        rows: values by row number, as Excel shows it, and by header. Text, numbers and booleans become such
            cells, a datetime a date (a time zone is turned into UTC), a Link a hyperlink; None and "" clear
        columns: headers that are to be there in this order, even where no row has a value for them
        widths: how many characters a column has room for at least where it is opened, by header; else as many
            as its values need now, up to 46
        backup: where to keep a copy of the original, unless there is one already
        since: the file that the row numbers were read from; where it has changed meanwhile, they may name
            other rows, and nothing is written

    Raises:
        WorkbookError: the workbook cannot be patched safely.
        WriteBackError: it cannot be replaced: open in Excel, write-protected, disk full, changed meanwhile.
    """
    path = Path(workbook)
    request = Request(sheet, header_row, rows, tuple(columns), widths)
    for _ in range(_ATTEMPTS):
        if since is not None and file_version(path) != since:
            break
        written = _attempt(path, request, backup, since or file_version(path))
        if written is not None:
            return written
    raise WriteBackError(
        "the workbook was changed by somebody else while results were written",
        place=str(path),
        hint="Wait until it is saved, then run: castmerge write-back",
    )


def check_columns(
    workbook: Path | str, *, sheet: str, header_row: int, columns: Sequence[str]
) -> Mapping[str, int]:
    """Where results would go, without writing: what speaks against it is found before anything costs money.

    Args:
        workbook: an .xlsx or .xlsm file
        sheet: name of the worksheet
        header_row: number of its header row
        columns: headers of the result columns

    Returns:
        Column number by header, those that are there and those that would be made.

    Raises:
        WorkbookError: the workbook cannot be patched safely.
    """
    with open_package(Path(workbook)) as package:
        return planned(package, Request(sheet, header_row, {}, tuple(columns))).columns


def _attempt(
    path: Path, request: Request, backup: Path | None, before: FileVersion | None
) -> WrittenCells | None:
    """One try; None where the workbook was changed under it."""
    real = path.resolve()
    try:
        with open_package(path) as package:
            refuse_locked(path)
            with translated(path):
                built = build(package, request)
            with closing(built):
                if not built.parts or _exchange(package, built, before, backup):
                    return built.written
    except WorkbookError:
        if file_version(real) == before:
            raise
    return None


def _exchange(package: Package, built: Built, before: FileVersion | None, backup: Path | None) -> bool:
    path = package.path.resolve()
    with ExitStack() as undone, beside(path) as file:
        new = Path(file.name)
        with translated(path):
            write_package(package.archive, file, built.parts)
            flush(file)
        file.close()
        verify(package, new, built)
        package.archive.close()  # Windows replaces no file that is open
        if backup is not None:
            undone.callback(remove, keep_copy(path, backup))
        replaced = replace(path, new, before)
        if replaced:
            undone.pop_all()
        return replaced
