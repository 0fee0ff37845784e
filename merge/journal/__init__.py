"""The journal: one SQLite file per workbook, with everything known about every row's video.

`journal.py` has the calls, `schema.py` the tables, their versions and the conversion of entries: add a column
there, as a new step. `lock.py` allows one run per journal; `sqlite.py` makes commits durable.
"""

from __future__ import annotations

from merge.journal.journal import Journal, identity_of

__all__ = ["Journal", "identity_of"]
