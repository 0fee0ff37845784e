"""The workbook: its package, its values, and the patch that puts results beside the rows."""

from __future__ import annotations

from merge.workbook.holders import lock_holder
from merge.workbook.newbook import create_workbook
from merge.workbook.package import Package, open_package
from merge.workbook.replace import Stamp, stamp
from merge.workbook.sources import read_source, save_source, source_of
from merge.workbook.write import check_columns, write_columns

__all__ = [
    "Package",
    "Stamp",
    "check_columns",
    "create_workbook",
    "lock_holder",
    "open_package",
    "read_source",
    "save_source",
    "source_of",
    "stamp",
    "write_columns",
]
