"""Where a workbook's journal is: in a file next to it, or shared in a database."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

from merge.errors import MergeError
from merge.input.open_sheet import SavedSheetSettings
from merge.input.paths import journal_file, private_mode, workbook_path
from merge.journal import JournalPlace, SharedWorkbook, SqliteFile, shared_journal
from merge.settings import Settings


def journal_place(workbook: Path, settings: Settings) -> JournalPlace:
    """The journal of a workbook.

    Raises:
        JournalError: it can't be checked whether the file exists, such as in a folder of another account, or
            the address of a shared journal can't be read
    """
    path, address = journal_file(workbook, settings), settings.journal_address
    mode = private_mode(path, workbook)
    if address is None:
        return SqliteFile(path, mode)
    made = workbook_path(workbook)
    known_by = made if made.exists() else workbook
    shown = partial(_ids_in, known_by, settings) if known_by == made else tuple
    return shared_journal(address, SharedWorkbook(known_by, settings.simulate, path, mode, shown))


def _ids_in(workbook: Path, settings: Settings) -> Collection[str]:
    """The ids in the result columns of a workbook, as far as they can be read without knowing more of it."""
    try:
        sheet = SavedSheetSettings.assumed(settings).read(workbook, settings.selection.sheet)
        return {job for line in sheet.data_rows if (job := sheet.results.job_of(line))}
    except MergeError:
        return ()
