"""The journal of a workbook: everything known about every row's video.

`journal.py` says what castmerge needs of one.

- In a file next to the workbook: `sqlite_journal.py`. `schema.py` has its tables and their versions (add a
  column there, as a new step), `lock.py` allows one run per file, and `sqlite.py` makes commits durable.
- In PostgreSQL, shared between computers: `postgres_journal.py`. `postgres_schema.py` has its tables and the
  rule for who may change a record, `lease.py` shows which runs are alive, `postgres_overview.py` what
  they are working on, and `postgres.py` connects.

`records.py` converts a record for both.
"""

from __future__ import annotations

from merge.journal.journal import Journal, JournalPlace, identity_of
from merge.journal.overview import Campaign
from merge.journal.shared import shared_campaigns, shared_journal
from merge.journal.shared_workbook import SharedWorkbook
from merge.journal.sqlite_journal import SqliteFile, SqliteJournal

__all__ = [
    "Campaign",
    "Journal",
    "JournalPlace",
    "SharedWorkbook",
    "SqliteFile",
    "SqliteJournal",
    "identity_of",
    "shared_campaigns",
    "shared_journal",
]
