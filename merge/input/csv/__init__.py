"""CSV and TSV as input: parsed, imported into a workbook of the same name, and compared after changes.

Other rooms only use what is listed here; `encoding`, `parse` and `changes` are pure.
"""

from __future__ import annotations

from merge.input.csv.workbook import import_csv, preview_csv, read_csv, require_encoding, results_workbook

__all__ = ["import_csv", "preview_csv", "read_csv", "require_encoding", "results_workbook"]
