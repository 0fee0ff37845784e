"""The journal of a workbook: everything known about every row's video.

`journal.py` says what castmerge needs of one.

- In a file next to the workbook: `sqlite_journal.py`. `schema.py` has its tables and their versions (add a
  column there, as a new step), `lock.py` allows one run per file, and `sqlite.py` makes commits durable.
- In PostgreSQL, shared between computers: `postgres_journal.py` for one workbook, `postgres_queue.py` for
  what waits for workers, and `budget.py` for what the account may send. `postgres_schema.py` has the tables
  and their versions, `postgres_records.py` the rule for who may change a record, `lease.py` shows which runs
  are alive, `postgres_overview.py` what they are working on, and `shared_database.py` and `postgres.py`
  connect.

`records.py` converts a record for both.
"""

from __future__ import annotations

from merge.journal.journal import (
    Budget,
    Journal,
    JournalPlace,
    Place,
    Queue,
    QueuedProject,
    Records,
    identity_of,
    workbook_and_sheet,
)
from merge.journal.overview import Campaign
from merge.journal.shared import shared_campaigns, shared_journal, shared_queue
from merge.journal.shared_workbook import SharedWorkbook
from merge.journal.sqlite_journal import SqliteFile, SqliteJournal

__all__ = [
    "Budget",
    "Campaign",
    "Journal",
    "JournalPlace",
    "Place",
    "Queue",
    "QueuedProject",
    "Records",
    "SharedWorkbook",
    "SqliteFile",
    "SqliteJournal",
    "identity_of",
    "shared_campaigns",
    "shared_journal",
    "shared_queue",
    "workbook_and_sheet",
]
