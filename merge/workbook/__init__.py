"""The workbook: its package, its values, and the patch that puts results beside the rows."""

from __future__ import annotations

from merge.workbook.package.lock_files import lock_holder
from merge.workbook.package.package import Package, open_package
from merge.workbook.write.new_workbook import create_workbook
from merge.workbook.write.replace_file import Stamp, stamp
from merge.workbook.write.source_file import read_source, save_source, source_of
from merge.workbook.write.write_columns import check_columns, write_columns

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
