"""Walks whose journal is shared: a colleague's copy, in another folder, has the same videos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from merge.journal import Journal, SharedWorkbook, shared_journal
from merge.results import MergeResult
from merge.settings import Settings
from tests.support.walk_files import DiskFiles
from tests.support.walks import Walk

_TABLES = ("traces", "sheets", "videos")


@dataclass
class SharedFiles(DiskFiles):
    """Files in folders, and a journal in a database.

    Attributes:
        address: of the database
    """

    address: str

    def lose_journal(self, workbook: Path) -> None:
        """Nothing is lost: the journal isn't in the folder."""

    @contextmanager
    def journal(self, workbook: Path) -> Iterator[Journal | None]:
        """The journal of a workbook, or None."""
        place = shared_journal(
            self.address, SharedWorkbook(workbook, practice=False, lock=workbook.with_suffix(".db"))
        )
        if not place.exists():
            yield None
            return
        with place.open(create=False) as journal:
            yield journal

    def saved(self, folder: Path) -> Callable[[], None]:
        """Save everything as a killed process would leave it; returns a function that puts it back."""
        put_back_files = super().saved(folder)
        with psycopg.connect(self.address) as database:
            for table in _TABLES:
                database.execute(f"DROP TABLE IF EXISTS saved_{table}".encode())
                database.execute(f"CREATE TABLE saved_{table} AS TABLE castmerge.{table}".encode())

        def put_back() -> None:
            put_back_files()
            with psycopg.connect(self.address) as database:
                for table in _TABLES:
                    database.execute(f"DELETE FROM castmerge.{table}".encode())  # noqa: S608 - names of tables
                    statement = f"INSERT INTO castmerge.{table} OVERRIDING SYSTEM VALUE TABLE saved_{table}"
                    database.execute(statement.encode())

        return put_back


@dataclass
class SharedWalk(Walk):
    """A walk with a shared journal, which no copy of the workbook loses.

    Attributes:
        address: of the database
    """

    address: str = ""

    def carried_out(self, settings: Settings, *, killed_at: int = 0) -> MergeResult:
        """Run with the shared journal."""
        return super().carried_out(replace(settings, journal=self.address), killed_at=killed_at)

    def _lose_journal(self) -> None:
        """Nothing: every copy has the same journal."""

    def _known_ids(self) -> set[str]:
        """Every id in the journal. A copy that was edited and has no ids is another workbook there."""
        by_tag = self.accepted_tags()
        with psycopg.connect(self.address) as database:
            videos = database.execute("SELECT job, tag FROM castmerge.videos").fetchall()
        return {str(job or by_tag.get(str(tag), "")) for job, tag in videos}
