"""Self-contained HTML pages that work as a mail attachment: one file, no network, only their own scripts.

Pure: the style sheets, scripts and templates in `assets/` are passed in. Add a page as a module with its
facts and three files in `assets/`.
"""

from __future__ import annotations

from merge.reports.html.page import Assets, page
from merge.reports.html.parts import Note
from merge.reports.html.proof_page import Proof, ProofRow, Script, SheetCell, Shown, preview_data, proof_page
from merge.reports.html.report_page import Report, ReportRow, report_page

__all__ = [
    "Assets",
    "Note",
    "Proof",
    "ProofRow",
    "Report",
    "ReportRow",
    "Script",
    "SheetCell",
    "Shown",
    "page",
    "preview_data",
    "proof_page",
    "report_page",
]
