"""The journal: what is known of every row's video, on disk before and after anything is sent.

One SQLite file beside the workbook, and one lock, so that a workbook has one run at a time.
"""

from __future__ import annotations

from merge.journal.journal import Journal
from merge.journal.rows import HistoryRecord

__all__ = ["HistoryRecord", "Journal"]
