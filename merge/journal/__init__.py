"""The journal of a workbook: everything known about every row's video.

`journal.py` says what castmerge needs of one. `sqlite_journal.py` keeps it in a file next to the workbook:
`schema.py` has its tables, their versions and the conversion of entries (add a column there, as a new step),
`lock.py` allows one run per file, and `sqlite.py` makes commits durable.
"""

from __future__ import annotations

from merge.journal.journal import Journal, JournalPlace, identity_of
from merge.journal.sqlite_journal import SqliteFile, SqliteJournal

__all__ = ["Journal", "JournalPlace", "SqliteFile", "SqliteJournal", "identity_of"]
