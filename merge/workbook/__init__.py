"""The workbook: its package, its values, and the patch that puts results beside the rows."""

from __future__ import annotations

from merge.workbook.package import Package, open_package
from merge.workbook.replace import Stamp, lock_holder, stamp
from merge.workbook.write import check_columns, write_columns

__all__ = ["Package", "Stamp", "check_columns", "lock_holder", "open_package", "stamp", "write_columns"]
