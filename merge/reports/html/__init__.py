"""Pages that work from a mail attachment: one file, no network, no scripts but their own.

Pure: texts in, text out. Style sheets, scripts and templates lie in `assets/` and are handed in.
"""

from __future__ import annotations

from merge.reports.html.page import Assets, page
from merge.reports.html.parts import Note
from merge.reports.html.proof_page import Proof, ProofRow, Script, SheetCell, Shown, proof_page
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
    "proof_page",
    "report_page",
]
