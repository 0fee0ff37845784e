"""Write result columns into a workbook, from the values to the replaced file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace as with_changes
from pathlib import Path
from types import MappingProxyType

from merge.errors import WorkbookError, WriteBackError
from merge.model import Color, FileVersion, ResultValue, WrittenCells, shell_word
from merge.workbook.package.package import Package, open_package
from merge.workbook.package.zip_copy import write_package
from merge.workbook.write.changed_parts import Built, build, planned
from merge.workbook.write.column_plan import Request
from merge.workbook.write.replace_file import (
    back_up,
    file_version,
    flush,
    refuse_locked,
    remove_created,
    replace,
    temporary_file,
    translated_errors,
)
from merge.workbook.write.verify import verify

_ATTEMPTS = 3
_NO_COLORS: Mapping[str, Mapping[str, Color]] = MappingProxyType({})
_NO_WIDTHS: Mapping[str, int] = MappingProxyType({})


def write_columns(  # noqa: PLR0913 - public, by keyword
    workbook: Path | str,
    *,
    sheet: str,
    header_row: int,
    table: str | None = None,
    rows: Mapping[int, Mapping[str, ResultValue]],
    columns: Sequence[str] = (),
    widths: Mapping[str, int] = _NO_WIDTHS,
    colors: Mapping[str, Mapping[str, Color]] = _NO_COLORS,
    wrapped: Collection[str] = (),
    backup: Path | None = None,
    since: FileVersion | None = None,
) -> WrittenCells:
    """Write values into the result columns of a worksheet and leave everything else unchanged.

    A result column is found by its header, or added to the right of the data. The new file is read again and
    compared with the old one, then it replaces the workbook in one step. If nothing changes, or if the
    workbook can't be written safely, it isn't touched at all.

    Args:
        workbook: an .xlsx or .xlsm file
        sheet: name of the worksheet
        header_row: number of its header row
        table: name of the Excel Table that holds the data, which is extended by new columns; "" for a plain
            list, so that no Table is. None is the Table that ends in the data's last column, if there is one
        rows: values by row number, as Excel shows it, and by header. Text, numbers, booleans and dates become
            such cells (a date with a time zone is converted to UTC), a Link a hyperlink; None and "" clear
        columns: headers that must exist in this order, even if no row has a value for them
        widths: minimum width of new columns by header, in characters; by default as their values need, up to
            48
        colors: colors of cells by header and text. They are set when the column is added, and extended later
        wrapped: headers of the columns in which new cells wrap their text
        backup: where to keep a copy of the original, unless there is one already
        since: state of the file that the row numbers come from. If the file has changed since then, they may
            refer to other rows, and nothing is written

    Raises:
        WorkbookError: the workbook can't be patched safely.
        WriteBackError: it can't be replaced: open in Excel, write-protected, disk full, or changed.
    """
    request = Request(sheet, header_row, rows, tuple(columns), widths, table, colors, wrapped)
    return _write(Path(workbook), request, backup, since)


def check_columns(
    workbook: Path | str, *, sheet: str, header_row: int, columns: Sequence[str], table: str | None = None
) -> Mapping[str, int]:
    """Return where results would go without writing, so that problems show before anything costs money.

    Args:
        workbook: an .xlsx or .xlsm file
        sheet: name of the worksheet
        header_row: number of its header row
        columns: headers of the result columns
        table: name of the Excel Table that holds the data, as for `write_columns`

    Returns:
        Column number by header, of existing and of new columns.

    Raises:
        WorkbookError: the workbook can't be patched safely.
    """
    with open_package(Path(workbook)) as package:
        request = Request(sheet, header_row, {}, tuple(columns), table=table)
        return planned(package, request).columns


def _write(path: Path, request: Request, backup: Path | None, since: FileVersion | None) -> WrittenCells:
    """Write, and repeat if another program changes the workbook in the process."""
    for _ in range(_ATTEMPTS):
        if since is not None and file_version(path) != since:
            break
        written = _attempt(path, request, backup, since or file_version(path))
        if written is not None:
            return written
    raise WriteBackError(
        "someone else saved the workbook while castmerge was writing",
        place=str(path),
        hint=f"Wait until they're done, and then run: castmerge write-back {shell_word(path)}",
    )


def _attempt(
    path: Path, request: Request, backup: Path | None, before: FileVersion | None
) -> WrittenCells | None:
    """Write once; None if the workbook was changed by another program in the process."""
    real = path.resolve()
    try:
        with open_package(path) as package:
            refuse_locked(path)
            with translated_errors(path):
                built = build(package, request)
            with closing(built):
                version = _replace_with(package, built, before, backup) if built.parts else before
                if version is not None:
                    return with_changes(built.written, version=version)
    except WorkbookError:
        if file_version(real) == before:
            raise
    return None


def _replace_with(
    package: Package, built: Built, before: FileVersion | None, backup: Path | None
) -> FileVersion | None:
    """Replace the workbook; return its new version, or None if another program has changed it."""
    path = package.path.resolve()
    with ExitStack() as undone, temporary_file(path) as file:
        new = Path(file.name)
        with translated_errors(path):
            write_package(package.archive, file, built.parts)
            flush(file)
        file.close()
        verify(package, new, built)
        package.archive.close()  # Windows doesn't replace an open file
        if backup is not None:
            undone.callback(remove_created, back_up(path, backup))
        version = file_version(new)
        if not replace(path, new, before):
            return None
        undone.pop_all()
        return version
