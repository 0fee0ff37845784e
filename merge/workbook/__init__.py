"""Workbooks: `package` opens them, `read` reads values, `write` patches results in, `xml` does the parsing.

`new_workbook` creates one; import it where it is needed, because openpyxl is slow to import.
"""

from __future__ import annotations

from merge.model import FileVersion
from merge.workbook.package.lock_files import lock_owner
from merge.workbook.package.package import Package, open_package
from merge.workbook.write.replace_file import file_version
from merge.workbook.write.source_file import read_source, save_source, source_of
from merge.workbook.write.write_columns import check_columns, write_columns

__all__ = [
    "FileVersion",
    "Package",
    "check_columns",
    "file_version",
    "lock_owner",
    "open_package",
    "read_source",
    "save_source",
    "source_of",
    "write_columns",
]
